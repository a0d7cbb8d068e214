package interop

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"harang.dev/harang/engineio"
	"harang.dev/harang/socketio"
)

func TestClients(t *testing.T) {
	for _, file := range []string{"engine.test.mjs", "socket.test.mjs"} {
		t.Run(strings.TrimSuffix(file, ".test.mjs"), func(t *testing.T) { run(t, file) })
	}
}

// run starts both servers and runs one file of tests in Node.js.
func run(t *testing.T, file string) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Fatal("node not found: the interop tests need Node.js 20 or later; run `make test`")
	}
	for _, name := range []string{"engine.io-client", "socket.io-client"} {
		found := false
		for _, root := range []string{".", "../.."} {
			if _, err := os.Stat(filepath.Join(root, "node_modules", name)); err == nil {
				found = true
			}
		}
		if !found {
			t.Fatalf("node_modules/%s not found: run `make test` (or `npm ci`) at the root of the repository", name)
		}
	}
	engine := newEngine()
	defer engine.Close()
	app := newApp()
	defer app.server.Close()
	mux := http.NewServeMux()
	mux.Handle("/engine.io/", engine)
	mux.Handle("/socket.io/", app.server)
	web := httptest.NewServer(mux)
	defer web.Close()

	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, node, "--test", "--test-force-exit", "--test-reporter=spec", file)
	cmd.Env = append(os.Environ(), "HARANG_INTEROP_URL="+web.URL)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%s: %v\n%s", file, err, out)
	}
}

func newEngine() *engineio.Server {
	return engineio.New(engineio.Handler{
		Message: func(s *engineio.Session, data []byte, binary bool) {
			switch {
			case binary:
				s.Send(engineio.Binary(data))
			case string(data) == "close me":
				s.Send(engineio.Text([]byte("closing")))
				s.Close()
			default:
				s.Send(engineio.Text(data))
			}
		},
	}, &engineio.Options{PingInterval: 300 * time.Millisecond, PingTimeout: 200 * time.Millisecond})
}

// app is the Socket.IO application for the tests in Node.js.
type app struct {
	server *socketio.Server
	root   *socketio.Namespace

	mu          sync.Mutex
	dropped     map[string]int      // number of dropped requests, by key
	disconnects map[string][]string // reasons, by key
}

func newApp() *app {
	a := &app{dropped: map[string]int{}, disconnects: map[string][]string{}}
	a.server = socketio.New(&socketio.Options{
		Engine: engineio.Options{PingInterval: 2 * time.Second, PingTimeout: 2 * time.Second},
	})
	a.root = a.server.Namespace("/", socketio.Handler{Event: a.event, Disconnect: a.disconnect,
		Connect: func(_ context.Context, r *socketio.Request) {
			var auth struct{ Key string }
			json.Unmarshal(r.Auth, &auth)
			r.Socket().SetValue(auth.Key)
			r.Accept("")
		}})
	a.server.Namespace("/ws/dashboard", socketio.Handler{Event: a.event, Disconnect: a.disconnect, Connect: a.recover})
	a.server.Namespace("/refuse", socketio.Handler{Connect: func(_ context.Context, r *socketio.Request) {
		r.Refuse("TENANT_CONNECTION_LIMIT", json.RawMessage(`{"code":"TENANT_CONNECTION_LIMIT","limit":50}`))
	}})
	a.server.Namespace("/dropfirst", socketio.Handler{Connect: func(_ context.Context, r *socketio.Request) {
		var auth struct{ Key string }
		json.Unmarshal(r.Auth, &auth)
		a.mu.Lock()
		a.dropped[auth.Key]++
		n := a.dropped[auth.Key]
		a.mu.Unlock()
		if n <= 2 {
			r.Drop()
			return
		}
		r.Accept("")
	}})
	return a
}

// recover accepts a request with an event that has its recovery fields, a replay and an event that was corked.
func (a *app) recover(_ context.Context, r *socketio.Request) {
	ns := r.Socket().Namespace()
	pid := r.PID
	if pid == "" {
		pid = "pid-1"
	}
	r.Socket().Emit("live", json.RawMessage(`1`), json.RawMessage(`"offset-2"`))
	session, _ := ns.Encode("session", quote(r.PID), quote(r.Offset), json.RawMessage(`"offset-0"`))
	replay, _ := ns.Encode("replayed", json.RawMessage(`1`), json.RawMessage(`"offset-1"`))
	r.Accept(pid, session, replay)
	r.Socket().Emit("live", json.RawMessage(`2`), json.RawMessage(`"offset-3"`))
}

func quote(s string) json.RawMessage {
	b, _ := json.Marshal(s)
	return b
}

func (a *app) disconnect(s *socketio.Socket, reason string) {
	key, _ := s.Value().(string)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.disconnects[key] = append(a.disconnects[key], reason)
}

func (a *app) event(ctx context.Context, s *socketio.Socket, e *socketio.Event) {
	text := func(i int) string {
		var v string
		if i < len(e.Args) {
			json.Unmarshal(e.Args[i], &v)
		}
		return v
	}
	switch e.Name {
	case "echo":
		s.EmitBinary("echo", e.Attachments, e.Args...)
	case "ack":
		e.AckBinary(e.Attachments, e.Args...)
	case "ask": // emits "question" and acknowledges with the client's answer
		reply, err := s.EmitBinaryAck(ctx, "question", e.Attachments, e.Args...)
		if err != nil {
			e.Ack(quote(err.Error()))
			return
		}
		e.AckBinary(reply.Attachments, reply.Args...)
	case "ask-timeout":
		short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
		defer cancel()
		_, err := s.EmitAck(short, "no such event")
		e.Ack(quote(err.Error()))
	case "join":
		s.Join(text(0))
		e.Ack()
	case "leave":
		s.Leave(text(0))
		e.Ack()
	case "broadcast":
		s.Namespace().To(text(0)).ExceptSocket(s).Emit("message", e.Args[1:]...)
		e.Ack()
	case "disconnect-request":
		s.Disconnect()
	case "close":
		s.Emit("goodbye", json.RawMessage(`{}`))
		s.CloseTransport()
	case "transport":
		e.Ack(quote(string(s.Transport())))
	case "burst":
		n, _ := strconv.Atoi(string(e.Args[0]))
		for i := range n {
			s.Emit("burst", json.RawMessage(strconv.Itoa(i)))
		}
	case "large":
		n, _ := strconv.Atoi(string(e.Args[0]))
		s.Emit("large", quote(strings.Repeat("é", n/2)))
	case "disconnects": // the disconnect reasons of the sockets of a key
		a.mu.Lock()
		reasons, _ := json.Marshal(a.disconnects[text(0)])
		a.mu.Unlock()
		e.Ack(reasons)
	}
}
