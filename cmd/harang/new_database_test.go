package main

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"harang.dev/harang/internal/cli"
	"harang.dev/harang/internal/config"
)

// TestServe_DatabaseMissing: where a database was served, a missing or emptied file is
// an error of every command and no empty database, unless --new-database asks for it.
func TestServe_DatabaseMissing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "harang.db")
	newServer(t, "sqlite:"+path, withDemo).stop()
	files, err := filepath.Glob(path + "*")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		if !strings.HasSuffix(file, ".heads") {
			if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
		}
	}
	refused := func(args ...string) {
		t.Helper()
		var out, errOut bytes.Buffer
		args = append(args, "--database", "sqlite:"+path)
		status := run(args, strings.NewReader(""), &out, &errOut)
		text := errOut.String()
		if status != cli.ExitUsage || !strings.HasPrefix(text, "harang: --database: ") ||
			strings.Count(text, "\n") != 1 {
			t.Errorf("%v: %d %s", args, status, text)
		}
		if args[0] == "serve" && !strings.Contains(text, "--new-database") {
			t.Errorf("the cure is missing: %s", text)
		}
	}
	for _, args := range [][]string{
		{"serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"},
		{"migrate"}, {"tenant", "add", "budapest", "--name", "Budapest"}, {"user", "list"},
	} {
		refused(args...)
		if _, err := os.Stat(path); err == nil {
			t.Fatalf("%v created the file", args)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil { // as a copy to a full disk does
			t.Fatal(err)
		}
		refused(args...)
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	c := &serveCommand{
		DatabaseFlags: config.DatabaseFlags{Database: "sqlite:" + path}, Listen: "127.0.0.1:0",
		AdminListen:          "127.0.0.1:0",
		ConnectionsPerTenant: 50, PingInterval: 1e9, PingTimeout: 1e9, DrainTimeout: 1e9, NewDatabase: true,
	}
	p, err := start(t.Context(), c, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	tenants, err := p.store.FindTenants(t.Context(), "", 10)
	if err != nil || len(tenants) != 0 {
		t.Errorf("the new database has %v, %v", tenants, err)
	}
	if err := p.Stop(); err != nil {
		t.Error(err)
	}
	newServer(t, "sqlite:"+path).stop() // it is an ordinary one now
}
