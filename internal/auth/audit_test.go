package auth_test

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/auth"
)

// audited are the rows of budapest's audit log, oldest first: who, from where, what, to whom, before, after, count.
func (env *testEnv) audited(t *testing.T) []string {
	t.Helper()
	page, err := env.store.FindAudit(t.Context(), "budapest", harang.AuditQuery{Limit: harang.MaxPageLimit})
	if err != nil || page.Next != "" {
		t.Fatalf("%v, next %q", err, page.Next)
	}
	rows := make([]string, len(page.Items))
	for i, e := range page.Items {
		rows[len(rows)-1-i] = fmt.Sprintf("%s %s %s %s:%s %s %s %d", cmp.Or(e.Actor.Name, "?"), cmp.Or(e.From, "-"),
			e.Action, e.Subject.Kind, cmp.Or(e.Subject.Name, "?"), cmp.Or(string(e.Before), "-"),
			cmp.Or(string(e.After), "-"), e.Count)
	}
	return rows
}

// wantAudit fails the test unless these rows were written after the first ones. It returns how many there are.
func (env *testEnv) wantAudit(t *testing.T, after int, want ...string) int {
	t.Helper()
	rows := env.audited(t)
	if got, want := strings.Join(rows[after:], "\n"), strings.Join(want, "\n"); got != want {
		t.Errorf("the audit log has\n%s\nwant\n%s", got, want)
	}
	return len(rows)
}

