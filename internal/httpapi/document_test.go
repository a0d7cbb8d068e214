package httpapi_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"context"

	"github.com/google/go-cmp/cmp"

	"harang.dev/harang"
	"harang.dev/harang/internal/health"
	"harang.dev/harang/internal/httpapi"
	"harang.dev/harang/internal/ingest"
)

func TestOpenAPI_DescribesEveryCall(t *testing.T) {
	e := newEnv(t)
	r := e.call("", "GET", "/openapi.json", "")
	if r.StatusCode != http.StatusOK || r.Header.Get("Content-Type") != "application/json" {
		t.Fatalf("%d %v", r.StatusCode, r.Header)
	}
	var spec struct {
		OpenAPI string `json:"openapi"`
		Info    struct{ Title, Version string }
		Paths   map[string]map[string]struct {
			OperationID string           `json:"operationId"`
			Summary     string           `json:"summary"`
			Security    []map[string]any `json:"security"`
			Responses   map[string]struct {
				Description string                    `json:"description"`
				Content     map[string]map[string]any `json:"content"`
			} `json:"responses"`
			Parameters []struct{ Name, In string } `json:"parameters"`
			Codes      []string                    `json:"x-codes"`
		} `json:"paths"`
		Components struct {
			Schemas         map[string]any `json:"schemas"`
			SecuritySchemes map[string]any `json:"securitySchemes"`
		} `json:"components"`
	}
	if err := json.Unmarshal(r.body, &spec); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(spec.OpenAPI, "3.1") || spec.Info.Version != "1.2.3" {
		t.Fatalf("%s %+v", spec.OpenAPI, spec.Info)
	}
	ids := map[string]bool{}
	for path, methods := range spec.Paths {
		for method, op := range methods {
			name := method + " " + path
			inside := strings.HasPrefix(path, "/api/")
			if op.OperationID == "" || op.Summary == "" || ids[op.OperationID] {
				t.Errorf("%s: id %q, summary %q", name, op.OperationID, op.Summary)
			}
			ids[op.OperationID] = true
			success := 0
			for status, response := range op.Responses {
				if strings.HasPrefix(status, "2") {
					success++
				} else if inside && response.Content["application/problem+json"] == nil {
					t.Errorf("%s: %s is no problem: %v", name, status, response.Content)
				}
				if response.Description == "" {
					t.Errorf("%s: %s says nothing", name, status)
				}
			}
			public := !inside || slices.Contains([]string{
				"login", "session", "openDisplay", "reportClientError",
			}, op.OperationID)
			if success != 1 || (len(op.Codes) == 0) == inside || op.Security == nil ||
				(len(op.Security) == 0) != public {
				t.Errorf("%s: %d successes, codes %v, security %v", name, success, op.Codes, op.Security)
			}
			if _, refused := op.Responses["403"]; refused != (inside && op.OperationID != "session") {
				t.Errorf("%s: 403 %v", name, refused)
			}
			// Every variable of the path is a parameter and the other way round.
			var inPath []string
			for _, p := range op.Parameters {
				if p.In == "path" {
					inPath = append(inPath, p.Name)
				}
			}
			var want []string
			for _, m := range regexp.MustCompile(`{(\w+)}`).FindAllStringSubmatch(path, -1) {
				want = append(want, m[1])
			}
			slices.Sort(inPath)
			slices.Sort(want)
			if !slices.Equal(inPath, want) {
				t.Errorf("%s: parameters %v, want %v", name, inPath, want)
			}
		}
	}
	for _, ref := range regexp.MustCompile(`"\$ref":"#/components/schemas/([^"]+)"`).
		FindAllStringSubmatch(string(r.body), -1) {
		if spec.Components.Schemas[ref[1]] == nil {
			t.Errorf("%s is not described", ref[1])
		}
	}
	// Requests are strict, answers may grow.
	for name, more := range map[string]any{"CheckoutBody": false, "PaymentOrder": false, "StockAlert": false,
		"StockAlertCloudEvent": true, "StockAlertNotification": nil, "StockAlertData": nil, "RentalBody": nil,
		"StockBody": nil} {
		if s, _ := spec.Components.Schemas[name].(map[string]any); s == nil || s["additionalProperties"] != more {
			t.Errorf("%s may have more: %v, want %v", name, s["additionalProperties"], more)
		}
	}
	if spec.Components.SecuritySchemes["accessToken"] == nil || spec.Components.Schemas["Problem"] == nil {
		t.Fatal("no security or no problem described")
	}
	if r = e.call("", "GET", "/openapi.json", "",
		"If-None-Match: "+r.Header.Get("ETag")); r.StatusCode != http.StatusNotModified ||
		len(r.body) != 0 {
		t.Fatalf("unchanged: %d", r.StatusCode)
	}
}

