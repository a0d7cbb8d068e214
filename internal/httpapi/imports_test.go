package httpapi_test

import (
	"context"
	"fmt"
	"io"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"harang.dev/harang"
	"harang.dev/harang/internal/auth"
	"harang.dev/harang/internal/httpapi"
	"harang.dev/harang/internal/shop"
)

const csvType = "Content-Type: text/csv; charset=utf-8"

func TestImports(t *testing.T) {
	e := newEnv(t)
	const file = "productId;productName;dailyPrice\nuj-1;Új gép;1 234,00 Ft\nmakita-hr2470;;\n"
	for _, preview := range []bool{true, true, false} {
		path := "/imports"
		if preview {
			path += "?dryRun=true"
		}
		got := e.as(harang.RoleAdmin, "POST", path, file, csvType).want(t, 200, "").json(t)
		changes, _ := got["changes"].([]any)
		if got["new"] != 1.0 || got["changed"] != 0.0 || got["untouched"] != 1.0 || len(changes) != 2 {
			t.Errorf("%s: %v", path, got)
		}
		status, code := 404, harang.CodeNotFound
		if !preview {
			status, code = 200, ""
		}
		e.as(harang.RoleAdmin, "GET", "/products/uj-1", "").want(t, status, code)
	}
	wrong := "productId;productName;dailyPrice\nuj-2;Új gép;sok\n" + strings.Repeat("uj-3;;x\n", 30)
	got := e.as(harang.RoleAdmin, "POST", "/imports?dryRun=true", wrong, csvType).want(t, 200, "").json(t)
	problems, _ := got["problems"].([]any)
	if len(problems) != 20 || got["moreProblems"] != 11.0 {
		t.Fatalf("%d problems, %v more", len(problems), got["moreProblems"])
	}
	if p, _ := problems[0].(map[string]any); p["line"] != 2.0 || p["column"] != "dailyPrice" || p["detail"] == "" {
		t.Errorf("%v", p)
	}
	refused := e.as(harang.RoleAdmin, "POST", "/imports", wrong, csvType).
		want(t, 422, harang.CodeInvalidRequest).json(t)
	if errs, _ := refused["errors"].([]any); len(errs) != 20 || refused["errorsTruncated"] != true {
		t.Errorf("%v", refused)
	}
	e.as(harang.RoleAdmin, "GET", "/products/uj-2", "").want(t, 404, harang.CodeNotFound)
	e.as(harang.RoleAdmin, "POST", "/imports?dryRun=maybe", file, csvType).want(t, 422, harang.CodeInvalidRequest)
	e.as(harang.RoleAdmin, "POST", "/imports", file, "Content-Type: application/json").
		want(t, 415, harang.CodeUnsupportedMedia)
	e.as(harang.RoleStoreManager, "POST", "/imports", file, csvType).want(t, 403, harang.CodeForbidden)
}

// onFirstRead is a body that calls a function when the server begins to read it.
type onFirstRead struct {
	io.Reader
	call func()
}

func (r *onFirstRead) Read(p []byte) (int, error) {
	if call := r.call; call != nil {
		r.call = nil
		call()
	}
	return r.Reader.Read(p)
}

// TestImports_Limit: a tenant has one import at a time and a node four, because each takes
// much memory; a preview is one. An import that ended, in whatever way, makes room.
func TestImports_Limit(t *testing.T) {
	e := newEnv(t)
	const file = "productId;productName\nuj-1;Új gép\n"
	tokens := []string{e.tokens[harang.RoleAdmin], e.login("admin@debrecen.demo")}
	for i := range 3 {
		tenant := harang.Tenant{ID: fmt.Sprintf("tenant-%d", i), Name: "Tenant"}
		if err := e.store.CreateTenant(t.Context(), tenant); err != nil {
			t.Fatal(err)
		}
		admin := harang.Identity{Tenant: tenant.ID, UserID: "cli:ADMIN", Role: harang.RoleAdmin}
		email := "admin@" + tenant.ID + ".demo"
		if _, err := e.auth.CreateUser(t.Context(), admin,
			auth.NewUser{Email: email, Name: "Admin", Role: harang.RoleAdmin, Password: password}); err != nil {
			t.Fatal(err)
		}
		tokens = append(tokens, e.login(email))
	}
	// begin imports for the tenants one within the other and calls inner when all have begun.
	var begin func(tokens []string, inner func())
	begin = func(tokens []string, inner func()) {
		if len(tokens) == 0 {
			inner()
			return
		}
		body := &onFirstRead{strings.NewReader(file), func() { begin(tokens[1:], inner) }}
		r := httptest.NewRequestWithContext(t.Context(), "POST", "/api/v1/imports?dryRun=true", body)
		r.Header.Set("Content-Type", "text/csv")
		r.Header.Set("Authorization", "Bearer "+tokens[0])
		w := httptest.NewRecorder()
		e.handler.ServeHTTP(w, r)
		if w.Code != 200 {
			t.Errorf("%d import(s) inside: %d %s", len(tokens)-1, w.Code, w.Body)
		}
	}
	send := func(token string) reply { return e.call(token, "POST", "/api/v1/imports", file, csvType) }
	for range 2 {
		begin(tokens[:1], func() {
			limited := send(tokens[0]).want(t, 429, harang.CodeRateLimited)
			if limited.Header.Get("Retry-After") != "5" {
				t.Errorf("again after %q", limited.Header.Get("Retry-After"))
			}
			send(tokens[1]).want(t, 200, "")
		})
		begin(tokens[:4], func() { send(tokens[4]).want(t, 429, harang.CodeRateLimited) })
		send(tokens[4]).want(t, 200, "")
	}
}

