package feed_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"harang.dev/harang"
	"harang.dev/harang/internal/feed"
	"harang.dev/harang/internal/outbox"
	"harang.dev/harang/internal/relay"
	"harang.dev/harang/internal/relay/relaytest"
	"harang.dev/harang/internal/testtime"
)

var (
	managers = harang.FeedID{Tenant: "budapest", Audience: harang.AudienceManagers}
	debrecen = harang.FeedID{Tenant: "debrecen", Audience: harang.AudienceManagers}
)

// frame is what the tests' listeners would write: the positions of its entries.
type frame string

type options = feed.Options[frame]

// encoder counts the items that it encodes.
type encoder struct{ encoded atomic.Int64 }

func (e *encoder) Encode(it *feed.Item[frame]) frame {
	e.encoded.Add(1)
	return frame(it.Position().String())
}

func (e *encoder) Join(frames []frame) frame {
	var all []string
	for _, f := range frames {
		all = append(all, string(f))
	}
	return frame(strings.Join(all, " "))
}

// listener records what it receives.
type listener struct {
	feed harang.FeedID

	mu       sync.Mutex
	received []int64
	runs     []*feed.Run[frame]
	frames   []frame
	resets   int
	// during is called in each Deliver.
	during func()
}

func (l *listener) Feed() harang.FeedID { return l.feed }

func (l *listener) Deliver(r *feed.Run[frame]) {
	if l.during != nil {
		l.during()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, it := range r.Items {
		l.received = append(l.received, it.Number)
	}
	l.runs = append(l.runs, r)
	l.frames = append(l.frames, r.Frame())
}

func (l *listener) Reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.resets++
}

func (l *listener) numbers() []int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.received)
}

type fixture struct {
	db       *relaytest.Database
	encoder  *encoder
	hub      *feed.Hub[frame]
	relay    *relay.Relay
	registry *prometheus.Registry
	logs     *bytes.Buffer
}

func open(t *testing.T, change ...func(*options)) *fixture {
	t.Helper()
	f := &fixture{
		db:       relaytest.NewDatabase(relaytest.EpochA, "budapest", "debrecen"),
		encoder:  new(encoder),
		registry: prometheus.NewRegistry(), logs: new(bytes.Buffer),
	}
	o := options{
		Source: f.db, Encoder: f.encoder, Registry: f.registry, Logger: slog.New(slog.NewTextHandler(f.logs, nil)),
	}
	for _, c := range change {
		c(&o)
	}
	f.hub = feed.New(o)
	t.Cleanup(f.hub.Close)
	f.relay = relay.New(relay.Options{Source: f.db, Windows: f.hub})
	return f
}

// commit commits and relays, as the program does.
func (f *fixture) commit(t *testing.T, tenant string, n int, audiences ...harang.Audience) {
	t.Helper()
	f.db.Commit(tenant, n, audiences...)
	if err := f.relay.Relay(t.Context(), tenant); err != nil {
		t.Fatal(err)
	}
}

func (f *fixture) join(
	t *testing.T, id harang.FeedID, from feed.Start,
) (*listener, *feed.Membership[frame], feed.Handover[frame]) {
	t.Helper()
	l := &listener{feed: id}
	m, start, err := f.hub.Join(t.Context(), id, from, l)
	if err != nil {
		t.Fatal(err)
	}
	return l, m, start
}

func at(id harang.FeedID, epoch harang.Epoch, number int64) feed.Start {
	return feed.Start{
		Resume: true, Readable: true, Position: harang.Position{Epoch: epoch, Audience: id.Audience, Number: number},
	}
}

func wantNumbers(t *testing.T, what string, got []int64, first, last int64) {
	t.Helper()
	var want []int64
	for n := first; n <= last; n++ {
		want = append(want, n)
	}
	if !slices.Equal(got, want) {
		t.Fatalf("%s: got %v, want %d to %d", what, got, first, last)
	}
}

// handover is what a test compares of a feed.Handover.
type handover struct {
	Recovered bool
	Gap       *feed.Gap
	Position  int64
	Replayed  int
}

func wantHandover(t *testing.T, got feed.Handover[frame], want handover) {
	t.Helper()
	have := handover{got.Recovered, got.Gap, got.Position.Number, len(got.Replay)}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("hand-over (-want +got):\n%s", diff)
	}
}

func replayed(h feed.Handover[frame]) []int64 {
	var numbers []int64
	for _, it := range h.Replay {
		numbers = append(numbers, it.Number)
	}
	return numbers
}

