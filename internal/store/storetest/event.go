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
	var told []string
	var moved outbox.Heads
	given := make(map[harang.FeedID][]outbox.Entry)
	env.Store.OnCommit(func(c outbox.Commit) {
		told = append(told, c.Heads.Tenant)
		moved = c.Heads
		for audience, entries := range c.Entries {
			id := harang.FeedID{Tenant: c.Heads.Tenant, Audience: audience}
			given[id] = append(given[id], entries...)
		}
	})
	defer func() {
		for id, entries := range given {
			read, err := env.Store.EntriesAfter(ctx, id, 0, 1000)
			if err != nil {
				t.Error(err)
			}
			if diff := cmp.Diff(read, entries); diff != "" {
				t.Errorf("%s: what the hook was given is not what is read (-read +given):\n%s", id, diff)
			}
		}
	}()

	results := env.Append(t, Alert(t, "b"), Rental(t, "a"), Alert(t, "a"), Logout(t, "a"))
	if want := []string{"a", "b"}; !slices.Equal(told, want) {
		t.Errorf("the hook heard %v, want %v once each, in tenant order", told, want)
	}
	heads, err := env.Store.Heads(ctx, []string{"a", "b", "nobody"})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(heads, moved) {
		t.Errorf("the hook was told the heads %+v, the store says %+v", moved, heads)
	}
	slices.SortFunc(heads, func(x, y outbox.Heads) int { return strings.Compare(x.Tenant, y.Tenant) })
	for i := range heads {
		if !validEpoch(heads[i]) {
			t.Errorf("epoch %q of %s", heads[i].Epoch, heads[i].Tenant)
		}
		heads[i].Epoch = ""
	}
	want := []outbox.Heads{{Tenant: "a", Numbers: outbox.NumbersOf(map[harang.Audience]int64{harang.AudienceOperators: 1, harang.AudienceManagers: 2, harang.AudienceControl: 1})}, {Tenant: "b", Numbers: outbox.NumbersOf(map[harang.Audience]int64{harang.AudienceOperators: 1, harang.AudienceManagers: 1})}}
	if diff := cmp.Diff(want, heads); diff != "" {
		t.Errorf("heads (-want +got):\n%s", diff)
	}
	managers := env.Entries(t, harang.AudienceManagers)
	if len(managers) != 2 || managers[0].EventID != results[1].EventID || managers[1].EventID != results[2].EventID {
		t.Errorf("the managers' feed of a is %v, want rental then alert", managers)
	}

	t.Run("Repeats", func(t *testing.T) {
		first := Alert(t, "a")
		first.Source, first.SourceID = "erp", "1"
		other := first
		other.SourceID = "2"
		r1 := env.Append(t, first, other, first)
		if r1[0].Duplicate || r1[1].Duplicate || !r1[2].Duplicate || r1[2].EventID != r1[0].EventID {
			t.Errorf("within one transaction: %+v %+v %+v", r1[0], r1[1], r1[2])
		}
		told = nil
		r2 := env.Append(t, first)
		if !r2[0].Duplicate || r2[0].EventID != r1[0].EventID {
			t.Errorf("repeated: %+v, want duplicate of %s", r2[0], r1[0].EventID)
		}
		if len(told) > 0 {
			t.Errorf("a repeat woke %v", told)
		}
		foreign := Alert(t, "b")
		foreign.Source, foreign.SourceID = "erp", "1"
		if r := env.Append(t, foreign); r[0].Duplicate {
			t.Error("another tenant's event of the same source and id is a repeat")
		}
		if got := numbersOf(env.Entries(t, harang.AudienceOperators)); !slices.Equal(got, []int64{1, 2, 3}) {
			t.Errorf("numbers are %v, want 1 2 3: repeats take none", got)
		}
	})

	t.Run("Rollback", func(t *testing.T) {
		before := env.Entries(t, harang.AudienceManagers)
		told = nil
		wrong := errors.New("no")
		err := env.Store.Within(ctx, func(tx shop.Tx) error {
			tx.Append(Alert(t, "a"))
			return wrong
		})
		if !errors.Is(err, wrong) {
			t.Errorf("the error is %v, want the closure's", err)
		}
		err = env.Store.Within(ctx, func(tx shop.Tx) error {
			tx.Append(Alert(t, "a"), Alert(t, "nobody"))
			return nil
		})
		wantCode(t, err, harang.CodeNotFound)
		if len(told) > 0 {
			t.Errorf("a rollback woke %v", told)
		}
		if diff := cmp.Diff(before, env.Entries(t, harang.AudienceManagers)); diff != "" {
			t.Errorf("a rollback left something:\n%s", diff)
		}
	})

	t.Run("Time", func(t *testing.T) {
		old := Alert(t, "a")
		old.ID, old.Time = "given", Noon().Add(-time.Hour)
		env.Append(t, old, Alert(t, "a"))
		entries := env.Entries(t, harang.AudienceManagers)
		given, stamped := entries[len(entries)-2], entries[len(entries)-1]
		if given.EventID != "given" || !given.Time.Equal(old.Time) {
			t.Errorf("an event with id and time was stored as %s at %s", given.EventID, given.Time)
		}
		if !stamped.Time.Equal(env.Clock.Now()) {
			t.Errorf("an event without a time is of %s, want the commit's %s", stamped.Time, env.Clock.Now())
		}
		again := Alert(t, "a")
		again.ID = "given"
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
		t.Errorf("an empty feed reads %+v %v %v", heads, entries, err)
	}
	_, _, err = env.Store.NewestEntries(ctx, harang.FeedID{Tenant: "nobody", Audience: harang.AudienceOperators}, 50)
	wantCode(t, err, harang.CodeNotFound)
	_, _, err = env.Store.NewestEntries(ctx, harang.FeedID{Tenant: "a", Audience: "strangers"}, 50)
	wantCode(t, err, harang.CodeInternal)
	_, err = env.Store.EntriesAfter(ctx, harang.FeedID{Tenant: "a", Audience: "strangers"}, 0, 50)
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
			t.Errorf("%s: after 3 comes %v, %v", tc.audience, numbersOf(after), err)
		}
	}
	for _, a := range harang.Audiences() {
		heads, newest, err := env.Store.NewestEntries(ctx, harang.FeedID{Tenant: "a", Audience: a}, 1000)
		if err != nil || len(newest) == 0 || heads.Number(a) != newest[len(newest)-1].Number {
			t.Errorf("%s: %d entries, heads %+v, %v; append an event of every audience above", a, len(newest), heads, err)
		}
		if diff := cmp.Diff(env.Entries(t, a), newest); diff != "" {
			t.Errorf("%s: what is read after 0 is not what is newest (-after +newest):\n%s", a, diff)
		}
	}
	e := env.Entries(t, harang.AudienceOperators)[0]
	want := fmt.Sprintf(`{"eventId":%q,"timestamp":"2026-03-02T11:00:00.000Z","type":"stock_alert","data":`+
		`{"productId":"p","productName":"P","currentQuantity":1,"threshold":2,"locationId":"l","locationName":"L","severity":"CRITICAL"}}`, e.EventID)
	if string(e.Body) != want {
		t.Errorf("the body is\n%s, want\n%s", e.Body, want)
	}

	var many []string
	for i := range 70 {
		id := fmt.Sprintf("t%02d", i)
		env.AddTenant(t, id)
		many = append(many, id)
	}
	all, err := env.Store.Heads(ctx, many)
	if err != nil || len(all) != len(many) {
		t.Errorf("heads of %d tenants are %d, %v", len(many), len(all), err)
	}
	if none, err := env.Store.Heads(ctx, nil); err != nil || len(none) != 0 {
		t.Errorf("heads of nobody are %v, %v", none, err)
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
		t.Fatalf("after %s came %s, %v", first, second, err)
	}
	if same, err := env.Store.NewEpoch(ctx, "a", first); err != nil || same != second {
		t.Errorf("a second call after %s made %s, %v, want the present %s", first, same, err, second)
	}
	future := harang.NewEpoch(env.Clock.Now().Add(time.Hour), 1, "")
	third, err := env.Store.NewEpoch(ctx, "a", future)
	if err != nil || third <= future {
		t.Errorf("after %s came %s, %v", future, third, err)
	}
	heads, err = env.Store.Heads(ctx, []string{"a"})
	if err != nil || heads[0].Epoch != third || heads[0].Number(harang.AudienceManagers) != 1 {
		t.Errorf("heads are %+v, %v, want epoch %s and numbers as before", heads, err, third)
	}
	_, err = env.Store.NewEpoch(ctx, "nobody", "")
	wantCode(t, err, harang.CodeNotFound)
}

func testWithin(t *testing.T, open Open) {
	env := NewEnv(t, open)
	ended, end := context.WithCancel(t.Context())
	end()
	err := env.Store.Within(ended, func(shop.Tx) error {
		t.Error("the closure ran though its context had ended")
		return nil
	})
	wantCode(t, err, harang.CodeUnavailable)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v does not tell that the context ended", err)
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
	env.Append(t, Alert(t, "a")) // the door is not locked behind the panic
	if n := len(env.Entries(t, harang.AudienceManagers)); n != 1 {
		t.Errorf("there are %d events, want 1: the panic rolled back", n)
	}
	if err := env.Store.Ping(t.Context()); err != nil {
		t.Error(err)
	}
}

// testPrepare has the engine read every query.
func testPrepare(t *testing.T, open Open) {
	env := NewEnv(t, open)
	if len(store.Queries()) == 0 {
		t.Fatal("there are no queries")
	}
	if err := env.Store.PrepareAll(t.Context()); err != nil {
		t.Error(err)
	}
}
