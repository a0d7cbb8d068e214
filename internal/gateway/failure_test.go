package gateway_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/engineio"
	"harang.dev/harang/internal/gateway"
	"harang.dev/harang/internal/outbox"
	"harang.dev/harang/internal/sioclient"
)

// seatHook is Seats that calls a function once in the middle of a CONNECT.
type seatHook struct {
	gateway.Seats
	mu     sync.Mutex
	inside func() error
}

func (g *seatHook) Take(ctx context.Context, s gateway.Seat, limits gateway.Limits) (string, error) {
	older, err := g.Seats.Take(ctx, s, limits)
	g.mu.Lock()
	inside := g.inside
	g.inside = nil
	g.mu.Unlock()
	if inside != nil {
		err = errors.Join(err, inside())
	}
	return older, err
}

func (g *seatHook) once(inside func() error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inside = inside
}

func openWithSeatHook(t *testing.T) (*testEnv, *seatHook) {
	g := &seatHook{Seats: gateway.NewSeats()}
	env := open(t, func(s *settings) { s.gateway.Seats = g })
	return env, g
}

// TestConnecting_LoggedOut: a logout ends a connection that is authenticated and not open yet.
func TestConnecting_LoggedOut(t *testing.T) {
	env, g := openWithSeatHook(t)
	witness := env.connect(handshake{Token: env.token("budapest", harang.RoleAdmin)})
	grant := env.login("budapest", harang.RoleOperator)
	g.once(func() error {
		env.must(env.auth.Logout(t.Context(), grant.Identity))
		// The control feed is in order: when the witness has this, the logout was applied.
		env.append("budapest", harang.ReadType, harang.Read{UserID: env.user("budapest", harang.RoleAdmin),
			Head: witness.Head})
		witness.expect("notifications")
		return nil
	})
	_, err := env.tryConnect(handshake{Token: grant.AccessToken})
	if code, _ := refused(t, err); code != "UNAUTHENTICATED" {
		t.Error(code)
	}
	if n := len(env.gateway.Connections("budapest")); n != 1 {
		t.Errorf("%d connections", n)
	}
}

// TestConnecting_RoleChanged: the client reconnects with the new role.
func TestConnecting_RoleChanged(t *testing.T) {
	env, g := openWithSeatHook(t)
	witness := env.connect(handshake{Token: env.token("budapest", harang.RoleAdmin)})
	grant := env.login("budapest", harang.RoleOperator)
	g.once(func() error {
		role := harang.RoleStoreManager
		env.update("budapest", harang.RoleOperator, &role, nil)
		env.append("budapest", harang.ReadType, harang.Read{UserID: env.user("budapest", harang.RoleAdmin),
			Head: witness.Head})
		witness.expect("notifications")
		return nil
	})
	if _, err := env.tryConnect(handshake{Token: grant.AccessToken}); !isClosed(err) {
		t.Errorf("%v, want the transport closed", err)
	}
	if p := env.connect(handshake{Token: grant.AccessToken}); p.Role != "STORE_MANAGER" {
		t.Errorf("%+v", p.session)
	}
}

// TestConnecting_Draining: a connection in progress is not opened once draining has begun.
func TestConnecting_Draining(t *testing.T) {
	env, g := openWithSeatHook(t)
	drained := make(chan error, 1)
	g.once(func() error {
		ctx, cancel := context.WithCancel(env.ctx())
		cancel()
		drained <- env.gateway.Drain(ctx)
		return nil
	})
	if _, err := env.tryConnect(handshake{Token: env.token("budapest", harang.RoleOperator)}); !isClosed(err) {
		t.Errorf("%v, want the transport closed", err)
	}
	if err := <-drained; !errors.Is(err, context.Canceled) {
		t.Errorf("drained while one was connecting: %v", err)
	}
	env.must(env.gateway.Drain(env.ctx()))
}

// TestConnecting_SeatsUnavailable: a failure of the seat store closes the transport and is not a refusal.
func TestConnecting_SeatsUnavailable(t *testing.T) {
	env, g := openWithSeatHook(t)
	g.once(func() error { return errUnavailable })
	token := env.token("budapest", harang.RoleOperator)
	if _, err := env.tryConnect(handshake{Token: token}); !isClosed(err) {
		t.Errorf("%v, want the transport closed", err)
	}
	env.connect(handshake{Token: token})
}

// TestConnecting_TheFirstLeaves: the tenant's first client leaves while its CONNECT has the control feed followed;
// those that wait for the same are connected.
func TestConnecting_TheFirstLeaves(t *testing.T) {
	reading, goOn := make(chan struct{}, 8), make(chan struct{})
	authenticated, gone := make(chan int64, 8), make(chan string, 8)
	env := open(t, func(s *settings) {
		s.reading = func() {
			reading <- struct{}{}
			<-goOn
		}
		s.authenticator = func(real gateway.Authenticator) gateway.Authenticator {
			return &hookedAuthenticator{Authenticator: real, during: func(call int64) { authenticated <- call }}
		}
		s.engine.Engine.Observer.Closed = func(_ engineio.Transport, reason string) { gone <- reason }
	})
	token := env.token("budapest", harang.RoleOperator)
	first, second := env.dial(), env.dial()
	ended := make(chan error, 2)
	connect := func(c *sioclient.Client) { ended <- c.Connect(env.ctx(), gateway.Namespace, handshake{Token: token}) }
	go connect(first)
	<-authenticated
	<-reading
	go connect(second)
	<-authenticated
	env.must(first.Conn().Close())
	if err := <-ended; err == nil {
		t.Error("the first is connected")
	}
	<-gone
	close(goOn)
	if err := <-ended; err != nil {
		t.Errorf("the second: %v", err)
	}
}

