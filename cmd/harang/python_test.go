package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// breakableProxy is a TCP proxy in front of a server whose connections can be broken.
type breakableProxy struct {
	listener net.Listener
	target   string

	mu     sync.Mutex
	broken bool
	conns  []net.Conn
}

func startBreakableProxy(t *testing.T, target string) *breakableProxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &breakableProxy{listener: listener, target: target}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			running.Go(func() { p.forward(conn) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		p.setBroken(true)
		running.Wait()
	})
	return p
}

func (p *breakableProxy) forward(client net.Conn) {
	defer func() { _ = client.Close() }()
	server, err := net.Dial("tcp", p.target)
	if err != nil {
		return
	}
	defer func() { _ = server.Close() }()
	p.mu.Lock()
	if p.broken {
		p.mu.Unlock()
		return
	}
	p.conns = append(p.conns, client, server)
	p.mu.Unlock()
	var both sync.WaitGroup
	pipe := func(to, from net.Conn) {
		_, _ = io.Copy(to, from) // ends with either connection
		_, _ = to.Close(), from.Close()
	}
	both.Go(func() { pipe(client, server) })
	both.Go(func() { pipe(server, client) })
	both.Wait()
}

// setBroken breaks all connections and refuses new ones until it is called with false.
func (p *breakableProxy) setBroken(broken bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.broken = broken
	if broken {
		for _, c := range p.conns {
			_ = c.Close()
		}
		p.conns = nil
	}
}

// TestProtocolPage_Python runs the Python client of docs/protocol.md: it receives an event, loses its connection, and
// receives the event it has missed after it has reconnected.
func TestProtocolPage_Python(t *testing.T) {
	const python = "/usr/bin/python3" // the one that sees Debian's packages
	check := exec.CommandContext(t.Context(), python, "-I", "-c", "import socketio, aiohttp")
	if out, err := check.CombinedOutput(); err != nil {
		t.Fatalf("a Socket.IO client for Python is needed; run scripts/test-deps: %v\n%s", err, out)
	}
	s := newServer(t, "sqlite:"+filepath.Join(t.TempDir(), "harang.db"), withDemo)
	proxy := startBreakableProxy(t, strings.TrimPrefix(s.URL(), "http://"))
	folder := t.TempDir()
	page, err := os.ReadFile("../../docs/protocol.md")
	if err != nil {
		t.Fatal(err)
	}
	block := marked.FindSubmatch(page)
	if block == nil || string(block[1]) != "python" {
		t.Fatal("docs/protocol.md has no block python")
	}
	program := strings.ReplaceAll(string(block[2]), "127.0.0.1:8080", proxy.listener.Addr().String())
	if err := os.WriteFile(filepath.Join(folder, "listen.py"), []byte(program), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), 2*time.Minute)
	c := exec.CommandContext(ctx, python, "listen.py")
	c.Dir = folder
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.Stderr = os.Stderr
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		stop()
		_ = c.Wait() // killed
	}()
	lines := bufio.NewReader(out)
	expect := func(event string, parts ...string) {
		t.Helper()
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatalf("%s was not received: %v", event, err)
		}
		if !strings.HasPrefix(line, event+" ") {
			t.Fatalf("%q instead of %s", line, event)
		}
		for _, part := range parts {
			if !strings.Contains(line, part) {
				t.Errorf("%q without %q", line, part)
			}
		}
	}
	manager := s.login("manager@budapest.demo")
	raiseAlert := func() { // takes the whole stock of a product
		t.Helper()
		status, body := s.call(manager, "GET", "/api/v1/inventory/stock?severity=OK&limit=1", "")
		items, _ := body["items"].([]any)
		if status != http.StatusOK || len(items) != 1 {
			t.Fatal(status, body)
		}
		item, _ := items[0].(map[string]any)
		status, body = s.call(manager, "POST", "/api/v1/inventory/adjustments", fmt.Sprintf(
			`{"productId":%q,"locationId":%q,"delta":-%v,"reason":"leltár"}`,
			item["productId"], item["locationId"], item["quantity"]))
		if status >= http.StatusMultipleChoices {
			t.Fatal(status, body)
		}
	}
	expect("session", "'recovered': False", "'gap': None")
	raiseAlert()
	expect("stock_alert")
	proxy.setBroken(true)
	raiseAlert() // missed
	proxy.setBroken(false)
	expect("session", "'recovered': True", "'replayed': 1")
	expect("stock_alert")
	raiseAlert()
	expect("stock_alert")
}
