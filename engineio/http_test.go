package engineio

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"harang.dev/harang/engineio/internal/ws"
)

// refusal is the JSON of an error response.
type refusal struct {
	Code    int
	Message string
}

func TestServer_Refusals(t *testing.T) {
	f := serve(t, &Options{MaxPayload: 1000}, Handler{})
	sid, _ := f.open()
	upgradeHeader := http.Header{
		"Connection": {"Upgrade"}, "Upgrade": {"websocket"}, "Sec-Websocket-Version": {"8"},
		"Sec-Websocket-Key": {"AAAAAAAAAAAAAAAAAAAAAA=="},
	}
	noVersion := "transport=polling&sid=" + sid
	foreignOrigin, nullOrigin := http.Header{"Origin": {"https://elsewhere.example"}}, http.Header{"Origin": {"null"}}
	for name, c := range map[string]struct {
		method, query string
		header        http.Header
		status, code  int
		message       string
	}{
		"no transport":             {"GET", "EIO=4", nil, 400, 0, "Transport unknown"},
		"unknown transport":        {"GET", "EIO=4&transport=constructor", nil, 400, 0, "Transport unknown"},
		"unknown session":          {"GET", "EIO=4&transport=polling&sid=x", nil, 400, 1, "Session ID unknown"},
		"unknown session, POST":    {"POST", "EIO=4&transport=polling&sid=x", nil, 400, 1, "Session ID unknown"},
		"unknown session, socket":  {"GET", "EIO=4&transport=websocket&sid=x", nil, 400, 1, "Session ID unknown"},
		"handshake by POST":        {"POST", "EIO=4&transport=polling", nil, 400, 2, "Bad handshake method"},
		"handshake by PUT":         {"PUT", "EIO=4&transport=polling", nil, 400, 2, "Bad handshake method"},
		"handshake without socket": {"GET", "EIO=4&transport=websocket", nil, 400, 3, "Bad request"},
		"old WebSocket version":    {"GET", "EIO=4&transport=websocket", upgradeHeader, 400, 3, "Bad request"},
		"PUT on a session":         {"PUT", "EIO=4&transport=polling&sid=" + sid, nil, 400, 3, "Bad request"},
		"broken query":             {"GET", "EIO=4&transport=polling&sid=%zz", nil, 400, 3, "Bad request"},
		"foreign origin":           {"GET", "EIO=4&transport=polling", foreignOrigin, 403, 4, "Forbidden"},
		"origin null":              {"GET", "EIO=4&transport=polling", nullOrigin, 403, 4, "Forbidden"},
		"no version":               {"GET", "transport=polling", nil, 400, 5, "Unsupported protocol version"},
		"version 3":                {"GET", "EIO=3&transport=polling", nil, 400, 5, "Unsupported protocol version"},
		"session, no version":      {"GET", noVersion, nil, 400, 5, "Unsupported protocol version"},
	} {
		t.Run(name, func(t *testing.T) {
			response, body := f.do(c.method, c.query, "", c.header)
			var got refusal
			if err := json.Unmarshal([]byte(body), &got); err != nil {
				t.Fatalf("%v: %q", err, body)
			}
			if response.StatusCode != c.status || got != (refusal{c.code, c.message}) {
				t.Errorf("%d %+v, want %d %d %q", response.StatusCode, got, c.status, c.code, c.message)
			}
			if ct := response.Header.Get("Content-Type"); ct != "application/json" {
				t.Errorf("Content-Type %q", ct)
			}
		})
	}
	if status, _ := f.post(sid, "4still here"); status != http.StatusOK {
		t.Errorf("the session did not survive the refused requests: %d", status)
	}
}

