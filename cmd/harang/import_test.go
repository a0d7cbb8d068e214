package main

import (
	"bytes"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"harang.dev/harang"
	"harang.dev/harang/internal/store"
	"harang.dev/harang/internal/store/sqlite"
	"harang.dev/harang/internal/testtime"
)

// TestImport_Killed: an import that is killed keeps whole transactions, and the same file again writes the rest.
func TestImport_Killed(t *testing.T) {
	const lines = 20_000
	path := filepath.Join(t.TempDir(), "harang.db")
	st, err := sqlite.Open(t.Context(), "sqlite:"+path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := st.CreateTenant(t.Context(), harang.Tenant{ID: "shop", Name: "Shop"}); err != nil {
		t.Fatal(err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	count := func() (n int) {
		t.Helper()
		if err := db.QueryRowContext(t.Context(), `SELECT count(*) FROM partners`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	file := filepath.Join(t.TempDir(), "partners.csv")
	var text strings.Builder
	text.WriteString("partnerId;partnerName\n")
	for i := range lines {
		fmt.Fprintf(&text, "p%d;Partner %d Kft.\n", i, i)
	}
	if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"import", "--database", "sqlite:" + path, "--tenant", "shop", file}
	first := process(t, args...)
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	testtime.Eventually(t, testtime.Limit, "the import has begun", func() bool { return count() > 0 })
	if err := first.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = first.Wait()
	kept := count()
	if kept == 0 || kept == lines {
		t.Fatalf("%d of %d lines when it was killed", kept, lines)
	}
	second := process(t, args...)
	var out, errs bytes.Buffer
	second.Stdout, second.Stderr = &out, &errs
	if err := second.Run(); err != nil {
		t.Fatalf("%v: %s", err, errs.String())
	}
	want := fmt.Sprintf("%d lines new, 0 changed, %d untouched: locations 0, partners %d, products 0, stock items 0\n",
		lines-kept, kept, lines-kept)
	if out.String() != want || count() != lines {
		t.Errorf("%q and %d lines, want %q", out.String(), count(), want)
	}
}
