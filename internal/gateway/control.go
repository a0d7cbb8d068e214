package gateway

import (
	"encoding/json"
	"slices"

	"harang.dev/harang"
	"harang.dev/harang/internal/feed"
	"harang.dev/harang/socketio"
)

// Deliver deals with what the tenant's control feed tells, in order.
func (t *tenant) Deliver(r *feed.Run) {
	for _, it := range r.Items {
		payload, err := controlPayload(it.Entry)
		if err != nil {
			// It may have been a revocation of a newer version: whoever judges
			// now judges anew, and the log says that this node is too old.
			t.g.log.Error("a control entry cannot be read", "tenant", t.id, "seq", it.Number, "event", it.EventID, "err", err)
			t.revoke(it.Number, nil)
			continue
		}
		switch p := payload.(type) {
		case harang.Logout:
			t.end(t.revoke(it.Number, func(c *conn) bool {
				return c.session != "" && c.session == p.SessionID
			}), farewellLoggedOut)
		case harang.UserChanged:
			farewell := farewellRoleChanged
			if p.Disabled {
				farewell = farewellDisabled
			}
			t.end(t.revoke(it.Number, func(c *conn) bool {
				return c.user == p.UserID && (p.Disabled || c.role != p.Role)
			}), farewell)
		case harang.Read:
			t.advance(it.Number)
			t.tellRead(p, it.Number)
		case harang.Claim:
			t.advance(it.Number)
			t.tellClaim(p)
		case harang.TestAlert:
			t.advance(it.Number)
			t.tellTestAlert(it, p)
		default:
			t.advance(it.Number)
		}
	}
}

// controlPayload reads a control entry's data.
func controlPayload(e harang.Entry) (harang.Payload, error) {
	eventType, ok := harang.FindEventType(e.Type)
	if !ok || !eventType.Control() {
		return nil, harang.Errorf(harang.CodeInvalidRequest, "%q is no control type", e.Type)
	}
	var event struct {
		Data json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(e.Body, &event); err != nil {
		return nil, err
	}
	return eventType.Parse(event.Data)
}

// advance notes that a control entry was dealt with.
func (t *tenant) advance(number int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.version = max(t.version, number)
}

// revoke makes every judgement of this tenant that is under way void and
// returns the connections that the entry is about.
func (t *tenant) revoke(number int64, about func(*conn) bool) []*conn {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.version = max(t.version, number)
	t.revoked = t.g.tick.Add(1)
	var conns []*conn
	for _, c := range t.conns {
		if about != nil && about(c) {
			conns = append(conns, c)
		}
	}
	return conns
}

func (t *tenant) end(conns []*conn, f farewell) {
	for _, c := range conns {
		c.end(f)
	}
}

// tellRead tells a user's own connections what is unread now.
func (t *tenant) tellRead(p harang.Read, version int64) {
	t.tell("notifications", readMessage{UnreadCount: p.UnreadCount, Head: p.Head, Version: version},
		func(c *conn) bool { return c.user == p.UserID })
}

// tellClaim tells the audiences that hold the event who deals with it.
func (t *tenant) tellClaim(p harang.Claim) {
	t.tell("claim", claimMessage{EventID: p.EventID, By: p.By, At: stamp(p.At)},
		func(c *conn) bool { return slices.Contains(p.Audiences, c.role.Audience()) })
}

// tellTestAlert tells a user's own connections that alerts arrive.
func (t *tenant) tellTestAlert(it *feed.Item, p harang.TestAlert) {
	t.tell("test_alert", testAlertMessage{
		ID: it.EventID, At: stamp(it.Time), SentAt: stamp(t.g.o.Clock()), By: harang.Person{ID: p.UserID, Name: p.Name},
	}, func(c *conn) bool { return c.user == p.UserID })
}

// tell sends one message, encoded once, to the connections that want is true of.
func (t *tenant) tell(event string, message any, want func(*conn) bool) {
	conns := t.those(want)
	if len(conns) == 0 {
		return
	}
	frame := t.g.frame(event, message)
	for _, c := range conns {
		c.send(frame)
	}
}

// send delivers a frame and leaves it to the connection's end if it cannot.
func (c *conn) send(frame *socketio.Frame) {
	if frame != nil {
		_ = c.socket.Deliver(frame) // a closed or slow one is told through Disconnect
	}
}
