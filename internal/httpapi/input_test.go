package httpapi_test

import (
	"net/http"
	"strings"
	"testing"

	"harang.dev/harang"
)

func TestInput_IsRefusedWithTheFieldNamed(t *testing.T) {
	e := newEnv(t)
	long := strings.Repeat("x", 201)
	for name, c := range map[string]struct {
		role               harang.Role
		method, path, body string
		status             int
		code               harang.Code
		fields             string
	}{
		"malformed JSON": {harang.RoleAdmin, "POST", "/inventory/adjustments", `{"productId":`, 422,
			harang.CodeInvalidRequest, "body"},
		"no body": {harang.RoleAdmin, "POST", "/inventory/adjustments", ``, 422,
			harang.CodeInvalidRequest, "body"},
		"something behind it": {harang.RoleAdmin, "PUT", "/partners/p", `{"name":"P"} x`, 422,
			harang.CodeInvalidRequest, "body"},
		"null": {harang.RoleAdmin, "PUT", "/partners/p", `null`, 422,
			harang.CodeInvalidRequest, "body"},
		"a list": {harang.RoleAdmin, "PUT", "/partners/p", `[]`, 422,
			harang.CodeInvalidRequest, "body"},
		"wrong type": {harang.RoleAdmin, "PUT", "/partners/p", `{"name":5}`, 422,
			harang.CodeInvalidRequest, "name"},
		"missing": {harang.RoleAdmin, "PUT", "/partners/p", `{}`, 422,
			harang.CodeInvalidRequest, "name"},
		"unknown field": {harang.RoleAdmin, "PUT", "/partners/p", `{"name":"P","colour":"Q"}`, 422,
			harang.CodeInvalidRequest, "colour"},
		"too long": {harang.RoleAdmin, "PUT", "/partners/p", `{"name":"` + long + `"}`, 422,
			harang.CodeInvalidRequest, "name"},
		"blank": {harang.RoleAdmin, "PUT", "/partners/p", `{"name":"  "}`, 422,
			harang.CodeInvalidRequest, "name"},
		"control character": {harang.RoleAdmin, "PUT", "/partners/p", `{"name":"a\u0000b"}`, 422,
			harang.CodeInvalidRequest, "name"},
		"long id": {harang.RoleAdmin, "PUT", "/partners/" + long, `{"name":"P"}`, 422,
			harang.CodeInvalidRequest, "id"},
		"fraction": {harang.RoleAdmin, "PUT", "/products/p", `{"name":"P","dailyPrice":1.5}`, 422,
			harang.CodeInvalidRequest, "dailyPrice"},
		"negative": {harang.RoleAdmin, "PUT", "/products/p", `{"name":"P","dailyPrice":-1}`, 422,
			harang.CodeInvalidRequest, "dailyPrice"},
		"huge": {harang.RoleAdmin, "PUT", "/products/p", `{"name":"P","dailyPrice":9000000000000}`,
			422, harang.CodeInvalidRequest, "dailyPrice"},
		"beyond 64 bits": {harang.RoleAdmin, "PUT", "/products/p",
			`{"name":"P","dailyPrice":12345678901234567890}`, 422, harang.CodeInvalidRequest, "dailyPrice"},
		"with an exponent": {harang.RoleAdmin, "PUT", "/products/p", `{"name":"P","dailyPrice":1e3}`, 422,
			harang.CodeInvalidRequest, "dailyPrice"},
		"a line beyond 64 bits": {harang.RoleOperator, "POST", "/rentals",
			`{"partnerId":"alfa-epito","locationId":"vaci-ut","dueAt":"2026-03-05T10:00:00Z","lines":[{"productId":"makita-hr2470","quantity":99999999999999999999}]}`, 422, harang.CodeInvalidRequest, "lines.quantity"},
		"another case": {harang.RoleAdmin, "PUT", "/products/p", `{"Name":"P","dailyPrice":1}`, 422,
			harang.CodeInvalidRequest, "Name name"},
		"beyond numbers": {harang.RoleAdmin, "PUT", "/products/p", `{"name":"P","dailyPrice":1e400}`, 422,
			harang.CodeInvalidRequest, "body"},
		"delta 0": {harang.RoleAdmin, "POST", "/inventory/adjustments",
			`{"productId":"makita-hr2470","locationId":"vaci-ut","delta":0,"reason":"r"}`, 422,
			harang.CodeInvalidRequest, "delta"},
		"no reason": {harang.RoleAdmin, "POST", "/inventory/adjustments",
			`{"productId":"makita-hr2470","locationId":"vaci-ut","delta":1,"reason":""}`, 422,
			harang.CodeInvalidRequest, "reason"},
		"below zero": {harang.RoleAdmin, "POST", "/inventory/adjustments",
			`{"productId":"makita-hr2470","locationId":"vaci-ut","delta":-5,"reason":"r"}`, 422,
			harang.CodeInsufficientStock, ""},
		"unknown product": {harang.RoleAdmin, "POST", "/inventory/adjustments",
			`{"productId":"nope","locationId":"vaci-ut","delta":1,"reason":"r"}`, 404, harang.CodeNotFound, ""},
		"unknown place": {harang.RoleAdmin, "POST", "/inventory/adjustments",
			`{"productId":"makita-hr2470","locationId":"nope","delta":1,"reason":"r"}`, 404, harang.CodeNotFound, ""},
		"stock of nothing": {harang.RoleAdmin, "PUT", "/inventory/stock/nope/vaci-ut", `{"quantity":1}`, 404,
			harang.CodeNotFound, ""},
		"thresholds crossed": {harang.RoleAdmin, "PATCH", "/inventory/stock/makita-hr2470/vaci-ut",
			`{"warningThreshold":2}`, 422, harang.CodeInvalidRequest, "warningThreshold"},
		"nothing to change": {harang.RoleAdmin, "PATCH", "/inventory/stock/makita-hr2470/vaci-ut", `{}`, 422,
			harang.CodeInvalidRequest, "body"},
		"no change of a user": {harang.RoleAdmin, "PATCH", "/admin/users/u", `{}`, 422,
			harang.CodeInvalidRequest, "body"},
		"no role of a user": {harang.RoleAdmin, "PATCH", "/admin/users/u", `{"role":null}`, 422,
			harang.CodeInvalidRequest, "body"},
		"a day that is none": {harang.RoleAdmin, "PATCH", "/inventory/stock/makita-hr2470/vaci-ut",
			`{"expectedAt":"tomorrow"}`, 422, harang.CodeInvalidRequest, "expectedAt"},
		"a day gone by": {harang.RoleAdmin, "PATCH", "/inventory/stock/makita-hr2470/vaci-ut",
			`{"expectedAt":"2026-03-01"}`, 422, harang.CodeInvalidRequest, "expectedAt"},
		"a day as a number": {harang.RoleAdmin, "PATCH", "/inventory/stock/makita-hr2470/vaci-ut",
			`{"expectedAt":5}`, 422, harang.CodeInvalidRequest, "expectedAt"},
		"unknown query": {harang.RoleAdmin, "GET", "/products?serach=x", "", 422,
			harang.CodeInvalidRequest, "serach"},
		"query on a POST": {harang.RoleAdmin, "POST", "/notifications/read?x=1", `{"eventIds":[]}`, 422,
			harang.CodeInvalidRequest, "x"},
		"a parameter twice": {harang.RoleAdmin, "GET", "/products?limit=1&limit=2", "", 422,
			harang.CodeInvalidRequest, "limit"},
		"a query that is none": {harang.RoleAdmin, "GET", "/products?limit=%zz", "", 422,
			harang.CodeInvalidRequest, "query"},
		"limit below zero": {harang.RoleAdmin, "GET", "/products?limit=-1", "", 422,
			harang.CodeInvalidRequest, "limit"},
		"a huge limit": {harang.RoleAdmin, "GET", "/products?limit=99999999999999999999", "", 422,
			harang.CodeInvalidRequest, "limit"},
		"limit 0": {harang.RoleAdmin, "GET", "/products?limit=0", "", 422,
			harang.CodeInvalidRequest, "limit"},
		"limit 201": {harang.RoleAdmin, "GET", "/products?limit=201", "", 422,
			harang.CodeInvalidRequest, "limit"},
		"limit of letters": {harang.RoleAdmin, "GET", "/products?limit=many", "", 422,
			harang.CodeInvalidRequest, "limit"},
		"a cursor of another": {harang.RoleAdmin, "GET", "/products?cursor=%00", "", 422,
			harang.CodeInvalidRequest, "cursor"},
		"unknown severity": {harang.RoleAdmin, "GET", "/inventory/stock?severity=BAD", "", 422,
			harang.CodeInvalidRequest, "severity"},
		"unknown status": {harang.RoleAdmin, "GET", "/rentals?status=BAD", "", 422,
			harang.CodeInvalidRequest, "status"},
		"unknown payment status": {harang.RoleAdmin, "GET", "/payments?status=BAD", "", 422,
			harang.CodeInvalidRequest, "status"},
		"unknown type": {harang.RoleAdmin, "GET", "/notifications?type=bad", "", 422,
			harang.CodeInvalidRequest, "type"},
		"unread what": {harang.RoleAdmin, "GET", "/notifications?unread=perhaps", "", 422,
			harang.CodeInvalidRequest, "unread"},
		"unread without a word": {harang.RoleAdmin, "GET", "/notifications?unread=", "", 422,
			harang.CodeInvalidRequest, "unread"},
		"a switch without a value": {harang.RoleAdmin, "POST", "/rentals/r/cancel?dryRun", "", 422,
			harang.CodeInvalidRequest, "dryRun"},
		"an empty switch": {harang.RoleAdmin, "POST", "/rentals/r/return?dryRun=", "", 422,
			harang.CodeInvalidRequest, "dryRun"},
		"an import, an empty switch": {harang.RoleAdmin, "POST", "/imports?dryRun=", "", 422,
			harang.CodeInvalidRequest, "dryRun"},
		"since when": {harang.RoleAdmin, "GET", "/notifications?since=long+ago", "", 422,
			harang.CodeInvalidRequest, "since"},
		"read what": {harang.RoleAdmin, "POST", "/notifications/read", `{}`, 422,
			harang.CodeInvalidRequest, "eventIds"},
		"claim of nothing": {harang.RoleAdmin, "POST", "/notifications/nope/claim", "", 404,
			harang.CodeNotFound, ""},
		"no lines": {harang.RoleOperator, "POST", "/rentals",
			`{"partnerId":"alfa-epito","locationId":"vaci-ut","dueAt":"2026-03-05T10:00:00Z","lines":[]}`, 422,
			harang.CodeInvalidRequest, "lines"},
		"due when": {harang.RoleOperator, "POST", "/rentals",
			`{"partnerId":"alfa-epito","locationId":"vaci-ut","dueAt":"soon","lines":[{"productId":"makita-hr2470","quantity":1}]}`, 422, harang.CodeInvalidRequest, "dueAt"},
		"a line of none": {harang.RoleOperator, "POST", "/rentals",
			`{"partnerId":"alfa-epito","locationId":"vaci-ut","dueAt":"2026-03-05T10:00:00Z","lines":[{"productId":"makita-hr2470","quantity":0}]}`, 422, harang.CodeInvalidRequest, "lines.0.quantity"},
		"a body of bytes": {harang.RoleAdmin, "PUT", "/partners/p", "\xff\xfe", 422,
			harang.CodeInvalidRequest, "body"},
	} {
		t.Run(name, func(t *testing.T) {
			r := e.as(c.role, c.method, c.path, c.body).want(t, c.status, c.code)
			if got := r.fields(t); got != c.fields {
				t.Fatalf("fields %q, want %q: %s", got, c.fields, r.body)
			}
		})
	}
	// Nothing of all this has changed anything.
	item := e.as(harang.RoleAdmin, "GET", "/inventory/stock", "").want(t, 200, "")
	if !strings.Contains(string(item.body), `"quantity":4,"warningThreshold":5,"criticalThreshold":3`) {
		t.Fatalf("%s", item.body)
	}
}

