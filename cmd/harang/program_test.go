package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"harang.dev/harang/internal/cli"
	"harang.dev/harang/internal/config"
	"harang.dev/harang/internal/gateway"
	"harang.dev/harang/internal/sioclient"
	"harang.dev/harang/internal/testtime"
)

// testServer is a program as serve runs it, on free ports.
type testServer struct {
	*program
	t        *testing.T
	database string
	stopped  bool
}

func newServer(t *testing.T, database string, change ...func(*serveCommand)) *testServer {
	t.Helper()
	c := &serveCommand{
		DatabaseFlags: config.DatabaseFlags{Database: database}, Listen: "127.0.0.1:0", AdminListen: "127.0.0.1:0",
		ConnectionsPerTenant: 50, PingInterval: 10 * time.Second, PingTimeout: 5 * time.Second,
		DrainTimeout: 10 * time.Second,
	}
	for _, f := range change {
		f(c)
	}
	p, err := start(t.Context(), c, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	s := &testServer{program: p, t: t, database: database}
	t.Cleanup(s.stop)
	return s
}

func withDemo(c *serveCommand) { c.Demo = true }

func (s *testServer) stop() {
	s.t.Helper()
	if s.stopped {
		return
	}
	s.stopped = true
	if err := s.Stop(); err != nil {
		s.t.Error(err)
	}
}

// call makes a call and reads the answer into a map.
func (s *testServer) call(token, method, path, body string) (int, map[string]any) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.URL()+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	answer, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	var m map[string]any
	_ = json.Unmarshal(text, &m) // no body: nil
	return answer.StatusCode, m
}

func (s *testServer) login(email string) string {
	s.t.Helper()
	status, m := s.call("", "POST", "/api/v1/auth/login", `{"email":"`+email+`","password":"harang-demo"}`)
	token, _ := m["accessToken"].(string)
	if status != 200 || token == "" {
		s.t.Fatalf("login of %s: %d %v", email, status, m)
	}
	return token
}

// connect opens a socket and waits for its session.
func (s *testServer) connect(token string) *sioclient.Client {
	s.t.Helper()
	c, err := sioclient.Dial(s.t.Context(), s.URL())
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = c.Close() })
	if err := c.Connect(s.t.Context(), gateway.Namespace, map[string]string{"token": token}); err != nil {
		s.t.Fatal(err)
	}
	if e := s.next(c); e.Name != "session" {
		s.t.Fatalf("first event %s", e.Name)
	}
	return c
}

// next returns the next event.
func (s *testServer) next(c *sioclient.Client) sioclient.Event {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), testtime.Limit)
	defer cancel()
	e, err := c.Next(ctx)
	if err != nil {
		s.t.Fatal(err)
	}
	return e
}

// command runs a command line beside the server, on its database.
func (s *testServer) command(args ...string) string {
	s.t.Helper()
	var out, errOut bytes.Buffer
	args = append(args, "--database", s.database)
	if status := run(args, strings.NewReader(""), &out, &errOut); status != cli.ExitDone {
		s.t.Fatalf("harang %v: %d %s", args, status, errOut.String())
	}
	return strings.TrimSpace(out.String())
}

func decodeGoodbye(t *testing.T, e sioclient.Event) (code string, reconnect bool) {
	t.Helper()
	var g struct {
		Code      string `json:"code"`
		Reconnect bool   `json:"reconnect"`
	}
	if e.Name != "goodbye" || json.Unmarshal(e.Args[0], &g) != nil {
		t.Fatalf("%s %s is not a goodbye", e.Name, e.Args)
	}
	return g.Code, g.Reconnect
}

