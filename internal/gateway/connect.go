package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/feed"
	"harang.dev/harang/socketio"
)

const (
	// maxTokenBytes is above every token that anybody signs for us.
	maxTokenBytes = 8 << 10
	// maxPIDBytes is above every pid that we make.
	maxPIDBytes = 64
	// judgements is how often a judgement may be overtaken by revocations.
	judgements = 10
)

// connect decides on a CONNECT.
func (g *Gateway) connect(ctx context.Context, r *socketio.Request) {
	began := time.Now()
	err := g.admit(ctx, r)
	if err == nil {
		g.metrics.connects.WithLabelValues("accepted").Inc()
		g.metrics.connecting.Observe(time.Since(began).Seconds())
		return
	}
	refusal, final := refusalOf(err)
	if !final {
		g.metrics.connects.WithLabelValues("dropped").Inc()
		if ctx.Err() == nil && !errors.Is(err, errDropped) && !errors.Is(err, socketio.ErrClosed) {
			g.log.Warn("a connection was dropped; it will come back", "err", err)
		}
		r.Drop()
		return
	}
	g.metrics.connects.WithLabelValues(string(refusal.Code)).Inc()
	data, _ := json.Marshal(refusal)         // two numbers and a code
	_ = r.Refuse(string(refusal.Code), data) // who is gone needs no answer
}

// refusal is the data of a CONNECT_ERROR.
type refusal struct {
	Code         harang.Code `json:"code"`
	Limit        any         `json:"limit,omitempty"`
	RetryAfterMs int64       `json:"retryAfterMs,omitempty"`
}

// refusalOf is the table code → socket: what refuses for good. All else is
// passing trouble.
func refusalOf(err error) (refusal, bool) {
	var e *harang.Error
	if !errors.As(err, &e) {
		return refusal{}, false
	}
	switch e.Code {
	case harang.CodeUnauthenticated, harang.CodeInvalidCredentials, harang.CodeNotFound, harang.CodeInvalidRequest:
		return refusal{Code: harang.CodeUnauthenticated}, true
	case harang.CodeTokenExpired, harang.CodeForbidden:
		return refusal{Code: e.Code}, true
	case harang.CodeConnectionLimit:
		return refusal{Code: e.Code, Limit: e.Details["limit"], RetryAfterMs: e.RetryAfter.Milliseconds()}, true
	}
	return refusal{}, false
}

// errDropped is passing trouble that needs no line in the log.
var errDropped = errors.New("gateway: ended while connecting")

// readToken reads {token} of a CONNECT payload; "" for anything else.
func readToken(auth json.RawMessage) string {
	var payload struct {
		Token string `json:"token"`
	}
	if json.Unmarshal(auth, &payload) != nil || len(payload.Token) > maxTokenBytes {
		return ""
	}
	return payload.Token
}

var errNoToken = harang.Errorf(harang.CodeUnauthenticated, "a valid access token is needed")

// admit takes a CONNECT all the way, or returns why not.
func (g *Gateway) admit(ctx context.Context, r *socketio.Request) error {
	if g.draining.Load() {
		return errDropped
	}
	token := readToken(r.Auth)
	if token == "" {
		return errNoToken
	}
	c, id, err := g.judge(ctx, r.Socket(), token)
	if err != nil {
		return err
	}
	open := false
	defer func() {
		if !open {
			c.tenant.unregister(c)
		}
	}()
	r.Socket().SetValue(c)

	claimed, readable := claimedPID(r.PID)
	c.pid = claimed
	if c.pid == "" {
		c.pid = g.o.NewPID()
	}
	older, err := g.o.Seats.Take(ctx, c.seat(), g.o.ConnectionsPerTenant)
	if err != nil {
		return err
	}
	defer func() {
		if !open {
			g.release(context.WithoutCancel(ctx), c)
		}
	}()
	if older != "" {
		g.Evict(c.tenant.id, older)
	}

	position, known := harang.ParsePosition(r.Offset)
	from := feed.Start{Resume: r.PID != "", Readable: readable && known, Position: position}
	membership, start, err := g.o.Hub.Join(ctx, c.Feed(), from, c)
	if err != nil {
		return err
	}
	defer func() {
		if !open {
			membership.Leave()
		}
	}()
	c.membership, c.epoch = membership, start.Head.Epoch
	c.last.CompareAndSwap(0, start.Head.Number)
	if claimed != "" && !start.Recovered {
		pid := g.o.NewPID()
		if err := g.o.Seats.Rename(ctx, c.seat(), pid); err != nil {
			return err
		}
		c.pid = pid
	}

	if f := c.ended(); f != nil || g.draining.Load() {
		if f != nil && f.final && f.code != "" {
			return errNoToken
		}
		return errDropped
	}
	// Before it can refresh its token, which may end the doubt.
	g.doubts.note(c, id, token)
	g.metrics.connections.WithLabelValues(string(c.role)).Inc()
	if err := r.Accept(c.pid, g.opening(c, start, id.Expires)...); err != nil {
		g.metrics.connections.WithLabelValues(string(c.role)).Dec()
		g.doubts.remove(c)
		return err
	}
	open = true
	if !id.Expires.IsZero() {
		g.expiry.set(c, id.Expires)
	}
	c.opened()
	return nil
}

