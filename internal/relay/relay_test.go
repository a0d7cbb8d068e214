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
	"harang.dev/harang/internal/testtime"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	managers  = harang.FeedID{Tenant: "budapest", Audience: harang.AudienceManagers}
	operators = harang.FeedID{Tenant: "budapest", Audience: harang.AudienceOperators}
)

// fakeLog is a shared log without bounds, as several nodes would see it.
type fakeLog struct {
	mu     sync.Mutex
	feeds  map[harang.FeedID]*fakeFeed
	err    error
	healed []outbox.Heads
	asked  int // calls of Heads
	// beforeAppend is called, without the lock, at the beginning of each Append.
	beforeAppend func(first int64)
}

type fakeFeed struct {
	epoch   harang.Epoch
	head    int64
	entries []outbox.Entry
}

func newFakeLog(feeds ...harang.FeedID) *fakeLog {
	l := &fakeLog{feeds: make(map[harang.FeedID]*fakeFeed)}
	for _, id := range feeds {
		l.feeds[id] = &fakeFeed{}
	}
	return l
}

func (l *fakeLog) Heads(_ context.Context, tenant string) ([]harang.Position, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked++
	var heads []harang.Position
	for id, f := range l.feeds {
		if id.Tenant == tenant {
			heads = append(heads, harang.Position{Epoch: f.epoch, Audience: id.Audience, Number: f.head})
		}
	}
	return heads, l.err
}

func (l *fakeLog) Append(
	_ context.Context, id harang.FeedID, epoch harang.Epoch, first int64, entries []outbox.Entry,
) (harang.Position, bool, error) {
	if l.beforeAppend != nil {
		l.beforeAppend(first)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return harang.Position{}, false, l.err
	}
	f := l.feeds[id]
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

// fakeWindows are separate from the log, as with several nodes.
type fakeWindows struct{ *fakeLog }

func (l *fakeLog) Tenants() []string { return []string{"budapest"} }

func (l *fakeLog) Head(id harang.FeedID) (harang.Position, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f := l.feeds[id]
	if f == nil || f.epoch == "" {
		return harang.Position{}, false
	}
	return harang.Position{Epoch: f.epoch, Audience: id.Audience, Number: f.head}, true
}

func (l *fakeLog) Heal(h outbox.Heads) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.healed = append(l.healed, h)
}

func (l *fakeLog) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.err = err
}

func (l *fakeLog) clear(id harang.FeedID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.feeds[id] = &fakeFeed{}
}

func (l *fakeLog) get(id harang.FeedID) fakeFeed {
	l.mu.Lock()
	defer l.mu.Unlock()
	f := *l.feeds[id]
	f.entries = slices.Clone(f.entries)
	return f
}

// agrees fails unless the log ends as the database does.
func (l *fakeLog) agrees(t interface {
	Helper()
	Fatalf(string, ...any)
}, db *relaytest.Database, id harang.FeedID) {
	t.Helper()
	heads, err := db.Heads(context.Background(), []string{id.Tenant})
	if err != nil {
		t.Fatalf("%v", err)
	}
	got, want := l.get(id), db.Entries(id)
	if got.epoch != heads[0].Epoch || got.head != int64(len(want)) {
		t.Fatalf("%s: the log is at %s:%d, the database at %s:%d", id, got.epoch, got.head, heads[0].Epoch, len(want))
	}
	for i, e := range got.entries {
		if e.EventID != want[e.Number-1].EventID || i > 0 && e.Number != got.entries[i-1].Number+1 {
			t.Fatalf("%s: the log's entry %d is %s", id, e.Number, e.EventID)
		}
	}
}

type fixture struct {
	db    *relaytest.Database
	log   *fakeLog
	relay *relay.Relay
	logs  *bytes.Buffer
	reg   *prometheus.Registry
}

func open(change ...func(*relay.Options)) *fixture {
	f := &fixture{
		db: relaytest.NewDatabase(relaytest.EpochA, "budapest"), log: newFakeLog(managers, operators),
		logs: new(bytes.Buffer), reg: prometheus.NewRegistry(),
	}
	o := relay.Options{
		Source: f.db, SharedLog: f.log, Windows: fakeWindows{f.log}, Registry: f.reg,
		Logger: slog.New(slog.NewTextHandler(f.logs, nil)),
	}
	for _, c := range change {
		c(&o)
	}
	f.relay = relay.New(o)
	return f
}

// singleNode makes the windows the log.
func singleNode(o *relay.Options) { o.Windows, o.SharedLog = o.SharedLog.(*fakeLog), nil }

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
		t.Error(err) // without those of the first replacement, each once
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
		"LogAhead": func(f *fixture) { f.db.RollBack(managers, 2) },
		"OtherEvents": func(f *fixture) {
			f.db.RollBack(managers, 2)
			f.db.Commit("budapest", 5, harang.AudienceManagers)
		},
		"OlderEpoch": func(f *fixture) { f.db.SetEpoch("budapest", "0198f3a07b0000000001") },
		"Hole": func(f *fixture) {
			f.db.Commit("budapest", 9, harang.AudienceManagers)
			f.db.Forget(managers, 15)
		},
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
				t.Error("the fork began another epoch")
			}
		})
	}
}

