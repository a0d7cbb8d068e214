package gateway_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/engineio"
	"harang.dev/harang/internal/auth"
	"harang.dev/harang/internal/gateway"
	"harang.dev/harang/internal/shop"
	"harang.dev/harang/internal/sioclient"
	"harang.dev/harang/internal/store"
	"harang.dev/harang/internal/testtime"
)

// update changes a user as an administrator does.
func (env *testEnv) update(tenant string, of harang.Role, role *harang.Role, disabled *bool) {
	env.Helper()
	admin := harang.Identity{Tenant: tenant, UserID: "another", Role: harang.RoleAdmin}
	_, err := env.auth.UpdateUser(env.Context(), admin, env.user(tenant, of),
		auth.UserChange{Role: role, Disabled: disabled})
	env.must(err)
}

func TestControl_Logout(t *testing.T) {
	env := open(t)
	phone, desk := env.login("budapest", harang.RoleOperator), env.login("budapest", harang.RoleOperator)
	one := env.connect(handshake{Token: phone.AccessToken})
	two := env.connect(handshake{Token: phone.AccessToken})
	other := env.connect(handshake{Token: desk.AccessToken})
	command := env.connect(handshake{Token: env.token("budapest", harang.RoleOperator)})
	env.must(env.auth.Logout(t.Context(), phone.Identity))
	one.goodbye("LOGGED_OUT", false)
	two.goodbye("LOGGED_OUT", false)
	other.expectNothing()
	command.expectNothing()
	_, err := env.tryConnect(one.reconnectWith(phone.AccessToken))
	if code, _ := refused(t, err); code != "UNAUTHENTICATED" {
		t.Error(code)
	}
	env.connect(other.reconnectWith(desk.AccessToken))
	env.waitFor("the seats are free", func() bool { return len(env.gateway.Connections("budapest")) == 2 })
}

// TestControl_LogoutOfCommandTokens: a token without a user can be logged out alone; one with a user also ends with a
// new password.
func TestControl_LogoutOfCommandTokens(t *testing.T) {
	env := open(t)
	issue := func(user string) string {
		t.Helper()
		token, err := env.auth.IssueToken(t.Context(), "budapest", harang.RoleOperator, user, time.Hour)
		env.must(err)
		return token
	}
	user := env.user("budapest", harang.RoleOperator)
	logout := func(token string) {
		t.Helper()
		id, err := env.auth.Authenticate(t.Context(), token)
		env.must(err)
		env.must(env.auth.Logout(t.Context(), id))
	}
	commandToken, users := issue(""), issue(user)
	for _, token := range []string{commandToken, users} {
		p, other := env.connect(handshake{Token: token}), env.connect(handshake{Token: issue("")})
		logout(token)
		p.goodbye("LOGGED_OUT", false)
		other.expectNothing()
		_, err := env.tryConnect(p.reconnectWith(token))
		if code, _ := refused(t, err); code != "UNAUTHENTICATED" {
			t.Error(code)
		}
	}
	p, other := env.connect(handshake{Token: issue(user)}), env.connect(handshake{Token: issue("")})
	env.advance(time.Second)
	admin := harang.Identity{Tenant: "budapest", UserID: "another", Role: harang.RoleAdmin}
	_, err := env.auth.UpdateUser(t.Context(), admin, user, auth.UserChange{Password: new("a new long password")})
	env.must(err)
	p.goodbye("LOGGED_OUT", false)
	other.expectNothing()
}

// TestControl_ByAnotherProcess: a logout that another process commits into the same file, which this one learns of by
// polling only.
func TestControl_ByAnotherProcess(t *testing.T) {
	env := open(t)
	grant := env.login("budapest", harang.RoleOperator)
	p := env.connect(handshake{Token: grant.AccessToken})
	expectNothing := store.Options{Clock: env.now}
	other := env.reopen(expectNothing)
	e, err := harang.NewEvent(harang.LogoutType, newID(), "budapest", env.now(),
		harang.Logout{SessionID: grant.Identity.SessionID, UserID: grant.Identity.UserID})
	env.must(err)
	began := time.Now()
	env.must(other.Within(t.Context(), func(tx shop.Tx) error { tx.Append(e); return nil }))
	p.goodbye("LOGGED_OUT", false)
	testtime.Promise(t, "the connection ends", time.Since(began), time.Second)
}

