package gateway

import (
	"context"
	"strings"
	"sync"

	"harang.dev/harang"
	"harang.dev/harang/internal/feed"
)

// tenant is what this node has of a tenant: its connections, and the control
// feed that it follows for them. It exists while it has connections, those
// connecting included.
type tenant struct {
	g  *Gateway
	id string
	// ready is closed when the control feed is followed, or err is set.
	ready chan struct{}
	err   error

	// held counts those who hold the tenant without a connection in it. The
	// gateway's mutex guards it.
	held int

	// mu guards the following, and the session of each connection.
	mu         sync.Mutex
	conns      map[string]*conn
	membership *feed.Membership
	// version is the number of the last control entry dealt with.
	version int64
	// since and revoked are ticks: of the beginning, and of the last entry that
	// could have changed a judgement.
	since, revoked uint64
	// over is set when the control feed began a new epoch: nobody joins any more.
	over bool
}

// hold returns the tenant with its control feed followed. The caller must
// letGo of it, unless it fails.
func (g *Gateway) hold(ctx context.Context, id string) (*tenant, error) {
	g.mu.Lock()
	t := g.tenants[id]
	if t != nil {
		t.held++
		g.mu.Unlock()
		select {
		case <-t.ready:
		case <-ctx.Done():
			t.letGo()
			return nil, ctx.Err()
		}
		if t.err != nil {
			t.letGo()
			return nil, t.err
		}
		return t, nil
	}
	t = &tenant{g: g, id: strings.Clone(id), ready: make(chan struct{}), conns: make(map[string]*conn), held: 1}
	g.tenants[t.id] = t
	g.mu.Unlock()
	// Others wait for this too, so it goes on when its caller leaves; the hub's
	// reading ends by itself.
	t.err = t.follow(context.WithoutCancel(ctx))
	if t.err != nil {
		g.forget(t)
	}
	close(t.ready)
	if t.err != nil {
		t.letGo()
		return nil, t.err
	}
	return t, nil
}

func (t *tenant) follow(ctx context.Context) error {
	m, start, err := t.g.o.Hub.Join(ctx, t.Feed(), feed.Start{}, t)
	if err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.membership = m
	t.version = max(t.version, start.Head.Number)
	t.since = t.g.tick.Add(1)
	return nil
}

// forget takes the tenant out, so that the next one begins anew.
func (g *Gateway) forget(t *tenant) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.tenants[t.id] == t {
		delete(g.tenants, t.id)
	}
}

// letGo ends a hold, and the tenant with the last one.
func (t *tenant) letGo() {
	t.g.mu.Lock()
	t.held--
	t.mu.Lock()
	last := t.held == 0 && len(t.conns) == 0
	m := t.membership
	if last {
		t.over = true
		t.membership = nil
		if t.g.tenants[t.id] == t {
			delete(t.g.tenants, t.id)
		}
	}
	t.mu.Unlock()
	t.g.mu.Unlock()
	if last && m != nil {
		m.Leave()
	}
}

// register takes the connection in if the judgement that began at tick still
// holds. A registered connection hears of every later control entry.
func (t *tenant) register(c *conn, tick uint64) bool {
	t.g.mu.Lock()
	defer t.g.mu.Unlock()
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.holdsLocked(tick) {
		return false
	}
	t.conns[c.socket.ID()] = c
	t.g.count++
	return true
}

func (t *tenant) holdsLocked(tick uint64) bool {
	return !t.over && t.since <= tick && t.revoked <= tick
}

// unregister takes the connection out.
func (t *tenant) unregister(c *conn) {
	t.g.mu.Lock()
	t.mu.Lock()
	if t.conns[c.socket.ID()] == c {
		delete(t.conns, c.socket.ID())
		t.g.count--
	}
	t.mu.Unlock()
	if t.g.count == 0 && t.g.idle != nil {
		close(t.g.idle)
		t.g.idle = nil
	}
	t.held++
	t.g.mu.Unlock()
	t.letGo()
}

func (t *tenant) find(connection string) *conn {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.conns[connection]
}

// all returns the connections, in no order.
func (t *tenant) all() []*conn {
	return t.those(func(*conn) bool { return true })
}

// those returns the connections that want is true of, in no order. want is
// called under the tenant's mutex.
func (t *tenant) those(want func(*conn) bool) []*conn {
	t.mu.Lock()
	defer t.mu.Unlock()
	var conns []*conn
	for _, c := range t.conns {
		if want(c) {
			conns = append(conns, c)
		}
	}
	return conns
}

// Feed is the tenant's control feed, which it listens to.
func (t *tenant) Feed() harang.FeedID {
	return harang.FeedID{Tenant: t.id, Audience: harang.AudienceControl}
}

// Reset ends everybody: the tenant's numbering began anew, so every position
// given out means nothing any more, and entries may be missing.
func (t *tenant) Reset() {
	t.g.forget(t)
	t.mu.Lock()
	t.over = true
	t.revoked = t.g.tick.Add(1)
	t.mu.Unlock()
	for _, c := range t.all() {
		c.end(farewellReset)
	}
}
