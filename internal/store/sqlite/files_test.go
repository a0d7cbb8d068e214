package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"harang.dev/harang"
	"harang.dev/harang/internal/shop"
	"harang.dev/harang/internal/store"
	"harang.dev/harang/internal/store/sqlite"
	"harang.dev/harang/internal/store/storetest"
)

// logLines collects the levels and messages of a log.
type logLines struct {
	slog.Handler
	mu    sync.Mutex // guards lines
	lines []string
}

func (l *logLines) Enabled(context.Context, slog.Level) bool { return true }

func (l *logLines) Handle(_ context.Context, r slog.Record) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	text := r.Level.String() + " " + r.Message
	r.Attrs(func(a slog.Attr) bool { text += " " + a.String(); return true })
	l.lines = append(l.lines, text)
	return nil
}

// openFile opens a store with the tenant "a" and one event on a new file.
func openFile(t *testing.T, path string, o store.Options) *store.Store {
	t.Helper()
	st, err := sqlite.Open(t.Context(), "sqlite:"+path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	if err := st.CreateTenant(t.Context(), harang.Tenant{ID: "a", Name: "A"}); err != nil {
		t.Fatal(err)
	}
	if err := appendOne(t, st); err != nil {
		t.Fatal(err)
	}
	return st
}

func appendOne(t *testing.T, st *store.Store) error {
	t.Helper()
	return st.Within(t.Context(), func(tx shop.Tx) error { tx.Append(storetest.Alert(t, "a")); return nil })
}

// backUp writes a copy of the database to a file beside it.
func backUp(t *testing.T, path string) string {
	t.Helper()
	copied := path + ".backup"
	if _, err := raw(t, path).ExecContext(t.Context(), `VACUUM INTO $1`, copied); err != nil {
		t.Fatal(err)
	}
	return copied
}

// TestFiles_Lost: a write into a file that was removed, replaced or truncated
// is never confirmed, and nothing is written or read afterwards.
func TestFiles_Lost(t *testing.T) {
	remove := func(names ...string) func(*testing.T, string) error {
		return func(_ *testing.T, path string) error {
			var errs []error
			for _, name := range names {
				errs = append(errs, os.Remove(path+name))
			}
			return errors.Join(errs...)
		}
	}
	for name, tc := range map[string]struct {
		damage func(t *testing.T, path string) error
		says   string
	}{
		"all removed":       {remove("", "-wal", "-shm"), "was removed"},
		"database removed":  {remove(""), "was removed"},
		"log removed":       {remove("-wal"), "-wal was removed"},
		"log index removed": {remove("-shm"), "-shm was removed"},
		"folder moved away": {func(_ *testing.T, path string) error {
			return os.Rename(filepath.Dir(path), filepath.Dir(path)+".old")
		}, "was removed"},
		"replaced by an empty file": {func(_ *testing.T, path string) error {
			return errors.Join(os.Remove(path), os.WriteFile(path, nil, 0o600))
		}, "was replaced"},
		"backup moved into place": {func(t *testing.T, path string) error {
			return os.Rename(backUp(t, path), path)
		}, "was replaced"},
		"truncated": {func(_ *testing.T, path string) error { return os.Truncate(path, 0) },
			"was truncated to 0 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			var log logLines
			path := filepath.Join(t.TempDir(), "data", "harang.db")
			st := openFile(t, path, store.Options{Logger: slog.New(&log)})
			if err := tc.damage(t, path); err != nil {
				t.Fatal(err)
			}
			if err := appendOne(t, st); harang.ErrorCode(err) != harang.CodeUnavailable ||
				!errors.Is(err, store.ErrLost) || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("first write: %v, want UNAVAILABLE and %q", err, tc.says)
			}
			ran := false
			err := st.Within(t.Context(), func(shop.Tx) error { ran = true; return nil })
			if harang.ErrorCode(err) != harang.CodeUnavailable || ran {
				t.Errorf("second write: %v, closure ran: %t", err, ran)
			}
			if _, err := st.Heads(t.Context(), []string{"a"}); harang.ErrorCode(err) != harang.CodeUnavailable {
				t.Errorf("read: %v", err)
			}
			if err := st.Ping(t.Context()); harang.ErrorCode(err) != harang.CodeUnavailable {
				t.Errorf("ping: %v", err)
			}
			if len(log.lines) != 1 || !strings.HasPrefix(log.lines[0], "ERROR database file lost") ||
				!strings.Contains(log.lines[0], tc.says) {
				t.Errorf("log: %q", log.lines)
			}
		})
	}
}