func TestControl_Disabled(t *testing.T) {
	env := open(t)
	token := env.token("budapest", harang.RoleOperator)
	p := env.connect(handshake{Token: token})
	admin := env.connect(handshake{Token: env.token("budapest", harang.RoleAdmin)})
	yes, no := true, false
	env.update("budapest", harang.RoleOperator, nil, &yes)
	p.goodbye("USER_DISABLED", false)
	admin.expectNothing()
	_, err := env.tryConnect(p.reconnectWith(token))
	if code, _ := refused(t, err); code != "UNAUTHENTICATED" {
		t.Error(code)
	}
	env.update("budapest", harang.RoleOperator, nil, &no)
	_, err = env.tryConnect(p.reconnectWith(token))
	if code, _ := refused(t, err); code != "UNAUTHENTICATED" {
		t.Error(code)
	}
	env.advance(time.Second)
	env.connect(handshake{Token: env.token("budapest", harang.RoleOperator)})
}

func TestControl_RoleChanged(t *testing.T) {
	env := open(t)
	grant := env.login("budapest", harang.RoleOperator)
	p := env.connect(handshake{Token: grant.AccessToken})
	role := harang.RoleAdmin
	env.update("budapest", harang.RoleOperator, &role, nil)
	p.goodbye("ROLE_CHANGED", true)
	back := env.connect(p.reconnectWith(grant.AccessToken))
	if back.Role != "ADMIN" || back.Gap == nil || back.Gap.Reason != "epoch" {
		t.Errorf("%+v", back.session)
	}
	role = harang.RoleStoreManager // the same feed, and a goodbye nevertheless
	env.update("budapest", harang.RoleOperator, &role, nil)
	back.goodbye("ROLE_CHANGED", true)
	if again := env.connect(back.reconnectWith(grant.AccessToken)); again.Role != "STORE_MANAGER" || !again.Recovered {
		t.Errorf("%+v", again.session)
	}
}

func TestControl_Notifications(t *testing.T) {
	env := open(t)
	token := env.token("budapest", harang.RoleOperator)
	one, two := env.connect(handshake{Token: token}), env.connect(handshake{Token: token})
	admin := env.connect(handshake{Token: env.token("budapest", harang.RoleAdmin)})
	elsewhere := env.connect(handshake{Token: env.token("debrecen", harang.RoleOperator)})
	env.append("budapest", harang.ReadType, harang.Read{UserID: env.user("budapest", harang.RoleOperator),
		UnreadCount: 4, Head: one.Head})
	for _, p := range []*page{one, two} {
		var got struct {
			UnreadCount, Version int64
			Head                 string
		}
		env.must(json.Unmarshal(p.expect("notifications")[0].Args[0], &got))
		if got.UnreadCount != 4 || got.Head != one.Head || got.Version <= p.Version {
			t.Errorf("%+v after version %d", got, p.Version)
		}
		later := env.connect(handshake{Token: token})
		if later.Version != got.Version {
			t.Errorf("session says version %d, notifications got %d", later.Version, got.Version)
		}
	}
	admin.expectNothing()
	elsewhere.expectNothing()
}

func TestControl_Claims(t *testing.T) {
	env := open(t)
	operator := env.connect(handshake{Token: env.token("budapest", harang.RoleOperator)})
	manager := env.connect(handshake{Token: env.token("budapest", harang.RoleStoreManager)})
	elsewhere := env.connect(handshake{Token: env.token("debrecen", harang.RoleStoreManager)})
	at := env.now().UTC().Truncate(time.Millisecond)
	claim := harang.Claim{EventID: "event", By: &harang.Person{ID: "u", Name: "Kati"}, At: at,
		Audiences: []harang.Audience{harang.AudienceManagers}}
	env.append("budapest", harang.ClaimType, claim)
	claim.Audiences = append(claim.Audiences, harang.AudienceOperators)
	claim.By = nil
	env.append("budapest", harang.ClaimType, claim)
	got := manager.expect("claim", "claim")
	for i, want := range []string{
		fmt.Sprintf(`{"eventId":"event","by":{"id":"u","name":"Kati"},"at":%q}`, at.Format(harang.TimeFormat)),
		fmt.Sprintf(`{"eventId":"event","by":null,"at":%q}`, at.Format(harang.TimeFormat)),
	} {
		if got := string(got[i].Args[0]); got != want {
			t.Errorf("claim %d: %s, want %s", i, got, want)
		}
	}
	if got := string(operator.expect("claim")[0].Args[0]); !strings.Contains(got, `"by":null`) {
		t.Errorf("an operator received the claim of an event that operators may not see: %s", got)
	}
	operator.expectNothing()
	elsewhere.expectNothing()
}