// TestCalls_OfOneUser: while a user has as many calls as one may have at once, the next
// one waits, and nobody else does.
func TestCalls_OfOneUser(t *testing.T) {
	e := newEnv(t)
	me := func(token string) reply { return e.call(token, "GET", "/api/v1/me", "") }
	const adjustment = `{"productId":"makita-hr2470","locationId":"vaci-ut","delta":1,"reason":"r"}`
	waited := make(chan reply)
	var begin func(calls int)
	begin = func(calls int) {
		if calls == 0 {
			go func() { waited <- me(e.tokens[harang.RoleOperator]) }()
			for range 20 {
				me(e.tokens[harang.RoleAdmin]).want(t, 200, "")
				e.call(e.apiKey, "POST", "/api/v1/inventory/adjustments", adjustment).want(t, 200, "")
			}
			select {
			case r := <-waited:
				t.Errorf("the seventeenth call was answered: %d %s", r.StatusCode, r.body)
			default:
			}
			return
		}
		body := &onFirstRead{strings.NewReader(adjustment), func() { begin(calls - 1) }}
		r := httptest.NewRequestWithContext(t.Context(), "POST", "/api/v1/inventory/adjustments", body)
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+e.tokens[harang.RoleOperator])
		w := httptest.NewRecorder()
		e.handler.ServeHTTP(w, r)
		if w.Code != 200 {
			t.Errorf("%d calls inside: %d %s", calls-1, w.Code, w.Body)
		}
	}
	begin(16)
	(<-waited).want(t, 200, "")
}

// countedWrites is a store that calls after with the number of each transaction.
type countedWrites struct {
	shop.Store
	writes int
	after  func(n int)
}

func (c *countedWrites) Within(ctx context.Context, fn func(tx shop.Tx) error) error {
	err := c.Store.Within(ctx, fn)
	c.writes++
	c.after(c.writes)
	return err
}

// TestImports_LoginEnds: a caller who is disabled, logged out or gets another role writes
// no further part of a file.
func TestImports_LoginEnds(t *testing.T) {
	var file strings.Builder
	file.WriteString("productId;productName\n")
	for i := range 1000 {
		fmt.Fprintf(&file, "uj-%03d;Új gép\n", i)
	}
	for name, tc := range map[string]struct {
		status int
		code   harang.Code
		end    func(e *env, admin, caller harang.Identity) error
	}{
		"disabled": {401, harang.CodeUnauthenticated, func(e *env, admin, caller harang.Identity) error {
			_, err := e.auth.UpdateUser(t.Context(), admin, caller.UserID, auth.UserChange{Disabled: new(true)})
			return err
		}},
		"role": {403, harang.CodeForbidden, func(e *env, admin, caller harang.Identity) error {
			role := harang.RoleOperator
			_, err := e.auth.UpdateUser(t.Context(), admin, caller.UserID, auth.UserChange{Role: &role})
			return err
		}},
		"logout": {401, harang.CodeUnauthenticated, func(e *env, _, caller harang.Identity) error {
			return e.auth.Logout(t.Context(), caller)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEnv(t)
			counted, options := &countedWrites{Store: e.store}, e.options
			options.Catalogue = shop.New(shop.Options{Store: counted}).Catalogue
			options.Registry = prometheus.NewRegistry()
			handler, err := httpapi.New(options)
			if err != nil {
				t.Fatal(err)
			}
			admin := harang.Identity{Tenant: "budapest", UserID: "cli:ADMIN", Role: harang.RoleAdmin}
			if _, err := e.auth.CreateUser(t.Context(), admin, auth.NewUser{
				Email: "second@budapest.demo", Name: "Second", Role: harang.RoleAdmin, Password: password,
			}); err != nil {
				t.Fatal(err)
			}
			token := e.login("second@budapest.demo")
			caller, err := e.auth.Authenticate(t.Context(), token)
			if err != nil {
				t.Fatal(err)
			}
			counted.after = func(n int) {
				if n != 2 {
					return
				}
				if err := tc.end(e, admin, caller); err != nil {
					t.Error(err)
				}
			}
			r := httptest.NewRequestWithContext(t.Context(), "POST", "/api/v1/imports",
				strings.NewReader(file.String()))
			r.Header.Set("Content-Type", "text/csv")
			r.Header.Set("Authorization", "Bearer "+token)
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			if w.Code != tc.status || !strings.Contains(w.Body.String(), string(tc.code)) {
				t.Errorf("%d %s, want %d %s", w.Code, w.Body, tc.status, tc.code)
			}
			if counted.writes != 2 {
				t.Errorf("%d transactions, want the two before", counted.writes)
			}
		})
	}
}
