package gateway

import (
	"slices"

	"harang.dev/harang"
)

// Deliver applies entries of the tenant's control feed, in order.
func (t *tenant) Deliver(r *feedRun) {
	for _, it := range r.Items {
		payload, revoking, err := harang.ReadControl(it.Type, it.Body)
		switch {
		case err != nil && revoking:
			// A revocation of a newer version: authentications in progress start again, and the log says that this
			// node is too old.
			t.g.log.Error("revoking control entry unreadable",
				"tenant", t.id, "number", it.Number, "event", it.EventID, "type", it.Type, "err", err)
			t.revoke(it.Number, nil)
			continue
		case err != nil:
			t.g.metrics.skippedControl.Inc()
			t.g.log.Warn("control entry skipped",
				"tenant", t.id, "number", it.Number, "event", it.EventID, "type", it.Type, "err", err)
			t.advance(it.Number)
			continue
		case revoking:
			t.revoke(it.Number, nil) // also for a type that revokes nothing in this version
		}
		switch p := payload.(type) {
		case harang.Logout:
			endAll(t.revoke(it.Number, func(c *conn) bool {
				return c.session != "" && c.session == p.SessionID
			}), goodbyeLoggedOut)
		case harang.UserChanged:
			bye := goodbyeRoleChanged
			if p.Disabled {
				bye = goodbyeDisabled
			}
			endAll(t.revoke(it.Number, func(c *conn) bool {
				return c.user == p.UserID && (p.Disabled || c.role != p.Role)
			}), bye)
		case harang.Read:
			t.advance(it.Number)
			t.sendNotifications(p, it.Number)
		case harang.Claim:
			t.advance(it.Number)
			t.sendClaim(p)
		case harang.TestAlert:
			t.advance(it.Number)
			t.sendTestAlert(it, p)
		case harang.NewLogin:
			t.advance(it.Number)
			t.sendNewLogin(it, p)
		case harang.CloseConnection:
			t.advance(it.Number)
			if c := t.connection(p.ConnectionID); c != nil {
				t.g.log.Info("connection closed by administrator",
					"tenant", t.id, "connection", p.ConnectionID, "user", c.user, "by", p.UserID)
				c.end(goodbyeClosedByAdmin)
			}
		case harang.KeyChanged:
			t.advance(it.Number)
			t.g.o.KeyChanged()
		default:
			t.advance(it.Number)
		}
	}
}

// advance records the number of a control entry that revokes nothing.
func (t *tenant) advance(number int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.version = max(t.version, number)
}

// revoke makes every authentication in progress for this tenant start again, and returns the registered connections
// that match. match is called under the tenant's mutex; nil matches none.
func (t *tenant) revoke(number int64, match func(*conn) bool) []*conn {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.version = max(t.version, number)
	t.revoked = t.g.tick.Add(1)
	var conns []*conn
	for _, c := range t.conns {
		if match != nil && match(c) {
			conns = append(conns, c)
		}
	}
	return conns
}

func endAll(conns []*conn, bye goodbye) {
	for _, c := range conns {
		c.end(bye)
	}
}

// sendNotifications sends a user's unread count to that user's connections.
func (t *tenant) sendNotifications(p harang.Read, version int64) {
	t.sendTo("notifications", NotificationsMessage{UnreadCount: p.UnreadCount, Head: p.Head, Version: version},
		func(c *conn) bool { return c.user == p.UserID })
}

// sendClaim sends a claim to the audiences that have the event.
func (t *tenant) sendClaim(p harang.Claim) {
	t.sendTo("claim", ClaimMessage{EventID: p.EventID, By: p.By, At: formatTime(p.At)},
		func(c *conn) bool { return slices.Contains(p.Audiences, c.role.Audience()) })
}

// sendTestAlert sends a test alert to the connections of the user who asked for it.
func (t *tenant) sendTestAlert(it *feedItem, p harang.TestAlert) {
	t.sendTo("test_alert", TestAlertMessage{
		ID: it.EventID, At: formatTime(it.Time), SentAt: formatTime(t.g.o.Clock()),
		By: harang.Person{ID: p.UserID, Name: p.Name},
	}, func(c *conn) bool { return c.user == p.UserID })
}

// sendNewLogin reports a login to the user's connections, but for those of the login itself.
func (t *tenant) sendNewLogin(it *feedItem, p harang.NewLogin) {
	t.sendTo("new_login", NewLoginMessage{Device: p.Device, At: formatTime(it.Time)},
		func(c *conn) bool { return c.user == p.UserID && c.session != p.SessionID })
}

// sendTo sends one message, encoded once, to the connections that match.
func (t *tenant) sendTo(event string, body any, match func(*conn) bool) {
	conns := t.find(match)
	if len(conns) == 0 {
		return
	}
	frame := t.g.o.Encoder.message(event, body)
	for _, c := range conns {
		c.send(frame)
	}
}
