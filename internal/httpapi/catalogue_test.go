package httpapi_test

import (
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