// sampleMessages have every shape that a message of the socket can have.
func sampleMessages() []httpapi.SocketMessage {
	type part struct {
		Reason string `json:"reason" enum:"a,b"`
	}
	type body struct {
		Rooms []string `json:"rooms"`
		Part  *part    `json:"part" doc:"null when there is none"`
		Until *string  `json:"until" format:"date-time"`
	}
	type answer struct {
		OK bool `json:"ok" enum:"true"`
	}
	type refusal struct {
		OK    bool `json:"ok" enum:"false"`
		Error part `json:"error"`
	}
	return []httpapi.SocketMessage{
		{Name: "session", Summary: "First.", Body: body{}, Position: true},
		{Name: "goodbye", Summary: "Last.", Body: part{}},
		{Name: "subscribe", Summary: "Ask.", FromClient: true, Body: part{}, Answer: answer{}, Refusal: refusal{}},
		{Name: "clock", Summary: "Ask the time.", FromClient: true, Answer: answer{}},
	}
}

func TestAsyncAPI_DescribesEveryMessage(t *testing.T) {
	e := newEnv(t, func(o *httpapi.Options) { o.SocketMessages = sampleMessages() })
	r := e.call("", "GET", "/asyncapi.json", "").want(t, 200, "")
	var spec struct {
		AsyncAPI string `json:"asyncapi"`
		Channels map[string]struct {
			Address  string         `json:"address"`
			Messages map[string]any `json:"messages"`
		} `json:"channels"`
		Operations map[string]struct {
			Messages []map[string]string `json:"messages"`
			Reply    struct {
				Messages []map[string]string `json:"messages"`
			} `json:"reply"`
		} `json:"operations"`
		Components struct {
			Messages map[string]any `json:"messages"`
			Schemas  map[string]any `json:"schemas"`
		} `json:"components"`
	}
	if err := json.Unmarshal(r.body, &spec); err != nil {
		t.Fatal(err)
	}
	channel := spec.Channels["dashboard"]
	if !strings.HasPrefix(spec.AsyncAPI, "3.") || channel.Address != "/ws/dashboard" {
		t.Fatalf("%s %+v", spec.AsyncAPI, channel)
	}
	names := []string{"session", "goodbye", "subscribe", "subscribeAnswer", "clock", "clockAnswer"}
	for _, e := range harang.EventTypes() {
		names = append(names, e.Name)
	}
	for _, name := range names {
		if channel.Messages[name] == nil || spec.Components.Messages[name] == nil {
			t.Errorf("%s is not described", name)
		}
	}
	if len(channel.Messages) != len(names) {
		t.Errorf("%d messages, want %d", len(channel.Messages), len(names))
	}
	said := 0
	for _, op := range spec.Operations {
		said += len(op.Messages) + len(op.Reply.Messages)
	}
	if said != len(names) {
		t.Errorf("%d messages in operations", said)
	}
	for _, ref := range regexp.MustCompile(`"\$ref":"#/components/schemas/([^"]+)"`).
		FindAllStringSubmatch(string(r.body), -1) {
		if spec.Components.Schemas[ref[1]] == nil {
			t.Errorf("%s is not described", ref[1])
		}
	}
}

