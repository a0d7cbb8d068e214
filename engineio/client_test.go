package engineio

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"harang.dev/harang/engineio/enginetest"
	"harang.dev/harang/internal/testtime"

	"harang.dev/harang/engineio/internal/ws"
)

// handshakeResponseOf sends a WebSocket handshake with further header lines and returns the response.
func (f *fixture) handshakeResponseOf(query string, lines ...string) *http.Response {
	f.t.Helper()
	conn, err := net.Dial("tcp", f.web.Listener.Addr().String())
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	fmt.Fprintf(conn, "GET /engine.io/?%s HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n", query)
	for _, line := range lines {
		fmt.Fprintf(conn, "%s\r\n", line)
	}
	fmt.Fprint(conn, "\r\n")
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		f.t.Fatal(err)
	}
	return response
}

// The first offered subprotocol is selected: a client that offers some fails without one (RFC 6455, section 4.1).
func TestHandshake_Subprotocol(t *testing.T) {
	f := serve(t, nil, Handler{})
	for name, c := range map[string]struct {
		lines  []string
		status int
		want   string
	}{
		"none":      {nil, 101, ""},
		"one":       {[]string{"Sec-WebSocket-Protocol: chat"}, 101, "chat"},
		"several":   {[]string{"Sec-WebSocket-Protocol: v2.shop, chat"}, 101, "v2.shop"},
		"two lines": {[]string{"Sec-WebSocket-Protocol: b", "Sec-WebSocket-Protocol: a"}, 101, "b"},
		"empty":     {[]string{"Sec-WebSocket-Protocol: a,,b"}, 400, ""},
		"repeated":  {[]string{"Sec-WebSocket-Protocol: a, a"}, 400, ""},
		"no token":  {[]string{"Sec-WebSocket-Protocol: a b"}, 400, ""},
		"quoted":    {[]string{`Sec-WebSocket-Protocol: "a"`}, 400, ""},
	} {
		t.Run(name, func(t *testing.T) {
			response := f.handshakeResponseOf("EIO=4&transport=websocket", c.lines...)
			got := response.Header.Values("Sec-Websocket-Protocol")
			if response.StatusCode != c.status || strings.Join(got, "|") != c.want {
				t.Errorf("%d %q, want %d %q", response.StatusCode, got, c.status, c.want)
			}
		})
	}
	sid, _ := f.open()
	response := f.handshakeResponseOf("EIO=4&transport=websocket&sid="+sid, "Sec-WebSocket-Protocol: chat")
	if got := response.Header.Get("Sec-Websocket-Protocol"); response.StatusCode != 101 || got != "chat" {
		t.Errorf("upgrade: %d %q", response.StatusCode, got)
	}
}

// Parameters of the application and of proxies are skipped, however malformed they are.
func TestHandshake_ForeignParameters(t *testing.T) {
	f := serve(t, nil, Handler{})
	for query, want := range map[string]int{
		"EIO=4&transport=polling&x=50%":             200,
		"x=a;b&EIO=4&transport=polling":             200,
		"%zz=1&EIO=4&transport=polling&&=&%":        200,
		"EIO=4&transport=polling&a%ZZ":              200,
		"%45IO=4&transport=p%6flling":               200,
		"EIO=4&transport=polling&EIO=3&transport=x": 200,
		"EIO=4&transport=polling%":                  400,
		"EIO=%4&transport=polling":                  400,
		"EIO=4;transport=polling":                   400,
	} {
		if status, body := f.get(query); status != want {
			t.Errorf("%s: %d %s, want %d", query, status, body, want)
		}
	}
}

// With the parameter b64 binary messages are sent as base64 text, as by the reference server. Base64 text is accepted
// from every client.
func TestWebSocket_Base64(t *testing.T) {
	f := serve(t, nil, Handler{})
	for query, want := range map[string]struct {
		op   byte
		data string
	}{
		"":       {enginetest.Binary, "\x01\x02\x03\x04"},
		"&b64=":  {enginetest.Binary, "\x01\x02\x03\x04"},
		"&b64=1": {enginetest.Text, "bAQIDBA=="},
	} {
		c := enginetest.Dial(t, f.web.URL+"/engine.io/?EIO=4&transport=websocket"+query)
		c.Next()
		c.Send("bAQIDBA==")
		c.SendFrame(true, enginetest.Binary, []byte{1, 2, 3, 4})
		for range 2 {
			op, data, err := c.Read()
			if err != nil || op != 0x80|want.op || string(data) != want.data {
				t.Errorf("%q: frame %#x %q %v, want %#x %q", query, op, data, err, want.op, want.data)
			}
		}
		c.Send("4text")
		c.Expect("4text")
	}
}