// TestRelay_OvertakenIsNoFork: another relay appends entries that this one has
// not read from the database yet.
func TestRelay_OvertakenIsNoFork(t *testing.T) {
	f := open()
	f.db.Commit("budapest", 1, harang.AudienceManagers)
	f.move(t)
	other := relay.New(relay.Options{Source: f.db, Windows: f.log})
	overtaken := false
	f.log.beforeAppend = func(int64) {
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
	unavailable := errors.New("unavailable")
	f.db.Fail(unavailable)
	if err := f.relay.Relay(t.Context(), "budapest"); !errors.Is(err, unavailable) {
		t.Errorf("%v", err)
	}
	f.db.Fail(nil)
	f.log.fail(unavailable)
	if err := f.relay.Relay(t.Context(), "budapest"); !errors.Is(err, unavailable) {
		t.Errorf("%v", err)
	}
	f.log.fail(nil)
	f.log.feeds[harang.FeedID{Tenant: "nowhere", Audience: harang.AudienceManagers}] = &fakeFeed{}
	if err := f.relay.Relay(t.Context(), "nowhere"); err == nil {
		t.Error("relayed a tenant that does not exist")
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
		synctest.Wait() // no time passes, so the loop does nothing
		f.log.agrees(t, f.db, managers)
		stop()
		run.Wait()
		f.db.Commit("budapest", 1, harang.AudienceManagers)
		f.relay.Wake("budapest")
		synctest.Wait()
		if got := f.log.get(managers); got.head != 20 {
			t.Errorf("a relay that had ended appended up to %d", got.head)
		}
	})
}

// TestRelay_CommittedBusy: while a pass hangs, few entries wait for the next one,
// and none for a shared log, which does not get them.
func TestRelay_CommittedBusy(t *testing.T) {
	for name, c := range map[string]struct {
		singleNode bool
		most       int
	}{"one node": {true, 200}, "several": {false, 0}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := open(func(o *relay.Options) {
					if c.singleNode {
						singleNode(o)
					}
				})
				f.db.Commit("budapest", 1, harang.AudienceManagers)
				f.move(t)
				stuck := make(chan struct{})
				f.log.beforeAppend = func(int64) { <-stuck }
				f.relay.Committed(f.db.Committed("budapest", 1, harang.AudienceManagers))
				synctest.Wait()
				waiting := 0
				for range 30 {
					f.relay.Committed(f.db.Committed("budapest", 70, harang.AudienceManagers))
					waiting = max(waiting, f.relay.Pending("budapest"))
				}
				if waiting > c.most || c.singleNode && waiting == 0 {
					t.Errorf("%d entries waited, want at most %d", waiting, c.most)
				}
				close(stuck)
				synctest.Wait()
				f.log.agrees(t, f.db, managers)
			})
		})
	}
}

// TestRelay_Committed: the entries of a commit are not read again. Old heads, and
// commits in another order, still relay every entry.
func TestRelay_Committed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := open(singleNode)
		reads := func() int { return f.db.Reads("Heads") + f.db.Reads("EntriesAfter") }
		f.db.Commit("budapest", 1, harang.AudienceManagers)
		f.move(t) // an empty log is filled from the database
		before := reads()
		f.relay.Committed(f.db.Committed("budapest", 3, harang.AudienceManagers))
		synctest.Wait()
		second := f.db.Committed("budapest", 2, harang.AudienceManagers)
		third := f.db.Committed("budapest", 1, harang.AudienceManagers)
		if err := f.relay.RelayCommits(t.Context(), third, second); err != nil {
			t.Fatal(err)
		}
		if n := reads() - before; n != 0 {
			t.Errorf("the database was read %d times although every entry was passed on", n)
		}
		f.log.agrees(t, f.db, managers)

		old := f.db.Committed("budapest", 2, harang.AudienceManagers)
		f.db.Commit("budapest", 2, harang.AudienceManagers) // not passed on
		f.relay.Committed(f.db.Committed("budapest", 1, harang.AudienceManagers))
		synctest.Wait()
		f.log.agrees(t, f.db, managers)
		f.db.Commit("budapest", 2, harang.AudienceManagers)
		f.relay.Committed(old) // behind the log: the database is read
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

		for range 1000 { // more than may wait for one pass
			f.relay.Committed(f.db.Committed("budapest", 1, harang.AudienceManagers))
		}
		synctest.Wait()
		f.log.agrees(t, f.db, managers)
	})
}

// TestRelay_CommittedFork: a shared log with another entry before the committed
// ones is a fork.
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