func TestDocs_LoadNothingFromElsewhere(t *testing.T) {
	e := newEnv(t)
	for _, path := range []string{"/docs", "/docs/"} {
		r := e.call("", "GET", path, "")
		if r.StatusCode != http.StatusOK || !strings.HasPrefix(r.Header.Get("Content-Type"), "text/html") {
			t.Fatalf("%s: %d", path, r.StatusCode)
		}
		for _, want := range []string{"/api/v1/rentals", "INSUFFICIENT_STOCK", "stock_alert", "currentQuantity",
			"Allowed for: ADMIN, API key with the scope catalogue:write.",
			"one of payment_error, rental_created, stock_alert", "the payload of the type, see live events"} {
			if !strings.Contains(string(r.body), want) {
				t.Errorf("%s is not on the page", want)
			}
		}
		if strings.Contains(string(r.body), "http://") || strings.Contains(string(r.body), "https://") ||
			strings.Contains(string(r.body), "<script") {
			t.Error("the page names another host or runs a script")
		}
		if csp := r.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") {
			t.Errorf("policy %q", csp)
		}
	}
	if r := e.call("", "GET", "/docs/style.css", ""); r.StatusCode != http.StatusOK ||
		!strings.HasPrefix(r.Header.Get("Content-Type"), "text/css") {
		t.Fatalf("%d %v", r.StatusCode, r.Header)
	}
}

func TestHealth(t *testing.T) {
	var database, redis error
	draining := false
	monitor := health.New(health.Options{Dependencies: []health.Dependency{
		{
			Name: "database", Check: func(context.Context) error { return database },
			Facts: func() map[string]any { return map[string]any{"rounds": 3} },
		},
		{Name: "redis", Optional: true, Check: func(context.Context) error { return redis }},
	}})
	var log bytes.Buffer
	e := newEnv(t, func(o *httpapi.Options) {
		o.Health = monitor
		o.Logger = slog.New(slog.NewTextHandler(&log, nil))
		o.Draining = func() bool { return draining }
	})
	e.call("", "GET", "/healthz", "").want(t, 200, "")
	expect := func(query string, status int, word, databaseWord, redisWord string) {
		t.Helper()
		r := e.call("", "GET", "/readyz"+query, "")
		m := r.json(t)
		all, _ := m["dependencies"].(map[string]any)
		first, _ := all["database"].(map[string]any)
		second, _ := all["redis"].(map[string]any)
		got := []any{
			r.StatusCode, m["status"], m["version"], first["status"], first["rounds"], first["required"],
			second["status"], second["required"],
		}
		want := []any{status, word, "1.2.3+abc", databaseWord, 3.0, true, redisWord, false}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("/readyz%s: %s (-want +got):\n%s", query, r.body, diff)
		}
		if strings.Contains(string(r.body), "10.0.0.7") {
			t.Errorf("the answer names a host: %s", r.body)
		}
	}
	expect("", 503, "down", "down", "down") // nothing was checked yet
	monitor.Check(t.Context())
	expect("", 200, "ok", "ok", "ok")
	expect("?strict=1", 200, "ok", "ok", "ok")
	redis = errors.New("dial tcp 10.0.0.7:6379: refused")
	monitor.Check(t.Context())
	expect("", 200, "degraded", "ok", "down")
	expect("?strict=0", 200, "degraded", "ok", "down")
	expect("?strict=1", 503, "degraded", "ok", "down")
	database = errors.New("disk full")
	monitor.Check(t.Context())
	expect("", 503, "down", "down", "down")
	database, redis = nil, nil
	monitor.Check(t.Context())
	draining = true
	expect("", 503, "draining", "ok", "ok")
	e.call("", "GET", "/healthz", "").want(t, 200, "")
	if log.Len() > 0 {
		t.Errorf("calls of /readyz are in the log: %s", &log)
	}
}

// unavailableStore is a database that does not answer.
type unavailableStore struct{}

func (unavailableStore) AppendEvents(context.Context, []harang.Event) ([]ingest.Appended, error) {
	return nil, harang.Wrap(harang.CodeUnavailable, errors.New("disk I/O error"), "the database is not available")
}

