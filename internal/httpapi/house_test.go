package httpapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/prometheus/client_golang/prometheus"

	"harang.dev/harang"
	"harang.dev/harang/internal/auth"
	"harang.dev/harang/internal/httpapi"
	"harang.dev/harang/internal/ingest"
	"harang.dev/harang/internal/sandbox"
	"harang.dev/harang/internal/shop"
	"harang.dev/harang/internal/store"
	"harang.dev/harang/internal/store/sqlite"
)

// house is the interface over a real database, on a clock that stands and with
// ids that count, so that answers are the same every time.
type house struct {
	t       *testing.T
	server  *httptest.Server
	store   *store.Store
	auth    *auth.Service
	options httpapi.Options

	mu  sync.Mutex // guards what follows
	now time.Time
	ids int
	// answered are the statuses that each described call answered.
	answered map[string][]int

	tokens map[harang.Role]string // of budapest
	apiKey string
}

const password = "harang-demo"

func (h *house) clock() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *house) move(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
}

func (h *house) newID() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ids++
	return fmt.Sprintf("0198f3a0-7c00-7000-8000-%012d", h.ids)
}

// books are the ports of the use cases over the store, as the program has them.
type books struct{ *store.Store }

func (b books) Within(ctx context.Context, fn func(shop.Tx) error) error {
	return b.Store.Within(ctx, func(tx *store.Tx) error { return fn(tx) })
}

func (b books) WithinLedger(ctx context.Context, fn func(shop.LedgerTx) error) error {
	return b.Store.Within(ctx, func(tx *store.Tx) error { return fn(tx) })
}

func (b books) AppendEvents(ctx context.Context, events []harang.Event) (appended []*harang.Appended, err error) {
	err = b.Store.Within(ctx, func(tx *store.Tx) error {
		appended = tx.Append(events...)
		return nil
	})
	return appended, err
}

// cards take payments as the sandbox does, without its patience.
type cards struct{ *sandbox.Provider }

func (c cards) FindProvider(context.Context, string, string) (string, shop.Provider, error) {
	return harang.ProviderSandbox, c.Provider, nil
}

func (c cards) OfferedCards(context.Context, string) ([]harang.Card, error) {
	return sandbox.Cards(), nil
}

// newHouse starts a house. change may change its options.
func newHouse(t *testing.T, change ...func(*httpapi.Options)) *house {
	t.Helper()
	h := &house{t: t, now: time.Date(2026, 3, 2, 13, 0, 0, 0, time.UTC), tokens: map[harang.Role]string{}, answered: map[string][]int{}}
	ctx := t.Context()
	var err error
	h.store, err = sqlite.Open(ctx, "sqlite:"+filepath.Join(t.TempDir(), "h.db"), store.Options{Clock: h.clock, NewID: h.newID})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.store.Close(); err != nil {
			t.Error(err)
		}
	})
	key, err := auth.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	cheap := argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}
	if h.auth, err = auth.New(h.store, key, auth.Options{Clock: h.clock, NewID: h.newID, HashParams: cheap}); err != nil {
		t.Fatal(err)
	}
	at := func(time.Duration) <-chan time.Time {
		c := make(chan time.Time)
		close(c)
		return c
	}
	b := books{h.store}
	tools := shop.LedgerTools{
		Tools:  shop.Tools{Books: b, Clock: h.clock, NewID: h.newID},
		Ledger: b, Providers: cards{sandbox.New(at)},
	}
	h.options = httpapi.Options{
		Auth: h.auth, Inventory: shop.NewInventory(tools.Tools), Catalogue: shop.NewCatalogue(tools.Tools),
		Notifications: shop.NewNotifications(tools.Tools), Dashboard: shop.NewDashboard(tools.Tools),
		Rentals: shop.NewRentals(tools), Payments: shop.NewPayments(tools), Requests: shop.NewRequests(tools), SelfCheck: shop.NewSelfCheck(tools.Tools),
		Intake: ingest.New(b, h.newID), Clock: h.clock, Registry: prometheus.NewRegistry(), Version: "1.2.3",
		Dependencies: []httpapi.Dependency{{Name: "database", Check: h.store.Ping}},
	}
	for _, f := range change {
		f(&h.options)
	}
	handler, err := httpapi.New(h.options)
	if err != nil {
		t.Fatal(err)
	}
	h.server = httptest.NewServer(handler)
	t.Cleanup(h.server.Close)
	h.furnish(ctx)
	return h
}

