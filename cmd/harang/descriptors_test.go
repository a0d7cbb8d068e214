package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"harang.dev/harang/internal/testtime"
)

// TestServe_DescriptorsUsedUp: clients that take every descriptor they get leave
// enough for the database and the admin listener, and the log says so once.
func TestServe_DescriptorsUsedUp(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	program := filepath.Join(folder, "harang") // the test binary is the program under this name
	if err := os.Symlink(self, program); err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), "/bin/sh", "-c", `ulimit -n 128; exec "$0" "$@"`, program,
		"serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--log-format", "json")
	c.Dir = folder
	log, err := c.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = c.Process.Kill(), c.Wait() })
	lines := bufio.NewScanner(log)
	var listening struct{ URL, Admin string }
	for listening.URL == "" && lines.Scan() {
		_ = json.Unmarshal(lines.Bytes(), &listening)
	}
	warnings := make(chan int, 1)
	go func() {
		count := 0
		for lines.Scan() {
			if strings.Contains(lines.Text(), "file descriptors used up") {
				count++
			}
		}
		warnings <- count
	}()
	// More connections than there are descriptors; each sends half a request.
	address := strings.TrimPrefix(listening.URL, "http://")
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
	// The server ends half requests after ten seconds.
	testtime.Eventually(t, 8*time.Second, "the metrics count the closed connections", func() bool {
		if metrics, err = get(t.Context(), listening.Admin+"/metrics"); err != nil {
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