// The upgrade request of a client can have b64 although its handshake had not. What was queued on polling is converted.
func TestUpgrade_Base64(t *testing.T) {
	for _, query := range []string{"", "&b64=1"} {
		f := serve(t, nil, Handler{})
		status, body := f.get("EIO=4&transport=polling" + query)
		if status != http.StatusOK {
			t.Fatal(status, body)
		}
		s := receive(t, f.opened)
		c := enginetest.Dial(t, f.web.URL+"/engine.io/?EIO=4&transport=websocket&b64=1&sid="+s.ID())
		c.Send("2probe")
		c.Expect("3probe")
		long := make([]byte, 70_000)
		if err := s.SendAll(Text([]byte("a")), Binary([]byte("abc")), Text([]byte("b")), Binary(long)); err != nil {
			t.Fatal(err)
		}
		c.Send("5")
		want := string(AppendPacket(nil, Packet{Type: PacketMessage, Data: long, Binary: true}))
		c.Expect("4a", "bYWJj", "4b", want)
		if err := s.Send(Binary([]byte("abc"))); err != nil {
			t.Fatal(err)
		}
		c.Expect("bYWJj")
		expectEmptyQueue(t, s)
	}
}

// expectEmptyQueue waits until nothing is queued: a client may have a frame before its write has returned.
func expectEmptyQueue(t *testing.T, s *Session) {
	t.Helper()
	testtime.Eventually(t, testtime.Limit, "empty queue", func() bool { return s.Queued() == 0 })
}

// stopped returns a clock that does not advance: no token returns to a meter, and no heartbeat is due.
func stopped() func() time.Time {
	now := time.Now()
	return func() time.Time { return now }
}

// Each frame counts: messages, pongs, pings, fragments, also those of a message that is never complete.
func TestWebSocket_FrameRate(t *testing.T) {
	frame := func(fin bool, op byte, data string) []byte { return enginetest.AppendFrame(nil, fin, op, []byte(data)) }
	for name, flood := range map[string][]byte{
		"messages":       frame(true, enginetest.Text, "4x"),
		"pong packets":   frame(true, enginetest.Text, "3"),
		"noop packets":   frame(true, enginetest.Text, "6"),
		"binary":         frame(true, enginetest.Binary, ""),
		"control pongs":  frame(true, enginetest.Pong, ""),
		"control pings":  frame(true, enginetest.Ping, "x"),
		"empty messages": frame(true, enginetest.Text, "4"),
	} {
		t.Run(name, func(t *testing.T) {
			limited := make(chan Transport, 2)
			f := serve(t, &Options{
				FrameRate: 1, FrameBurst: 10, Now: stopped(),
				RateLimited: func(*Session) *Frame { return Text([]byte("goodbye")) },
				Observer:    Observer{RateLimited: func(tr Transport) { limited <- tr }},
			}, Handler{Message: func(*Session, []byte, bool) {}})
			c, _ := f.dial()
			for range 10 {
				c.Write(flood)
			}
			c.Write(frame(true, enginetest.Text, "4last")) // exceeds the burst
			c.Write(bytes.Repeat(flood, 1000))             // a client that goes on gets the last frame, not a reset
			for {
				op, data, err := c.Read()
				if err != nil {
					t.Fatal(err)
				}
				if op == 0x80|enginetest.Text {
					if string(data) != "4goodbye" {
						t.Errorf("%q", data)
					}
					break
				}
			}
			if code := c.Closed(); code != int(ws.ClosePolicy) {
				t.Errorf("closed with %d", code)
			}
			f.expectClosed(ReasonRateLimited)
			if tr := receive(t, limited); tr != WebSocket || len(limited) != 0 {
				t.Errorf("observer: %s, and %d more calls", tr, len(limited))
			}
		})
	}
	t.Run("fragments", func(t *testing.T) {
		f := serve(t, &Options{FrameRate: 1, FrameBurst: 10, Now: stopped()}, Handler{})
		c, _ := f.dial()
		c.Write(frame(false, enginetest.Text, "4"))
		for range 10 {
			c.Write(frame(false, enginetest.Continuation, ""))
		}
		if code := c.Closed(); code != int(ws.ClosePolicy) {
			t.Errorf("closed with %d", code)
		}
		f.expectClosed(ReasonRateLimited)
	})
	t.Run("after the limit", func(t *testing.T) {
		f := serve(t, &Options{FrameRate: 1, FrameBurst: 10, Now: stopped()}, Handler{})
		c, _ := f.dial()
		for range 30 { // the client ignores the close frame
			c.Write(frame(true, enginetest.Ping, ""))
		}
		f.expectClosed(ReasonRateLimited)
		for {
			if _, _, err := c.Read(); err != nil {
				return // although no time passes on this clock
			}
		}
	})
	t.Run("within the rate", func(t *testing.T) {
		var now time.Duration
		m := newMeter(&Options{FrameBurst: 10}, 0)
		o := &Options{FrameRate: 10, FrameBurst: 10}
		for range 1000 {
			now += 100 * time.Millisecond
			if !m.take(1, o, int64(now)) {
				t.Fatalf("limited after %s", now)
			}
		}
		if m.take(11, o, int64(now+time.Hour)) {
			t.Error("more than the burst was allowed")
		}
		if !m.take(1, o, int64(now)) {
			t.Error("tokens were lost when the clock was set back")
		}
	})
}