func TestHub_JoinAtHead(t *testing.T) {
	f := open(t)
	f.commit(t, "budapest", 3, harang.AudienceManagers)
	l, _, start := f.join(t, managers, feed.Start{})
	wantHandover(t, start, handover{Position: 3})
	if start.Head != start.Position {
		t.Errorf("head %v, position %v", start.Head, start.Position)
	}
	f.commit(t, "budapest", 2, harang.AudienceManagers)
	wantNumbers(t, "live", l.numbers(), 4, 5)
}

func TestHub_Resume(t *testing.T) {
	now := time.Now()
	var mu sync.Mutex
	clock := func() time.Time { mu.Lock(); defer mu.Unlock(); return now }
	advance := func(d time.Duration) { mu.Lock(); now = now.Add(d); mu.Unlock() }
	f := open(t, func(o *options) { o.Clock = clock })
	f.db.Clock = clock
	f.join(t, managers, feed.Start{}) // keeps the window
	f.commit(t, "budapest", 10, harang.AudienceManagers)

	t.Run("Head", func(t *testing.T) {
		_, m, start := f.join(t, managers, at(managers, relaytest.EpochA, 10))
		defer m.Leave()
		if !start.Recovered || len(start.Replay) != 0 || start.Gap != nil {
			t.Errorf("at the head: %+v", start)
		}
	})
	t.Run("Replay", func(t *testing.T) {
		_, m, start := f.join(t, managers, at(managers, relaytest.EpochA, 4))
		defer m.Leave()
		wantNumbers(t, "replay", replayed(start), 5, 10)
		if !start.Recovered || start.Gap != nil || start.Position.Number != 4 || start.Head.Number != 10 {
			t.Errorf("behind: %+v", start)
		}
	})
	for name, from := range map[string]feed.Start{
		"OtherEpoch":    at(managers, "0198f3a07b0000000001", 4),
		"OtherAudience": at(harang.FeedID{Audience: harang.AudienceOperators}, relaytest.EpochA, 4),
		"Unreadable":    {Resume: true},
	} {
		t.Run(name, func(t *testing.T) {
			_, m, start := f.join(t, managers, from)
			defer m.Leave()
			wantHandover(t, start, handover{Position: 10, Gap: &feed.Gap{Reason: feed.ReasonEpoch}})
		})
	}
	t.Run("Ahead", func(t *testing.T) {
		before := f.db.Reads("NewestEntries")
		_, m, start := f.join(t, managers, at(managers, relaytest.EpochA, 11))
		defer m.Leave()
		if start.Gap == nil || start.Gap.Reason != feed.ReasonAhead || start.Gap.Missed != nil || start.Recovered {
			t.Errorf("%+v", start)
		}
		if read := f.db.Reads("NewestEntries") - before; read != 1 {
			t.Errorf("the source was read %d times for a position after the head", read)
		}
	})
	t.Run("AheadOfTheWindowOnly", func(t *testing.T) {
		f.db.Commit("budapest", 2, harang.AudienceManagers) // not relayed yet
		l, m, start := f.join(t, managers, at(managers, relaytest.EpochA, 11))
		defer m.Leave()
		wantNumbers(t, "replay", replayed(start), 12, 12)
		if !start.Recovered {
			t.Errorf("%+v", start)
		}
		f.commit(t, "budapest", 1, harang.AudienceManagers)
		wantNumbers(t, "live", l.numbers(), 13, 13)
	})
	t.Run("Overflow", func(t *testing.T) {
		f.commit(t, "budapest", 60, harang.AudienceManagers) // 14 to 73
		_, m, start := f.join(t, managers, at(managers, relaytest.EpochA, 13))
		defer m.Leave()
		wantNumbers(t, "replay", replayed(start), 24, 73)
		wantHandover(t, start, handover{
			Position: 23, Replayed: 50, Gap: &feed.Gap{Reason: feed.ReasonOverflow, Missed: new(int64(10))},
		})
	})
	t.Run("Expired", func(t *testing.T) {
		advance(3 * time.Minute)
		f.commit(t, "budapest", 2, harang.AudienceManagers) // 74, 75
		advance(3 * time.Minute)
		_, m, start := f.join(t, managers, at(managers, relaytest.EpochA, 70))
		defer m.Leave()
		wantNumbers(t, "replay", replayed(start), 74, 75)
		if start.Gap == nil || start.Gap.Reason != feed.ReasonExpired || *start.Gap.Missed != 3 ||
			start.Position.Number != 73 {
			t.Errorf("%+v %+v", start, start.Gap)
		}
	})
	t.Run("ExpiredBeforeOverflow", func(t *testing.T) {
		f.commit(t, "budapest", 50, harang.AudienceManagers) // 76 to 125
		_, m, start := f.join(t, managers, at(managers, relaytest.EpochA, 70))
		defer m.Leave()
		if start.Gap == nil || start.Gap.Reason != feed.ReasonExpired || *start.Gap.Missed != 5 {
			t.Errorf("%+v %+v", start, start.Gap)
		}
	})
	t.Run("LongAgoAtHead", func(t *testing.T) {
		advance(100 * time.Hour)
		_, m, start := f.join(t, managers, at(managers, relaytest.EpochA, 125))
		defer m.Leave()
		if !start.Recovered || start.Gap != nil {
			t.Errorf("%+v", start)
		}
	})
}

