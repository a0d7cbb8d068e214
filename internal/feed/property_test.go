package feed_test

import (
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"harang.dev/harang"
	"harang.dev/harang/internal/feed"
	"harang.dev/harang/internal/outbox"
	"harang.dev/harang/internal/relay"
	"harang.dev/harang/internal/relay/relaytest"
	"harang.dev/harang/internal/testtime"
)

// visitor is a client of the model: its position, and its listener while it is
// connected.
type visitor struct {
	l          *listener
	m          *feed.Membership[frame]
	at         harang.Position
	been       bool
	beforeLive int64
}

// TestHub_Property: whatever happens (commits, lost wake-ups, time, cuts, returns,
// restored backups), a listener that returns gets each entry after its position
// once and in order, or the right gap.
func TestHub_Property(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
		clock := func() time.Time { return now }
		db := relaytest.NewDatabase(relaytest.EpochA, "budapest")
		db.Clock = clock
		hub := feed.New(feed.Options[frame]{Source: db, Encoder: new(encoder), Clock: clock})
		defer hub.Close()
		theRelay := relay.New(relay.Options{Source: db, Windows: hub, Clock: clock})
		move := func() {
			if err := theRelay.Relay(t.Context(), "budapest"); err != nil {
				t.Fatal(err)
			}
		}
		// A listener that never leaves keeps the window, with all that the oracle
		// knows.
		if _, _, err := hub.Join(t.Context(), managers, feed.Start{}, &listener{feed: managers}); err != nil {
			t.Fatal(err)
		}
		visitors := make([]*visitor, 4)
		for i := range visitors {
			visitors[i] = &visitor{}
		}
		// advance moves the position of a visitor past the entries it received.
		advance := func(v *visitor) {
			for _, n := range v.l.numbers()[v.beforeLive:] {
				if n != v.at.Number+1 {
					t.Fatalf("live %d after %d", n, v.at.Number)
				}
				v.at.Number = n
				v.beforeLive++
			}
		}
		which := rapid.IntRange(0, len(visitors)-1)
		t.Repeat(map[string]func(*rapid.T){
			"commit": func(t *rapid.T) {
				n := rapid.SampledFrom([]int{1, 1, 2, 7, 30, 70}).Draw(t, "entries")
				db.Commit("budapest", n, harang.AudienceManagers)
				if rapid.IntRange(0, 3).Draw(t, "wake") > 0 {
					move()
				}
			},
			"loop": func(*rapid.T) { move() },
			"advance": func(t *rapid.T) {
				now = now.Add(time.Duration(rapid.IntRange(1, 200).Draw(t, "seconds")) * time.Second)
			},
			"restore": func(t *rapid.T) {
				n := len(db.Entries(managers))
				lost := rapid.IntRange(0, 3).Draw(t, "lost")
				if head, _ := hub.Head(managers); n < lost || lost == 0 || head.Number <= int64(n-lost) {
					t.Skip("the log would not miss it")
				}
				db.RollBack(managers, lost)
				move()
				for _, v := range visitors {
					if v.l != nil {
						if v.l.resets != 1 {
							t.Fatalf("reset %d times", v.l.resets)
						}
						advance(v)
						v.l = nil
					}
				}
				if _, _, err := hub.Join(t.Context(), managers, feed.Start{}, &listener{feed: managers}); err != nil {
					t.Fatal(err)
				}
			},
			"cut": func(t *rapid.T) {
				v := visitors[which.Draw(t, "visitor")]
				if v.l == nil {
					t.Skip("is not connected")
				}
				v.m.Leave()
				advance(v)
				v.l = nil
			},
			"return": func(t *rapid.T) {
				v := visitors[which.Draw(t, "visitor")]
				if v.l != nil {
					t.Skip("is connected")
				}
				v.l, v.beforeLive = &listener{feed: managers}, 0
				from := feed.Start{Position: v.at, Resume: v.been, Readable: v.been}
				var start feed.Handover[frame]
				var err error
				if v.m, start, err = hub.Join(t.Context(), managers, from, v.l); err != nil {
					t.Fatal(err)
				}
				checkHandover(t, db.Entries(managers), from, start, now)
				v.at, v.been = start.Position, true
				for _, it := range start.Replay {
					if it.Number != v.at.Number+1 {
						t.Fatalf("replayed %d after %d", it.Number, v.at.Number)
					}
					v.at.Number++
				}
				if v.at != start.Head {
					t.Fatalf("the replay ends at %v, the head is %v", v.at, start.Head)
				}
			},
			"": func(t *rapid.T) {
				for _, v := range visitors {
					if v.l != nil {
						advance(v)
						if head, _ := hub.Head(managers); v.at != head {
							t.Fatalf("a visitor is at %v, the head is %v", v.at, head)
						}
					}
				}
			},
		})
	})
}

