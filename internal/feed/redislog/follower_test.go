package redislog

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"harang.dev/harang"
	"harang.dev/harang/internal/feed"
	"harang.dev/harang/internal/outbox"
	"harang.dev/harang/internal/relay"
	"harang.dev/harang/internal/relay/relaytest"
	"harang.dev/harang/internal/testserver"
	"harang.dev/harang/internal/testtime"
)

// frame is what listeners would write; none of these tests asks for one.
type frame struct{}

// node is one of several on a database and a Redis: log, follower, windows and
// relay as the program wires them.
type node struct {
	log      *Log
	follower *Follower
	hub      *feed.Hub[frame]
	relay    *relay.Relay
}

func startNode(t *testing.T, server *testserver.RedisServer, db *relaytest.Database) *node {
	t.Helper()
	n := &node{log: newLog(t, server)}
	n.follower = NewFollower(n.log, db)
	n.hub = feed.New(feed.Options[frame]{Source: n.follower})
	n.relay = relay.New(relay.Options{Source: db, SharedLog: n.log, Windows: n.hub})
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = n.follower.Run(ctx, n.hub) })
	running.Go(func() { _ = n.relay.Run(ctx) })
	t.Cleanup(func() {
		cancel()
		n.hub.Close()
		running.Wait()
	})
	return n
}

// listener records the events it receives.
type listener struct {
	feed     harang.FeedID
	mu       sync.Mutex
	received []string
	reset    bool
	changed  chan struct{}
}

func (l *listener) Feed() harang.FeedID { return l.feed }

func (l *listener) Deliver(r *feed.Run[frame]) {
	l.mu.Lock()
	for _, it := range r.Items {
		l.received = append(l.received, it.EventID)
	}
	l.mu.Unlock()
	l.signal()
}

func (l *listener) Reset() {
	l.mu.Lock()
	l.reset = true
	l.mu.Unlock()
	l.signal()
}

func (l *listener) signal() {
	select {
	case l.changed <- struct{}{}:
	default:
	}
}

// await waits until the listener has received exactly these events.
func (l *listener) await(t *testing.T, want ...string) {
	t.Helper()
	late := time.NewTimer(testtime.Limit)
	defer late.Stop()
	for {
		l.mu.Lock()
		diff := cmp.Diff(want, l.received)
		l.mu.Unlock()
		if diff == "" {
			return
		}
		select {
		case <-l.changed:
		case <-late.C:
			t.Fatalf("after %s it has received (-want +got):\n%s", testtime.Limit, diff)
		}
	}
}

func (n *node) listen(t *testing.T, feedID harang.FeedID) *listener {
	t.Helper()
	l := &listener{feed: feedID, changed: make(chan struct{}, 1)}
	m, _, err := n.hub.Join(t.Context(), feedID, feed.Start{}, l)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Leave)
	return l
}

func events(first, last int) []string {
	var ids []string
	for i := first; i <= last; i++ {
		ids = append(ids, fmt.Sprintf("event-%d", i))
	}
	return ids
}

func (f *Follower) confirmed(tenant string) bool {
	f.mu.Lock()
	fo := f.tenants[tenant]
	f.mu.Unlock()
	if fo == nil {
		return false
	}
	fo.mu.Lock()
	defer fo.mu.Unlock()
	return fo.confirmed
}

// TestNodes_Spread: the other node's listeners get the commits of one node at once
// and in order, each feed by itself.
func TestNodes_Spread(t *testing.T) {
	tenant := newTenant()
	db := relaytest.NewDatabase(relaytest.EpochA, tenant)
	server := testserver.Redis(t)
	a, b := startNode(t, server, db), startNode(t, server, db)
	m := b.listen(t, managers(tenant))
	o := b.listen(t, harang.FeedID{Tenant: tenant, Audience: harang.AudienceOperators})
	if !b.follower.confirmed(tenant) {
		t.Error("the window was read before its subscription was confirmed")
	}
	began := time.Now()
	for i := range 200 {
		audiences := []harang.Audience{harang.AudienceManagers}
		if i%2 == 0 {
			audiences = append(audiences, harang.AudienceOperators)
		}
		db.Commit(tenant, 1, audiences...)
		a.relay.Wake(tenant)
	}
	m.await(t, events(1, 200)...)
	var even []string
	for i := 1; i <= 200; i += 2 {
		even = append(even, fmt.Sprintf("event-%d", i))
	}
	o.await(t, even...)
	t.Logf("200 events in %s", time.Since(began))
}