func TestEvents_DatabaseUnavailable(t *testing.T) {
	e := newEnv(t, func(o *httpapi.Options) {
		o.Intake = ingest.New(unavailableStore{},
			func() string { return "id" })
	})
	const event = `{"specversion":"1.0","id":"1","source":"/erp","type":"rental_created","data":{"rentalId":"r1","partnerId":"p","partnerName":"P","equipmentCount":2,"totalValue":100,"currency":"HUF"}}`
	r := e.call(e.apiKey, "POST", "/api/v1/events", event).want(t, 503, harang.CodeUnavailable)
	if r.Header.Get("Retry-After") != "1" || strings.Contains(string(r.body), "disk") {
		t.Fatalf("%v %s", r.Header, r.body)
	}
	if err := e.store.Close(); err != nil {
		t.Fatal(err)
	}
	e.options.Health.Check(t.Context())
	e.call("", "GET", "/readyz", "").want(t, 503, "")
}

func page() fstest.MapFS {
	return fstest.MapFS{
		"index.html":            {Data: []byte("<!doctype html>page")},
		"index.html.br":         {Data: []byte("br")},
		"counter.html":          {Data: []byte("<!doctype html>counter")},
		"favicon.svg":           {Data: []byte("<svg/>")},
		"licenses.txt":          {Data: []byte("MIT")},
		"manifest.webmanifest":  {Data: []byte("{}")},
		"assets/app-abc.js":     {Data: []byte("script, uncompressed")},
		"assets/app-abc.js.br":  {Data: []byte("script, br")},
		"assets/app-abc.js.gz":  {Data: []byte("script, gzip")},
		"assets/inter.woff2":    {Data: []byte("font")},
		"assets/app-abc.js.map": {Data: []byte("{}")},
		"routes.json":           {Data: []byte(`["/","/login","/rentals","/rentals/new","/partners/$id","/counter"]`)},
	}
}

