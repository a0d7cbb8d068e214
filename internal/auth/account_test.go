package auth_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"harang.dev/harang"
	"harang.dev/harang/internal/auth"
)

func TestCreateUser_Refuses(t *testing.T) {
	b := newBench(t)
	good := auth.NewUser{Email: "new@budapest.demo", Name: "New", Role: harang.RoleAdmin, Password: "12345678"}
	for name, c := range map[string]struct {
		change func(*auth.NewUser)
		want   harang.Code
	}{
		"no address":     {func(n *auth.NewUser) { n.Email = "" }, harang.CodeInvalidRequest},
		"display name":   {func(n *auth.NewUser) { n.Email = "New <new@budapest.demo>" }, harang.CodeInvalidRequest},
		"long address":   {func(n *auth.NewUser) { n.Email = strings.Repeat("a", 250) + "@b.hu" }, harang.CodeInvalidRequest},
		"no name":        {func(n *auth.NewUser) { n.Name = " " }, harang.CodeInvalidRequest},
		"service":        {func(n *auth.NewUser) { n.Role = harang.RoleService }, harang.CodeInvalidRequest},
		"short password": {func(n *auth.NewUser) { n.Password = "1234567" }, harang.CodeInvalidRequest},
		"long password":  {func(n *auth.NewUser) { n.Password = strings.Repeat("x", 257) }, harang.CodeInvalidRequest},
		"no UTF-8":       {func(n *auth.NewUser) { n.Password = "12345678\xff" }, harang.CodeInvalidRequest},
		"taken":          {func(n *auth.NewUser) { n.Email = "CLERK@budapest.demo" }, harang.CodeConflict},
	} {
		n := good
		c.change(&n)
		if _, err := b.CreateUser(t.Context(), b.admin, n); harang.ErrorCode(err) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	foreign := b.admin
	foreign.Tenant = "szeged"
	_, err := b.CreateUser(t.Context(), foreign, good)
	wantCode(t, err, harang.CodeNotFound)
}

func TestAdministration_IsForAdministrators(t *testing.T) {
	b := newBench(t)
	for _, role := range []harang.Role{harang.RoleOperator, harang.RoleStoreManager, harang.RoleService, "OWNER", ""} {
		id := b.admin
		id.Role = role
		_, err := b.CreateUser(t.Context(), id, auth.NewUser{})
		wantCode(t, err, harang.CodeForbidden)
		_, err = b.UpdateUser(t.Context(), id, b.clerk.ID, auth.UserChange{})
		wantCode(t, err, harang.CodeForbidden)
		_, err = b.FindUsers(t.Context(), id, "", 10)
		wantCode(t, err, harang.CodeForbidden)
		_, _, err = b.CreateAPIKey(t.Context(), id, "x")
		wantCode(t, err, harang.CodeForbidden)
		_, err = b.FindAPIKeys(t.Context(), id, "", 10)
		wantCode(t, err, harang.CodeForbidden)
		wantCode(t, b.RevokeAPIKey(t.Context(), id, "x"), harang.CodeForbidden)
	}
}

func TestUpdateUser_IsHeardOnTheControlFeed(t *testing.T) {
	b := newBench(t)
	ctx := t.Context()
	g := b.login(t)
	manager := harang.RoleStoreManager
	u, err := b.UpdateUser(ctx, b.admin, b.clerk.ID, auth.UserChange{Role: &manager})
	if err != nil || u.Role != manager {
		t.Fatalf("%+v, %v", u, err)
	}
	// A changed role does not end the session; it holds at once.
	id, err := b.Authenticate(ctx, g.AccessToken)
	if err != nil || id.Role != manager {
		t.Fatalf("%+v, %v", id, err)
	}
	// The same again is no change.
	if _, err := b.UpdateUser(ctx, b.admin, b.clerk.ID, auth.UserChange{Role: &manager, Disabled: new(false)}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"control.user"}, b.control(t)); diff != "" {
		t.Fatal(diff)
	}
	b.clock.Move(time.Second)
	if _, err := b.UpdateUser(ctx, b.admin, b.clerk.ID, auth.UserChange{Disabled: new(true)}); err != nil {
		t.Fatal(err)
	}
	_, err = b.Authenticate(ctx, g.AccessToken)
	wantCode(t, err, harang.CodeUnauthenticated)
	_, err = b.Refresh(ctx, g.Refresh)
	wantCode(t, err, harang.CodeUnauthenticated)
	b.clock.Move(time.Second)
	if _, err := b.UpdateUser(ctx, b.admin, b.clerk.ID, auth.UserChange{Disabled: new(false)}); err != nil {
		t.Fatal(err)
	}
	// Being enabled again does not bring old sessions back.
	_, err = b.Authenticate(ctx, g.AccessToken)
	wantCode(t, err, harang.CodeUnauthenticated)
	if diff := cmp.Diff([]string{"control.user", "control.user", "control.logout", "control.user"}, b.control(t)); diff != "" {
		t.Fatal(diff)
	}
	b.clock.Move(time.Second)
	b.login(t)
}

func TestUpdateUser_NewPasswordEndsSessions(t *testing.T) {
	b := newBench(t)
	ctx := t.Context()
	g, other := b.login(t), b.login(t)
	b.clock.Move(time.Second)
	const next = "another horse"
	if _, err := b.UpdateUser(ctx, b.admin, b.clerk.ID, auth.UserChange{Password: new(next)}); err != nil {
		t.Fatal(err)
	}
	for _, token := range []string{g.AccessToken, other.AccessToken} {
		_, err := b.Authenticate(ctx, token)
		wantCode(t, err, harang.CodeUnauthenticated)
	}
	if diff := cmp.Diff([]string{"control.logout", "control.logout"}, b.control(t)); diff != "" {
		t.Fatal(diff)
	}
	b.clock.Move(time.Second)
	_, err := b.Login(ctx, "clerk@budapest.demo", password, "192.0.2.1")
	wantCode(t, err, harang.CodeInvalidCredentials)
	if _, err := b.Login(ctx, "clerk@budapest.demo", next, "192.0.2.1"); err != nil {
		t.Fatal(err)
	}
}

