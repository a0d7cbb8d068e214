package engineio

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"harang.dev/harang/engineio/enginetest"
	"harang.dev/harang/internal/testtime"
)

// pendingHour is an application whose sessions are pending for an hour.
var pendingHour = Handler{Open: func(s *Session) { s.Expire(time.Hour, "not authenticated") }}

// handshakeFrom sends a handshake from an address and returns the response.
func handshakeFrom(s *Server, remote string) (status int, header http.Header) {
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
	}, pendingHour)
	want := []int(nil)
	for _, c := range []struct {
		remote string
		status int
	}{
		{"192.0.2.1:1", 200},
		{"192.0.2.1:2", 200},
		{"192.0.2.1:3", 429},
		{"[::ffff:192.0.2.1]:4", 429}, // the same address as IPv6
		{"192.0.2.1", 429},            // as a proxy forwards it
		{"192.0.2.2:1", 200},
		{"[2001:db8::1]:1", 200},
		{"2001:db8::2", 200},
		{"[2001:db8::ffff:1%eth0]:1", 429}, // the same /64
		{"[2001:db8:0:1::1]:1", 200},       // the next /64
		{"pipe", 200},                      // not an IP address
		{"pipe", 503},
		{"192.0.2.3:1", 503},
		{"192.0.2.1:1", 503},
	} {
		status, header := handshakeFrom(f.server, c.remote)
		if status != c.status {
			t.Errorf("%s is answered %d, want %d", c.remote, status, c.status)
		}
		retry := ""
		if c.status != 200 {
			want, retry = append(want, c.status), "2"
		}
		if got := header.Get("Retry-After"); got != retry {
			t.Errorf("%s got Retry-After %q, want %q", c.remote, got, retry)
		}
	}
	if !slices.Equal(limited, want) {
		t.Errorf("the observer received %v, want %v", limited, want)
	}
	if n := f.server.Pending(); n != 7 {
		t.Errorf("%d are pending", n)
	}
}

// Each way out of the pending state decrements the count, exactly once.
func TestPending_Released(t *testing.T) {
	f := serve(t, &Options{PendingPerAddress: 1, PingInterval: 100 * time.Millisecond}, pendingHour)
	for name, c := range map[string]struct {
		free   func(*Session, *enginetest.Client)
		reason string
	}{
		"authenticated": {func(s *Session, _ *enginetest.Client) {
			s.Expire(0, "")
			s.Expire(0, "")
		}, ReasonTransportClose},
		"closed":  {func(s *Session, _ *enginetest.Client) { s.Close() }, ReasonForcedClose},
		"aborted": {func(s *Session, _ *enginetest.Client) { s.Abort("enough") }, "enough"},
		"expired": {func(s *Session, c *enginetest.Client) {
			s.Expire(time.Nanosecond, "late")
			c.Closed()
		}, "late"},
		"disconnected": {func(_ *Session, c *enginetest.Client) { c.Conn.Close() }, ReasonTransportClose},
	} {
		client, session := f.dial()
		if status, _ := f.get("EIO=4&transport=polling"); status != http.StatusTooManyRequests {
			t.Fatalf("before %s: %d", name, status)
		}
		_, status := enginetest.TryDial(t, f.web.URL+"/engine.io/?EIO=4&transport=websocket", nil)
		if status != http.StatusTooManyRequests {
			t.Fatalf("a WebSocket before %s: %d", name, status)
		}
		c.free(session, client)
		if n := f.server.Pending(); name == "authenticated" && n != 0 {
			t.Errorf("%d are pending when authenticated", n)
		}
		client.Conn.Close()
		f.expectClosed(c.reason)
		// A closing session waits for its client.
		testtime.Eventually(t, testtime.Limit, "nothing is pending when "+name,
			func() bool { return f.server.Pending() == 0 })
	}
}

// A session whose application calls Expire again is pending again, even above the limit.
func TestPending_Again(t *testing.T) {
	f := serve(t, &Options{PendingPerAddress: 1}, Handler{})
	_, first := f.open()
	_, second := f.open()
	if n := f.server.Pending(); n != 0 {
		t.Fatalf("%d are pending although Expire was not called", n)
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

// A failed handshake leaves no pending session.
func TestPending_FailedHandshake(t *testing.T) {
	f := serve(t, &Options{PendingPerAddress: 1}, pendingHour)
	if status, _ := f.get("EIO=4&transport=websocket"); status != http.StatusBadRequest {
		t.Fatal(status)
	}
	r := httptest.NewRequest(http.MethodGet, "/engine.io/?EIO=4&transport=websocket", nil)
	r.Header = http.Header{
		"Connection": {"Upgrade"}, "Upgrade": {"websocket"},
		"Sec-Websocket-Version": {"13"}, "Sec-Websocket-Key": {"AAAAAAAAAAAAAAAAAAAAAA=="},
	}
	w := httptest.NewRecorder() // cannot be hijacked
	if f.server.ServeHTTP(w, r); w.Code != http.StatusBadRequest {
		t.Fatal(w.Code)
	}
	if n := f.server.Pending(); n != 0 {
		t.Errorf("%d are pending", n)
	}
}

func TestPending_Unlimited(t *testing.T) {
	server := New(pendingHour, &Options{PendingPerAddress: -1, PendingLimit: -1})
	for range 2500 {
		if status, _ := handshakeFrom(server, "192.0.2.1:1"); status != 200 {
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