// judge has the token judged and registers the connection with its tenant,
// whose control feed is followed from before the judgement that counts.
func (g *Gateway) judge(ctx context.Context, s *socketio.Socket, token string) (*conn, harang.Identity, error) {
	var t *tenant
	defer func() {
		if t != nil {
			t.letGo()
		}
	}()
	for range judgements {
		tick := g.tick.Load()
		id, err := g.authenticate(ctx, token)
		if err != nil {
			return nil, id, err
		}
		// The tenant stays held from one try to the next, or the next would
		// find nobody following either.
		held, err := g.hold(ctx, id.Tenant)
		if err != nil {
			return nil, id, err
		}
		if t != nil {
			t.letGo()
		}
		t = held
		c := &conn{
			g: g, tenant: t, socket: s,
			user: id.UserID, name: id.Name, role: id.Role, session: id.SessionID,
			connected: g.o.Clock(), allowance: g.o.MessageBurst,
		}
		if t.register(c, tick) {
			return c, id, nil
		}
	}
	return nil, harang.Identity{}, harang.Errorf(harang.CodeUnavailable, "too much changes at once")
}

// authenticate has a token judged that somebody may listen with.
func (g *Gateway) authenticate(ctx context.Context, token string) (harang.Identity, error) {
	id, err := g.o.Auth.Authenticate(ctx, token)
	if err != nil {
		return id, err
	}
	if id.Role.Audience() == "" {
		return id, harang.Errorf(harang.CodeForbidden, "this role hears nothing")
	}
	if !id.Expires.IsZero() && !id.Expires.After(g.o.Clock()) {
		return id, harang.Errorf(harang.CodeTokenExpired, "the access token has expired")
	}
	return id, nil
}

// claimedPID is the pid that a client came back with, copied out of its
// message. One that we cannot have made is unreadable, and so is all that comes
// with it.
func claimedPID(pid string) (claimed string, readable bool) {
	if pid == "" || len(pid) > maxPIDBytes {
		return "", false
	}
	for i := range len(pid) {
		b := pid[i]
		if !('a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || '0' <= b && b <= '9' || b == '-' || b == '_') {
			return "", false
		}
	}
	return strings.Clone(pid), true
}

// opening is what a connection begins with: session, then the replay.
func (g *Gateway) opening(c *conn, start feed.Handover, expires time.Time) []*socketio.Frame {
	c.tenant.mu.Lock()
	version := c.tenant.version
	c.tenant.mu.Unlock()
	position := start.Position.String()
	frames := make([]*socketio.Frame, 0, 1+len(start.Replay))
	frames = append(frames, g.frame("session", sessionMessage{
		ConnectionID: c.socket.ID(), TenantID: c.tenant.id, Role: c.role, Rooms: c.rooms(),
		Position: position, Head: start.Head.String(),
		Recovered: start.Recovered, Replayed: len(start.Replay), Gap: start.Gap,
		Version: version, ServerTime: stamp(g.o.Clock()), TokenExpiresAt: stampOrNull(expires),
	}, position))
	for _, it := range start.Replay {
		if it.Feed != c.Feed() {
			// The hub compares too; this is the last place before the wire.
			g.log.Error("crossing blocked in a replay", "tenant", c.tenant.id, "feed", it.Feed.String(), "event", it.EventID)
			g.metrics.unsendable.Inc()
			continue
		}
		frames = append(frames, g.encoded(it))
	}
	return frames
}

// rooms are what the connection hears, in the story's words.
func (c *conn) rooms() []string {
	return []string{harang.RoomAll(c.tenant.id), c.Feed().String()}
}

// disconnected forgets a connection that was open.
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
	g.doubts.remove(c)
	c.membership.Leave()
	g.release(context.Background(), c)
	c.tenant.unregister(c)
	g.metrics.connections.WithLabelValues(string(c.role)).Dec()
}

// release gives the connection's seat back.
func (g *Gateway) release(ctx context.Context, c *conn) {
	if err := g.o.Seats.Release(ctx, c.seat()); err != nil {
		g.log.Warn("a seat could not be released; its lease will end", "tenant", c.tenant.id, "err", err)
	}
}
