package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/auth"
	"harang.dev/harang/internal/feed"
	"harang.dev/harang/socketio"
)

const (
	// maxTokenBytes is more than the longest token that auth accepts.
	maxTokenBytes = 8 << 10
	// maxPIDBytes is more than the longest pid that NewPID makes.
	maxPIDBytes = 64
	// maxOvertaken is how often a token is checked again because a revocation came meanwhile.
	maxOvertaken = 10
)

// connect answers a CONNECT: with CONNECT, with CONNECT_ERROR when waiting does not help, else by closing the
// transport, so that the stock client tries again by itself.
func (g *Gateway) connect(ctx context.Context, r *socketio.Request) {
	began := time.Now()
	err := g.accept(ctx, r)
	if err == nil {
		g.metrics.connects.WithLabelValues("accepted").Inc()
		g.metrics.connecting.Observe(time.Since(began).Seconds())
		return
	}
	data, final := connectErrorOf(err)
	if !final {
		g.metrics.connects.WithLabelValues("dropped").Inc()
		if ctx.Err() == nil && !errors.Is(err, errDropped) && !errors.Is(err, socketio.ErrClosed) {
			g.log.Warn("connect failed; the client will try again", "err", err)
		}
		r.Drop()
		return
	}
	g.metrics.connects.WithLabelValues(string(data.Code)).Inc()
	raw, _ := json.Marshal(data)         // two numbers and a code
	_ = r.Refuse(string(data.Code), raw) // fails only when the connection is gone
}

// connectErrorOf is the table from application errors to CONNECT_ERROR. final is false for temporary failures, which
// close the transport instead.
func connectErrorOf(err error) (data ConnectError, final bool) {
	var e *harang.Error
	if !errors.As(err, &e) {
		return ConnectError{}, false
	}
	switch e.Code {
	case harang.CodeUnauthenticated, harang.CodeInvalidCredentials, harang.CodeNotFound, harang.CodeInvalidRequest:
		return ConnectError{Code: harang.CodeUnauthenticated}, true
	case harang.CodeTokenExpired, harang.CodeForbidden, harang.CodePasswordChangeRequired:
		return ConnectError{Code: e.Code}, true
	case harang.CodeConnectionLimit, harang.CodeUserConnectionLimit:
		limit, _ := e.Details["limit"].(int)
		return ConnectError{Code: e.Code, Limit: limit, RetryAfterMs: e.RetryAfter.Milliseconds()}, true
	}
	return ConnectError{}, false
}

// errDropped is a temporary failure that is not worth a log line.
var errDropped = errors.New("gateway: ended while connecting")

var errNoToken = harang.Errorf(harang.CodeUnauthenticated, "a valid access token is needed")

// readToken reads {token} of a CONNECT payload; "" for anything else.
func readToken(payload json.RawMessage) string {
	var body struct {
		Token string `json:"token"`
	}
	if json.Unmarshal(payload, &body) != nil || len(body.Token) > maxTokenBytes {
		return ""
	}
	return body.Token
}

// accept authenticates, seats, resumes and opens a connection. On an error it undoes the steps done so far.
func (g *Gateway) accept(ctx context.Context, r *socketio.Request) (err error) {
	if g.draining.Load() {
		return errDropped
	}
	token := readToken(r.Auth)
	if token == "" {
		return errNoToken
	}
	c, caller, err := g.register(ctx, r.Socket(), token)
	if err != nil {
		return err
	}
	undo := func(f func()) {
		if err != nil {
			f()
		}
	}
	defer undo(func() { c.tenant.unregister(c) })
	r.Socket().SetValue(c)

	client := readResume(r)
	if err = g.takeSeat(ctx, c, client.pid); err != nil {
		return err
	}
	defer undo(func() { g.releaseSeat(context.WithoutCancel(ctx), c) })

	start, err := g.resume(ctx, c, client)
	if err != nil {
		return err
	}
	defer undo(func() { c.membership.Leave() })
	return g.open(r, c, caller, token, start)
}

