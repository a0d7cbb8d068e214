package relay_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"harang.dev/harang"
	"harang.dev/harang/internal/outbox"
	"harang.dev/harang/internal/relay"
	"harang.dev/harang/internal/relay/relaytest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	managers  = harang.FeedID{Tenant: "budapest", Audience: harang.AudienceManagers}
	operators = harang.FeedID{Tenant: "budapest", Audience: harang.AudienceOperators}
)

// shelf is a shared log without bounds, as several nodes would see it.
type shelf struct {
	mu     sync.Mutex
	feeds  map[harang.FeedID]*shelved
	err    error
	healed []outbox.Heads
	// before is called, without the lock, at the beginning of each Append.
	before func(first int64)
}

type shelved struct {
	epoch   harang.Epoch
	head    int64
	entries []outbox.Entry
}

func newShelf(feeds ...harang.FeedID) *shelf {
	s := &shelf{feeds: make(map[harang.FeedID]*shelved)}
	for _, id := range feeds {
		s.feeds[id] = &shelved{}
	}
	return s
}

func (s *shelf) Heads(_ context.Context, tenant string) ([]harang.Position, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var heads []harang.Position
	for id, f := range s.feeds {
		if id.Tenant == tenant {
			heads = append(heads, harang.Position{Epoch: f.epoch, Audience: id.Audience, Number: f.head})
		}
	}
	return heads, s.err
}

func (s *shelf) Append(_ context.Context, id harang.FeedID, epoch harang.Epoch, first int64, entries []outbox.Entry) (harang.Position, bool, error) {
	if s.before != nil {
		s.before(first)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return harang.Position{}, false, s.err
	}
	f := s.feeds[id]
	if f == nil {
		return harang.Position{}, false, nil
	}
	fork := false
	switch {
	case epoch > f.epoch:
		f.epoch, f.head, f.entries = epoch, first-1+int64(len(entries)), slices.Clone(entries)
	case epoch == f.epoch && first <= f.head+1:
		for _, e := range entries {
			for _, known := range f.entries {
				fork = fork || known.Number == e.Number && known.EventID != e.EventID
			}
		}
		for _, e := range entries {
			if !fork && e.Number > f.head {
				f.entries = append(f.entries, e)
				f.head = e.Number
			}
		}
	}
	return harang.Position{Epoch: f.epoch, Audience: id.Audience, Number: f.head}, fork, nil
}

// windows are apart from the log, as with several nodes.
type windows struct{ *shelf }

func (s *shelf) Tenants() []string { return []string{"budapest"} }

func (s *shelf) Head(id harang.FeedID) (harang.Position, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.feeds[id]
	if f == nil || f.epoch == "" {
		return harang.Position{}, false
	}
	return harang.Position{Epoch: f.epoch, Audience: id.Audience, Number: f.head}, true
}

func (s *shelf) Heal(h outbox.Heads) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.healed = append(s.healed, h)
}

func (s *shelf) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

func (s *shelf) clear(id harang.FeedID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.feeds[id] = &shelved{}
}

func (s *shelf) get(id harang.FeedID) shelved {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := *s.feeds[id]
	f.entries = slices.Clone(f.entries)
	return f
}

// agrees fails when the log does not end as the database does.
func (s *shelf) agrees(t interface {
	Helper()
	Fatalf(string, ...any)
}, db *relaytest.Database, id harang.FeedID) {
	t.Helper()
	heads, err := db.Heads(context.Background(), []string{id.Tenant})
	if err != nil {
		t.Fatalf("%v", err)
	}
	got, truth := s.get(id), db.Entries(id)
	if got.epoch != heads[0].Epoch || got.head != int64(len(truth)) {
		t.Fatalf("%s: the log is at %s:%d, the database at %s:%d", id, got.epoch, got.head, heads[0].Epoch, len(truth))
	}
	for i, e := range got.entries {
		if e.EventID != truth[e.Number-1].EventID || i > 0 && e.Number != got.entries[i-1].Number+1 {
			t.Fatalf("%s: the log's entry %d is %s", id, e.Number, e.EventID)
		}
	}
}

// pass lets time pass, which in a synctest bubble takes none.
func pass(d time.Duration) { <-time.After(d) }