// TestConnecting_Events: an event that commits during a CONNECT is received once.
func TestConnecting_Events(t *testing.T) {
	env, g := openWithSeatHook(t)
	token := env.token("budapest", harang.RoleOperator)
	p := env.connect(handshake{Token: token})
	env.must(p.Cut())
	env.commit("budapest", harang.StockAlertType, 2)
	g.once(func() error {
		env.commit("budapest", harang.StockAlertType, 3)
		return nil
	})
	back := env.connect(p.reconnectWith(token))
	env.commit("budapest", harang.StockAlertType, 1)
	for range 6 - back.Replayed {
		back.expect("stock_alert")
	}
	back.expectNothing()
	if at, _ := harang.ParsePosition(back.offset); !back.Recovered || at.Number != 6 {
		t.Errorf("%+v at %s", back.session, back.offset)
	}
}

// TestDeliver_UnreadableEntries: entries that this version cannot read are logged, and delivery continues.
func TestDeliver_UnreadableEntries(t *testing.T) {
	env := open(t)
	p := env.connect(handshake{Token: env.token("budapest", harang.RoleOperator)})
	at, _ := harang.ParsePosition(p.Head)
	add := func(audience harang.Audience, entries ...outbox.Entry) {
		t.Helper()
		id := harang.FeedID{Tenant: "budapest", Audience: audience}
		head, fork, err := env.hub.Append(t.Context(), id, at.Epoch, entries[0].Number, entries)
		if err != nil || fork || head.Number != entries[len(entries)-1].Number {
			t.Fatalf("%v %t %v", head, fork, err)
		}
	}
	now := env.now()
	add(harang.AudienceControl,
		outbox.Entry{Number: 1, EventID: "a", Type: "control.of-the-future", Time: now,
			Body: []byte(`{"data":{"revoking":true}}`)},
		outbox.Entry{Number: 2, EventID: "b", Type: harang.LogoutType.Name, Time: now, Body: []byte(`no json`)},
		outbox.Entry{Number: 3, EventID: "c", Type: harang.LogoutType.Name, Time: now,
			Body: []byte(`{"data":{"strange":1}}`)},
		outbox.Entry{Number: 4, EventID: "d", Type: harang.LogoutType.Name, Time: now,
			Body: []byte(`{"data":{"sessionId":"x","userId":"y"}}`)},
		outbox.Entry{Number: 5, EventID: "e", Type: "control.of-the-future", Time: now, Body: []byte(`{"data":{}}`)},
	)
	if n := strings.Count(env.logs.String(), "revoking control entry unreadable"); n != 3 {
		t.Errorf("%d alarms: %s", n, env.logs)
	}
	if n := env.metric("harang_gateway_control_skipped_total"); n != 1 {
		t.Errorf("%v skipped: %s", n, env.logs)
	}
	alert := outbox.Entry{Number: 2, EventID: "f", Type: harang.StockAlertType.Name, Time: now,
		Body: []byte(`{"eventId":"f"}`)}
	add(harang.AudienceOperators, outbox.Entry{Number: 1, EventID: "e", Type: harang.StockAlertType.Name,
		Time: now, Body: []byte(`no json`)}, alert)
	e, err := p.Next(env.ctx())
	if err != nil || eventID(e) != "f" || !strings.HasSuffix(e.Offset(), ":2") {
		t.Errorf("%s %s %v", e.Name, e.Offset(), err)
	}
	if n := env.metric("harang_gateway_unsendable_total"); n != 1 {
		t.Errorf("%v unsendable", n)
	}
	p.expectNothing()
}

// endless authenticates everybody with a credential that never expires.
type endless struct{}

func (endless) Authenticate(context.Context, string) (harang.Identity, error) {
	return harang.Identity{Tenant: "budapest", UserID: "kiosk", Role: harang.RoleOperator}, nil
}

func TestConnect_EndlessToken(t *testing.T) {
	env := open(t, func(s *settings) {
		s.authenticator = func(gateway.Authenticator) gateway.Authenticator { return endless{} }
	})
	p := env.connect(handshake{Token: "x"})
	if p.TokenExpiresAt != nil {
		t.Errorf("%s", *p.TokenExpiresAt)
	}
	if a := p.request("refresh", map[string]any{"token": "x"}); !a.OK {
		t.Errorf("%+v", a)
	}
	env.advance(1000 * time.Hour)
	p.expectNothing()
}