func TestServer_Origins(t *testing.T) {
	f := serve(t, &Options{AllowedOrigins: []string{"https://shop.example/"}}, Handler{})
	host := strings.TrimPrefix(f.web.URL, "http://")
	for origin, want := range map[string]struct {
		status int
		cors   bool
	}{
		"":                       {200, false},
		"http://" + host:         {200, false},
		"https://" + host:        {200, false},
		"https://shop.example":   {200, true},
		"https://SHOP.example":   {200, true},
		"http://shop.example":    {403, false},
		"https://x.shop.example": {403, false},
	} {
		header := http.Header{}
		if origin != "" {
			header.Set("Origin", origin)
		}
		response, _ := f.do("GET", "EIO=4&transport=polling", "", header)
		if response.StatusCode != want.status {
			t.Errorf("%q: status %d, want %d", origin, response.StatusCode, want.status)
		}
		allowed, credentials := "", ""
		if want.cors {
			allowed, credentials = origin, "true"
		}
		if got := response.Header.Get("Access-Control-Allow-Origin"); got != allowed {
			t.Errorf("%q: Access-Control-Allow-Origin %q, want %q", origin, got, allowed)
		}
		if got := response.Header.Get("Access-Control-Allow-Credentials"); got != credentials {
			t.Errorf("%q: Access-Control-Allow-Credentials %q, want %q", origin, got, credentials)
		}
		if origin != "" && response.Header.Get("Vary") != "Origin" {
			t.Errorf("%q: Vary %q", origin, response.Header.Get("Vary"))
		}
	}

	response, _ := f.do("OPTIONS", "EIO=4&transport=polling", "", http.Header{
		"Origin": {"https://shop.example"}, "Access-Control-Request-Method": {"POST"},
		"Access-Control-Request-Headers": {"content-type"},
	})
	if response.StatusCode != http.StatusNoContent ||
		response.Header.Get("Access-Control-Allow-Methods") != "GET, POST" ||
		response.Header.Get("Access-Control-Allow-Headers") != "content-type" ||
		response.Header.Get("Access-Control-Allow-Origin") != "https://shop.example" {
		t.Errorf("preflight: %d %v", response.StatusCode, response.Header)
	}
	response, _ = f.do("OPTIONS", "EIO=4&transport=polling", "", http.Header{"Origin": {"https://elsewhere.example"}})
	if response.StatusCode != http.StatusForbidden {
		t.Errorf("foreign preflight: %d", response.StatusCode)
	}
}

// CheckOrigin decides on every request of a handshake and a session, and its error is the message of the response.
func TestServer_CheckOrigin(t *testing.T) {
	check := func(r *http.Request) error {
		if origin := r.Header.Get("Origin"); origin != "capacitor://localhost" {
			return errors.New("origin " + origin + " is not allowed")
		}
		return nil
	}
	f := serve(t, &Options{AllowedOrigins: []string{"https://ignored.example"}, CheckOrigin: check}, Handler{})
	app := http.Header{"Origin": {"capacitor://localhost"}}
	response, _ := f.do("GET", "EIO=4&transport=polling", "", app)
	allowed := response.Header.Get("Access-Control-Allow-Origin")
	if response.StatusCode != 200 || allowed != app.Get("Origin") {
		t.Errorf("%d, Access-Control-Allow-Origin %q", response.StatusCode, allowed)
	}
	sid := receive(t, f.opened).ID()
	for _, origin := range []string{"", f.web.URL, "https://ignored.example"} {
		for _, query := range []string{"EIO=4&transport=polling", "EIO=4&transport=polling&sid=" + sid} {
			header := http.Header{}
			if origin != "" {
				header.Set("Origin", origin)
			}
			response, body := f.do("GET", query, "", header)
			want := `{"code":4,"message":"origin ` + origin + ` is not allowed"}`
			if response.StatusCode != http.StatusForbidden || body != want {
				t.Errorf("%s: %d %s, want %s", origin, response.StatusCode, body, want)
			}
			if got := response.Header.Get("Access-Control-Allow-Origin"); got != "" {
				t.Errorf("%s: Access-Control-Allow-Origin %q", origin, got)
			}
		}
	}
}

func TestServer_AnyOrigin(t *testing.T) {
	f := serve(t, &Options{AllowedOrigins: []string{"*"}}, Handler{})
	response, _ := f.do("GET", "EIO=4&transport=polling", "", http.Header{"Origin": {"null"}})
	if response.StatusCode != http.StatusOK || response.Header.Get("Access-Control-Allow-Origin") != "null" {
		t.Errorf("%d %v", response.StatusCode, response.Header)
	}
}

func TestServer_Drain(t *testing.T) {
	f := serve(t, &Options{RetryAfter: 1500 * time.Millisecond}, Handler{})
	sid, _ := f.open()
	c, _ := f.dial()
	f.server.Drain()
	for _, query := range []string{"EIO=4&transport=polling", "EIO=4&transport=websocket"} {
		response, _ := f.do("GET", query, "", nil)
		if response.StatusCode != http.StatusServiceUnavailable || response.Header.Get("Retry-After") != "2" {
			t.Errorf("%s: %d, Retry-After %q", query, response.StatusCode, response.Header.Get("Retry-After"))
		}
	}
	// Existing sessions continue, upgrades included.
	c.Send("4hello")
	c.Expect("4hello")
	up := f.candidate(sid)
	up.Send("2probe")
	up.Expect("3probe")
	up.Send("5", "4moved")
	up.Expect("4moved")
}

