package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/shop"
	"harang.dev/harang/internal/store"
	"harang.dev/harang/internal/store/sqlite"
	"harang.dev/harang/internal/store/storetest"
)

func TestParseLocation(t *testing.T) {
	for _, tc := range []struct {
		dsn  string
		want sqlite.Location
		ok   bool
	}{
		{"sqlite:data/harang.db", sqlite.Location{Path: "data/harang.db"}, true},
		{"sqlite:///var/harang.db", sqlite.Location{Path: "/var/harang.db"}, true},
		{"sqlite:/var/harang.db?sync=full", sqlite.Location{Path: "/var/harang.db", FullSync: true}, true},
		{"x.db?sync=normal", sqlite.Location{Path: "x.db"}, true},
		{"sqlite:", sqlite.Location{}, false},
		{"", sqlite.Location{}, false},
		{"sqlite:x.db?sync=half", sqlite.Location{}, false},
		{"sqlite:x.db?_pragma=journal_mode(OFF)", sqlite.Location{}, false},
		{"sqlite:x.db?%zz", sqlite.Location{}, false},
	} {
		got, err := sqlite.ParseLocation(tc.dsn)
		if (err == nil) != tc.ok || (tc.ok && got != tc.want) {
			t.Errorf("%q: %+v, %v", tc.dsn, got, err)
		}
		if !tc.ok && harang.ErrorCode(err) != harang.CodeInvalidRequest {
			t.Errorf("%q: %v", tc.dsn, err)
		}
	}
}

