package httpapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/prometheus/client_golang/prometheus"

	"harang.dev/harang"
	"harang.dev/harang/internal/auth"
	"harang.dev/harang/internal/health"
	"harang.dev/harang/internal/httpapi"
	"harang.dev/harang/internal/ingest"
	"harang.dev/harang/internal/sandbox"
	"harang.dev/harang/internal/shop"
	"harang.dev/harang/internal/store"
	"harang.dev/harang/internal/store/sqlite"
	"harang.dev/harang/internal/store/sqlite/sqlitetest"
)

// env is a served handler over a real database with a fixed clock and counted
// ids, so that its answers are the same in every run.
type env struct {
	*service
	t      *testing.T
	server *httptest.Server
	worst  worst // of the attacks

	mu  sync.Mutex // guards what follows
	now time.Time
	ids int
	// answered are the statuses that each described call answered.
	answered map[string][]int

	tokens map[harang.Role]string // of budapest
	apiKey string
}

const password = "harang-demo"

func (e *env) clock() time.Time {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.now
}

func (e *env) move(d time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.now = e.now.Add(d)
}

func (e *env) newID() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.ids++
	return fmt.Sprintf("0198f3a0-7c00-7000-8000-%012d", e.ids)
}

// cards charges as the sandbox does, without its delays.
type cards struct{ *sandbox.Provider }

func (c cards) FindProvider(context.Context, string, string) (string, shop.Provider, error) {
	return harang.ProviderSandbox, c.Provider, nil
}

func (c cards) OfferedCards(context.Context, string) ([]harang.Card, error) {
	return sandbox.Cards(), nil
}

// fixture is what the environments of these tests differ in.
type fixture struct {
	clock func() time.Time
	newID func() string
	// wait is how the sandbox waits before it answers tok_timeout.
	wait func(time.Duration) <-chan time.Time
	// change changes the handler's options. Nil changes none.
	change func(*httpapi.Options)
}

// service is the handler under test over a database of its own.
type service struct {
	store   *store.Store
	auth    *auth.Service
	shop    shop.Options
	options httpapi.Options
	handler http.Handler
}

func newService(t testing.TB, f fixture) *service {
	t.Helper()
	s := &service{}
	var err error
	s.store, err = sqlite.Open(t.Context(), "sqlite:"+sqlitetest.File(t), store.Options{Clock: f.clock, NewID: f.newID})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.store.Close(); err != nil {
			t.Error(err)
		}
	})
	key, err := auth.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	cheap := argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}
	if s.auth, err = auth.New(s.store, key, auth.Options{Clock: f.clock, NewID: f.newID,
		HashParams: cheap}); err != nil {
		t.Fatal(err)
	}
	s.shop = shop.Options{Store: s.store, Providers: cards{sandbox.New(f.wait)}, Clock: f.clock, NewID: f.newID}
	use := shop.New(s.shop)
	s.options = httpapi.Options{
		Auth: s.auth, Inventory: use.Inventory, Catalogue: use.Catalogue,
		Notifications: use.Notifications, Dashboard: use.Dashboard, Counter: use.Counter,
		Rentals: use.Rentals, Payments: use.Payments, Requests: use.Requests,
		SelfCheck: use.SelfCheck, Exports: use.Exports, Audit: use.Audit, Erasures: use.Erasures,
		Intake:          ingest.New(s.store, f.newID),
		CloseConnection: use.Connections.Close,
		Clock:           f.clock, Registry: prometheus.NewRegistry(), Version: "1.2.3", Build: "1.2.3+abc",
		Health: health.New(health.Options{
			Dependencies: []health.Dependency{{Name: "database", Check: s.store.Ping}}, Clock: f.clock,
		}),
	}
	s.options.Health.Check(t.Context())
	if f.change != nil {
		f.change(&s.options)
	}
	if s.handler, err = httpapi.New(s.options); err != nil {
		t.Fatal(err)
	}
	return s
}

// newEnv starts an environment. change may change the handler's options.
func newEnv(t *testing.T, change ...func(*httpapi.Options)) *env {
	t.Helper()
	e := &env{
		t:        t,
		now:      time.Date(2026, 3, 2, 13, 0, 0, 0, time.UTC),
		tokens:   map[harang.Role]string{},
		answered: map[string][]int{},
	}
	e.service = newService(t, fixture{
		clock: e.clock, newID: e.newID,
		wait: func(time.Duration) <-chan time.Time {
			c := make(chan time.Time)
			close(c)
			return c
		},
		change: func(o *httpapi.Options) {
			for _, f := range change {
				f(o)
			}
		},
	})
	e.server = httptest.NewServer(e.handler)
	t.Cleanup(e.server.Close)
	e.seed(t.Context())
	return e
}

