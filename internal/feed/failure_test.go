package feed_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/feed"
	"harang.dev/harang/internal/outbox"
	"harang.dev/harang/internal/relay/relaytest"
	"harang.dev/harang/internal/testtime"
)

func TestHub_SourceUnavailable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := open(t)
		unavailable := errors.New("unavailable")
		f.db.Fail(unavailable)
		_, _, err := f.hub.Join(t.Context(), managers, feed.Start{}, &listener{feed: managers})
		if harang.ErrorCode(err) != harang.CodeUnavailable || !errors.Is(err, unavailable) {
			t.Fatalf("%v", err)
		}
		testtime.Advance(time.Millisecond)
		if n := len(f.hub.Tenants()); n != 0 {
			t.Errorf("%d windows without entries were kept", n)
		}
		f.db.Fail(nil)
		f.join(t, managers, feed.Start{})
		f.commit(t, "budapest", 2, harang.AudienceManagers)
		f.db.Fail(unavailable)
		_, m, start := f.join(t, managers, at(managers, relaytest.EpochA, 1))
		if !start.Recovered || len(start.Replay) != 1 {
			t.Errorf("the window does not replay without the source: %+v", start)
		}
		m.Leave()
		if _, _, err := f.hub.Join(
			t.Context(), managers, at(managers, relaytest.EpochA, 3), &listener{feed: managers},
		); harang.ErrorCode(err) != harang.CodeUnavailable {
			t.Errorf("a position after the head, and no source: %v", err)
		}
	})
}

// TestHub_Outage: however many listeners return during an outage of the source,
// its beginning and its end are logged once.
func TestHub_Outage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := open(t)
		f.db.Fail(harang.Errorf(harang.CodeUnavailable, "the database does not answer"))
		for range 100 {
			_, _, err := f.hub.Join(t.Context(), managers, feed.Start{}, &listener{feed: managers})
			if harang.ErrorCode(err) != harang.CodeUnavailable {
				t.Fatal(err)
			}
		}
		if n := strings.Count(f.logs.String(), "\n"); n != 1 {
			t.Errorf("%d lines of 100 failed reads: %s", n, f.logs)
		}
		f.db.Fail(nil)
		f.join(t, managers, feed.Start{})
		f.join(t, debrecen, feed.Start{})
		if n := strings.Count(f.logs.String(), "\n"); n != 2 ||
			!strings.Contains(f.logs.String(), "feed reads recovered") {
			t.Errorf("%d lines after the outage: %s", n, f.logs)
		}
	})
}

func TestHub_UnknownTenant(t *testing.T) {
	f := open(t)
	id := harang.FeedID{Tenant: "nowhere", Audience: harang.AudienceManagers}
	if _, _, err := f.hub.Join(
		t.Context(), id, feed.Start{}, &listener{feed: id},
	); harang.ErrorCode(err) != harang.CodeUnavailable {
		t.Errorf("%v", err)
	}
}

func TestHub_JoinCanceled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := open(t)
		release := f.db.BlockReads()
		var waiting sync.WaitGroup
		waiting.Go(func() { // keeps the window, for which no other join waits
			if _, _, err := f.hub.Join(t.Context(), managers, feed.Start{}, &listener{feed: managers}); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, _, err := f.hub.Join(
			ctx, managers, feed.Start{}, &listener{feed: managers},
		); !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
		if _, err := f.hub.Heads(ctx, "budapest"); !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
		release()
		waiting.Wait()
		f.hub.Close()
	})
}

func TestHub_Close(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := open(t)
		_, m, _ := f.join(t, managers, feed.Start{})
		f.db.BlockReads()
		var join sync.WaitGroup
		join.Go(func() {
			_, _, err := f.hub.Join(t.Context(), debrecen, feed.Start{}, &listener{feed: debrecen})
			if harang.ErrorCode(err) != harang.CodeUnavailable {
				t.Errorf("%v", err)
			}
		})
		synctest.Wait()
		f.hub.Close()
		join.Wait()
		m.Leave()
		if _, _, err := f.hub.Join(
			t.Context(), managers, feed.Start{}, &listener{feed: managers},
		); harang.ErrorCode(err) != harang.CodeUnavailable {
			t.Errorf("joined a closed hub: %v", err)
		}
	})
}

