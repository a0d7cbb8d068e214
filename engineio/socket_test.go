package engineio

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"harang.dev/harang/engineio/enginetest"

	"harang.dev/harang/engineio/internal/ws"
)

func TestWebSocket_Echo(t *testing.T) {
	f := serve(t, nil, Handler{})
	c, s := f.dial()
	if s.Transport() != WebSocket {
		t.Errorf("transport %s", s.Transport())
	}
	c.Send("4hello", "4ű€")
	c.Expect("4hello", "4ű€")
	for _, n := range []int{0, 125, 126, 65535, 65536, 500_000} {
		data := bytes.Repeat([]byte{7}, n)
		c.SendFrame(true, enginetest.Binary, data)
		op, got, err := c.Read()
		if err != nil || op != 0x80|enginetest.Binary || !bytes.Equal(got, data) {
			t.Fatalf("%d bytes: frame %#x of %d bytes, %v", n, op, len(got), err)
		}
	}
}

func TestWebSocket_PingBetweenFragments(t *testing.T) {
	f := serve(t, nil, Handler{})
	c, _ := f.dial()
	c.SendFrame(false, enginetest.Text, []byte("4he"))
	c.SendFrame(true, enginetest.Ping, []byte("you there"))
	c.SendFrame(false, enginetest.Continuation, nil)
	c.SendFrame(true, enginetest.Continuation, []byte("llo"))
	op, payload, err := c.Read()
	if err != nil || op != 0x80|enginetest.Pong || string(payload) != "you there" {
		t.Errorf("%#x %q %v instead of a pong", op, payload, err)
	}
	c.Expect("4hello")
}

func TestWebSocket_Violations(t *testing.T) {
	frame := func(op byte, payload []byte) []byte { return enginetest.AppendFrame(nil, true, op, payload) }
	for name, c := range map[string]struct {
		send   []byte
		code   int
		reason string
	}{
		"not masked":         {[]byte("\x81\x024a"), 1002, ReasonTransportError},
		"not UTF-8":          {frame(enginetest.Text, []byte("4\xff")), 1007, ReasonTransportError},
		"too long":           {frame(enginetest.Text, make([]byte, 1001)), 1009, ReasonTransportError},
		"no packet":          {frame(enginetest.Text, []byte("abc")), 1002, ReasonParseError},
		"broken base64":      {frame(enginetest.Text, []byte("bA")), 1002, ReasonParseError},
		"empty text":         {frame(enginetest.Text, nil), 1002, ReasonParseError},
		"close 1000":         {frame(enginetest.Close, []byte("\x03\xe8")), 1000, ReasonTransportClose},
		"close without code": {frame(enginetest.Close, nil), 1005, ReasonTransportClose},
		"invalid close":      {frame(enginetest.Close, []byte("x")), 1002, ReasonTransportError},
		"close packet":       {frame(enginetest.Text, []byte("1")), 1000, ReasonTransportClose},
		"a ping packet":      {frame(enginetest.Text, []byte("2")), 1000, ReasonTransportError},
	} {
		for _, kind := range []string{"TCP", "TLS"} {
			t.Run(name+"/"+kind, func(t *testing.T) {
				t.Parallel() // the server gives the client a second to close
				f := newFixture(t, &Options{MaxPayload: 1000}, Handler{})
				if kind == "TLS" {
					f.web = httptest.NewTLSServer(f.server)
				} else {
					f.web = httptest.NewServer(f.server)
				}
				conn, _ := f.dial()
				conn.Write(c.send)
				got := conn.Closed()
				// Session.Abort closes a TLS connection without a close frame.
				aborted := name == "close packet" || name == "a ping packet"
				if got != c.code && !(kind == "TLS" && got == 0 && aborted) {
					t.Errorf("close code %d, want %d", got, c.code)
				}
				f.expectClosed(c.reason)
			})
		}
	}
}

func TestWebSocket_ServerCloses(t *testing.T) {
	f := serve(t, nil, Handler{})
	c, s := f.dial()
	s.Send(Text([]byte("goodbye")))
	s.Close()
	f.expectClosed(ReasonForcedClose)
	c.Expect("4goodbye")
	op, payload, err := c.Read()
	if err != nil || op != 0x80|enginetest.Close || string(payload) != "\x03\xe8" {
		t.Fatalf("%#x %q %v instead of close 1000", op, payload, err)
	}
	c.Send("4late") // is ignored
	c.SendFrame(true, enginetest.Close, payload)
	if code := c.Closed(); code != 0 {
		t.Errorf("a second close frame: %d", code)
	}
}