type fixture struct {
	db    *relaytest.Database
	log   *shelf
	relay *relay.Relay
	logs  *bytes.Buffer
	reg   *prometheus.Registry
}

func open(change ...func(*relay.Options)) *fixture {
	f := &fixture{
		db: relaytest.NewDatabase(relaytest.EpochA, "budapest"), log: newShelf(managers, operators),
		logs: new(bytes.Buffer), reg: prometheus.NewRegistry(),
	}
	o := relay.Options{Source: f.db, SharedLog: f.log, Windows: windows{f.log}, Registry: f.reg, Logger: slog.New(slog.NewTextHandler(f.logs, nil))}
	for _, c := range change {
		c(&o)
	}
	f.relay = relay.New(o)
	return f
}

func (f *fixture) move(t *testing.T) {
	t.Helper()
	if err := f.relay.Relay(t.Context(), "budapest"); err != nil {
		t.Fatal(err)
	}
}

func TestRelay_ReadsOn(t *testing.T) {
	f := open()
	f.db.Commit("budapest", 3, harang.AudienceManagers, harang.AudienceOperators)
	f.move(t)
	f.db.Commit("budapest", 1000, harang.AudienceManagers)
	f.move(t)
	f.log.agrees(t, f.db, managers)
	f.log.agrees(t, f.db, operators)
	if err := testutil.GatherAndCompare(f.reg, strings.NewReader(`
# HELP harang_relay_entries_total Entries that this node appended to the logs of feeds.
# TYPE harang_relay_entries_total counter
harang_relay_entries_total{audience="managers"} 1000
`), "harang_relay_entries_total"); err != nil {
		t.Error(err) // those after the first filling, each once
	}
	if n := testutil.CollectAndCount(f.reg, "harang_relay_lag_seconds"); n != 1 {
		t.Errorf("%d lag series", n)
	}
}

func TestRelay_EmptiedLog(t *testing.T) {
	f := open()
	f.db.Commit("budapest", 120, harang.AudienceManagers)
	f.move(t)
	f.log.clear(managers)
	f.move(t)
	f.log.agrees(t, f.db, managers)
	if got := f.log.get(managers); len(got.entries) != harang.FeedWindowEntries {
		t.Errorf("an emptied log got %d entries back", len(got.entries))
	}
}

func TestRelay_Fork(t *testing.T) {
	for name, fork := range map[string]func(f *fixture){
		"LogAhead":    func(f *fixture) { f.db.RollBack(managers, 2) },
		"OtherEvents": func(f *fixture) { f.db.RollBack(managers, 2); f.db.Commit("budapest", 5, harang.AudienceManagers) },
		"OlderEpoch":  func(f *fixture) { f.db.SetEpoch("budapest", "0198f3a07b0000000001") },
		"Hole":        func(f *fixture) { f.db.Commit("budapest", 9, harang.AudienceManagers); f.db.Forget(managers, 15) },
	} {
		t.Run(name, func(t *testing.T) {
			f := open()
			f.db.Commit("budapest", 10, harang.AudienceManagers)
			f.move(t)
			fork(f)
			f.move(t)
			got := f.log.get(managers)
			if got.epoch <= relaytest.EpochA {
				t.Fatalf("epoch %s", got.epoch)
			}
			if name != "Hole" {
				f.log.agrees(t, f.db, managers)
			}
			if !strings.Contains(f.logs.String(), "feed fork") {
				t.Errorf("the fork is not in the log: %s", f.logs)
			}
			before := f.db.Reads("NewestEntries")
			f.move(t)
			if f.log.get(managers).epoch != got.epoch || f.db.Reads("NewestEntries") != before {
				t.Error("the fork is not over")
			}
		})
	}
}

