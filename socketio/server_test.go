package socketio

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"harang.dev/harang/engineio"
	"harang.dev/harang/engineio/enginetest"
)

// longTimeouts returns options with which no test times out.
func longTimeouts() *Options { return &Options{ConnectTimeout: time.Minute} }

// shortTimeouts returns options with which the server checks timeouts every 5 ms.
func shortTimeouts(connect time.Duration) *Options {
	return &Options{ConnectTimeout: connect,
		Engine: engineio.Options{PingInterval: 5 * time.Second, PingTimeout: 100 * time.Millisecond}}
}

func TestConnect_Accept(t *testing.T) {
	type request struct {
		Auth, PID, Offset, Agent string
	}
	requests := make(chan request, 1)
	_, url := serve(t, longTimeouts(), "/ws/dashboard", Handler{Connect: func(_ context.Context, r *Request) {
		requests <- request{string(r.Auth), r.PID, r.Offset, r.Header.Get("User-Agent")}
		if r.Transport() != engineio.WebSocket || !strings.HasPrefix(r.RemoteAddr, "127.0.0.1:") {
			t.Errorf("transport %s, address %s", r.Transport(), r.RemoteAddr)
		}
		r.Accept("p1")
		if err := r.Accept("p2"); !errors.Is(err, ErrDecided) {
			t.Errorf("second Accept: %v", err)
		}
		if err := r.Refuse("no", nil); !errors.Is(err, ErrDecided) {
			t.Errorf("Refuse after Accept: %v", err)
		}
		r.Drop()
	}})
	for auth, want := range map[string]request{
		"":                                 {},
		`{"token":"t"}`:                    {Auth: `{"token":"t"}`},
		`{"pid":"p","offset":"e:o:1"}`:     {Auth: `{"pid":"p","offset":"e:o:1"}`, PID: "p", Offset: "e:o:1"},
		`{"pid":17,"offset":{"o":"x"}}`:    {Auth: `{"pid":17,"offset":{"o":"x"}}`},
		`{"pid":"p","offset":["e"],"x":1}`: {Auth: `{"pid":"p","offset":["e"],"x":1}`, PID: "p"},
	} {
		c, status := enginetest.TryDial(t, url+"/?EIO=4&transport=websocket", http.Header{"User-Agent": {"test"}})
		if status != http.StatusSwitchingProtocols {
			t.Fatal(status)
		}
		c.Next()
		c.Send("40/ws/dashboard," + auth)
		want.Agent = "test"
		if diff := cmp.Diff(want, receive(t, requests)); diff != "" {
			t.Error(diff)
		}
		if answer := connected(t, c, "40/ws/dashboard,"); answer.PID != "p1" {
			t.Errorf("%+v", answer)
		}
		c.Send("42/ws/dashboard,[\"x\"]") // the session is still open
	}
}

// Frames delivered before and during Accept are received after CONNECT and the frames passed to Accept, in order.
func TestConnect_CorkedFramesFollowAccept(t *testing.T) {
	for range 30 {
		const before, after = 50, 50
		var wg sync.WaitGroup
		ns, url := serve(t, longTimeouts(), "/", Handler{Connect: func(_ context.Context, r *Request) {
			s := r.Socket()
			delivered := make(chan struct{})
			wg.Add(1)
			go func() {
				defer wg.Done()
				for i := range before + after {
					if i == before {
						close(delivered)
					}
					s.Emit("live", raw(fmt.Sprint(i)))
				}
			}()
			<-delivered
			first, _ := s.Namespace().Encode("session")
			replay, _ := s.Namespace().Encode("replay")
			r.Accept("", first, nil, replay)
		}})
		c, _ := connect(t, url)
		c.Expect(`42["session"]`, `42["replay"]`)
		for i := range before + after {
			c.Expect(fmt.Sprintf(`42["live",%d]`, i))
		}
		wg.Wait()
		if len(ns.Sockets()) != 1 {
			t.Errorf("%d sockets", len(ns.Sockets()))
		}
	}
}

