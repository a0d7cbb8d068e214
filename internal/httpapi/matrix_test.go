package httpapi_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"harang.dev/harang"
	"harang.dev/harang/internal/auth"
)

// The callers of the matrix: the three roles, an API key and a display.
const (
	everybody = "OPERATOR STORE_MANAGER ADMIN"
	managers  = "STORE_MANAGER ADMIN"
	admins    = "ADMIN"
	loaders   = "ADMIN KEY"
	counters  = "OPERATOR STORE_MANAGER ADMIN KEY"
	keys      = "KEY"
	screens   = "OPERATOR STORE_MANAGER ADMIN DISPLAY"
	public    = "PUBLIC"
)

// matrix is who may call what, as the contract has it, word for word.
var matrix = map[string]string{
	"POST /auth/login":   public,
	"POST /auth/refresh": public,
	"GET /auth/session":  public,
	"POST /auth/logout":  public,
	"POST /auth/display": public,
	"GET /me":            screens,
	"GET /counter":       screens,

	"PATCH /me":                 everybody,
	"POST /me/password":         everybody,
	"GET /me/sessions":          everybody,
	"DELETE /me/sessions":       everybody,
	"DELETE /me/sessions/{id}":  everybody,
	"POST /auth/reauthenticate": everybody,

	"GET /dashboard/summary": everybody,
	"GET /locations":         everybody,
	"GET /partners":          everybody,
	"POST /partners":         everybody,
	"GET /partners/{id}":     everybody,
	"PATCH /partners/{id}":   everybody,

	"GET /partners/{id}/rentals": everybody,
	"GET /products":              everybody,
	"GET /products/{id}":         everybody,

	"GET /inventory/stock":                                  everybody,
	"GET /inventory/stock/{productId}/{locationId}":         everybody,
	"GET /inventory/alerts":                                 everybody,
	"GET /inventory/stock/{productId}/{locationId}/history": everybody,
	"GET /inventory/stock/{productId}/{locationId}/returns": everybody,
	// Managers with a subject: TestAudit_Managers.
	"GET /audit":                                      admins,
	"GET /exports/audit.csv":                          admins,
	"GET /exports/stock.csv":                          everybody,
	"GET /exports/products.csv":                       everybody,
	"GET /exports/partners.csv":                       everybody,
	"GET /exports/locations.csv":                      everybody,
	"GET /exports/notifications.csv":                  everybody,
	"GET /exports/rentals.csv":                        everybody,
	"GET /exports/payments.csv":                       managers,
	"GET /exports/revenue.csv":                        managers,
	"GET /reports/revenue":                            managers,
	"POST /imports":                                   admins,
	"POST /inventory/adjustments":                     counters,
	"PATCH /inventory/stock/{productId}/{locationId}": everybody,
	"PUT /inventory/stock/{productId}/{locationId}":   loaders,
	"PUT /locations/{id}":                             loaders,
	"PUT /partners/{id}":                              loaders,
	"PUT /products/{id}":                              loaders,

	"POST /rentals":             everybody,
	"GET /rentals":              everybody,
	"GET /rentals/{id}":         everybody,
	"POST /rentals/{id}/return": everybody,
	"POST /rentals/{id}/extend": everybody,
	"POST /rentals/{id}/cancel": everybody,

	"GET /refunds":             managers,
	"POST /refunds/{id}/retry": everybody,

	"POST /payments":                        everybody,
	"GET /payments":                         managers,
	"GET /payments/failures":                managers,
	"GET /partners/{id}/cards":              everybody,
	"POST /partners/{id}/erase":             admins,
	"PUT /partners/{id}/cards/{token}":      loaders,
	"DELETE /partners/{id}/cards/{token}":   loaders,
	"GET /notifications":                    everybody,
	"POST /notifications/read":              everybody,
	"POST /notifications/{eventId}/claim":   everybody,
	"DELETE /notifications/{eventId}/claim": everybody,

	"POST /self-check/alert": everybody,
	"POST /client-errors":    public,

	"POST /events": keys,

	"GET /admin/users":               admins,
	"POST /admin/users":              admins,
	"PATCH /admin/users/{id}":        admins,
	"POST /admin/users/{id}/erase":   admins,
	"GET /admin/api-keys":            admins,
	"POST /admin/api-keys":           admins,
	"PATCH /admin/api-keys/{id}":     admins,
	"DELETE /admin/api-keys/{id}":    admins,
	"GET /admin/displays":            admins,
	"POST /admin/displays":           admins,
	"DELETE /admin/displays/{id}":    admins,
	"GET /admin/connections":         admins,
	"DELETE /admin/connections/{id}": admins,
	"GET /admin/events/{id}/journey": admins,
}

