package auth_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"harang.dev/harang"
	"harang.dev/harang/internal/auth"
)

func TestCreateUser_Refused(t *testing.T) {
	env := newEnv(t)
	good := auth.NewUser{Email: "new@budapest.demo", Name: "New", Role: harang.RoleAdmin, Password: "12345678"}
	for name, c := range map[string]struct {
		change func(*auth.NewUser)
		want   harang.Code
	}{
		"no address":   {func(n *auth.NewUser) { n.Email = "" }, harang.CodeInvalidRequest},
		"display name": {func(n *auth.NewUser) { n.Email = "New <new@budapest.demo>" }, harang.CodeInvalidRequest},
		"long address": {func(n *auth.NewUser) { n.Email = strings.Repeat("a", 250) + "@b.hu" },
			harang.CodeInvalidRequest},
		"no name":        {func(n *auth.NewUser) { n.Name = " " }, harang.CodeInvalidRequest},
		"hidden name":    {func(n *auth.NewUser) { n.Name = "Kiss\u202e Eszter" }, harang.CodeInvalidRequest},
		"hidden address": {func(n *auth.NewUser) { n.Email = "bo\u200blt@budapest.demo" }, harang.CodeInvalidRequest},
		"service":        {func(n *auth.NewUser) { n.Role = harang.RoleService }, harang.CodeInvalidRequest},
		"short password": {func(n *auth.NewUser) { n.Password = "1234567" }, harang.CodeInvalidRequest},
		"long password":  {func(n *auth.NewUser) { n.Password = strings.Repeat("x", 257) }, harang.CodeInvalidRequest},
		"no UTF-8":       {func(n *auth.NewUser) { n.Password = "12345678\xff" }, harang.CodeInvalidRequest},
		"taken":          {func(n *auth.NewUser) { n.Email = "OPERATOR@budapest.demo" }, harang.CodeConflict},
	} {
		n := good
		c.change(&n)
		if _, err := env.CreateUser(t.Context(), env.admin, n); harang.ErrorCode(err) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	foreign := env.admin
	foreign.Tenant = "szeged"
	_, err := env.CreateUser(t.Context(), foreign, good)
	wantCode(t, err, harang.CodeNotFound)
}

func TestAdministration_AdministratorsOnly(t *testing.T) {
	env := newEnv(t)
	for _, role := range []harang.Role{harang.RoleOperator, harang.RoleStoreManager, harang.RoleService, "OWNER", ""} {
		id := env.admin
		id.Role = role
		_, err := env.CreateUser(t.Context(), id, auth.NewUser{})
		wantCode(t, err, harang.CodeForbidden)
		_, err = env.UpdateUser(t.Context(), id, env.operator.ID, auth.UserChange{})
		wantCode(t, err, harang.CodeForbidden)
		_, err = env.FindUsers(t.Context(), id, "", 10)
		wantCode(t, err, harang.CodeForbidden)
		_, _, err = env.CreateAPIKey(t.Context(), id, auth.NewAPIKey{Name: "x"})
		wantCode(t, err, harang.CodeForbidden)
		_, err = env.FindAPIKeys(t.Context(), id, "", 10)
		wantCode(t, err, harang.CodeForbidden)
		wantCode(t, env.RevokeAPIKey(t.Context(), id, "x"), harang.CodeForbidden)
	}
}

func TestUpdateUser_ControlEvents(t *testing.T) {
	env := newEnv(t)
	ctx := t.Context()
	g := env.login(t)
	manager := harang.RoleStoreManager
	u, err := env.UpdateUser(ctx, env.admin, env.operator.ID, auth.UserChange{Role: &manager})
	if err != nil || u.Role != manager {
		t.Fatalf("%+v, %v", u, err)
	}
	// A changed role keeps the session and counts at once.
	id, err := env.Authenticate(ctx, g.AccessToken)
	if err != nil || id.Role != manager {
		t.Fatalf("%+v, %v", id, err)
	}
	// The same values again are no change.
	if _, err := env.UpdateUser(ctx, env.admin, env.operator.ID,
		auth.UserChange{Role: &manager, Disabled: new(false)}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"control.user"}, env.control(t)); diff != "" {
		t.Fatal(diff)
	}
	env.clock.Move(time.Second)
	if _, err := env.UpdateUser(ctx, env.admin, env.operator.ID, auth.UserChange{Disabled: new(true)}); err != nil {
		t.Fatal(err)
	}
	_, err = env.Authenticate(ctx, g.AccessToken)
	wantCode(t, err, harang.CodeUnauthenticated)
	_, err = env.Refresh(ctx, g.Refresh)
	wantCode(t, err, harang.CodeUnauthenticated)
	env.clock.Move(time.Second)
	if _, err := env.UpdateUser(ctx, env.admin, env.operator.ID, auth.UserChange{Disabled: new(false)}); err != nil {
		t.Fatal(err)
	}
	// Enabling the user does not bring old sessions back.
	_, err = env.Authenticate(ctx, g.AccessToken)
	wantCode(t, err, harang.CodeUnauthenticated)
	if diff := cmp.Diff([]string{"control.user", "control.user", "control.logout", "control.user"},
		env.control(t)); diff != "" {
		t.Fatal(diff)
	}
	env.clock.Move(time.Second)
	env.login(t)
}

