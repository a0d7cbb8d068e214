package storetest

import (
	"database/sql"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"harang.dev/harang"
	"harang.dev/harang/internal/store"
)

// RunProbe tests Store.Probe. st is a store with this clock, and db is another
// program's connection to its database.
func RunProbe(t *testing.T, st *store.Store, clock *Clock, db *sql.DB) {
	ctx := t.Context()
	if err := st.CreateTenant(ctx, harang.Tenant{ID: "a", Name: "A"}); err != nil {
		t.Fatal(err)
	}
	before, err := st.Heads(ctx, []string{"a"})
	if err != nil {
		t.Fatal(err)
	}
	probe := func(nodes ...string) {
		t.Helper()
		for _, node := range nodes {
			if err := st.Probe(ctx, node); err != nil {
				t.Errorf("probe of %s: %v", node, err)
			}
		}
	}
	probed := func(want ...string) {
		t.Helper()
		rows, err := db.QueryContext(ctx, `SELECT node FROM probes WHERE at <= $1 ORDER BY node`, clock.Now().UnixMilli())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = rows.Close() }()
		var got []string
		for rows.Next() {
			var node string
			if err := rows.Scan(&node); err != nil {
				t.Fatal(err)
			}
			got = append(got, node)
		}
		if !slices.Equal(got, want) || rows.Err() != nil {
			t.Errorf("rows of %v, %v; want %v", got, rows.Err(), want)
		}
	}
	probe("n1", "n1", "n2")
	clock.Move(20 * time.Hour)
	probe("n2", "n3")
	if err := st.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	probed("n1", "n2", "n3")
	clock.Move(5 * time.Hour)
	if err := st.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	probed("n2", "n3")
	after, err := st.Heads(ctx, []string{"a"})
	if diff := cmp.Diff(before, after); diff != "" || err != nil {
		t.Errorf("heads changed: %s %v", diff, err)
	}
	if _, err := db.ExecContext(ctx, `DROP TABLE probes`); err != nil {
		t.Fatal(err)
	}
	if err := st.Probe(ctx, "n1"); err == nil {
		t.Error("probe without its table succeeded")
	}
}