// TestMatrix_Routes calls every route of the interface as each role, with an API key, as a display
// and without a credential. A call that the matrix allows may fail, but not with 401
// or 403.
func TestMatrix_Routes(t *testing.T) {
	s := newRentalEnv(t)
	var doc struct {
		Paths map[string]map[string]json.RawMessage
	}
	if res := s.call("GET", "/openapi.json", "", nil, nil); res.status != http.StatusOK ||
		json.Unmarshal(res.body, &doc) != nil {
		t.Fatalf("%d %s", res.status, res.body)
	}
	var routes []string
	for path, methods := range doc.Paths {
		path, inside := strings.CutPrefix(path, "/api/v1")
		for method := range methods {
			if inside {
				routes = append(routes, strings.ToUpper(method)+" "+path)
			}
		}
	}
	slices.Sort(routes)
	callers := map[string]string{"KEY": s.key, "DISPLAY": s.display(), "": ""}
	for _, role := range harang.Roles() {
		callers[string(role)] = s.login(role)
	}
	for _, route := range routes {
		may, listed := matrix[route]
		if !listed {
			t.Errorf("%s is not in the matrix", route)
			continue
		}
		if may == public {
			continue
		}
		method, path, _ := strings.Cut(route, " ")
		path = "/api/v1" + strings.NewReplacer("{id}", "-", "{token}", "-", "{eventId}", "-", "{productId}", "-",
			"{locationId}", "-").
			Replace(path)
		for caller, credential := range callers {
			res := s.call(method, path, credential, json.RawMessage("{}"), nil)
			switch allowed := slices.Contains(strings.Fields(may), caller); {
			case caller == "" && res.status != http.StatusUnauthorized:
				t.Errorf("%s without a credential: %d %s", route, res.status, res.code())
			case caller != "" && (res.status == http.StatusUnauthorized ||
				(res.status == http.StatusForbidden) == allowed):
				t.Errorf("%s as %s: %d %s, allowed %v", route, caller, res.status, res.code(), allowed)
			}
		}
	}
}

// scopeOf is the scope that an API key needs for each of its calls.
var scopeOf = map[string]harang.Scope{
	"POST /events":                                  harang.ScopeEventsWrite,
	"PUT /locations/{id}":                           harang.ScopeCatalogueWrite,
	"PUT /partners/{id}":                            harang.ScopeCatalogueWrite,
	"PUT /products/{id}":                            harang.ScopeCatalogueWrite,
	"PUT /partners/{id}/cards/{token}":              harang.ScopeCatalogueWrite,
	"DELETE /partners/{id}/cards/{token}":           harang.ScopeCatalogueWrite,
	"PUT /inventory/stock/{productId}/{locationId}": harang.ScopeStockWrite,
	"POST /inventory/adjustments":                   harang.ScopeStockWrite,
}