// furnish makes two tenants, people, a key, and a small catalogue.
func (h *house) furnish(ctx context.Context) {
	h.t.Helper()
	must := func(err error) {
		h.t.Helper()
		if err != nil {
			h.t.Fatal(err)
		}
	}
	for _, tenant := range []harang.Tenant{{ID: "budapest", Name: "Budapesti Gépkölcsönző Kft."}, {ID: "debrecen", Name: "Cívis Kölcsönző Kft."}} {
		must(h.store.CreateTenant(ctx, tenant))
		admin := harang.Identity{Tenant: tenant.ID, UserID: "cli:ADMIN", Role: harang.RoleAdmin}
		for _, u := range []auth.NewUser{
			{Email: "operator@" + tenant.ID + ".demo", Name: "Kiss Eszter", Role: harang.RoleOperator, Password: password},
			{Email: "manager@" + tenant.ID + ".demo", Name: "Nagy Péter", Role: harang.RoleStoreManager, Password: password},
			{Email: "admin@" + tenant.ID + ".demo", Name: "Szabó Judit", Role: harang.RoleAdmin, Password: password},
		} {
			_, err := h.auth.CreateUser(ctx, admin, u)
			must(err)
			if tenant.ID == "budapest" {
				h.tokens[u.Role] = h.login(u.Email)
			}
		}
		if tenant.ID == "budapest" {
			_, key, err := h.auth.CreateAPIKey(ctx, admin, "webshop")
			must(err)
			h.apiKey = key
			h.tokens[harang.RoleService] = key
		}
		c := h.options.Catalogue
		must(c.PutLocation(ctx, admin, harang.Location{ID: "vaci-ut", Name: "Váci út"}))
		must(c.PutPartner(ctx, admin, harang.Partner{ID: "alfa-epito", Name: "Alfa Építő Kft."}))
		must(c.PutProduct(ctx, admin, harang.Product{ID: "makita-hr2470", Name: "Makita HR2470 fúrókalapács", DailyPrice: 4900}))
		_, err := c.PutStock(ctx, admin, "makita-hr2470", "vaci-ut", shop.StockPut{Quantity: 4, WarningThreshold: 5, CriticalThreshold: 3})
		must(err)
	}
}

func (h *house) login(email string) string {
	h.t.Helper()
	g, err := h.auth.Login(h.t.Context(), email, password, "192.0.2.1")
	if err != nil {
		h.t.Fatal(err)
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
func (h *house) call(credential, method, path, body string, headers ...string) reply {
	h.t.Helper()
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	r, err := http.NewRequestWithContext(h.t.Context(), method, h.server.URL+path, reader)
	if err != nil {
		h.t.Fatal(err)
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
		h.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	name, err := describe(h.t, h.server.Config.Handler).holds(r, []byte(body), answer.StatusCode, answer.Header, text)
	if err != nil {
		h.t.Error(err)
	}
	h.mu.Lock()
	h.answered[name] = append(h.answered[name], answer.StatusCode)
	h.mu.Unlock()
	return reply{answer, text}
}

func (h *house) as(role harang.Role, method, path, body string, headers ...string) reply {
	h.t.Helper()
	return h.call(h.tokens[role], method, "/api/v1"+path, body, headers...)
}

// want fails unless the answer has this status and code ("" for none).
func (r reply) want(t *testing.T, status int, code harang.Code) reply {
	t.Helper()
	if r.StatusCode != status || r.code() != string(code) {
		t.Fatalf("%s %s: %d %q, want %d %q: %s", r.Request.Method, r.Request.URL.Path, r.StatusCode, r.code(), status, code, r.body)
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
