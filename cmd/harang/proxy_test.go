package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws/wsutil"

	"harang.dev/harang/internal/gateway"
	"harang.dev/harang/internal/testserver"
)

// shopHost is where people find the server; proxies answer for it on loopback ports.
const shopHost = "shop.example"

// proxyEnv is a server behind proxies of Debian.
type proxyEnv struct {
	t        *testing.T
	upstream string // host:port of the server
	folder   string
	pool     *x509.CertPool
}

func newProxyEnv(t *testing.T) *proxyEnv {
	t.Helper()
	s := newServer(t, "sqlite:"+filepath.Join(t.TempDir(), "harang.db"), withDemo,
		func(c *serveCommand) { c.TrustedProxy = []string{"127.0.0.1"} })
	e := &proxyEnv{
		t:        t,
		upstream: strings.TrimPrefix(s.URL(), "http://"),
		folder:   t.TempDir(),
		pool:     x509.NewCertPool(),
	}
	e.makeCertificate()
	return e
}

// makeCertificate writes cert.pem, with the key, for shopHost.
func (e *proxyEnv) makeCertificate() {
	e.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		e.t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: shopHost}, DNSNames: []string{shopHost},
		NotBefore: time.Now().
			Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		e.t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		e.t.Fatal(err)
	}
	text := append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})...)
	if err := os.WriteFile(e.certificate(), text, 0o600); err != nil {
		e.t.Fatal(err)
	}
	e.pool.AppendCertsFromPEM(text)
}

func (e *proxyEnv) certificate() string { return filepath.Join(e.folder, "cert.pem") }

// start runs a proxy with a configuration and returns its address.
func (e *proxyEnv) start(port int, program, config string, args ...string) string {
	e.t.Helper()
	bin, err := exec.LookPath(program)
	if err != nil {
		if bin, err = exec.LookPath("/usr/sbin/" + program); err != nil { // not in everybody's PATH
			e.t.Fatalf("%s is not installed: run make deps", program)
		}
	}
	file := filepath.Join(e.folder, fmt.Sprint(program, port, ".conf"))
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		e.t.Fatal(err)
	}
	address := fmt.Sprint("127.0.0.1:", port)
	testserver.StartProgram(e.t, program, append(append([]string{bin}, args...), file), nil, func() error {
		conn, err := net.DialTimeout("tcp", address, time.Second)
		if err != nil {
			return err
		}
		return conn.Close()
	})
	return address
}

// nginx starts an nginx with lines for its one location. TLS ends there or, without
// it, earlier.
func (e *proxyEnv) nginx(overTLS bool, location string) string {
	e.t.Helper()
	port, secure := testserver.FreePort(e.t), ""
	if overTLS {
		secure = fmt.Sprintf("ssl; ssl_certificate %[1]s; ssl_certificate_key %[1]s", e.certificate())
	}
	temp := ""
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		temp += fmt.Sprintf("  %s_temp_path %s/%s;\n", kind, e.folder, kind)
	}
	return e.start(
		port,
		"nginx",
		fmt.Sprintf(`daemon off; master_process off; error_log stderr; pid %[1]s/nginx%[2]d.pid;
events {}
http {
  access_log off;
%[3]s
  map $http_upgrade $connection_upgrade { default upgrade; '' ''; }
  server { listen 127.0.0.1:%[2]d %[4]s; location / { %[5]s } }
}
`, e.folder, port, temp, secure, location),
		"-e",
		"stderr",
		"-c",
	)
}

// haproxy starts a HAProxy with further lines for its frontend.
func (e *proxyEnv) haproxy(overTLS bool, upstream, lines string) string {
	e.t.Helper()
	port, secure := testserver.FreePort(e.t), ""
	if overTLS {
		secure = "ssl crt " + e.certificate()
	}
	return e.start(port, "haproxy", fmt.Sprintf(`defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
  timeout tunnel 1h
frontend public
  bind 127.0.0.1:%d %s
%s
  default_backend harang
backend harang
  server one %s
`, port, secure, lines, upstream), "-db", "-f")
}

// browser sends requests as a browser on a page does.
type browser struct {
	*proxyEnv
	base   string // of the page's server, e.g. https://shop.example:8443
	origin string // of the page
	client *http.Client
}

// browser opens a page of an origin whose requests go to base, which a proxy at an
// address answers.
func (e *proxyEnv) browser(proxy, base, origin string) *browser {
	transport := &http.Transport{
		DisableKeepAlives: true, TLSClientConfig: &tls.Config{RootCAs: e.pool, MinVersion: tls.VersionTLS12},
	}
	dialer := net.Dialer{}
	transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn,
		error) {
		return dialer.DialContext(ctx, "tcp", proxy)
	}
	return &browser{proxyEnv: e, base: base, origin: origin, client: &http.Client{Transport: transport}}
}

