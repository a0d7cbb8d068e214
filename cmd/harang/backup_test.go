package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"harang.dev/harang/internal/cli"
)

// A backup is complete and readable by its owner only, whatever its name means to
// SQLite; an existing file is not overwritten.
func TestBackup_Names(t *testing.T) {
	t.Chdir(t.TempDir())
	newServer(t, "sqlite:harang.db", withDemo).stop()
	for _, name := range []string{"copy.db", ":memory:", "file:odd.db", "q?mode=memory"} {
		var out, errOut bytes.Buffer
		args := []string{"backup", name, "--database", "sqlite:harang.db"}
		if got := run(args, strings.NewReader(""), &out, &errOut); got != cli.ExitDone ||
			strings.TrimSpace(out.String()) != name {
			t.Fatalf("%s: %d %s %s", name, got, &out, &errOut)
		}
		info, err := os.Stat(name)
		if err != nil || info.Size() < 100_000 || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", name, info, err)
		}
		if got := run(args, strings.NewReader(""), &out, &errOut); got != cli.ExitUsage {
			t.Errorf("%s again: %d", name, got)
		}
	}
	if _, err := os.Stat("odd.db"); err == nil {
		t.Error("a file of another name was written")
	}
}

// A missing database is an error and is not created.
func TestRestored_NoDatabase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "typo.db")
	var out, errOut bytes.Buffer
	if got := run([]string{"restored", "--database", "sqlite:" + path},
		strings.NewReader(""), &out, &errOut); got != cli.ExitUsage ||
		!strings.Contains(errOut.String(), "--database") {
		t.Errorf("%d %s", got, &errOut)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("the file was created")
	}
}