// checkHandover is the oracle, written from the contract and over all entries.
func checkHandover(t *rapid.T, all []outbox.Entry, from feed.Start, start feed.Handover[frame], now time.Time) {
	all = all[:start.Head.Number]
	old := func(e outbox.Entry) bool { return now.Sub(e.Time) > harang.FeedWindowAge }
	served := max(0, len(all)-harang.FeedWindowEntries)
	for i := served; i < len(all); i++ {
		if old(all[i]) {
			served = i + 1
		}
	}
	var reason feed.Reason
	missed := int64(0)
	switch p := from.Position; {
	case !from.Resume:
		if start.Recovered || start.Gap != nil || len(start.Replay) > 0 {
			t.Fatalf("a first connection got %+v", start)
		}
		return
	case p.Epoch != start.Head.Epoch:
		reason = feed.ReasonEpoch
	case p.Number > start.Head.Number:
		reason = feed.ReasonAhead
	case p.Number == start.Head.Number || p.Number >= int64(served):
	case old(all[p.Number]):
		reason, missed = feed.ReasonExpired, int64(served)-p.Number
	default:
		reason, missed = feed.ReasonOverflow, int64(served)-p.Number
	}
	switch {
	case reason == "":
		if !start.Recovered || start.Gap != nil || start.Position != from.Position {
			t.Fatalf("nothing is missing, but %+v", start)
		}
	case start.Recovered || start.Gap == nil || start.Gap.Reason != reason:
		t.Fatalf("want %s, got %+v %+v", reason, start, start.Gap)
	case (start.Gap.Missed == nil) != (missed == 0):
		t.Fatalf("want %d missed, got %+v", missed, start.Gap)
	case missed != 0 && *start.Gap.Missed != missed:
		t.Fatalf("want %d missed, got %d", missed, *start.Gap.Missed)
	}
	for _, it := range start.Replay {
		if it.EventID != all[it.Number-1].EventID {
			t.Fatalf("number %d is %s, replayed %s", it.Number, all[it.Number-1].EventID, it.EventID)
		}
	}
}

// TestHub_Churn: several relays relay the commits of several producers while
// clients join and leave; none misses or repeats an entry.
func TestHub_Churn(t *testing.T) {
	f := open(t)
	const producers, events, clients, returns = 4, 150, 8, 40
	f.join(t, managers, feed.Start{})
	var work sync.WaitGroup
	for range producers {
		other := relay.New(relay.Options{Source: f.db, Windows: f.hub})
		work.Go(func() {
			for range events {
				f.db.Commit("budapest", 1, harang.AudienceManagers, harang.AudienceOperators)
				if err := other.Relay(t.Context(), "budapest"); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for range clients {
		work.Go(func() {
			from := at(managers, relaytest.EpochA, 0)
			for range returns {
				l := &listener{feed: managers}
				m, start, err := f.hub.Join(t.Context(), managers, from, l)
				if err != nil {
					t.Error(err)
					return
				}
				from.Position = start.Position
				if len(l.numbers()) <= 5 {
					testtime.Moment(50 * time.Microsecond)
				}
				m.Leave()
				numbers := append(replayed(start), l.numbers()...)
				for _, n := range numbers {
					if n != from.Position.Number+1 {
						t.Errorf("%d after %d", n, from.Position.Number)
						return
					}
					from.Position.Number = n
				}
			}
		})
	}
	work.Wait()
	if head, _ := f.hub.Head(managers); head.Number != producers*events {
		t.Errorf("head %d, want %d", head.Number, producers*events)
	}
}