// TestHub_OneReadForAll: many joins at once read the source once.
func TestHub_OneReadForAll(t *testing.T) {
	f := open(t)
	f.db.Commit("budapest", 5, harang.AudienceManagers)
	release := f.db.BlockReads()
	var joins sync.WaitGroup
	for range 100 {
		joins.Go(func() {
			_, start, err := f.hub.Join(
				t.Context(), managers, at(managers, relaytest.EpochA, 2), &listener{feed: managers},
			)
			if err != nil || !start.Recovered || len(start.Replay) != 3 {
				t.Errorf("%+v %v", start, err)
			}
		})
	}
	release()
	joins.Wait()
	if n := f.db.Reads("NewestEntries"); n != 1 {
		t.Errorf("100 joins read the source %d times", n)
	}
}

// TestHub_CommittedWhileHydrating: an entry that is committed during the read of a
// hydrating window does not wait for the relay's loop.
func TestHub_CommittedWhileHydrating(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := open(t)
		release := f.db.BlockReads()
		l := &listener{feed: managers}
		joinedAt := int64(-1)
		var work sync.WaitGroup
		work.Go(func() {
			_, start, err := f.hub.Join(t.Context(), managers, feed.Start{}, l)
			if err != nil {
				t.Error(err)
			}
			joinedAt = start.Head.Number
		})
		synctest.Wait()
		f.db.Commit("budapest", 1, harang.AudienceManagers)
		work.Go(func() {
			if err := f.relay.Relay(t.Context(), "budapest"); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait()
		release()
		work.Wait()
		head, ok := f.hub.Head(managers)
		if !ok || head.Number != 1 {
			t.Errorf("head %v", head)
		}
		wantNumbers(t, "live", l.numbers(), joinedAt+1, 1)
	})
}

// TestHub_JoinDuringRound: a listener that joins during a round, with entries
// pending, gets each entry once.
func TestHub_JoinDuringRound(t *testing.T) {
	f := open(t)
	first, _, _ := f.join(t, managers, feed.Start{})
	var late *listener
	var start feed.Handover[frame]
	first.during = func() {
		if late != nil {
			return
		}
		late = &listener{feed: managers}
		f.db.Commit("budapest", 2, harang.AudienceManagers) // 3, 4
		if err := f.relay.Relay(t.Context(), "budapest"); err != nil {
			t.Error(err)
		}
		var err error
		if _, start, err = f.hub.Join(t.Context(), managers, at(managers, relaytest.EpochA, 1), late); err != nil {
			t.Error(err)
		}
		f.db.Commit("budapest", 3, harang.AudienceManagers) // 5, 6, 7
		if err := f.relay.Relay(t.Context(), "budapest"); err != nil {
			t.Error(err)
		}
	}
	f.commit(t, "budapest", 2, harang.AudienceManagers)
	wantNumbers(t, "first", first.numbers(), 1, 7)
	wantNumbers(t, "late, replay", replayed(start), 2, 4)
	wantNumbers(t, "late, live", late.numbers(), 5, 7)
	if len(first.runs) != 2 {
		t.Errorf("%d rounds, want 2: all entries that came meanwhile are one run", len(first.runs))
	}
}

// TestHub_RunIsShared: an entry is encoded once, and all listeners get the run's
// one frame.
func TestHub_RunIsShared(t *testing.T) {
	f := open(t)
	var all []*listener
	for range 5 {
		l, _, _ := f.join(t, managers, feed.Start{})
		all = append(all, l)
	}
	f.commit(t, "budapest", 3, harang.AudienceManagers)
	for _, l := range all {
		if len(l.runs) != 1 || l.runs[0] != all[0].runs[0] {
			t.Fatal("listeners got different runs")
		}
		if want := frame(fmt.Sprintf("%[1]s:m:1 %[1]s:m:2 %[1]s:m:3", relaytest.EpochA)); l.frames[0] != want {
			t.Errorf("the frame is %q, want %q", l.frames[0], want)
		}
	}
	if n := f.encoder.encoded.Load(); n != 3 {
		t.Errorf("3 entries were encoded %d times", n)
	}
}

