package engineio

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"harang.dev/harang/engineio/enginetest"
)

// expiring is an application that gives its sessions an hour to prove themselves.
var expiring = Handler{Open: func(s *Session) { s.Expire(time.Hour, "unproved") }}

// knock asks for a session from an address and answers its status.
func knock(s *Server, remote string) (status int, header http.Header) {
	r := httptest.NewRequest(http.MethodGet, "/engine.io/?EIO=4&transport=polling", nil)
	r.RemoteAddr = remote
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w.Code, w.Header()
}

func TestPending_Limits(t *testing.T) {
	var limited []int
	f := newFixture(t, &Options{
		PendingPerAddress: 2, PendingLimit: 7, RetryAfter: 1500 * time.Millisecond,
		Observer: Observer{Limited: func(status int) { limited = append(limited, status) }},
	}, expiring)
	want := []int(nil)
	for _, c := range []struct {
		remote string
		status int
	}{
		{"192.0.2.1:1", 200},
		{"192.0.2.1:2", 200},
		{"192.0.2.1:3", 429},
		{"[::ffff:192.0.2.1]:4", 429}, // the same, written otherwise
		{"192.0.2.1", 429},            // as a proxy tells it
		{"192.0.2.2:1", 200},
		{"[2001:db8::1]:1", 200},
		{"2001:db8::2", 200},
		{"[2001:db8::ffff:1%eth0]:1", 429}, // the same network
		{"[2001:db8:0:1::1]:1", 200},       // the next one
		{"pipe", 200},                      // whoever that is
		{"pipe", 503},
		{"192.0.2.3:1", 503},
		{"192.0.2.1:1", 503},
	} {
		status, header := knock(f.server, c.remote)
		if status != c.status {
			t.Errorf("%s is answered %d, want %d", c.remote, status, c.status)
		}
		retry := ""
		if c.status != 200 {
			want, retry = append(want, c.status), "2"
		}
		if got := header.Get("Retry-After"); got != retry {
			t.Errorf("%s is told Retry-After %q, want %q", c.remote, got, retry)
		}
	}
	if !slices.Equal(limited, want) {
		t.Errorf("the observer was told %v, want %v", limited, want)
	}
	if n := f.server.Pending(); n != 7 {
		t.Errorf("%d are pending", n)
	}
}

// Whatever ends the waiting makes room, and nothing does so twice.
func TestPending_MakesRoom(t *testing.T) {
	f := serve(t, &Options{PendingPerAddress: 1, PingInterval: 100 * time.Millisecond}, expiring)
	for name, c := range map[string]struct {
		free   func(*Session, *enginetest.Client)
		reason string
	}{
		"proved":  {func(s *Session, _ *enginetest.Client) { s.Expire(0, ""); s.Expire(0, "") }, ReasonTransportClose},
		"closed":  {func(s *Session, _ *enginetest.Client) { s.Close() }, ReasonForcedClose},
		"aborted": {func(s *Session, _ *enginetest.Client) { s.Abort("enough") }, "enough"},
		"expired": {func(s *Session, c *enginetest.Client) { s.Expire(time.Nanosecond, "late"); c.Closed() }, "late"},
		"gone":    {func(_ *Session, c *enginetest.Client) { c.Conn.Close() }, ReasonTransportClose},
	} {
		client, session := f.dial()
		if status, _ := f.get("EIO=4&transport=polling"); status != http.StatusTooManyRequests {
			t.Fatalf("before %s: %d", name, status)
		}
		if _, status := enginetest.TryDial(t, f.web.URL+"/engine.io/?EIO=4&transport=websocket", nil); status != http.StatusTooManyRequests {
			t.Fatalf("a WebSocket before %s: %d", name, status)
		}
		c.free(session, client)
		if n := f.server.Pending(); name == "proved" && n != 0 {
			t.Errorf("%d are pending when proved", n)
		}
		client.Conn.Close()
		f.expectClosed(c.reason)
		for deadline := time.Now().Add(10 * time.Second); f.server.Pending() != 0; {
			if time.Now().After(deadline) {
				t.Fatalf("%d are pending when %s", f.server.Pending(), name)
			}
			<-time.After(time.Millisecond) // a session that closes waits for its client
		}
	}
}

// A session that must prove itself again is pending again, also above the limit.
func TestPending_Again(t *testing.T) {
	f := serve(t, &Options{PendingPerAddress: 1}, Handler{})
	_, first := f.open()
	_, second := f.open()
	if n := f.server.Pending(); n != 0 {
		t.Fatalf("%d are pending although none has a time to end", n)
	}
	first.Expire(time.Hour, "")
	second.Expire(time.Hour, "")
	second.Expire(time.Minute, "")
	if n := f.server.Pending(); n != 2 {
		t.Errorf("%d are pending", n)
	}
	if status, _ := f.get("EIO=4&transport=polling"); status != http.StatusTooManyRequests {
		t.Errorf("a third: %d", status)
	}
	first.Expire(0, "")
	second.Expire(0, "")
	if _, third := f.open(); f.server.Pending() != 0 {
		t.Errorf("%d are pending, %s", f.server.Pending(), third.ID())
	}
}

// A handshake that fails leaves nothing behind.
func TestPending_FailedHandshake(t *testing.T) {
	f := serve(t, &Options{PendingPerAddress: 1}, expiring)
	if status, _ := f.get("EIO=4&transport=websocket"); status != http.StatusBadRequest {
		t.Fatal(status)
	}
	r := httptest.NewRequest(http.MethodGet, "/engine.io/?EIO=4&transport=websocket", nil)
	r.Header = http.Header{
		"Connection": {"Upgrade"}, "Upgrade": {"websocket"}, "Sec-Websocket-Version": {"13"}, "Sec-Websocket-Key": {"AAAAAAAAAAAAAAAAAAAAAA=="},
	}
	w := httptest.NewRecorder() // gives no connection away
	if f.server.ServeHTTP(w, r); w.Code != http.StatusBadRequest {
		t.Fatal(w.Code)
	}
	if n := f.server.Pending(); n != 0 {
		t.Errorf("%d are pending", n)
	}
}

func TestPending_Unlimited(t *testing.T) {
	server := New(expiring, &Options{PendingPerAddress: -1, PendingLimit: -1})
	for range 2500 {
		if status, _ := knock(server, "192.0.2.1:1"); status != 200 {
			t.Fatal(status)
		}
	}
	if n := server.Pending(); n != 2500 {
		t.Errorf("%d are pending", n)
	}
	if err := server.Close(); err != nil || server.Pending() != 0 {
		t.Errorf("%d are pending after Close, %v", server.Pending(), err)
	}
}
