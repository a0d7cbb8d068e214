package httpapi_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/httpapi"
)

// display is an access token of a display of all locations in tenant "a".
func (s *rentalEnv) display() string {
	s.t.Helper()
	token, _ := s.openDisplay("")
	return token
}

// openDisplay adds a display for a location, or for all (""), and opens its link.
func (s *rentalEnv) openDisplay(location string) (token, secret string) {
	s.t.Helper()
	admin := harang.Identity{Tenant: "a", UserID: "cli:ADMIN", Role: harang.RoleAdmin}
	_, secret, err := s.auth.CreateDisplay(s.t.Context(), admin, "Bejárat", location)
	if err != nil {
		s.t.Fatal(err)
	}
	g, err := s.auth.OpenDisplay(s.t.Context(), secret, "", "192.0.2.1")
	if err != nil {
		s.t.Fatal(err)
	}
	return g.AccessToken, secret
}

// TestDisplays_Link: the link is that of --public-url, else of the server as the administrator's browser reaches it,
// and is shown once.
func TestDisplays_Link(t *testing.T) {
	for _, c := range []struct{ public, host, want string }{
		{"", "shop.example:8080", "http://shop.example:8080/counter#d=hd_"},
		{"https://harang.example.com", "10.0.0.5:8080", "https://harang.example.com/counter#d=hd_"},
	} {
		e := newEnv(t, func(o *httpapi.Options) {
			o.PublicURL = c.public
			o.Connections = func(string) []httpapi.Connection { return nil }
		})
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, e.server.URL+"/api/v1/admin/displays",
			strings.NewReader(`{"name":"Bejárat"}`))
		if err != nil {
			t.Fatal(err)
		}
		r.Host = c.host
		r.Header.Set("Authorization", "Bearer "+e.tokens[harang.RoleAdmin])
		answer, err := e.server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		var created struct{ ID, Link string }
		err = json.NewDecoder(answer.Body).Decode(&created)
		_ = answer.Body.Close()
		if err != nil || answer.StatusCode != http.StatusCreated || !strings.HasPrefix(created.Link, c.want) ||
			len(created.Link) != len(c.want)+43 {
			t.Errorf("%d %+v, %v", answer.StatusCode, created, err)
		}
		list := e.as(harang.RoleAdmin, "GET", "/admin/displays", "").want(t, http.StatusOK, "")
		if strings.Contains(string(list.body), "hd_") || !strings.Contains(string(list.body), created.ID) {
			t.Errorf("%s", list.body)
		}
	}
}

// TestDisplays_ReadOnly: what is refused says so, and a logout does not end the display.
func TestDisplays_ReadOnly(t *testing.T) {
	s := newRentalEnv(t)
	token := s.display()
	for _, call := range []string{"POST /auth/logout", "POST /rentals", "POST /inventory/adjustments", "GET /rentals",
		"GET /partners", "GET /notifications", "POST /self-check/alert", "GET /exports/rentals.csv"} {
		method, path, _ := strings.Cut(call, " ")
		res := s.call(method, "/api/v1"+path, token, json.RawMessage("{}"), nil)
		if res.status != http.StatusForbidden || res.code() != "FORBIDDEN" ||
			!strings.Contains(string(res.body), "a display only reads what its screen shows") {
			t.Errorf("%s: %d %s", call, res.status, res.body)
		}
	}
	for _, path := range []string{"/me", "/counter"} {
		if res := s.call("GET", "/api/v1"+path, token, nil, nil); res.status != http.StatusOK {
			t.Errorf("%s: %d %s", path, res.status, res.body)
		}
	}
}

// counterView is an answer of GET /counter.
type counterView struct {
	Location *struct{ ID string }
	Alerts   []struct {
		ProductName, LocationName, Severity string
		Quantity, Threshold                 int64
	}
	AlertCount int64
	Returns    []counterRental
	Overdue    []counterRental

	ReturnCount, OverdueCount int64
}

