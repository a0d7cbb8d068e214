package seat

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/rueidis"
	"go.uber.org/goleak"

	"harang.dev/harang"
	"harang.dev/harang/internal/testserver"
	"harang.dev/harang/internal/testtime"
)

func TestMain(m *testing.M) {
	// The client refreshes its view of the cluster once more, a second after Close.
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
	n.Seats = New(Options{Client: client, Node: name, Lease: lease, Evict: func(tenant, connection string) {
		n.evicted <- tenant + " " + connection
	}})
	if run {
		ctx, cancel := context.WithCancel(context.Background())
		var running sync.WaitGroup
		running.Go(func() { _ = n.Run(ctx) })
		t.Cleanup(func() { cancel(); running.Wait() })
	}
	return n
}

// startTwoNodes starts two nodes with leases of a minute.
func startTwoNodes(t *testing.T, server *testserver.RedisServer, run bool) (a, b *node) {
	t.Helper()
	a = startNode(t, server, "a"+newTenant(), time.Minute, run)
	b = startNode(t, server, "b"+newTenant(), time.Minute, run)
	return a, b
}

func take(t *testing.T, n *node, seat Seat, limit int) (older string) {
	t.Helper()
	older, err := n.Take(t.Context(), seat, Limits{Tenant: limit})
	if err != nil {
		t.Fatalf("%+v: %v", seat, err)
	}
	return older
}

func mustRefuse(t *testing.T, n *node, seat Seat, limit int) {
	t.Helper()
	_, err := n.Take(t.Context(), seat, Limits{Tenant: limit})
	var e *harang.Error
	if !errors.As(err, &e) || e.Code != harang.CodeConnectionLimit || e.RetryAfter <= 0 || e.Details["limit"] != limit {
		t.Fatalf("%+v: %v, want a refusal with limit %d", seat, err, limit)
	}
}

func (n *node) wantEvicted(t *testing.T, want string) {
	t.Helper()
	if got := testtime.Receive(t, testtime.Limit, want+" is evicted", n.evicted); got != want {
		t.Errorf("%q was evicted, want %q", got, want)
	}
}

