package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"harang.dev/harang/internal/testtime"
)

// TestServe_DescriptorsUsedUp: clients that take every descriptor they get leave
// enough for the database and the admin listener, and the log says so once.
func TestServe_DescriptorsUsedUp(t *testing.T) {
	c := serveProcess(t, "ulimit -n 128")
	warnings := c.count("file descriptors used up")
	// More connections than there are descriptors; each sends half a request.
	address := strings.TrimPrefix(c.URL, "http://")
	var closed atomic.Int64
	for range 200 {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		fmt.Fprint(conn, "GET /healthz HTTP/1.1\r\n")
		go func() {
			if _, err := conn.Read(make([]byte, 1)); err != nil {
				closed.Add(1)
			}
		}()
	}
	var metrics string
	var err error
	// The server ends half requests after ten seconds.
	testtime.Eventually(t, 8*time.Second, "the metrics count the closed connections", func() bool {
		if metrics, err = get(t.Context(), c.Admin+"/metrics"); err != nil {
			t.Fatal(err)
		}
		n := closed.Load()
		return n >= 100 && n <= 190 &&
			strings.Contains(metrics, fmt.Sprintf("\nharang_connections_refused_total %d\n", n))
	})
	if !strings.Contains(metrics, `harang_dependency_up{dependency="database"} 1`) {
		t.Error("the database is not up")
	}
	if err := c.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if count := <-warnings; count != 1 {
		t.Errorf("%d warnings", count)
	}
}

func get(ctx context.Context, url string) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	answer, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	return string(text), err
}