// TestAudit_Users: a role that was raised and lowered, and every other change of users, keys and tokens, in the
// transaction of the change; what is refused has no row, and no row has a secret.
func TestAudit_Users(t *testing.T) {
	env := newEnv(t)
	ctx := harang.ForCall(t.Context(), "budapest", "192.0.2.9")
	admin := env.admin
	admin.Name = "Judit"
	n := len(env.audited(t))
	u, err := env.CreateUser(ctx, admin, auth.NewUser{
		Email: "new@budapest.demo", Name: "Anna", Role: harang.RoleOperator, Password: "a long password",
	})
	if err != nil {
		t.Fatal(err)
	}
	change := func(c auth.UserChange, want harang.Code) {
		t.Helper()
		_, err := env.UpdateUser(ctx, admin, u.ID, c)
		wantCode(t, err, want)
	}
	change(auth.UserChange{Role: new(harang.RoleStoreManager)}, "")
	change(auth.UserChange{Role: new(harang.RoleStoreManager)}, "") // changes nothing
	change(auth.UserChange{Role: new(harang.RoleOperator)}, "")
	change(auth.UserChange{Role: new(harang.Role("BOSS"))}, harang.CodeInvalidRequest)
	change(auth.UserChange{Disabled: new(true), Password: new("another long password")}, "")
	change(auth.UserChange{Disabled: new(false)}, "")
	key, text, err := env.CreateAPIKey(ctx, admin, auth.NewAPIKey{Name: "webshop"})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second changes nothing
		if _, err := env.UpdateAPIKey(ctx, admin, key.ID, auth.APIKeyChange{RateLimit: new(int64(60))}); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 { // a revoked key stays as it is
		if err := env.RevokeAPIKey(ctx, admin, key.ID); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := env.IssueToken(t.Context(), "budapest", harang.RoleAdmin, "", time.Hour); err != nil {
		t.Fatal(err)
	}
	env.wantAudit(t, n,
		`Judit 192.0.2.9 user.create user:Anna - {"email":"new@budapest.demo","role":"OPERATOR"} 1`,
		`Judit 192.0.2.9 user.role user:Anna {"role":"OPERATOR"} {"role":"STORE_MANAGER"} 1`,
		`Judit 192.0.2.9 user.role user:Anna {"role":"STORE_MANAGER"} {"role":"OPERATOR"} 1`,
		`Judit 192.0.2.9 user.disable user:Anna - - 1`,
		`Judit 192.0.2.9 user.password user:Anna - - 1`,
		`Judit 192.0.2.9 user.enable user:Anna - - 1`,
		`Judit 192.0.2.9 key.create key:webshop - {"expiresAt":null,"name":"webshop","rateLimit":null,`+
			`"scopes":"events:write catalogue:write stock:write"} 1`,
		`Judit 192.0.2.9 key.update key:webshop {"rateLimit":null} {"rateLimit":60} 1`,
		`Judit 192.0.2.9 key.revoke key:webshop - - 1`,
		`harang - token.create token:cli:ADMIN - {"role":"ADMIN","ttl":"1h0m0s"} 1`,
	)
	if all := strings.Join(env.audited(t), "\n"); strings.Contains(all, text) || strings.Contains(all, "argon2") ||
		strings.Contains(all, "long password") {
		t.Error("the audit log has a secret")
	}
}

// TestAudit_Sessions: who logged in from where, and how each session ended.
func TestAudit_Sessions(t *testing.T) {
	env := newEnv(t)
	ctx := harang.ForCall(t.Context(), "", "203.0.113.5")
	name := env.operator.Name
	n := len(env.audited(t))
	login := func(refresh string) auth.Grant {
		t.Helper()
		g, err := env.Login(t.Context(), auth.LoginRequest{
			Email: env.operator.Email, Password: password, Address: "192.0.2.1", Refresh: refresh,
		})
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	first := login("")
	second := login(first.Refresh)
	if err := env.Logout(ctx, second.Identity); err != nil {
		t.Fatal(err)
	}
	if err := env.LogoutCookie(ctx, second.Refresh); err != nil { // has ended
		t.Fatal(err)
	}
	third := login("")
	if err := env.LogoutCookie(ctx, third.Refresh); err != nil {
		t.Fatal(err)
	}
	fourth := login("")
	for range 2 {
		_, err := env.Refresh(ctx, fourth.Refresh)
		if err != nil {
			t.Fatal(err)
		}
	}
	env.clock.Move(time.Minute)
	_, err := env.Refresh(ctx, fourth.Refresh)
	wantCode(t, err, harang.CodeUnauthenticated)
	env.wantAudit(t, n,
		name+` 192.0.2.1 session.create user:`+name+` - - 1`,
		name+` 192.0.2.1 session.end user:`+name+` - {"reason":"login"} 1`,
		name+` 192.0.2.1 session.create user:`+name+` - - 1`,
		name+` 203.0.113.5 session.end user:`+name+` - {"reason":"logout"} 1`,
		name+` 192.0.2.1 session.create user:`+name+` - {"newDevice":true} 1`,
		name+` 203.0.113.5 session.end user:`+name+` - {"reason":"logout"} 1`,
		name+` 192.0.2.1 session.create user:`+name+` - {"newDevice":true} 1`,
		`? 203.0.113.5 session.end user:`+name+` - {"reason":"cookie_reuse"} 1`,
	)
}

// TestAudit_FailedLogins: failed logins to an account are one row for each network and hour, whatever strangers do;
// those to unknown accounts have none. What could not be written is written later.
func TestAudit_FailedLogins(t *testing.T) {
	env := newEnv(t)
	n := len(env.audited(t))
	fail := func(email, address string, times int) {
		t.Helper()
		for range times {
			_, err := env.Login(t.Context(), auth.LoginRequest{Email: email, Password: "wrong", Address: address})
			wantCode(t, err, harang.CodeInvalidCredentials)
		}
	}
	fail(env.operator.Email, "192.0.2.1", 2)
	fail(env.operator.Email, "192.0.2.200", 3)
	fail("nobody@budapest.demo", "192.0.2.1", 4)
	if got := len(env.audited(t)); got != n {
		t.Errorf("%d rows before they are written, want %d", got, n)
	}
	write := func() {
		t.Helper()
		if err := env.WriteFailedLogins(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	write()
	fail(env.operator.Email, "192.0.2.1", 1)
	fail(env.operator.Email, "198.51.100.1", 1)
	users := &switchStore{UserStore: env.store, unavailable: true}
	down := env.otherNode(t, users)
	_, err := down.Login(t.Context(), auth.LoginRequest{
		Email: env.operator.Email, Password: "wrong", Address: "203.0.113.1",
	})
	wantCode(t, err, harang.CodeInvalidCredentials)
	if err := down.WriteFailedLogins(t.Context()); !errors.Is(err, errDown) {
		t.Errorf("the database is away: %v", err)
	}
	users.unavailable = false
	if err := down.WriteFailedLogins(t.Context()); err != nil {
		t.Fatal(err)
	}
	write()
	env.clock.Move(time.Hour)
	fail(env.operator.Email, "192.0.2.1", 1)
	write()
	write()
	name := env.operator.Name
	got := map[string]int{}
	for _, row := range env.audited(t)[n:] {
		got[row]++
	}
	want := map[string]int{
		`? 192.0.2.0/24 session.refuse user:` + name + ` - - 6`:    1,
		`? 198.51.100.0/24 session.refuse user:` + name + ` - - 1`: 1,
		`? 203.0.113.0/24 session.refuse user:` + name + ` - - 1`:  1,
		`? 192.0.2.0/24 session.refuse user:` + name + ` - - 1`:    1,
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("the audit log has %v\nwant %v", got, want)
	}
}
