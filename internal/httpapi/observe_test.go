package httpapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"harang.dev/harang"
	"harang.dev/harang/internal/httpapi"
)

// logged is what was logged, safe to read while it is written.
type logged struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logged) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// A failure of the server is one log line with its cause, which is not in the answer;
// a mistake of the caller is no line.
func TestLog_ServerFailure(t *testing.T) {
	log := &logged{}
	e := newEnv(t, func(o *httpapi.Options) {
		o.Logger = slog.New(slog.NewTextHandler(log, nil))
		o.Connections = func(string) []httpapi.Connection { panic("a secret of the inside") }
	})
	e.as(harang.RoleAdmin, "GET", "/nope", "").want(t, 404, harang.CodeNotFound)
	e.as(harang.RoleOperator, "GET", "/payments", "").want(t, 403, harang.CodeForbidden)
	e.as(harang.RoleAdmin, "PUT", "/partners/p", "{").want(t, 422, harang.CodeInvalidRequest)
	if log.String() != "" {
		t.Fatal(log.String())
	}
	r := e.as(harang.RoleAdmin, "GET", "/admin/connections", "").want(t, 500, harang.CodeInternal)
	if strings.Contains(string(r.body), "secret") {
		t.Fatalf("%s", r.body)
	}
	if err := e.store.Close(); err != nil {
		t.Fatal(err)
	}
	r = e.as(harang.RoleAdmin, "GET", "/partners", "")
	if r.StatusCode < 500 || strings.Contains(string(r.body), "database is closed") {
		t.Fatalf("%d %s", r.StatusCode, r.body)
	}
	// The handlers may still be writing their lines when the answers are here.
	e.server.Close()
	lines := strings.Split(strings.TrimSpace(log.String()), "\n")
	if len(lines) != 2 {
		t.Fatalf("%d lines: %s", len(lines), log.String())
	}
	for i, want := range []string{"tenant=budapest user=0198f3a0-7c00-7000-8000-000000000007 code=INTERNAL " +
		"err=\"panic: a secret of the inside", "closed"} {
		if !strings.Contains(lines[i], want) || !strings.Contains(lines[i], "level=ERROR") {
			t.Errorf("%s", lines[i])
		}
	}
}

// A clerk whose card payment times out makes no ERROR line: the provider failed, not the
// server.
func TestLog_PaymentTimeout(t *testing.T) {
	log := &logged{}
	e := newEnv(t, func(o *httpapi.Options) { o.Logger = slog.New(slog.NewTextHandler(log, nil)) })
	due := e.clock().Add(24 * time.Hour).Format(time.RFC3339)
	r := e.as(harang.RoleOperator, "POST", "/rentals", `{"partnerId":"alfa-epito","locationId":"vaci-ut",
		"dueAt":"`+due+`","lines":[{"productId":"makita-hr2470","quantity":1}]}`)
	var rental struct{ ID string }
	if err := json.Unmarshal(r.body, &rental); err != nil || rental.ID == "" {
		t.Fatalf("%d %s", r.StatusCode, r.body)
	}
	e.as(harang.RoleOperator, "POST", "/payments",
		`{"rentalId":"`+rental.ID+`","amount":100,"method":"CARD","cardToken":"tok_timeout"}`).
		want(t, 504, harang.CodePaymentTimeout)
	e.server.Close() // the handler may still be writing its line
	if out := log.String(); strings.Count(out, "level=WARN msg=http") != 1 || strings.Contains(out, "level=ERROR") ||
		!strings.Contains(out, "code=PAYMENT_TIMEOUT") {
		t.Error(out)
	}
}

// A program without its page says so to everybody who asks, and writes no line.
func TestLog_NoPage(t *testing.T) {
	log := &logged{}
	e := newEnv(t, func(o *httpapi.Options) {
		o.Logger, o.Page = slog.New(slog.NewTextHandler(log, nil)), nil
	})
	for _, path := range []string{"/", "/rentals", "/index.html"} {
		answer := httptest.NewRecorder()
		e.handler.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		if answer.Code != http.StatusNotFound || !strings.Contains(answer.Body.String(), "make build") {
			t.Errorf("%s: %d %s", path, answer.Code, answer.Body)
		}
	}
	if log.String() != "" {
		t.Error(log.String())
	}
}

// A caller that goes away before the answer is no failure of the server: no call logs
// a line then, and none counts as a failure.
func TestLog_CallerGone(t *testing.T) {
	log, registry := &logged{}, prometheus.NewRegistry()
	e := newEnv(t, func(o *httpapi.Options) {
		o.Logger, o.Registry = slog.New(slog.NewTextHandler(log, nil)), registry
	})
	ctx, leave := context.WithCancel(t.Context())
	leave()
	gone := 0
	for _, r := range routesOf(t, e.call("", "GET", "/openapi.json", "").body) {
		for _, body := range []string{"{}", loginBody, `{"name":"P"}`} {
			request := httptest.NewRequestWithContext(ctx, r.method, r.path, strings.NewReader(body))
			request.Header.Set("Content-Type", "application/json")
			switch {
			case r.id == "sendEvents":
				request.Header.Set("Authorization", "Bearer "+e.apiKey)
			case r.id != "login":
				request.Header.Set("Authorization", "Bearer "+e.tokens[harang.RoleAdmin])
			}
			answer := httptest.NewRecorder()
			e.handler.ServeHTTP(answer, request)
			if answer.Code == http.StatusServiceUnavailable {
				gone++
			} else if answer.Code >= http.StatusInternalServerError {
				t.Errorf("%s: %d %s", r.id, answer.Code, answer.Body)
			}
		}
	}
	if gone < 40 {
		t.Errorf("%d calls were cut off only", gone)
	}
	if log.String() != "" {
		t.Error(log.String())
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				if l.GetName() == "status" && l.GetValue() == "5xx" {
					t.Errorf("counted as a failure: %v", m.GetLabel())
				}
			}
		}
	}
}