func TestPage(t *testing.T) {
	e := newEnv(t, func(o *httpapi.Options) { o.Page, o.PagePolicy = page(), "script-src 'self'" })
	for path, c := range map[string]struct {
		accept, contentType, cache, encoding, body string
		status                                     int
	}{
		"/":                     {"", "text/html; charset=utf-8", "no-cache", "", "<!doctype html>page", 200},
		"/login":                {"br", "text/html; charset=utf-8", "no-cache", "br", "br", 200},
		"/rentals/new":          {"", "text/html; charset=utf-8", "no-cache", "", "<!doctype html>page", 200},
		"/index.html":           {"", "text/html; charset=utf-8", "no-cache", "", "<!doctype html>page", 200},
		"/counter":              {"", "text/html; charset=utf-8", "no-cache", "", "<!doctype html>counter", 200},
		"/counter.html":         {"", "application/problem+json", "", "", "", 404},
		"/favicon.svg":          {"gzip", "image/svg+xml", "no-cache", "", "<svg/>", 200},
		"/licenses":             {"", "text/plain; charset=utf-8", "no-cache", "", "MIT", 200},
		"/licenses.txt":         {"", "text/plain; charset=utf-8", "no-cache", "", "MIT", 200},
		"/manifest.webmanifest": {"", "application/manifest+json", "no-cache", "", "{}", 200},
		"/assets/app-abc.js": {"gzip, br", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable",
			"br", "script, br", 200},
		"/assets/inter.woff2":   {"br", "font/woff2", "public, max-age=31536000, immutable", "", "font", 200},
		"/assets/gone-1.js":     {"", "application/problem+json", "", "", "", 404},
		"/logo.png":             {"", "application/problem+json", "", "", "", 404},
		"/healthz/":             {"", "application/problem+json", "", "", "", 404},
		"/readyz/":              {"", "application/problem+json", "", "", "", 404},
		"/docs/nothing":         {"", "application/problem+json", "", "", "", 404},
		"/metrics":              {"", "application/problem+json", "", "", "", 404},
		"/debug/pprof/":         {"", "application/problem+json", "", "", "", 404},
		"/assets/app-abc.js.br": {"", "application/problem+json", "", "", "", 404},
		"/routes.json":          {"", "application/problem+json", "", "", "", 404},
		"/.well-known/security": {"", "application/problem+json", "", "", "", 404},
		"/.git/config":          {"", "application/problem+json", "", "", "", 404},
		"/wp-1.2/login":         {"", "application/problem+json", "", "", "", 404},
		// The page itself tells people that there is no such page.
		"/rentals/new/x": {"", "text/html; charset=utf-8", "no-cache", "", "<!doctype html>page", 404},
		"/actuator":      {"br", "text/html; charset=utf-8", "no-cache", "br", "br", 404},
		"/partners/p-7":  {"", "text/html; charset=utf-8", "no-cache", "", "<!doctype html>page", 200},
	} {
		t.Run(path, func(t *testing.T) {
			r := e.call("", "GET", path, "", "Accept-Encoding: "+c.accept)
			if r.StatusCode != c.status || r.Header.Get("Content-Type") != c.contentType ||
				r.Header.Get("Cache-Control") != c.cache ||
				r.Header.Get("Content-Encoding") != c.encoding {
				t.Fatalf("%d %v", r.StatusCode, r.Header)
			}
			if c.body != "" && string(r.body) != c.body {
				t.Fatalf("%s", r.body)
			}
			html, policy := strings.HasPrefix(c.contentType, "text/html"), r.Header.Get("Content-Security-Policy")
			if (policy == "script-src 'self'") != html {
				t.Fatalf("policy %q", r.Header.Get("Content-Security-Policy"))
			}
			for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
				"Referrer-Policy": "no-referrer"} {
				if r.Header.Get(name) != want {
					t.Errorf("%s %q", name, r.Header.Get(name))
				}
			}
			if c.status != 200 {
				return
			}
			again := e.call("", "GET", path, "", "Accept-Encoding: "+c.accept, "If-None-Match: "+r.Header.Get("ETag"))
			if again.StatusCode != http.StatusNotModified {
				t.Fatalf("unchanged: %d", again.StatusCode)
			}
		})
	}
	for accept, want := range map[string]string{"gzip": "gzip", "br;q=0, gzip;q=0.5": "gzip", "br;q=1.0": "br",
		"identity": "", "deflate": ""} {
		r := e.call("", "GET", "/assets/app-abc.js", "", "Accept-Encoding: "+accept)
		if r.Header.Get("Content-Encoding") != want {
			t.Errorf("%s: %q", accept, r.Header.Get("Content-Encoding"))
		}
	}
	if r := e.call("", "HEAD", "/", ""); r.StatusCode != http.StatusOK || len(r.body) != 0 ||
		r.Header.Get("Content-Length") != "19" {
		t.Fatalf("HEAD: %d %v", r.StatusCode, r.Header)
	}
}

func TestPage_NotBuilt(t *testing.T) {
	e := newEnv(t)
	r := e.call("", "GET", "/", "")
	if r.StatusCode != http.StatusNotFound || !strings.Contains(string(r.body), "make build") {
		t.Fatalf("%d %s", r.StatusCode, r.body)
	}
	e.call("", "POST", "/", "{}").want(t, 405, "METHOD_NOT_ALLOWED")
}

func TestSocketAndWebhooks_AreMounted(t *testing.T) {
	echo := func(text string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if _, wrapped := w.(interface{ Unwrap() http.ResponseWriter }); wrapped && text == "socket" {
				t.Error("the socket's ResponseWriter is wrapped")
			}
			_, _ = w.Write([]byte(text + " " + r.PathValue("tenant")))
		})
	}
	e := newEnv(t, func(o *httpapi.Options) {
		o.Socket = echo("socket")
		o.Webhooks = map[string]http.Handler{"POST /api/v1/payments/mypos/{tenant}": echo("webhook")}
	})
	if r := e.call("", "GET", "/socket.io/?EIO=4", ""); string(r.body) != "socket " {
		t.Fatalf("%s", r.body)
	}
	if r := e.call("", "POST", "/api/v1/payments/mypos/budapest", "{}"); string(r.body) != "webhook budapest" {
		t.Fatalf("%s", r.body)
	}
}
