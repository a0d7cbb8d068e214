package auth_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/google/uuid"

	"harang.dev/harang"
	"harang.dev/harang/internal/auth"
	"harang.dev/harang/internal/store"
	"harang.dev/harang/internal/store/sqlite"
	"harang.dev/harang/internal/store/sqlite/sqlitetest"
)

// cheap are hash costs for tests.
var cheap = argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// clock stops until it is moved.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// testEnv is a service over a real database, with a tenant, an administrator and an operator.
type testEnv struct {
	*auth.Service
	store    *store.Store
	clock    *clock
	admin    harang.Identity
	operator harang.User
	key      *auth.Key
}

const password = "correct horse"

func newEnv(t *testing.T) *testEnv {
	t.Helper()
	ctx := t.Context()
	env := &testEnv{clock: &clock{now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}}
	newID := func() string { return uuid.Must(uuid.NewV7()).String() }
	var err error
	env.store, err = sqlite.Open(ctx, "sqlite:"+sqlitetest.File(t), store.Options{Clock: env.clock.Now, NewID: newID})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := env.store.Close(); err != nil {
			t.Error(err)
		}
	})
	if env.key, err = auth.NewKey(); err != nil {
		t.Fatal(err)
	}
	env.Service, err = auth.New(env.store, env.key, auth.Options{Clock: env.clock.Now, NewID: newID, HashParams: cheap})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"budapest", "debrecen"} {
		if err := env.store.CreateTenant(ctx, harang.Tenant{ID: id, Name: "Company " + id}); err != nil {
			t.Fatal(err)
		}
	}
	env.admin = harang.Identity{Tenant: "budapest", UserID: "cli:ADMIN", Role: harang.RoleAdmin}
	env.operator, err = env.CreateUser(ctx, env.admin,
		auth.NewUser{Email: "Operator@Budapest.demo ", Name: "Kiss Eszter", Role: harang.RoleOperator,
			Password: password})
	if err != nil {
		t.Fatal(err)
	}
	env.clock.Move(time.Minute)
	return env
}

// login is a login of a browser that is new and has no session.
func login(email, password, address string) auth.LoginRequest {
	return auth.LoginRequest{Email: email, Password: password, Address: address}
}

// login logs the operator in.
func (env *testEnv) login(t *testing.T) auth.Grant {
	t.Helper()
	g, err := env.Login(t.Context(), login("operator@budapest.demo", password, "192.0.2.1"))
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// control returns the types of the tenant's control entries, without those of new logins.
func (env *testEnv) control(t *testing.T) []string {
	t.Helper()
	entries, err := env.store.EntriesAfter(t.Context(),
		harang.FeedID{Tenant: "budapest", Audience: harang.AudienceControl}, 0, 5000)
	if err != nil {
		t.Fatal(err)
	}
	types := make([]string, 0, len(entries))
	for _, e := range entries {
		if e.Type != harang.NewLoginType.Name {
			types = append(types, e.Type)
		}
	}
	return types
}

func wantCode(t *testing.T, err error, want harang.Code) {
	t.Helper()
	if got := harang.ErrorCode(err); got != want {
		t.Fatalf("code %q (%v), want %q", got, err, want)
	}
}

// downStore is a database that cannot be reached.
type downStore struct{ auth.UserStore }

var errDown = harang.Wrap(harang.CodeUnavailable, errors.New("no route"), "the database is not available")

func (downStore) FindTenant(context.Context, string) (harang.Tenant, error) {
	return harang.Tenant{}, errDown
}

func (downStore) FindTenantOfToken(context.Context, string, string) (harang.Tenant, bool, error) {
	return harang.Tenant{}, false, errDown
}

func (downStore) FindCredentials(context.Context, string) (auth.Credentials, error) {
	return auth.Credentials{}, errDown
}

func (downStore) FindSubject(context.Context, string, string, string, time.Time) (auth.Subject, error) {
	return auth.Subject{}, errDown
}

func (downStore) FindAPIKey(context.Context, [32]byte) (harang.APIKey, error) {
	return harang.APIKey{}, errDown
}

func (downStore) EndToken(
	context.Context, string, string, time.Time, harang.Event, ...harang.AuditEntry,
) error {
	return errDown
}

func (downStore) UpdateSession(context.Context, string, string, func(*harang.Session) (auth.Trail, error)) error {
	return errDown
}
