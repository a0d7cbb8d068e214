package sqlite_test

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"harang.dev/harang"
	"harang.dev/harang/internal/store"
	"harang.dev/harang/internal/store/sqlite"
)

// TestDamage_Elsewhere: damage far from the probe's row is met by the calls that read
// it, and known from then on; the rest can be read and written.
func TestDamage_Elsewhere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "harang.db")
	st, err := sqlite.Open(t.Context(), "sqlite:"+path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := st.CreateTenant(t.Context(), harang.Tenant{ID: "a", Name: "A"}); err != nil {
		t.Fatal(err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	overwriteRoot(t, path, "partners")

	var log bytes.Buffer
	if st, err = sqlite.Open(t.Context(), "sqlite:"+path, store.Options{
		Logger: slog.New(slog.NewTextHandler(&log, nil)),
	}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	if err := st.Damage(); err != nil {
		t.Errorf("before anything was read: %v", err)
	}
	for range 3 {
		if _, err := st.FindPartner(t.Context(), "a", "p"); harang.ErrorCode(err) != harang.CodeUnavailable {
			t.Errorf("damaged row: %v", err)
		}
	}
	if err := st.Damage(); harang.ErrorCode(err) != harang.CodeUnavailable {
		t.Errorf("after a damaged row: %v", err)
	}
	if err := st.Probe(t.Context(), "node"); err != nil {
		t.Errorf("elsewhere: %v", err)
	}
	if n := strings.Count(log.String(), "database damaged"); n != 1 {
		t.Errorf("%d lines about the damage, want 1:\n%s", n, &log)
	}
}

// overwriteRoot overwrites the first pages of a table and of its primary key.
func overwriteRoot(t *testing.T, path, table string) {
	t.Helper()
	db := raw(t, path)
	var size int64
	if err := db.QueryRowContext(t.Context(), "PRAGMA page_size").Scan(&size); err != nil {
		t.Fatal(err)
	}
	rows, err := db.QueryContext(t.Context(), "SELECT rootpage FROM sqlite_master WHERE tbl_name = ?", table)
	if err != nil {
		t.Fatal(err)
	}
	var pages []int64
	for rows.Next() {
		var page int64
		if err := rows.Scan(&page); err != nil {
			t.Fatal(err)
		}
		pages = append(pages, page)
	}
	if err := rows.Err(); err != nil || len(pages) == 0 {
		t.Fatal(pages, err)
	}
	_ = rows.Close()
	_ = db.Close()
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	for _, page := range pages {
		if _, err := file.WriteAt(bytes.Repeat([]byte{0xa5}, int(size)), (page-1)*size); err != nil {
			t.Fatal(err)
		}
	}
}