func TestInput_InsufficientStockTellsWhatIsLeft(t *testing.T) {
	e := newEnv(t)
	p := e.as(harang.RoleOperator, "POST", "/inventory/adjustments",
		`{"productId":"makita-hr2470","locationId":"vaci-ut","delta":-5,"reason":"r"}`).
		json(t)
	if p["available"] != 4.0 {
		t.Fatalf("%v", p)
	}
}

func TestInput_Size(t *testing.T) {
	e := newEnv(t)
	sized := func(n int) string { return `{"name":"` + strings.Repeat("x", n-11) + `"}` }
	e.as(harang.RoleAdmin, "PUT", "/partners/p", sized(64<<10)).want(t, 422, harang.CodeInvalidRequest)
	e.as(harang.RoleAdmin, "PUT", "/partners/p", sized(64<<10+1)).want(t, 413, harang.CodeTooLarge)
	e.call(e.apiKey, "POST", "/api/v1/events", sized(1<<20)).want(t, 422, harang.CodeEventTooLarge)
	e.call(e.apiKey, "POST", "/api/v1/events", sized(1<<20+1)).want(t, 413, harang.CodeTooLarge)
	e.call("", "POST", "/api/v1/auth/login", sized(4<<10)).want(t, 422, harang.CodeInvalidRequest)
	e.call("", "POST", "/api/v1/auth/login", sized(4<<10+1)).want(t, 413, harang.CodeTooLarge)
}

