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
		lock, err := sqlite.Lock(names[0])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := sqlite.Lock(names[1]); harang.ErrorCode(err) != harang.CodeConflict {
			t.Errorf("%v: %v", names, err)
		}
		if err := lock.Release(); err != nil {
			t.Error(err)
		}
	}
}

// TestLock_Removed: a lock whose file was removed is taken again; a server that was
// quicker has it, and the first one knows.
func TestLock_Removed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "harang.db")
	lock := func() *sqlite.FileLock {
		t.Helper()
		l, err := sqlite.Lock(path)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	remove := func() {
		t.Helper()
		if err := os.Remove(path + ".lock"); err != nil {
			t.Fatal(err)
		}
	}
	first := lock()
	for range 2 {
		if err := first.Verify(); err != nil {
			t.Error(err)
		}
		if _, err := sqlite.Lock(path); harang.ErrorCode(err) != harang.CodeConflict {
			t.Errorf("a second server: %v", err)
		}
		remove()
		if err := first.Verify(); err != nil {
			t.Error(err)
		}
	}
	remove()
	second := lock()
	for range 2 {
		if err := first.Verify(); harang.ErrorCode(err) != harang.CodeConflict {
			t.Errorf("after another server started: %v", err)
		}
	}
	if err := second.Verify(); err != nil {
		t.Error(err)
	}
	// The second one ends, so that the first has the database for itself again.
	if err := second.Release(); err != nil {
		t.Error(err)
	}
	if err := first.Verify(); err != nil {
		t.Error(err)
	}
	if err := first.Release(); err != nil {
		t.Error(err)
	}
	if err := first.Verify(); harang.ErrorCode(err) != harang.CodeUnavailable {
		t.Errorf("after its end: %v", err)
	}
}
