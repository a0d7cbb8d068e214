package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"harang.dev/harang"
	"harang.dev/harang/internal/outbox"
	"harang.dev/harang/internal/shop"
	"harang.dev/harang/internal/store"
)

func numbersOf(entries []outbox.Entry) []int64 {
	numbers := make([]int64, len(entries))
	for i, e := range entries {
		numbers[i] = e.Number
	}
	return numbers
}

func testAppend(t *testing.T, open Open) {
	env := NewEnv(t, open)
	env.AddTenant(t, "b")
	ctx := t.Context()
	var tenants []string // of the hook's calls
	var last outbox.Heads
	received := make(map[harang.FeedID][]outbox.Entry)
	env.Store.OnCommit(func(c outbox.Commit) {
		tenants = append(tenants, c.Heads.Tenant)
		last = c.Heads
		for audience, entries := range c.Entries {
			id := harang.FeedID{Tenant: c.Heads.Tenant, Audience: audience}
			received[id] = append(received[id], entries...)
		}
	})
	defer func() {
		for id, entries := range received {
			read, err := env.Store.EntriesAfter(ctx, id, 0, 1000)
			if err != nil {
				t.Error(err)
			}
			if diff := cmp.Diff(read, entries); diff != "" {
				t.Errorf("%s: entries of the hook differ from those read (-read +hook):\n%s", id, diff)
			}
		}
	}()

	results := env.Append(t, Alert(t, "b"), Rental(t, "a"), Alert(t, "a"), Logout(t, "a"))
	if want := []string{"a", "b"}; !slices.Equal(tenants, want) {
		t.Errorf("hook called for %v, want %v once each, in tenant order", tenants, want)
	}
	heads, err := env.Store.Heads(ctx, []string{"a", "b", "unknown"})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(heads, last) {
		t.Errorf("heads of the hook %+v, of the store %+v", last, heads)
	}
	slices.SortFunc(heads, func(x, y outbox.Heads) int { return strings.Compare(x.Tenant, y.Tenant) })
	for i := range heads {
		if !validEpoch(heads[i]) {
			t.Errorf("epoch %q of %s", heads[i].Epoch, heads[i].Tenant)
		}
		heads[i].Epoch = ""
	}
	want := []outbox.Heads{
		{Tenant: "a", Numbers: outbox.NumbersOf(map[harang.Audience]int64{
			harang.AudienceOperators: 1, harang.AudienceManagers: 2, harang.AudienceControl: 1,
		})},
		{Tenant: "b", Numbers: outbox.NumbersOf(map[harang.Audience]int64{
			harang.AudienceOperators: 1, harang.AudienceManagers: 1,
		})},
	}
	if diff := cmp.Diff(want, heads); diff != "" {
		t.Errorf("heads (-want +got):\n%s", diff)
	}
	managers := env.Entries(t, harang.AudienceManagers)
	if len(managers) != 2 || managers[0].EventID != results[1].EventID || managers[1].EventID != results[2].EventID {
		t.Errorf("managers' feed of a: %v, want rental then alert", managers)
	}

	t.Run("Duplicates", func(t *testing.T) {
		first := Alert(t, "a")
		first.Source, first.SourceID = "erp", "1"
		other := first
		other.SourceID = "2"
		r1 := env.Append(t, first, other, first)
		if r1[0].Duplicate || r1[1].Duplicate || !r1[2].Duplicate || r1[2].EventID != r1[0].EventID {
			t.Errorf("within one transaction: %+v %+v %+v", r1[0], r1[1], r1[2])
		}
		tenants = nil
		r2 := env.Append(t, first)
		if !r2[0].Duplicate || r2[0].EventID != r1[0].EventID {
			t.Errorf("repeated: %+v, want duplicate of %s", r2[0], r1[0].EventID)
		}
		if len(tenants) > 0 {
			t.Errorf("hook called for a duplicate: %v", tenants)
		}
		foreign := Alert(t, "b")
		foreign.Source, foreign.SourceID = "erp", "1"
		if r := env.Append(t, foreign); r[0].Duplicate {
			t.Error("another tenant's event of the same source and id is a duplicate")
		}
		if got := numbersOf(env.Entries(t, harang.AudienceOperators)); !slices.Equal(got, []int64{1, 2, 3}) {
			t.Errorf("numbers are %v, want 1 2 3: duplicates take none", got)
		}
	})

	t.Run("Rollback", func(t *testing.T) {
		before := env.Entries(t, harang.AudienceManagers)
		tenants = nil
		wrong := errors.New("no")
		err := env.Store.Within(ctx, func(tx shop.Tx) error {
			tx.Append(Alert(t, "a"))
			return wrong
		})
		if !errors.Is(err, wrong) {
			t.Errorf("the error is %v, want the closure's", err)
		}
		err = env.Store.Within(ctx, func(tx shop.Tx) error {
			tx.Append(Alert(t, "a"), Alert(t, "unknown"))
			return nil
		})
		wantCode(t, err, harang.CodeNotFound)
		if len(tenants) > 0 {
			t.Errorf("hook called for a rollback: %v", tenants)
		}
		if diff := cmp.Diff(before, env.Entries(t, harang.AudienceManagers)); diff != "" {
			t.Errorf("rolled back events are in the feed:\n%s", diff)
		}
	})

	t.Run("Time", func(t *testing.T) {
		old := Alert(t, "a")
		old.ID, old.Time = "chosen", Noon().Add(-time.Hour)
		env.Append(t, old, Alert(t, "a"))
		entries := env.Entries(t, harang.AudienceManagers)
		chosen, stamped := entries[len(entries)-2], entries[len(entries)-1]
		if chosen.EventID != "chosen" || !chosen.Time.Equal(old.Time) {
			t.Errorf("an event with id and time was stored as %s at %s", chosen.EventID, chosen.Time)
		}
		if !stamped.Time.Equal(env.Clock.Now()) {
			t.Errorf("event without a time: stored with %s, want the commit's %s", stamped.Time, env.Clock.Now())
		}
		again := Alert(t, "a")
		again.ID = "chosen"
		err := env.Store.Within(ctx, func(tx shop.Tx) error { tx.Append(again); return nil })
		wantCode(t, err, harang.CodeConflict)
	})

	t.Run("UnknownType", func(t *testing.T) {
		err := env.Store.Within(ctx, func(tx shop.Tx) error {
			tx.Append(harang.Event{Tenant: "a", Type: "nonsense", Data: []byte(`{}`)})
			return nil
		})
		wantCode(t, err, harang.CodeInternal)
	})
}