// raw opens the file without the store.
func raw(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// TestOpen_Files: unusual names, missing folders, file modes, and reopening.
func TestOpen_Files(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new folder", "a#b%41 ő.db")
	for _, sync := range []string{"?sync=full", ""} {
		st, err := sqlite.Open(t.Context(), "sqlite:"+path+sync, store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if st.Engine() != "sqlite" {
			t.Errorf("engine %q", st.Engine())
		}
		id := "full"
		if sync == "" {
			id = "normal"
		}
		if err := st.CreateTenant(t.Context(), harang.Tenant{ID: id, Name: "A"}); err != nil {
			t.Error(err)
		}
		err = st.CreateTenant(t.Context(), harang.Tenant{ID: id, Name: "A"})
		if harang.ErrorCode(err) != harang.CodeConflict {
			t.Errorf("same tenant again: %v", err)
		}
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("file mode %v, %v, want 0600", info.Mode(), err)
	}
}

func TestOpen_Refused(t *testing.T) {
	dir := t.TempDir()
	garbage := filepath.Join(dir, "garbage.db")
	if err := os.WriteFile(garbage, []byte(strings.Repeat("this is not a database\n", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		dsn  string
		code harang.Code
	}{
		"not a database":    {garbage, harang.CodeUnavailable},
		"folder":            {dir, harang.CodeUnavailable},
		"file as folder":    {filepath.Join(garbage, "x.db"), harang.CodeUnavailable},
		"unknown parameter": {filepath.Join(dir, "x.db?mode=memory"), harang.CodeInvalidRequest},
	} {
		st, err := sqlite.Open(t.Context(), tc.dsn, store.Options{})
		if harang.ErrorCode(err) != tc.code || st != nil {
			t.Errorf("%s: %v, want %s", name, err, tc.code)
		}
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := sqlite.Open(cancelled, filepath.Join(dir, "y.db"),
		store.Options{}); harang.ErrorCode(err) != harang.CodeUnavailable {
		t.Errorf("with a cancelled context: %v", err)
	}
}

// TestOpen_MissingStep: a step with a lower number than the newest applied one is applied when it is missing.
func TestOpen_MissingStep(t *testing.T) {
	path := filepath.Join(t.TempDir(), "harang.db")
	reopen := func() {
		t.Helper()
		st, err := sqlite.Open(t.Context(), path, store.Options{})
		if err == nil {
			err = st.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	reopen()
	db := raw(t, path)
	for _, text := range []string{`DROP TABLE probes`, `DELETE FROM goose_db_version WHERE version_id = 7`} {
		if _, err := db.ExecContext(t.Context(), text); err != nil {
			t.Fatal(err)
		}
	}
	reopen()
	if _, err := db.ExecContext(t.Context(), `INSERT INTO probes (node, at) VALUES ('n', 1)`); err != nil {
		t.Error(err)
	}
}

// TestOpen_NewerSchema: a schema that is newer than the program is refused and not
// changed.
func TestOpen_NewerSchema(t *testing.T) {
	path := filepath.Join(t.TempDir(), "harang.db")
	st, err := sqlite.Open(t.Context(), path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	db := raw(t, path)
	if _, err := db.ExecContext(t.Context(), `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, 1)`); err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), `PRAGMA wal_checkpoint(TRUNCATE)`); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = sqlite.Open(t.Context(), path, store.Options{})
	if harang.ErrorCode(err) != harang.CodeConflict || !strings.Contains(err.Error(), "99999") {
		t.Errorf("newer schema: %v", err)
	}
	after, err := os.ReadFile(path)
	if err != nil || string(after) != string(before) {
		t.Errorf("newer schema was changed, %v", err)
	}
}

// TestOpen_Concurrent: several programs that open a new database at once migrate it
// once.
func TestOpen_Concurrent(t *testing.T) {
	path := filepath.Join(t.TempDir(), "harang.db")
	const n = 4
	errs := make(chan error, n)
	for range n {
		go func() {
			st, err := sqlite.Open(context.Background(), path, store.Options{})
			if err == nil {
				err = st.PrepareAll(context.Background())
				_ = st.Close()
			}
			errs <- err
		}()
	}
	for range n {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

// contracting matches statements that remove something which nodes of an older version use.
var contracting = regexp.MustCompile(`(?im)^[^-\n]*\b(DROP|RENAME|ALTER\s+COLUMN|DELETE\s+FROM)\b`)

// numbered matches the name of a migration.
var numbered = regexp.MustCompile(`^\d{5}_[a-z_]+\.sql$`)

// TestMigrations: they are numbered in order, go forward only and expand only.
func TestMigrations(t *testing.T) {
	names, err := fs.Glob(store.Migrations(), "*.sql")
	if err != nil || len(names) < 3 {
		t.Fatal(names, err)
	}
	for i, name := range names {
		// Two with one number would be applied in no particular order.
		if !numbered.MatchString(name) || i > 0 && name[:5] <= names[i-1][:5] {
			t.Errorf("migration %s after %s", name, names[max(0, i-1)])
		}
		text, err := fs.ReadFile(store.Migrations(), name)
		if err != nil || !strings.Contains(string(text), "-- +goose Up") ||
			strings.Contains(string(text), "+goose Down") {
			t.Errorf("%s must have an Up and no Down, %v", name, err)
		}
		if found := contracting.Find(text); found != nil {
			t.Errorf("%s does not only expand: %s", name, found)
		}
	}
}

// helperPath is the environment variable that names the database of the other
// process of TestOtherProcess.
const helperPath = "HARANG_TEST_SQLITE_HELPER"

// help is the main function of that other process.
func help(path string) error {
	ctx := context.Background()
	st, err := sqlite.Open(ctx, path, store.Options{})
	if err != nil {
		return err
	}
	alert, err := harang.NewEvent(harang.StockAlertType, "", "a", time.Time{}, harang.StockAlert{
		ProductID: "p", ProductName: "P", Threshold: 1, LocationID: "l", LocationName: "L",
		Severity: harang.SeverityCritical,
	})
	if err != nil {
		return err
	}
	return errors.Join(appendEvents(ctx, st, alert), st.Close())
}

const eventsEach = 300

var errRolledBack = errors.New("rolled back on purpose")

// appendEvents appends eventsEach events, every third transaction rolled back.
func appendEvents(ctx context.Context, st *store.Store, e harang.Event) error {
	for i := range eventsEach * 3 / 2 {
		err := st.Within(ctx, func(tx shop.Tx) error {
			tx.Append(e)
			if i%3 == 2 {
				return errRolledBack
			}
			return nil
		})
		if err != nil && !(i%3 == 2 && errors.Is(err, errRolledBack)) {
			return err
		}
	}
	return nil
}

// TestOtherProcess: two processes that write to one file assign numbers without
// holes, and each notices the other's commits.
func TestOtherProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "harang.db")
	st, err := sqlite.Open(t.Context(), path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = st.Close() }()
	if err := st.CreateTenant(t.Context(), harang.Tenant{ID: "a", Name: "A"}); err != nil {
		t.Fatal(err)
	}
	before, err := st.DataVersion(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if same, err := st.DataVersion(t.Context()); err != nil || same != before {
		t.Errorf("data version changed from %d to %d without a commit, %v", before, same, err)
	}
	start := func() *exec.Cmd {
		helper := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^$")
		helper.Env = append(os.Environ(), helperPath+"="+path)
		helper.Stdout, helper.Stderr = os.Stdout, os.Stderr
		if err := helper.Start(); err != nil {
			t.Fatal(err)
		}
		return helper
	}
	if err := start().Wait(); err != nil { // finished before this process writes
		t.Fatal(err)
	}
	if after, err := st.DataVersion(t.Context()); err != nil || after == before {
		t.Errorf("data version is still %d after another process wrote, %v", after, err)
	}
	helper := start()
	if err := appendEvents(t.Context(), st, storetest.Alert(t, "a")); err != nil {
		t.Error(err)
	}
	if err := helper.Wait(); err != nil {
		t.Fatal(err)
	}
	entries, err := st.EntriesAfter(t.Context(), harang.FeedID{Tenant: "a", Audience: harang.AudienceOperators}, 0,
		10*eventsEach)
	if err != nil || len(entries) != 3*eventsEach {
		t.Fatalf("there are %d events, %v, want %d", len(entries), err, 3*eventsEach)
	}
	for i, e := range entries {
		if e.Number != int64(i)+1 {
			t.Fatalf("entry %d has number %d", i, e.Number)
		}
	}
}