// The limit applies to each tenant across all nodes. A released seat can be taken.
func TestSeats_Limit(t *testing.T) {
	server := testserver.Redis(t)
	a, b := startTwoNodes(t, server, false)
	tenant := newTenant()
	first := Seat{tenant, "u", "p1", "c1"}
	take(t, a, first, 2)
	take(t, b, Seat{tenant, "u", "p2", "c2"}, 2)
	mustRefuse(t, a, Seat{tenant, "u", "p3", "c3"}, 2)
	mustRefuse(t, b, Seat{tenant, "u", "p3", "c3"}, 2)
	// The same pid of another user is another seat.
	mustRefuse(t, b, Seat{tenant, "v", "p1", "c3"}, 2)
	take(t, b, Seat{newTenant(), "u", "p3", "c3"}, 2)
	if err := a.Release(t.Context(), Seat{tenant, "u", "p1", "other"}); err != nil {
		t.Fatal(err)
	}
	mustRefuse(t, b, Seat{tenant, "u", "p3", "c3"}, 2)
	if err := a.Release(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	take(t, b, Seat{tenant, "u", "p3", "c3"}, 2)
}

// Users are those with a seat on any node; while Redis is unreachable, on this one.
func TestSeats_Users(t *testing.T) {
	server := testserver.StartRedis(t)
	a, b := startTwoNodes(t, server, false)
	tenant := newTenant()
	seat := Seat{tenant, "display:1", "p1", "c1"}
	take(t, a, seat, 9)
	take(t, b, Seat{tenant, "u", "p2", "c2"}, 9)
	take(t, b, Seat{newTenant(), "v", "p3", "c3"}, 9)
	for _, n := range []*node{a, b} {
		if got := n.Users(t.Context(), tenant); !maps.Equal(got, map[string]bool{"display:1": true, "u": true}) {
			t.Errorf("%v", got)
		}
	}
	server.Kill(t)
	if got := a.Users(t.Context(), tenant); !maps.Equal(got, map[string]bool{"display:1": true}) {
		t.Errorf("without Redis: %v", got)
	}
	if err := a.Release(t.Context(), seat); err != nil {
		t.Fatal(err)
	}
	if got := a.Users(t.Context(), tenant); len(got) != 0 {
		t.Errorf("%v", got)
	}
}

// The user limit applies across all nodes, and on each node alone while Redis is unreachable. A known seat is taken
// over whatever the limit.
func TestSeats_UserLimit(t *testing.T) {
	server := testserver.StartRedis(t)
	a, b := startTwoNodes(t, server, false)
	tenant := newTenant()
	limits := Limits{Tenant: 5, User: 2}
	refused := func(n *node, seat Seat, code harang.Code, limit int) {
		t.Helper()
		_, err := n.Take(t.Context(), seat, limits)
		var e *harang.Error
		if !errors.As(err, &e) || e.Code != code || e.RetryAfter <= 0 || e.Details["limit"] != limit {
			t.Errorf("%+v: %v, want %s with limit %d", seat, err, code, limit)
		}
	}
	taken := func(n *node, seat Seat) {
		t.Helper()
		if _, err := n.Take(t.Context(), seat, limits); err != nil {
			t.Errorf("%+v: %v", seat, err)
		}
	}
	taken(a, Seat{tenant, "anna", "p1", "c1"})
	taken(b, Seat{tenant, "anna", "p2", "c2"})
	refused(a, Seat{tenant, "anna", "p3", "c3"}, harang.CodeUserConnectionLimit, 2)
	refused(b, Seat{tenant, "anna", "p3", "c3"}, harang.CodeUserConnectionLimit, 2)
	taken(b, Seat{tenant, "anna", "p1", "c4"})
	taken(a, Seat{tenant, "annabel", "p1", "c5"})
	taken(a, Seat{tenant, "bela:anna", "p1", "c6"}) // a user id may have a colon
	taken(a, Seat{tenant, "cili", "p1", "c7"})
	refused(a, Seat{tenant, "dora", "p1", "c8"}, harang.CodeConnectionLimit, 5)
	// the cause that the user can remove
	refused(a, Seat{tenant, "anna", "p3", "c9"}, harang.CodeUserConnectionLimit, 2)
	if err := b.Release(t.Context(), Seat{tenant, "anna", "p2", "c2"}); err != nil {
		t.Fatal(err)
	}
	taken(a, Seat{tenant, "anna", "p3", "c10"})

	server.Kill(t)
	tenant = newTenant()
	for i := range 2 {
		taken(a, Seat{tenant, "anna", fmt.Sprint("p", i), "c"})
		taken(b, Seat{tenant, "anna", fmt.Sprint("p", i), "c"})
	}
	refused(a, Seat{tenant, "anna", "p3", "c3"}, harang.CodeUserConnectionLimit, 2)
	taken(a, Seat{tenant, "anna", "p1", "c4"})
}

// The keys of a tenant are on one shard of a Redis Cluster.
func TestSeats_Cluster(t *testing.T) {
	server := testserver.StartRedis(t, testserver.WithCluster())
	a, b := startNode(t, server, "a", time.Minute, false), startNode(t, server, "b", time.Minute, false)
	for i := range 5 {
		tenant := fmt.Sprint("tenant-", i)
		take(t, a, Seat{tenant, "u", "p", "c1"}, 1)
		mustRefuse(t, b, Seat{tenant, "u", "q", "c2"}, 1)
		take(t, b, Seat{tenant, "u", "p", "c3"}, 1)
		a.renew(t.Context())
		a.wantEvicted(t, tenant+" c1")
		if err := b.Release(t.Context(), Seat{tenant, "u", "p", "c3"}); err != nil {
			t.Fatal(err)
		}
		take(t, a, Seat{tenant, "u", "q", "c4"}, 1)
	}
	if a.unreachable.Load() || b.unreachable.Load() {
		t.Error("Redis counts as unreachable")
	}
}

// A client that reconnects with its pid takes over its seat, on whichever node, and the older connection is closed.
func TestSeats_Takeover(t *testing.T) {
	server := testserver.Redis(t)
	nameA, nameB := "a"+newTenant(), "b"+newTenant()
	a, b := startNode(t, server, nameA, time.Minute, true), startNode(t, server, nameB, time.Minute, true)
	for _, name := range []string{nameA, nameB} {
		testtime.Eventually(t, testtime.Limit, "the node has subscribed",
			func() bool { return server.Do(t, "SPUBLISH", nodeChannel(name), "x") != ":0" })
	}
	tenant := newTenant()
	if older := take(t, a, Seat{tenant, "u", "p", "c1"}, 1); older != "" {
		t.Errorf("a new seat had the owner %q", older)
	}
	if older := take(t, a, Seat{tenant, "u", "p", "c2"}, 1); older != "c1" {
		t.Errorf("older connection on the same node: %q, want c1", older)
	}
	if older := take(t, b, Seat{tenant, "u", "p", "c3"}, 1); older != "" {
		t.Errorf("returned another node's connection: %q", older)
	}
	a.wantEvicted(t, tenant+" c2")
	// Release by the previous connection has no effect.
	if err := a.Release(t.Context(), Seat{tenant, "u", "p", "c2"}); err != nil {
		t.Fatal(err)
	}
	mustRefuse(t, a, Seat{tenant, "u", "q", "c4"}, 1)
}

// If the takeover message is lost, the older connection is closed when its node renews the lease.
func TestSeats_TakeoverMessageLost(t *testing.T) {
	server := testserver.Redis(t)
	a, b := startTwoNodes(t, server, false)
	tenant := newTenant()
	take(t, a, Seat{tenant, "u", "p", "c1"}, 1)
	take(t, b, Seat{tenant, "u", "p", "c2"}, 1)
	a.renew(t.Context())
	a.wantEvicted(t, tenant+" c1")
	b.renew(t.Context())
	if len(b.evicted) != 0 {
		t.Errorf("the new owner was evicted: %s", <-b.evicted)
	}
}

// After Rename only the new pid has a seat.
func TestSeats_Rename(t *testing.T) {
	server := testserver.Redis(t)
	a, b := startTwoNodes(t, server, false)
	tenant := newTenant()
	take(t, a, Seat{tenant, "u", "old", "c1"}, 1)
	if err := a.Rename(t.Context(), Seat{tenant, "u", "old", "c1"}, "new"); err != nil {
		t.Fatal(err)
	}
	mustRefuse(t, b, Seat{tenant, "u", "old", "c2"}, 1)
	take(t, b, Seat{tenant, "u", "new", "c2"}, 1)
	a.renew(t.Context())
	a.wantEvicted(t, tenant+" c1")
}

// The seats of a node that does not renew its leases are free after one lease.
func TestSeats_DeadNode(t *testing.T) {
	server := testserver.Redis(t)
	stopped := startNode(t, server, "a"+newTenant(), 100*time.Millisecond, false)
	const lease = time.Second // renewed three times a lease
	running := startNode(t, server, "b"+newTenant(), lease, true)
	tenant := newTenant()
	take(t, stopped, Seat{tenant, "u", "p1", "c1"}, 2)
	take(t, running, Seat{tenant, "u", "p2", "c2"}, 2)
	testtime.Eventually(t, testtime.Limit, "the seat of the stopped node is free", func() bool {
		_, err := running.Take(t.Context(), Seat{tenant, "u", "p3", "c3"}, Limits{Tenant: 2})
		return err == nil
	})
	// The node that renews keeps its seat for longer than a lease.
	testtime.Within(lease+lease/2, func() bool {
		mustRefuse(t, stopped, Seat{tenant, "u", "p4", "c4"}, 2)
		return false
	})
}

// While Redis is unreachable each node counts its own seats. They are restored when it is back without its data.
func TestSeats_RedisUnreachable(t *testing.T) {
	server := testserver.StartRedis(t)
	a, b := startNode(t, server, "a", 300*time.Millisecond, true), startNode(t, server, "b", 300*time.Millisecond, true)
	tenant := newTenant()
	take(t, a, Seat{tenant, "u", "p1", "c1"}, 2)
	server.Kill(t)
	if older := take(t, a, Seat{tenant, "u", "p1", "c2"}, 2); older != "c1" {
		t.Errorf("older connection: %q, want c1", older)
	}
	take(t, a, Seat{tenant, "u", "p2", "c3"}, 2)
	mustRefuse(t, a, Seat{tenant, "u", "p3", "c4"}, 2)
	if !a.unreachable.Load() {
		t.Error("Redis does not count as unreachable")
	}
	take(t, b, Seat{tenant, "u", "p4", "c5"}, 2)
	if err := b.Release(t.Context(), Seat{tenant, "u", "p4", "c5"}); err != nil {
		t.Fatal(err)
	}
	server.Start(t)
	testtime.Eventually(t, testtime.Limit, "the seats are restored",
		func() bool { return !a.unreachable.Load() && server.Do(t, "ZCARD", keys(tenant)[0]) == ":2" })
	mustRefuse(t, b, Seat{tenant, "u", "p5", "c6"}, 2)
}

// A call whose context ends takes no seat, and Redis does not count as unreachable.
func TestSeats_ContextEnds(t *testing.T) {
	server := testserver.StartRedis(t)
	n := startNode(t, server, "n"+newTenant(), time.Minute, false)
	tenant := newTenant()
	server.Pause(t)
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error, 1)
	go func() {
		_, err := n.Take(ctx, Seat{tenant, "u", "p1", "c1"}, Limits{Tenant: 1})
		result <- err
	}()
	cancel()
	server.Resume(t)
	if err := <-result; !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want context.Canceled", err)
	}
	if n.unreachable.Load() {
		t.Error("Redis counts as unreachable")
	}
	take(t, n, Seat{tenant, "u", "p2", "c2"}, 1)
}