// TestControl_TestAlert: a test alert reaches every connection of its user, nobody else, and is not replayed.
func TestControl_TestAlert(t *testing.T) {
	env := open(t)
	token := env.token("budapest", harang.RoleOperator)
	one, two := env.connect(handshake{Token: token}), env.connect(handshake{Token: token})
	colleague := env.connect(handshake{Token: env.token("budapest", harang.RoleStoreManager)})
	elsewhere := env.connect(handshake{Token: env.token("debrecen", harang.RoleOperator)})
	me := env.user("budapest", harang.RoleOperator)
	id := env.append("budapest", harang.TestAlertType, harang.TestAlert{UserID: me, Name: "Kiss Eszter"})
	for _, p := range []*page{one, two} {
		var got struct {
			ID, At, SentAt string
			By             harang.Person
		}
		env.must(json.Unmarshal(p.expect("test_alert")[0].Args[0], &got))
		if got.ID != id || got.By != (harang.Person{ID: me, Name: "Kiss Eszter"}) || got.At == "" ||
			got.SentAt < got.At {
			t.Errorf("%+v", got)
		}
	}
	if n := env.metric("harang_feed_replayed_total"); n != 0 {
		t.Errorf("%v replayed", n)
	}
	back := env.connect(one.reconnectWith(token))
	if !back.Recovered || back.Replayed != 0 || back.Head != one.Head {
		t.Errorf("the feed has moved: %+v", back.session)
	}
	for _, p := range []*page{back, two, colleague, elsewhere} {
		p.expectNothing()
	}
}

// TestControl_CloseConnection: the connection that an administrator names is closed, on whichever node it is, and no
// other one.
func TestControl_CloseConnection(t *testing.T) {
	env := open(t)
	token := env.token("budapest", harang.RoleOperator)
	one, other := env.connect(handshake{Token: token}), env.connect(handshake{Token: token})
	elsewhere := env.connect(handshake{Token: env.token("debrecen", harang.RoleOperator)})
	closing := func(id string) {
		t.Helper()
		env.append("budapest", harang.CloseConnectionType, harang.CloseConnection{ConnectionID: id, UserID: "admin"})
	}
	closing("unknown")
	closing(elsewhere.SID) // of another tenant
	closing(one.SID)
	one.goodbye("CLOSED_BY_ADMIN", false)
	env.catchUp("budapest")
	other.expectNothing()
	elsewhere.expectNothing()
	if !strings.Contains(env.logs.String(), "connection closed by administrator") {
		t.Error("nothing in the log")
	}
	env.connect(one.reconnectWith(token)) // the user is still signed in
}

// TestControl_Display: a display reads the operators' feed and reports nothing; taking it over ends the screen before,
// and revoking it the one that has it, within a second and for good.
func TestControl_Display(t *testing.T) {
	env := open(t)
	admin := harang.Identity{Tenant: "budapest", UserID: "another", Role: harang.RoleAdmin}
	d, secret, err := env.auth.CreateDisplay(t.Context(), admin, "Bejárat", "")
	env.must(err)
	screen := func() auth.DisplayGrant {
		t.Helper()
		g, err := env.auth.OpenDisplay(t.Context(), secret, "", "127.0.0.1")
		env.must(err)
		return g
	}
	wantEnd := func(p *page, token string, began time.Time) {
		t.Helper()
		p.goodbye("LOGGED_OUT", false)
		testtime.Promise(t, "the connection ends", time.Since(began), time.Second)
		_, err := env.tryConnect(p.reconnectWith(token))
		if code, _ := refused(t, err); code != "UNAUTHENTICATED" {
			t.Error(code)
		}
	}
	clerk := env.connect(handshake{Token: env.token("budapest", harang.RoleOperator)})
	first := screen()
	one := env.connect(handshake{Token: first.AccessToken})
	if one.Role != "DISPLAY" || one.Rooms[1] != clerk.Rooms[1] {
		t.Errorf("%+v", one.session)
	}
	if answer := one.request("seen", map[string]any{"eventIds": []string{"e"}}); answer.OK {
		t.Error("a display may report what was seen")
	}
	if open := env.gateway.Connections("budapest"); len(open) != 2 || open[1].Name != "Bejárat" ||
		open[1].UserID != "display:"+d.ID {
		t.Errorf("%+v", open)
	}
	began := time.Now()
	second := screen()
	wantEnd(one, first.AccessToken, began)
	two := env.connect(handshake{Token: second.AccessToken})
	began = time.Now()
	env.must(env.auth.RevokeDisplay(t.Context(), admin, d.ID))
	wantEnd(two, second.AccessToken, began)
	clerk.expectNothing()
}