func TestPolling_FrameRate(t *testing.T) {
	f := serve(t, &Options{
		FrameRate: 1, FrameBurst: 10, Now: stopped(),
		RateLimited: func(*Session) *Frame { return Text([]byte("goodbye")) },
	}, Handler{Message: func(*Session, []byte, bool) {}})
	sid, _ := f.open()
	if status, body := f.post(sid, strings.Repeat("4x\x1e", 10)+"4x"); status != 200 || body != "ok" {
		t.Errorf("POST: %d %q", status, body)
	}
	f.expectClosed(ReasonRateLimited)
	if _, body := f.poll(sid); body != "4goodbye" {
		t.Errorf("first poll: %q", body)
	}
	if status, _ := f.post(sid, strings.Repeat("3\x1e", 10)+"3"); status != http.StatusTooManyRequests {
		t.Errorf("POST after the limit: %d", status)
	}
	if status, _ := f.poll(sid); status != 400 {
		t.Errorf("second poll: %d", status)
	}
}

// Upgrade requests and the frames of a candidate count as well.
func TestUpgrade_FrameRate(t *testing.T) {
	for name, flood := range map[string]func(f *fixture, sid string){
		"candidates": func(f *fixture, sid string) {
			for range 11 {
				c := f.candidate(sid)
				c.Send("x")
				c.Closed()
			}
		},
		"pings of a candidate": func(f *fixture, sid string) {
			c := f.candidate(sid)
			for range 10 {
				c.SendFrame(true, enginetest.Ping, nil)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := serve(t, &Options{FrameRate: 1, FrameBurst: 10, Now: stopped()}, Handler{})
			sid, _ := f.open()
			flood(f, sid)
			f.expectClosed(ReasonRateLimited)
		})
	}
}

// blockedWriter is a response whose first Write waits.
type blockedWriter struct {
	http.ResponseWriter
	writing, release chan struct{}
}

func (b *blockedWriter) Write(p []byte) (int, error) {
	close(b.writing)
	<-b.release
	return b.ResponseWriter.Write(p)
}

// The close packet for a waiting poll is sent after the response that explains it.
func TestPolling_ErrorBeforeClosePacket(t *testing.T) {
	for name, c := range map[string]struct {
		method, body string
		status       int
	}{
		"too large":        {"POST", "4" + strings.Repeat("x", 1000), 413},
		"invalid packet":   {"POST", "x", 400},
		"a ping":           {"POST", "2", 400},
		"overlapping poll": {"GET", "", 400},
	} {
		t.Run(name, func(t *testing.T) {
			f := serve(t, &Options{MaxPayload: 1000}, Handler{})
			sid, s := f.open()
			waiting := f.pollAsync(sid, s)
			recorder := httptest.NewRecorder()
			w := &blockedWriter{recorder, make(chan struct{}), make(chan struct{})}
			done := make(chan struct{})
			go func() {
				defer close(done)
				r := httptest.NewRequest(c.method, "/?EIO=4&transport=polling&sid="+sid, strings.NewReader(c.body))
				f.server.ServeHTTP(w, r)
			}()
			receive(t, w.writing)
			s.mu.Lock()
			if s.polling.poll == nil || s.state == stateClosed {
				t.Error("the session ended before the response was written")
			}
			s.mu.Unlock()
			close(w.release)
			receive(t, done)
			if got := receive(t, waiting); got != (pollAnswer{200, "1"}) {
				t.Errorf("poll: %+v", got)
			}
			if recorder.Code != c.status {
				t.Errorf("status %d, want %d", recorder.Code, c.status)
			}
		})
	}
}

