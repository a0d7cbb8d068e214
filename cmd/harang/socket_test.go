package main

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"harang.dev/harang/internal/sioclient"
)

// One address may have 2,000 sessions without a login. Logged-in connections are
// not affected, and each pending session that ends makes room for another.
func TestProgram_PendingSessionLimit(t *testing.T) {
	s := newServer(t, "sqlite:"+filepath.Join(t.TempDir(), "harang.db"), withDemo)
	loggedIn := s.connect(s.login("operator@budapest.demo"))
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	call := func(method, url, body string) (*http.Response, string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		answer, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return answer, string(text)
	}
	polling := s.URL() + "/socket.io/?EIO=4&transport=polling"
	var opened struct{ SID string }
	for i := range 2000 {
		answer, text := call("GET", polling, "")
		if answer.StatusCode != http.StatusOK {
			t.Fatalf("handshake %d: %d %s", i+1, answer.StatusCode, text)
		}
		if i == 0 {
			if err := json.Unmarshal([]byte(text[1:]), &opened); err != nil {
				t.Fatal(err)
			}
		}
	}
	answer, text := call("GET", polling, "")
	if answer.StatusCode != http.StatusTooManyRequests || answer.Header.Get("Retry-After") != "5" {
		t.Errorf("one too many: %d %v %s", answer.StatusCode, answer.Header, text)
	}
	if _, err := sioclient.Dial(t.Context(), s.URL()); err == nil {
		t.Error("one WebSocket too many was accepted")
	}
	_, metrics := call("GET", "http://"+s.adminAt.Addr().String()+"/metrics", "")
	for _, want := range []string{"\nharang_socket_pending 2000\n",
		"\nharang_socket_limited_total{limit=\"address\"} 2\n", "\nharang_socket_limited_total{limit=\"all\"} 0\n"} {
		if !strings.Contains(metrics, want) {
			t.Errorf("the metrics lack %q", want)
		}
	}
	if answer, text := call("POST", polling+"&sid="+opened.SID, "1"); answer.StatusCode != http.StatusOK {
		t.Fatal(answer.StatusCode, text)
	}
	s.connect(s.login("operator@debrecen.demo"))
	if err := loggedIn.Emit("clock"); err != nil {
		t.Error(err)
	}
}

// An administrator finds a connection in the list and closes it.
func TestProgram_CloseConnection(t *testing.T) {
	s := newServer(t, "sqlite:"+filepath.Join(t.TempDir(), "harang.db"), withDemo)
	c := s.connect(s.login("operator@budapest.demo"))
	admin := s.login("admin@budapest.demo")
	_, list := s.call(admin, "GET", "/api/v1/admin/connections", "")
	items, _ := list["items"].([]any)
	if len(items) != 1 {
		t.Fatalf("%v", list)
	}
	id, _ := items[0].(map[string]any)["id"].(string)
	if status, body := s.call(admin, "DELETE", "/api/v1/admin/connections/"+id, ""); status != http.StatusNoContent {
		t.Fatalf("%d %v", status, body)
	}
	if e := s.next(c); e.Name != "goodbye" ||
		!strings.Contains(string(e.Args[0]), `"code":"CLOSED_BY_ADMIN","reconnect":false`) {
		t.Errorf("%s %s", e.Name, e.Args)
	}
	if _, err := c.Next(t.Context()); !errors.Is(err, sioclient.ErrDisconnected) {
		t.Errorf("%v, want the namespace left", err)
	}
}