func validEpoch(h outbox.Heads) bool {
	_, ok := harang.ParsePosition(harang.Position{Epoch: h.Epoch, Audience: harang.AudienceManagers}.String())
	return ok
}

func testEntries(t *testing.T, open Open) {
	env := NewEnv(t, open)
	ctx := t.Context()
	feed := harang.FeedID{Tenant: "a", Audience: harang.AudienceOperators}

	heads, entries, err := env.Store.NewestEntries(ctx, feed, 50)
	if err != nil || len(entries) != 0 || heads.Numbers != (outbox.Numbers{}) || !validEpoch(heads) {
		t.Errorf("empty feed: %+v %v %v", heads, entries, err)
	}
	_, _, err = env.Store.NewestEntries(ctx, harang.FeedID{Tenant: "unknown", Audience: harang.AudienceOperators}, 50)
	wantCode(t, err, harang.CodeNotFound)
	_, _, err = env.Store.NewestEntries(ctx, harang.FeedID{Tenant: "a", Audience: "unknown"}, 50)
	wantCode(t, err, harang.CodeInternal)
	_, err = env.Store.EntriesAfter(ctx, harang.FeedID{Tenant: "a", Audience: "unknown"}, 0, 50)
	wantCode(t, err, harang.CodeInternal)

	for range 5 {
		env.Append(t, Alert(t, "a"), Rental(t, "a"), Logout(t, "a"))
	}
	for _, tc := range []struct {
		audience harang.Audience
		head     int64
		newest   []int64
		after3   []int64
	}{
		{harang.AudienceOperators, 5, []int64{3, 4, 5}, []int64{4, 5}},
		{harang.AudienceManagers, 10, []int64{8, 9, 10}, []int64{4, 5}},
		{harang.AudienceControl, 5, []int64{3, 4, 5}, []int64{4, 5}},
	} {
		feed := harang.FeedID{Tenant: "a", Audience: tc.audience}
		heads, entries, err := env.Store.NewestEntries(ctx, feed, 3)
		if err != nil {
			t.Fatal(err)
		}
		if heads.Tenant != "a" || heads.Number(tc.audience) != tc.head || !slices.Equal(numbersOf(entries), tc.newest) {
			t.Errorf("%s: newest is %v with heads %+v", tc.audience, numbersOf(entries), heads)
		}
		after, err := env.Store.EntriesAfter(ctx, feed, 3, 2)
		if err != nil || !slices.Equal(numbersOf(after), tc.after3) {
			t.Errorf("%s: entries after 3: %v, %v", tc.audience, numbersOf(after), err)
		}
	}
	for _, a := range harang.Audiences() {
		heads, newest, err := env.Store.NewestEntries(ctx, harang.FeedID{Tenant: "a", Audience: a}, 1000)
		if err != nil || len(newest) == 0 || heads.Number(a) != newest[len(newest)-1].Number {
			t.Errorf("%s: %d entries, heads %+v, %v; append an event of every audience above", a, len(newest), heads,
				err)
		}
		if diff := cmp.Diff(env.Entries(t, a), newest); diff != "" {
			t.Errorf("%s: entries after 0 differ from the newest (-after +newest):\n%s", a, diff)
		}
	}
	e := env.Entries(t, harang.AudienceOperators)[0]
	want := fmt.Sprintf(`{"eventId":%q,"timestamp":"2026-03-02T11:00:00.000Z","type":"stock_alert","data":`+
		`{"productId":"p","productName":"P","currentQuantity":1,"threshold":2,"locationId":"l","locationName":"L","severity":"CRITICAL"}}`, e.EventID)
	if string(e.Body) != want {
		t.Errorf("body\n%s, want\n%s", e.Body, want)
	}

	var many []string
	for i := range 70 {
		id := fmt.Sprintf("t%02d", i)
		env.AddTenant(t, id)
		many = append(many, id)
	}
	all, err := env.Store.Heads(ctx, many)
	if err != nil || len(all) != len(many) {
		t.Errorf("%d tenants have %d heads, %v", len(many), len(all), err)
	}
	// Far from each other, with an unknown one.
	env.AddTenant(t, "zz")
	var sparse []string
	for i := range 200 {
		env.AddTenant(t, fmt.Sprintf("u%03d", i))
	}
	sparse = append(append(sparse, "u150x", "zz"), many[:38]...)
	all, err = env.Store.Heads(ctx, sparse)
	if err != nil || len(all) != len(sparse)-1 {
		t.Errorf("%d tenants have %d heads, %v", len(sparse), len(all), err)
	}
	if none, err := env.Store.Heads(ctx, nil); err != nil || len(none) != 0 {
		t.Errorf("heads of no tenant: %v, %v", none, err)
	}
}

