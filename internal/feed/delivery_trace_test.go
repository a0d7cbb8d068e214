package feed_test

import (
	"fmt"
	"testing"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/feed"
)

func TestJourney(t *testing.T) {
	now := time.Date(2026, 3, 2, 13, 0, 0, 0, time.UTC)
	clock := func() time.Time { now = now.Add(time.Millisecond); return now }
	journey := feed.NewDeliveryTrace(clock)
	f := open(t, func(o *options) { o.Trace = journey })
	f.db.Clock = clock
	operators := harang.FeedID{Tenant: "budapest", Audience: harang.AudienceOperators}
	control := harang.FeedID{Tenant: "budapest", Audience: harang.AudienceControl}
	for range 3 {
		f.join(t, managers, feed.Start{})
		f.join(t, operators, feed.Start{})
	}
	f.join(t, control, feed.Start{})
	id := f.db.Commit("budapest", 1, harang.AudienceManagers, harang.AudienceOperators)
	revocation := f.db.Commit("budapest", 1, harang.AudienceControl)
	f.commit(t, "budapest", 0)

	if _, ok := journey.Find("debrecen", id); ok {
		t.Error("another tenant finds the event")
	}
	if _, ok := journey.Find("budapest", revocation); ok {
		t.Error("a control entry is no event of people")
	}
	journey.Seen("debrecen", "somebody", []string{id})
	journey.Seen("budapest", "kati", []string{"unknown", id})
	journey.Seen("budapest", "bela", []string{id})
	trip, ok := journey.Find("budapest", id)
	if !ok || trip.Listeners != 6 || trip.SeenBy != 2 || trip.Type != harang.StockAlertType.Name {
		t.Fatalf("%+v", trip)
	}
	if !trip.Committed.Before(trip.Relayed) || !trip.Relayed.Before(trip.Sent) || !trip.Sent.Before(trip.Seen) {
		t.Errorf("out of order: %+v", trip)
	}
}

// TestJourney_Bounded: old trips make room for new ones.
func TestJourney_Bounded(t *testing.T) {
	journey := feed.NewDeliveryTrace(nil)
	f := open(t, func(o *options) { o.Trace = journey })
	f.join(t, managers, feed.Start{})
	first := f.db.Commit("budapest", 1, harang.AudienceManagers)
	last := f.db.Commit("budapest", 5000, harang.AudienceManagers)
	f.commit(t, "budapest", 0)
	if _, ok := journey.Find("budapest", first); ok {
		t.Error("the oldest trip is still there")
	}
	for _, id := range []string{last, fmt.Sprintf("event-%d", 5001-4095)} {
		if _, ok := journey.Find("budapest", id); !ok {
			t.Errorf("%s is forgotten", id)
		}
	}
}