func TestUpdateUser_Refuses(t *testing.T) {
	b := newBench(t)
	operator, owner := harang.RoleOperator, harang.Role("OWNER")
	self := b.admin
	self.UserID = b.clerk.ID
	for name, c := range map[string]struct {
		id     harang.Identity
		user   string
		change auth.UserChange
		want   harang.Code
	}{
		"unknown user":     {b.admin, "nobody", auth.UserChange{Role: &operator}, harang.CodeNotFound},
		"another tenant's": {harang.Identity{Tenant: "debrecen", Role: harang.RoleAdmin}, b.clerk.ID, auth.UserChange{Role: &operator}, harang.CodeNotFound},
		"unknown role":     {b.admin, b.clerk.ID, auth.UserChange{Role: &owner}, harang.CodeInvalidRequest},
		"short password":   {b.admin, b.clerk.ID, auth.UserChange{Password: new("short")}, harang.CodeInvalidRequest},
		"disable oneself":  {self, b.clerk.ID, auth.UserChange{Disabled: new(true)}, harang.CodeInvalidRequest},
		"demote oneself":   {self, b.clerk.ID, auth.UserChange{Role: &operator}, harang.CodeInvalidRequest},
	} {
		if _, err := b.UpdateUser(t.Context(), c.id, c.user, c.change); harang.ErrorCode(err) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFindUsers_ByAddressAndTenant(t *testing.T) {
	b := newBench(t)
	for _, name := range []string{"b", "a", "c"} {
		_, err := b.CreateUser(t.Context(), b.admin, auth.NewUser{Email: name + "@x.hu", Name: name, Role: harang.RoleAdmin, Password: "12345678"})
		if err != nil {
			t.Fatal(err)
		}
	}
	users, err := b.FindUsers(t.Context(), b.admin, "a@x.hu", 2)
	if err != nil {
		t.Fatal(err)
	}
	if len(users) != 2 || users[0].Email != "b@x.hu" || users[1].Email != "c@x.hu" {
		t.Fatalf("%+v", users)
	}
	u, err := b.FindUserByEmail(t.Context(), " A@X.hu")
	if err != nil || u.Email != "a@x.hu" || u.Tenant != "budapest" {
		t.Fatalf("%+v, %v", u, err)
	}
	_, err = b.FindUserByEmail(t.Context(), "nobody@x.hu")
	wantCode(t, err, harang.CodeNotFound)
}

func TestAPIKey_LifeAndEnd(t *testing.T) {
	b := newBench(t)
	ctx := t.Context()
	key, text, err := b.CreateAPIKey(ctx, b.admin, "webshop")
	if err != nil {
		t.Fatal(err)
	}
	if !auth.IsAPIKey(text) || len(text) != len(auth.APIKeyPrefix)+43 {
		t.Fatalf("key %q", text)
	}
	id, err := b.AuthenticateKey(ctx, text)
	if err != nil {
		t.Fatal(err)
	}
	want := harang.Identity{Tenant: "budapest", UserID: "key:" + key.ID, Name: "webshop", Role: harang.RoleService}
	if diff := cmp.Diff(want, id); diff != "" {
		t.Fatal(diff)
	}
	for _, wrong := range []string{"", text[:len(text)-1], text + "x", "hk_", strings.Repeat("h", 200), "hk_" + strings.Repeat("x", 200)} {
		_, err := b.AuthenticateKey(ctx, wrong)
		wantCode(t, err, harang.CodeUnauthenticated)
	}
	_, _, err = b.CreateAPIKey(ctx, b.admin, "")
	wantCode(t, err, harang.CodeInvalidRequest)
	keys, err := b.FindAPIKeys(ctx, b.admin, "", 10)
	if err != nil || len(keys) != 1 || keys[0].ID != key.ID || !keys[0].Revoked.IsZero() {
		t.Fatalf("%+v, %v", keys, err)
	}
	// Revoked here: at once.
	if err := b.RevokeAPIKey(ctx, b.admin, key.ID); err != nil {
		t.Fatal(err)
	}
	_, err = b.AuthenticateKey(ctx, text)
	wantCode(t, err, harang.CodeUnauthenticated)
	if err := b.RevokeAPIKey(ctx, b.admin, key.ID); err != nil {
		t.Fatal("twice:", err)
	}
	wantCode(t, b.RevokeAPIKey(ctx, harang.Identity{Tenant: "debrecen", Role: harang.RoleAdmin}, key.ID), harang.CodeNotFound)
}

func TestAPIKey_RevokedElsewhere(t *testing.T) {
	b := newBench(t)
	ctx := t.Context()
	key, text, err := b.CreateAPIKey(ctx, b.admin, "webshop")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.AuthenticateKey(ctx, text); err != nil {
		t.Fatal(err)
	}
	if err := b.store.RevokeAPIKey(ctx, "budapest", key.ID, b.clock.Now()); err != nil {
		t.Fatal(err)
	}
	b.clock.Move(500 * time.Millisecond)
	_, err = b.AuthenticateKey(ctx, text)
	wantCode(t, err, harang.CodeUnauthenticated)
}

func TestRandomPassword(t *testing.T) {
	seen := map[string]bool{}
	for range 100 {
		p := auth.RandomPassword()
		if auth.CheckPassword(p) != "" || len(p) != 20 || seen[p] {
			t.Fatalf("password %q", p)
		}
		seen[p] = true
	}
}