// TestRelay_OvertakenIsNoFork: another relay brings the log beyond what this
// one has read of the database.
func TestRelay_OvertakenIsNoFork(t *testing.T) {
	f := open()
	f.db.Commit("budapest", 1, harang.AudienceManagers)
	f.move(t)
	other := relay.New(relay.Options{Source: f.db, Windows: f.log})
	overtaken := false
	f.log.before = func(int64) {
		if !overtaken {
			overtaken = true
			f.db.Commit("budapest", 3, harang.AudienceManagers)
			if err := other.Relay(t.Context(), "budapest"); err != nil {
				t.Error(err)
			}
		}
	}
	f.db.Commit("budapest", 1, harang.AudienceManagers)
	f.move(t)
	f.log.agrees(t, f.db, managers)
	if got := f.log.get(managers); got.epoch != relaytest.EpochA || !overtaken {
		t.Errorf("epoch %s, overtaken %t", got.epoch, overtaken)
	}
}

func TestRelay_Failures(t *testing.T) {
	f := open()
	away := errors.New("away")
	f.db.Fail(away)
	if err := f.relay.Relay(t.Context(), "budapest"); !errors.Is(err, away) {
		t.Errorf("%v", err)
	}
	f.db.Fail(nil)
	f.log.fail(away)
	if err := f.relay.Relay(t.Context(), "budapest"); !errors.Is(err, away) {
		t.Errorf("%v", err)
	}
	f.log.fail(nil)
	f.log.feeds[harang.FeedID{Tenant: "nowhere", Audience: harang.AudienceManagers}] = &shelved{}
	if err := f.relay.Relay(t.Context(), "nowhere"); err == nil {
		t.Error("relayed a tenant that is not there")
	}
}

func TestRelay_Wake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := open()
		ctx, stop := context.WithCancel(t.Context())
		var run sync.WaitGroup
		run.Go(func() {
			if err := f.relay.Run(ctx); err != nil {
				t.Error(err)
			}
		})
		for range 20 {
			f.db.Commit("budapest", 1, harang.AudienceManagers)
			f.relay.Wake("budapest")
		}
		synctest.Wait() // no time passes: the loop has no part in it
		f.log.agrees(t, f.db, managers)
		stop()
		run.Wait()
		f.db.Commit("budapest", 1, harang.AudienceManagers)
		f.relay.Wake("budapest")
		synctest.Wait()
		if got := f.log.get(managers); got.head != 20 {
			t.Errorf("a relay that has ended went on to %d", got.head)
		}
	})
}

// TestRelay_CommittedBusy: while a pass hangs, few entries are kept for the next
// one, and none for a shared log, which is not given them.
func TestRelay_CommittedBusy(t *testing.T) {
	for name, c := range map[string]struct {
		alone bool
		most  int
	}{"one node": {true, 200}, "several": {false, 0}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := open(func(o *relay.Options) {
					if c.alone {
						o.Windows, o.SharedLog = o.SharedLog.(*shelf), nil
					}
				})
				f.db.Commit("budapest", 1, harang.AudienceManagers)
				f.move(t)
				stuck := make(chan struct{})
				f.log.before = func(int64) { <-stuck }
				f.relay.Committed(f.db.Committed("budapest", 1, harang.AudienceManagers))
				synctest.Wait()
				held := 0
				for range 30 {
					f.relay.Committed(f.db.Committed("budapest", 70, harang.AudienceManagers))
					held = max(held, f.relay.Pending("budapest"))
				}
				if held > c.most || c.alone && held == 0 {
					t.Errorf("%d entries were kept, want at most %d", held, c.most)
				}
				close(stuck)
				synctest.Wait()
				f.log.agrees(t, f.db, managers)
			})
		})
	}
}