// TestMatrix_Scopes: a key with one scope may make the calls of that scope and no other one; the refusal names the
// scope that the key lacks. The document says which scope each call needs.
func TestMatrix_Scopes(t *testing.T) {
	s := newRentalEnv(t)
	var doc struct {
		Paths map[string]map[string]struct {
			Security []map[string][]string
		}
	}
	if err := json.Unmarshal(s.call("GET", "/openapi.json", "", nil, nil).body, &doc); err != nil {
		t.Fatal(err)
	}
	keys := map[harang.Scope]string{}
	for _, scope := range harang.Scopes(0xff).List() {
		set, _ := harang.NewScopes([]harang.Scope{scope})
		admin := harang.Identity{Tenant: "a", UserID: "admin", Role: harang.RoleAdmin}
		_, text, err := s.auth.CreateAPIKey(t.Context(), admin, auth.NewAPIKey{Name: string(scope), Scopes: set})
		if err != nil {
			t.Fatal(err)
		}
		keys[scope] = text
	}
	for route, who := range matrix {
		need, takesKeys := scopeOf[route]
		if takesKeys != strings.Contains(who, "KEY") {
			t.Errorf("%s: no scope is declared, or no key may call it", route)
		}
		if !takesKeys {
			continue
		}
		method, path, _ := strings.Cut(route, " ")
		documented := false
		for _, way := range doc.Paths["/api/v1"+path][strings.ToLower(method)].Security {
			documented = documented || slices.Equal(way["apiKey"], []string{string(need)})
		}
		if !documented {
			t.Errorf("%s: the document does not say that it needs %s", route, need)
		}
		path = "/api/v1" + strings.NewReplacer("{id}", "-", "{token}", "-", "{productId}", "-", "{locationId}", "-").
			Replace(path)
		for scope, key := range keys {
			res := s.call(method, path, key, json.RawMessage("{}"), nil)
			refused := res.status == http.StatusForbidden && res.code() == string(harang.CodeForbidden) &&
				strings.Contains(string(res.body), "lacks the scope "+string(need))
			if refused == (scope == need) || res.status == http.StatusUnauthorized {
				t.Errorf("%s with %s: %d %s", route, scope, res.status, res.body)
			}
		}
	}
}

// TestMatrix_Events: what each role finds in its list of notifications.
func TestMatrix_Events(t *testing.T) {
	s := newRentalEnv(t)
	clerk := s.token(harang.RoleOperator)
	for _, role := range harang.Roles() { // a list begins when its owner first looks
		if res := s.call("GET", "/api/v1/notifications", s.token(role), nil, nil); res.status != http.StatusOK {
			t.Fatalf("%d %s", res.status, res.body)
		}
	}
	// One checkout that makes all three events: a shortage, a decline, then an opening.
	res := s.call("POST", "/api/v1/rentals", clerk,
		s.checkout(9, `,"payment":{"method":"CARD","cardToken":"tok_do_not_honour"}`), nil)
	rental := decode[rentalView](t, res)
	if res.status != http.StatusCreated || rental.Status != "AWAITING_PAYMENT" {
		t.Fatalf("%d %s", res.status, res.body)
	}
	res = s.call("POST", "/api/v1/payments", clerk, payment(rental.ID, rental.TotalValue, "tok_ok"), nil)
	if res.status != http.StatusCreated {
		t.Fatalf("%d %s", res.status, res.body)
	}
	all := []string{"rental_created", "payment_error", "stock_alert"}
	for role, want := range map[harang.Role][]string{
		harang.RoleOperator: {"stock_alert"}, harang.RoleStoreManager: all, harang.RoleAdmin: all,
	} {
		list := decode[struct {
			Items []struct {
				EventID string `json:"eventId"`
				Type    string
			}
			UnreadCount int
		}](t, s.call("GET", "/api/v1/notifications", s.token(role), nil, nil))
		var types []string
		for _, n := range list.Items {
			types = append(types, n.Type)
		}
		if !slices.Equal(types, want) || list.UnreadCount != len(want) {
			t.Errorf("%s finds %v, %d unread, want %v", role, types, list.UnreadCount, want)
		}
		for _, eventType := range all {
			filtered := decode[struct{ Items []struct{ Type string } }](t,
				s.call("GET", "/api/v1/notifications?type="+eventType, s.token(role), nil, nil))
			if has := len(filtered.Items) == 1; has != slices.Contains(want, eventType) {
				t.Errorf("%s asks for %s and finds %v", role, eventType, filtered.Items)
			}
		}
	}
	// An event that a role may not see is not there for claiming either.
	list := decode[struct {
		Items []struct {
			EventID string `json:"eventId"`
			Type    string
		}
	}](t, s.call("GET", "/api/v1/notifications", s.token(harang.RoleAdmin), nil, nil))
	for _, n := range list.Items {
		res := s.call("POST", "/api/v1/notifications/"+n.EventID+"/claim", clerk, nil, nil)
		if want := map[bool]int{true: http.StatusOK,
			false: http.StatusNotFound}[n.Type == "stock_alert"]; res.status != want {
			t.Errorf("a clerk claims a %s: %d, want %d", n.Type, res.status, want)
		}
	}
}
