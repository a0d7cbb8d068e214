package gateway

import (
	"context"
	"encoding/json"

	"harang.dev/harang"
	"harang.dev/harang/socketio"
)

// maxSeenIDs is how many events one `seen` may name.
const maxSeenIDs = 200

// answer is an acknowledgement. ok false has an error and nothing else.
type answer struct {
	OK             bool         `json:"ok"`
	Rooms          []string     `json:"rooms,omitempty"`
	Position       string       `json:"position,omitempty"`
	TokenExpiresAt *string      `json:"tokenExpiresAt,omitempty"`
	Error          *answerError `json:"error,omitempty"`
}

type answerError struct {
	Code harang.Code `json:"code"`
}

type clockAnswer struct {
	ServerTime string `json:"serverTime"`
}

func refuse(code harang.Code) answer { return answer{Error: &answerError{Code: code}} }

// event deals with one message of a client.
func (g *Gateway) event(ctx context.Context, s *socketio.Socket, e *socketio.Event) {
	c, ok := s.Value().(*conn)
	if !ok {
		return
	}
	if !c.allowed() {
		c.end(farewellRateLimited)
		return
	}
	var first json.RawMessage
	if len(e.Args) > 0 {
		first = e.Args[0]
	}
	label, reply := e.Name, any(nil)
	switch e.Name {
	case "subscribe":
		reply = c.subscribe(first)
	case "refresh":
		reply = c.refresh(ctx, first)
	case "clock":
		reply = clockAnswer{ServerTime: stamp(g.o.Clock())}
	case "seen":
		reply = c.seen(first)
	default:
		label, reply = "unknown", refuse(harang.CodeInvalidRequest)
	}
	g.metrics.messages.WithLabelValues(label).Inc()
	if reply == nil || !e.WantsAck() {
		return
	}
	if b, err := json.Marshal(reply); err == nil {
		_ = e.Ack(b) // who is gone needs no answer
	}
}

// allowed takes one message from the connection's bucket.
func (c *conn) allowed() bool {
	now := c.g.o.Clock()
	if !c.charged.IsZero() {
		c.allowance = min(c.g.o.MessageBurst, c.allowance+now.Sub(c.charged).Seconds()*c.g.o.MessageRate)
	}
	c.charged = now
	if c.allowance < 1 {
		return false
	}
	c.allowance--
	return true
}

// subscribe answers which rooms the connection is in. Nobody can be let into
// another one; asking is counted.
func (c *conn) subscribe(arg json.RawMessage) answer {
	var asked struct {
		Room string `json:"room"`
	}
	granted := json.Unmarshal(arg, &asked) == nil
	if granted {
		own := harang.FeedID{Tenant: c.tenant.id, Audience: harang.AudienceOperators}
		switch asked.Room {
		case harang.RoomAll(c.tenant.id), c.Feed().String():
		case own.String(): // a manager's feed holds everything that this one does
		default:
			granted = false
		}
	}
	if !granted {
		c.g.metrics.forbidden.Inc()
		return refuse(harang.CodeForbidden)
	}
	return answer{OK: true, Rooms: c.rooms(), Position: c.position().String()}
}

// refresh gives the connection a newer token's life. A token of another user is
// refused; one that shows another role ends the connection.
func (c *conn) refresh(ctx context.Context, arg json.RawMessage) any {
	token := readToken(arg)
	if token == "" {
		return refuse(harang.CodeUnauthenticated)
	}
	for range judgements {
		tick := c.g.tick.Load()
		id, err := c.g.authenticate(ctx, token)
		if err != nil {
			if r, final := refusalOf(err); final {
				return refuse(r.Code)
			}
			return refuse(harang.CodeUnavailable)
		}
		if id.Tenant != c.tenant.id || id.UserID != c.user {
			return refuse(harang.CodeForbidden)
		}
		if id.Role != c.role {
			c.end(farewellRoleChanged)
			return nil
		}
		if c.tenant.renew(c, id.SessionID, tick) {
			if !id.Expires.IsZero() {
				c.g.expiry.set(c, id.Expires)
			}
			c.g.doubts.note(c, id, token)
			return answer{OK: true, TokenExpiresAt: stampOrNull(id.Expires)}
		}
	}
	return refuse(harang.CodeUnavailable)
}

// renew notes the session of a connection's newer token, if the judgement that
// began at tick still holds.
func (t *tenant) renew(c *conn, session string, tick uint64) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.holdsLocked(tick) {
		return false
	}
	c.session = session
	return true
}

// seen notes which events were on the user's screen.
func (c *conn) seen(arg json.RawMessage) answer {
	var said struct {
		EventIDs []string `json:"eventIds"`
	}
	if json.Unmarshal(arg, &said) != nil || len(said.EventIDs) > maxSeenIDs {
		return refuse(harang.CodeInvalidRequest)
	}
	for _, id := range said.EventIDs {
		if harang.CheckText(id, harang.MaxIDRunes) != "" {
			return refuse(harang.CodeInvalidRequest)
		}
	}
	if len(said.EventIDs) > 0 {
		c.g.o.Seen(c.tenant.id, c.user, said.EventIDs)
	}
	return answer{OK: true}
}
