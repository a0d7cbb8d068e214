package storetest

import (
	"database/sql"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"harang.dev/harang"
	"harang.dev/harang/internal/shop"
	"harang.dev/harang/internal/store"
)

// RunInspect tests what an administrator's checks read. st is an empty store,
// readOnly is opened for reading on the same database, and db is another
// program's connection to it.
func RunInspect(t *testing.T, st, readOnly *store.Store, db *sql.DB) {
	ctx := t.Context()
	inspect := func(want store.Inspection) {
		t.Helper()
		want.Schema = store.NewestSchema()
		for _, s := range []*store.Store{st, readOnly} {
			got, err := s.Inspect(ctx)
			if err != nil {
				t.Error(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("inspection (-want +got):\n%s", diff)
			}
		}
	}
	inspect(store.Inspection{})
	if err := st.CreateTenant(ctx, harang.Tenant{ID: "a", Name: "A"}); err != nil {
		t.Fatal(err)
	}
	inFuture := time.Now().Add(time.Hour).UTC().Truncate(time.Millisecond)
	for _, at := range []time.Time{inFuture, inFuture.Add(-2 * time.Hour)} {
		e := Alert(t, "a")
		e.Time = at
		if err := st.Within(ctx, func(tx shop.Tx) error { tx.Append(e); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	for _, row := range []string{`'waiting', NULL, NULL`, `'refused', 1, 'data is wrong'`} {
		if _, err := db.ExecContext(ctx, `INSERT INTO event_inbox (tenant_id, source, type, data, id, refused_at, problem) VALUES ('a', '/erp', 'stock_alert', '{}', `+row+`)`); err != nil {
			t.Fatal(err)
		}
	}
	inspect(store.Inspection{NewestEvent: inFuture, RefusedInbox: 1})
	if err := readOnly.CreateTenant(ctx, harang.Tenant{ID: "b",
		Name: "B"}); harang.ErrorCode(err) != harang.CodeUnavailable {
		t.Errorf("write to a read-only store: %v", err)
	}
	if _, err := st.FindTenant(ctx, "b"); harang.ErrorCode(err) != harang.CodeNotFound {
		t.Errorf("tenant written through a read-only store: %v", err)
	}
}