// TestRelay_Committed: what a commit gave is not read again; old heads, and
// commits that overtook each other, still bring everything over.
func TestRelay_Committed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := open(func(o *relay.Options) { o.Windows, o.SharedLog = o.SharedLog.(*shelf), nil })
		readings := func() int { return f.db.Reads("Heads") + f.db.Reads("EntriesAfter") }
		f.db.Commit("budapest", 1, harang.AudienceManagers)
		f.move(t) // an empty log is filled by what the database says
		before := readings()
		f.relay.Committed(f.db.Committed("budapest", 3, harang.AudienceManagers))
		synctest.Wait()
		second := f.db.Committed("budapest", 2, harang.AudienceManagers)
		third := f.db.Committed("budapest", 1, harang.AudienceManagers)
		if err := f.relay.RelayCommits(t.Context(), third, second); err != nil {
			t.Fatal(err)
		}
		if n := readings() - before; n != 0 {
			t.Errorf("the database was read %d times although all was told", n)
		}
		f.log.agrees(t, f.db, managers)

		old := f.db.Committed("budapest", 2, harang.AudienceManagers)
		f.db.Commit("budapest", 2, harang.AudienceManagers) // not told
		f.relay.Committed(f.db.Committed("budapest", 1, harang.AudienceManagers))
		synctest.Wait()
		f.log.agrees(t, f.db, managers)
		f.db.Commit("budapest", 2, harang.AudienceManagers)
		f.relay.Committed(old) // behind the log: the database is asked
		synctest.Wait()
		f.log.agrees(t, f.db, managers)

		newest := f.db.Committed("budapest", 1, harang.AudienceManagers, harang.AudienceOperators)
		f.relay.Committed(old)
		f.relay.Committed(newest)
		f.relay.Committed(outbox.Commit{Heads: newest.Heads})
		f.relay.Committed(old)
		synctest.Wait()
		f.log.agrees(t, f.db, managers)
		f.log.agrees(t, f.db, operators)

		for range 1000 { // more than is kept for one pass
			f.relay.Committed(f.db.Committed("budapest", 1, harang.AudienceManagers))
		}
		synctest.Wait()
		f.log.agrees(t, f.db, managers)
	})
}

// TestRelay_CommittedFork: that the committed entries are at hand is no reason to
// overlook that a shared log has another one before them.
func TestRelay_CommittedFork(t *testing.T) {
	f := open()
	f.db.Commit("budapest", 10, harang.AudienceManagers)
	f.move(t)
	f.db.RollBack(managers, 2)
	f.db.Commit("budapest", 2, harang.AudienceManagers) // other events under the same numbers
	if err := f.relay.RelayCommits(t.Context(), f.db.Committed("budapest", 1, harang.AudienceManagers)); err != nil {
		t.Fatal(err)
	}
	f.log.agrees(t, f.db, managers)
	if got := f.log.get(managers); got.epoch <= relaytest.EpochA {
		t.Errorf("epoch %s", got.epoch)
	}
}

// TestRelay_CommittedForkOneNode: a commit that gives out numbers again which
// this node's windows have, and goes on behind them, is a fork, too.
func TestRelay_CommittedForkOneNode(t *testing.T) {
	f := open(func(o *relay.Options) { o.Windows, o.SharedLog = o.SharedLog.(*shelf), nil })
	f.db.Commit("budapest", 10, harang.AudienceManagers)
	f.move(t)
	f.db.RollBack(managers, 2)
	if err := f.relay.RelayCommits(t.Context(), f.db.Committed("budapest", 3, harang.AudienceManagers)); err != nil {
		t.Fatal(err)
	}
	f.log.agrees(t, f.db, managers)
	if got := f.log.get(managers); got.epoch <= relaytest.EpochA {
		t.Errorf("epoch %s", got.epoch)
	}
}

func TestRelay_Loop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := open(func(o *relay.Options) { o.Version = o.Source.(*relaytest.Database).Version })
		ctx, stop := context.WithCancel(t.Context())
		var run sync.WaitGroup
		run.Go(func() { _ = f.relay.Run(ctx) })
		defer run.Wait()
		defer stop()

		f.db.Commit("budapest", 2, harang.AudienceManagers, harang.AudienceOperators) // by another process: no wake
		pass(501 * time.Millisecond)
		synctest.Wait()
		f.log.agrees(t, f.db, managers)
		f.log.agrees(t, f.db, operators)

		pass(2 * time.Second)
		before := f.db.Reads("Heads")
		pass(time.Hour)
		if n := f.db.Reads("Heads") - before; n != 0 {
			t.Errorf("an idle hour read the heads %d times", n)
		}

		f.log.fail(errors.New("away"))
		f.db.Commit("budapest", 1, harang.AudienceManagers)
		f.relay.Wake("budapest")
		pass(3 * time.Second)
		f.log.fail(nil)
		pass(501 * time.Millisecond)
		synctest.Wait()
		f.log.agrees(t, f.db, managers)

		f.db.Fail(errors.New("away"))
		pass(3 * time.Second)
		f.db.Commit("budapest", 1, harang.AudienceManagers)
		f.db.Fail(nil)
		pass(501 * time.Millisecond)
		synctest.Wait()
		f.log.agrees(t, f.db, managers)
		f.log.mu.Lock()
		defer f.log.mu.Unlock()
		if n := len(f.log.healed); n == 0 || f.log.healed[n-1].Number(harang.AudienceManagers) != 4 {
			t.Errorf("windows were not told: %v", f.log.healed)
		}
	})
}