func testEpoch(t *testing.T, open Open) {
	env := NewEnv(t, open)
	ctx := t.Context()
	env.Append(t, Alert(t, "a"))
	heads, err := env.Store.Heads(ctx, []string{"a"})
	if err != nil {
		t.Fatal(err)
	}
	first := heads[0].Epoch
	second, err := env.Store.NewEpoch(ctx, "a", first)
	if err != nil || second <= first {
		t.Fatalf("%s was followed by %s, %v", first, second, err)
	}
	if same, err := env.Store.NewEpoch(ctx, "a", first); err != nil || same != second {
		t.Errorf("second call after %s: %s, %v, want the present %s", first, same, err, second)
	}
	future := harang.NewEpoch(env.Clock.Now().Add(time.Hour), 1, "")
	third, err := env.Store.NewEpoch(ctx, "a", future)
	if err != nil || third <= future {
		t.Errorf("%s was followed by %s, %v", future, third, err)
	}
	heads, err = env.Store.Heads(ctx, []string{"a"})
	if err != nil || heads[0].Epoch != third || heads[0].Number(harang.AudienceManagers) != 1 {
		t.Errorf("heads %+v, %v, want epoch %s and the numbers unchanged", heads, err, third)
	}
	_, err = env.Store.NewEpoch(ctx, "unknown", "")
	wantCode(t, err, harang.CodeNotFound)
}

func testWithin(t *testing.T, open Open) {
	env := NewEnv(t, open)
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	err := env.Store.Within(cancelled, func(shop.Tx) error {
		t.Error("closure ran with a cancelled context")
		return nil
	})
	wantCode(t, err, harang.CodeUnavailable)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v does not wrap the context's error", err)
	}

	func() {
		defer func() {
			if recover() == nil {
				t.Error("the closure's panic was swallowed")
			}
		}()
		_ = env.Store.Within(t.Context(), func(tx shop.Tx) error {
			tx.Append(Alert(t, "a"))
			panic("closure")
		})
	}()
	env.Append(t, Alert(t, "a")) // the turn was released after the panic
	if n := len(env.Entries(t, harang.AudienceManagers)); n != 1 {
		t.Errorf("%d events, want 1: the panic rolls back", n)
	}
	if err := env.Store.Ping(t.Context()); err != nil {
		t.Error(err)
	}
}

// testPrepare prepares every query.
func testPrepare(t *testing.T, open Open) {
	env := NewEnv(t, open)
	if len(store.Queries()) == 0 {
		t.Fatal("no queries")
	}
	if err := env.Store.PrepareAll(t.Context()); err != nil {
		t.Error(err)
	}
}