// TestNodes_LastMessageLost: the last message before a quiet hour is lost. The
// node detects that by itself, within a second.
func TestNodes_LastMessageLost(t *testing.T) {
	tenant := newTenant()
	db := relaytest.NewDatabase(relaytest.EpochA, tenant)
	server := testserver.Redis(t)
	n := startNode(t, server, db)
	l := n.listen(t, managers(tenant))
	db.Commit(tenant, 1, harang.AudienceManagers)
	n.relay.Wake(tenant)
	l.await(t, events(1, 1)...)
	// The entry is in the log, but was not published: like a message lost
	// between Redis and a node.
	db.Commit(tenant, 1, harang.AudienceManagers)
	entry, err := encode(db.Entries(managers(tenant))[1])
	if err != nil {
		t.Fatal(err)
	}
	server.Do(t, "XADD", streamKey(managers(tenant)), "2-0", "e", entry)
	server.Do(t, "HSET", headKey(managers(tenant)), "number", "2")
	began := time.Now()
	l.await(t, events(1, 2)...)
	t.Logf("healed in %s", time.Since(began))
}

// TestNodes_RedisUnavailable: while Redis is unavailable listeners are served from
// the database; when it is back, empty, entries go through it again.
func TestNodes_RedisUnavailable(t *testing.T) {
	tenant := newTenant()
	db := relaytest.NewDatabase(relaytest.EpochA, tenant)
	server := testserver.StartRedis(t)
	a, b := startNode(t, server, db), startNode(t, server, db)
	l := b.listen(t, managers(tenant))
	db.Commit(tenant, 2, harang.AudienceManagers)
	a.relay.Wake(tenant)
	l.await(t, events(1, 2)...)

	server.Kill(t)
	db.Commit(tenant, 3, harang.AudienceManagers)
	a.relay.Wake(tenant)
	l.await(t, events(1, 5)...)
	// A window that begins now is served, too.
	late := a.listen(t, managers(tenant))
	db.Commit(tenant, 1, harang.AudienceManagers)
	late.await(t, events(6, 6)...)

	server.Start(t)
	testtime.Eventually(t, testtime.Limit, "both nodes are subscribed again", func() bool {
		return a.follower.confirmed(tenant) && b.follower.confirmed(tenant)
	})
	testtime.Eventually(t, testtime.Limit, "the log is rebuilt", func() bool {
		heads, err := a.log.Heads(t.Context(), tenant)
		return err == nil && heads[2].Number == 6
	})
	db.Commit(tenant, 4, harang.AudienceManagers)
	b.relay.Wake(tenant)
	l.await(t, events(1, 10)...)
	late.await(t, events(6, 10)...)
}

// TestNodes_RedisEmptied: an emptied Redis is rebuilt, and no entry is delivered
// twice.
func TestNodes_RedisEmptied(t *testing.T) {
	tenant := newTenant()
	db := relaytest.NewDatabase(relaytest.EpochA, tenant)
	server := testserver.StartRedis(t)
	n := startNode(t, server, db)
	l := n.listen(t, managers(tenant))
	total := 0
	for range 20 {
		db.Commit(tenant, 3, harang.AudienceManagers)
		n.relay.Wake(tenant)
		server.Do(t, "FLUSHALL")
		db.Commit(tenant, 2, harang.AudienceManagers)
		n.relay.Wake(tenant)
		total += 5
		l.await(t, events(1, total)...)
	}
}

// TestNodes_Fork: the database was restored to an earlier state and the log is
// ahead. The tenant begins a new epoch and every listener is reset.
func TestNodes_Fork(t *testing.T) {
	tenant := newTenant()
	db := relaytest.NewDatabase(relaytest.EpochA, tenant)
	server := testserver.Redis(t)
	a, b := startNode(t, server, db), startNode(t, server, db)
	l := b.listen(t, managers(tenant))
	db.Commit(tenant, 5, harang.AudienceManagers)
	a.relay.Wake(tenant)
	l.await(t, events(1, 5)...)
	db.RollBack(managers(tenant), 2)
	db.Commit(tenant, 1, harang.AudienceManagers)
	a.relay.Wake(tenant)
	testtime.Eventually(t, testtime.Limit, "the listener is reset", func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		return l.reset
	})
	again := b.listen(t, managers(tenant))
	db.Commit(tenant, 1, harang.AudienceManagers)
	a.relay.Wake(tenant)
	again.await(t, events(7, 7)...)
}

