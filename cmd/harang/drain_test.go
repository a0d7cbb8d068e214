package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptrace"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

// While a call is under way the server that ends still listens: newcomers are
// told so, with 503, and the call is answered.
func TestProgram_TellsNewcomersWhileItEnds(t *testing.T) {
	s := serve(t, "sqlite:"+filepath.Join(t.TempDir(), "harang.db"), withDemo)
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
		t.Fatal("answered before it was asked")
	}

	stopped := make(chan struct{})
	go func() { defer close(stopped); s.stop() }()
	if code, again := goodbye(t, s.next(client)); code != "SERVER_DRAINING" || !again {
		t.Fatalf("%s %v", code, again)
	}
	if r := s.status(t, "/socket.io/?EIO=4&transport=polling"); r.StatusCode != http.StatusServiceUnavailable || r.Header.Get("Retry-After") == "" {
		t.Errorf("handshake: %d %v", r.StatusCode, r.Header)
	}
	if r := s.status(t, "/readyz"); r.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("ready: %d", r.StatusCode)
	}
	select {
	case <-stopped:
		t.Fatal("it ended while a call was under way")
	default:
	}
	if _, err := io.WriteString(rest, `{"email":"nobody@example.com","password":"x"}`); err != nil {
		t.Fatal(err)
	}
	_ = rest.Close()
	if status := <-answered; status != http.StatusUnauthorized {
		t.Errorf("the call under way: %d", status)
	}
	<-stopped
}

// A poll of somebody who never logged in does not hold the end up until the
// drain timeout: it is answered with a close packet.
func TestProgram_StrangersDoNotHoldTheEndUp(t *testing.T) {
	s := serve(t, "sqlite:"+filepath.Join(t.TempDir(), "harang.db"), func(c *serveCommand) {
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
	for s.requests.Count() > 0 { // the handshake's answer is here before it is over
		runtime.Gosched()
	}
	sent := make(chan struct{})
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { close(sent) }})
	poll, err := http.NewRequestWithContext(ctx, http.MethodGet, at+"&sid="+session.SID, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	said := make(chan string, 1)
	go func() {
		defer close(said)
		answer, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(poll)
		if err != nil {
			t.Error(err)
			return
		}
		text, _ := io.ReadAll(answer.Body) // what came is judged
		_ = answer.Body.Close()
		said <- string(text)
	}()
	<-sent
	for s.requests.Count() == 0 { // another goroutine of the server's takes it up
		runtime.Gosched()
	}
	stopped := make(chan struct{})
	go func() { defer close(stopped); s.stop() }()
	select {
	case <-stopped:
	case <-time.After(20 * time.Second):
		t.Fatal("it still waits for a stranger's poll")
	}
	if text := <-said; text != "1" {
		t.Errorf("the poll was answered %q", text)
	}
}

// status makes one call on a connection of its own.
func (s *serving) status(t *testing.T, path string) *http.Response {
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