// A client that is still sending a body that is refused gets the answer, not a
// reset connection.
func TestInput_TooLargeIsAnswered(t *testing.T) {
	e := newEnv(t)
	huge := strings.Repeat("x", 3<<20)
	for range 10 {
		e.as(harang.RoleAdmin, "PUT", "/partners/p", huge).want(t, 413, harang.CodeTooLarge)
		e.call(e.apiKey, "POST", "/api/v1/events", huge).want(t, 413, harang.CodeTooLarge)
		e.call("", "POST", "/api/v1/events", huge).want(t, 401, harang.CodeUnauthenticated)
		e.call("", "POST", "/api/v1/nothing", huge).want(t, 404, harang.CodeNotFound)
	}
}

func TestInput_ContentType(t *testing.T) {
	e := newEnv(t)
	e.as(harang.RoleAdmin, "PUT", "/partners/p", `{"name":"P"}`, "Content-Type: application/json; charset=utf-8").
		want(t, 200, "")
	e.as(harang.RoleAdmin, "PUT", "/partners/p", `{"name":"P"}`, "Content-Type: text/plain").
		want(t, 415, harang.CodeUnsupportedMedia)
	e.as(harang.RoleAdmin, "PUT", "/partners/p", `{"name":"P"}`, "Content-Type: application/x-www-form-urlencoded").
		want(t, 415, harang.CodeUnsupportedMedia)
	r := e.as(harang.RoleAdmin, "PUT", "/partners/p", `{"name":"P"}`, "Content-Encoding: gzip").
		want(t, 415, harang.CodeUnsupportedMedia)
	if r.Header.Get("Accept-Encoding") != "identity" {
		t.Errorf("%v", r.Header)
	}
	e.as(harang.RoleAdmin, "PUT", "/partners/p", `{"name":"P"}`, "Content-Encoding: identity").want(t, 200, "")
	e.as(harang.RoleAdmin, "GET", "/partners", "", "Accept: text/html").want(t, 200, "")
}

