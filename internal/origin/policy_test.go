package origin_test

import (
	"bytes"
	"crypto/tls"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"harang.dev/harang/internal/origin"
)

// request is one with a Host and headers, "Name: value".
func request(host string, headers ...string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/", nil)
	r.Host, r.RemoteAddr = host, "127.0.0.1:40000"
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Add(name, value)
	}
	return r
}

func policy(t *testing.T, o origin.Options) *origin.Policy {
	t.Helper()
	p, err := origin.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}

func TestPolicy_Check(t *testing.T) {
	plain := policy(t, origin.Options{})
	proxied := policy(t, origin.Options{TrustedProxies: loopback})
	allowing := policy(t,
		origin.Options{Allowed: []string{"HTTPS://ERP.example:443", "capacitor://localhost", "https://műhely.example"}})
	for name, c := range map[string]struct {
		policy  *origin.Policy
		host    string
		headers []string
		ok      bool
	}{
		"no browser":               {plain, "shop.example", nil, true},
		"same":                     {plain, "shop.example", []string{"Origin: https://shop.example"}, true},
		"same, http":               {plain, "shop.example", []string{"Origin: http://shop.example"}, true},
		"same, upper case":         {plain, "SHOP.example", []string{"Origin: https://shop.example"}, true},
		"the default port in Host": {plain, "shop.example:443", []string{"Origin: https://shop.example"}, true},
		"http's default port":      {plain, "shop.example:80", []string{"Origin: http://shop.example"}, true},
		"another port":             {plain, "shop.example:8443", []string{"Origin: https://shop.example:8443"}, true},
		"IDNA": {plain, "xn--mhely-mgb.example",
			[]string{"Origin: https://műhely.example"}, true},
		"IPv6":                   {plain, "[0:0::1]:8080", []string{"Origin: http://[::1]:8080"}, true},
		"foreign":                {plain, "shop.example", []string{"Origin: https://evil.example"}, false},
		"a subdomain":            {plain, "shop.example", []string{"Origin: https://a.shop.example"}, false},
		"a suffix":               {plain, "shop.example", []string{"Origin: https://shop.example.evil"}, false},
		"a foreign port":         {plain, "shop.example", []string{"Origin: https://shop.example:8443"}, false},
		"http's port over https": {plain, "shop.example:80", []string{"Origin: https://shop.example"}, false},
		"null":                   {plain, "shop.example", []string{"Origin: null"}, false},
		"an app":                 {plain, "localhost", []string{"Origin: capacitor://localhost"}, false},
		"no Host":                {plain, "", []string{"Origin: https://shop.example"}, false},
		"two origins": {plain, "shop.example",
			[]string{"Origin: https://evil.example, https://shop.example"}, false},
		"upstream's Host": {plain, "127.0.0.1:8080", []string{"Origin: https://shop.example"}, false},
		"upstream's Host, proven": {plain, "127.0.0.1:8080",
			[]string{"Origin: https://shop.example", "Sec-Fetch-Site: same-origin"}, true},
		"proven without Origin": {plain, "127.0.0.1:8080", []string{"Sec-Fetch-Site: same-origin"}, true},
		"a bookmark":            {plain, "127.0.0.1:8080", []string{"Sec-Fetch-Site: none"}, true},
		"another site's image":  {plain, "shop.example", []string{"Sec-Fetch-Site: cross-site"}, false},
		"a subdomain's image":   {plain, "shop.example", []string{"Sec-Fetch-Site: same-site"}, false},
		"allowed, from another site": {allowing, "shop.example",
			[]string{"Origin: https://erp.example", "Sec-Fetch-Site: cross-site"}, true},
		"an allowed app": {allowing, "shop.example", []string{"Origin: capacitor://localhost"}, true},
		"allowed, IDNA": {allowing, "shop.example",
			[]string{"Origin: https://xn--mhely-mgb.example"}, true},
		"allowed, another port": {allowing, "shop.example", []string{"Origin: https://erp.example:444"}, false},
		"X-Forwarded-Host": {proxied, "127.0.0.1:8080",
			[]string{"Origin: https://shop.example", "X-Forwarded-Host: shop.example"}, true},
		"X-Forwarded-Host, a list": {proxied, "127.0.0.1:8080",
			[]string{"Origin: https://shop.example", "X-Forwarded-Host: shop.example, inner:81"}, true},
		"its default port": {proxied, "127.0.0.1:8080",
			[]string{"Origin: https://shop.example", "X-Forwarded-Host: shop.example:443"}, true},
		"another X-Forwarded-Host": {proxied, "127.0.0.1:8080",
			[]string{"Origin: https://evil.example", "X-Forwarded-Host: shop.example"}, false},
		"from no trusted proxy": {plain, "127.0.0.1:8080",
			[]string{"Origin: https://shop.example", "X-Forwarded-Host: shop.example"}, false},
		"http over a TLS proxy": {proxied, "shop.example",
			[]string{"Origin: http://shop.example", "X-Forwarded-Proto: https"}, false},
		"https over a TLS proxy": {proxied, "shop.example",
			[]string{"Origin: https://shop.example", "X-Forwarded-Proto: https"}, true},
		"https, an inner hop's http": {proxied, "shop.example",
			[]string{"Origin: https://shop.example", "X-Forwarded-Proto: http"}, true},
	} {
		r := c.policy.Forward(request(c.host, c.headers...))
		err := c.policy.Check(r, origin.PartSocket)
		if (err == nil) != c.ok {
			t.Errorf("%s: %v, want accepted %v", name, err, c.ok)
		}
		if refused := (*origin.RefusedError)(nil); err != nil && !errors.As(err, &refused) {
			t.Errorf("%s: %T", name, err)
		}
	}
}

