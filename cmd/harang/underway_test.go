package main

import (
	"io"
	"net/http"
	"net/http/httptrace"
	"path/filepath"
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
