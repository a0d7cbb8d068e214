package gateway

import (
	"context"
	"encoding/json"

	"harang.dev/harang"
	"harang.dev/harang/socketio"
)

// maxSeenIDs is how many events one `seen` may name.
const maxSeenIDs = 200

func refuse(code harang.Code) RefusedAnswer { return RefusedAnswer{Error: RefusedError{Code: code}} }

// event answers one message of a client.
func (g *Gateway) event(ctx context.Context, s *socketio.Socket, e *socketio.Event) {
	c, ok := s.Value().(*conn)
	if !ok {
		return
	}
	var first json.RawMessage
	if len(e.Args) > 0 {
		first = e.Args[0]
	}
	label, answer := e.Name, any(nil)
	switch e.Name {
	case "subscribe":
		answer = c.subscribe(first)
	case "refresh":
		answer = c.refresh(ctx, first)
	case "clock":
		answer = ClockAnswer{ServerTime: formatTime(g.o.Clock())}
	case "seen":
		answer = c.seen(first)
	default:
		label, answer = "unknown", refuse(harang.CodeInvalidRequest)
	}
	g.metrics.messages.WithLabelValues(label).Inc()
	if answer == nil || !e.WantsAck() {
		return
	}
	if b, err := json.Marshal(answer); err == nil {
		_ = e.Ack(b) // fails only when the connection is gone
	}
}

// subscribe answers which rooms the connection is in. A request cannot change them; one for a room that the role may
// not receive is refused and counted.
func (c *conn) subscribe(arg json.RawMessage) any {
	var request SubscribeRequest
	granted := json.Unmarshal(arg, &request) == nil
	if granted {
		operators := harang.FeedID{Tenant: c.tenant.id, Audience: harang.AudienceOperators}
		switch request.Room {
		case harang.RoomAll(c.tenant.id), c.Feed().String():
		case operators.String(): // the managers' feed has everything of the operators' feed
		default:
			granted = false
		}
	}
	if !granted {
		c.g.metrics.forbidden.Inc()
		return refuse(harang.CodeForbidden)
	}
	return SubscribeAnswer{OK: true, Rooms: c.rooms(), Position: c.position().String()}
}

// refresh extends the connection to the expiry of a newer token. A token of another user is refused; one whose user
// has another role by now ends the connection, and nothing is answered.
func (c *conn) refresh(ctx context.Context, arg json.RawMessage) any {
	token := readToken(arg)
	if token == "" {
		return refuse(harang.CodeUnauthenticated)
	}
	for range maxOvertaken {
		tick := c.g.tick.Load()
		caller, err := c.g.authenticate(ctx, token)
		if err != nil {
			if data, final := connectErrorOf(err); final {
				return refuse(data.Code)
			}
			return refuse(harang.CodeUnavailable)
		}
		if caller.Tenant != c.tenant.id || caller.UserID != c.user {
			return refuse(harang.CodeForbidden)
		}
		if caller.Role != c.role {
			c.end(goodbyeRoleChanged)
			return nil
		}
		if c.tenant.renew(c, caller.SessionID, tick) {
			if !caller.Expires.IsZero() {
				c.g.expiry.set(c, caller.Expires)
			}
			c.g.unverified.update(c, caller, token)
			return RefreshAnswer{OK: true, TokenExpiresAt: formatExpiry(caller.Expires)}
		}
	}
	return refuse(harang.CodeUnavailable)
}

// seen passes on which events were on the user's screen.
func (c *conn) seen(arg json.RawMessage) any {
	if c.role == harang.RoleDisplay {
		return refuse(harang.CodeForbidden) // it changes nothing
	}
	var request SeenRequest
	if json.Unmarshal(arg, &request) != nil || len(request.EventIDs) > maxSeenIDs {
		return refuse(harang.CodeInvalidRequest)
	}
	for _, id := range request.EventIDs {
		if harang.CheckText(id, harang.MaxIDRunes) != "" {
			return refuse(harang.CodeInvalidRequest)
		}
	}
	if len(request.EventIDs) > 0 {
		c.g.o.Seen(c.tenant.id, c.user, request.EventIDs)
	}
	return SeenAnswer{OK: true}
}