// A refusal names both origins, in the error and in the log, and is counted; its
// length does not depend on the request.
func TestPolicy_RefusalNamesBoth(t *testing.T) {
	var log bytes.Buffer
	registry := prometheus.NewRegistry()
	p := policy(t,
		origin.Options{TrustedProxies: loopback, Logger: slog.New(slog.NewTextHandler(&log, nil)), Registry: registry})
	r := p.Forward(
		request("inner:81", "Origin: https://Evil.example", "X-Forwarded-Host: shop.example:443",
			"X-Forwarded-Proto: https"),
	)
	err := p.Check(r, origin.PartREST)
	for _, text := range []string{err.Error(), log.String()} {
		if !strings.Contains(text, "https://Evil.example") || !strings.Contains(text, "https://shop.example") ||
			!strings.Contains(text, "--allowed-origin") {
			t.Errorf("%s", text)
		}
	}
	long := p.Check(request("shop.example", "Origin: https://"+strings.Repeat("x", 30<<10)), origin.PartSocket)
	if n := len(long.Error()); n > 1024 {
		t.Errorf("an error of %d bytes", n)
	}
	if err := testutil.GatherAndCompare(registry, strings.NewReader(`
# HELP harang_origin_refused_total Requests refused because of their Origin, by part of the server (rest, socket).
# TYPE harang_origin_refused_total counter
harang_origin_refused_total{part="rest"} 1
harang_origin_refused_total{part="socket"} 1
`), "harang_origin_refused_total"); err != nil {
		t.Error(err)
	}
}

