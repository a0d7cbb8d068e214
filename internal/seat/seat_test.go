package seat

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/rueidis"
	"go.uber.org/goleak"

	"harang.dev/harang"
	"harang.dev/harang/internal/testserver"
)

func TestMain(m *testing.M) {
	// The client looks once more for a cluster, a second after it was closed.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/redis/rueidis.(*call).DelayDo.func1"))
}

var tenants atomic.Int64

func newTenant() string { return fmt.Sprintf("t%d", tenants.Add(1)) }

type node struct {
	*Seats
	evicted chan string
}

func startNode(t *testing.T, server *testserver.RedisServer, name string, lease time.Duration, run bool) *node {
	t.Helper()
	option, err := rueidis.ParseURL(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	option.DisableRetry, option.DisableCache = true, true
	client, err := rueidis.NewClient(option)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	n := &node{evicted: make(chan string, 10_000)}
	n.Seats = New(Options{Client: client, Node: name, Lease: lease, Evict: func(tenant, connection string) { n.evicted <- tenant + " " + connection }})
	if run {
		ctx, cancel := context.WithCancel(context.Background())
		var running sync.WaitGroup
		running.Go(func() { _ = n.Run(ctx) })
		t.Cleanup(func() { cancel(); running.Wait() })
	}
	return n
}

func take(t *testing.T, n *node, seat Seat, limit int) (older string) {
	t.Helper()
	older, err := n.Take(t.Context(), seat, limit)
	if err != nil {
		t.Fatalf("%+v: %v", seat, err)
	}
	return older
}

func mustRefuse(t *testing.T, n *node, seat Seat, limit int) {
	t.Helper()
	_, err := n.Take(t.Context(), seat, limit)
	var e *harang.Error
	if !errors.As(err, &e) || e.Code != harang.CodeConnectionLimit || e.RetryAfter <= 0 || e.Details["limit"] != limit {
		t.Fatalf("%+v: %v, want a refusal with limit %d", seat, err, limit)
	}
}

func (n *node) wantEvicted(t *testing.T, limit time.Duration, want string) {
	t.Helper()
	select {
	case got := <-n.evicted:
		if got != want {
			t.Errorf("%q was evicted, want %q", got, want)
		}
	case <-time.After(limit):
		t.Errorf("%q was not evicted within %s", want, limit)
	}
}

// TestSeats_Limit: the limit holds over all nodes, per tenant, and a seat that
// is freed can be taken.
func TestSeats_Limit(t *testing.T) {
	server := testserver.Redis(t)
	a, b := startNode(t, server, "a"+newTenant(), time.Minute, false), startNode(t, server, "b"+newTenant(), time.Minute, false)
	tenant := newTenant()
	first := Seat{tenant, "u", "p1", "c1"}
	take(t, a, first, 2)
	take(t, b, Seat{tenant, "u", "p2", "c2"}, 2)
	mustRefuse(t, a, Seat{tenant, "u", "p3", "c3"}, 2)
	mustRefuse(t, b, Seat{tenant, "u", "p3", "c3"}, 2)
	// Another user's seat of the same pid is another seat.
	mustRefuse(t, b, Seat{tenant, "v", "p1", "c3"}, 2)
	take(t, b, Seat{newTenant(), "u", "p3", "c3"}, 2)
	if err := a.Release(t.Context(), Seat{tenant, "u", "p1", "another"}); err != nil {
		t.Fatal(err)
	}
	mustRefuse(t, b, Seat{tenant, "u", "p3", "c3"}, 2)
	if err := a.Release(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	take(t, b, Seat{tenant, "u", "p3", "c3"}, 2)
}

// TestSeats_Cluster: a tenant's seats belong to one shard of a Redis Cluster.
func TestSeats_Cluster(t *testing.T) {
	server := testserver.StartRedis(t, testserver.WithCluster())
	a, b := startNode(t, server, "a", time.Minute, false), startNode(t, server, "b", time.Minute, false)
	for i := range 5 {
		tenant := fmt.Sprint("tenant-", i)
		take(t, a, Seat{tenant, "u", "p", "c1"}, 1)
		mustRefuse(t, b, Seat{tenant, "u", "q", "c2"}, 1)
		take(t, b, Seat{tenant, "u", "p", "c3"}, 1)
		a.renew(t.Context())
		a.wantEvicted(t, time.Second, tenant+" c1")
		if err := b.Release(t.Context(), Seat{tenant, "u", "p", "c3"}); err != nil {
			t.Fatal(err)
		}
		take(t, a, Seat{tenant, "u", "q", "c4"}, 1)
	}
	if a.away.Load() || b.away.Load() {
		t.Error("seats were counted on one node alone")
	}
}

// TestSeats_Takeover: a pid that comes back takes its seat over, on whichever
// node, and the older connection is closed there.
func TestSeats_Takeover(t *testing.T) {
	server := testserver.Redis(t)
	an, bn := "a"+newTenant(), "b"+newTenant()
	a, b := startNode(t, server, an, time.Minute, true), startNode(t, server, bn, time.Minute, true)
	for server.Do(t, "SPUBLISH", nodeChannel(an), "x") == ":0" || server.Do(t, "SPUBLISH", nodeChannel(bn), "x") == ":0" {
		<-time.After(time.Millisecond) // until both listen
	}
	tenant := newTenant()
	if older := take(t, a, Seat{tenant, "u", "p", "c1"}, 1); older != "" {
		t.Errorf("a new seat had %q", older)
	}
	if older := take(t, a, Seat{tenant, "u", "p", "c2"}, 1); older != "c1" {
		t.Errorf("on the same node the older is %q, want c1", older)
	}
	if older := take(t, b, Seat{tenant, "u", "p", "c3"}, 1); older != "" {
		t.Errorf("another node's connection was handed out: %q", older)
	}
	a.wantEvicted(t, time.Second, tenant+" c2")
	// The ghost's release frees nothing.
	if err := a.Release(t.Context(), Seat{tenant, "u", "p", "c2"}); err != nil {
		t.Fatal(err)
	}
	mustRefuse(t, a, Seat{tenant, "u", "q", "c4"}, 1)
}

// TestSeats_TakeoverUnheard: the message is lost; the older connection is
// closed when its node renews.
func TestSeats_TakeoverUnheard(t *testing.T) {
	server := testserver.Redis(t)
	a, b := startNode(t, server, "a"+newTenant(), time.Minute, false), startNode(t, server, "b"+newTenant(), time.Minute, false)
	tenant := newTenant()
	take(t, a, Seat{tenant, "u", "p", "c1"}, 1)
	take(t, b, Seat{tenant, "u", "p", "c2"}, 1)
	a.renew(t.Context())
	a.wantEvicted(t, time.Second, tenant+" c1")
	b.renew(t.Context())
	if len(b.evicted) != 0 {
		t.Errorf("the new owner was evicted: %s", <-b.evicted)
	}
}

// TestSeats_Rename: the new pid has the seat, the old one has none.
func TestSeats_Rename(t *testing.T) {
	server := testserver.Redis(t)
	a, b := startNode(t, server, "a"+newTenant(), time.Minute, false), startNode(t, server, "b"+newTenant(), time.Minute, false)
	tenant := newTenant()
	take(t, a, Seat{tenant, "u", "old", "c1"}, 1)
	if err := a.Rename(t.Context(), Seat{tenant, "u", "old", "c1"}, "new"); err != nil {
		t.Fatal(err)
	}
	mustRefuse(t, b, Seat{tenant, "u", "old", "c2"}, 1)
	take(t, b, Seat{tenant, "u", "new", "c2"}, 1)
	a.renew(t.Context())
	a.wantEvicted(t, time.Second, tenant+" c1")
}

// TestSeats_DeadNode: a node that renews nothing loses its seats after a lease.
func TestSeats_DeadNode(t *testing.T) {
	server := testserver.Redis(t)
	dead := startNode(t, server, "a"+newTenant(), 100*time.Millisecond, false)
	alive := startNode(t, server, "b"+newTenant(), 300*time.Millisecond, true)
	tenant := newTenant()
	take(t, dead, Seat{tenant, "u", "p1", "c1"}, 2)
	take(t, alive, Seat{tenant, "u", "p2", "c2"}, 2)
	deadline := time.Now().Add(5 * time.Second)
	for {
		if _, err := alive.Take(t.Context(), Seat{tenant, "u", "p3", "c3"}, 2); err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("a dead node's seat is never free")
		}
		<-time.After(10 * time.Millisecond)
	}
	// A second later the one who lives and renews still has its seat.
	for began := time.Now(); time.Since(began) < time.Second; <-time.After(50 * time.Millisecond) {
		mustRefuse(t, dead, Seat{tenant, "u", "p4", "c4"}, 2)
	}
}

// TestSeats_RedisAway: each node counts its own; when Redis is back, empty, it
// learns of everybody again.
func TestSeats_RedisAway(t *testing.T) {
	server := testserver.StartRedis(t)
	a, b := startNode(t, server, "a", 300*time.Millisecond, true), startNode(t, server, "b", 300*time.Millisecond, true)
	tenant := newTenant()
	take(t, a, Seat{tenant, "u", "p1", "c1"}, 2)
	server.Kill(t)
	if older := take(t, a, Seat{tenant, "u", "p1", "c2"}, 2); older != "c1" {
		t.Errorf("the older is %q, want c1", older)
	}
	take(t, a, Seat{tenant, "u", "p2", "c3"}, 2)
	mustRefuse(t, a, Seat{tenant, "u", "p3", "c4"}, 2)
	if !a.away.Load() {
		t.Error("it does not say that it counts alone")
	}
	take(t, b, Seat{tenant, "u", "p4", "c5"}, 2)
	if err := b.Release(t.Context(), Seat{tenant, "u", "p4", "c5"}); err != nil {
		t.Fatal(err)
	}
	server.Start(t)
	deadline := time.Now().Add(10 * time.Second)
	for a.away.Load() || server.Do(t, "ZCARD", keys(tenant)[0]) != ":2" {
		if time.Now().After(deadline) {
			t.Fatal("the seats do not come back")
		}
		<-time.After(10 * time.Millisecond)
	}
	mustRefuse(t, b, Seat{tenant, "u", "p5", "c6"}, 2)
}

// TestSeats_CallerLeaves: who leaves while a seat is asked for neither has it nor
// makes Redis look away.
func TestSeats_CallerLeaves(t *testing.T) {
	server := testserver.StartRedis(t)
	n := startNode(t, server, "n"+newTenant(), time.Minute, false)
	tenant := newTenant()
	server.Pause(t)
	ctx, leave := context.WithCancel(t.Context())
	asked := make(chan error, 1)
	go func() {
		_, err := n.Take(ctx, Seat{tenant, "u", "p1", "c1"}, 1)
		asked <- err
	}()
	leave()
	server.Resume(t)
	if err := <-asked; !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want the caller's end", err)
	}
	if n.away.Load() {
		t.Error("Redis counts as away")
	}
	take(t, n, Seat{tenant, "u", "p2", "c2"}, 1)
}

// TestSeats_Ghosts: all connections of a full tenant come back at once, over
// both nodes. All are let in, nobody else is.
func TestSeats_Ghosts(t *testing.T) {
	server := testserver.Redis(t)
	nodes := []*node{
		startNode(t, server, "a"+newTenant(), time.Minute, true), startNode(t, server, "b"+newTenant(), time.Minute, true),
	}
	tenant := newTenant()
	const limit = 50
	for i := range limit {
		take(t, nodes[i%2], Seat{tenant, "u", fmt.Sprint("p", i), fmt.Sprint("c", i)}, limit)
	}
	for round := 1; round <= 10; round++ {
		var all sync.WaitGroup
		for i := range limit {
			all.Go(func() {
				_, err := nodes[(i+round)%2].Take(t.Context(), Seat{tenant, "u", fmt.Sprint("p", i), fmt.Sprint("c", round, "-", i)}, limit)
				if err != nil {
					t.Errorf("round %d: %v", round, err)
				}
			})
		}
		all.Wait()
		mustRefuse(t, nodes[round%2], Seat{tenant, "u", "stranger", "x"}, limit)
	}
}