func TestUpdateUser_NewPasswordEndsSessions(t *testing.T) {
	env := newEnv(t)
	ctx := t.Context()
	g, other := env.login(t), env.login(t)
	env.clock.Move(time.Second)
	const next = "another horse"
	if _, err := env.UpdateUser(ctx, env.admin, env.operator.ID, auth.UserChange{Password: new(next)}); err != nil {
		t.Fatal(err)
	}
	for _, token := range []string{g.AccessToken, other.AccessToken} {
		_, err := env.Authenticate(ctx, token)
		wantCode(t, err, harang.CodeUnauthenticated)
	}
	if diff := cmp.Diff([]string{"control.logout", "control.logout"}, env.control(t)); diff != "" {
		t.Fatal(diff)
	}
	env.clock.Move(time.Second)
	_, err := env.Login(ctx, login("operator@budapest.demo", password, "192.0.2.1"))
	wantCode(t, err, harang.CodeInvalidCredentials)
	if _, err := env.Login(ctx, login("operator@budapest.demo", next, "192.0.2.1")); err != nil {
		t.Fatal(err)
	}
}

func TestUpdateUser_Refused(t *testing.T) {
	env := newEnv(t)
	operatorRole, owner := harang.RoleOperator, harang.Role("OWNER")
	self := env.admin
	self.UserID = env.operator.ID
	for name, c := range map[string]struct {
		id     harang.Identity
		user   string
		change auth.UserChange
		want   harang.Code
	}{
		"unknown user": {env.admin, "nobody", auth.UserChange{Role: &operatorRole}, harang.CodeNotFound},
		"another tenant's": {harang.Identity{Tenant: "debrecen", Role: harang.RoleAdmin}, env.operator.ID,
			auth.UserChange{Role: &operatorRole}, harang.CodeNotFound},
		"unknown role": {env.admin, env.operator.ID, auth.UserChange{Role: &owner}, harang.CodeInvalidRequest},
		"short password": {env.admin, env.operator.ID, auth.UserChange{Password: new("short")},
			harang.CodeInvalidRequest},
		"disable oneself": {self, env.operator.ID, auth.UserChange{Disabled: new(true)}, harang.CodeInvalidRequest},
		"demote oneself":  {self, env.operator.ID, auth.UserChange{Role: &operatorRole}, harang.CodeInvalidRequest},
	} {
		if _, err := env.UpdateUser(t.Context(), c.id, c.user, c.change); harang.ErrorCode(err) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFindUsers(t *testing.T) {
	env := newEnv(t)
	for _, name := range []string{"b", "a", "c"} {
		_, err := env.CreateUser(t.Context(), env.admin,
			auth.NewUser{Email: name + "@x.hu", Name: name, Role: harang.RoleAdmin, Password: "12345678"})
		if err != nil {
			t.Fatal(err)
		}
	}
	users, err := env.FindUsers(t.Context(), env.admin, "a@x.hu", 2)
	if err != nil {
		t.Fatal(err)
	}
	if len(users) != 2 || users[0].Email != "b@x.hu" || users[1].Email != "c@x.hu" {
		t.Fatalf("%+v", users)
	}
	u, err := env.FindUserByEmail(t.Context(), " A@X.hu")
	if err != nil || u.Email != "a@x.hu" || u.Tenant != "budapest" {
		t.Fatalf("%+v, %v", u, err)
	}
	_, err = env.FindUserByEmail(t.Context(), "nobody@x.hu")
	wantCode(t, err, harang.CodeNotFound)
}

func TestAPIKey_Lifecycle(t *testing.T) {
	env := newEnv(t)
	ctx := t.Context()
	key, text, err := env.CreateAPIKey(ctx, env.admin, auth.NewAPIKey{Name: "webshop"})
	if err != nil {
		t.Fatal(err)
	}
	if !auth.IsAPIKey(text) || len(text) != len(auth.APIKeyPrefix)+43 {
		t.Fatalf("key %q", text)
	}
	id, err := env.AuthenticateKey(ctx, text)
	if err != nil {
		t.Fatal(err)
	}
	want := harang.Identity{Tenant: "budapest", UserID: "key:" + key.ID, Name: "webshop", Role: harang.RoleService,
		Scopes: harang.DefaultScopes}
	if diff := cmp.Diff(want, id); diff != "" {
		t.Fatal(diff)
	}
	for _, wrong := range []string{"", text[:len(text)-1], text + "x", "hk_", strings.Repeat("h", 200),
		"hk_" + strings.Repeat("x", 200)} {
		_, err := env.AuthenticateKey(ctx, wrong)
		wantCode(t, err, harang.CodeUnauthenticated)
	}
	_, _, err = env.CreateAPIKey(ctx, env.admin, auth.NewAPIKey{Name: ""})
	wantCode(t, err, harang.CodeInvalidRequest)
	keys, err := env.FindAPIKeys(ctx, env.admin, "", 10)
	if err != nil || len(keys) != 1 || keys[0].ID != key.ID || !keys[0].Revoked.IsZero() {
		t.Fatalf("%+v, %v", keys, err)
	}
	// On the node that revokes, the key ends at once.
	if err := env.RevokeAPIKey(ctx, env.admin, key.ID); err != nil {
		t.Fatal(err)
	}
	_, err = env.AuthenticateKey(ctx, text)
	wantCode(t, err, harang.CodeUnauthenticated)
	if err := env.RevokeAPIKey(ctx, env.admin, key.ID); err != nil {
		t.Fatal("twice:", err)
	}
	wantCode(t, env.RevokeAPIKey(ctx, harang.Identity{Tenant: "debrecen", Role: harang.RoleAdmin}, key.ID),
		harang.CodeNotFound)
}

func TestAPIKey_RevokedElsewhere(t *testing.T) {
	env := newEnv(t)
	ctx := t.Context()
	key, text, err := env.CreateAPIKey(ctx, env.admin, auth.NewAPIKey{Name: "webshop"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := env.AuthenticateKey(ctx, text); err != nil {
		t.Fatal(err)
	}
	if err := env.store.UpdateAPIKey(ctx, "budapest", key.ID, func(k *harang.APIKey) (auth.Trail, error) {
		k.Revoked = env.clock.Now()
		return auth.Trail{}, nil
	}); err != nil {
		t.Fatal(err)
	}
	env.clock.Move(500 * time.Millisecond)
	_, err = env.AuthenticateKey(ctx, text)
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