// All connections of a full tenant reconnect at once, across both nodes. All keep their seats, and no new one is free.
func TestSeats_ReconnectAtLimit(t *testing.T) {
	server := testserver.Redis(t)
	a, b := startTwoNodes(t, server, true)
	nodes := []*node{a, b}
	tenant := newTenant()
	const limit = 50
	for i := range limit {
		take(t, nodes[i%2], Seat{tenant, "u", fmt.Sprint("p", i), fmt.Sprint("c", i)}, limit)
	}
	for round := 1; round <= 10; round++ {
		var all sync.WaitGroup
		for i := range limit {
			all.Go(func() {
				seat := Seat{tenant, "u", fmt.Sprint("p", i), fmt.Sprint("c", round, "-", i)}
				if _, err := nodes[(i+round)%2].Take(t.Context(), seat, Limits{Tenant: limit}); err != nil {
					t.Errorf("round %d: %v", round, err)
				}
			})
		}
		all.Wait()
		mustRefuse(t, nodes[round%2], Seat{tenant, "u", "new", "x"}, limit)
	}
}

// The clock of Redis, by which leases end, is set by an hour while a node is dead and another one lives: the dead
// node's seats are free after a lease, and nobody who is connected loses the own seat.
func TestSeats_ClockStepped(t *testing.T) {
	server := testserver.Redis(t)
	const lease = time.Second
	// step changes what Redis has stored as setting its clock does: it compares instants with the new time.
	step := func(n *node, tenant string, by time.Duration) {
		t.Helper()
		client := n.o.Client
		k := keys(tenant)
		if by > 0 { // the keys themselves expire
			if err := client.Do(t.Context(), client.B().Del().Key(k...).Build()).Error(); err != nil {
				t.Fatal(err)
			}
			return
		}
		names, err := client.Do(t.Context(), client.B().Zrange().Key(k[0]).Min("0").Max("-1").Build()).AsStrSlice()
		if err != nil || len(names) == 0 {
			t.Fatal(names, err)
		}
		for _, name := range names {
			increment := client.B().Zincrby().Key(k[0]).Increment(float64(-by.Milliseconds())).Member(name).Build()
			if err := client.Do(t.Context(), increment).Error(); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, by := range []time.Duration{time.Hour, -time.Hour} {
		dead := startNode(t, server, "dead"+newTenant(), lease, false)
		live := startNode(t, server, "live"+newTenant(), lease, true)
		tenant := newTenant()
		take(t, dead, Seat{tenant, "u", "p1", "c1"}, 2)
		mine := Seat{tenant, "u", "p2", "c2"}
		take(t, live, mine, 2)
		step(live, tenant, by)
		testtime.Eventually(t, 10*lease, "the dead node's seat is free", func() bool {
			_, err := live.Take(t.Context(), Seat{tenant, "u", "p3", "c3"}, Limits{Tenant: 2})
			return err == nil
		})
		// The live seat is renewed, so that both are taken, and its connection was not closed.
		testtime.Eventually(t, 10*lease, "the live seat counts", func() bool {
			_, err := dead.Take(t.Context(), Seat{tenant, "u", "p4", "c4"}, Limits{Tenant: 2})
			if err == nil {
				_ = dead.Release(t.Context(), Seat{tenant, "u", "p4", "c4"})
			}
			return harang.ErrorCode(err) == harang.CodeConnectionLimit
		})
		older := take(t, live, Seat{tenant, "u", "p2", "c5"}, 2)
		if older != mine.Connection || len(live.evicted) != 0 {
			t.Errorf("%s: the seat was %q's, %d connections were closed", by, older, len(live.evicted))
		}
	}
}