type counterRental struct {
	Initials, LocationID string
	EquipmentCount       int64
}

// openDisplay adds a display of budapest for a location, or for all (""), and opens its link.
func (e *env) openDisplay(location string) string {
	e.t.Helper()
	admin := harang.Identity{Tenant: "budapest", UserID: "cli:ADMIN", Role: harang.RoleAdmin}
	_, secret, err := e.auth.CreateDisplay(e.t.Context(), admin, "Bejárat", location)
	if err != nil {
		e.t.Fatal(err)
	}
	g, err := e.auth.OpenDisplay(e.t.Context(), secret, "", "192.0.2.1")
	if err != nil {
		e.t.Fatal(err)
	}
	return g.AccessToken
}

// TestCounter: a display gets what is at its location, customers as initials; a display of all locations and people get
// everything. What was due today is overdue tomorrow.
func TestCounter(t *testing.T) {
	e := newEnv(t)
	ok := func(role harang.Role, method, path, body string, status int) {
		t.Helper()
		e.as(role, method, path, body).want(t, status, "")
	}
	ok(harang.RoleAdmin, "PUT", "/partners/alfa-epito", `{"name":"Nagyon Titkos Építő Kft."}`, http.StatusOK)
	ok(harang.RoleAdmin, "PUT", "/locations/other", `{"name":"Másik"}`, http.StatusOK)
	ok(harang.RoleAdmin, "PUT", "/inventory/stock/makita-hr2470/other", `{"quantity":10,"warningThreshold":3}`,
		http.StatusOK)
	for location, pieces := range map[string]int{"vaci-ut": 2, "other": 4} {
		ok(harang.RoleOperator, "POST", "/rentals", fmt.Sprintf(
			`{"partnerId":"alfa-epito","locationId":%q,"dueAt":"2026-03-02T16:00:00Z","lines":[{"productId":"makita-hr2470","quantity":%d}]}`,
			location, pieces), http.StatusCreated)
	}
	view := func(token string) (v counterView) {
		t.Helper()
		r := e.call(token, "GET", "/api/v1/counter", "").want(t, http.StatusOK, "")
		if err := json.Unmarshal(r.body, &v); err != nil || strings.Contains(string(r.body), "Titkos") {
			t.Fatalf("%s: %v", r.body, err)
		}
		return v
	}
	other := e.openDisplay("other")
	v := view(other)
	if v.Location == nil || v.Location.ID != "other" || len(v.Alerts) != 0 || v.AlertCount != 0 ||
		len(v.Returns) != 1 || v.ReturnCount != 1 || v.Returns[0] != (counterRental{"N. T. É.", "other", 4}) {
		t.Errorf("the display of one location: %+v", v)
	}
	for _, token := range []string{e.openDisplay(""), e.tokens[harang.RoleOperator], e.tokens[harang.RoleAdmin]} {
		v := view(token)
		if v.Location != nil || len(v.Alerts) != 1 || v.AlertCount != 1 || v.Alerts[0].Severity != "CRITICAL" ||
			v.Alerts[0].Quantity != 2 || v.Alerts[0].Threshold != 3 || len(v.Returns) != 2 || v.ReturnCount != 2 ||
			len(v.Overdue) != 0 || v.OverdueCount != 0 {
			t.Errorf("%+v", v)
		}
	}
	if v := view(e.login("admin@debrecen.demo")); len(v.Alerts) != 1 || len(v.Returns) != 0 {
		t.Errorf("of another tenant: %+v", v)
	}
	e.move(9*time.Minute + 59*time.Second) // the token is still valid
	if v := view(other); len(v.Returns) != 1 {
		t.Errorf("%+v", v)
	}
	e.move(24 * time.Hour)
	if v := view(e.openDisplay("other")); len(v.Returns) != 0 || v.ReturnCount != 0 || len(v.Overdue) != 1 ||
		v.OverdueCount != 1 {
		t.Errorf("a day later: %+v", v)
	}
}