// fetch makes a request of the page's script. Browsers send Origin with every request
// but a GET to the page's own origin, and Sec-Fetch-Site over TLS.
func (b *browser) fetch(method, path, body string, headers ...string) (*http.Response, string) {
	b.t.Helper()
	own := b.origin == b.base
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.base+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	if method != http.MethodGet || !own {
		r.Header.Set("Origin", b.origin)
	}
	if strings.HasPrefix(b.base, "https:") {
		r.Header.Set("Sec-Fetch-Site", map[bool]string{true: "same-origin", false: "cross-site"}[own])
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	answer, err := b.client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return answer, string(text)
}

// login returns the answer of a login and its access token, "" when it was refused.
func (b *browser) login() (*http.Response, string, string) {
	b.t.Helper()
	answer, text := b.fetch(http.MethodPost, "/api/v1/auth/login",
		`{"email":"manager@budapest.demo","password":"harang-demo"}`, "Content-Type: application/json")
	var grant struct{ AccessToken string }
	_ = json.Unmarshal([]byte(text), &grant)
	return answer, text, grant.AccessToken
}

const handshake = "/socket.io/?EIO=4&transport=polling"

// poll connects by polling, as the stock client does, and returns the session's id and
// "session" when it got that far, else the answer that stopped it.
func (b *browser) poll(token string) (sid, outcome string) {
	b.t.Helper()
	answer, text := b.fetch(http.MethodGet, handshake, "")
	var opened struct{ Sid string }
	if answer.StatusCode != http.StatusOK || json.Unmarshal([]byte(strings.TrimPrefix(text, "0")), &opened) != nil {
		return "", text
	}
	connect := fmt.Sprintf(`40%s,{"token":%q}`, gateway.Namespace, token)
	if answer, text := b.fetch(http.MethodPost, handshake+"&sid="+opened.Sid,
		connect); answer.StatusCode != http.StatusOK {
		return opened.Sid, "POST of " + opened.Sid + " " + text
	}
	for range 5 {
		_, text = b.fetch(http.MethodGet, handshake+"&sid="+opened.Sid, "")
		if strings.Contains(text, `["session",`) {
			return opened.Sid, "session"
		}
	}
	return opened.Sid, text
}

// webSocket opens a WebSocket, for a polling session unless sid is "", and returns its
// first message or the answer that refused it. Chromium sends no Sec-Fetch-Site here.
func (b *browser) webSocket(sid, first string) (status int, text string) {
	b.t.Helper()
	path := "/socket.io/?EIO=4&transport=websocket"
	if sid != "" {
		path += "&sid=" + sid
	}
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, b.base+path, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	for name, value := range map[string]string{
		"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
		"Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==", "Origin": b.origin,
	} {
		r.Header.Set(name, value)
	}
	answer, err := b.client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer answer.Body.Close()
	conn, ok := answer.Body.(io.ReadWriter)
	if answer.StatusCode != http.StatusSwitchingProtocols || !ok {
		body, _ := io.ReadAll(answer.Body)
		return answer.StatusCode, string(body)
	}
	if first != "" {
		if err := wsutil.WriteClientText(conn, []byte(first)); err != nil {
			b.t.Fatal(err)
		}
	}
	message, err := wsutil.ReadServerText(conn)
	if err != nil {
		b.t.Fatal(err)
	}
	return answer.StatusCode, string(message)
}

// TestProxies: behind nginx and HAProxy in ordinary configurations people log in and
// connect, and other origins do neither. Where the proxy replaces Host, logins need
// TLS and WebSockets begin as polling.
func TestProxies(t *testing.T) {
	e := newProxyEnv(t)
	pass := "proxy_pass http://" + e.upstream + ";"
	const (
		upgrade = " proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection " +
			"$connection_upgrade;"
		client = " proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; proxy_set_header X-Forwarded-Proto " +
			"$scheme;"
		ended   = " proxy_set_header X-Forwarded-Proto https;"
		tlsHere = "  option forwardfor\n  http-request set-header X-Forwarded-Proto https if { ssl_fc }"
	)
	for _, c := range []struct {
		name, address, base string
		noLogin             bool // the origin of a login cannot be known
		noWebSocket         bool // nor that of a direct WebSocket
		noUpgrade           bool // the proxy passes no upgrades on
		notSecure           bool // nobody says that TLS ended
	}{
		{name: "nginx, default proxy_pass", address: e.nginx(true, pass), base: "https://shop.example",
			noWebSocket: true, noUpgrade: true, notSecure: true},
		{name: "nginx, default proxy_pass, without TLS", address: e.nginx(false, pass+upgrade),
			base:    "http://shop.example",
			noLogin: true, noWebSocket: true, notSecure: true},
		{name: "nginx, default Host, upgrades", address: e.nginx(true, pass+upgrade+client),
			base:        "https://shop.example",
			noWebSocket: true},
		{name: "nginx, X-Forwarded-Host", address: e.nginx(true,
			pass+upgrade+client+" proxy_set_header X-Forwarded-Host $http_host;"),
			base: "https://shop.example:8443"},
		{name: "nginx, $host", address: e.nginx(true, pass+upgrade+client+" proxy_set_header Host $host;"),
			base: "https://shop.example"},
		{name: "nginx, $host, other port", address: e.nginx(true, pass+upgrade+client+" proxy_set_header Host $host;"),
			base: "https://shop.example:8443", noWebSocket: true},
		{name: "nginx, $host:443", address: e.nginx(true, pass+upgrade+client+" proxy_set_header Host $host:443;"),
			base: "https://shop.example"},
		{name: "nginx, $http_host", address: e.nginx(true, pass+upgrade+client+" proxy_set_header Host $http_host;"),
			base: "https://shop.example"},
		{name: "nginx, $http_host, other port", address: e.nginx(true,
			pass+upgrade+client+" proxy_set_header Host $http_host;"),
			base: "https://shop.example:8443"},
		{name: "nginx, $http_host, without TLS",
			address: e.nginx(false, pass+upgrade+" proxy_set_header Host $http_host;"),
			base:    "http://shop.example:8000", notSecure: true},
		{name: "nginx, TLS ended before", base: "https://shop.example",
			address: e.haproxy(true, e.nginx(false, pass+upgrade+ended+" proxy_set_header Host $http_host;"),
				"  option forwardfor")},
		{name: "HAProxy", address: e.haproxy(true, e.upstream, tlsHere), base: "https://shop.example"},
		{name: "HAProxy, other port", address: e.haproxy(true, e.upstream, tlsHere), base: "https://shop.example:8443"},
		{name: "HAProxy, default", address: e.haproxy(false, e.upstream, ""), base: "http://shop.example:8000",
			notSecure: true},
		{name: "HAProxy, TLS ended before", base: "https://shop.example",
			address: e.haproxy(true, e.haproxy(false, e.upstream, "  http-request set-header X-Forwarded-Proto https"),
				"")},
	} {
		t.Run(c.name, func(t *testing.T) {
			page, foreign := *e, *e
			page.t, foreign.t = t, t
			own := page.browser(c.address, c.base, c.base)
			answer, text, token := own.login()
			if c.noLogin {
				if answer.StatusCode != http.StatusForbidden || !strings.Contains(text, c.base) ||
					!strings.Contains(text, e.upstream) {
					t.Errorf("login: %d %s", answer.StatusCode, text)
				}
				_, _, token = page.browser(e.upstream, "http://"+e.upstream, "http://"+e.upstream).login()
			} else if answer.StatusCode != http.StatusOK || len(answer.Cookies()) == 0 {
				t.Fatalf("login: %d %s", answer.StatusCode, text)
			} else if secure := answer.Cookies()[0].Secure; secure == c.notSecure {
				t.Errorf("cookie: Secure %v", secure)
			}
			sid, outcome := own.poll(token)
			if outcome != "session" {
				t.Errorf("polling: %s", outcome)
			}
			switch status, text := own.webSocket(sid, "2probe"); {
			case c.noUpgrade && status == http.StatusSwitchingProtocols, !c.noUpgrade && text != "3probe":
				t.Errorf("upgrade: %d %s", status, text)
			}
			switch status, text := own.webSocket("", ""); {
			case c.noWebSocket && (status != http.StatusForbidden ||
				!strings.Contains(text, c.base+" may not call http")):
				t.Errorf("WebSocket: %d %s", status, text)
			case !c.noWebSocket && !strings.HasPrefix(text, "0{"):
				t.Errorf("WebSocket: %d %s", status, text)
			}

			evil := foreign.browser(c.address, c.base, "https://evil.example")
			if answer, text, _ := evil.login(); answer.StatusCode != http.StatusForbidden ||
				!strings.Contains(text, "https://evil.example") {
				t.Errorf("foreign login: %d %s", answer.StatusCode, text)
			}
			if _, outcome := evil.poll(token); !strings.Contains(outcome, "https://evil.example") {
				t.Errorf("foreign polling: %s", outcome)
			}
			if status, text := evil.webSocket("", ""); status != http.StatusForbidden {
				t.Errorf("foreign WebSocket: %d %s", status, text)
			}
		})
	}
}
