package storetest

import (
	"database/sql"
	"fmt"
	"testing"

	"harang.dev/harang"
	"harang.dev/harang/internal/shop"
	"harang.dev/harang/internal/store"
)

// RunSearchKeys tests the renewal of search keys. db is another program's connection to the database of st: an older
// version of the program, which makes other keys.
func RunSearchKeys(t *testing.T, st *store.Store, db *sql.DB) {
	ctx, admin := t.Context(), Admin()
	if err := st.CreateTenant(ctx, harang.Tenant{ID: "a", Name: "A"}); err != nil {
		t.Fatal(err)
	}
	use := shop.New(shop.Options{Store: st, NewID: IDs()})
	const things = 600 // more than are read at once
	if err := st.Within(ctx, func(tx shop.Tx) error {
		for i := range things {
			p := harang.Product{ID: fmt.Sprintf("p%04d", i), Name: fmt.Sprintf("½ coll – Gépfej %d", i)}
			if err := tx.PutProduct(ctx, "a", p); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	find := func() int {
		t.Helper()
		found := 0
		for q := (harang.CatalogueQuery{Search: "1/2 coll - gepfej"}); ; {
			page, err := use.Catalogue.Products(ctx, admin, q)
			if err != nil {
				t.Fatal(err)
			}
			found += len(page.Items)
			if q.Cursor = page.Next; q.Cursor == "" {
				return found
			}
		}
	}
	if n := find(); n != things {
		t.Fatalf("%d of %d found", n, things)
	}
	renew := func(want int) {
		t.Helper()
		if n, err := st.UpdateSearchKeys(ctx); err != nil || n != want {
			t.Errorf("%d keys renewed, %v, want %d", n, err, want)
		}
		if n := find(); n != things {
			t.Errorf("%d of %d found after the renewal", n, things)
		}
	}
	renew(0)
	for _, old := range []struct{ where, key string }{
		{"", "1⁄2 coll – gepfej"}, {" AND id = 'p0003'", "1⁄2 coll – gepfej 3 p0003"},
	} {
		result, err := db.ExecContext(ctx, `UPDATE products SET search_key = $1 WHERE tenant_id = 'a'`+old.where, old.key)
		if err != nil {
			t.Fatal(err)
		}
		n, err := result.RowsAffected()
		if err != nil {
			t.Fatal(err)
		}
		if found := find(); found != things-int(n) {
			t.Errorf("%d found with %d old keys", found, n)
		}
		renew(int(n))
	}
}