// TestNodes_ForkWithoutLog: the database lost its newest entries and Redis all of
// them, as when both run on one machine. Only this node's windows still have them,
// which is enough, whether nothing is committed afterwards or more than was lost.
func TestNodes_ForkWithoutLog(t *testing.T) {
	for name, n := range map[string]int{"nothing": 0, "as many": 2, "more": 7} {
		t.Run(name, func(t *testing.T) {
			tenant := newTenant()
			db := relaytest.NewDatabase(relaytest.EpochA, tenant)
			server := testserver.StartRedis(t)
			a, b := startNode(t, server, db), startNode(t, server, db)
			l := b.listen(t, managers(tenant))
			db.Commit(tenant, 5, harang.AudienceManagers)
			a.relay.Wake(tenant)
			l.await(t, events(1, 5)...)
			server.Do(t, "FLUSHALL")
			db.RollBack(managers(tenant), 2)
			if n > 0 {
				db.Commit(tenant, n, harang.AudienceManagers)
				a.relay.Wake(tenant)
			}
			testtime.Eventually(t, testtime.Limit, "the listener is reset", func() bool {
				l.mu.Lock()
				defer l.mu.Unlock()
				return l.reset
			})
			again := b.listen(t, managers(tenant))
			db.Commit(tenant, 1, harang.AudienceManagers)
			a.relay.Wake(tenant)
			again.await(t, events(6+n, 6+n)...)
		})
	}
}

