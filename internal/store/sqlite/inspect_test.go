package sqlite_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"harang.dev/harang"
	"harang.dev/harang/internal/store"
	"harang.dev/harang/internal/store/sqlite"
	"harang.dev/harang/internal/store/storetest"
)

func openReadOnly(t *testing.T, path string) *store.Store {
	t.Helper()
	st, err := sqlite.OpenReadOnly(t.Context(), "sqlite:"+path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	return st
}

func TestInspect(t *testing.T) {
	path := filepath.Join(t.TempDir(), "harang.db")
	st, err := sqlite.Open(t.Context(), "sqlite:"+path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = st.Close() }()
	storetest.RunInspect(t, st, openReadOnly(t, path), raw(t, path))
}

func TestInspect_ForeignDatabase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "foreign.db")
	if _, err := raw(t, path).ExecContext(t.Context(), `CREATE TABLE events (id TEXT)`); err != nil {
		t.Fatal(err)
	}
	if found, err := openReadOnly(t, path).Inspect(t.Context()); err != nil || found != (store.Inspection{}) {
		t.Errorf("%+v, %v", found, err)
	}
}

// TestInspect_Damage overwrites pages in the middle of the file.
func TestInspect_Damage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "harang.db")
	st, err := sqlite.Open(t.Context(), "sqlite:"+path, store.Options{})
	if err == nil {
		err = st.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteAt([]byte(strings.Repeat("x", 4096)), 20*4096)
	if err = errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	if found, err := openReadOnly(t, path).Inspect(t.Context()); err != nil || found.Damage == "" {
		t.Errorf("%+v, %v", found, err)
	}
}

func TestOpenReadOnly_Refused(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "notes.txt")
	if err := os.WriteFile(text, []byte(strings.Repeat("no database ", 200)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{text, filepath.Join(dir, "absent.db"), dir} {
		if _, err := sqlite.OpenReadOnly(t.Context(), "sqlite:"+path,
			store.Options{}); harang.ErrorCode(err) != harang.CodeUnavailable {
			t.Errorf("%s: %v", path, err)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "absent.db")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("absent file after opening for reading: %v", err)
	}
}
