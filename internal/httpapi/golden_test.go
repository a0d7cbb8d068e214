package httpapi_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"harang.dev/harang"
)

var update = flag.Bool("update", false, "write contract/http anew")

// golden is one call with its answer, as contract/http keeps it for the tests of
// the server and of the page.
type golden struct {
	Method string          `json:"method"`
	Path   string          `json:"path"`
	Body   json.RawMessage `json:"body,omitempty"`
	Status int             `json:"status"`
	Type   string          `json:"contentType,omitempty"`
	Answer json.RawMessage `json:"answer,omitempty"`
}

// volatile values differ in every run and are replaced by values of the same form.
var volatile = []struct {
	what *regexp.Regexp
	by   string
}{
	{regexp.MustCompile(`"accessToken":\s*"[^"]+"`), `"accessToken":"eyJhbGciOiJFZERTQSJ9.e30.c2lnbmF0dXJl"`},
	{regexp.MustCompile(`"key":\s*"hk_[^"]+"`), `"key":"hk_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"`},
	{regexp.MustCompile(`[0-9a-f]{20}:([omc]):`), `0198f3a07c0000000000:$1:`},
	// Rows of the audit log are not numbered by the tests' source of ids, which begins with 0198f3a0.
	{
		regexp.MustCompile(`"01(9[9a-f]|[a-f][0-9a-f])[0-9a-f]{4}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"`),
		`"0198f3a0-7c00-7000-8000-000000000000"`,
	},
	{regexp.MustCompile(`"nextCursor":\s*"YXVkaXQg[^"]+"`), `"nextCursor":"YXVkaXQg"`},
}

