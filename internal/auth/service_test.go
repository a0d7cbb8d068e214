package auth_test

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"harang.dev/harang"
	"harang.dev/harang/internal/auth"
)

func TestService_LoginGivesAnIdentity(t *testing.T) {
	b := newBench(t)
	g := b.login(t)
	want := harang.Identity{
		Tenant: "budapest", TenantName: "Company budapest", UserID: b.clerk.ID, Name: "Kiss Eszter",
		Email: "clerk@budapest.demo", Role: harang.RoleOperator, SessionID: g.Identity.SessionID,
		Expires: b.clock.Now().Add(10 * time.Minute),
	}
	got, err := b.Authenticate(t.Context(), g.AccessToken)
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

func TestService_LoginRefuses(t *testing.T) {
	b := newBench(t)
	for name, try := range map[string][2]string{
		"wrong password": {"clerk@budapest.demo", "wrong horse"},
		"unknown user":   {"nobody@budapest.demo", password},
		"nothing":        {"", ""},
		"null byte":      {"clerk@budapest.demo\x00", password},
	} {
		_, err := b.Login(t.Context(), try[0], try[1], "192.0.2.1")
		if harang.ErrorCode(err) != harang.CodeInvalidCredentials {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := b.UpdateUser(t.Context(), b.admin, b.clerk.ID, auth.UserChange{Disabled: new(true)}); err != nil {
		t.Fatal(err)
	}
	_, err := b.Login(t.Context(), "clerk@budapest.demo", password, "192.0.2.1")
	wantCode(t, err, harang.CodeInvalidCredentials)
}

func TestService_LoginIsLimited(t *testing.T) {
	b := newBench(t)
	for range 10 {
		_, err := b.Login(t.Context(), "clerk@budapest.demo", "wrong horse", "192.0.2.1")
		wantCode(t, err, harang.CodeInvalidCredentials)
	}
	_, err := b.Login(t.Context(), "clerk@budapest.demo", password, "192.0.2.1")
	wantCode(t, err, harang.CodeRateLimited)
	if e := new(harang.Error); !errors.As(err, &e) || e.RetryAfter != 5*time.Minute {
		t.Fatalf("retry after %v", err)
	}
	// Another address is not locked out by it, and time heals.
	if _, err := b.Login(t.Context(), "clerk@budapest.demo", password, "192.0.2.2"); err != nil {
		t.Fatal(err)
	}
	b.clock.Move(5 * time.Minute)
	b.login(t)
	// Logins that succeed are not counted.
	for range 50 {
		b.login(t)
	}
}

func TestService_LimitsOfOneHostAndOneUser(t *testing.T) {
	b := newBench(t)
	// One IPv6 network guessing many users.
	for i := range 200 {
		_, err := b.Login(t.Context(), "user"+string(rune('a'+i%20))+string(rune('a'+i/20))+"@x.hu", "guess", "2001:db8::"+string(rune('1'+i%9)))
		wantCode(t, err, harang.CodeInvalidCredentials)
	}
	_, err := b.Login(t.Context(), "another@x.hu", "guess", "2001:db8::ffff")
	wantCode(t, err, harang.CodeRateLimited)
	// Many hosts guessing one user.
	for i := range 100 {
		_, err := b.Login(t.Context(), "clerk@budapest.demo", "guess", "198.51.100."+string(rune('0'+i%10))+string(rune('0'+i/10)))
		wantCode(t, err, harang.CodeInvalidCredentials)
	}
	_, err = b.Login(t.Context(), "clerk@budapest.demo", "guess", "203.0.113.9")
	wantCode(t, err, harang.CodeRateLimited)
}

func TestService_AuthenticateRefusesForgeries(t *testing.T) {
	b := newBench(t)
	good := b.login(t).AccessToken
	claims := func(change func(jwt.MapClaims)) jwt.MapClaims {
		c := jwt.MapClaims{
			"iss": "harang", "sub": "cli:ADMIN", "tenant": "budapest", "role": "ADMIN",
			"exp": b.clock.Now().Add(time.Hour).Unix(), "iat": b.clock.Now().Unix(),
		}
		if change != nil {
			change(c)
		}
		return c
	}
	hmac := func(c jwt.MapClaims) string {
		token := jwt.NewWithClaims(jwt.SigningMethodHS256, c)
		token.Header["kid"] = b.key.ID
		text, err := token.SignedString([]byte("secret"))
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","kid":"`+b.key.ID+`"}`)) + "." +
		base64.RawURLEncoding.EncodeToString([]byte(`{"iss":"harang","sub":"cli:ADMIN","tenant":"budapest","role":"ADMIN","exp":99999999999}`)) + "."
	other, err := auth.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	stranger, err := auth.New(b.store, other, auth.Options{Clock: b.clock.Now, NewID: func() string { return "id" }, HashParams: cheap})
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
		"payload exchanged": strings.Join([]string{strings.Split(good, ".")[0], strings.Split(none, ".")[1], strings.Split(good, ".")[2]}, "."),
	} {
		if _, err := b.Authenticate(t.Context(), token); harang.ErrorCode(err) != harang.CodeUnauthenticated {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestService_TokensExpire(t *testing.T) {
	b := newBench(t)
	g := b.login(t)
	for _, cached := range []bool{false, true} {
		if cached {
			if _, err := b.Authenticate(t.Context(), g.AccessToken); err != nil {
				t.Fatal(err)
			}
		}
	}
	b.clock.Move(10*time.Minute - time.Second)
	if _, err := b.Authenticate(t.Context(), g.AccessToken); err != nil {
		t.Fatal(err)
	}
	b.clock.Move(time.Second)
	_, err := b.Authenticate(t.Context(), g.AccessToken)
	wantCode(t, err, harang.CodeTokenExpired)
	// Not from the cache either.
	fresh, err := auth.New(b.store, b.key, auth.Options{Clock: b.clock.Now, NewID: func() string { return "x" }, HashParams: cheap})
	if err != nil {
		t.Fatal(err)
	}
	_, err = fresh.Authenticate(t.Context(), g.AccessToken)
	wantCode(t, err, harang.CodeTokenExpired)
}

func TestService_IssueToken(t *testing.T) {
	b := newBench(t)
	ctx := t.Context()
	token, err := b.IssueToken(ctx, "budapest", harang.RoleStoreManager, "", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	id, err := b.Authenticate(ctx, token)
	if err != nil {
		t.Fatal(err)
	}
	if id.UserID != "cli:STORE_MANAGER" || id.Role != harang.RoleStoreManager || id.Tenant != "budapest" || id.SessionID == "" {
		t.Fatalf("%+v", id)
	}
	if token, err = b.IssueToken(ctx, "budapest", harang.RoleOperator, b.clerk.ID, time.Hour); err != nil {
		t.Fatal(err)
	}
	// A user's token follows the user.
	if id, err = b.Authenticate(ctx, token); err != nil || id.UserID != b.clerk.ID || id.SessionID == "" {
		t.Fatalf("%+v, %v", id, err)
	}
	manager := harang.RoleStoreManager
	if _, err := b.UpdateUser(ctx, b.admin, b.clerk.ID, auth.UserChange{Role: &manager}); err != nil {
		t.Fatal(err)
	}
	if id, err = b.Authenticate(ctx, token); err != nil || id.Role != manager {
		t.Fatalf("%+v, %v", id, err)
	}
	_, err = b.IssueToken(ctx, "budapest", harang.RoleOperator, b.clerk.ID, time.Hour)
	wantCode(t, err, harang.CodeInvalidRequest)
	_, err = b.IssueToken(ctx, "debrecen", manager, b.clerk.ID, time.Hour)
	wantCode(t, err, harang.CodeNotFound)
	_, err = b.IssueToken(ctx, "szeged", manager, "", time.Hour)
	wantCode(t, err, harang.CodeNotFound)
	_, err = b.IssueToken(ctx, "budapest", harang.RoleService, "", time.Hour)
	wantCode(t, err, harang.CodeInvalidRequest)
	if _, err := b.UpdateUser(ctx, b.admin, b.clerk.ID, auth.UserChange{Disabled: new(true)}); err != nil {
		t.Fatal(err)
	}
	_, err = b.IssueToken(ctx, "budapest", manager, b.clerk.ID, time.Hour)
	wantCode(t, err, harang.CodeForbidden)
	_, err = b.Authenticate(ctx, token)
	wantCode(t, err, harang.CodeUnauthenticated)
}

func TestService_WithoutADatabase(t *testing.T) {
	b := newBench(t)
	g := b.login(t)
	key, text, err := b.CreateAPIKey(t.Context(), b.admin, "erp")
	if err != nil || key.Name != "erp" {
		t.Fatal(err)
	}
	cli, err := b.IssueToken(t.Context(), "budapest", harang.RoleAdmin, "", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	down, err := auth.New(downStore{}, b.key, auth.Options{Clock: b.clock.Now, NewID: func() string { return "x" }, HashParams: cheap})
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
	// A fault is not a failed login: it does not lock anybody out.
	for range 20 {
		_, err = down.Login(t.Context(), "clerk@budapest.demo", password, "192.0.2.1")
		wantCode(t, err, harang.CodeUnavailable)
	}
}

// switchStore can be taken away.
type switchStore struct {
	auth.UserStore
	away bool
}

func (b *switchStore) FindSubject(ctx context.Context, tenant, user, session string, now time.Time) (harang.Subject, error) {
	if b.away {
		return harang.Subject{}, errDown
	}
	return b.UserStore.FindSubject(ctx, tenant, user, session, now)
}

func (b *switchStore) FindTenantOfToken(ctx context.Context, tenant, token string) (harang.Tenant, bool, error) {
	if b.away {
		return harang.Tenant{}, false, errDown
	}
	return b.UserStore.FindTenantOfToken(ctx, tenant, token)
}

// While the database is away: the last judgement for a minute, then the token,
// and never who was refused.
func TestAuthenticate_BelievesWhileTheDatabaseIsAway(t *testing.T) {
	b := newBench(t)
	ctx := t.Context()
	users := &switchStore{UserStore: b.store}
	service, err := auth.New(users, b.key, auth.Options{Clock: b.clock.Now, NewID: func() string { return uuid.Must(uuid.NewV7()).String() }, HashParams: cheap})
	if err != nil {
		t.Fatal(err)
	}
	g, gone := b.login(t), b.login(t)
	manager := harang.RoleStoreManager
	if _, err := b.UpdateUser(ctx, b.admin, b.clerk.ID, auth.UserChange{Role: &manager}); err != nil {
		t.Fatal(err)
	}
	if id, err := service.Authenticate(ctx, g.AccessToken); err != nil || id.Unverified || id.Role != manager {
		t.Fatalf("%+v, %v", id, err)
	}
	if err := service.Logout(ctx, gone.Identity); err != nil {
		t.Fatal(err)
	}
	users.away = true
	b.clock.Move(time.Minute)
	if id, err := service.Authenticate(ctx, g.AccessToken); err != nil || !id.Unverified || id.Role != manager || id.Name != "Kiss Eszter" {
		t.Fatalf("within a minute: %+v, %v", id, err)
	}
	b.clock.Move(time.Second)
	if id, err := service.Authenticate(ctx, g.AccessToken); err != nil || !id.Unverified || id.Role != harang.RoleOperator {
		t.Fatalf("later: %+v, %v", id, err)
	}
	_, err = service.Authenticate(ctx, gone.AccessToken)
	wantCode(t, err, harang.CodeUnauthenticated)
	left, leave := context.WithCancel(ctx)
	leave()
	_, err = service.Authenticate(left, g.AccessToken)
	wantCode(t, err, harang.CodeUnavailable)
	users.away = false
	if id, err := service.Authenticate(ctx, g.AccessToken); err != nil || id.Unverified || id.Role != manager {
		t.Fatalf("back: %+v, %v", id, err)
	}
	if _, err := b.UpdateUser(ctx, b.admin, b.clerk.ID, auth.UserChange{Disabled: new(true)}); err != nil {
		t.Fatal(err)
	}
	_, err = service.Authenticate(ctx, g.AccessToken)
	wantCode(t, err, harang.CodeUnauthenticated)
	users.away = true
	_, err = service.Authenticate(ctx, g.AccessToken)
	wantCode(t, err, harang.CodeUnauthenticated)
}

// hookedSubjects let something happen between the reading of a subject and its answer.
type hookedSubjects struct {
	auth.UserStore
	meanwhile func()
}

func (b *hookedSubjects) FindSubject(ctx context.Context, tenant, user, session string, now time.Time) (harang.Subject, error) {
	s, err := b.UserStore.FindSubject(ctx, tenant, user, session, now)
	if meanwhile := b.meanwhile; meanwhile != nil {
		b.meanwhile = nil
		meanwhile()
	}
	return s, err
}

// A judgement that was under way when its login ended here does not make the
// node believe the login once the database is away.
func TestAuthenticate_LogoutMeanwhile(t *testing.T) {
	b := newBench(t)
	ctx := t.Context()
	slow := &hookedSubjects{UserStore: b.store}
	users := &switchStore{UserStore: slow}
	service, err := auth.New(users, b.key, auth.Options{Clock: b.clock.Now, NewID: func() string { return uuid.Must(uuid.NewV7()).String() }, HashParams: cheap})
	if err != nil {
		t.Fatal(err)
	}
	g := b.login(t)
	slow.meanwhile = func() {
		if err := service.Logout(ctx, g.Identity); err != nil {
			t.Error(err)
		}
	}
	if _, err := service.Authenticate(ctx, g.AccessToken); err != nil {
		t.Fatal(err)
	}
	users.away = true
	for range 2 {
		_, err = service.Authenticate(ctx, g.AccessToken)
		wantCode(t, err, harang.CodeUnauthenticated)
		b.clock.Move(time.Minute + time.Second)
	}
}
