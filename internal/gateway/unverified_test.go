package gateway_test

import (
	"testing"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/auth"
	"harang.dev/harang/internal/testtime"
)

// connectUnverified connects while the authentication's database is unavailable.
func (env *testEnv) connectUnverified(token string) *page {
	env.Helper()
	env.usersDown.Store(true)
	p := env.connect(handshake{Token: token})
	if n := env.metric("harang_gateway_unconfirmed"); n == 0 {
		env.Fatal("the connection is verified")
	}
	return p
}

// TestUnverified: a connection accepted without the database is ended when the database is back, with the goodbye it
// missed.
func TestUnverified(t *testing.T) {
	role, yes := harang.RoleAdmin, true
	admin := harang.Identity{Tenant: "budapest", UserID: "another", Role: harang.RoleAdmin}
	for name, c := range map[string]struct {
		before    func(env *testEnv, node *auth.Service, g auth.Grant)
		code      string
		reconnect bool
	}{
		"Disabled": {func(env *testEnv, node *auth.Service, g auth.Grant) {
			_, err := node.UpdateUser(env.ctx(), admin, g.Identity.UserID, auth.UserChange{Disabled: &yes})
			env.must(err)
		}, "USER_DISABLED", false},
		"LoggedOut": {func(env *testEnv, node *auth.Service, g auth.Grant) {
			env.must(node.Logout(env.ctx(), g.Identity))
		}, "LOGGED_OUT", false},
		"RoleChanged": {func(env *testEnv, node *auth.Service, g auth.Grant) {
			_, err := node.UpdateUser(env.ctx(), admin, g.Identity.UserID, auth.UserChange{Role: &role})
			env.must(err)
		}, "ROLE_CHANGED", true},
	} {
		t.Run(name, func(t *testing.T) {
			env := open(t)
			node := env.otherNode()
			g, err := node.Login(t.Context(), auth.LoginRequest{
				Email: "operator@budapest.demo", Password: password, Address: "127.0.0.1",
			})
			env.must(err)
			c.before(env, node, g)
			p, other := env.connectUnverified(g.AccessToken), env.connectUnverified(env.commandToken())
			env.commit("budapest", harang.StockAlertType, 1)
			p.expect("stock_alert") // a temporary failure signs nobody out
			other.expect("stock_alert")
			env.usersDown.Store(false)
			began := time.Now()
			p.goodbye(c.code, c.reconnect)
			testtime.Promise(t, "the connection ends", time.Since(began), time.Second)
			env.waitFor("all are verified", func() bool { return env.metric("harang_gateway_unconfirmed") == 0 })
			other.expectNothing()
		})
	}
}

// commandToken is a token without a user.
func (env *testEnv) commandToken() string {
	env.Helper()
	token, err := env.otherNode().IssueToken(env.Context(), "budapest", harang.RoleOperator, "", time.Hour)
	env.must(err)
	return token
}

// TestUnverified_CommandToken: a token without a user was logged out on another node.
func TestUnverified_CommandToken(t *testing.T) {
	env := open(t)
	node, token := env.otherNode(), env.commandToken()
	id, err := node.Authenticate(t.Context(), token)
	env.must(err)
	env.must(node.Logout(t.Context(), id))
	p := env.connectUnverified(token)
	env.usersDown.Store(false)
	p.goodbye("LOGGED_OUT", false)
}

// TestUnverified_Many: all are verified, and the good ones stay.
func TestUnverified_Many(t *testing.T) {
	env := open(t)
	node := env.otherNode()
	good, err := node.Login(t.Context(), auth.LoginRequest{
		Email: "operator@budapest.demo", Password: password, Address: "127.0.0.1",
	})
	env.must(err)
	bad, err := node.Login(t.Context(), auth.LoginRequest{
		Email: "operator@budapest.demo", Password: password, Address: "127.0.0.1",
	})
	env.must(err)
	env.must(node.Logout(t.Context(), bad.Identity))
	var stay, leave []*page
	for range 20 {
		stay, leave = append(stay, env.connectUnverified(good.AccessToken)),
			append(leave, env.connectUnverified(bad.AccessToken))
	}
	env.must(stay[19].Cut())
	env.waitFor("the cut connection is removed", func() bool { return env.metric("harang_gateway_unconfirmed") == 39 })
	env.usersDown.Store(false)
	for _, p := range leave {
		p.goodbye("LOGGED_OUT", false)
	}
	env.waitFor("all are verified", func() bool { return env.metric("harang_gateway_unconfirmed") == 0 })
	for _, p := range stay[:19] {
		p.expectNothing()
	}
}

// TestUnverified_Expired: an expired token is ended without the database.
func TestUnverified_Expired(t *testing.T) {
	env := open(t)
	p := env.connectUnverified(env.tokenFor("budapest", harang.RoleOperator, time.Hour))
	env.advance(2 * time.Hour)
	p.goodbye("TOKEN_EXPIRED", true)
	env.waitFor("it is removed", func() bool { return env.metric("harang_gateway_unconfirmed") == 0 })
}

// TestUnverified_Refresh: the newest token is the one that is verified.
func TestUnverified_Refresh(t *testing.T) {
	env := open(t)
	node := env.otherNode()
	login := func() auth.Grant {
		t.Helper()
		g, err := node.Login(t.Context(), auth.LoginRequest{
			Email: "operator@budapest.demo", Password: password, Address: "127.0.0.1",
		})
		env.must(err)
		return g
	}
	good, bad := login(), login()
	env.must(node.Logout(t.Context(), bad.Identity))
	p, q := env.connectUnverified(good.AccessToken), env.connectUnverified(bad.AccessToken)
	if a := p.request("refresh", map[string]any{"token": bad.AccessToken}); !a.OK {
		t.Fatalf("%+v", a)
	}
	if a := q.request("refresh", map[string]any{"token": good.AccessToken}); !a.OK {
		t.Fatalf("%+v", a)
	}
	env.usersDown.Store(false)
	p.goodbye("LOGGED_OUT", false)
	env.waitFor("both are verified", func() bool { return env.metric("harang_gateway_unconfirmed") == 0 })
	q.expectNothing()

	// A token that was authenticated with the database ends the uncertainty.
	other := env.connect(handshake{Token: good.AccessToken})
	env.usersDown.Store(true)
	if a := other.request("refresh", map[string]any{"token": good.AccessToken}); !a.OK ||
		env.metric("harang_gateway_unconfirmed") != 1 {
		t.Fatalf("%+v", a)
	}
	env.usersDown.Store(false)
	if a := other.request("refresh", map[string]any{"token": good.AccessToken}); !a.OK ||
		env.metric("harang_gateway_unconfirmed") != 0 {
		t.Fatalf("%+v", a)
	}
	env.waitFor("two are connected", func() bool { return len(env.gateway.Connections("budapest")) == 2 })
	q.expectNothing()
	other.expectNothing()
}
