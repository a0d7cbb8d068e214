package gateway_test

import (
	"encoding/json"
	"testing"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/auth"
	"harang.dev/harang/internal/store"
	"harang.dev/harang/internal/testtime"
)

// TestControl_NewLogin: a login with a new browser, on another node, reaches the other connections of its user, nobody
// else, and is not replayed.
func TestControl_NewLogin(t *testing.T) {
	env := open(t)
	first := env.login("budapest", harang.RoleOperator)
	one := env.connect(handshake{Token: first.AccessToken})
	two := env.connect(handshake{Token: env.token("budapest", harang.RoleOperator)})
	colleague := env.connect(handshake{Token: env.token("budapest", harang.RoleStoreManager)})
	elsewhere := env.connect(handshake{Token: env.token("debrecen", harang.RoleOperator)})
	node := env.service(env.reopen(store.Options{Clock: env.now}))
	began := time.Now()
	g, err := node.Login(t.Context(), auth.LoginRequest{
		Email: "operator@budapest.demo", Password: password, Address: "203.0.113.1",
		UserAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0",
	})
	env.must(err)
	var got struct{ Device, At string }
	e := one.expect("new_login")[0]
	testtime.Promise(t, "the message comes", time.Since(began), time.Second)
	env.must(json.Unmarshal(e.Args[0], &got))
	if got.Device != "Firefox, Linux" || got.At == "" || len(e.Args) != 1 {
		t.Errorf("%+v, %d arguments", got, len(e.Args))
	}
	two.expect("new_login")
	own := env.connect(handshake{Token: g.AccessToken})
	back := env.connect(one.reconnectWith(first.AccessToken))
	if !back.Recovered || back.Replayed != 0 {
		t.Errorf("the feed has moved: %+v", back.session)
	}
	for _, p := range []*page{own, back, two, colleague, elsewhere} {
		p.expectNothing()
	}
	// In the other direction, and not to the new login itself.
	g, err = env.auth.Login(t.Context(), auth.LoginRequest{
		Email: "operator@budapest.demo", Password: password, Address: "203.0.113.1",
	})
	env.must(err)
	own.expect("new_login")
	back.expect("new_login")
	env.connect(handshake{Token: g.AccessToken}).expectNothing()
}

// TestControl_OwnSessions: a session that its user ends closes its connections, one that stays keeps them.
func TestControl_OwnSessions(t *testing.T) {
	env := open(t)
	var grants []auth.Grant
	var pages []*page
	for range 4 {
		grants = append(grants, env.login("budapest", harang.RoleOperator))
	}
	for _, g := range grants {
		pages = append(pages, env.connect(handshake{Token: g.AccessToken}))
	}
	here := grants[0].Identity
	began := time.Now()
	env.must(env.auth.EndOwnSession(t.Context(), here, grants[1].Identity.SessionID))
	pages[1].goodbye("LOGGED_OUT", false)
	pages[2].expectNothing()
	env.must(env.auth.EndOtherSessions(t.Context(), here))
	pages[2].goodbye("LOGGED_OUT", false)
	pages[3].goodbye("LOGGED_OUT", false)
	pages[0].expectNothing()
	another := env.connect(handshake{Token: env.login("budapest", harang.RoleOperator).AccessToken})
	pages[0].expect("new_login")
	env.must(env.auth.ChangePassword(t.Context(), here, password, "saját jelszavam"))
	another.goodbye("LOGGED_OUT", false)
	pages[0].expectNothing()
	testtime.Promise(t, "all end", time.Since(began), 3*time.Second)
	_, err := env.tryConnect(pages[1].reconnectWith(grants[1].AccessToken))
	if code, _ := refused(t, err); code != "UNAUTHENTICATED" {
		t.Error(code)
	}
}

// TestConnect_TemporaryPassword: whoever has not replaced the password yet cannot connect, nor go on with a token of
// such a login.
func TestConnect_TemporaryPassword(t *testing.T) {
	env := open(t)
	user := env.user("budapest", harang.RoleOperator)
	one := env.connect(handshake{Token: env.login("budapest", harang.RoleOperator).AccessToken})
	admin := harang.Identity{Tenant: "budapest", UserID: "another", Role: harang.RoleAdmin}
	_, err := env.auth.UpdateUser(t.Context(), admin, user, auth.UserChange{
		Password: new("chosen for you"), Temporary: true,
	})
	env.must(err)
	one.goodbye("LOGGED_OUT", false)
	env.advance(time.Second)
	g, err := env.auth.Login(t.Context(), auth.LoginRequest{
		Email: "operator@budapest.demo", Password: "chosen for you", Address: "127.0.0.1",
	})
	env.must(err)
	_, err = env.tryConnect(handshake{Token: g.AccessToken})
	code, data := refused(t, err)
	if code != "PASSWORD_CHANGE_REQUIRED" || len(data) != 1 {
		t.Errorf("%s %v", code, data)
	}
	command := env.connect(handshake{Token: env.token("budapest", harang.RoleOperator)})
	env.must(env.auth.ChangePassword(t.Context(), g.Identity, "chosen for you", "saját jelszavam"))
	env.connect(handshake{Token: g.AccessToken}).expectNothing()
	command.goodbye("LOGGED_OUT", false)
}
