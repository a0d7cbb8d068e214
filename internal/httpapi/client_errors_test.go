package httpapi_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"harang.dev/harang"
	"harang.dev/harang/internal/httpapi"
)

const clientError = `{"kind":"error","message":"TypeError: x is undefined","page":"/stock","stack":["f (a.js:1:2)"]}`

// TestClientErrors_Limited: a page needs no login, an address can neither fill the log nor use the route without end,
// and the answer says when to come back.
func TestClientErrors_Limited(t *testing.T) {
	var log bytes.Buffer
	registry := prometheus.NewRegistry()
	e := newEnv(t, func(o *httpapi.Options) {
		o.Logger, o.Registry = slog.New(slog.NewTextHandler(&log, nil)), registry
	})
	report := func(headers ...string) reply {
		return e.call("", "POST", "/api/v1/client-errors", clientError, headers...)
	}
	for range 10 {
		report().want(t, 204, "")
	}
	limited := report().want(t, 429, harang.CodeRateLimited)
	if wait := limited.Header.Get("Retry-After"); wait != "6" {
		t.Errorf("Retry-After %q, want 6", wait)
	}
	e.move(6 * time.Second)
	report().want(t, 204, "")
	report().want(t, 429, harang.CodeRateLimited)
	if n := strings.Count(log.String(), "page reported an error"); n != 10 {
		t.Errorf("%d log lines for 11 reports within 6 s, want 10", n)
	}
	e.move(10 * time.Second)
	report().want(t, 204, "")
	if !strings.Contains(log.String(), "suppressed=1") {
		t.Errorf("no line tells of the suppressed one:\n%s", log.String())
	}
	if err := testutil.GatherAndCompare(registry, strings.NewReader(`
# HELP harang_client_errors_total Reports of pages by kind. limited: refused, from an address that sends too many.
# TYPE harang_client_errors_total counter
harang_client_errors_total{kind="component"} 0
harang_client_errors_total{kind="error"} 12
harang_client_errors_total{kind="limited"} 2
harang_client_errors_total{kind="rejection"} 0
`), "harang_client_errors_total"); err != nil {
		t.Error(err)
	}
}

// TestClientErrors_EachAddress: one address that reports too much takes nothing from another; the addresses of one
// IPv6 network are one caller.
func TestClientErrors_EachAddress(t *testing.T) {
	e := newEnv(t, behindProxy(t))
	report := func(address string, status int, code harang.Code) {
		t.Helper()
		e.call("", "POST", "/api/v1/client-errors", clientError, "X-Forwarded-For: "+address).want(t, status, code)
	}
	for range 10 {
		report("2001:db8::1", 204, "")
	}
	report("2001:db8::2", 429, harang.CodeRateLimited)
	report("2001:db8:0:1::1", 204, "")
	report("192.0.2.1", 204, "")
}

// TestClientErrors_Log: the line is one line, short, and has nothing that lets anybody in, whoever sent it.
func TestClientErrors_Log(t *testing.T) {
	var log bytes.Buffer
	e := newEnv(t, func(o *httpapi.Options) { o.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
	token := e.tokens[harang.RoleAdmin]
	key := "hk_" + strings.Repeat("a1", 20)
	body := `{"kind":"rejection","message":"bad\nlevel=ERROR \u001b[31m ` + token + ` ` + key +
		` GET /api?search=Kov%C3%A1cs` + strings.Repeat("é", 200) +
		`","page":"/","stack":["f (https://x/a.js?t=secret:1:1)"]}`
	e.call("", "POST", "/api/v1/client-errors", body).want(t, 204, "")
	line := log.String()
	if strings.Count(line, "\n") != 1 || strings.ContainsRune(line, '\u001b') {
		t.Errorf("more than one line, or a control character: %q", line)
	}
	for _, secret := range []string{token, key, "Kov", "secret"} {
		if strings.Contains(line, secret) {
			t.Errorf("the line has %q: %s", secret, line)
		}
	}
	if value := httpapi.SafeText(strings.Repeat("hé ", 200)); len(value) > 256 || !strings.HasSuffix(value, "…") {
		t.Errorf("%d bytes: %q", len(value), value)
	}
}

func TestClientErrors_Refused(t *testing.T) {
	e := newEnv(t)
	for name, body := range map[string]string{
		"query in page": strings.Replace(clientError, "/stock", "/stock?search=x", 1),
		"unknown kind":  strings.Replace(clientError, `"error"`, `"fatal"`, 1),
		"six frames":    strings.Replace(clientError, `["f (a.js:1:2)"]`, `["1","2","3","4","5","6"]`, 1),
		"no message":    strings.Replace(clientError, "TypeError: x is undefined", "", 1),
	} {
		if res := e.call("", "POST", "/api/v1/client-errors", body); res.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d", name, res.StatusCode)
		}
	}
	large := strings.Replace(clientError, "TypeError", strings.Repeat("x", 5<<10), 1)
	e.call("", "POST", "/api/v1/client-errors", large).want(t, 413, harang.CodeTooLarge)
	e.call("", "POST", "/api/v1/client-errors", clientError, "Origin: https://evil.example").
		want(t, 403, harang.CodeForbidden)
}