// TestFiles_LostWithoutWriting: what polls the database notices, too.
func TestFiles_LostWithoutWriting(t *testing.T) {
	path := filepath.Join(t.TempDir(), "harang.db")
	st := openFile(t, path, store.Options{})
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, err := st.DataVersion(t.Context()); !errors.Is(err, store.ErrLost) {
		t.Errorf("data version: %v", err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file came back: %v", err)
	}
}

// TestFiles_LostForWholeGroup: every member of a shared commit is refused.
func TestFiles_LostForWholeGroup(t *testing.T) {
	path := filepath.Join(t.TempDir(), "harang.db")
	st := openFile(t, path, store.Options{})
	inside, release := make(chan struct{}), make(chan struct{})
	const members = 5
	errs := make(chan error, members)
	go func() {
		errs <- st.Within(context.Background(), func(tx shop.Tx) error {
			close(inside)
			<-release
			return nil
		})
	}()
	<-inside
	for range members - 1 {
		go func() { errs <- appendOne(t, st) }()
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	close(release)
	for range members {
		if err := <-errs; !errors.Is(err, store.ErrLost) {
			t.Errorf("member: %v", err)
		}
	}
}

// TestFiles_Kept: what other programs properly do to an open database loses
// nothing: reading it, writing the log back, compacting, and closing last.
func TestFiles_Kept(t *testing.T) {
	dir := t.TempDir()
	link := filepath.Join(dir, "link.db")
	path := filepath.Join(dir, "harang.db")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, opened := range []string{path, link} {
		st, err := sqlite.Open(t.Context(), "sqlite:"+opened, store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		id := fmt.Sprintf("tenant-%d", len(opened))
		if err := st.CreateTenant(t.Context(), harang.Tenant{ID: id, Name: "A"}); err != nil {
			t.Fatal(err)
		}
		for _, statement := range []string{`SELECT count(*) FROM events`, `PRAGMA wal_checkpoint(TRUNCATE)`, `VACUUM`, `PRAGMA wal_checkpoint(TRUNCATE)`} {
			db := raw(t, path)
			if _, err := db.ExecContext(t.Context(), statement); err != nil {
				t.Fatalf("%s: %v", statement, err)
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			if _, err := st.DataVersion(t.Context()); err != nil {
				t.Errorf("after %s: %v", statement, err)
			}
			if err := st.Within(t.Context(), func(tx shop.Tx) error {
				tx.Append(storetest.Alert(t, id))
				return nil
			}); err != nil {
				t.Errorf("after %s: %v", statement, err)
			}
		}
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestFiles_WALShrinks: a large transaction of another program does not keep its size on the disk.
func TestFiles_WALShrinks(t *testing.T) {
	const limit, written = 64 << 20, 70 << 20
	path := filepath.Join(t.TempDir(), "harang.db")
	st := openFile(t, path, store.Options{})
	if _, err := raw(t, path).ExecContext(t.Context(), `CREATE TABLE foreign_rows AS SELECT zeroblob($1) AS data`,
		written); err != nil {
		t.Fatal(err)
	}
	size := func() int64 {
		t.Helper()
		info, err := os.Stat(path + "-wal")
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	if before := size(); before < written {
		t.Fatalf("the log has %d bytes after a transaction of %d", before, written)
	}
	for range 2 { // the first one writes the log back, the second one begins it anew
		if err := appendOne(t, st); err != nil {
			t.Fatal(err)
		}
	}
	if after := size(); after > limit {
		t.Errorf("the log keeps %d bytes, want %d at most", after, limit)
	}
}
