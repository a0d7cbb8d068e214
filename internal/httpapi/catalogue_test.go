package httpapi_test

import (
	"fmt"
	"reflect"
	"testing"

	"harang.dev/harang"
)

// TestCatalogue_One: one product and one stock item read as they are in their lists; another tenant's and unknown
// ones are NOT_FOUND.
func TestCatalogue_One(t *testing.T) {
	e := newEnv(t)
	first := func(path string) map[string]any {
		t.Helper()
		items, _ := e.as(harang.RoleOperator, "GET", path, "").want(t, 200, "").json(t)["items"].([]any)
		if len(items) == 0 {
			t.Fatalf("%s is empty", path)
		}
		item, _ := items[0].(map[string]any)
		return item
	}
	product := first("/products?search=hr2470")
	if got := e.as(harang.RoleOperator, "GET", "/products/makita-hr2470", "").want(t, 200, "").
		json(t); !reflect.DeepEqual(
		got,
		product,
	) {
		t.Errorf("the product is %v, in the list %v", got, product)
	}
	item := first("/inventory/stock?search=hr2470&locationId=vaci-ut")
	const path = "/inventory/stock/makita-hr2470/vaci-ut"
	if got := e.as(harang.RoleOperator, "GET", path, "").want(t, 200, "").json(t); !reflect.DeepEqual(got, item) {
		t.Errorf("the stock item is %v, in the list %v", got, item)
	}
	for _, missing := range []string{
		"/products/none", "/inventory/stock/none/vaci-ut", "/inventory/stock/makita-hr2470/none",
	} {
		e.as(harang.RoleOperator, "GET", missing, "").want(t, 404, harang.CodeNotFound)
	}
}

// TestCatalogue_RentalTerms: conditions stay when a PUT does not name them, and an empty text removes them.
func TestCatalogue_RentalTerms(t *testing.T) {
	e := newEnv(t)
	for i, step := range []struct {
		more string
		want any
	}{
		{"", nil}, {`,"rentalTerms":" Kaució: 20 000 Ft\nKésés: napi díj "`, "Kaució: 20 000 Ft\nKésés: napi díj"},
		{`,"archived":false`, "Kaució: 20 000 Ft\nKésés: napi díj"}, {`,"rentalTerms":""`, nil},
	} {
		body := e.as(harang.RoleAdmin, "PUT", "/locations/vaci-ut", `{"name":"Váci út"`+step.more+`}`).want(t, 200, "").json(t)
		items, _ := e.as(harang.RoleOperator, "GET", "/locations", "").want(t, 200, "").json(t)["items"].([]any)
		listed, _ := items[0].(map[string]any)
		if body["rentalTerms"] != step.want || listed["rentalTerms"] != step.want {
			t.Errorf("step %d: %v, listed as %v, want %v", i, body["rentalTerms"], listed["rentalTerms"], step.want)
		}
	}
	e.as(harang.RoleAdmin, "PUT", "/locations/vaci-ut", `{"name":"Váci út","rentalTerms":"\u0007"}`).
		want(t, 422, harang.CodeInvalidRequest)
}

// TestCatalogue_OpeningHours: opening hours stay when a PUT does not name them, and null
// removes them. A rental that is due on a day is due when its location closes.
func TestCatalogue_OpeningHours(t *testing.T) {
	e := newEnv(t)
	put := func(more string) any {
		t.Helper()
		e.as(harang.RoleAdmin, "PUT", "/locations/vaci-ut", `{"name":"Váci út"`+more+`}`).want(t, 200, "")
		items, _ := e.as(harang.RoleOperator, "GET", "/locations", "").want(t, 200, "").json(t)["items"].([]any)
		location, _ := items[0].(map[string]any)
		return location["openingHours"]
	}
	due := func(at, want string) {
		t.Helper()
		body := fmt.Sprintf(`{"partnerId":"alfa-epito","locationId":"vaci-ut","dueAt":%q,`+
			`"lines":[{"productId":"makita-hr2470","quantity":1}]}`, at)
		if got := e.as(harang.RoleOperator, "POST", "/rentals", body).want(t, 201, "").json(t)["dueAt"]; got != want {
			t.Errorf("a rental that is due %s is due at %v, want %s", at, got, want)
		}
	}
	if got := put(""); got != nil {
		t.Errorf("at first %v", got)
	}
	due("2026-03-05", "2026-03-05T13:00:00.000Z") // as it began
	hours := map[string]any{
		"week":   map[string]any{"fri": []any{[]any{"07:00", "17:00"}}},
		"closed": []any{"2026-03-06"},
	}
	named := put(`,"openingHours":{"week":{"fri":[["07:00","17:00"]]},"closed":["2026-03-06"]}`)
	if kept := put(""); !reflect.DeepEqual(named, hours) || !reflect.DeepEqual(kept, hours) {
		t.Errorf("named %v, then %v, want %v", named, kept, hours)
	}
	due("2026-03-05", "2026-03-13T16:00:00.000Z") // Thursday, and the Friday is closed
	due("2026-03-05T11:00:00+01:00", "2026-03-05T10:00:00.000Z")
	if got := put(`,"openingHours":null`); got != nil {
		t.Errorf("removed: %v", got)
	}
}
