// Package relaytest has the tests that every implementation of relay.Log must
// pass, and a database in memory for tests of packages that read one.
package relaytest

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"harang.dev/harang"
	"harang.dev/harang/internal/outbox"
	"harang.dev/harang/internal/relay"
)

// Epochs of the tests, in order.
const (
	EpochA harang.Epoch = "0198f3a07c0000000001"
	EpochB harang.Epoch = "0198f3a07c0100000002"
)

// Log is a log under test.
type Log struct {
	relay.Log
	// Entries are the entries of a feed that the log still has, oldest first.
	Entries func(feed harang.FeedID) []outbox.Entry
}

// TestLog tests a log against the port. open returns a log that keeps the feeds,
// all of one tenant, whose heads are at number 0 of EpochA.
func TestLog(t *testing.T, open func(t *testing.T, feeds ...harang.FeedID) Log) {
	feed := harang.FeedID{Tenant: "budapest", Audience: harang.AudienceManagers}
	other := harang.FeedID{Tenant: "budapest", Audience: harang.AudienceOperators}
	at := func(epoch harang.Epoch, number int64) harang.Position {
		return harang.Position{Epoch: epoch, Audience: feed.Audience, Number: number}
	}
	now := time.Now().UTC().Truncate(time.Millisecond)
	some := func(first, last int64) []outbox.Entry {
		var entries []outbox.Entry
		for n := first; n <= last; n++ {
			entries = append(entries, Entry(n, fmt.Sprintf("event-%d", n), now))
		}
		return entries
	}
	add := func(t *testing.T, log Log, epoch harang.Epoch, first int64, entries []outbox.Entry,
		head harang.Position, fork bool,
	) {
		t.Helper()
		got, forked, err := log.Append(t.Context(), feed, epoch, first, entries)
		if err != nil || got != head || forked != fork {
			t.Fatalf("Append(%s, %d, %d entries) = %v, fork %t, %v; want %v, fork %t",
				epoch, first, len(entries), got, forked, err, head, fork)
		}
	}
	wantEntries := func(t *testing.T, log Log, want []outbox.Entry) {
		t.Helper()
		if diff := cmp.Diff(want, log.Entries(feed)); diff != "" {
			t.Fatalf("the log has (-want +got):\n%s", diff)
		}
	}

	t.Run("Order", func(t *testing.T) {
		log := open(t, feed)
		add(t, log, EpochA, 1, some(1, 1), at(EpochA, 1), false)
		add(t, log, EpochA, 2, some(2, 5), at(EpochA, 5), false)
		wantEntries(t, log, some(1, 5))
	})
	t.Run("Heads", func(t *testing.T) {
		log := open(t, feed, other)
		add(t, log, EpochA, 1, some(1, 3), at(EpochA, 3), false)
		heads, err := log.Heads(t.Context(), feed.Tenant)
		if err != nil {
			t.Fatal(err)
		}
		got := make(map[harang.Audience]harang.Position)
		for _, h := range heads {
			got[h.Audience] = h
		}
		if got[feed.Audience] != at(EpochA, 3) {
			t.Errorf("head of %s: %v", feed, got[feed.Audience])
		}
		if h := got[other.Audience]; h.Epoch != EpochA || h.Number != 0 {
			t.Errorf("head of %s: %v: feeds are not separate", other, h)
		}
	})
	t.Run("Repeats", func(t *testing.T) {
		log := open(t, feed)
		add(t, log, EpochA, 1, some(1, 4), at(EpochA, 4), false)
		add(t, log, EpochA, 1, some(1, 4), at(EpochA, 4), false)
		add(t, log, EpochA, 3, some(3, 3), at(EpochA, 4), false)
		add(t, log, EpochA, 3, some(3, 6), at(EpochA, 6), false)
		wantEntries(t, log, some(1, 6))
	})
	t.Run("Hole", func(t *testing.T) {
		log := open(t, feed)
		add(t, log, EpochA, 1, some(1, 2), at(EpochA, 2), false)
		add(t, log, EpochA, 4, some(4, 6), at(EpochA, 2), false)
		wantEntries(t, log, some(1, 2))
	})
	t.Run("Trim", func(t *testing.T) {
		log := open(t, feed)
		add(t, log, EpochA, 1, some(1, 49), at(EpochA, 49), false)
		add(t, log, EpochA, 50, some(50, 57), at(EpochA, 57), false)
		wantEntries(t, log, some(8, 57))
		add(t, log, EpochA, 58, some(58, 200), at(EpochA, 200), false)
		wantEntries(t, log, some(151, 200))
	})
	t.Run("Stale", func(t *testing.T) {
		log := open(t, feed)
		add(t, log, EpochB, 8, some(8, 9), at(EpochB, 9), false)
		add(t, log, EpochA, 1, some(1, 20), at(EpochB, 9), false)
		wantEntries(t, log, some(8, 9))
	})
	t.Run("LaterEpoch", func(t *testing.T) {
		log := open(t, feed)
		add(t, log, EpochA, 1, some(1, 20), at(EpochA, 20), false)
		add(t, log, EpochB, 3, some(3, 5), at(EpochB, 5), false)
		wantEntries(t, log, some(3, 5))
		add(t, log, EpochB, 6, some(6, 6), at(EpochB, 6), false)
		wantEntries(t, log, some(3, 6))
	})
	t.Run("LaterEpochEmpty", func(t *testing.T) {
		log := open(t, feed)
		add(t, log, EpochA, 1, some(1, 2), at(EpochA, 2), false)
		add(t, log, EpochB, 8, nil, at(EpochB, 7), false)
		wantEntries(t, log, nil)
		add(t, log, EpochB, 8, some(8, 8), at(EpochB, 8), false)
		wantEntries(t, log, some(8, 8))
	})
	t.Run("Fork", func(t *testing.T) {
		log := open(t, feed)
		add(t, log, EpochA, 1, some(1, 4), at(EpochA, 4), false)
		forked := append([]outbox.Entry{Entry(4, "another", now)}, some(5, 6)...)
		add(t, log, EpochA, 4, forked, at(EpochA, 4), true)
		wantEntries(t, log, some(1, 4))
	})
	t.Run("Concurrent", func(t *testing.T) {
		log := open(t, feed)
		const last = 400
		var relays sync.WaitGroup
		for range 4 {
			relays.Go(func() {
				for head := int64(0); head < last; {
					first := max(1, head-int64(rand.IntN(4)))
					got, fork, err := log.Append(
						t.Context(), feed, EpochA, first, some(first, min(last, first+int64(rand.IntN(9)))),
					)
					if err != nil || fork || got.Number < head {
						t.Errorf("Append: head %d, fork %t, %v; the head was %d", got.Number, fork, err, head)
						return
					}
					head = got.Number
				}
			})
		}
		relays.Wait()
		wantEntries(t, log, some(last-harang.FeedWindowEntries+1, last))
	})
}
