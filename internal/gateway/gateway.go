package gateway

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base64"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"harang.dev/harang"
	"harang.dev/harang/socketio"
)

// Namespace is the one namespace of the product.
const Namespace = "/ws/dashboard"

// Authenticator checks access tokens.
type Authenticator interface {
	// Authenticate returns the token's user with the user's present role. The codes UNAUTHENTICATED, TOKEN_EXPIRED and
	// FORBIDDEN are final; any other error is temporary. The UNAUTHENTICATED of a disabled user wraps auth.ErrDisabled.
	// An Unverified identity was accepted without the database and is checked again when that is back.
	Authenticate(ctx context.Context, token string) (harang.Identity, error)
}

// Options configure a Gateway.
type Options struct {
	// Server, Hub and Auth are required. Server's options come from SocketOptions.
	Server *socketio.Server
	Hub    *Hub
	Auth   Authenticator
	// Encoder must be the hub's. Required.
	Encoder *Encoder
	// Seats counts connections. Zero value means NewSeats().
	Seats Seats
	// ConnectionsPerTenant is the limit. Zero value means 50.
	ConnectionsPerTenant int
	// ConnectionsPerUser limits the connections of one user. Callers without a user (cli:ROLE) are not limited. Zero
	// value means no limit.
	ConnectionsPerUser int
	// DrainSpread is the time over which Drain spreads its goodbyes. Zero value means 3 s.
	DrainSpread time.Duration
	// Clock is this node's clock. Zero value means time.Now.
	Clock func() time.Time
	// NewPID makes the secret names of seats. Zero value means 128 random bits.
	NewPID func() string
	// Seen is called with the events that were on a user's screen. It must not block. Zero value means no call.
	Seen func(tenant, user string, eventIDs []string)
	// KeyChanged is called when an API key of a tenant with connections here was changed or revoked. It must not block.
	// Zero value means no call.
	KeyChanged func()
	// Logger gets temporary failures and alarms. Zero value means none.
	Logger *slog.Logger
	// Registry gets the metrics. Zero value means a registry of its own.
	Registry prometheus.Registerer
}

// Gateway serves the namespace. Its methods may be called concurrently.
type Gateway struct {
	o         Options
	namespace *socketio.Namespace
	metrics   *metrics
	expiry    *expiry
	log       *slog.Logger
	// unverified are the connections accepted without the database.
	unverified *unverified

	// tick orders authentications and revocations: an authentication counts when nothing was revoked in its tenant
	// since the tick at which it began.
	tick atomic.Uint64
	// draining is set by Drain.
	draining atomic.Bool

	// mu guards tenants, count and idle. It is taken before a tenant's mutex.
	mu      sync.Mutex
	tenants map[string]*tenant
	// count is the number of registered connections; idle, when Drain has set it, is closed when count becomes 0.
	count int
	idle  chan struct{}
}