// source returns what a test sets.
type source struct {
	heads         outbox.Heads
	newest, after []outbox.Entry
}

func (s *source) NewestEntries(context.Context, harang.FeedID, int) (outbox.Heads, []outbox.Entry, error) {
	return s.heads, s.newest, nil
}

func (s *source) EntriesAfter(context.Context, harang.FeedID, int64, int) ([]outbox.Entry, error) {
	return s.after, nil
}

// managersAt are heads of budapest with this number of the managers' feed.
func managersAt(epoch harang.Epoch, number int64) outbox.Heads {
	h := outbox.Heads{Tenant: "budapest", Epoch: epoch}
	h.Advance(harang.AudienceManagers, number)
	return h
}

func entries(numbers ...int64) []outbox.Entry {
	var all []outbox.Entry
	for _, n := range numbers {
		all = append(all, relaytest.Entry(n, "event", time.Now()))
	}
	return all
}

// TestHub_InconsistentSource: reads that contradict themselves are refused.
func TestHub_InconsistentSource(t *testing.T) {
	at := managersAt(relaytest.EpochA, 7)
	for name, s := range map[string]source{
		"TornAtTheHead": {heads: at, newest: entries(4, 5, 6)},
		"Hole":          {heads: at, newest: entries(4, 5, 7)},
		"Backwards":     {heads: at, newest: entries(6, 5, 7)},
		"NoEpoch":       {heads: managersAt("", 7), newest: entries(6, 7)},
	} {
		t.Run(name, func(t *testing.T) {
			f := open(t, func(o *options) { o.Source = &s })
			if _, _, err := f.hub.Join(
				t.Context(), managers, feed.Start{}, &listener{feed: managers},
			); harang.ErrorCode(err) != harang.CodeUnavailable {
				t.Errorf("%v", err)
			}
		})
	}
}

// TestHub_HealFindsHole: nothing after a hole is delivered.
func TestHub_HealFindsHole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{heads: managersAt(relaytest.EpochA, 2), newest: entries(1, 2)}
		f := open(t, func(o *options) { o.Source = s })
		l, _, _ := f.join(t, managers, feed.Start{})
		s.heads.Advance(harang.AudienceManagers, 88)
		s.newest = entries(89, 90)
		for _, after := range [][]outbox.Entry{nil, entries(4, 5), entries(3, 5)} {
			s.after = after
			f.hub.Heal(s.heads)
			synctest.Wait()
		}
		if head, _ := f.hub.Head(managers); head.Number != 2 || len(l.numbers()) > 0 {
			t.Errorf("head %v, received %v", head, l.numbers())
		}
		if n := strings.Count(f.logs.String(), "feed read failed"); n != 3 {
			t.Errorf("%d lines in the log: %s", n, f.logs)
		}
	})
}

// TestHub_AheadWhileReading: a read that began before a join does not tell whether
// its position is ahead; all joins during one read share the next.
func TestHub_AheadWhileReading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := open(t)
		f.join(t, managers, feed.Start{})
		release := f.db.BlockReads()
		var joins sync.WaitGroup
		join := func(number int64, recovered bool) {
			joins.Go(func() {
				_, start, err := f.hub.Join(
					t.Context(), managers, at(managers, relaytest.EpochA, number), &listener{feed: managers},
				)
				if err != nil || start.Recovered != recovered {
					t.Errorf("%d: %+v %v", number, start, err)
				}
			})
			synctest.Wait()
		}
		join(9, false)
		f.db.Commit("budapest", 5, harang.AudienceManagers) // after the first join's read began
		for range 10 {
			join(4, true)
		}
		release()
		joins.Wait()
		if n := f.db.Reads("NewestEntries"); n != 3 {
			t.Errorf("%d reads, want the first, one for the first join and one for all others", n)
		}
	})
}

// TestItem_Frame: an item is encoded once, however many listeners ask.
func TestItem_Frame(t *testing.T) {
	f := open(t)
	f.commit(t, "budapest", 1, harang.AudienceManagers)
	for range 3 {
		_, _, start := f.join(t, managers, at(managers, relaytest.EpochA, 0))
		if got, want := start.Replay[0].Frame(), frame(relaytest.EpochA)+":m:1"; got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if n := f.encoder.encoded.Load(); n != 1 {
		t.Errorf("encoded %d times", n)
	}
}