// TestControl_KeyChanged: a node learns of a changed API key, whichever node changed it; no connection is affected.
func TestControl_KeyChanged(t *testing.T) {
	changed := make(chan struct{}, 1)
	env := open(t, func(s *settings) { s.gateway.KeyChanged = func() { changed <- struct{}{} } })
	one := env.connect(handshake{Token: env.token("budapest", harang.RoleAdmin)})
	env.append("budapest", harang.KeyChangedType, harang.KeyChanged{KeyID: "k"})
	testtime.Receive(t, testtime.Limit, "the change", changed)
	one.expectNothing()
}

func TestExpiry_TokenExpires(t *testing.T) {
	env := open(t)
	soon := env.connect(handshake{Token: env.tokenFor("budapest", harang.RoleOperator, 2*time.Second)})
	renewed := env.connect(handshake{Token: env.tokenFor("budapest", harang.RoleAdmin, 2*time.Second)})
	long := env.connect(handshake{Token: env.token("budapest", harang.RoleOperator)})
	answer := renewed.request("refresh", map[string]any{"token": env.token("budapest", harang.RoleAdmin)})
	if !answer.OK || answer.TokenExpiresAt <= *renewed.TokenExpiresAt {
		t.Errorf("%+v after %s", answer, *renewed.TokenExpiresAt)
	}
	soon.goodbye("TOKEN_EXPIRED", true)
	renewed.expectNothing()
	long.expectNothing()
}

func TestRefresh_Refused(t *testing.T) {
	env := open(t)
	p := env.connect(handshake{Token: env.token("budapest", harang.RoleOperator)})
	short := env.tokenFor("budapest", harang.RoleOperator, time.Minute)
	env.advance(2 * time.Minute)
	for name, c := range map[string]struct {
		arg  any
		code string
	}{
		"AnotherUser":   {map[string]any{"token": env.token("budapest", harang.RoleAdmin)}, "FORBIDDEN"},
		"AnotherTenant": {map[string]any{"token": env.token("debrecen", harang.RoleOperator)}, "FORBIDDEN"},
		"Expired":       {map[string]any{"token": short}, "TOKEN_EXPIRED"},
		"Garbage":       {map[string]any{"token": "garbage"}, "UNAUTHENTICATED"},
		"Huge":          {map[string]any{"token": strings.Repeat("a", 100_000)}, "UNAUTHENTICATED"},
		"None":          {map[string]any{}, "UNAUTHENTICATED"},
		"Number":        {map[string]any{"token": 1}, "UNAUTHENTICATED"},
		"NoObject":      {"token", "UNAUTHENTICATED"},
	} {
		t.Run(name, func(t *testing.T) {
			if a := p.request("refresh", c.arg); a.OK || a.Error.Code != c.code {
				t.Errorf("%+v, want %s", a, c.code)
			}
		})
	}
	p.expectNothing()
}

// TestRefresh_SessionOfTheNewToken: after a refresh the connection ends with the session of the new token.
func TestRefresh_SessionOfTheNewToken(t *testing.T) {
	env := open(t)
	first, second := env.login("budapest", harang.RoleOperator), env.login("budapest", harang.RoleOperator)
	p := env.connect(handshake{Token: first.AccessToken})
	if a := p.request("refresh", map[string]any{"token": second.AccessToken}); !a.OK {
		t.Fatalf("%+v", a)
	}
	env.must(env.auth.Logout(t.Context(), first.Identity))
	env.catchUp("budapest")
	p.expectNothing()
	env.must(env.auth.Logout(t.Context(), second.Identity))
	p.goodbye("LOGGED_OUT", false)
}

// TestRefresh_AnotherRole: the new token shows another role before the control entry arrives.
func TestRefresh_AnotherRole(t *testing.T) {
	var later bool
	env := open(t, func(s *settings) {
		s.authenticator = func(real gateway.Authenticator) gateway.Authenticator { return promoting{real, &later} }
	})
	token := env.token("budapest", harang.RoleOperator)
	p := env.connect(handshake{Token: token})
	later = true
	env.must(p.Emit("refresh", map[string]any{"token": token}))
	p.goodbye("ROLE_CHANGED", true)
}