// register authenticates the caller and registers the connection with its tenant. The tenant's control feed is
// followed from before the authentication that counts, so that a revocation during it is not lost.
func (g *Gateway) register(ctx context.Context, s *socketio.Socket, token string) (*conn, harang.Identity, error) {
	var t *tenant
	defer func() {
		if t != nil {
			t.release()
		}
	}()
	for range maxOvertaken {
		tick := g.tick.Load()
		caller, err := g.authenticate(ctx, token)
		if err != nil {
			return nil, caller, err
		}
		// The tenant stays acquired from one attempt to the next: otherwise each would begin to follow the control
		// feed anew and find itself overtaken.
		acquired, err := g.acquire(ctx, caller.Tenant)
		if err != nil {
			return nil, caller, err
		}
		if t != nil {
			t.release()
		}
		t = acquired
		c := &conn{
			g: g, tenant: t, socket: s,
			user: caller.UserID, name: caller.Name, role: caller.Role, session: caller.SessionID,
			connected: g.o.Clock(),
		}
		if t.register(c, tick) {
			return c, caller, nil
		}
	}
	return nil, harang.Identity{}, harang.Errorf(harang.CodeUnavailable, "too many changes at once; try again")
}

// authenticate checks a token and that its role has a feed to listen to.
func (g *Gateway) authenticate(ctx context.Context, token string) (harang.Identity, error) {
	caller, err := g.o.Auth.Authenticate(ctx, token)
	if err != nil {
		return caller, err
	}
	if caller.PasswordChangeRequired {
		return caller, caller.Can(harang.ActionReadNotifications)
	}
	if caller.Role.Audience() == "" {
		return caller, harang.Errorf(harang.CodeForbidden, "this role cannot listen to events")
	}
	if !caller.Expires.IsZero() && !caller.Expires.After(g.o.Clock()) {
		return caller, harang.Errorf(harang.CodeTokenExpired, "the access token has expired")
	}
	return caller, nil
}

// resumeRequest is what a client that was connected before sends of that connection.
type resumeRequest struct {
	// pid is the earlier connection's; "" when the client is new or sent a pid that NewPID cannot have made.
	pid   string
	start feed.Start
}

func readResume(r *socketio.Request) resumeRequest {
	pid := validPID(r.PID)
	position, ok := harang.ParsePosition(r.Offset)
	return resumeRequest{pid: pid, start: feed.Start{
		Resume: r.PID != "", Readable: pid != "" && ok, Position: position,
	}}
}

// validPID returns a copy of a pid that a client sent; "" when NewPID cannot have made it.
func validPID(pid string) string {
	if pid == "" || len(pid) > maxPIDBytes {
		return ""
	}
	for i := range len(pid) {
		b := pid[i]
		if !('a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || '0' <= b && b <= '9' || b == '-' || b == '_') {
			return ""
		}
	}
	return strings.Clone(pid) // pid is a part of the client's message
}

// takeSeat takes the seat of pid, or a new one when pid is empty, and closes the connection that had it.
func (g *Gateway) takeSeat(ctx context.Context, c *conn, pid string) error {
	c.pid = pid
	if c.pid == "" {
		c.pid = g.o.NewPID()
	}
	limits := Limits{Tenant: g.o.ConnectionsPerTenant, User: g.o.ConnectionsPerUser}
	if strings.HasPrefix(c.user, auth.CommandPrefix) {
		limits.User = 0
	}
	older, err := g.o.Seats.Take(ctx, c.seat(), limits)
	if err != nil {
		return err
	}
	if older != "" {
		g.Evict(c.tenant.id, older)
	}
	return nil
}