func TestConnect_CorkedFramesAreLimited(t *testing.T) {
	opts := longTimeouts()
	opts.Engine.QueueLimit = 1000
	failed := make(chan error, 1)
	_, url := serve(t, opts, "/", Handler{Connect: func(ctx context.Context, r *Request) {
		var err error
		for err == nil {
			err = r.Socket().Emit("x", raw(`"`+strings.Repeat("x", 300)+`"`))
		}
		<-ctx.Done() // the session has ended
		if again := r.Accept(""); !errors.Is(again, ErrClosed) {
			t.Errorf("Accept: %v", again)
		}
		failed <- err
	}})
	c := dial(t, url)
	c.Send("40")
	c.Closed()
	if err := receive(t, failed); !errors.Is(err, ErrSlowConsumer) {
		t.Error(err)
	}
}

func TestConnect_Refuse(t *testing.T) {
	_, url := serve(t, longTimeouts(), "/", Handler{
		Connect: func(_ context.Context, r *Request) {
			if r.Auth != nil {
				r.Accept("")
				return
			}
			if err := r.Refuse("FORBIDDEN", raw(`{"code":"FORBIDDEN"}`)); err != nil {
				t.Error(err)
			}
			if err := r.Socket().Emit("x"); !errors.Is(err, ErrClosed) {
				t.Errorf("Emit: %v", err)
			}
		},
		Disconnect: func(*Socket, string) { t.Error("Disconnect of a refused socket") },
	})
	c := dial(t, url)
	for range 3 { // the session stays open
		c.Send("40")
		c.Expect(`44{"message":"FORBIDDEN","data":{"code":"FORBIDDEN"}}`)
	}
	c.Send("40/other")
	c.Expect(`44/other,{"message":"Invalid namespace"}`)
	c.Conn.Close()
}

func TestConnect_Drop(t *testing.T) {
	for name, decide := range map[string]func(*Request){
		"dropped":   func(r *Request) { r.Drop() },
		"undecided": func(*Request) {},
	} {
		t.Run(name, func(t *testing.T) {
			_, url := serve(t, longTimeouts(), "/", Handler{Connect: func(_ context.Context, r *Request) { decide(r) }})
			c := dial(t, url)
			c.Send("40")
			if code := c.Closed(); code != 1000 {
				t.Errorf("closed with %d", code)
			}
		})
	}
}

func TestConnect_ContextEnds(t *testing.T) {
	ended := make(chan error, 1)
	connect := func(ctx context.Context, r *Request) {
		<-ctx.Done()
		ended <- r.Accept("")
	}
	t.Run("with the transport", func(t *testing.T) {
		_, url := serve(t, longTimeouts(), "/", Handler{Connect: connect})
		c := dial(t, url)
		c.Send("40")
		c.Conn.Close()
		if err := receive(t, ended); !errors.Is(err, ErrClosed) {
			t.Errorf("Accept: %v", err)
		}
	})
	t.Run("after the timeout", func(t *testing.T) {
		_, url := serve(t, shortTimeouts(30*time.Millisecond), "/", Handler{Connect: connect})
		c := dial(t, url)
		c.Send("40")
		receive(t, ended)
		// The timeout may race with Accept; the session ends in both cases.
		c.Conn.Close()
	})
}

func TestConnect_Timeout(t *testing.T) {
	reasons := make(chan string, 1)
	_, url := serve(t, shortTimeouts(30*time.Millisecond), "/", Handler{
		Disconnect: func(_ *Socket, reason string) { reasons <- reason },
	})
	t.Run("no CONNECT", func(t *testing.T) { dial(t, url).Closed() })
	t.Run("refused repeatedly", func(t *testing.T) {
		_, url := serve(t, shortTimeouts(200*time.Millisecond), "/", Handler{
			Connect: func(_ context.Context, r *Request) { r.Refuse("no", nil) },
		})
		c := dial(t, url)
		opened := time.Now()
		for {
			c.Send("40")
			_, _, err := c.Read()
			if time.Since(opened) > 5*time.Second {
				t.Fatal("the session was not closed")
			}
			if err != nil {
				return
			}
		}
	})
	t.Run("no namespace left", func(t *testing.T) {
		c, _ := connect(t, url)
		c.Send("41")
		if reason := receive(t, reasons); reason != ReasonClientDisconnect {
			t.Errorf("reason %q", reason)
		}
		c.Closed()
	})
}

