package httpapi_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

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
	for i, want := range []string{"tenant=budapest user=0198f3a0-7c00-7000-8000-000000000007 code=INTERNAL err=\"panic: a secret of the inside", "closed"} {
		if !strings.Contains(lines[i], want) || !strings.Contains(lines[i], "level=ERROR") {
			t.Errorf("%s", lines[i])
		}
	}
}

// A caller that goes away before the answer is no failure of the server.
func TestLog_CallerGone(t *testing.T) {
	log := &logged{}
	e := newEnv(t, func(o *httpapi.Options) { o.Logger = slog.New(slog.NewTextHandler(log, nil)) })
	ctx, leave := context.WithCancel(t.Context())
	leave()
	r := httptest.NewRequestWithContext(ctx, "GET", "/api/v1/partners", nil)
	r.Header.Set("Authorization", "Bearer "+e.tokens[harang.RoleOperator])
	answer := httptest.NewRecorder()
	e.server.Config.Handler.ServeHTTP(answer, r)
	if answer.Code != 503 || log.String() != "" {
		t.Fatalf("%d %s", answer.Code, log.String())
	}
}
