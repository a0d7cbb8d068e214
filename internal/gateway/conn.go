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

// farewell is why the server ends a connection and what it says.
type farewell struct {
	// code is the goodbye's; without one nothing is said.
	code harang.Code
	// final leaves the namespace, so that the stock client does not come back by
	// itself.
	final bool
	// stay leaves the transport open.
	stay bool
	// retryAfter is how long the client should wait, spread at random over as
	// much again when spread is set.
	retryAfter time.Duration
	spread     bool
}

// The farewells. Their codes are part of the outer contract.
var (
	farewellLoggedOut    = farewell{code: "LOGGED_OUT", final: true, stay: true}
	farewellDisabled     = farewell{code: "USER_DISABLED", final: true, stay: true}
	farewellTokenExpired = farewell{code: harang.CodeTokenExpired}
	farewellRoleChanged  = farewell{code: "ROLE_CHANGED"}
	farewellSlow         = farewell{code: "SLOW_CONSUMER", retryAfter: 3 * time.Second}
	farewellDraining     = farewell{code: "SERVER_DRAINING", retryAfter: 500 * time.Millisecond, spread: true}
	farewellRateLimited  = farewell{code: harang.CodeRateLimited, retryAfter: 10 * time.Second}
	// farewellTakenOver: the same page is connected anew. Nothing is said to
	// what is most often a ghost; a live one must not fight for the seat.
	farewellTakenOver = farewell{final: true}
	// farewellReset: the feeds began a new epoch. The client comes back and is
	// told the gap.
	farewellReset = farewell{}
)

// conn is one connection, from the judgement of its token on. It listens to the
// one feed that its role may hear. Hundreds of thousands may be open: every
// field counts.
type conn struct {
	g      *Gateway
	tenant *tenant
	socket *socketio.Socket
	// user, name and role are fixed; a changed role ends the connection.
	user, name string
	role       harang.Role
	connected  time.Time
	// pid is the seat's, fixed once the connection is open.
	pid string
	// session is the login the token belongs to. The tenant's mutex guards it.
	session string

	// membership and epoch are set before the connection opens.
	membership *feed.Membership
	epoch      harang.Epoch
	// last is the number of the last entry handed over.
	last atomic.Int64

	// expires, place and gone belong to the expiry.
	expires time.Time
	place   int
	gone    bool

	// allowance and charged are the message bucket, used by Event only.
	allowance float64
	charged   time.Time

	// mu guards the state.
	mu    sync.Mutex
	state connState
	// ending is the farewell that came while connecting.
	ending *farewell
}

type connState uint8

const (
	connecting connState = iota
	connOpen
	connEnded
)

// Feed is the feed that the connection's role may hear.
func (c *conn) Feed() harang.FeedID {
	return harang.FeedID{Tenant: c.tenant.id, Audience: c.role.Audience()}
}

// Deliver writes a round to the socket; before the socket is open it is held
// behind the replay.
func (c *conn) Deliver(r *feed.Run) {
	frame := r.Joined(c.g.joinItems).(*socketio.Frame)
	if frame != nil && c.socket.Deliver(frame) == nil {
		c.last.Store(r.Last())
	}
}

// Reset ends the connection, because its feed began a new epoch.
func (c *conn) Reset() { c.end(farewellReset) }

func (c *conn) position() harang.Position {
	return harang.Position{Epoch: c.epoch, Audience: c.role.Audience(), Number: c.last.Load()}
}

func (c *conn) isOpen() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state == connOpen
}

func (c *conn) isEnded() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state == connEnded
}

// end says the farewell and closes the connection; repeats do nothing. One that
// is still connecting is not opened, or ended as soon as it is.
func (c *conn) end(f farewell) {
	c.mu.Lock()
	switch c.state {
	case connEnded:
		c.mu.Unlock()
		return
	case connecting:
		if c.ending == nil {
			c.ending = &f
		}
		c.mu.Unlock()
		return
	}
	c.state = connEnded
	c.mu.Unlock()
	c.leave(f)
}

func (c *conn) leave(f farewell) {
	if f.code != "" {
		c.g.metrics.goodbyes.WithLabelValues(string(f.code)).Inc()
		c.send(c.g.goodbye(f))
	}
	if f.final {
		c.socket.Disconnect()
	}
	if !f.stay {
		c.socket.CloseTransport()
	}
}

// opened marks the connection as open and says the farewell that came
// meanwhile.
func (c *conn) opened() {
	c.mu.Lock()
	if c.state == connecting {
		c.state = connOpen
	}
	f := c.ending
	c.mu.Unlock()
	if f != nil {
		c.end(*f)
	}
}

// ended is the farewell that came while connecting, nil for none.
func (c *conn) ended() *farewell {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ending
}

func (g *Gateway) goodbye(f farewell) *socketio.Frame {
	wait := f.retryAfter
	if f.spread {
		wait += rand.N(wait)
	}
	return g.frame("goodbye", goodbyeMessage{Code: f.code, Reconnect: !f.final, RetryAfterMs: wait.Milliseconds()})
}

// seat is where the connection sits.
func (c *conn) seat() Seat {
	return Seat{Tenant: c.tenant.id, User: c.user, PID: c.pid, Connection: c.socket.ID()}
}
