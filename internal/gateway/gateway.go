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

	"harang.dev/harang"
	"harang.dev/harang/internal/feed"
	"harang.dev/harang/socketio"
)

// Namespace is the one namespace of the product.
const Namespace = "/ws/dashboard"

// Authenticator judges access tokens.
type Authenticator interface {
	// Authenticate returns whom the token names, as they are now. Codes:
	// UNAUTHENTICATED, TOKEN_EXPIRED, FORBIDDEN refuse for good; any other is
	// passing trouble. A disabled user's UNAUTHENTICATED is auth.ErrDisabled. An
	// Unconfirmed identity is judged again when the database is back.
	Authenticate(ctx context.Context, token string) (harang.Identity, error)
}

// Options configure a Gateway.
type Options struct {
	// Server, Hub and Auth are required. Server's Options.Overflow should be
	// Overflow.
	Server *socketio.Server
	Hub    *feed.Hub
	Auth   Authenticator
	// Seats counts connections. Zero value means NewSeats().
	Seats Seats
	// ConnectionsPerTenant is the limit. Zero value means 50.
	ConnectionsPerTenant int
	// DrainSpread is over how long Drain says its goodbyes. Zero value means 3 s.
	DrainSpread time.Duration
	// MessageRate is how many messages per second a client may send in the long
	// run, MessageBurst how many at once. Zero values mean 10 and 50.
	MessageRate, MessageBurst float64
	// Clock is this node's clock. Zero value means time.Now.
	Clock func() time.Time
	// NewPID makes the secret names of seats. Zero value means 128 random bits.
	NewPID func() string
	// Seen is told which events were on a user's screen. It must not block.
	// Zero value means nobody asks.
	Seen func(tenant, user string, eventIDs []string)
	// Logger gets passing trouble and alarms. Zero value means none.
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
	doubts    *doubts
	log       *slog.Logger

	// encodeItem and joinItems are method values made once, because making one
	// allocates and they are handed over per listener.
	encodeItem func(*feed.Item) any
	joinItems  func([]*feed.Item) any

	// tick orders judgements and revocations: a judgement holds when nothing
	// was revoked in its tenant since the tick it began at.
	tick atomic.Uint64
	// draining is set by Drain.
	draining atomic.Bool

	// mu guards tenants, count and idle. It is taken before a tenant's mutex.
	mu      sync.Mutex
	tenants map[string]*tenant
	// count is the number of registered connections; idle is closed when it
	// reaches 0 while Drain waits for that.
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
	o.MessageRate = cmp.Or(o.MessageRate, 10)
	o.MessageBurst = cmp.Or(o.MessageBurst, 50)
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.NewPID == nil {
		o.NewPID = randomPID
	}
	if o.Seen == nil {
		o.Seen = func(string, string, []string) {}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Registry == nil {
		o.Registry = prometheus.NewRegistry()
	}
	m := newMetrics(o.Registry)
	g := &Gateway{
		o: o, metrics: m, expiry: newExpiry(o.Clock), doubts: newDoubts(m.unconfirmed), log: o.Logger,
		tenants: make(map[string]*tenant),
	}
	g.encodeItem, g.joinItems = g.encode, g.join
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

// Run says goodbye to connections whose token is over, or does not hold when the
// database is back that was away when it was judged, until ctx ends. It returns
// nil.
func (g *Gateway) Run(ctx context.Context) error {
	var others sync.WaitGroup
	others.Go(func() { g.doubts.run(ctx, g.clear) })
	defer others.Wait()
	g.expiry.run(ctx, func(c *conn) { c.end(farewellTokenExpired) })
	return nil
}

// Drain answers newcomers 503, says goodbye to everybody, spread over a few
// seconds, and waits until they are gone or ctx ends, whose error it returns.
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
		c.end(farewellDraining)
	}
	for _, c := range g.all() { // who was connecting meanwhile
		c.end(farewellDraining)
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

// Evict closes a connection whose seat was taken over on another node. A
// connection that is not here is not looked for.
func (g *Gateway) Evict(tenantID, connection string) {
	g.mu.Lock()
	t := g.tenants[tenantID]
	g.mu.Unlock()
	if t == nil {
		return
	}
	if c := t.find(connection); c != nil {
		g.metrics.takeovers.Inc()
		c.end(farewellTakenOver)
	}
}

// Connection is one open connection, for administrators.
type Connection struct {
	ID        string
	UserID    string
	Name      string
	Role      harang.Role
	Transport string
	Remote    string
	Connected time.Time
	// Position is the last place handed over to it.
	Position harang.Position
}

// Connections returns the tenant's open connections on this node, oldest first.
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
		if !c.isOpen() {
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

// Overflow is for socketio.Options: the goodbye of a client that does not take
// what it is sent.
func Overflow(s *socketio.Socket) *socketio.Frame {
	c, ok := s.Value().(*conn)
	if !ok {
		return nil
	}
	c.g.metrics.goodbyes.WithLabelValues(string(farewellSlow.code)).Inc()
	return c.g.goodbye(farewellSlow)
}