// TestContract compares every answer of a short day in a shop with its golden file.
// Clock and ids are fixed, so answers are the same in every run.
func TestContract(t *testing.T) {
	e := newEnv(t)
	play := func(name string, credential, method, path, body string, headers ...string) map[string]any {
		t.Helper()
		r := e.call(credential, method, "/api/v1"+path, body, headers...)
		g := golden{Method: method, Path: "/api/v1" + path, Status: r.StatusCode, Type: r.Header.Get("Content-Type")}
		if json.Valid([]byte(body)) {
			g.Body = json.RawMessage(body)
		} else if body != "" {
			g.Body, _ = json.Marshal(body) //nolint:errchkjson // a string always marshals
		}
		answer := r.body
		for _, v := range volatile {
			answer = v.what.ReplaceAll(answer, []byte(v.by))
		}
		g.Answer = answer
		var raw bytes.Buffer
		encoder := json.NewEncoder(&raw)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(g); err != nil {
			t.Fatalf("%s: %v: %s", name, err, r.body)
		}
		got := indented(t, raw.Bytes())
		file := filepath.Join("..", "..", "contract", "http", name+".json")
		if *update {
			if err := os.WriteFile(file, got, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatalf("%v (go test ./internal/httpapi -run TestContract -update writes it)", err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		var m map[string]any
		_ = json.Unmarshal(r.body, &m)
		return m
	}
	o, m, a := e.tokens[harang.RoleOperator], e.tokens[harang.RoleStoreManager], e.tokens[harang.RoleAdmin]
	play("login", "", "POST", "/auth/login", loginBody)
	play("login-refused", "", "POST", "/auth/login", `{"email":"manager@budapest.demo","password":"wrong"}`)
	play("me", m, "GET", "/me", "")
	play("unauthenticated", "", "GET", "/me", "")
	play("malformed", a, "PUT", "/partners/p", `{"name":`)
	play("invalid", a, "PUT", "/products/p", `{"name":5,"price":1}`)
	play("locations", o, "GET", "/locations", "")
	play("location-hours", a, "PUT", "/locations/vaci-ut",
		`{"name":"Váci út","openingHours":{"week":{"mon":[["07:00","12:00"],["13:00","17:00"]],"sat":[["08:00","12:00"]]},"closed":["2026-12-24"]}}`)
	play("location-hours-invalid", a, "PUT", "/locations/vaci-ut",
		`{"name":"Váci út","openingHours":{"week":{"mon":[["17:00","07:00"]]},"closed":["2026-02-30"]}}`)
	play("partners", o, "GET", "/partners?search=epito", "")
	play("products", o, "GET", "/products", "")
	play("stock", o, "GET", "/inventory/stock", "")
	play("adjustment", o, "POST", "/inventory/adjustments",
		`{"productId":"makita-hr2470","locationId":"vaci-ut","delta":-2,"reason":"szervizben"}`)
	play("adjustment-below-zero", o, "POST", "/inventory/adjustments",
		`{"productId":"makita-hr2470","locationId":"vaci-ut","delta":-9,"reason":"elveszett"}`)
	play("threshold-forbidden", o, "PATCH", "/inventory/stock/makita-hr2470/vaci-ut", `{"warningThreshold":9}`)
	alerts := play("alerts", o, "GET", "/inventory/alerts", "")
	item, _ := alerts["items"].([]any)[0].(map[string]any)
	event, _ := item["eventId"].(string)
	play("claim", o, "POST", "/notifications/"+event+"/claim", "")
	play("claim-taken", m, "POST", "/notifications/"+event+"/claim", "")
	play("alerts-claimed", o, "GET", "/inventory/alerts", "")
	e.move(time.Second)
	play("put-stock", a, "PUT", "/inventory/stock/makita-hr2470/vaci-ut",
		`{"quantity":12,"warningThreshold":5,"criticalThreshold":3}`)
	play("expected", o, "PATCH", "/inventory/stock/makita-hr2470/vaci-ut", `{"expectedAt":"2026-03-05"}`)
	first := play(
		"rental",
		o,
		"POST",
		"/rentals",
		`{"partnerId":"alfa-epito","locationId":"vaci-ut","dueAt":"2026-03-05T10:00:00Z","lines":[{"productId":"makita-hr2470","quantity":2}]}`,
	)
	e.move(time.Second)
	declined := play(
		"rental-declined",
		o,
		"POST",
		"/rentals",
		`{"partnerId":"alfa-epito","locationId":"vaci-ut","dueAt":"2026-03-05T10:00:00Z","lines":[{"productId":"makita-hr2470","quantity":1}],"payment":{"method":"CARD","cardToken":"tok_insufficient_funds"}}`,
	)
	play(
		"rental-insufficient",
		o,
		"POST",
		"/rentals",
		`{"partnerId":"alfa-epito","locationId":"vaci-ut","dueAt":"2026-03-05T10:00:00Z","lines":[{"productId":"makita-hr2470","quantity":99}]}`,
	)
	rental, _ := declined["id"].(string)
	e.move(time.Second)
	play("payment-declined", o, "POST", "/payments",
		`{"rentalId":"`+rental+`","amount":14700,"method":"CARD","cardToken":"tok_expired_card"}`)
	play("payment-failures", m, "GET", "/payments/failures", "")
	e.move(time.Second)
	play("payment", o, "POST", "/payments",
		`{"rentalId":"`+rental+`","amount":14700,"method":"CARD","cardToken":"tok_ok"}`)
	play("rental-paid", o, "GET", "/rentals/"+rental, "")
	play("rentals", o, "GET", "/rentals", "")
	play("payments", m, "GET", "/payments?status=DECLINED", "")
	play("rentals-due", o, "GET",
		"/rentals?out=true&search=alfa&dueFrom=2026-03-05&dueTo=2026-03-05&sort=dueAt&limit=1", "")
	play("payments-of-day", m, "GET", "/payments?from=2026-03-02&to=2026-03-02&locationId=vaci-ut&limit=1", "")
	play("payments-forbidden", o, "GET", "/payments", "")
	play("summary", m, "GET", "/dashboard/summary", "")
	play("summary-operator", o, "GET", "/dashboard/summary", "")
	play("notifications", m, "GET", "/notifications", "")
	play("notifications-operator", o, "GET", "/notifications", "")
	play("read", m, "POST", "/notifications/read", `{"eventIds":["`+event+`"]}`)
	play(
		"events",
		e.apiKey,
		"POST",
		"/events",
		`{"specversion":"1.0","id":"42","source":"/erp","type":"stock_alert","data":{"productId":"p","productName":"P","currentQuantity":1,"threshold":2,"locationId":"l","locationName":"L","severity":"CRITICAL"}}`,
	)
	play(
		"events-invalid",
		e.apiKey,
		"POST",
		"/events",
		`{"specversion":"1.0","id":"43","source":"/erp","type":"stock_alert","data":{"productId":"p","severity":"BAD"}}`,
	)
	e.move(time.Second)
	play("payment-price-changed", o, "POST", "/payments",
		`{"rentalId":"`+rental+`","amount":14700,"method":"CARD","cardToken":"tok_ok"}`)
	opened, _ := first["id"].(string)
	e.as(harang.RoleOperator, "POST", "/payments", `{"rentalId":"`+opened+`","amount":29400,"method":"CASH"}`).
		want(t, 201, "")
	play("rental-return-some", o, "POST", "/rentals/"+opened+"/return",
		`{"lines":[{"productId":"makita-hr2470","quantity":1}],"credit":true}`)
	play("rental-return-too-many", o, "POST", "/rentals/"+opened+"/return",
		`{"lines":[{"productId":"makita-hr2470","quantity":2},{"productId":"unknown","quantity":1}]}`)
	play("rental-extend-price", o, "POST", "/rentals/"+opened+"/extend?dryRun=true", `{"dueAt":"2026-03-06T10:00:00Z"}`)
	play("rental-extend-price-changed", o, "POST", "/rentals/"+opened+"/extend",
		`{"dueAt":"2026-03-06T10:00:00Z","expectedTotal":19599}`)
	play("rental-extend", o, "POST", "/rentals/"+opened+"/extend",
		`{"dueAt":"2026-03-06T10:00:00Z","expectedTotal":24500}`)
	play("rental-return", o, "POST", "/rentals/"+opened+"/return", "")
	play("rental-cancel", o, "POST", "/rentals/"+rental+"/cancel", "")
	play("revenue", m, "GET", "/reports/revenue", "")
	play("refunds", m, "GET", "/refunds?open=true", "")
	play("users", a, "GET", "/admin/users?limit=2", "")
	play("api-key", a, "POST", "/admin/api-keys", `{"name":"erp"}`)
	play("not-found", o, "GET", "/rentals/unknown", "")
	play("put-product", a, "PUT", "/products/te-70",
		`{"name":"Hilti TE 70 kombikalapács","dailyPrice":14900,"barcodes":["5991234567890","00451278"]}`)
	play("put-product-barcode-taken", a, "PUT", "/products/makita-hr2470",
		`{"name":"Makita HR2470 fúrókalapács","dailyPrice":4900,"barcodes":["00451278"]}`)
	play("products-code", o, "GET", "/products?code=00451278", "")
	play("products-code-unknown", o, "GET", "/products?code=451278", "")
	play("stock-worst-first", o, "GET", "/inventory/stock?sort=-severity&out=true&limit=1", "")
	play("stock-returns", o, "GET", "/inventory/stock/makita-hr2470/vaci-ut/returns", "")
	play("stock-history", o, "GET", "/inventory/stock/makita-hr2470/vaci-ut/history?limit=2", "")
	play("audit", a, "GET", "/audit?since=2026-03-02&limit=3", "")
	play("audit-subject", m, "GET", "/audit?subject=rental:"+rental, "")
	play("put-product-archived", a, "PUT", "/products/te-70",
		`{"name":"Hilti TE 70 kombikalapács","dailyPrice":14900,"archived":true}`)
	play("products-archived", o, "GET", "/products?archived=true", "")
	play(
		"rental-archived",
		o,
		"POST",
		"/rentals",
		`{"partnerId":"alfa-epito","locationId":"vaci-ut","dueAt":"2026-03-05T10:00:00Z","lines":[{"productId":"te-70","quantity":1}]}`,
	)
	play("partner-erase-unfinished", a, "POST", "/partners/alfa-epito/erase", "")
	e.as(harang.RoleAdmin, "PUT", "/partners/gone", `{"name":"Gone"}`).want(t, 200, "")
	play("partner-erase", a, "POST", "/partners/gone/erase", "")
	play("partner-erased", a, "PUT", "/partners/gone", `{"name":"Back"}`)
	play("test-alert", o, "POST", "/self-check/alert", "")
	e.move(time.Second)
	for range 4 {
		e.as(harang.RoleOperator, "POST", "/self-check/alert", "").want(t, 202, "")
	}
	play("test-alert-limited", o, "POST", "/self-check/alert", "")
	play("me-changed", o, "PATCH", "/me", `{"name":"Kiss-Nagy Eszter","language":"hu"}`)
	play("sessions", m, "GET", "/me/sessions", "")
	play("password-wrong", o, "POST", "/me/password", `{"currentPassword":"wrong","newPassword":"saját jelszavam"}`)
	play("password-too-common", o, "POST", "/me/password",
		`{"currentPassword":"harang-demo","newPassword":"Password1!"}`)
	e.as(harang.RoleAdmin, "POST", "/admin/users",
		`{"email":"uj@budapest.demo","name":"Új Béla","role":"OPERATOR","password":"nem a sajátom"}`).want(t, 201, "")
	beginner := play("login-password-change-required", "", "POST", "/auth/login",
		`{"email":"uj@budapest.demo","password":"nem a sajátom"}`)
	token, _ := beginner["accessToken"].(string)
	play("password-change-required", token, "GET", "/dashboard/summary", "")
	e.move(5 * time.Minute)
	play("reauthentication-required", a, "POST", "/admin/api-keys", `{"name":"erp"}`)
	// Last, so that the ids of the calls above stay.
	screen := e.openDisplay("vaci-ut")
	e.as(harang.RoleOperator, "POST", "/rentals", `{"partnerId":"alfa-epito","locationId":"vaci-ut","dueAt":"2026-03-02T16:00:00Z","lines":[{"productId":"makita-hr2470","quantity":1}]}`).
		want(t, 201, "")
	e.as(harang.RoleAdmin, "PUT", "/inventory/stock/makita-hr2470/vaci-ut",
		`{"quantity":2,"warningThreshold":5,"criticalThreshold":3}`).want(t, 200, "")
	play("displays", a, "GET", "/admin/displays", "")
	play("counter", screen, "GET", "/counter", "")
	play("display-forbidden", screen, "GET", "/rentals", "")
}