// TestNodes_ForeignMessages: foreign messages on the channels are skipped and
// counted, and cost no event.
func TestNodes_ForeignMessages(t *testing.T) {
	tenant := newTenant()
	db := relaytest.NewDatabase(relaytest.EpochA, tenant)
	server := testserver.Redis(t)
	n := startNode(t, server, db)
	l := n.listen(t, managers(tenant))
	other, err := encode(some(1, 1)[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		"", "hello", "m", "x " + string(relaytest.EpochA) + " 1\n", "m nonsense 1\n",
		"m " + string(relaytest.EpochA) + " 0\n",
		"m " + string(relaytest.EpochA) + " 1\n99:short", "m " + string(relaytest.EpochA) + " 1\n3:abc",
		"m " + string(relaytest.EpochA) + " 40\n" + fmt.Sprint(len(other)) + ":" + other, // a hole
	} {
		server.Do(t, "SPUBLISH", n.log.channel(tenant), text)
	}
	db.Commit(tenant, 2, harang.AudienceManagers)
	n.relay.Wake(tenant)
	l.await(t, events(1, 2)...)
	if got := testutil.ToFloat64(n.log.metrics.foreign.WithLabelValues("message")); got != 8 {
		t.Errorf("%v foreign messages were counted, want 8", got)
	}
}

// TestNodes_OtherDatabase: messages of an installation in another database of the
// same Redis, with the same tenants, are not received.
func TestNodes_OtherDatabase(t *testing.T) {
	tenant := newTenant()
	db := relaytest.NewDatabase(relaytest.EpochA, tenant)
	server := testserver.Redis(t)
	n := startNode(t, server, db)
	l := n.listen(t, managers(tenant))
	other := NewLog(Options{Client: dial(t, server.URL()+"/5"), Database: 5})
	mustAppend(t, other, managers(tenant), relaytest.EpochB, 1, some(1, 9))
	db.Commit(tenant, 2, harang.AudienceManagers)
	n.relay.Wake(tenant)
	l.await(t, events(1, 2)...)
	if head, _ := n.hub.Head(managers(tenant)); head.Epoch != relaytest.EpochA || head.Number != 2 {
		t.Errorf("the head of the window is %v", head)
	}
}

// TestNodes_Cluster: all keys and channels of a tenant belong to one shard of a
// Redis Cluster.
func TestNodes_Cluster(t *testing.T) {
	tenant := newTenant()
	db := relaytest.NewDatabase(relaytest.EpochA, tenant)
	server := testserver.StartRedis(t, testserver.WithCluster())
	a, b := startNode(t, server, db), startNode(t, server, db)
	l := b.listen(t, managers(tenant))
	if !b.follower.confirmed(tenant) {
		t.Error("it is not subscribed")
	}
	began := time.Now()
	for i := range 60 {
		db.Commit(tenant, 1, harang.AudienceManagers, harang.AudienceOperators)
		a.relay.Wake(tenant)
		l.await(t, events(1, i+1)...)
	}
	testtime.Promise(t, "60 events are published, not healed,", time.Since(began), 10*time.Second)
	head, entries, err := a.log.Entries(t.Context(), managers(tenant))
	if err != nil || head.Number != 60 || len(entries) != harang.FeedWindowEntries {
		t.Errorf("the log's head is %v with %d entries, %v", head, len(entries), err)
	}
}

// TestNodes_SubscriptionCut: a subscription that was cut silently is renewed, and
// missed entries are delivered.
func TestNodes_SubscriptionCut(t *testing.T) {
	tenant := newTenant()
	db := relaytest.NewDatabase(relaytest.EpochA, tenant)
	server := testserver.StartRedis(t)
	a, b := startNode(t, server, db), startNode(t, server, db)
	l := b.listen(t, managers(tenant))
	for i := range 20 {
		server.Do(t, "CLIENT", "KILL", "TYPE", "pubsub")
		db.Commit(tenant, 1, harang.AudienceManagers)
		a.relay.Wake(tenant)
		l.await(t, events(1, i+1)...)
	}
	testtime.Eventually(t, testtime.Limit, "it is subscribed again",
		func() bool { return b.follower.confirmed(tenant) })
	if testutil.ToFloat64(b.log.metrics.interruptions) == 0 {
		t.Error("no interruption was counted, so nothing was cut")
	}
}

// TestFollower_DatabaseUnavailable: a window begins from the log alone.
func TestFollower_DatabaseUnavailable(t *testing.T) {
	tenant := newTenant()
	db := relaytest.NewDatabase(relaytest.EpochA, tenant)
	server := testserver.Redis(t)
	a := startNode(t, server, db)
	first := a.listen(t, managers(tenant))
	db.Commit(tenant, 60, harang.AudienceManagers)
	a.relay.Wake(tenant)
	first.await(t, events(1, 60)...)

	db.Fail(harang.Errorf(harang.CodeUnavailable, "unavailable"))
	b := startNode(t, server, db)
	l := &listener{feed: managers(tenant), changed: make(chan struct{}, 1)}
	from := harang.Position{Epoch: relaytest.EpochA, Audience: harang.AudienceManagers, Number: 55}
	m, start, err := b.hub.Join(t.Context(), l.feed, feed.Start{Resume: true, Readable: true, Position: from}, l)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Leave()
	if !start.Recovered || len(start.Replay) != 5 || start.Head.Number != 60 {
		t.Errorf("recovered %t, %d replayed, head %v; want the last 5 of 60",
			start.Recovered, len(start.Replay), start.Head)
	}
	// A read that needs the database fails.
	_, _, err = b.hub.Join(
		t.Context(), managers("absent-"+tenant), feed.Start{}, &listener{feed: managers("absent-" + tenant)},
	)
	if harang.ErrorCode(err) != harang.CodeUnavailable {
		t.Errorf("a feed that the log does not have: %v", err)
	}
	db.Fail(nil)
	db.Commit(tenant, 1, harang.AudienceManagers)
	l.await(t, events(61, 61)...)
}

// TestFollower_Unsubscribe: subscriptions of tenants without windows end and can
// begin again.
func TestFollower_Unsubscribe(t *testing.T) {
	tenant := newTenant()
	db := relaytest.NewDatabase(relaytest.EpochA, tenant)
	server := testserver.StartRedis(t)
	log := newLog(t, server)
	follower := NewFollower(log, db)
	windows := &windowsOf{}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = follower.Run(ctx, windows) })
	defer running.Wait()
	defer cancel()
	for range 10 {
		windows.set(tenant)
		if _, _, err := follower.NewestEntries(t.Context(), managers(tenant), 50); err != nil {
			t.Fatal(err)
		}
		if !follower.confirmed(tenant) {
			t.Fatal("it is not subscribed")
		}
		follower.unsubscribeUnused(t.Context()) // keeps what has windows
		if !follower.confirmed(tenant) {
			t.Fatal("a tenant with windows was unsubscribed")
		}
		windows.set()
		follower.unsubscribeUnused(t.Context())
		testtime.Eventually(t, testtime.Limit, "it is let go", func() bool { return !follower.confirmed(tenant) })
		if got := server.Do(t, "SPUBLISH", log.channel(tenant), "x"); got != ":0" {
			t.Fatalf("%s still listen", got)
		}
	}
}

// windowsOf are windows of tenants that keep nothing.
type windowsOf struct {
	mu      sync.Mutex
	tenants []string
}

func (w *windowsOf) set(tenants ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tenants = tenants
}

func (w *windowsOf) Tenants() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.tenants
}

func (w *windowsOf) Append(
	context.Context, harang.FeedID, harang.Epoch, int64, []outbox.Entry,
) (harang.Position, bool, error) {
	return harang.Position{}, false, errors.New("these windows keep nothing")
}

func (w *windowsOf) Heal(outbox.Heads) {}