// TestHub_AllocationsPerListener: a round allocates the same for one listener as
// for a thousand.
func TestHub_AllocationsPerListener(t *testing.T) {
	allocations := func(listeners int) float64 {
		hub := feed.New(options{Source: relaytest.NewDatabase(relaytest.EpochA, "budapest"), Encoder: new(encoder)})
		defer hub.Close()
		for range listeners {
			if _, _, err := hub.Join(t.Context(), managers, feed.Start{}, framer{managers}); err != nil {
				t.Fatal(err)
			}
		}
		n := int64(0)
		return testing.AllocsPerRun(100, func() {
			n++
			entries := []outbox.Entry{{Number: n, Time: time.Now()}}
			if _, _, err := hub.Append(t.Context(), managers, relaytest.EpochA, n, entries); err != nil {
				t.Fatal(err)
			}
		})
	}
	if one, many := allocations(1), allocations(1000); many > one+1 {
		t.Errorf("%.0f allocations for 1000 listeners, %.0f for one", many, one)
	}
}

func TestHub_IsolationViolation(t *testing.T) {
	f := open(t)
	if _, _, err := f.hub.Join(
		t.Context(), managers, feed.Start{}, &listener{feed: debrecen},
	); harang.ErrorCode(err) != harang.CodeForbidden {
		t.Fatalf("joined another tenant's feed: %v", err)
	}
	proper, _, start := f.join(t, managers, feed.Start{})
	switched, _, _ := f.join(t, managers, feed.Start{})
	switched.feed = debrecen
	f.commit(t, "budapest", 1, harang.AudienceManagers)
	wantNumbers(t, "proper", proper.numbers(), 1, 1)
	if got := switched.numbers(); len(got) > 0 {
		t.Errorf("a listener of %s received %v of %s", debrecen, got, managers)
	}
	if n := testutil.CollectAndCount(f.registry, "harang_feed_crossings_blocked_total"); n != 1 {
		t.Errorf("%d series", n)
	}
	if err := testutil.GatherAndCompare(f.registry, strings.NewReader(`
# HELP harang_feed_crossings_blocked_total Deliveries blocked because entry and listener belong to different feeds. Alert on any.
# TYPE harang_feed_crossings_blocked_total counter
harang_feed_crossings_blocked_total 2
`), "harang_feed_crossings_blocked_total"); err != nil {
		t.Error(err)
	}
	if !strings.Contains(f.logs.String(), "level=ERROR") {
		t.Errorf("no alarm in the log: %s", f.logs)
	}
	f.join(t, managers, feed.Start{Resume: true, Readable: true, Position: start.Head})
	if got := f.hub.Isolation(); got != (feed.Isolation{Checked: 2, Blocked: 2}) {
		t.Errorf("%+v, want one live and one replayed", got)
	}
}

func TestHub_NewEpochResets(t *testing.T) {
	f := open(t)
	l, _, start := f.join(t, managers, feed.Start{})
	f.commit(t, "budapest", 3, harang.AudienceManagers)
	f.db.RollBack(managers, 2)
	f.commit(t, "budapest", 0)
	wantNumbers(t, "before the fork", l.numbers(), 1, 3)
	if l.resets != 1 {
		t.Fatalf("reset %d times", l.resets)
	}
	f.commit(t, "budapest", 1, harang.AudienceManagers)
	wantNumbers(t, "after the fork", l.numbers(), 1, 3)
	_, _, again := f.join(t, managers, at(managers, start.Head.Epoch, 3))
	if again.Gap == nil || again.Gap.Reason != feed.ReasonEpoch || again.Head.Epoch <= start.Head.Epoch ||
		again.Head.Number != 2 {
		t.Errorf("%+v", again)
	}
}