// resume joins the feed of the connection's role after the client's position. A client that has missed something gets
// a new pid, so that its stock code does not call the connection recovered.
func (g *Gateway) resume(ctx context.Context, c *conn, client resumeRequest) (feedHandover, error) {
	membership, start, err := g.o.Hub.Join(ctx, c.Feed(), client.start, c)
	if err != nil {
		return start, err
	}
	c.membership, c.epoch = membership, start.Head.Epoch
	c.last.CompareAndSwap(0, start.Head.Number)
	if client.pid != "" && !start.Recovered {
		pid := g.o.NewPID()
		if err := g.o.Seats.Rename(ctx, c.seat(), pid); err != nil {
			membership.Leave()
			return start, err
		}
		c.pid = pid
	}
	return start, nil
}

// open answers CONNECT and sends session and the replay, unless the connection was ended meanwhile.
func (g *Gateway) open(r *socketio.Request, c *conn, caller harang.Identity, token string, start feedHandover) error {
	if bye := c.pendingGoodbye(); bye != nil || g.draining.Load() {
		if bye != nil && bye.final && bye.code != "" {
			return errNoToken
		}
		return errDropped
	}
	// Before Accept: from then on the client can send refresh, which may remove it.
	g.unverified.update(c, caller, token)
	g.metrics.connections.WithLabelValues(string(c.role)).Inc()
	c.list()
	if err := r.Accept(c.pid, g.openingFrames(c, start, caller.Expires)...); err != nil {
		g.metrics.connections.WithLabelValues(string(c.role)).Dec()
		g.unverified.remove(c)
		return err
	}
	if !caller.Expires.IsZero() {
		g.expiry.set(c, caller.Expires)
	}
	c.opened()
	return nil
}

// openingFrames are session and the replay.
func (g *Gateway) openingFrames(c *conn, start feedHandover, expires time.Time) []*socketio.Frame {
	c.tenant.mu.Lock()
	version := c.tenant.version
	c.tenant.mu.Unlock()
	position := start.Position.String()
	frames := make([]*socketio.Frame, 0, 1+len(start.Replay))
	frames = append(frames, g.o.Encoder.message("session", SessionMessage{
		ConnectionID: c.socket.ID(), TenantID: c.tenant.id, Role: c.role, Rooms: c.rooms(),
		Position: position, Head: start.Head.String(),
		Recovered: start.Recovered, Replayed: len(start.Replay), Gap: start.Gap,
		Version: version, ServerTime: formatTime(g.o.Clock()), TokenExpiresAt: formatExpiry(expires),
	}, position))
	for _, it := range start.Replay {
		if it.Feed != c.Feed() {
			// The hub compares too; this is the last check before the socket.
			g.log.Error("replay entry of another feed blocked",
				"tenant", c.tenant.id, "feed", it.Feed.String(), "event", it.EventID)
			g.o.Encoder.unsendable.Inc()
			continue
		}
		frames = append(frames, it.Frame())
	}
	return frames
}

// rooms are the contract's names of what the connection receives.
func (c *conn) rooms() []string {
	return []string{harang.RoomAll(c.tenant.id), c.Feed().String()}
}

// disconnected cleans up after a connection that was open.
func (g *Gateway) disconnected(s *socketio.Socket, reason string) {
	c, ok := s.Value().(*conn)
	if !ok {
		return
	}
	c.mu.Lock()
	c.state = connEnded
	c.mu.Unlock()
	if reason == socketio.ReasonSlowConsumer {
		g.metrics.slowConsumers.Inc()
	}
	g.expiry.remove(c)
	g.unverified.remove(c)
	c.membership.Leave()
	g.releaseSeat(context.Background(), c)
	g.metrics.connections.WithLabelValues(string(c.role)).Dec()
	c.tenant.unregister(c) // last: Drain returns when all are unregistered
}

func (g *Gateway) releaseSeat(ctx context.Context, c *conn) {
	if err := g.o.Seats.Release(ctx, c.seat()); err != nil {
		g.log.Warn("seat release failed; its lease will expire", "tenant", c.tenant.id, "err", err)
	}
}