func TestPolicy_Forward(t *testing.T) {
	p := policy(
		t,
		origin.Options{
			TrustedProxies: append(loopback, netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")),
		},
	)
	for name, c := range map[string]struct {
		peer    string
		headers []string
		address string
		secure  bool
	}{
		"no header": {"127.0.0.1:1", nil, "127.0.0.1:1", false},
		"one":       {"127.0.0.1:1", []string{"X-Forwarded-For: 203.0.113.7"}, "203.0.113.7", false},
		"with a port": {"127.0.0.1:1", []string{"X-Forwarded-For: 203.0.113.7:4711"},
			"203.0.113.7", false},
		"IPv6":             {"127.0.0.1:1", []string{"X-Forwarded-For: 2001:db8::7"}, "2001:db8::7", false},
		"IPv6 in brackets": {"127.0.0.1:1", []string{"X-Forwarded-For: [2001:db8::7]"}, "2001:db8::7", false},
		"IPv6 with a port": {"127.0.0.1:1", []string{"X-Forwarded-For: [2001:db8::7]:4711"},
			"2001:db8::7", false},
		"IPv4 in IPv6": {"[::ffff:127.0.0.1]:1", []string{"X-Forwarded-For: ::ffff:203.0.113.7"},
			"203.0.113.7", false},
		"quoted": {"127.0.0.1:1", []string{`X-Forwarded-For: "[2001:db8::7]:1"`},
			"2001:db8::7", false},
		"a list": {"127.0.0.1:1", []string{"X-Forwarded-For: 9.9.9.9, 203.0.113.7"},
			"203.0.113.7", false},
		"several proxies": {"127.0.0.1:1",
			[]string{"X-Forwarded-For: 9.9.9.9,203.0.113.7, 10.1.2.3:80,[fd00::1]"}, "203.0.113.7", false},
		"several headers": {"127.0.0.1:1",
			[]string{"X-Forwarded-For: 9.9.9.9", "X-Forwarded-For: 203.0.113.7"}, "203.0.113.7", false},
		"proxies only": {"127.0.0.1:1", []string{"X-Forwarded-For: 10.0.0.1"}, "10.0.0.1", false},
		"unreadable":   {"127.0.0.1:1", []string{"X-Forwarded-For: nonsense"}, "127.0.0.1:1", false},
		"unreadable before": {"127.0.0.1:1", []string{"X-Forwarded-For: unknown, 203.0.113.7"},
			"203.0.113.7", false},
		"unreadable after a proxy's": {"127.0.0.1:1", []string{"X-Forwarded-For: 203.0.113.7, unknown, 10.0.0.1"},
			"10.0.0.1", false},
		"another address": {"203.0.113.9:1",
			[]string{"X-Forwarded-For: 203.0.113.7", "X-Forwarded-Proto: https"}, "203.0.113.9:1", false},
		"TLS":                {"127.0.0.1:1", []string{"X-Forwarded-Proto: https"}, "127.0.0.1:1", true},
		"TLS, upper case":    {"127.0.0.1:1", []string{"X-Forwarded-Proto: HTTPS"}, "127.0.0.1:1", true},
		"TLS at the first":   {"127.0.0.1:1", []string{"X-Forwarded-Proto: https, http"}, "127.0.0.1:1", true},
		"TLS of a WebSocket": {"127.0.0.1:1", []string{"X-Forwarded-Proto: wss"}, "127.0.0.1:1", true},
		"no TLS":             {"127.0.0.1:1", []string{"X-Forwarded-Proto: http"}, "127.0.0.1:1", false},
		"another protocol":   {"127.0.0.1:1", []string{"X-Forwarded-Proto: on"}, "127.0.0.1:1", false},
	} {
		r := request("shop.example", c.headers...)
		r.RemoteAddr = c.peer
		got := p.Forward(r)
		if got.RemoteAddr != c.address || p.Secure(got) != c.secure || r.RemoteAddr != c.peer {
			t.Errorf("%s: %s, TLS %v, want %s, %v; the original has %s", name, got.RemoteAddr, p.Secure(got), c.address,
				c.secure, r.RemoteAddr)
		}
	}
	r := request("shop.example")
	r.TLS = &tls.ConnectionState{}
	if !policy(t, origin.Options{}).Secure(r) {
		t.Error("a TLS connection is not secure")
	}
}

// An unreadable header of a trusted proxy is warned of once.
func TestPolicy_ForwardWarnsOnce(t *testing.T) {
	var log bytes.Buffer
	p := policy(t, origin.Options{TrustedProxies: loopback, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	for range 100 {
		p.Forward(request("a", "X-Forwarded-For: nonsense", "X-Forwarded-Proto: on", "X-Forwarded-Host: a b, c"))
		stranger := request("a", "X-Forwarded-For: nonsense")
		stranger.RemoteAddr = "203.0.113.9:1"
		p.Forward(stranger)
	}
	if n := strings.Count(log.String(), "\n"); n != 3 {
		t.Errorf("%d lines: %s", n, log.String())
	}
}

func TestNew_ImpossibleOrigins(t *testing.T) {
	for _, text := range []string{"null", "*", "https://*.example", "https://shop.example/", "https://shop.example/app",
		"shop.example", "https://u:p@shop.example"} {
		if _, err := origin.New(origin.Options{Allowed: []string{text}}); err == nil ||
			!strings.Contains(err.Error(), text) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