func TestPaths_ThatDoNotExist(t *testing.T) {
	e := newEnv(t)
	e.as(harang.RoleAdmin, "GET", "/nope", "").want(t, 404, harang.CodeNotFound)
	e.call("", "GET", "/api/v2/me", "").want(t, 404, harang.CodeNotFound)
	e.call("", "GET", "/socket.io/?EIO=4&transport=polling", "").want(t, 404, harang.CodeNotFound)
	for path, allow := range map[string]string{
		"/api/v1/me":      "GET, HEAD, PATCH",
		"/api/v1/rentals": "GET, HEAD, POST", "/healthz": "GET, HEAD", "/": "GET, HEAD",
		"/openapi.json":               "GET, HEAD",
		"/api/v1/inventory/stock/a/b": "GET, HEAD, PATCH, PUT",
	} {
		r := e.call("", "DELETE", path, "").want(t, 405, "METHOD_NOT_ALLOWED")
		if r.Header.Get("Allow") != allow {
			t.Errorf("%s allows %q", path, r.Header.Get("Allow"))
		}
	}
	if r := e.as(harang.RoleAdmin, "HEAD", "/me", ""); r.StatusCode != http.StatusOK || len(r.body) != 0 {
		t.Fatalf("HEAD: %d %q", r.StatusCode, r.body)
	}
}

