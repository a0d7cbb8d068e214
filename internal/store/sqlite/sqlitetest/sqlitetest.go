// Package sqlitetest gives a test a new SQLite database without migrating it: under the
// race detector a migration takes ten times as long as everything else at the opening of a
// file.
package sqlitetest

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"harang.dev/harang/internal/store"
	"harang.dev/harang/internal/store/sqlite"
)

// migrated has the bytes of a file that this version of the program has created.
var migrated = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "harang-sqlitetest")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "harang.db")
	st, err := sqlite.Open(context.Background(), "sqlite:"+path, store.Options{})
	if err != nil {
		return nil, err
	}
	if err := st.Close(); err != nil { // writes everything into the one file
		return nil, err
	}
	return os.ReadFile(path)
})

// File creates the file of a new database, a copy of one that the test process migrates
// once, in a folder of its own, and returns its path.
func File(tb testing.TB) string {
	tb.Helper()
	content, err := migrated()
	if err != nil {
		tb.Fatal(err)
	}
	path := filepath.Join(tb.TempDir(), "harang.db")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		tb.Fatal(err)
	}
	return path
}