// A client whose origin is refused after the handshake, which browsers send without an Origin header, leaves no pending
// session. A session whose client has proved itself is not ended by a request that has its id and a foreign origin.
func TestPending_OriginRefused(t *testing.T) {
	foreign := http.Header{"Origin": {"https://elsewhere.example"}}
	f := serve(t, nil, pendingHour)
	for name, refused := range map[string]func(sid string) int{
		"POST": func(sid string) int {
			response, _ := f.do("POST", "EIO=4&transport=polling&sid="+sid, "40", foreign)
			return response.StatusCode
		},
		"upgrade": func(sid string) int {
			url := f.web.URL + "/?EIO=4&transport=websocket&sid=" + sid
			_, status := enginetest.TryDial(t, url, foreign)
			return status
		},
	} {
		sid, _ := f.open()
		if status := refused(sid); status != http.StatusForbidden {
			t.Errorf("%s: %d", name, status)
		}
		f.expectClosed(ReasonTransportError)
		if n := f.server.Pending(); n != 0 || f.server.Len() != 0 {
			t.Errorf("%s: %d pending of %d", name, n, f.server.Len())
		}
		sid, s := f.open()
		s.Expire(0, "")
		if status := refused(sid); status != http.StatusForbidden || f.server.Len() != 1 {
			t.Errorf("%s: %d, %d sessions", name, status, f.server.Len())
		}
		s.Close()
		f.poll(sid)
		f.expectClosed(ReasonForcedClose)
	}
}

// A client that disconnects before it has read the open packet leaves no pending session.
func TestPending_HandshakeAbandoned(t *testing.T) {
	f := newFixture(t, nil, pendingHour)
	r := httptest.NewRequest(http.MethodGet, "/engine.io/?EIO=4&transport=polling", nil)
	f.server.ServeHTTP(brokenWriter{httptest.NewRecorder()}, r)
	f.expectClosed(ReasonTransportError)
	if n := f.server.Pending(); n != 0 || f.server.Len() != 0 {
		t.Errorf("%d pending of %d", n, f.server.Len())
	}
}

// Incomplete messages of all clients together are limited. Short ones are not affected, and the memory is free again
// when a client has gone.
func TestServer_BufferLimit(t *testing.T) {
	f := serve(t, &Options{BufferLimit: 300_000}, Handler{})
	incomplete := func(n int) []byte { // a message of which the last byte is missing
		b := enginetest.AppendFrame(nil, true, enginetest.Text, []byte("4"+strings.Repeat("x", n)))
		return b[:len(b)-1]
	}
	used := func(least int64) {
		t.Helper()
		testtime.Eventually(t, testtime.Limit, fmt.Sprintf("%d bytes are kept", least),
			func() bool { return f.server.buffered.used.Load() >= least })
	}
	first, _ := f.dial()
	first.Write(incomplete(200_000))
	used(200_000)
	short, _ := f.dial()
	short.Write(incomplete(10_000))
	used(210_000)
	second, _ := f.dial()
	second.Write(incomplete(200_000))
	if code := second.Closed(); code != 1013 {
		t.Errorf("closed with %d", code)
	}
	f.expectClosed(ReasonTransportError)
	sid, _ := f.open()
	if status, body := f.post(sid, "4"+strings.Repeat("x", 200_000)); status != http.StatusServiceUnavailable {
		t.Errorf("POST: %d %s", status, body)
	}
	f.expectClosed(ReasonTransportError)
	first.Conn.Close()
	f.expectClosed(ReasonTransportClose)
	sid, _ = f.open()
	if status, body := f.post(sid, "4"+strings.Repeat("x", 200_000)); status != http.StatusOK {
		t.Errorf("POST after the first has gone: %d %s", status, body)
	}
	short.Write([]byte{'x' ^ 0x12})
	if got := short.Next(); len(got) != 10_001 {
		t.Errorf("%d bytes", len(got))
	}
	short.Conn.Close()
	f.expectClosed(ReasonTransportClose)
	if n := f.server.buffered.used.Load(); n != 0 {
		t.Errorf("%d bytes are kept without a connection", n)
	}
}