// New registers the namespace at the server.
func New(o Options) *Gateway {
	if o.Seats == nil {
		o.Seats = NewSeats()
	}
	o.ConnectionsPerTenant = cmp.Or(o.ConnectionsPerTenant, 50)
	o.DrainSpread = cmp.Or(o.DrainSpread, 3*time.Second)
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.NewPID == nil {
		o.NewPID = randomPID
	}
	if o.Seen == nil {
		o.Seen = func(string, string, []string) {}
	}
	if o.KeyChanged == nil {
		o.KeyChanged = func() {}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Registry == nil {
		o.Registry = prometheus.NewRegistry()
	}
	m := newMetrics(o.Registry)
	g := &Gateway{
		o: o, metrics: m, expiry: newExpiry(o.Clock), log: o.Logger,
		unverified: newUnverified(m.unconfirmed), tenants: make(map[string]*tenant),
	}
	g.namespace = o.Server.Namespace(Namespace, socketio.Handler{
		Connect:    g.connect,
		Event:      g.event,
		Disconnect: g.disconnected,
	})
	return g
}

func randomPID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// Run ends connections whose token expires, and checks connections accepted without the database again when that is
// back, until ctx ends. It returns nil.
func (g *Gateway) Run(ctx context.Context) error {
	var loops errgroup.Group
	loops.Go(func() error {
		g.unverified.run(ctx, g.verifyAll)
		return nil
	})
	loops.Go(func() error {
		g.expiry.run(ctx, func(c *conn) { c.end(goodbyeTokenExpired) })
		return nil
	})
	return loops.Wait()
}

// Drain refuses new connections with 503, ends the open ones spread over DrainSpread, and waits until they are gone.
// When ctx ends first, it returns the context's error.
func (g *Gateway) Drain(ctx context.Context) error {
	g.draining.Store(true)
	g.o.Server.Drain()
	began := time.Now()
	conns := g.all()
	for i, c := range conns {
		at := time.Duration(float64(g.o.DrainSpread) * float64(i) / float64(len(conns)))
		if err := sleepUntil(ctx, began.Add(at)); err != nil {
			return err
		}
		c.end(goodbyeDraining)
	}
	for _, c := range g.all() { // those that were connecting meanwhile
		c.end(goodbyeDraining)
	}
	g.mu.Lock()
	if g.count == 0 {
		g.mu.Unlock()
		return nil
	}
	idle := make(chan struct{})
	g.idle = idle
	g.mu.Unlock()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func sleepUntil(ctx context.Context, at time.Time) error {
	timer := time.NewTimer(time.Until(at))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// all returns every connection, those connecting included, in no order.
func (g *Gateway) all() []*conn {
	g.mu.Lock()
	tenants := make([]*tenant, 0, len(g.tenants))
	for _, t := range g.tenants {
		tenants = append(tenants, t)
	}
	conns := make([]*conn, 0, g.count)
	g.mu.Unlock()
	for _, t := range tenants {
		conns = append(conns, t.all()...)
	}
	return conns
}

// Evict closes a connection whose seat was taken over. It does nothing when the connection is not on this node.
func (g *Gateway) Evict(tenantID, connection string) {
	g.mu.Lock()
	t := g.tenants[tenantID]
	g.mu.Unlock()
	if t == nil {
		return
	}
	if c := t.connection(connection); c != nil {
		g.metrics.takeovers.Inc()
		c.end(goodbyeTakenOver)
	}
}

// Connection describes one open connection to administrators.
type Connection struct {
	ID        string
	UserID    string
	Name      string
	Role      harang.Role
	Transport string
	Remote    string
	Connected time.Time
	// Position is that of the last event sent to it.
	Position harang.Position
}

// Connections returns the tenant's open connections on this node, oldest first: each from before its client receives
// session.
func (g *Gateway) Connections(tenantID string) []Connection {
	g.mu.Lock()
	t := g.tenants[tenantID]
	g.mu.Unlock()
	if t == nil {
		return nil
	}
	conns := t.all()
	list := make([]Connection, 0, len(conns))
	for _, c := range conns {
		if !c.isListed() {
			continue
		}
		list = append(list, Connection{
			ID: c.socket.ID(), UserID: c.user, Name: c.name, Role: c.role,
			Transport: string(c.socket.Transport()), Remote: c.socket.RemoteAddr(),
			Connected: c.connected, Position: c.position(),
		})
	}
	slices.SortFunc(list, func(a, b Connection) int {
		return cmp.Or(a.Connected.Compare(b.Connected), cmp.Compare(a.ID, b.ID))
	})
	return list
}

// SocketOptions returns o with what the gateway needs of its server: a client may send 10 frames per second in the long
// run and 50 at once, unless o says otherwise, and no binary packets; one that sends too much or reads too slowly
// receives a goodbye.
func SocketOptions(o socketio.Options) socketio.Options {
	o.Engine.FrameRate = cmp.Or(o.Engine.FrameRate, 10)
	o.Engine.FrameBurst = cmp.Or(o.Engine.FrameBurst, 50)
	o.Engine.BufferLimit = cmp.Or(o.Engine.BufferLimit, 64<<20) // of clients without a login as well
	o.RefuseBinary = true
	o.Overflow = func(s *socketio.Socket) *socketio.Frame { return lastFrame(s, goodbyeSlow) }
	o.RateLimited = func(s *socketio.Socket) *socketio.Frame { return lastFrame(s, goodbyeRateLimited) }
	return o
}

// lastFrame is the goodbye of a connection that socketio closes.
func lastFrame(s *socketio.Socket, bye goodbye) *socketio.Frame {
	c, ok := s.Value().(*conn)
	if !ok {
		return nil
	}
	c.g.metrics.goodbyes.WithLabelValues(string(bye.code)).Inc()
	return c.g.goodbyeFrame(bye)
}