func TestWebSocket_ConnectionLost(t *testing.T) {
	f := serve(t, nil, Handler{})
	c, _ := f.dial()
	c.Conn.Close()
	f.expectClosed(ReasonTransportClose)
}

func TestWebSocket_Heartbeat(t *testing.T) {
	f := serve(t, &Options{PingInterval: 60 * time.Millisecond, PingTimeout: 40 * time.Millisecond}, Handler{})
	c, _ := f.dial()
	start := time.Now()
	for range 3 {
		_, payload, err := c.Read()
		if err != nil || string(payload) != "2" {
			t.Fatalf("%q, %v instead of a ping", payload, err)
		}
		c.Send("3")
	}
	if took := time.Since(start); took < 170*time.Millisecond {
		t.Errorf("three pings within %s", took)
	}
	c.Closed()
	f.expectClosed(ReasonPingTimeout)
}

func TestPolling_PingTimeoutEndsTheSession(t *testing.T) {
	f := serve(t, &Options{PingInterval: 60 * time.Millisecond, PingTimeout: 40 * time.Millisecond}, Handler{})
	sid, _ := f.open()
	if status, body := f.poll(sid); status != 200 || body != "2" {
		t.Errorf("%d %q instead of a ping", status, body)
	}
	f.expectClosed(ReasonPingTimeout)
	if status, _ := f.poll(sid); status != 400 {
		t.Errorf("poll afterwards: %d", status)
	}
}

func TestSession_Expire(t *testing.T) {
	f := serve(t, &Options{PingInterval: 100 * time.Millisecond, PingTimeout: 100 * time.Millisecond}, Handler{})
	c, s := f.dial()
	_, other := f.dial()
	other.Expire(time.Millisecond, "other")
	other.Expire(0, "")
	s.Expire(time.Millisecond, "expired")
	c.Closed()
	f.expectClosed("expired")
	if err := other.Send(Text(nil)); err != nil {
		t.Errorf("a session whose expiry was taken back: %v", err)
	}
}

func TestUpgrade(t *testing.T) {
	upgraded := make(chan struct{}, 1)
	f := serve(t, &Options{Observer: Observer{Upgraded: func() { upgraded <- struct{}{} }}}, Handler{})
	sid, s := f.open()
	waiting := f.pollAsync(sid, s)
	c := f.candidate(sid)
	c.Send("2probe")
	c.Expect("3probe")
	if got := receive(t, waiting); got != (pollAnswer{200, "6"}) {
		t.Fatalf("the waiting poll: %+v", got)
	}
	s.Send(Text([]byte("between"))) // while no poll is waiting
	s.Send(Binary([]byte{1}))
	c.Send("5", "4after")
	c.Expect("4between")
	if op, payload, err := c.Read(); op != 0x80|enginetest.Binary || !bytes.Equal(payload, []byte{1}) {
		t.Errorf("%#x %v %v", op, payload, err)
	}
	c.Expect("4after")
	receive(t, upgraded)
	if s.Transport() != WebSocket {
		t.Errorf("transport %s", s.Transport())
	}
	if status, _ := f.poll(sid); status != 400 {
		t.Errorf("poll afterwards: %d", status)
	}
	if status, _ := f.post(sid, "4x"); status != 400 {
		t.Errorf("POST afterwards: %d", status)
	}
}

// Messages sent during an upgrade arrive once and in order, on whichever transport.
func TestUpgrade_LosesNothing(t *testing.T) {
	for round := range 20 {
		f := serve(t, nil, Handler{})
		sid, s := f.open()
		const total = 400
		go func() {
			for i := range total {
				s.Send(Text(fmt.Appendf(nil, "%d", i)))
			}
		}()
		next := 0
		take := func(packet string) {
			if packet != fmt.Sprintf("4%d", next) {
				t.Fatalf("round %d: %q, want message %d", round, packet, next)
			}
			next++
		}
		c := f.candidate(sid)
		c.Send("2probe")
		for paused := false; !paused; {
			_, body := f.poll(sid)
			for packet := range strings.SplitSeq(body, "\x1e") {
				if packet == "6" {
					paused = true
				} else {
					take(packet)
				}
			}
			paused = paused || next > total/2
		}
		c.Expect("3probe")
		c.Send("5")
		for next < total {
			take(c.Next())
		}
	}
}