func TestConnect_Violations(t *testing.T) {
	for name, packets := range map[string][]string{
		"event first":             {`42["x"]`},
		"disconnect first":        {`41`},
		"garbage":                 {`4x`},
		"event before the answer": {`40`, `42["x"]`},
		"connected twice":         {`40`, `40`},
		"unexpected attachment":   {`40`, "\x00"},
		"too many attachments":    {`40`, `4533-["x"]`},
		// No attachment is buffered before a socket was accepted.
		"attachments before CONNECT":    {`451-["x",{"_placeholder":true,"num":0}]`},
		"attachments before the answer": {`40`, `451-["x",{"_placeholder":true,"num":0}]`},
		"payload is not an object":      {`40[]`},
	} {
		t.Run(name, func(t *testing.T) {
			release := make(chan struct{})
			_, url := serve(t, longTimeouts(), "/", Handler{Connect: func(ctx context.Context, r *Request) {
				select {
				case <-ctx.Done():
				case <-release:
				}
			}})
			defer close(release)
			c := dial(t, url)
			for _, p := range packets {
				if p == "\x00" {
					c.SendFrame(true, enginetest.Binary, nil)
				} else {
					c.Send(p)
				}
			}
			c.Closed()
		})
	}
}

func TestConnect_KeepHeaders(t *testing.T) {
	headers := make(chan http.Header, 2)
	opts := longTimeouts()
	opts.KeepHeaders = []string{"user-agent", "X-Absent"}
	ns, url := serve(t, opts, "/", Handler{Connect: func(_ context.Context, r *Request) {
		headers <- r.Header
		r.Accept("")
	}})
	ns.srv.Namespace("/second", ns.handler)
	header := http.Header{"User-Agent": {"test"}, "Cookie": {"c=1"}}
	c, _ := enginetest.TryDial(t, url+"/?EIO=4&transport=websocket", header)
	c.Next()
	c.Send("40")
	connected(t, c, "40")
	c.Send("40/second")
	connected(t, c, "40/second,")
	if h := receive(t, headers); h.Get("User-Agent") != "test" || h.Get("Cookie") != "c=1" {
		t.Errorf("first: %v", h)
	}
	if diff := cmp.Diff(http.Header{"User-Agent": {"test"}}, receive(t, headers)); diff != "" {
		t.Errorf("second: %s", diff)
	}
}