type promoting struct {
	gateway.Authenticator
	later *bool
}

func (p promoting) Authenticate(ctx context.Context, token string) (harang.Identity, error) {
	id, err := p.Authenticator.Authenticate(ctx, token)
	if *p.later {
		id.Role = harang.RoleAdmin
	}
	return id, err
}

func TestSubscribe(t *testing.T) {
	env := open(t)
	operator := env.connect(handshake{Token: env.token("budapest", harang.RoleOperator)})
	manager := env.connect(handshake{Token: env.token("budapest", harang.RoleStoreManager)})
	env.commit("budapest", harang.StockAlertType, 2)
	operator.expect("stock_alert", "stock_alert")
	manager.expect("stock_alert", "stock_alert")
	for _, c := range []struct {
		p    *page
		room any
		ok   bool
	}{
		{operator, "tenant:budapest:all", true},
		{operator, "tenant:budapest:operators", true},
		{operator, "tenant:budapest:managers", false},
		{operator, "tenant:budapest:control", false},
		{operator, "tenant:debrecen:operators", false},
		{operator, "tenant:debrecen:all", false},
		{operator, "", false},
		{operator, 7, false},
		{operator, strings.Repeat("x", 100_000), false},
		{manager, "tenant:budapest:all", true},
		{manager, "tenant:budapest:managers", true},
		{manager, "tenant:budapest:operators", true},
		{manager, "tenant:debrecen:managers", false},
	} {
		a := c.p.request("subscribe", map[string]any{"room": c.room})
		if a.OK != c.ok || !c.ok && a.Error.Code != "FORBIDDEN" {
			t.Errorf("%s asks for %.40v: %+v", c.p.Role, c.room, a)
		}
		if c.ok && (strings.Join(sorted(a.Rooms), " ") != strings.Join(sorted(c.p.Rooms), " ") ||
			a.Position != c.p.offset) {
			t.Errorf("%s asks for %v: %+v at %s", c.p.Role, c.room, a, c.p.offset)
		}
	}
	if n := env.metric("harang_gateway_forbidden_rooms_total"); n != 8 {
		t.Errorf("%v forbidden rooms counted, want 8", n)
	}
	env.commit("budapest", harang.PaymentErrorType, 1)
	env.commit("budapest", harang.StockAlertType, 1)
	manager.expect("payment_error", "stock_alert") // no feed is joined twice
	manager.expectNothing()
	operator.expect("stock_alert")
}

func TestEvents_ClockSeenUnknown(t *testing.T) {
	env := open(t)
	p := env.connect(handshake{Token: env.token("budapest", harang.RoleOperator)})
	if a := p.request("clock"); a.ServerTime == "" {
		t.Errorf("%+v", a)
	}
	if a := p.request("seen", map[string]any{"eventIds": []string{"a", "b"}}); !a.OK {
		t.Errorf("%+v", a)
	}
	if ids := <-env.seen; strings.Join(ids, " ") != "a b" {
		t.Errorf("%v", ids)
	}
	if a := p.request("seen", map[string]any{"eventIds": []string{}}); !a.OK {
		t.Errorf("%+v", a)
	}
	many := make([]string, 201)
	for i := range many {
		many[i] = "id"
	}
	for name, arg := range map[string]any{
		"TooMany": map[string]any{"eventIds": many},
		"TooLong": map[string]any{"eventIds": []string{strings.Repeat("x", 129)}},
		"Numbers": map[string]any{"eventIds": []int{1}}, "Blank": map[string]any{"eventIds": []string{""}},
		"Text": "x", "Null": nil,
	} {
		a := p.request("seen", arg)
		if name == "Null" != a.OK {
			t.Errorf("%s: %+v", name, a)
		}
	}
	if a := p.request("nobody-knows-this", 1, "x"); a.OK || a.Error.Code != "INVALID_REQUEST" {
		t.Errorf("%+v", a)
	}
	env.must(p.Emit("nobody-knows-this"))
	env.must(p.Emit("clock"))
	env.must(p.Emit("subscribe"))
	p.expectNothing()
}

