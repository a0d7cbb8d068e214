package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"harang.dev/harang/internal/cli"
)

// TestHealthcheck: a server that answers is alive, whatever its dependencies do.
func TestHealthcheck(t *testing.T) {
	s := newServer(t, "sqlite:"+filepath.Join(t.TempDir(), "harang.db"))
	check := func(args ...string) (int, string) {
		var out, errOut bytes.Buffer
		status := run(append([]string{"healthcheck"}, args...), strings.NewReader(""), &out, &errOut)
		return status, out.String() + errOut.String()
	}
	_, port, _ := strings.Cut(s.listener.Addr().String(), ":")
	for _, args := range [][]string{{"--url", s.URL()}, {"--listen", "0.0.0.0:" + port}, {"--listen", ":" + port}} {
		if status, text := check(args...); status != cli.ExitDone || text != "alive\n" {
			t.Errorf("%v: %d %s", args, status, text)
		}
	}
	// The admin listener has no such path.
	if status, text := check("--url", "http://"+s.adminAt.Addr().String()); status != cli.ExitFailed ||
		!strings.Contains(text, "answers 404") {
		t.Errorf("another server: %d %s", status, text)
	}
	if err := s.store.Close(); err != nil {
		t.Fatal(err)
	}
	if status, text := check("--url", s.URL()); status != cli.ExitDone {
		t.Errorf("without its database: %d %s", status, text)
	}
}
