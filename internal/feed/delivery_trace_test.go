package feed_test

import (
	"fmt"
	"testing"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/feed"
)

func TestDeliveryTrace(t *testing.T) {
	now := time.Date(2026, 3, 2, 13, 0, 0, 0, time.UTC)
	clock := func() time.Time { now = now.Add(time.Millisecond); return now }
	trace := feed.NewDeliveryTrace(clock)
	f := open(t, func(o *options) { o.Trace = trace })
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

	if _, ok := trace.Find("debrecen", id); ok {
		t.Error("another tenant finds the event")
	}
	if _, ok := trace.Find("budapest", revocation); ok {
		t.Error("a control entry has a hop")
	}
	trace.Seen("debrecen", "somebody", []string{id})
	trace.Seen("budapest", "kati", []string{"unknown", id})
	trace.Seen("budapest", "bela", []string{id})
	hop, ok := trace.Find("budapest", id)
	if !ok || hop.Listeners != 6 || hop.SeenBy != 2 || hop.Type != harang.StockAlertType.Name {
		t.Fatalf("%+v", hop)
	}
	if !hop.Committed.Before(hop.Relayed) || !hop.Relayed.Before(hop.Sent) || !hop.Sent.Before(hop.Seen) {
		t.Errorf("out of order: %+v", hop)
	}
}

// TestDeliveryTrace_Bounded: the oldest hops make room for new ones.
func TestDeliveryTrace_Bounded(t *testing.T) {
	trace := feed.NewDeliveryTrace(nil)
	f := open(t, func(o *options) { o.Trace = trace })
	f.join(t, managers, feed.Start{})
	first := f.db.Commit("budapest", 1, harang.AudienceManagers)
	last := f.db.Commit("budapest", 5000, harang.AudienceManagers)
	f.commit(t, "budapest", 0)
	if _, ok := trace.Find("budapest", first); ok {
		t.Error("the oldest hop is still remembered")
	}
	for _, id := range []string{last, fmt.Sprintf("event-%d", 5001-4095)} {
		if _, ok := trace.Find("budapest", id); !ok {
			t.Errorf("%s is not remembered", id)
		}
	}
}