func TestEvents_RateLimited(t *testing.T) {
	env := open(t, func(s *settings) { s.engine.Engine.FrameRate, s.engine.Engine.FrameBurst = 0.001, 7 })
	p := env.connect(handshake{Token: env.token("budapest", harang.RoleOperator)})
	other := env.connect(handshake{Token: env.token("budapest", harang.RoleOperator)})
	for range 5 { // the sixth frame after CONNECT
		p.request("clock")
	}
	for _, packet := range []string{"3", "3"} { // pongs count as well
		env.must(p.Send(packet))
	}
	if wait := p.goodbye("RATE_LIMITED", true); wait != 10_000 {
		t.Errorf("retryAfterMs %d", wait)
	}
	if n := env.metric("harang_gateway_goodbyes_total"); n != 1 {
		t.Errorf("%v goodbyes counted", n)
	}
	other.expectNothing()
}

// A binary packet ends the connection before its attachment arrives.
func TestEvents_BinaryRefused(t *testing.T) {
	env := open(t)
	p := env.connect(handshake{Token: env.token("budapest", harang.RoleOperator)})
	env.must(p.Send(`451-/ws/dashboard,["clock",{"_placeholder":true,"num":0}]`))
	var closed *sioclient.ClosedError
	if _, err := p.Next(env.ctx()); !errors.As(err, &closed) {
		t.Errorf("%v instead of a closed transport", err)
	}
}

// TestSlowConsumer: a client that stops reading is closed, the others receive everything meanwhile, and on its return
// it recovers or receives its gap.
func TestSlowConsumer(t *testing.T) {
	env := open(t, func(s *settings) {
		s.engine.Engine = engineio.Options{QueueLimit: 16 << 10, SendBuffer: 4 << 10, CloseTimeout: time.Second}
	})
	token := env.token("budapest", harang.RoleOperator)
	stalled := env.connect(handshake{Token: token})
	env.must(stalled.Conn().(*net.TCPConn).SetReadBuffer(4 << 10))
	awake := env.connect(handshake{Token: token})
	sent := 0
	for env.metric("harang_gateway_slow_consumers_total") == 0 {
		env.commit("budapest", harang.StockAlertType, 1)
		awake.expect("stock_alert")
		if sent++; sent > 50_000 {
			t.Fatal("the stalled reader is still there")
		}
	}
	for {
		e, err := stalled.Next(env.ctx())
		if err != nil {
			break
		}
		if offset := e.Offset(); offset != "" {
			stalled.offset = offset
		}
	}
	back := env.connect(stalled.reconnectWith(token))
	if !back.Recovered && (back.Gap == nil || back.Gap.Reason != "overflow") {
		t.Errorf("%+v", back.session)
	}
	env.commit("budapest", harang.StockAlertType, 1)
	awake.expect("stock_alert")
	back.expect("stock_alert")
}

func TestDrain(t *testing.T) {
	env := open(t, func(s *settings) { s.gateway.DrainSpread = 200 * time.Millisecond })
	pages := make([]*page, 8)
	for i := range pages {
		pages[i] = env.connect(handshake{Token: env.token("budapest", harang.RoleOperator)})
	}
	waiting := env.dial() // has a transport and no namespace yet
	drained := make(chan error, 1)
	go func() { drained <- env.gateway.Drain(env.ctx()) }()
	for _, p := range pages {
		if wait := p.goodbye("SERVER_DRAINING", true); wait < 500 || wait >= 1000 {
			t.Errorf("retryAfterMs %d", wait)
		}
	}
	if err := <-drained; err != nil {
		t.Fatal(err)
	}
	if n := env.metric("harang_gateway_connections"); n != 0 {
		t.Errorf("%v connections", n)
	}
	if err := waiting.Connect(env.ctx(), gateway.Namespace,
		handshake{Token: env.token("budapest", harang.RoleOperator)}); !isClosed(err) {
		t.Errorf("connected while draining: %v", err)
	}
	res, err := http.Get(env.url + "/socket.io/?EIO=4&transport=polling")
	env.must(err)
	env.must(res.Body.Close())
	if res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Retry-After") == "" {
		t.Errorf("%s", res.Status)
	}
	if _, err := sioclient.Dial(env.ctx(), env.url); err == nil {
		t.Error("a new transport was opened")
	}
	if err := env.gateway.Drain(env.ctx()); err != nil {
		t.Errorf("again: %v", err)
	}
	http.DefaultClient.CloseIdleConnections()
}

func TestDrain_GivesUp(t *testing.T) {
	env := open(t, func(s *settings) { s.gateway.DrainSpread = time.Hour })
	env.connect(handshake{Token: env.token("budapest", harang.RoleOperator)})
	env.connect(handshake{Token: env.token("budapest", harang.RoleOperator)})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := env.gateway.Drain(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}