func TestPolling_Echo(t *testing.T) {
	f := serve(t, nil, Handler{})
	sid, _ := f.open()
	const payload = "4one\x1ebAQIDBA==\x1e4ű"
	if status, body := f.post(sid, payload); status != 200 || body != "ok" {
		t.Fatalf("POST: %d %q", status, body)
	}
	response, body := f.do("GET", "EIO=4&transport=polling&sid="+sid, "", nil)
	if response.StatusCode != 200 || body != payload {
		t.Errorf("poll: %d %q", response.StatusCode, body)
	}
	if ct := response.Header.Get("Content-Type"); ct != "text/plain; charset=UTF-8" {
		t.Errorf("Content-Type %q", ct)
	}
	if cc := response.Header.Get("Cache-Control"); cc != "no-store" {
		t.Errorf("Cache-Control %q", cc)
	}
}

func TestPolling_WaitingPollIsAnswered(t *testing.T) {
	f := serve(t, nil, Handler{})
	sid, s := f.open()
	answer := f.pollAsync(sid, s)
	if err := s.Send(Text([]byte("now"))); err != nil {
		t.Fatal(err)
	}
	if got := receive(t, answer); got != (pollAnswer{200, "4now"}) {
		t.Errorf("%+v", got)
	}
}

func TestPolling_OverlappingPolls(t *testing.T) {
	f := serve(t, nil, Handler{})
	sid, s := f.open()
	first := f.pollAsync(sid, s)
	if status, _ := f.poll(sid); status != 400 {
		t.Errorf("second poll: %d", status)
	}
	if got := receive(t, first); got != (pollAnswer{200, "1"}) {
		t.Errorf("first poll: %+v", got)
	}
	f.expectClosed(ReasonTransportError)
	if status, _ := f.poll(sid); status != 400 {
		t.Errorf("third poll: %d", status)
	}
}

func TestPolling_OverlappingPosts(t *testing.T) {
	entered, release := make(chan struct{}), make(chan struct{})
	f := serve(t, nil, Handler{Message: func(*Session, []byte, bool) {
		close(entered)
		<-release
	}})
	sid, _ := f.open()
	first := make(chan int, 1)
	go func() {
		status, _ := f.post(sid, "4a")
		first <- status
	}()
	receive(t, entered)
	if status, _ := f.post(sid, "4b"); status != 400 {
		t.Errorf("second POST: %d", status)
	}
	f.expectClosed(ReasonTransportError)
	close(release)
	receive(t, first)
}

func TestPolling_AbandonedPoll(t *testing.T) {
	f := serve(t, nil, Handler{})
	sid, s := f.open()
	s.mu.Lock()
	came := make(chan struct{})
	s.polling.wanted = came
	s.mu.Unlock()
	ctx, cancel := context.WithCancel(context.Background())
	r, err := http.NewRequestWithContext(ctx, "GET", f.web.URL+"/?EIO=4&transport=polling&sid="+sid, nil)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		response, err := f.web.Client().Do(r)
		if err == nil {
			response.Body.Close()
		}
		done <- err
	}()
	receive(t, came)
	cancel()
	if receive(t, done) == nil {
		t.Error("the abandoned poll was answered")
	}
	f.expectClosed(ReasonTransportError)
}

func TestPolling_BadPosts(t *testing.T) {
	octets := http.Header{"Content-Type": {"application/octet-stream"}}
	for name, c := range map[string]struct {
		body   string
		header http.Header
		status int
		reason string
	}{
		"garbage":                  {"abc", nil, 400, ReasonParseError},
		"garbage behind a message": {"4a\x1ex", nil, 400, ReasonParseError},
		"empty":                    {"", nil, 400, ReasonParseError},
		"not UTF-8":                {"4\xff", nil, 400, ReasonParseError},
		"a ping":                   {"2", nil, 400, ReasonTransportError},
		"raw binary":               {"\x04abc", octets, 400, ReasonParseError},
		"too long":                 {strings.Repeat("4", 1001), nil, 413, ReasonTransportError},
	} {
		t.Run(name, func(t *testing.T) {
			f := serve(t, &Options{MaxPayload: 1000}, Handler{})
			sid, _ := f.open()
			response, _ := f.do("POST", "EIO=4&transport=polling&sid="+sid, c.body, c.header)
			if response.StatusCode != c.status {
				t.Errorf("status %d, want %d", response.StatusCode, c.status)
			}
			f.expectClosed(c.reason)
			if status, _ := f.poll(sid); status != 400 {
				t.Errorf("poll afterwards: %d", status)
			}
		})
	}
}

