package main

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"harang.dev/harang/internal/logging"
	"harang.dev/harang/internal/testtime"
)

// TestServe_WritesRefused: while the system refuses every write to a file, as on a
// disk that is full or read-only, the running node is alive and not ready, reads, and
// accepts no event; afterwards it goes on by itself. No accepted event is lost, though
// the program is killed in the end.
func TestServe_WritesRefused(t *testing.T) {
	c := serveProcess(t, "", "--demo")
	loud := c.count(`"level":"ERROR"`)
	add := process(t, "apikey", "add", "--tenant", "budapest", "--name", "disk")
	add.Dir = c.Dir
	key, err := add.Output()
	if err != nil {
		t.Fatal(err)
	}
	call := func(method, path, token, body string) (int, string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, c.URL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("Content-Type", "application/json")
		if strings.HasSuffix(path, "/events") {
			r.Header.Set("Content-Type", "application/cloudevents+json")
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return answer.StatusCode, string(text)
	}
	sent := 0
	send := func(want, n int) {
		t.Helper()
		for range n {
			sent++
			status, answer := call("POST", "/api/v1/events", strings.TrimSpace(string(key)), fmt.Sprintf(
				`{"specversion":"1.0","type":"rental_created","source":"/disk","id":"%d-%d","data":{"rentalId":"r",
				"partnerId":"p","partnerName":"P","equipmentCount":1,"totalValue":1000,"currency":"HUF"}}`, want, sent))
			if status != want {
				t.Fatalf("event %d: %d %s, want %d", sent, status, answer, want)
			}
		}
	}
	awaitReady := func(want int) {
		t.Helper()
		testtime.Eventually(t, testtime.Limit, fmt.Sprintf("readyz is %d", want), func() bool {
			status, _ := call("GET", "/readyz", "", "")
			return status == want
		})
	}
	_, answer := call("POST", "/api/v1/auth/login", "", `{"email":"operator@budapest.demo","password":"harang-demo"}`)
	var login struct{ AccessToken string }
	if err := json.Unmarshal([]byte(answer), &login); err != nil {
		t.Fatal(err)
	}
	send(202, 20)
	var before unix.Rlimit
	limit := func(new *unix.Rlimit) {
		t.Helper()
		if err := unix.Prlimit(c.Process.Pid, unix.RLIMIT_FSIZE, new, &before); err != nil {
			t.Fatal(err)
		}
	}
	limit(&unix.Rlimit{Cur: 0, Max: unix.RLIM_INFINITY})
	restored := before
	send(503, 200)
	awaitReady(503)
	if status, _ := call("GET", "/healthz", "", ""); status != 200 {
		t.Errorf("healthz: %d", status)
	}
	if status, answer := call("GET", "/api/v1/inventory/stock", login.AccessToken, ""); status != 200 {
		t.Errorf("reading: %d %s", status, answer)
	}
	limit(&restored)
	awaitReady(200)
	send(202, 20)
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if n := <-loud; n > 2*logging.Burst {
		t.Errorf("%d ERROR lines for 200 refused events", n)
	}
	db, err := sql.Open("sqlite", filepath.Join(c.Dir, "data", "harang.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var accepted, refused int
	if err := db.QueryRowContext(t.Context(), `SELECT count(*) FILTER (WHERE source_id LIKE '202-%'),
		count(*) FILTER (WHERE source_id LIKE '503-%') FROM events`).Scan(&accepted, &refused); err != nil {
		t.Fatal(err)
	}
	if accepted != 40 || refused != 0 {
		t.Errorf("%d of 40 accepted events are stored, and %d refused ones", accepted, refused)
	}
}
