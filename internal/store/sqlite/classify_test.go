package sqlite

import (
	"database/sql"
	"errors"
	"path/filepath"
	"testing"

	"harang.dev/harang/internal/store"
)

// TestClassify provokes each kind of error in SQLite.
func TestClassify(t *testing.T) {
	dir := t.TempDir()
	connect := func(name string) *sql.DB {
		db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		db.SetMaxOpenConns(1)
		t.Cleanup(func() { _ = db.Close() })
		return db
	}
	one, two := connect("x.db"), connect("x.db")
	must := func(db *sql.DB, text string) {
		t.Helper()
		if _, err := db.ExecContext(t.Context(), text); err != nil {
			t.Fatal(err)
		}
	}
	must(one, "PRAGMA foreign_keys = 1")
	must(one, "CREATE TABLE a (id TEXT NOT NULL PRIMARY KEY, n BIGINT UNIQUE CHECK (n > 0))")
	must(one, "CREATE TABLE b (id TEXT NOT NULL REFERENCES a (id))")
	must(one, "INSERT INTO a VALUES ('x', 1)")
	exec := func(db *sql.DB, text string) error {
		_, err := db.ExecContext(t.Context(), text)
		return err
	}
	for _, tc := range []struct {
		name string
		err  error
		want store.Class
	}{
		{"unique", exec(one, "INSERT INTO a VALUES ('y', 1)"), store.ClassDuplicate},
		{"primary key", exec(one, "INSERT INTO a VALUES ('x', 2)"), store.ClassDuplicate},
		{"foreign key", exec(one, "INSERT INTO b VALUES ('nothing')"), store.ClassMissing},
		{"check", exec(one, "INSERT INTO a VALUES ('z', 0)"), store.ClassOther},
		{"not SQL", exec(one, "SELEKT"), store.ClassOther},
		{"not SQLite", errors.New("network"), store.ClassOther},
		{"folder", exec(connect("."), "CREATE TABLE a (id TEXT)"), store.ClassUnavailable},
	} {
		if tc.err == nil {
			t.Errorf("%s: no error", tc.name)
		} else if got := classify(tc.err); got != tc.want {
			t.Errorf("%s: %v is of class %d, want %d", tc.name, tc.err, got, tc.want)
		}
	}
	must(one, "BEGIN IMMEDIATE")
	if err := exec(two, "BEGIN IMMEDIATE"); err == nil || classify(err) != store.ClassBusy {
		t.Errorf("locked database: %v", err)
	}
	must(one, "ROLLBACK")
	must(two, "PRAGMA query_only = 1")
	if err := exec(two, "INSERT INTO a VALUES ('z', 3)"); err == nil || classify(err) != store.ClassUnavailable {
		t.Errorf("read-only database: %v", err)
	}
}