// seed creates two tenants, users, an API key, and a small catalogue.
func (e *env) seed(ctx context.Context) {
	e.t.Helper()
	must := func(err error) {
		e.t.Helper()
		if err != nil {
			e.t.Fatal(err)
		}
	}
	for _, tenant := range []harang.Tenant{{ID: "budapest", Name: "Budapesti Gépkölcsönző Kft."},
		{ID: "debrecen", Name: "Cívis Kölcsönző Kft."}} {
		must(e.store.CreateTenant(ctx, tenant))
		admin := harang.Identity{Tenant: tenant.ID, UserID: "cli:ADMIN", Role: harang.RoleAdmin}
		for _, u := range []auth.NewUser{
			{Email: "operator@" + tenant.ID + ".demo", Name: "Kiss Eszter", Role: harang.RoleOperator,
				Password: password},
			{Email: "manager@" + tenant.ID + ".demo", Name: "Nagy Péter", Role: harang.RoleStoreManager,
				Password: password},
			{Email: "admin@" + tenant.ID + ".demo", Name: "Szabó Judit", Role: harang.RoleAdmin, Password: password},
		} {
			_, err := e.auth.CreateUser(ctx, admin, u)
			must(err)
			if tenant.ID == "budapest" {
				e.tokens[u.Role] = e.login(u.Email)
			}
		}
		if tenant.ID == "budapest" {
			_, key, err := e.auth.CreateAPIKey(ctx, admin, auth.NewAPIKey{Name: "webshop"})
			must(err)
			e.apiKey = key
			e.tokens[harang.RoleService] = key
		}
		c := e.options.Catalogue
		must(c.PutLocation(ctx, admin, harang.Location{ID: "vaci-ut", Name: "Váci út"}))
		must(c.PutPartner(ctx, admin, harang.Partner{ID: "alfa-epito", Name: "Alfa Építő Kft."}))
		must(
			c.PutProduct(ctx, admin,
				harang.Product{ID: "makita-hr2470", Name: "Makita HR2470 fúrókalapács", DailyPrice: 4900}),
		)
		_, err := c.PutStock(ctx, admin, "makita-hr2470", "vaci-ut",
			shop.StockPut{Quantity: 4, WarningThreshold: 5, CriticalThreshold: 3})
		must(err)
	}
}

func (e *env) login(email string) string {
	e.t.Helper()
	g, err := e.auth.Login(e.t.Context(), auth.LoginRequest{Email: email, Password: password, Address: "192.0.2.1"})
	if err != nil {
		e.t.Fatal(err)
	}
	return g.AccessToken
}

// reply is an answer that was read.
type reply struct {
	*http.Response
	body []byte
}

// json reads the answer into a map.
func (r reply) json(t *testing.T) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal(r.body, &m); err != nil {
		t.Fatalf("%d %s: %v", r.StatusCode, r.body, err)
	}
	return m
}

// code is the problem's code, "" when it is none.
func (r reply) code() string {
	var p struct {
		Code string `json:"code"`
	}
	_ = json.Unmarshal(r.body, &p)
	return p.Code
}

// call makes a call with a credential ("" for none). Headers are "Name: value".
func (e *env) call(credential, method, path, body string, headers ...string) reply {
	e.t.Helper()
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	r, err := http.NewRequestWithContext(e.t.Context(), method, e.server.URL+path, reader)
	if err != nil {
		e.t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if credential != "" {
		r.Header.Set("Authorization", "Bearer "+credential)
	}
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		r.Header.Set(name, value)
	}
	// Not the default transport, which would ask for gzip by itself.
	answer, err := (&http.Transport{DisableCompression: true, DisableKeepAlives: true}).RoundTrip(r)
	if err != nil {
		e.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		e.t.Fatal(err)
	}
	name, err := describe(e.t, e.server.Config.Handler).check(r, []byte(body), answer.StatusCode, answer.Header, text)
	if err != nil {
		e.t.Error(err)
	}
	e.mu.Lock()
	e.answered[name] = append(e.answered[name], answer.StatusCode)
	e.mu.Unlock()
	return reply{answer, text}
}

func (e *env) as(role harang.Role, method, path, body string, headers ...string) reply {
	e.t.Helper()
	return e.call(e.tokens[role], method, "/api/v1"+path, body, headers...)
}

// want fails unless the answer has this status and code ("" for none).
func (r reply) want(t *testing.T, status int, code harang.Code) reply {
	t.Helper()
	if r.StatusCode != status || r.code() != string(code) {
		t.Fatalf("%s %s: %d %q, want %d %q: %s", r.Request.Method, r.Request.URL.Path, r.StatusCode,
			r.code(), status, code, r.body)
	}
	if code != "" && r.Header.Get("Content-Type") != "application/problem+json" {
		t.Fatalf("a problem of type %q", r.Header.Get("Content-Type"))
	}
	return r
}

// fields are the names of the fields that a problem says are wrong.
func (r reply) fields(t *testing.T) string {
	t.Helper()
	var p struct {
		Errors []harang.FieldError `json:"errors"`
	}
	if err := json.Unmarshal(r.body, &p); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range p.Errors {
		names = append(names, e.Field)
	}
	return strings.Join(names, " ")
}

func indented(t *testing.T, body []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := json.Indent(&out, body, "", "  "); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	return append(bytes.TrimSpace(out.Bytes()), '\n')
}