func TestRooms(t *testing.T) {
	sockets := make(chan *Socket, 1)
	ns, url := serve(t, longTimeouts(), "/", Handler{Connect: func(_ context.Context, r *Request) {
		r.Socket().Join("too early")
		r.Accept("")
		sockets <- r.Socket()
	}})
	var clients [3]*enginetest.Client
	var s [3]*Socket
	for i := range clients {
		clients[i], _ = connect(t, url)
		s[i] = receive(t, sockets)
		s[i].Join("all")
	}
	s[0].Join("a")
	s[1].Join("a")
	s[1].Join("b")
	s[2].Join("c")
	s[2].Leave("c")
	s[2].Leave("never joined")
	for name, c := range map[string]struct {
		broadcast *Broadcast
		want      string
	}{
		"all sockets":   {ns.To(), "012"},
		"a room":        {ns.To("a"), "01"},
		"two rooms":     {ns.To("a", "b"), "01"},
		"empty rooms":   {ns.To("c", "too early", "none"), ""},
		"except a room": {ns.To("all").Except("b"), "02"},
		"except two":    {ns.To().Except("b").Except("none", "a"), "2"},
		"except sender": {ns.To("a").ExceptSocket(s[0]), "1"},
	} {
		got := ""
		for i := range s {
			for _, selected := range c.broadcast.Sockets() {
				if selected == s[i] {
					got += fmt.Sprint(i)
				}
			}
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	if rooms := s[1].Rooms(); len(rooms) != 3 {
		t.Errorf("rooms %v", rooms)
	}
	if err := ns.To("a").Emit("hello", raw(`1`)); err != nil {
		t.Error(err)
	}
	if err := ns.To("a").Emit("hello", raw(`{`)); err == nil {
		t.Error("invalid JSON was sent")
	}
	f, _ := ns.Encode("bye")
	if n := ns.To().Deliver(f); n != 3 {
		t.Errorf("delivered to %d", n)
	}
	clients[0].Expect(`42["hello",1]`, `42["bye"]`)
	clients[1].Expect(`42["hello",1]`, `42["bye"]`)
	clients[2].Expect(`42["bye"]`)
}

func TestServer_SlowConsumer(t *testing.T) {
	reasons := make(chan string, 1)
	opts := longTimeouts()
	opts.Engine.QueueLimit = 64 << 10
	opts.Engine.SendBuffer = 4096
	opts.Overflow = func(s *Socket) *Frame {
		f, _ := s.Namespace().Encode("goodbye", raw(`{"code":"SLOW_CONSUMER"}`))
		return f
	}
	ns, url := serve(t, opts, "/", Handler{Disconnect: func(_ *Socket, reason string) { reasons <- reason }})
	c, _ := connect(t, url)
	var s *Socket
	for _, s = range ns.Sockets() {
	}
	arg := raw(`"` + strings.Repeat("x", 10_000) + `"`)
	var err error
	for err == nil {
		err = s.Emit("x", arg)
	}
	if !errors.Is(err, ErrSlowConsumer) {
		t.Error(err)
	}
	if reason := receive(t, reasons); reason != ReasonSlowConsumer {
		t.Errorf("reason %q", reason)
	}
	for {
		packet := c.Next()
		if packet == `42["goodbye",{"code":"SLOW_CONSUMER"}]` {
			break
		}
		if packet != `42["x",`+string(arg)+`]` {
			t.Fatalf("%.60q", packet)
		}
	}
	if code := c.Closed(); code != 1008 {
		t.Errorf("closed with %d", code)
	}
}

func TestServer_Namespaces(t *testing.T) {
	s := New(nil)
	defer s.Close()
	n := s.Namespace("/a", Handler{})
	if n.Name() != "/a" {
		t.Error(n.Name())
	}
	for _, name := range []string{"", "a", "/a", "/a,b", "/\n"} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%q was accepted", name)
				}
			}()
			s.Namespace(name, Handler{})
		}()
	}
}

func TestServer_CloseWaitsForHandlers(t *testing.T) {
	entered := make(chan struct{})
	returned := false
	server := New(longTimeouts())
	server.Namespace("/", Handler{Connect: func(ctx context.Context, r *Request) {
		close(entered)
		<-ctx.Done()
		returned = true
	}})
	web := httptest.NewServer(server)
	defer web.Close()
	client := dial(t, web.URL)
	discard(client)
	client.Send("40")
	receive(t, entered)
	server.Close()
	if !returned {
		t.Error("Close did not wait")
	}
}

// A session is pending while it has no accepted socket.
func TestServer_Pending(t *testing.T) {
	ns, url := serve(t, longTimeouts(), "/", Handler{Connect: func(_ context.Context, r *Request) {
		if string(r.Auth) == `{"token":"valid"}` {
			r.Accept("")
		} else {
			r.Refuse("no", nil)
		}
	}})
	want := func(n int, when string) {
		t.Helper()
		if got := ns.srv.Pending(); got != n {
			t.Errorf("%d are pending %s, want %d", got, when, n)
		}
	}
	c := dial(t, url)
	want(1, "after the handshake")
	c.Send("40")
	c.Expect(`44{"message":"no"}`)
	want(1, "after a refusal")
	c.Send(`40{"token":"valid"}`)
	connected(t, c, "40")
	want(0, "after a CONNECT was accepted")
	c.Send("41", "40")
	c.Expect(`44{"message":"no"}`)
	want(1, "after the only socket was closed")
}