// TestRelay_CommittedForkSingleNode: a commit that reuses numbers of this node's
// windows, and goes on after them, is a fork, too.
func TestRelay_CommittedForkSingleNode(t *testing.T) {
	f := open(singleNode)
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
		testtime.Advance(501 * time.Millisecond)
		f.log.agrees(t, f.db, managers)
		f.log.agrees(t, f.db, operators)

		testtime.Advance(2 * time.Second)
		before := f.db.Reads("Heads")
		testtime.Advance(time.Hour)
		if n := f.db.Reads("Heads") - before; n != 0 {
			t.Errorf("an idle hour read the heads %d times", n)
		}

		f.log.fail(errors.New("unavailable"))
		f.db.Commit("budapest", 1, harang.AudienceManagers)
		f.relay.Wake("budapest")
		testtime.Advance(3 * time.Second)
		f.log.fail(nil)
		testtime.Advance(501 * time.Millisecond)
		f.log.agrees(t, f.db, managers)

		f.db.Fail(errors.New("unavailable"))
		testtime.Advance(3 * time.Second)
		f.db.Commit("budapest", 1, harang.AudienceManagers)
		f.db.Fail(nil)
		testtime.Advance(501 * time.Millisecond)
		f.log.agrees(t, f.db, managers)
		f.log.mu.Lock()
		defer f.log.mu.Unlock()
		if n := len(f.log.healed); n == 0 || f.log.healed[n-1].Number(harang.AudienceManagers) != 4 {
			t.Errorf("windows were not healed: %v", f.log.healed)
		}
	})
}

// TestRelay_SingleNode: where the log is the windows, relaying heals them, and no
// feed is read twice.
func TestRelay_SingleNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := open(singleNode)
		ctx, stop := context.WithCancel(t.Context())
		var run sync.WaitGroup
		run.Go(func() { _ = f.relay.Run(ctx) })
		f.db.Commit("budapest", 2, harang.AudienceManagers)
		testtime.Advance(3 * time.Second)
		f.log.agrees(t, f.db, managers)
		stop()
		run.Wait()
		if len(f.log.healed) > 0 {
			t.Errorf("healed: %v", f.log.healed)
		}
	})
}

// TestRelay_ComparesWhatAdvanced: on a single node the loop compares a tenant's windows
// again only when its heads have advanced or something has failed. A shared log may be
// emptied, and is compared in every round.
func TestRelay_ComparesWhatAdvanced(t *testing.T) {
	several := func(*relay.Options) {}
	for name, change := range map[string]func(*relay.Options){"single": singleNode, "several": several} {
		synctest.Test(t, func(t *testing.T) {
			f := open(change)
			ctx, stop := context.WithCancel(t.Context())
			var run sync.WaitGroup
			run.Go(func() { _ = f.relay.Run(ctx) })
			defer run.Wait()
			defer stop()
			// asked returns how often the log was asked in ten seconds.
			asked := func() int {
				f.log.mu.Lock()
				before := f.log.asked
				f.log.mu.Unlock()
				testtime.Advance(10 * time.Second)
				f.log.mu.Lock()
				defer f.log.mu.Unlock()
				return f.log.asked - before
			}
			f.db.Commit("budapest", 2, harang.AudienceManagers)
			asked()
			f.log.agrees(t, f.db, managers)
			if n := asked(); (n == 0) != (name == "single") {
				t.Errorf("%s: nothing has advanced, and the log was asked %d times", name, n)
			}
			f.db.Commit("budapest", 1, harang.AudienceManagers)
			asked()
			f.log.agrees(t, f.db, managers)

			// A pass that fails leaves the window behind heads that were compared.
			f.log.fail(errors.New("unavailable"))
			f.db.Commit("budapest", 1, harang.AudienceManagers)
			asked()
			f.log.fail(nil)
			asked()
			f.log.agrees(t, f.db, managers)
			f.db.Fail(errors.New("unavailable"))
			asked()
			f.db.Fail(nil)
			if asked() == 0 {
				t.Errorf("%s: nothing was compared after a failure", name)
			}
		})
	}
}

func TestRelay_LoopWithoutVersion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := open()
		ctx, stop := context.WithCancel(t.Context())
		var run sync.WaitGroup
		run.Go(func() { _ = f.relay.Run(ctx) })
		testtime.Advance(10*time.Second + time.Millisecond)
		if n := f.db.Reads("Heads"); n < 20 {
			t.Errorf("%d reads in 10 s", n)
		}
		stop()
		run.Wait()
	})
}

// TestRelay_Property: several relays, forks, an emptied log and lost wakes in
// any order; afterwards one pass makes log and database equal, and within an epoch
// the log never went back.
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
			"commit and pass on": func(t *rapid.T) {
				var commits []outbox.Commit
				for range rapid.IntRange(1, 5).Draw(t, "commits") {
					c := f.db.Committed("budapest", rapid.IntRange(1, 3).Draw(t, "n"), harang.AudienceManagers)
					if rapid.IntRange(0, 9).Draw(t, "passed on") > 0 {
						commits = append(commits, c)
					}
				}
				if len(commits) == 0 {
					return
				}
				commits = rapid.Permutation(commits).Draw(t, "order")
				// The second relay's windows are its log: it gets the committed entries as they are.
				r := relays[rapid.IntRange(0, 1).Draw(t, "relay")]
				if err := r.RelayCommits(context.Background(), commits...); err != nil {
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
					move(0) // a backup is not restored beneath running nodes
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
