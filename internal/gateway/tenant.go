package gateway

import (
	"context"
	"strings"
	"sync"

	"harang.dev/harang"
	"harang.dev/harang/internal/feed"
	"harang.dev/harang/socketio"
)

// tenant is what this node keeps of a tenant: its connections, and the control feed that it follows for them. It exists
// while it has connections or users of acquire.
type tenant struct {
	g  *Gateway
	id string
	// ready is closed when the control feed is followed, or err is set.
	ready chan struct{}
	err   error

	// acquired counts the users of acquire. The gateway's mutex guards it.
	acquired int

	// mu guards the following, and the session of each connection.
	mu         sync.Mutex
	conns      map[string]*conn
	membership *feed.Membership[*socketio.Frame]
	// version is the number of the newest control entry applied.
	version int64
	// since and revoked are ticks: when the control feed was joined, and the newest entry that may have changed the
	// outcome of an authentication.
	since, revoked uint64
	// closed is set when the control feed began a new epoch, or the tenant's last user left: no connection is
	// registered any more.
	closed bool
}

// acquire returns the tenant with its control feed followed. After a success the caller must release it.
func (g *Gateway) acquire(ctx context.Context, id string) (*tenant, error) {
	g.mu.Lock()
	t := g.tenants[id]
	if t != nil {
		t.acquired++
		g.mu.Unlock()
		select {
		case <-t.ready:
		case <-ctx.Done():
			t.release()
			return nil, ctx.Err()
		}
		if t.err != nil {
			t.release()
			return nil, t.err
		}
		return t, nil
	}
	t = &tenant{g: g, id: strings.Clone(id), ready: make(chan struct{}), conns: make(map[string]*conn), acquired: 1}
	g.tenants[t.id] = t
	g.mu.Unlock()
	// Other callers wait for this too, so it does not end with this caller's context; the hub bounds its reading.
	t.err = t.follow(context.WithoutCancel(ctx))
	if t.err != nil {
		g.forget(t)
	}
	close(t.ready)
	if t.err != nil {
		t.release()
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

// forget takes the tenant out of the map, so that the next acquire makes a new one.
func (g *Gateway) forget(t *tenant) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.tenants[t.id] == t {
		delete(g.tenants, t.id)
	}
}

// release undoes one acquire. The last user of a tenant without connections closes it.
func (t *tenant) release() {
	t.g.mu.Lock()
	t.acquired--
	t.mu.Lock()
	last := t.acquired == 0 && len(t.conns) == 0
	m := t.membership
	if last {
		t.closed = true
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

// register adds the connection unless a revocation came since tick, when its authentication began. Every later control
// entry is applied to a registered connection.
func (t *tenant) register(c *conn, tick uint64) bool {
	t.g.mu.Lock()
	defer t.g.mu.Unlock()
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.currentLocked(tick) {
		return false
	}
	t.conns[c.socket.ID()] = c
	t.g.count++
	return true
}

// renew records the session of a connection's newer token unless a revocation came since tick.
func (t *tenant) renew(c *conn, session string, tick uint64) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.currentLocked(tick) {
		return false
	}
	c.session = session
	return true
}

// currentLocked reports whether an authentication that began at tick still counts.
func (t *tenant) currentLocked(tick uint64) bool {
	return !t.closed && t.since <= tick && t.revoked <= tick
}

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
	t.acquired++
	t.g.mu.Unlock()
	t.release()
}

func (t *tenant) connection(id string) *conn {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.conns[id]
}

// all returns the connections in no order, those still connecting included.
func (t *tenant) all() []*conn {
	return t.find(func(*conn) bool { return true })
}

// find returns the connections that match, in no order. match is called under the tenant's mutex.
func (t *tenant) find(match func(*conn) bool) []*conn {
	t.mu.Lock()
	defer t.mu.Unlock()
	var conns []*conn
	for _, c := range t.conns {
		if match(c) {
			conns = append(conns, c)
		}
	}
	return conns
}

// Feed is the tenant's control feed.
func (t *tenant) Feed() harang.FeedID {
	return harang.FeedID{Tenant: t.id, Audience: harang.AudienceControl}
}

// Reset ends all connections: the tenant's feeds began a new epoch, so positions sent so far are void, and control
// entries may be missing.
func (t *tenant) Reset() {
	t.g.forget(t)
	t.mu.Lock()
	t.closed = true
	t.revoked = t.g.tick.Add(1)
	t.mu.Unlock()
	endAll(t.all(), goodbyeReset)
}
