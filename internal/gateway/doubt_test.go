package gateway_test

import (
	"testing"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/auth"
)

// believed connects while the database cannot judge anybody.
func (h *house) believed(token string) *page {
	h.Helper()
	h.unjudged.Store(true)
	p := h.connect(handshake{Token: token})
	if n := h.metric("harang_gateway_unconfirmed"); n == 0 {
		h.Fatal("it was judged")
	}
	return p
}

// TestDoubt: whom this node has never judged, and believes while the database is
// away, leaves as soon as it is back with the goodbye that lies in the past.
func TestDoubt(t *testing.T) {
	role, yes := harang.RoleAdmin, true
	admin := harang.Identity{Tenant: "budapest", UserID: "another", Role: harang.RoleAdmin}
	for name, c := range map[string]struct {
		before    func(h *house, node *auth.Service, g auth.Grant)
		code      string
		reconnect bool
	}{
		"Disabled": {func(h *house, node *auth.Service, g auth.Grant) {
			_, err := node.UpdateUser(h.ctx(), admin, g.Identity.UserID, auth.UserChange{Disabled: &yes})
			h.must(err)
		}, "USER_DISABLED", false},
		"LoggedOut": {func(h *house, node *auth.Service, g auth.Grant) {
			h.must(node.Logout(h.ctx(), g.Identity))
		}, "LOGGED_OUT", false},
		"RoleChanged": {func(h *house, node *auth.Service, g auth.Grant) {
			_, err := node.UpdateUser(h.ctx(), admin, g.Identity.UserID, auth.UserChange{Role: &role})
			h.must(err)
		}, "ROLE_CHANGED", true},
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t)
			node := h.node()
			g, err := node.Login(t.Context(), "operator@budapest.demo", password, "127.0.0.1")
			h.must(err)
			c.before(h, node, g)
			p, other := h.believed(g.AccessToken), h.believed(h.nobodys())
			h.commit("budapest", harang.StockAlertType, 1)
			p.expect("stock_alert") // nobody is signed out by a passing fault
			other.expect("stock_alert")
			h.unjudged.Store(false)
			began := time.Now()
			p.goodbye(c.code, c.reconnect)
			if took := time.Since(began); took > time.Second {
				t.Errorf("it took %v", took)
			}
			h.until("everybody is judged", func() bool { return h.metric("harang_gateway_unconfirmed") == 0 })
			other.silent()
		})
	}
}

// nobodys is a token that names no user.
func (h *house) nobodys() string {
	h.Helper()
	token, err := h.node().IssueToken(h.Context(), "budapest", harang.RoleOperator, "", time.Hour)
	h.must(err)
	return token
}

// TestDoubt_CommandToken: a token that names nobody was logged out elsewhere.
func TestDoubt_CommandToken(t *testing.T) {
	h := open(t)
	node, token := h.node(), h.nobodys()
	id, err := node.Authenticate(t.Context(), token)
	h.must(err)
	h.must(node.Logout(t.Context(), id))
	p := h.believed(token)
	h.unjudged.Store(false)
	p.goodbye("LOGGED_OUT", false)
}

// TestDoubt_Many: all are judged, and those that hold stay.
func TestDoubt_Many(t *testing.T) {
	h := open(t)
	node := h.node()
	good, err := node.Login(t.Context(), "operator@budapest.demo", password, "127.0.0.1")
	h.must(err)
	bad, err := node.Login(t.Context(), "operator@budapest.demo", password, "127.0.0.1")
	h.must(err)
	h.must(node.Logout(t.Context(), bad.Identity))
	var stay, leave []*page
	for range 20 {
		stay, leave = append(stay, h.believed(good.AccessToken)), append(leave, h.believed(bad.AccessToken))
	}
	h.must(stay[19].Cut())
	h.until("one has left by itself", func() bool { return h.metric("harang_gateway_unconfirmed") == 39 })
	h.unjudged.Store(false)
	for _, p := range leave {
		p.goodbye("LOGGED_OUT", false)
	}
	h.until("everybody is judged", func() bool { return h.metric("harang_gateway_unconfirmed") == 0 })
	for _, p := range stay[:19] {
		p.silent()
	}
}

// TestDoubt_Expired: a token that ends meanwhile needs no database.
func TestDoubt_Expired(t *testing.T) {
	h := open(t)
	p := h.believed(h.tokenFor("budapest", harang.RoleOperator, time.Hour))
	h.advance(2 * time.Hour)
	p.goodbye("TOKEN_EXPIRED", true)
	h.until("it is forgotten", func() bool { return h.metric("harang_gateway_unconfirmed") == 0 })
}

// TestDoubt_Refresh: it is the newest token that is judged again.
func TestDoubt_Refresh(t *testing.T) {
	h := open(t)
	node := h.node()
	login := func() auth.Grant {
		t.Helper()
		g, err := node.Login(t.Context(), "operator@budapest.demo", password, "127.0.0.1")
		h.must(err)
		return g
	}
	good, bad := login(), login()
	h.must(node.Logout(t.Context(), bad.Identity))
	p, q := h.believed(good.AccessToken), h.believed(bad.AccessToken)
	if a := p.ask("refresh", map[string]any{"token": bad.AccessToken}); !a.OK {
		t.Fatalf("%+v", a)
	}
	if a := q.ask("refresh", map[string]any{"token": good.AccessToken}); !a.OK {
		t.Fatalf("%+v", a)
	}
	h.unjudged.Store(false)
	p.goodbye("LOGGED_OUT", false)
	h.until("both are judged", func() bool { return h.metric("harang_gateway_unconfirmed") == 0 })
	q.silent()

	// A token that was judged ends the doubt.
	other := h.connect(handshake{Token: good.AccessToken})
	h.unjudged.Store(true)
	if a := other.ask("refresh", map[string]any{"token": good.AccessToken}); !a.OK || h.metric("harang_gateway_unconfirmed") != 1 {
		t.Fatalf("%+v", a)
	}
	h.unjudged.Store(false)
	if a := other.ask("refresh", map[string]any{"token": good.AccessToken}); !a.OK || h.metric("harang_gateway_unconfirmed") != 0 {
		t.Fatalf("%+v", a)
	}
	h.until("two are connected", func() bool { return len(h.gateway.Connections("budapest")) == 2 })
	q.silent()
	other.silent()
}
