package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptrace"
	"path/filepath"
	"testing"
	"time"

	"harang.dev/harang/internal/testtime"
)

// While a request is in flight, a draining server still listens: it answers new
// work with 503, and the request completely.
func TestProgram_RefusesNewWorkWhileDraining(t *testing.T) {
	s := newServer(t, "sqlite:"+filepath.Join(t.TempDir(), "harang.db"), withDemo)
	client := s.connect(s.login("operator@budapest.demo"))
	begun := make(chan struct{})
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{Got100Continue: func() { close(begun) }})
	body, rest := io.Pipe()
	call, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL()+"/api/v1/auth/login", body)
	if err != nil {
		t.Fatal(err)
	}
	call.Header.Set("Content-Type", "application/json")
	call.Header.Set("Expect", "100-continue") // answered when the body is read
	answered := make(chan int, 1)
	go func() {
		defer close(answered)
		answer, err := (&http.Transport{DisableKeepAlives: true, ExpectContinueTimeout: time.Minute}).RoundTrip(call)
		if err != nil {
			t.Error(err)
			return
		}
		answered <- answer.StatusCode
		_ = answer.Body.Close()
	}()
	select {
	case <-begun:
	case <-answered:
		t.Fatal("answered before its body was sent")
	}

	stopped := make(chan struct{})
	go func() { defer close(stopped); s.stop() }()
	if code, again := decodeGoodbye(t, s.next(client)); code != "SERVER_DRAINING" || !again {
		t.Fatalf("%s %v", code, again)
	}
	if r := s.status(t, "/socket.io/?EIO=4&transport=polling"); r.StatusCode != http.StatusServiceUnavailable ||
		r.Header.Get("Retry-After") == "" {
		t.Errorf("handshake: %d %v", r.StatusCode, r.Header)
	}
	if r := s.status(t, "/readyz"); r.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("ready: %d", r.StatusCode)
	}
	select {
	case <-stopped:
		t.Fatal("the server ended with a request in flight")
	default:
	}
	if _, err := io.WriteString(rest, `{"email":"nobody@example.com","password":"x"}`); err != nil {
		t.Fatal(err)
	}
	_ = rest.Close()
	if status := <-answered; status != http.StatusUnauthorized {
		t.Errorf("the request in flight: %d", status)
	}
	<-stopped
}

// The poll of a session without a login does not delay the end until the drain
// timeout: it is answered with a close packet.
func TestProgram_DrainClosesPendingPolls(t *testing.T) {
	s := newServer(t, "sqlite:"+filepath.Join(t.TempDir(), "harang.db"), func(c *serveCommand) {
		c.PingInterval, c.PingTimeout, c.DrainTimeout = time.Hour, time.Hour, time.Hour
	})
	at := s.URL() + "/socket.io/?EIO=4&transport=polling"
	answer, err := http.Get(at)
	if err != nil {
		t.Fatal(err)
	}
	open, err := io.ReadAll(answer.Body)
	_ = answer.Body.Close()
	var session struct{ SID string }
	if err != nil || len(open) == 0 || json.Unmarshal(open[1:], &session) != nil {
		t.Fatalf("%s %v", open, err)
	}
	// The answer arrives before the handler returns.
	testtime.Eventually(t, testtime.Limit, "no request runs", func() bool { return s.requests.Count() == 0 })
	sent := make(chan struct{})
	ctx := httptrace.WithClientTrace(t.Context(),
		&httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { close(sent) }})
	poll, err := http.NewRequestWithContext(ctx, http.MethodGet, at+"&sid="+session.SID, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	answered := make(chan string, 1)
	go func() {
		defer close(answered)
		answer, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(poll)
		if err != nil {
			t.Error(err)
			return
		}
		text, _ := io.ReadAll(answer.Body) // the text is compared below
		_ = answer.Body.Close()
		answered <- string(text)
	}()
	<-sent
	// Another goroutine of the server begins it.
	testtime.Eventually(t, testtime.Limit, "the poll runs", func() bool { return s.requests.Count() > 0 })
	stopped := make(chan struct{})
	go func() { defer close(stopped); s.stop() }()
	testtime.Receive(t, testtime.Limit, "the server ends without waiting for the poll", stopped)
	if text := <-answered; text != "1" {
		t.Errorf("the poll was answered %q", text)
	}
}

// status sends one request on a connection of its own.
func (s *testServer) status(t *testing.T, path string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL()+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	return answer
}