// TestRelay_OneNode: where the log is the windows, relaying heals them, and no
// feed is read twice.
func TestRelay_OneNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := open(func(o *relay.Options) { o.Windows, o.SharedLog = o.SharedLog.(*shelf), nil })
		ctx, stop := context.WithCancel(t.Context())
		var run sync.WaitGroup
		run.Go(func() { _ = f.relay.Run(ctx) })
		f.db.Commit("budapest", 2, harang.AudienceManagers)
		pass(3 * time.Second)
		synctest.Wait()
		f.log.agrees(t, f.db, managers)
		stop()
		run.Wait()
		if len(f.log.healed) > 0 {
			t.Errorf("told to heal: %v", f.log.healed)
		}
	})
}

func TestRelay_LoopWithoutVersion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := open()
		ctx, stop := context.WithCancel(t.Context())
		var run sync.WaitGroup
		run.Go(func() { _ = f.relay.Run(ctx) })
		pass(10*time.Second + time.Millisecond)
		if n := f.db.Reads("Heads"); n < 20 {
			t.Errorf("%d readings in 10 s", n)
		}
		stop()
		run.Wait()
	})
}

// TestRelay_Property: several relays, forks, an emptied log and lost wakes in
// any order; afterwards one look brings log and database together, and within an
// epoch the log never went back.
func TestRelay_Property(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := open()
		relays := []*relay.Relay{f.relay, relay.New(relay.Options{Source: f.db, Windows: f.log})}
		move := func(i int) {
			if err := relays[i].Relay(context.Background(), "budapest"); err != nil {
				t.Fatal(err)
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"commit": func(t *rapid.T) {
				audiences := []harang.Audience{harang.AudienceManagers}
				if rapid.Bool().Draw(t, "all") {
					audiences = append(audiences, harang.AudienceOperators)
				}
				f.db.Commit("budapest", rapid.IntRange(1, 300).Draw(t, "n"), audiences...)
			},
			"commit and tell": func(t *rapid.T) {
				var commits []outbox.Commit
				for range rapid.IntRange(1, 5).Draw(t, "commits") {
					c := f.db.Committed("budapest", rapid.IntRange(1, 3).Draw(t, "n"), harang.AudienceManagers)
					if rapid.IntRange(0, 9).Draw(t, "told") > 0 {
						commits = append(commits, c)
					}
				}
				if len(commits) == 0 {
					return
				}
				commits = rapid.Permutation(commits).Draw(t, "order")
				// The second relay's windows are its log: it takes entries as they are.
				if err := relays[rapid.IntRange(0, 1).Draw(t, "relay")].RelayCommits(context.Background(), commits...); err != nil {
					t.Fatal(err)
				}
			},
			"move": func(t *rapid.T) {
				move(rapid.IntRange(0, 1).Draw(t, "relay"))
				f.log.agrees(t, f.db, managers)
				f.log.agrees(t, f.db, operators)
			},
			"restore": func(t *rapid.T) {
				if n := len(f.db.Entries(managers)); n > 0 {
					f.db.RollBack(managers, rapid.IntRange(1, min(n, 5)).Draw(t, "lost"))
					move(0) // a backup is not restored beneath a running house
				}
			},
			"empty": func(*rapid.T) { f.log.clear(managers) },
			"both": func(*rapid.T) {
				var work sync.WaitGroup
				for i := range relays {
					work.Go(func() { _ = relays[i].Relay(context.Background(), "budapest") })
				}
				work.Wait()
				f.log.agrees(t, f.db, managers)
			},
		})
		move(1)
		f.log.agrees(t, f.db, managers)
		f.log.agrees(t, f.db, operators)
	})
}