func TestUpgrade_Failures(t *testing.T) {
	for name, send := range map[string][]string{
		"no probe":        {"4hello"},
		"upgrade at once": {"5"},
		"two probes":      {"2probe", "2probe"},
		"a message after": {"2probe", "4hello"},
		"closes":          {},
	} {
		t.Run(name, func(t *testing.T) {
			f := serve(t, nil, Handler{})
			sid, s := f.open()
			c := f.candidate(sid)
			c.Send(send...)
			if len(send) == 0 {
				c.SendFrame(true, enginetest.Close, nil)
			}
			c.Closed()
			s.Send(Text([]byte("still polling")))
			if status, body := f.poll(sid); status != 200 || body != "4still polling" {
				t.Errorf("poll: %d %q", status, body)
			}
			// A second upgrade succeeds.
			again := f.candidate(sid)
			again.Send("2probe")
			again.Expect("3probe")
			again.Send("5", "4hello")
			again.Expect("4hello")
		})
	}
}

func TestUpgrade_Timeout(t *testing.T) {
	f := serve(t, &Options{
		UpgradeTimeout: 20 * time.Millisecond, PingInterval: time.Second, PingTimeout: 100 * time.Millisecond,
	}, Handler{})
	sid, s := f.open()
	c := f.candidate(sid)
	c.Send("2probe")
	c.Expect("3probe")
	c.Closed()
	s.Send(Text([]byte("still polling")))
	if status, body := f.poll(sid); status != 200 || body != "4still polling" {
		t.Errorf("poll: %d %q", status, body)
	}
}

func TestUpgrade_SecondWebSocketIsRejected(t *testing.T) {
	f := serve(t, nil, Handler{})
	sid, _ := f.open()
	c := f.candidate(sid)
	if code := f.candidate(sid).Closed(); code != int(ws.ClosePolicy) {
		t.Errorf("beside a probe: closed with %d", code)
	}
	c.Send("2probe", "5")
	c.Expect("3probe")
	if code := f.candidate(sid).Closed(); code != int(ws.ClosePolicy) {
		t.Errorf("after the upgrade: closed with %d", code)
	}
	c.Send("4hello")
	c.Expect("4hello")
}

func TestUpgrade_Disabled(t *testing.T) {
	f := serve(t, &Options{DisableUpgrade: true}, Handler{})
	_, body := f.get("EIO=4&transport=polling")
	if !strings.Contains(body, `"upgrades":[]`) {
		t.Errorf("open packet %q", body)
	}
	sid := receive(t, f.opened).ID()
	_, status := enginetest.TryDial(t, f.web.URL+"/?EIO=4&transport=websocket&sid="+sid, nil)
	if status != http.StatusBadRequest {
		t.Errorf("status %d", status)
	}
}

// A session that closes after its client has stopped polling ends on the upgraded WebSocket.
func TestUpgrade_ClosedDuringUpgrade(t *testing.T) {
	f := serve(t, nil, Handler{})
	sid, s := f.open()
	c := f.candidate(sid)
	c.Send("2probe")
	c.Expect("3probe")
	s.Send(Text([]byte("goodbye")))
	s.Close()
	c.Send("5")
	c.Expect("4goodbye")
	if code := c.Closed(); code != int(ws.CloseNormal) {
		t.Errorf("closed with %d", code)
	}
}

// numbered returns a message of about size bytes that begins with its number.
func numbered(i, size int) []byte {
	return fmt.Appendf(nil, "%d:%s", i, strings.Repeat("x", size))
}

// A client that reads late receives all messages once and in order, through partial writes and the writer goroutine.
func TestWebSocket_BacklogKeepsOrder(t *testing.T) {
	for _, kind := range []string{"TCP", "TLS"} {
		t.Run(kind, func(t *testing.T) {
			f := newFixture(t, &Options{QueueLimit: 64 << 20, SendBuffer: 4096}, Handler{})
			if kind == "TLS" {
				f.web = httptest.NewTLSServer(f.server)
			} else {
				f.web = httptest.NewServer(f.server)
			}
			c, s := f.dial()
			const total = 3000
			var wg sync.WaitGroup
			wg.Add(1)
			go func() {
				defer wg.Done()
				for i := range total {
					if err := s.Send(Text(numbered(i, i%3000))); err != nil {
						t.Errorf("send %d: %v", i, err)
						return
					}
				}
			}()
			wg.Wait() // before anything is read
			for i := range total {
				if got := c.Next(); got != "4"+string(numbered(i, i%3000)) {
					t.Fatalf("message %d is %.40q", i, got)
				}
			}
			expectEmptyQueue(t, s)
			s.Send(Text([]byte("last")))
			c.Expect("4last")
		})
	}
}