// A cursor is valid for its own list only.
func TestCursors_BelongToTheirList(t *testing.T) {
	e := newEnv(t)
	e.as(harang.RoleAdmin, "PUT", "/partners/p", `{"name":"P"}`).want(t, 200, "")
	lists := []string{
		"/partners", "/locations", "/products", "/inventory/stock", "/inventory/alerts", "/rentals", "/payments",
		"/notifications",
		"/admin/users", "/admin/api-keys", "/admin/connections",
	}
	for _, from := range []string{"/partners", "/admin/users"} {
		cursor, _ := e.as(harang.RoleAdmin, "GET", from+"?limit=1", "").want(t, 200, "").json(t)["nextCursor"].(string)
		for _, list := range lists {
			r := e.as(harang.RoleAdmin, "GET", list+"?cursor="+cursor, "")
			if list == from {
				r.want(t, 200, "")
			} else if r.want(t, 422, harang.CodeInvalidRequest); r.fields(t) != "cursor" {
				t.Errorf("%s: %s", list, r.body)
			}
		}
	}
}

// Another tenant's things do not exist here.
func TestTenants_SeeTheirOwnOnly(t *testing.T) {
	e := newEnv(t)
	rental := e.as(harang.RoleOperator, "POST", "/rentals",
		`{"partnerId":"alfa-epito","locationId":"vaci-ut","dueAt":"2026-03-05T10:00:00Z","lines":[{"productId":"makita-hr2470","quantity":2}]}`).
		want(t, 201, "").
		json(t)
	event := e.as(harang.RoleStoreManager, "GET", "/notifications?type=rental_created", "").want(t, 200, "").json(t)
	items, _ := event["items"].([]any)
	first, _ := items[0].(map[string]any)
	stranger := e.login("admin@debrecen.demo")
	for _, call := range []string{
		"GET /rentals/" + rental["id"].(string), "POST /rentals/" + rental["id"].(string) + "/return",
		"POST /notifications/" + first["eventId"].(string) + "/claim", "DELETE /notifications/" +
			first["eventId"].(string) + "/claim",
	} {
		method, path, _ := strings.Cut(call, " ")
		e.call(stranger, method, "/api/v1"+path, "").want(t, 404, harang.CodeNotFound)
	}
	for _, path := range []string{"/rentals", "/notifications", "/payments"} {
		r := e.call(stranger, "GET", "/api/v1"+path, "").want(t, 200, "")
		if !strings.HasPrefix(string(r.body), `{"items":[]`) {
			t.Errorf("%s: %s", path, r.body)
		}
	}
}
