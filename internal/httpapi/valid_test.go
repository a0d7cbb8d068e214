package httpapi_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"harang.dev/harang"
	"harang.dev/harang/internal/httpapi"
	"harang.dev/harang/internal/shop"
)

// validateDocument validates a document with the specification's JSON Schema.
func validateDocument(t *testing.T, schemaText, document []byte) {
	t.Helper()
	schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(schemaText))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("specification.json", schema); err != nil {
		t.Fatal(err)
	}
	compiled, err := c.Compile("specification.json")
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
	if err != nil {
		t.Fatal(err)
	}
	if err := compiled.Validate(value); err != nil {
		t.Error(err)
	}
	if err := compiled.Validate(map[string]any{}); err == nil {
		t.Error("an empty document is as good")
	}
}

// TestOpenAPI_Valid: the document is what OpenAPI 3.1 wants, every schema in it
// is one, and every example is what its schema says.
func TestOpenAPI_Valid(t *testing.T) {
	e := newEnv(t, withWebhook)
	document := e.call("", "GET", "/openapi.json", "").body
	specification, err := os.ReadFile("testdata/openapi-3.1.json")
	if err != nil {
		t.Fatal(err)
	}
	validateDocument(t, specification, document)

	d, err := readDescription(document)
	if err != nil {
		t.Fatal(err)
	}
	var whole struct {
		Components struct {
			Schemas  map[string]any
			Examples map[string]example
		}
	}
	if err := json.Unmarshal(document, &whole); err != nil {
		t.Fatal(err)
	}
	for name := range whole.Components.Schemas {
		if err := d.valid([]byte("null"), "components", "schemas", name); err != nil && !isInvalid(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	shown := 0
	validate := func(content map[string]json.RawMessage, at ...string) {
		for mediaType, raw := range content {
			var c struct{ Examples map[string]example }
			if err := json.Unmarshal(raw, &c); err != nil {
				t.Fatal(err)
			}
			for name, e := range c.Examples {
				if ref, ok := strings.CutPrefix(e.Ref, "#/components/examples/"); ok {
					e = whole.Components.Examples[ref]
				}
				if err := d.valid(e.Value, append(slices.Clone(at), "content", mediaType, "schema")...); err != nil {
					t.Errorf("%v, example %s: %v", at, name, err)
				}
				shown++
			}
		}
	}
	for path, methods := range d.paths {
		for method, op := range methods {
			validate(op.RequestBody.Content, "paths", path, method, "requestBody")
			for status, r := range op.Responses {
				validate(r.Content, "paths", path, method, "responses", status)
			}
		}
	}
	if shown < 300 {
		t.Errorf("%d examples only", shown)
	}
}

// TestOpenAPI_UnionsByType: a schema is one or null, or its discriminator decides which of several it is. Generators of
// clients cannot tell objects apart otherwise.
func TestOpenAPI_UnionsByType(t *testing.T) {
	var document any
	if err := json.Unmarshal(newEnv(t, withWebhook).call("", "GET", "/openapi.json", "").body, &document); err != nil {
		t.Fatal(err)
	}
	unions := 0
	var walk func(at string, value any)
	walk = func(at string, value any) {
		switch v := value.(type) {
		case []any:
			for i, item := range v {
				walk(at+"/"+strconv.Itoa(i), item)
			}
		case map[string]any:
			one, _ := v["oneOf"].([]any)
			orNull := len(one) == 2 && reflect.DeepEqual(one[1], map[string]any{"type": "null"})
			discriminator, _ := v["discriminator"].(map[string]any)
			mapping, _ := discriminator["mapping"].(map[string]any)
			if one != nil && !orNull {
				unions++
				if len(mapping) != len(one) {
					t.Errorf("%s: %d schemas, %d in the discriminator", at, len(one), len(mapping))
				}
			}
			if v["anyOf"] != nil {
				t.Errorf("%s: anyOf", at)
			}
			for name, member := range v {
				walk(at+"/"+name, member)
			}
		}
	}
	walk("", document)
	if unions != 2 { // CloudEvent, Notification
		t.Errorf("%d unions", unions)
	}
}

type example struct {
	Ref   string `json:"$ref"`
	Value json.RawMessage
}

func isInvalid(err error) bool {
	var invalid *jsonschema.ValidationError
	return errors.As(err, &invalid)
}

// TestAsyncAPI_Valid: the document is what AsyncAPI 3.0 wants.
func TestAsyncAPI_Valid(t *testing.T) {
	packed, err := os.Open("testdata/asyncapi-3.0.0.json.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	unpacked, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	specification, err := io.ReadAll(unpacked)
	if err != nil {
		t.Fatal(err)
	}
	validateDocument(
		t,
		specification,
		newEnv(t,
			func(o *httpapi.Options) { o.SocketMessages = sampleMessages() }).call("", "GET", "/asyncapi.json", "").
			body,
	)
}

func withWebhook(o *httpapi.Options) {
	o.Webhooks = map[string]http.Handler{"POST /api/v1/payments/mypos/{tenant}": http.NotFoundHandler()}
}

// undescribed are the routes that the OpenAPI document leaves out.
var undescribed = map[string]string{
	"GET /docs":           "the description, for people",
	"GET /docs/{$}":       "the same",
	"GET /docs/style.css": "its looks",
	"/api/":               "answers what is not there",
	"/socket.io/":         "the live connection, which /asyncapi.json describes",
	"/":                   "the page",
}

// TestOpenAPI_EveryRoute: what the server has is described, and what is described
// it has.
func TestOpenAPI_EveryRoute(t *testing.T) {
	e := newEnv(t, withWebhook)
	e.options.Registry = nil // its metrics are taken
	patterns, err := httpapi.Patterns(e.options)
	if err != nil {
		t.Fatal(err)
	}
	d, err := readDescription(e.call("", "GET", "/openapi.json", "").body)
	if err != nil {
		t.Fatal(err)
	}
	is := map[string]bool{}
	for _, pattern := range patterns {
		method, path, ok := strings.Cut(pattern, " ")
		if !ok && undescribed[pattern] == "" {
			continue // the answer for other methods of a path
		}
		is[pattern] = true
		if _, described := d.paths[path][strings.ToLower(method)]; described == (undescribed[pattern] != "") {
			t.Errorf("%s: described %v, left out because %q", pattern, described, undescribed[pattern])
		}
	}
	for path, methods := range d.paths {
		for method := range methods {
			if !is[strings.ToUpper(method)+" "+path] {
				t.Errorf("%s %s is described and not there", method, path)
			}
		}
	}
	for pattern := range undescribed {
		if !is[pattern] {
			t.Errorf("%s is not there", pattern)
		}
	}
	for code, means := range httpapi.Codes() {
		if means == "" {
			t.Errorf("%s means nothing", code)
		}
	}
}

// TestOpenAPI_Answers makes every call succeed and makes each refusal that it can have
// without a failure of the server. env compares each answer with the description.
func TestOpenAPI_Answers(t *testing.T) {
	e := newEnv(t, func(o *httpapi.Options) {
		o.DeliveryTrace = func(_, event string) (httpapi.DeliveryTrace, bool) {
			return httpapi.DeliveryTrace{Type: "stock_alert", Committed: clockStart}, event == "e"
		}
		o.Connections = func(string) []httpapi.Connection {
			return []httpapi.Connection{{ID: "c", Role: harang.RoleAdmin, Transport: "polling", Connected: clockStart}}
		}
	})
	a, m, o := e.tokens[harang.RoleAdmin], e.tokens[harang.RoleStoreManager], e.tokens[harang.RoleOperator]
	do := func(credential, call, body string, status int, headers ...string) map[string]any {
		t.Helper()
		method, path, _ := strings.Cut(call, " ")
		if strings.HasPrefix(path, "/") && !strings.HasSuffix(path, ".json") && !strings.HasSuffix(path, "z") {
			path = "/api/v1" + path
		}
		r := e.call(credential, method, path, body, headers...)
		if r.StatusCode != status {
			t.Fatalf("%s: %d, want %d: %s", call, r.StatusCode, status, r.body)
		}
		var members map[string]any
		_ = json.Unmarshal(r.body, &members)
		return members
	}
	text := func(members map[string]any, name string) string {
		value, _ := members[name].(string)
		return value
	}
	const item, unknown = "/inventory/stock/makita-hr2470/vaci-ut", "/inventory/stock/unknown/vaci-ut"
	checkout := func(more string) string {
		return `{"partnerId":"alfa-epito","locationId":"vaci-ut","dueAt":"2026-03-05T10:00:00Z","lines":[{"productId":"makita-hr2470","quantity":1}]` + more + `}`
	}

	display := do(a, "POST /admin/displays", `{"name":"Bejárat","locationId":"vaci-ut"}`, 201)
	do(a, "POST /admin/displays", `{"name":"Bejárat","locationId":"unknown"}`, 422)
	do(a, "GET /admin/displays", "", 200)
	_, secret, _ := strings.Cut(text(display, "link"), "#d=")
	open := `{"secret":"` + secret + `"`
	screen := do("", "POST /auth/display", open+`}`, 200)
	do("", "POST /auth/display", open+`,"screen":"`+text(screen, "screen")+`"}`, 200)
	do("", "POST /auth/display", open+`,"screen":"another"}`, 409)
	do(text(screen, "accessToken"), "GET /counter", "", 200)
	do(o, "GET /counter", "", 200)
	do(text(screen, "accessToken"), "POST /inventory/adjustments",
		`{"productId":"makita-hr2470","locationId":"vaci-ut","delta":-8,"reason":"r"}`, 403)
	do(a, "DELETE /admin/displays/"+text(display, "id"), "", 204)
	do(a, "DELETE /admin/displays/unknown", "", 404)
	do("", "POST /auth/display", open+`}`, 401)
	for range 20 {
		e.call("", "POST", "/api/v1/auth/display", `{"secret":"hd_wrong"}`)
	}
	do("", "POST /auth/display", `{"secret":"hd_wrong"}`, 429)

	grant := e.call("", "POST", "/api/v1/auth/login", loginBody)
	do("", "POST /auth/login", `{"email":"manager@budapest.demo","password":"wrong"}`, 401)
	for range 10 {
		e.call("", "POST", "/api/v1/auth/login", `{"email":"operator@budapest.demo","password":"wrong"}`)
	}
	do("", "POST /auth/login", `{"email":"operator@budapest.demo","password":"wrong"}`, 429)
	refreshCookie, _, _ := strings.Cut(grant.Header.Get("Set-Cookie"), ";")
	do("", "POST /auth/refresh", "", 200, "Cookie: "+refreshCookie)
	do("", "POST /auth/refresh", "", 401)
	do(text(grant.json(t), "accessToken"), "POST /auth/logout", "", 204)
	do("", "POST /auth/logout", "", 401)
	for _, call := range []string{"login", "refresh", "logout"} {
		do("", "POST /auth/"+call, loginBody, 403, "Origin: https://elsewhere.example", "Sec-Fetch-Site: cross-site")
	}
	do("", "POST /auth/display", `{"secret":"hd_x"}`, 403, "Origin: https://elsewhere.example",
		"Sec-Fetch-Site: cross-site")
	do("", "GET /auth/session", "", 200, "Cookie: "+refreshCookie)

	do(m, "GET /dashboard/summary", "", 200)
	do(o, "GET /dashboard/summary", "", 200)
	for _, list := range []string{
		"/me", "/locations", "/partners", "/products", "/inventory/stock", "/inventory/alerts", "/rentals",
		"/partners/alfa-epito/cards", "/notifications",
	} {
		do(o, "GET "+list, "", 200)
	}
	do(o, "GET /products/makita-hr2470", "", 200)
	do(o, "GET /products/unknown", "", 404)
	do(o, "GET "+item, "", 200)
	do(o, "GET "+unknown, "", 404)
	do(a, "POST /imports", strings.Repeat("x", shop.MaxImportBytes+1), 413, "Content-Type: text/csv")
	do(a, "POST /imports", "partnerId;partnerName\np;P\n", 200, "Content-Type: text/csv")
	do(a, "PUT /locations/l", `{"name":"L"}`, 200)
	do(a, "PUT /partners/p", `{"name":"P"}`, 200)
	do(a, "PUT /products/p", `{"name":"P","dailyPrice":1,"barcodes":["1001"]}`, 200)
	do(a, "PUT /products/q", `{"name":"Q","dailyPrice":1,"barcodes":["1001"]}`, 409)
	do(o, "GET /products?code=1001", "", 200)
	do(o, "GET /products?archived=true", "", 200)
	do(o, "GET /inventory/stock?code=makita-hr2470", "", 200)
	for _, name := range []string{
		"stock", "products", "partners", "locations", "notifications", "rentals", "payments", "revenue",
	} {
		do(m, "GET /exports/"+name+".csv", "", 200)
	}
	do(a, "GET /exports/audit.csv?action=list.export", "", 200)
	do(a, "GET /audit", "", 200)
	do(o, "GET "+item+"/history", "", 200)
	do(o, "GET "+item+"/returns", "", 200)
	do(o, "GET /inventory/stock?sort=-severity&out=true", "", 200)
	do(o, "GET /inventory/stock?sort=worst", "", 422)
	do(a, "PUT "+item, `{"quantity":9,"warningThreshold":3}`, 200)
	do(a, "PUT "+unknown, `{"quantity":9}`, 404)
	do(m, "PATCH "+item, `{"criticalThreshold":2,"expectedAt":"2026-03-05"}`, 200)
	do(m, "PATCH "+item, `{"expectedAt":null}`, 200)
	do(m, "PATCH "+unknown, `{"warningThreshold":1}`, 404)
	do(o, "POST /inventory/adjustments",
		`{"productId":"makita-hr2470","locationId":"vaci-ut","delta":-8,"reason":"r"}`, 200)
	do(o, "POST /inventory/adjustments",
		`{"productId":"makita-hr2470","locationId":"vaci-ut","delta":-8,"reason":"r"}`, 422)
	do(o, "POST /inventory/adjustments", `{"productId":"unknown","locationId":"vaci-ut","delta":1,"reason":"r"}`, 404)
	alerts := do(o, "GET /inventory/alerts", "", 200)
	event := text(alerts["items"].([]any)[0].(map[string]any), "eventId")
	do(o, "POST /notifications/"+event+"/claim", "", 200)
	do(m, "POST /notifications/"+event+"/claim", "", 409)
	do(m, "DELETE /notifications/"+event+"/claim", "", 409)
	do(o, "GET /inventory/alerts", "", 200)
	do(m, "GET /notifications", "", 200)
	do(m, "GET /notifications?locationId=vaci-ut", "", 200)
	do(o, "DELETE /notifications/"+event+"/claim", "", 200)
	do(o, "POST /notifications/unknown/claim", "", 404)
	do(o, "DELETE /notifications/unknown/claim", "", 404)
	do(m, "POST /notifications/read", `{"upTo":"`+event+`"}`, 200)
	do(a, "PUT "+item, `{"quantity":9}`, 200)

	rental := do(o, "POST /rentals", checkout(""), 201, "Idempotency-Key: k")
	do(o, "POST /rentals", checkout(""), 201, "Idempotency-Key: k")
	do(o, "POST /rentals", checkout(`,"payment":{"method":"CASH"}`), 422, "Idempotency-Key: k")
	do(o, "POST /rentals", strings.Replace(checkout(""), "alfa-epito", "unknown", 1), 404)
	declined := do(o, "POST /rentals",
		checkout(`,"payment":{"method":"CARD","cardToken":"tok_insufficient_funds"}`), 201)
	do(o, "GET /rentals/"+text(declined, "id"), "", 200)
	do(o, "GET /rentals/unknown", "", 404)
	do(o, "POST /rentals/"+text(declined, "id")+"/return", "", 409)
	pay := func(rental, card string) string {
		return `{"rentalId":"` + rental + `","amount":14700,"method":"CARD","cardToken":"` + card + `"}`
	}
	do(o, "POST /payments", pay(text(declined, "id"), "tok_expired_card"), 402)
	do(o, "POST /payments", pay(text(declined, "id"), "tok_timeout"), 504, "Idempotency-Key: t")
	do(o, "POST /payments", pay(text(declined, "id"), "tok_timeout"), 504, "Idempotency-Key: t")
	do(m, "GET /payments/failures", "", 200)
	do(o, "POST /payments", pay(text(rental, "id"), "tok_ok"), 201)
	do(o, "POST /payments", pay("unknown", "tok_ok"), 404)
	do(m, "GET /payments", "", 200)
	do(m, "GET /reports/revenue?from=2026-03-01&to=2026-03-02", "", 200)
	do(m, "GET /payments/failures", "", 200)
	do(o, "POST /payments", strings.Replace(pay(text(rental, "id"), "tok_ok"), "14700", "9", 1), 409)
	extend := "POST /rentals/" + text(rental, "id") + "/extend"
	do(o, extend, `{"dueAt":"2026-03-06T10:00:00Z","expectedTotal":1}`, 409)
	do(o, extend, `{"dueAt":"2026-03-06T10:00:00Z"}`, 200)
	do(o, "POST /rentals/unknown/extend", `{"dueAt":"2026-03-06T10:00:00Z"}`, 404)
	do(o, "POST /rentals/"+text(rental, "id")+"/return", `{"lines":[]}`, 422)
	do(o, "POST /rentals/"+text(rental, "id")+"/return", "", 200)
	do(o, "POST /rentals/"+text(rental, "id")+"/cancel", "", 409)
	do(o, "POST /rentals/"+text(declined, "id")+"/cancel", "", 200)
	do(o, "POST /payments", pay(text(declined, "id"), "tok_ok"), 409)
	do(o, "POST /rentals/unknown/return", "", 404)
	do(o, "POST /rentals/unknown/cancel", "", 404)
	do(o, "GET /rentals", "", 200)
	paid := do(o, "POST /rentals", checkout(`,"payment":{"method":"CARD","cardToken":"tok_ok"}`), 201)
	do(o, "POST /rentals/"+text(paid, "id")+"/cancel", "", 200)
	refunds := do(m, "GET /refunds", "", 200)["items"].([]any)
	refund, _ := refunds[0].(map[string]any)
	do(o, "POST /refunds/"+text(refund, "id")+"/retry", "", 200)
	do(o, "POST /refunds/unknown/retry", "", 404)

	partner := do(o, "POST /partners", `{"name":"Kiss Éva","phone":"06 30 123 4567","email":"eva@kiss.example"}`, 201)
	do(o, "POST /partners", `{"name":"Kiss Éva","phone":"+36 (30) 123-4567","note":"csak délután\nhívható"}`, 201)
	do(o, "POST /partners", `{"name":"Kiss Éva","phone":"1 234 5678"}`, 201, "Idempotency-Key: k")
	do(o, "POST /partners", `{"name":"Kiss Éva","phone":"1 234 5679"}`, 422, "Idempotency-Key: k")
	do(o, "POST /partners", `{"name":"Kiss Éva","phone":"nincs"}`, 422)
	do(o, "GET /partners/"+text(partner, "id"), "", 200)
	do(o, "GET /partners/unknown", "", 404)
	do(o, "GET /partners/alfa-epito/rentals", "", 200)
	do(o, "GET /partners/unknown/rentals", "", 404)
	do(o, "GET /partners?phone=%2B36301234567", "", 200)
	do(o, "GET /partners?phone=nincs", "", 422)
	do(o, "PATCH /partners/"+text(partner, "id"), `{"email":null}`, 200)
	do(o, "PATCH /partners/unknown", `{}`, 404)
	do(a, "PUT /partners/alfa-epito/cards/tok_1", `{"label":"céges","last4":"1234","expires":"2027-01"}`, 200)
	do(a, "PUT /partners/unknown/cards/tok_1", `{}`, 404)
	do(o, "GET /partners/alfa-epito/cards", "", 200)
	do(o, "GET /partners/unknown/cards", "", 404)
	do(a, "DELETE /partners/alfa-epito/cards/tok_1", "", 204)
	do(a, "DELETE /partners/alfa-epito/cards/tok_1", "", 404)
	do(a, "POST /partners/alfa-epito/erase", "", 409)
	do(a, "POST /partners/unknown/erase", "", 404)
	do(a, "PUT /partners/gone", `{"name":"Gone"}`, 200)
	do(a, "POST /partners/gone/erase", "", 200)
	do(a, "POST /partners/gone/erase", "", 200)
	do(a, "PUT /partners/gone", `{"name":"Gone"}`, 409)
	do(o, "PATCH /partners/gone", `{"name":"Gone"}`, 409)
	do(a, "PUT /partners/gone/cards/tok_1", `{}`, 409)

	do(o, "POST /self-check/alert", "", 202)
	for range 5 {
		e.as(harang.RoleOperator, "POST", "/self-check/alert", "")
	}
	do(o, "POST /self-check/alert", "", 429)
	const failed = `{"kind":"error","message":"TypeError: x is undefined","page":"/stock","stack":["draw (stock.js:1:2)"]}`
	do("", "POST /client-errors", failed, 204)
	do("", "POST /client-errors", strings.Replace(failed, "/stock", "/stock?search=x", 1), 422)
	do("", "POST /client-errors", failed, 403, "Origin: https://evil.example")
	for range 9 {
		e.call("", "POST", "/api/v1/client-errors", failed)
	}
	do("", "POST /client-errors", failed, 429)
	const sent = `{"specversion":"1.0","id":"42","source":"/erp","type":"stock_alert","data":{"productId":"p","productName":"P","currentQuantity":1,"threshold":2,"locationId":"l","locationName":"L","severity":"CRITICAL"}}`
	do(e.apiKey, "POST /events", sent, 202, "Content-Type: application/cloudevents+json")
	do(e.apiKey, "POST /events", "["+sent+"]", 202, "Content-Type: application/cloudevents-batch+json")
	do(e.apiKey, "POST /events", sent, 202)
	do(e.apiKey, "POST /events", strings.Replace(sent, "stock_alert", strings.Repeat("x", 17<<10), 1), 422)

	created := do(a, "POST /admin/users", `{"email":"new@budapest.demo","name":"N","role":"OPERATOR"}`, 201)
	do(a, "POST /admin/users", `{"email":"new@budapest.demo","name":"N","role":"OPERATOR"}`, 409)
	temporary := text(created, "password")
	beginner := text(do("", "POST /auth/login", `{"email":"new@budapest.demo","password":"`+temporary+`"}`, 200),
		"accessToken")
	do(beginner, "POST /inventory/adjustments", `{}`, 403)
	do(beginner, "GET /me", "", 200)
	do(beginner, "POST /me/password", `{"currentPassword":"`+temporary+`","newPassword":"password1"}`, 422)
	do(beginner, "POST /me/password", `{"currentPassword":"wrong","newPassword":"my own choice"}`, 422)
	do(beginner, "POST /me/password", `{"currentPassword":"`+temporary+`","newPassword":"my own choice"}`, 204)
	do(beginner, "PATCH /me", `{"name":"N. N.","language":"en"}`, 200)
	do(beginner, "POST /auth/reauthenticate", `{"password":"wrong"}`, 422)
	do(beginner, "POST /auth/reauthenticate", `{"password":"my own choice"}`, 204)
	do("", "POST /auth/login", `{"email":"new@budapest.demo","password":"my own choice"}`, 200)
	sessions, _ := do(beginner, "GET /me/sessions", "", 200)["items"].([]any)
	other, _ := sessions[1].(map[string]any)
	do(beginner, "DELETE /me/sessions/"+text(other, "id"), "", 204)
	do(beginner, "DELETE /me/sessions/"+text(other, "id"), "", 404)
	do(beginner, "DELETE /me/sessions", "", 204)
	do(a, "PATCH /admin/users/"+text(created, "id"), `{"disabled":true}`, 200)
	do(a, "PATCH /admin/users/unknown", `{"disabled":true}`, 404)
	command, err := e.auth.IssueToken(t.Context(), "budapest", harang.RoleAdmin, "", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	do(command, "PATCH /admin/users/"+text(do(a, "GET /me", "", 200), "id"), `{"disabled":true}`, 409)
	do(command, "POST /admin/users/"+text(do(a, "GET /me", "", 200), "id")+"/erase", "", 409)
	do(a, "POST /admin/users/"+text(created, "id")+"/erase", "", 200)
	do(a, "POST /admin/users/unknown/erase", "", 404)
	do(a, "GET /admin/users", "", 200)
	key := do(a, "POST /admin/api-keys", `{"name":"erp"}`, 201)
	do(a, "POST /admin/api-keys", `{"name":"erp","scopes":["stock:write"],"expiresAt":"2027-01-01T00:00:00Z","rateLimit":60}`, 201)
	do(a, "PATCH /admin/api-keys/"+text(key, "id"), `{"scopes":["events:write"],"expiresAt":null,"rateLimit":1}`, 200)
	do(text(key, "key"), "PUT /partners/p", `{"name":"P"}`, 403)
	do(a, "PATCH /admin/api-keys/"+text(key, "id"), `{"rateLimit":null}`, 200)
	do(text(key, "key"), "POST /inventory/adjustments",
		`{"productId":"makita-hr2470","locationId":"vaci-ut","delta":1,"reason":"r"}`, 403)
	do(a, "PATCH /admin/api-keys/"+text(key, "id"), `{"rateLimit":1}`, 200)
	do(text(key, "key"), "POST /events", sent, 429)
	do(a, "DELETE /admin/api-keys/"+text(key, "id"), "", 204)
	do(a, "PATCH /admin/api-keys/"+text(key, "id"), `{"rateLimit":null}`, 409)
	do(a, "PATCH /admin/api-keys/unknown", `{"rateLimit":null}`, 404)
	do(a, "DELETE /admin/api-keys/unknown", "", 404)
	do(a, "GET /admin/api-keys", "", 200)
	do(a, "GET /admin/connections", "", 200)
	do(a, "DELETE /admin/connections/unknown", "", 204)
	do(a, "GET /admin/events/e/journey", "", 200)
	do(a, "GET /admin/events/unknown/journey", "", 404)
	for _, path := range []string{"/healthz", "/readyz", "/openapi.json", "/asyncapi.json"} {
		do("", "GET "+path, "", 200)
	}

	// What every call may answer.
	d := describe(t, e.server.Config.Handler)
	strangers := []string{o, m, a, e.apiKey}
	for path, methods := range d.paths {
		if !strings.HasPrefix(path, "/api/") {
			continue
		}
		path = strings.NewReplacer("{", "", "}", "").Replace(path)
		for method, op := range methods {
			method = strings.ToUpper(method)
			e.call("", method, path, "")
			for _, credential := range strangers {
				if e.call(credential, method, path+"?unknown=1", "").StatusCode != http.StatusUnprocessableEntity {
					continue
				}
				if len(op.RequestBody.Content) > 0 {
					e.call(credential, method, path, "x", "Content-Type: text/plain")
					e.call(credential, method, path, strings.Repeat("x", 1<<20+1))
				}
			}
			if strings.HasPrefix(path, "/api/v1/auth/") {
				e.call("", method, path+"?unknown=1", "")
				if method == http.MethodGet {
					continue
				}
				e.call("", method, path, "x", "Content-Type: text/plain")
				e.call("", method, path, strings.Repeat("x", 1<<20+1))
			}
		}
	}
	for path, methods := range d.paths {
		for _, op := range methods {
			for status := range op.Responses {
				n, err := strconv.Atoi(status)
				// 409 of a checkout, an adjustment or a new partner needs two at once, 429 of most calls many; 304
				// has no body.
				left := n == http.StatusInternalServerError || n == http.StatusServiceUnavailable ||
					n == http.StatusConflict &&
						slices.Contains([]string{"createRental", "adjustStock", "createPartner"}, op.OperationID) ||
					n == http.StatusTooManyRequests &&
						!slices.Contains([]string{
							"login", "openDisplay", "testAlert", "reportClientError",
						}, op.OperationID) ||
					n == http.StatusNotModified
				if err != nil || !left && !slices.Contains(e.answered[op.OperationID], n) {
					t.Errorf("%s (%s) never answered %s", op.OperationID, path, status)
				}
			}
		}
	}
}

// TestOpenAPI_Faults: when the store is broken every call answers as described,
// and does not say why.
func TestOpenAPI_Faults(t *testing.T) {
	e := newEnv(t)
	d := describe(t, e.server.Config.Handler)
	if err := e.store.Close(); err != nil {
		t.Fatal(err)
	}
	// Bodies that are good, so that it is the database that fails.
	bodies := map[string]string{
		"importCatalogue": "partnerId\n", "login": loginBody, "putLocation": `{"name":"L"}`,
		"putPartner": `{"name":"P"}`, "createPartner": `{"name":"P"}`, "putProduct": `{"name":"P","dailyPrice":1}`,
		"adjustStock": `{"productId":"p","locationId":"l","delta":1,"reason":"r"}`,
		"changeStock": `{"warningThreshold":1}`,
		"putStock":    `{"quantity":1}`, "pay": `{"rentalId":"r","amount":1,"method":"CASH"}`, "putCard": `{}`,
		"markRead":     `{"upTo":"e"}`,
		"createRental": `{"partnerId":"p","locationId":"l","dueAt":"2026-03-05T10:00:00Z","lines":[{"productId":"p","quantity":1}]}`,
		"sendEvents":   `{"specversion":"1.0","id":"1","source":"/erp","type":"rental_created","data":{"rentalId":"r","partnerId":"p","partnerName":"P","equipmentCount":2,"totalValue":1,"currency":"HUF"}}`,
		"createUser":   `{"email":"new@budapest.demo","name":"N","role":"OPERATOR"}`, "changeUser": `{"disabled":true}`,
		"createDisplay": `{"name":"Bejárat"}`, "openDisplay": `{"secret":"hd_x"}`,
		"createApiKey": `{"name":"erp"}`, "extendRental": `{"dueAt":"2026-03-06T10:00:00Z"}`,
	}
	// These ask for nothing that the database has.
	own := []string{"session", "refresh", "me", "listConnections", "findJourney", "reportClientError"}
	for path, methods := range d.paths {
		for method, op := range methods {
			if !strings.HasPrefix(path, "/api/") || slices.Contains(own, op.OperationID) {
				continue
			}
			credential := e.tokens[harang.RoleAdmin]
			if op.OperationID == "sendEvents" {
				credential = e.apiKey
			}
			path := strings.NewReplacer("{", "", "}", "").Replace(path)
			r := e.call(credential, strings.ToUpper(method), path, bodies[op.OperationID])
			if r.StatusCode != http.StatusInternalServerError || bytes.Contains(r.body, []byte("closed")) {
				t.Errorf("%s: %d %s", op.OperationID, r.StatusCode, r.body)
			}
		}
	}
}

// clockStart is the time of env's clock at the start.
var clockStart = time.Date(2026, 3, 2, 13, 0, 0, 0, time.UTC)