func TestWebSocket_SlowConsumer(t *testing.T) {
	for _, kind := range []string{"TCP", "TLS"} {
		t.Run(kind, func(t *testing.T) {
			slow := make(chan Transport, 1)
			f := newFixture(t, &Options{
				QueueLimit: 100 << 10, SendBuffer: 4096,
				Overflow: func(*Session) *Frame { return Text([]byte("goodbye")) },
				Observer: Observer{SlowConsumer: func(tr Transport) { slow <- tr }},
			}, Handler{})
			if kind == "TLS" {
				f.web = httptest.NewTLSServer(f.server)
			} else {
				f.web = httptest.NewServer(f.server)
			}
			c, s := f.dial()
			other, _ := f.dial()
			sent := 0
			for {
				if err := s.Send(Text(numbered(sent, 10_000))); err == ErrSlowConsumer {
					break
				} else if err != nil {
					t.Fatal(err)
				}
				sent++
			}
			if err := s.Send(Text([]byte("after"))); err != ErrClosed {
				t.Errorf("Send afterwards: %v", err)
			}
			f.expectClosed(ReasonSlowConsumer)
			if tr := receive(t, slow); tr != WebSocket {
				t.Errorf("transport %s", tr)
			}
			// The client receives a prefix without gaps, then the last frame, then the close.
			i := 0
			for ; ; i++ {
				got := c.Next()
				if got == "4goodbye" {
					break
				}
				if got != "4"+string(numbered(i, 10_000)) {
					t.Fatalf("message %d is %.40q", i, got)
				}
			}
			if i >= sent {
				t.Errorf("all %d messages arrived", i)
			}
			if code := c.Closed(); code != int(ws.ClosePolicy) {
				t.Errorf("closed with %d", code)
			}
			other.Send("4unaffected")
			other.Expect("4unaffected")
		})
	}
}

func TestWebSocket_QueueAge(t *testing.T) {
	f := serve(t, &Options{
		QueueLimit: 64 << 20, QueueAge: 30 * time.Millisecond, SendBuffer: 4096,
		PingInterval: time.Second, PingTimeout: 100 * time.Millisecond,
	}, Handler{})
	_, s := f.dial()
	message := Text(make([]byte, 1<<20))
	for s.Queued() == 0 {
		if err := s.Send(message); err != nil {
			t.Fatal(err)
		}
	}
	f.expectClosed(ReasonSlowConsumer)
}

func TestServer_Observer(t *testing.T) {
	var mu sync.Mutex
	counts := map[string]int{}
	count := func(key string, n int) {
		mu.Lock()
		defer mu.Unlock()
		counts[key] += n
	}
	f := serve(t, &Options{Observer: Observer{
		Opened:   func(tr Transport) { count("opened "+string(tr), 1) },
		Closed:   func(tr Transport, reason string) { count("closed "+string(tr)+": "+reason, 1) },
		Upgraded: func() { count("upgraded", 1) },
		Refused:  func(code int) { count(fmt.Sprint("refused ", code), 1) },
		Sent:     func(tr Transport, n int) { count("sent "+string(tr), n) },
		Received: func(tr Transport, n int) { count("received "+string(tr), n) },
	}}, Handler{})
	sid, s := f.open()
	f.post(sid, "4abc")
	f.poll(sid)
	c := f.candidate(sid)
	c.Send("2probe")
	c.Expect("3probe")
	c.Send("5", "4hello")
	c.Expect("4hello")
	f.get("EIO=4")
	s.Close()
	c.Closed()
	f.expectClosed(ReasonForcedClose)
	mu.Lock()
	defer mu.Unlock()
	for key, want := range map[string]int{
		"opened polling": 1, "upgraded": 1, "refused 0": 1, "received polling": 3, "sent polling": 6,
		"received websocket": 5, "sent websocket": 8,
	} {
		if counts[key] != want {
			t.Errorf("%s: %d, want %d", key, counts[key], want)
		}
	}
}

// A direct write does not allocate.
func TestSession_SendDoesNotAllocate(t *testing.T) {
	f := serve(t, nil, Handler{})
	c, s := f.dial()
	go io.Copy(io.Discard, c.Conn)
	message := Text([]byte("hello"))
	if n := testing.AllocsPerRun(200, func() {
		if err := s.Send(message); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%.1f allocations per Send", n)
	}
}
