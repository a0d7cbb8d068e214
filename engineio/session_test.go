package engineio

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"harang.dev/harang/engineio/enginetest"

	"harang.dev/harang/engineio/internal/ws"
)

func TestSession_Accessors(t *testing.T) {
	f := serve(t, nil, Handler{})
	c, status := enginetest.TryDial(t, f.web.URL+"/?EIO=4&transport=websocket", http.Header{"User-Agent": {"test"}})
	if status != http.StatusSwitchingProtocols {
		t.Fatal(status)
	}
	s := receive(t, f.opened)
	if got := s.Header().Get("User-Agent"); got != "test" {
		t.Errorf("header %q", got)
	}
	s.ForgetHeader()
	if s.Header() != nil {
		t.Error("the header is still there")
	}
	if s.Value() != nil {
		t.Errorf("value %v", s.Value())
	}
	s.SetValue(7)
	if s.Value() != 7 {
		t.Errorf("value %v", s.Value())
	}
	if s.RemoteAddr() != c.Conn.LocalAddr().String() {
		t.Errorf("address %s", s.RemoteAddr())
	}
	if !strings.Contains(c.Next(), s.ID()) {
		t.Error("the client received another id")
	}
}

func TestSession_Abort(t *testing.T) {
	f := serve(t, nil, Handler{})
	c, s := f.dial()
	s.Abort("enough")
	if code := c.Closed(); code != int(ws.CloseNormal) {
		t.Errorf("closed with %d", code)
	}
	f.expectClosed("enough")
	s.Abort("again")
	s.Close()
	s.Expire(1, "again")
	if err := s.Send(Text(nil)); err != ErrClosed {
		t.Errorf("Send: %v", err)
	}
}

// TestSession_SendAll sends to a client that reads late: queued frames are copies, which later calls do not overwrite.
func TestSession_SendAll(t *testing.T) {
	const rounds = 200
	f := serve(t, &Options{QueueLimit: 64 << 20, QueueAge: time.Minute, MaxPayload: 64 << 20}, Handler{})
	var want []string
	send := func(s *Session) {
		t.Helper()
		want = want[:0]
		for i := range rounds {
			a, b := numbered(2*i, 100), numbered(2*i+1, 20_000)
			if err := s.SendAll(Text(a), nil, Text(b)); err != nil {
				t.Fatal(err)
			}
			want = append(want, "4"+string(a), "4"+string(b))
		}
		if err := s.SendAll(Text([]byte("one"))); err != nil {
			t.Fatal(err)
		}
		want = append(want, "4one")
	}
	t.Run("websocket", func(t *testing.T) {
		c, s := f.dial()
		send(s)
		if s.Queued() == 0 {
			t.Error("nothing was queued")
		}
		c.Expect(want...)
		s.Close()
		if err := s.SendAll(Text(nil), Text(nil)); err != ErrClosed {
			t.Errorf("SendAll after Close: %v", err)
		}
	})
	t.Run("polling", func(t *testing.T) {
		sid, s := f.open()
		send(s)
		if _, body := f.poll(sid); body != strings.Join(want, "\x1e") {
			t.Errorf("%d bytes received", len(body))
		}
	})
}

func TestPolling_LargeAnswer(t *testing.T) {
	f := serve(t, nil, Handler{})
	sid, s := f.open()
	message := strings.Repeat("x", 500_000)
	for range 2 { // on the same connection: the write deadline of the first response is reset
		s.Send(Text([]byte(message)))
		if status, body := f.poll(sid); status != 200 || body != "4"+message {
			t.Errorf("%d, %d bytes", status, len(body))
		}
	}
}

// A client's close packet that arrives before its poll waits for the poll up to closeGrace.
func TestPolling_ClosePacketBeforePoll(t *testing.T) {
	f := serve(t, nil, Handler{})
	sid, s := f.open()
	posted := make(chan struct{})
	go func() {
		defer close(posted)
		f.post(sid, "1")
	}()
	receive(t, posted)
	f.expectClosed(ReasonTransportClose)
	if s.Transport() != Polling {
		t.Error(s.Transport())
	}
	if status, _ := f.poll(sid); status != 400 {
		t.Errorf("a poll much later: %d", status)
	}
}

// A connection that cannot be hijacked, such as one of HTTP/2, is refused.
func TestUpgrade_CannotHijack(t *testing.T) {
	f := serve(t, nil, Handler{})
	sid, _ := f.open()
	for _, query := range []string{"/?EIO=4&transport=websocket", "/?EIO=4&transport=websocket&sid=" + sid} {
		r := httptest.NewRequest("GET", query, nil)
		r.Header = http.Header{"Connection": {"keep-alive, Upgrade"}, "Upgrade": {"websocket"},
			"Sec-Websocket-Version": {"13"}, "Sec-Websocket-Key": {"AAAAAAAAAAAAAAAAAAAAAA=="}}
		w := httptest.NewRecorder()
		f.server.ServeHTTP(w, r)
		if w.Code != http.StatusBadRequest {
			t.Errorf("%s: %d", query, w.Code)
		}
	}
	if n := f.server.Len(); n != 1 {
		t.Errorf("%d sessions", n)
	}
}

// Each session is returned once, at its due time or at most a tick later, whatever other sessions are scheduled.
func TestWheel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const tick = 10
		w := wheel{tick: tick}
		sessions := make([]Session, rapid.IntRange(1, 20).Draw(t, "sessions"))
		due := make([]int64, len(sessions)) // 0 if not in the wheel
		now := int64(0)
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			i := rapid.IntRange(0, len(sessions)-1).Draw(t, "session")
			switch rapid.IntRange(0, 3).Draw(t, "do") {
			case 0:
				w.cancel(&sessions[i])
				due[i] = 0
			case 1:
				due[i] = now + rapid.Int64Range(1, (wheelSlots-2)*tick).Draw(t, "at")
				w.schedule(&sessions[i], due[i])
			default:
				now += rapid.Int64Range(0, 3*wheelSlots*tick).Draw(t, "later")
				returned := map[*Session]bool{}
				for _, s := range w.advance(now, nil) {
					if returned[s] {
						t.Fatal("a session was returned twice")
					}
					returned[s] = true
				}
				for i := range sessions {
					switch {
					case returned[&sessions[i]] && (due[i] == 0 || due[i] > now):
						t.Fatalf("session %d was returned at %d, due %d", i, now, due[i])
					case !returned[&sessions[i]] && due[i] != 0 && due[i] <= now-tick:
						t.Fatalf("session %d was not returned at %d, due %d", i, now, due[i])
					case returned[&sessions[i]]:
						due[i] = 0
					}
				}
			}
		}
	})
}

// A session that the application ends in Handler.Open is not added to the table.
func TestSession_AbortedInOpen(t *testing.T) {
	f := serve(t, nil, Handler{Open: func(s *Session) { s.Abort("aborted in Open") }})
	sid, _ := f.open()
	f.expectClosed("aborted in Open")
	if n := f.server.Len(); n != 0 {
		t.Errorf("%d sessions after polling", n)
	}
	if status, _ := f.poll(sid); status != http.StatusBadRequest {
		t.Errorf("its poll is answered %d", status)
	}
	client, _ := f.dial()
	f.expectClosed("aborted in Open")
	client.Closed()
	if n := f.server.Len(); n != 0 {
		t.Errorf("%d sessions after a WebSocket", n)
	}
}
