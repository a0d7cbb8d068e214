package gateway

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/feed"
	"harang.dev/harang/socketio"
)

// goodbye is why the server ends a connection, what it sends before and how it closes.
type goodbye struct {
	// code is sent; when empty, no goodbye is sent.
	code harang.Code
	// final disconnects the namespace, so that the stock client does not reconnect by itself.
	final bool
	// keepTransport leaves the transport open.
	keepTransport bool
	// retryAfter is how long the client should wait. With jitter a random time up to as much is added.
	retryAfter time.Duration
	jitter     bool
}

// The goodbyes. Their codes are part of the public contract.
var (
	goodbyeLoggedOut     = goodbye{code: "LOGGED_OUT", final: true, keepTransport: true}
	goodbyeDisabled      = goodbye{code: "USER_DISABLED", final: true, keepTransport: true}
	goodbyeTokenExpired  = goodbye{code: harang.CodeTokenExpired}
	goodbyeRoleChanged   = goodbye{code: "ROLE_CHANGED"}
	goodbyeSlow          = goodbye{code: "SLOW_CONSUMER", retryAfter: 3 * time.Second}
	goodbyeDraining      = goodbye{code: "SERVER_DRAINING", retryAfter: 500 * time.Millisecond, jitter: true}
	goodbyeRateLimited   = goodbye{code: harang.CodeRateLimited, retryAfter: 10 * time.Second}
	goodbyeClosedByAdmin = goodbye{code: "CLOSED_BY_ADMIN", final: true}
	// goodbyeTakenOver: the same page has a newer connection. The older one is usually half-open; if it is alive, its
	// client must not reconnect and take the seat back.
	goodbyeTakenOver = goodbye{final: true}
	// goodbyeReset: the feeds began a new epoch. The client reconnects and receives the gap.
	goodbyeReset = goodbye{code: "FEEDS_RESET", retryAfter: 200 * time.Millisecond, jitter: true}
)

// conn is one connection, from its authentication on. It listens to the one feed of its role. Hundreds of thousands may
// be open, so every field counts.
type conn struct {
	g      *Gateway
	tenant *tenant
	socket *socketio.Socket
	// user, name and role are fixed; a changed role ends the connection.
	user, name string
	role       harang.Role
	connected  time.Time
	// pid names the seat; fixed once the connection is open.
	pid string
	// session is the login that the newest token belongs to. The tenant's mutex guards it.
	session string

	// membership and epoch are set before the connection opens.
	membership *feed.Membership[*socketio.Frame]
	epoch      harang.Epoch
	// last is the number of the last entry delivered.
	last atomic.Int64

	// expires, heapIndex and gone belong to expiry.
	expires   time.Time
	heapIndex int
	gone      bool

	// mu guards the following.
	mu    sync.Mutex
	state connState
	// pending is the goodbye that was requested while connecting.
	pending *goodbye
	// listed is set before `session` is sent, so that a list of connections has this one once its client knows of it.
	listed bool
}

type connState uint8

const (
	connecting connState = iota
	connOpen
	connEnded
)

// Feed is the feed of the connection's role.
func (c *conn) Feed() harang.FeedID {
	return harang.FeedID{Tenant: c.tenant.id, Audience: c.role.Audience()}
}

// Deliver writes new entries to the socket. Before the socket is open they wait behind the replay.
func (c *conn) Deliver(r *feedRun) {
	frame := r.Frame()
	if frame != nil && c.socket.Deliver(frame) == nil {
		c.last.Store(r.Last())
	}
}

// Reset ends the connection, because its feed began a new epoch.
func (c *conn) Reset() { c.end(goodbyeReset) }

func (c *conn) position() harang.Position {
	return harang.Position{Epoch: c.epoch, Audience: c.role.Audience(), Number: c.last.Load()}
}

func (c *conn) list() {
	c.mu.Lock()
	c.listed = true
	c.mu.Unlock()
}

func (c *conn) isListed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.listed && c.state != connEnded
}

func (c *conn) isEnded() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state == connEnded
}

// end sends the goodbye and closes the connection; later calls do nothing. A connection that is still connecting is not
// opened, or ended as soon as it is.
func (c *conn) end(bye goodbye) {
	c.mu.Lock()
	switch c.state {
	case connEnded:
		c.mu.Unlock()
		return
	case connecting:
		if c.pending == nil {
			c.pending = &bye
		}
		c.mu.Unlock()
		return
	}
	c.state = connEnded
	c.mu.Unlock()
	c.sendGoodbye(bye)
}

func (c *conn) sendGoodbye(bye goodbye) {
	if bye.code != "" {
		c.g.metrics.goodbyes.WithLabelValues(string(bye.code)).Inc()
		c.send(c.g.goodbyeFrame(bye))
	}
	if bye.final {
		c.socket.Disconnect()
	}
	if !bye.keepTransport {
		c.socket.CloseTransport()
	}
}

// opened marks the connection as open, and ends it if a goodbye was requested while connecting.
func (c *conn) opened() {
	c.mu.Lock()
	if c.state == connecting {
		c.state = connOpen
	}
	bye := c.pending
	c.mu.Unlock()
	if bye != nil {
		c.end(*bye)
	}
}

// pendingGoodbye is the goodbye that was requested while connecting, nil for none.
func (c *conn) pendingGoodbye() *goodbye {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.pending
}

// send delivers a frame. A failure is ignored: the socket is closed or closing, and disconnected follows.
func (c *conn) send(frame *socketio.Frame) {
	if frame != nil {
		_ = c.socket.Deliver(frame)
	}
}

func (g *Gateway) goodbyeFrame(bye goodbye) *socketio.Frame {
	wait := bye.retryAfter
	if bye.jitter {
		wait += rand.N(wait)
	}
	return g.o.Encoder.message("goodbye",
		GoodbyeMessage{Code: bye.code, Reconnect: !bye.final, RetryAfterMs: wait.Milliseconds()})
}

func (c *conn) seat() Seat {
	return Seat{Tenant: c.tenant.id, User: c.user, PID: c.pid, Connection: c.socket.ID()}
}
