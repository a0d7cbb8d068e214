package auth_test

import (
	"context"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"harang.dev/harang"
	"harang.dev/harang/internal/auth"
)

func TestLogin_Identity(t *testing.T) {
	env := newEnv(t)
	g := env.login(t)
	want := harang.Identity{
		Tenant: "budapest", TenantName: "Company budapest", UserID: env.operator.ID, Name: "Kiss Eszter",
		Email: "operator@budapest.demo", Role: harang.RoleOperator, SessionID: g.Identity.SessionID,
		Expires: env.clock.Now().Add(10 * time.Minute), Confirmed: env.clock.Now(),
	}
	got, err := env.Authenticate(t.Context(), g.AccessToken)
	if err != nil {
		t.Fatal(err)
	}
	got.Expires = got.Expires.UTC()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
	if g.ExpiresIn != 10*time.Minute || g.Identity.SessionID == "" {
		t.Fatalf("grant %+v", g)
	}
}

func TestAuthenticate_Forgeries(t *testing.T) {
	env := newEnv(t)
	good := env.login(t).AccessToken
	claims := func(change func(jwt.MapClaims)) jwt.MapClaims {
		c := jwt.MapClaims{
			"iss": "harang", "sub": "cli:ADMIN", "tenant": "budapest", "role": "ADMIN",
			"exp": env.clock.Now().Add(time.Hour).Unix(), "iat": env.clock.Now().Unix(),
		}
		if change != nil {
			change(c)
		}
		return c
	}
	hmac := func(c jwt.MapClaims) string {
		token := jwt.NewWithClaims(jwt.SigningMethodHS256, c)
		token.Header["kid"] = env.key.ID
		text, err := token.SignedString([]byte("secret"))
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","kid":"`+env.key.ID+`"}`)) + "." +
		base64.RawURLEncoding.EncodeToString([]byte(
			`{"iss":"harang","sub":"cli:ADMIN","tenant":"budapest","role":"ADMIN","exp":99999999999}`)) + "."
	other, err := auth.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	stranger, err := auth.New(env.store, other, auth.Options{Clock: env.clock.Now,
		NewID: func() string { return "id" }, HashParams: cheap})
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := stranger.IssueToken(t.Context(), "budapest", harang.RoleAdmin, "", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	for name, token := range map[string]string{
		"empty": "", "garbage": "a.b.c", "huge": strings.Repeat("a", 1<<20), "cut": good[:len(good)-4],
		"hmac": hmac(claims(nil)), "none": none, "another installation's": foreign,
		"payload exchanged": strings.Join([]string{strings.Split(good, ".")[0], strings.Split(none, ".")[1],
			strings.Split(good, ".")[2]}, "."),
	} {
		if _, err := env.Authenticate(t.Context(), token); harang.ErrorCode(err) != harang.CodeUnauthenticated {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAuthenticate_Expiry(t *testing.T) {
	env := newEnv(t)
	g := env.login(t)
	for _, cached := range []bool{false, true} {
		if cached {
			if _, err := env.Authenticate(t.Context(), g.AccessToken); err != nil {
				t.Fatal(err)
			}
		}
	}
	env.clock.Move(10*time.Minute - time.Second)
	if _, err := env.Authenticate(t.Context(), g.AccessToken); err != nil {
		t.Fatal(err)
	}
	env.clock.Move(time.Second)
	_, err := env.Authenticate(t.Context(), g.AccessToken)
	wantCode(t, err, harang.CodeTokenExpired)
	// A node that has not verified it before answers the same.
	fresh, err := auth.New(env.store, env.key, auth.Options{Clock: env.clock.Now,
		NewID: func() string { return "x" }, HashParams: cheap})
	if err != nil {
		t.Fatal(err)
	}
	_, err = fresh.Authenticate(t.Context(), g.AccessToken)
	wantCode(t, err, harang.CodeTokenExpired)
}

func TestIssueToken(t *testing.T) {
	env := newEnv(t)
	ctx := t.Context()
	token, err := env.IssueToken(ctx, "budapest", harang.RoleStoreManager, "", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	id, err := env.Authenticate(ctx, token)
	if err != nil {
		t.Fatal(err)
	}
	if id.UserID != "cli:STORE_MANAGER" || id.Role != harang.RoleStoreManager || id.Tenant != "budapest" ||
		id.SessionID == "" {
		t.Fatalf("%+v", id)
	}
	if token, err = env.IssueToken(ctx, "budapest", harang.RoleOperator, env.operator.ID, time.Hour); err != nil {
		t.Fatal(err)
	}
	// A token with a user depends on the user's state.
	if id, err = env.Authenticate(ctx, token); err != nil || id.UserID != env.operator.ID || id.SessionID == "" {
		t.Fatalf("%+v, %v", id, err)
	}
	manager := harang.RoleStoreManager
	if _, err := env.UpdateUser(ctx, env.admin, env.operator.ID, auth.UserChange{Role: &manager}); err != nil {
		t.Fatal(err)
	}
	if id, err = env.Authenticate(ctx, token); err != nil || id.Role != manager {
		t.Fatalf("%+v, %v", id, err)
	}
	_, err = env.IssueToken(ctx, "budapest", harang.RoleOperator, env.operator.ID, time.Hour)
	wantCode(t, err, harang.CodeInvalidRequest)
	_, err = env.IssueToken(ctx, "debrecen", manager, env.operator.ID, time.Hour)
	wantCode(t, err, harang.CodeNotFound)
	_, err = env.IssueToken(ctx, "szeged", manager, "", time.Hour)
	wantCode(t, err, harang.CodeNotFound)
	_, err = env.IssueToken(ctx, "budapest", harang.RoleService, "", time.Hour)
	wantCode(t, err, harang.CodeInvalidRequest)
	if _, err := env.UpdateUser(ctx, env.admin, env.operator.ID, auth.UserChange{Disabled: new(true)}); err != nil {
		t.Fatal(err)
	}
	_, err = env.IssueToken(ctx, "budapest", manager, env.operator.ID, time.Hour)
	wantCode(t, err, harang.CodeForbidden)
	_, err = env.Authenticate(ctx, token)
	wantCode(t, err, harang.CodeUnauthenticated)
}

func TestService_DatabaseUnavailable(t *testing.T) {
	env := newEnv(t)
	g := env.login(t)
	key, text, err := env.CreateAPIKey(t.Context(), env.admin, auth.NewAPIKey{Name: "erp"})
	if err != nil || key.Name != "erp" {
		t.Fatal(err)
	}
	cli, err := env.IssueToken(t.Context(), "budapest", harang.RoleAdmin, "", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	down, err := auth.New(downStore{}, env.key, auth.Options{Clock: env.clock.Now,
		NewID: func() string { return "x" }, HashParams: cheap})
	if err != nil {
		t.Fatal(err)
	}
	for _, token := range []string{g.AccessToken, cli} {
		if id, err := down.Authenticate(t.Context(), token); err != nil || !id.Unverified || id.Tenant != "budapest" {
			t.Fatalf("%+v, %v", id, err)
		}
	}
	_, err = down.AuthenticateKey(t.Context(), text)
	wantCode(t, err, harang.CodeUnavailable)
	_, err = down.Refresh(t.Context(), g.Refresh)
	wantCode(t, err, harang.CodeUnavailable)
	// A failure of the database does not count as a failed login.
	for range 20 {
		_, err = down.Login(t.Context(), login("operator@budapest.demo", password, "192.0.2.1"))
		wantCode(t, err, harang.CodeUnavailable)
	}
}

// switchStore fails while unavailable is set.
type switchStore struct {
	auth.UserStore
	unavailable bool
}

func (env *switchStore) FindSubject(ctx context.Context, tenant, user, session string,
	now time.Time) (auth.Subject, error) {
	if env.unavailable {
		return auth.Subject{}, errDown
	}
	return env.UserStore.FindSubject(ctx, tenant, user, session, now)
}

func (env *switchStore) FindTenantOfToken(ctx context.Context, tenant, token string) (harang.Tenant, bool, error) {
	if env.unavailable {
		return harang.Tenant{}, false, errDown
	}
	return env.UserStore.FindTenantOfToken(ctx, tenant, token)
}

func (env *switchStore) CountFailedLogins(ctx context.Context, failed []harang.FailedLogins) error {
	if env.unavailable {
		return errDown
	}
	return env.UserStore.CountFailedLogins(ctx, failed)
}

// While the database is unavailable: the last outcome counts for a minute, then the token; a refused login stays
// refused.
func TestAuthenticate_DatabaseUnavailable(t *testing.T) {
	env := newEnv(t)
	ctx := t.Context()
	users := &switchStore{UserStore: env.store}
	service, err := auth.New(users, env.key, auth.Options{Clock: env.clock.Now,
		NewID: func() string { return uuid.Must(uuid.NewV7()).String() }, HashParams: cheap})
	if err != nil {
		t.Fatal(err)
	}
	g, gone := env.login(t), env.login(t)
	manager := harang.RoleStoreManager
	if _, err := env.UpdateUser(ctx, env.admin, env.operator.ID, auth.UserChange{Role: &manager}); err != nil {
		t.Fatal(err)
	}
	if id, err := service.Authenticate(ctx, g.AccessToken); err != nil || id.Unverified || id.Role != manager {
		t.Fatalf("%+v, %v", id, err)
	}
	if err := service.Logout(ctx, gone.Identity); err != nil {
		t.Fatal(err)
	}
	users.unavailable = true
	env.clock.Move(time.Minute)
	if id, err := service.Authenticate(ctx, g.AccessToken); err != nil || !id.Unverified || id.Role != manager ||
		id.Name != "Kiss Eszter" {
		t.Fatalf("within a minute: %+v, %v", id, err)
	}
	env.clock.Move(time.Second)
	if id, err := service.Authenticate(ctx, g.AccessToken); err != nil || !id.Unverified ||
		id.Role != harang.RoleOperator {
		t.Fatalf("later: %+v, %v", id, err)
	}
	_, err = service.Authenticate(ctx, gone.AccessToken)
	wantCode(t, err, harang.CodeUnauthenticated)
	left, leave := context.WithCancel(ctx)
	leave()
	_, err = service.Authenticate(left, g.AccessToken)
	wantCode(t, err, harang.CodeUnavailable)
	users.unavailable = false
	if id, err := service.Authenticate(ctx, g.AccessToken); err != nil || id.Unverified || id.Role != manager {
		t.Fatalf("back: %+v, %v", id, err)
	}
	if _, err := env.UpdateUser(ctx, env.admin, env.operator.ID, auth.UserChange{Disabled: new(true)}); err != nil {
		t.Fatal(err)
	}
	_, err = service.Authenticate(ctx, g.AccessToken)
	wantCode(t, err, harang.CodeUnauthenticated)
	users.unavailable = true
	_, err = service.Authenticate(ctx, g.AccessToken)
	wantCode(t, err, harang.CodeUnauthenticated)
}

// hookedSubjects calls meanwhile once, between the reading of a subject and its return.
type hookedSubjects struct {
	auth.UserStore
	meanwhile func()
}

func (env *hookedSubjects) FindSubject(ctx context.Context, tenant, user, session string,
	now time.Time) (auth.Subject, error) {
	s, err := env.UserStore.FindSubject(ctx, tenant, user, session, now)
	if meanwhile := env.meanwhile; meanwhile != nil {
		env.meanwhile = nil
		meanwhile()
	}
	return s, err
}

// An authentication that was in progress when its login ended on this node does not make the node trust the login
// once the database is unavailable.
func TestAuthenticate_LogoutDuringAuthentication(t *testing.T) {
	env := newEnv(t)
	ctx := t.Context()
	slow := &hookedSubjects{UserStore: env.store}
	users := &switchStore{UserStore: slow}
	service, err := auth.New(users, env.key, auth.Options{Clock: env.clock.Now,
		NewID: func() string { return uuid.Must(uuid.NewV7()).String() }, HashParams: cheap})
	if err != nil {
		t.Fatal(err)
	}
	g := env.login(t)
	slow.meanwhile = func() {
		if err := service.Logout(ctx, g.Identity); err != nil {
			t.Error(err)
		}
	}
	if _, err := service.Authenticate(ctx, g.AccessToken); err != nil {
		t.Fatal(err)
	}
	users.unavailable = true
	for range 2 {
		_, err = service.Authenticate(ctx, g.AccessToken)
		wantCode(t, err, harang.CodeUnauthenticated)
		env.clock.Move(time.Minute + time.Second)
	}
}