func TestPolling_TooLongWithoutLength(t *testing.T) {
	f := serve(t, &Options{MaxPayload: 1000}, Handler{})
	sid, _ := f.open()
	body := struct{ *strings.Reader }{strings.NewReader("4" + strings.Repeat("x", 1000))} // hides its length
	r, err := http.NewRequest("POST", f.web.URL+"/?EIO=4&transport=polling&sid="+sid, body)
	if err != nil {
		t.Fatal(err)
	}
	response, err := f.web.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("status %d", response.StatusCode)
	}
	f.expectClosed(ReasonTransportError)
}

func TestPolling_ClientCloses(t *testing.T) {
	f := serve(t, nil, Handler{})
	sid, s := f.open()
	answer := f.pollAsync(sid, s)
	if status, body := f.post(sid, "1"); status != 200 || body != "ok" {
		t.Errorf("POST: %d %q", status, body)
	}
	if got := receive(t, answer); got != (pollAnswer{200, "6"}) {
		t.Errorf("poll: %+v", got)
	}
	f.expectClosed(ReasonTransportClose)
}

// The close packet is sent alone in its payload, after the poll before it was answered.
func TestPolling_ServerCloses(t *testing.T) {
	f := serve(t, nil, Handler{})
	sid, s := f.open()
	s.Send(Text([]byte("goodbye")))
	s.Close()
	f.expectClosed(ReasonForcedClose)
	if err := s.Send(Text([]byte("late"))); err != ErrClosed {
		t.Errorf("Send after Close: %v", err)
	}
	if status, body := f.post(sid, "4ignored"); status != 200 || body != "ok" {
		t.Errorf("POST while closing: %d %q", status, body)
	}
	if status, body := f.poll(sid); status != 200 || body != "4goodbye" {
		t.Errorf("first poll: %d %q", status, body)
	}
	if status, body := f.poll(sid); status != 200 || body != "1" {
		t.Errorf("second poll: %d %q", status, body)
	}
	if status, _ := f.poll(sid); status != 400 {
		t.Errorf("third poll: %d", status)
	}
}

func TestPolling_ServerClosesWaitingPoll(t *testing.T) {
	f := serve(t, nil, Handler{})
	sid, s := f.open()
	answer := f.pollAsync(sid, s)
	s.Close()
	if got := receive(t, answer); got != (pollAnswer{200, "1"}) {
		t.Errorf("%+v", got)
	}
	f.expectClosed(ReasonForcedClose)
}

func TestPolling_CloseTimeout(t *testing.T) {
	f := serve(t, &Options{
		CloseTimeout: 20 * time.Millisecond, PingInterval: time.Second, PingTimeout: 100 * time.Millisecond,
	}, Handler{})
	_, s := f.open()
	s.Close()
	f.expectClosed(ReasonForcedClose)
	empty := make(chan struct{})
	f.server.mu.Lock()
	if len(f.server.sessions) == 0 {
		close(empty)
	} else {
		f.server.empty = empty
	}
	f.server.mu.Unlock()
	receive(t, empty)
}

func TestPolling_QueueIsBounded(t *testing.T) {
	overflow := func(*Session) *Frame { return Text([]byte("goodbye")) }
	f := serve(t, &Options{QueueLimit: 1000, Overflow: overflow}, Handler{})
	sid, s := f.open()
	message := Text([]byte(strings.Repeat("x", 300)))
	var err error
	n := 0
	for ; err == nil; n++ {
		err = s.Send(message)
	}
	if err != ErrSlowConsumer || n != 4 {
		t.Errorf("send %d: %v", n, err)
	}
	f.expectClosed(ReasonSlowConsumer)
	if status, body := f.poll(sid); status != 200 || body != "4goodbye" {
		t.Errorf("first poll: %d %q", status, body)
	}
	if status, body := f.poll(sid); status != 200 || body != "1" {
		t.Errorf("second poll: %d %q", status, body)
	}
}

func TestServer_CloseAnswersAllSessions(t *testing.T) {
	f := serve(t, nil, Handler{})
	sid, s := f.open()
	answer := f.pollAsync(sid, s)
	c, _ := f.dial()
	code := make(chan int, 1)
	go func() { code <- c.Closed() }()
	f.server.Close()
	if got := receive(t, answer); got != (pollAnswer{200, "1"}) {
		t.Errorf("poll: %+v", got)
	}
	if got := receive(t, code); got != int(ws.CloseGoingAway) {
		t.Errorf("WebSocket closed with %d", got)
	}
	f.expectClosed(ReasonShutdown)
	f.expectClosed(ReasonShutdown)
	if status, _ := f.get("EIO=4&transport=polling"); status != http.StatusServiceUnavailable {
		t.Errorf("handshake afterwards: %d", status)
	}
}