func TestProgram_FromStockToSocket(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	database := "sqlite:" + filepath.Join(t.TempDir(), "shop", "harang.db")
	s := newServer(t, database, withDemo)
	operator, manager, stranger := s.login("operator@budapest.demo"), s.login("manager@budapest.demo"),
		s.login("admin@debrecen.demo")
	own, foreign := s.connect(operator), s.connect(stranger)

	// The demo's screens are not empty.
	for path, least := range map[string]int{
		"/inventory/stock?limit=200": 100, "/inventory/alerts": 3, "/products?limit=200": 30, "/partners": 9,
		"/locations":         3,
		"/rentals?limit=200": 40, "/payments?limit=200": 40, "/payments?status=DECLINED": 2,
		"/rentals?status=AWAITING_PAYMENT": 1, "/notifications?limit=200": 40,
	} {
		status, m := s.call(manager, "GET", "/api/v1"+path, "")
		items, _ := m["items"].([]any)
		if status != 200 || len(items) < least {
			t.Errorf("%s: %d, %d items", path, status, len(items))
		}
	}

	status, _ := s.call(manager, "POST", "/api/v1/inventory/adjustments",
		`{"productId":"hilti-te70","locationId":"vaci-ut","delta":-100,"reason":"?"}`)
	if status != 422 {
		t.Fatalf("below zero: %d", status)
	}
	_, list := s.call(manager, "GET", "/api/v1/inventory/stock?search=hilti-te70&locationId=vaci-ut", "")
	item, _ := list["items"].([]any)[0].(map[string]any)
	taken, _ := item["quantity"].(float64)
	status, _ = s.call(manager, "POST", "/api/v1/inventory/adjustments",
		fmt.Sprintf(`{"productId":"hilti-te70","locationId":"vaci-ut","delta":-%d,"reason":"elvitték"}`, int(taken)))
	if status != 200 {
		t.Fatalf("adjust: %d", status)
	}
	e := s.next(own)
	if e.Name != "stock_alert" || !strings.Contains(string(e.Args[0]), `"severity":"CRITICAL"`) ||
		!strings.Contains(e.Offset(), ":o:") {
		t.Fatalf("%s %s", e.Name, e.Args)
	}

	// A key from the command line works at once, and its events reach the managers
	// of its tenant only.
	key := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(key, []byte(s.command("apikey", "add", "--tenant", "debrecen", "--name", "erp")+"\n"),
		0o600); err != nil {
		t.Fatal(err)
	}
	var out, errOut bytes.Buffer
	data := `{"transactionId":"t","errorCode":"iso:51","errorMessage":"Nincs fedezet","partnerId":"p","partnerName":"P","amount":1,"currency":"HUF"}`
	emit := func(data string, more ...string) int {
		out.Reset()
		errOut.Reset()
		args := append([]string{"emit", "--url", s.URL(), "--key-file", key, "--type", "payment_error", "--data",
			data}, more...)
		return run(args, strings.NewReader(data), &out, &errOut)
	}
	if got := emit(data, "--id", "1"); got != cli.ExitDone {
		t.Fatalf("emit: %d %s", got, errOut.String())
	}
	first := strings.TrimSpace(out.String())
	if e := s.next(foreign); e.Name != "payment_error" || !strings.Contains(string(e.Args[0]), first) {
		t.Fatalf("%s %s", e.Name, e.Args)
	}
	if got := emit(data, "--id", "1"); got != cli.ExitDone || strings.TrimSpace(out.String()) != first {
		t.Fatalf("again: %d %s %s", got, out.String(), errOut.String())
	}
	if got := emit(`{}`); got != cli.ExitUsage || !strings.Contains(errOut.String(), "data.transactionId") {
		t.Fatalf("broken: %d %s", got, errOut.String())
	}
	if err := os.WriteFile(key, []byte("hk_wrong"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := emit(data); got != cli.ExitUsage || !strings.Contains(errOut.String(), "harang apikey add") {
		t.Fatalf("wrong key: %d %s", got, errOut.String())
	}

	// A token from the command line is accepted.
	token := s.command("token", "--tenant", "budapest", "--role", "ADMIN")
	trace := "/api/v1/admin/events/" + first + "/journey"
	if status, m := s.call(token, "GET", trace, ""); status != 404 {
		t.Fatalf("another tenant's event: %d %v", status, m)
	}
	if status, m := s.call(s.command("token", "--tenant", "debrecen", "--role",
		"ADMIN"), "GET", trace, ""); status != 200 || m["type"] != "payment_error" || m["relayedMs"] == nil {
		t.Fatalf("delivery trace: %d %v", status, m)
	}
	if status, me := s.call(token, "GET", "/api/v1/me", ""); status != 200 || me["id"] != "cli:ADMIN" {
		t.Fatalf("%d %v", status, me)
	}
	if _, m := s.call(token, "GET", "/api/v1/admin/connections", ""); len(m["items"].([]any)) != 1 {
		t.Fatalf("connections %v", m)
	}
	s.stop()
	if code, again := decodeGoodbye(t, s.next(own)); code != "SERVER_DRAINING" || !again {
		t.Fatalf("%s %v", code, again)
	}
}

// Everything that ends a login also ends its connections within a second.
func TestProgram_EndsConnections(t *testing.T) {
	s := newServer(t, "sqlite:"+filepath.Join(t.TempDir(), "harang.db"), withDemo)
	for name, c := range map[string]struct {
		email     string
		do        func(token string)
		code      string
		reconnect bool
	}{
		"logout": {"operator@budapest.demo", func(token string) {
			if status, _ := s.call(token, "POST", "/api/v1/auth/logout", ""); status != 204 {
				t.Fatalf("logout: %d", status)
			}
		}, "LOGGED_OUT", false},
		"disabled from the command line": {"manager@budapest.demo",
			func(string) { s.command("user", "disable", "manager@budapest.demo") }, "USER_DISABLED", false},
		"another role": {"operator@debrecen.demo",
			func(string) { s.command("user", "set", "operator@debrecen.demo", "--role", "ADMIN") },
			"ROLE_CHANGED", true},
	} {
		t.Run(name, func(t *testing.T) {
			token := s.login(c.email)
			client := s.connect(token)
			c.do(token)
			if code, again := decodeGoodbye(t, s.next(client)); code != c.code || again != c.reconnect {
				t.Fatalf("%s %v", code, again)
			}
			status, m := s.call(token, "GET", "/api/v1/me", "")
			if ended := status == 401 && m["code"] == "UNAUTHENTICATED"; ended == c.reconnect {
				t.Fatalf("its token: %d %v", status, m)
			}
		})
	}
}

// A token from the command line stays logged out after a restart.
func TestProgram_CommandTokenLoggedOut(t *testing.T) {
	database := "sqlite:" + filepath.Join(t.TempDir(), "harang.db")
	s := newServer(t, database, withDemo)
	_, me := s.call(s.login("manager@budapest.demo"), "GET", "/api/v1/me", "")
	user, _ := me["id"].(string)
	made := []string{"token", "--tenant", "budapest", "--role", "STORE_MANAGER"}
	tokens := []string{s.command(made...), s.command(append(made, "--user", user)...)}
	for _, token := range tokens {
		client := s.connect(token)
		if status, _ := s.call(token, "POST", "/api/v1/auth/logout", ""); status != 204 {
			t.Fatalf("logout: %d", status)
		}
		if code, again := decodeGoodbye(t, s.next(client)); code != "LOGGED_OUT" || again {
			t.Fatalf("%s %v", code, again)
		}
	}
	next := s.command(made...)
	s.stop()
	s = newServer(t, database)
	for _, token := range tokens {
		if status, m := s.call(token, "GET", "/api/v1/me", ""); status != 401 || m["code"] != "UNAUTHENTICATED" {
			t.Fatalf("after a restart: %d %v", status, m)
		}
	}
	if status, m := s.call(next, "GET", "/api/v1/me", ""); status != 200 {
		t.Fatalf("another token: %d %v", status, m)
	}
}

func TestProgram_SecondServeRefused(t *testing.T) {
	database := "sqlite:" + filepath.Join(t.TempDir(), "harang.db")
	s := newServer(t, database)
	second := *s.config
	_, err := start(t.Context(), &second, slog.New(slog.DiscardHandler))
	if cli.Report(io.Discard, err) != cli.ExitUsage ||
		!strings.HasPrefix(err.Error(), "--database: another harang serve works on") {
		t.Fatalf("same file: %v", err)
	}
	second.Database = "sqlite:" + filepath.Join(t.TempDir(), "other.db")
	second.Listen = s.listener.Addr().String()
	_, err = start(t.Context(), &second, slog.New(slog.DiscardHandler))
	if cli.Report(io.Discard, err) != cli.ExitUsage ||
		!strings.HasPrefix(err.Error(), "--listen: "+second.Listen+" is taken") {
		t.Fatalf("taken port: %v", err)
	}
	second.Listen, second.AdminListen = "127.0.0.1:0", s.adminAt.Addr().String()
	_, err = start(t.Context(), &second, slog.New(slog.DiscardHandler))
	if cli.Report(io.Discard, err) != cli.ExitUsage || !strings.HasPrefix(err.Error(), "--admin-listen: ") {
		t.Fatalf("taken admin port: %v", err)
	}
	second.AdminListen, second.Listen = "127.0.0.1:0", "192.0.2.1:80"
	_, err = start(t.Context(), &second, slog.New(slog.DiscardHandler))
	if cli.Report(io.Discard, err) != cli.ExitUsage {
		t.Fatalf("another machine's address: %v", err)
	}
	// A failed start releases everything: the same file and port work afterwards.
	second.Listen = "127.0.0.1:0"
	p, err := start(t.Context(), &second, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Stop(); err != nil {
		t.Fatal(err)
	}
	s.stop()
	newServer(t, database).stop()
}

func TestProgram_DemoKeepsExistingData(t *testing.T) {
	database := "sqlite:" + filepath.Join(t.TempDir(), "harang.db")
	first := newServer(t, database, withDemo)
	token := first.login("admin@budapest.demo")
	if status, _ := first.call(token, "PUT", "/api/v1/products/hilti-te70",
		`{"name":"Kalapács","dailyPrice":1}`); status != 200 {
		t.Fatal(status)
	}
	first.stop()
	began := time.Now()
	second := newServer(t, database, withDemo)
	t.Logf("start on an existing database: %v", time.Since(began))
	// The signing key is the same, so the token is still valid.
	_, m := second.call(token, "GET", "/api/v1/products?search=hilti-te70", "")
	if items, _ := m["items"].([]any); len(items) != 1 || items[0].(map[string]any)["name"] != "Kalapács" {
		t.Fatalf("%v", m)
	}
}

func TestProgram_AdminListener(t *testing.T) {
	s := newServer(t, "sqlite:"+filepath.Join(t.TempDir(), "harang.db"))
	for path, want := range map[string]string{"/metrics": "harang_http_request_seconds", "/debug/pprof/cmdline": ""} {
		for base, status := range map[string]int{"http://" + s.adminAt.Addr().String(): 200, s.URL(): 404} {
			if path == "/metrics" && status == 200 {
				s.call("", "GET", "/healthz", "")
			}
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			answer, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			text, err := io.ReadAll(answer.Body)
			_ = answer.Body.Close()
			if err != nil {
				t.Fatal(err)
			}
			if public := status == 404; public && (strings.Contains(string(text), "harang_http") ||
				strings.Contains(string(text), "cmd")) {
				t.Errorf("%s%s is public", base, path)
			} else if !public && (answer.StatusCode != http.StatusOK || !strings.Contains(string(text), want)) {
				t.Errorf("%s%s: %d", base, path, answer.StatusCode)
			}
		}
	}
}

// Run prints the address and serves until its context ends.
func TestServeCommand_Run(t *testing.T) {
	c := &serveCommand{
		DatabaseFlags: config.DatabaseFlags{Database: "sqlite:" + filepath.Join(t.TempDir(), "harang.db")},
		Listen:        "127.0.0.1:0", AdminListen: "127.0.0.1:0", ConnectionsPerTenant: 50,
		PingInterval: time.Second, PingTimeout: time.Second, DrainTimeout: time.Second, LogFormat: "json", Demo: true,
	}
	ctx, stop := context.WithCancel(t.Context())
	reader, writer := net.Pipe()
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx, &streams{out: writer, err: io.Discard}) }()
	line := make([]byte, 512)
	n, err := reader.Read(line)
	if err != nil || !strings.HasPrefix(string(line[:n]), "harang listens at http://127.0.0.1:") {
		t.Fatalf("%s, %v", line[:n], err)
	}
	go func() { _, _ = io.Copy(io.Discard, reader) }()
	stop()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	_ = writer.Close()
}

func TestBench_RunningServer(t *testing.T) {
	s := newServer(t, "sqlite:"+filepath.Join(t.TempDir(), "harang.db"))
	out := s.command("bench", "--url", s.URL(), "--admin-url", "http://"+s.adminAt.Addr().String(),
		"--tenants", "2", "--connections", "6", "--rate", "20", "--seconds", "1")
	for _, want := range []string{"connections", "6 in", "events", "20, ", "deliveries", "60, ", "CPU per delivery",
		"commit to client", "p99"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing: %s", want, out)
		}
	}
	if strings.Contains(out, "failed") {
		t.Error(out)
	}
}