func TestHub_Heal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := open(t)
		l, _, _ := f.join(t, managers, feed.Start{})
		f.db.Commit("budapest", 180, harang.AudienceManagers) // without a relay
		heads, err := f.db.Heads(t.Context(), []string{"budapest"})
		if err != nil {
			t.Fatal(err)
		}
		f.hub.Heal(heads[0])
		synctest.Wait()
		wantNumbers(t, "healed", l.numbers(), 1, 180)
		before := f.db.Reads("NewestEntries")
		f.hub.Heal(heads[0])
		f.hub.Heal(outbox.Heads{Tenant: "debrecen", Epoch: relaytest.EpochB})
		synctest.Wait()
		if f.db.Reads("NewestEntries") != before {
			t.Error("a window that is not behind was read")
		}
		f.db.SetEpoch("budapest", relaytest.EpochB)
		heads, _ = f.db.Heads(t.Context(), []string{"budapest"})
		f.hub.Heal(heads[0])
		synctest.Wait()
		if head, _ := f.hub.Head(managers); head.Epoch != relaytest.EpochB || l.resets != 1 {
			t.Errorf("head %v, %d resets", head, l.resets)
		}
	})
}

func TestHub_HealWithoutListeners(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := open(t)
		_, m, _ := f.join(t, managers, feed.Start{})
		m.Leave()
		f.db.Commit("budapest", 500, harang.AudienceManagers)
		heads, _ := f.db.Heads(t.Context(), []string{"budapest"})
		f.hub.Heal(heads[0])
		synctest.Wait()
		if head, _ := f.hub.Head(managers); head.Number != 500 || f.db.Reads("EntriesAfter") != 0 {
			t.Errorf("head %v; without listeners only the newest entries need be read", head)
		}
	})
}

func TestHub_Linger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := open(t)
		_, m, _ := f.join(t, managers, feed.Start{})
		f.commit(t, "budapest", 1, harang.AudienceManagers)
		m.Leave()
		m.Leave()
		testtime.Advance(harang.FeedWindowAge - time.Second)
		f.commit(t, "budapest", 1, harang.AudienceManagers)
		if tenants := f.hub.Tenants(); !slices.Equal(tenants, []string{"budapest"}) {
			t.Fatalf("the window ended early: %v", tenants)
		}
		_, m, start := f.join(t, managers, at(managers, relaytest.EpochA, 1))
		if !start.Recovered || f.db.Reads("NewestEntries") != 1 {
			t.Fatalf("%+v: a lingering window serves without a read", start)
		}
		testtime.Advance(time.Hour)
		if len(f.hub.Tenants()) != 1 {
			t.Fatal("the window ended with a listener")
		}
		m.Leave()
		testtime.Advance(harang.FeedWindowAge + time.Second)
		if tenants := f.hub.Tenants(); len(tenants) != 0 {
			t.Fatalf("a window without listeners stays: %v", tenants)
		}
		if _, ok := f.hub.Head(managers); ok {
			t.Error("a head without a window")
		}
		head, fork, err := f.hub.Append(t.Context(), managers, relaytest.EpochA, 1, nil)
		if head != (harang.Position{}) || fork || err != nil {
			t.Errorf("Append without a window: %v %t %v", head, fork, err)
		}
	})
}

func TestHub_Log(t *testing.T) {
	relaytest.TestLog(t, func(t *testing.T, feeds ...harang.FeedID) relaytest.Log {
		f := open(t)
		for _, id := range feeds {
			f.join(t, id, feed.Start{})
		}
		return relaytest.Log{Log: f.hub, Entries: func(id harang.FeedID) []outbox.Entry {
			head, _ := f.hub.Head(id)
			for n := max(0, head.Number-harang.FeedWindowEntries); ; n++ {
				_, m, start := f.join(t, id, at(id, head.Epoch, n))
				m.Leave()
				if !start.Recovered {
					continue
				}
				var entries []outbox.Entry
				for _, it := range start.Replay {
					entries = append(entries, it.Entry)
				}
				return entries
			}
		}}
	})
}

func BenchmarkHub_Deliver(b *testing.B) {
	db := relaytest.NewDatabase(relaytest.EpochA, "budapest")
	hub := feed.New(options{Source: db, Encoder: new(encoder)})
	defer hub.Close()
	for range 50 {
		if _, _, err := hub.Join(b.Context(), managers, feed.Start{}, framer{managers}); err != nil {
			b.Fatal(err)
		}
	}
	now := time.Now()
	b.ReportAllocs()
	n := int64(0)
	for b.Loop() {
		n++
		entries := []outbox.Entry{{Number: n, Time: now}}
		if _, _, err := hub.Append(b.Context(), managers, relaytest.EpochA, n, entries); err != nil {
			b.Fatal(err)
		}
	}
}

// framer asks for the frame of each run, as a connection does, and drops it.
type framer struct{ feed harang.FeedID }

func (f framer) Feed() harang.FeedID      { return f.feed }
func (framer) Deliver(r *feed.Run[frame]) { _ = r.Frame() }
func (framer) Reset()                     {}
