//go:build unix

package sqlite_test

import (
	"os"
	"path/filepath"
	"testing"

	"harang.dev/harang"
	"harang.dev/harang/internal/store/sqlite"
)

// TestLock_SymbolicLink: a database is locked by whichever name it is opened.
func TestLock_SymbolicLink(t *testing.T) {
	folder := t.TempDir()
	file, link := filepath.Join(folder, "harang.db"), filepath.Join(t.TempDir(), "link.db")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(file, link); err != nil {
		t.Fatal(err)
	}
	for _, names := range [][2]string{{file, link}, {link, file}, {link, link}} {
		release, err := sqlite.Lock(names[0])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := sqlite.Lock(names[1]); harang.ErrorCode(err) != harang.CodeConflict {
			t.Errorf("%v: %v", names, err)
		}
		if err := release(); err != nil {
			t.Error(err)
		}
	}
}
