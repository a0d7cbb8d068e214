package storetest

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/shop"
	"harang.dev/harang/internal/store"
)

// addSecondTenant gives the tenant "b" what NewRentalEnv gives "a".
func (env *RentalEnv) addSecondTenant(t *testing.T) (clerk harang.Identity) {
	t.Helper()
	env.AddTenant(t, "b")
	admin := harang.Identity{Tenant: "b", UserID: "b", Role: harang.RoleAdmin}
	for _, err := range []error{
		env.Catalogue.PutPartner(t.Context(), admin, harang.Partner{ID: "acme", Name: "Acme"}),
		env.Catalogue.PutProduct(t.Context(), admin, harang.Product{ID: "drill", Name: "Drill", DailyPrice: 1000}),
		env.Catalogue.PutLocation(t.Context(), admin, harang.Location{ID: "main", Name: "Main"}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := env.Catalogue.PutStock(t.Context(), admin, "drill", "main", shop.StockPut{Quantity: 100}); err != nil {
		t.Fatal(err)
	}
	return admin
}

// numbers returns the numbers of a tenant's rentals, the oldest first.
func (env *RentalEnv) numbers(t *testing.T, caller harang.Identity) []string {
	t.Helper()
	var all []string
	for q := (harang.RentalQuery{Sort: harang.RentalsOldestFirst, Limit: 100}); ; {
		page, err := env.Rentals.List(t.Context(), caller, q)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page.Items {
			all = append(all, r.Number)
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			return all
		}
	}
}

func wantNumbers(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("numbers %q, want %q", got, want)
	}
}

// from1 are the numbers 1 to n of a year.
func from1(year, n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = harang.RentalNumber(year, int64(i+1))
	}
	return all
}

// testNumberedCheckouts: fifty checkouts of two tenants at the same time take the numbers
// from 1 on, each once and each tenant its own; refused ones take none.
func testNumberedCheckouts(t *testing.T, open Open) {
	env := NewRentalEnv(t, open)
	clerks := []harang.Identity{Clerk(), env.addSecondTenant(t)}
	env.AddStock(t, "saw", "main", shop.StockPut{Quantity: 1000})
	const each = 25
	var fns []func()
	for i := range each {
		for _, clerk := range clerks {
			fns = append(fns, func() {
				checkout := env.NewCheckout(1, nil)
				if clerk.Tenant == "a" {
					checkout.Lines[0].ProductID = "saw"
				}
				if i%5 == 0 { // paid by card: the number is taken before the card is charged
					checkout.Payment = Card("good")
				}
				if _, err := env.Rentals.Create(t.Context(), clerk, checkout); err != nil {
					t.Error(err)
				}
				if i%5 == 1 {
					checkout.Lines[0].Quantity = 1_000_000
					_, err := env.Rentals.Create(t.Context(), clerk, checkout)
					if harang.ErrorCode(err) != harang.CodeInsufficientStock {
						t.Error(err)
					}
				}
			})
		}
	}
	runConcurrently(fns)
	for _, clerk := range clerks {
		wantNumbers(t, slices.Sorted(slices.Values(env.numbers(t, clerk))), from1(2026, each)...)
	}
}

// testNumberOfYear: the year is that of the checkout in Budapest, where it begins an hour
// before it does in UTC.
func testNumberOfYear(t *testing.T, open Open) {
	env := NewRentalEnv(t, open)
	at := func(text string) {
		t.Helper()
		to, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		env.Clock.Move(to.Sub(env.Clock.Now()))
	}
	var got []string
	for _, now := range []string{
		"2026-12-31T22:59:59Z", "2026-12-31T23:00:00Z", "2027-01-01T00:00:00Z", "2027-12-31T22:00:00Z",
		"2027-12-31T23:30:00Z",
	} {
		at(now)
		out := env.Create(t, env.NewCheckout(1, nil))
		stored, _ := env.Find(t, out.Rental.ID)
		if stored.Number != out.Rental.Number {
			t.Errorf("stored as %q, answered as %q", stored.Number, out.Rental.Number)
		}
		got = append(got, stored.Number)
	}
	wantNumbers(t, got, "B-2026-000001", "B-2027-000001", "B-2027-000002", "B-2027-000003", "B-2028-000001")
}

// RunRentalNumbers tests the numbering of rentals of an older version, which writes none. open
// also returns that version's connection to the database.
func RunRentalNumbers(t *testing.T, open func(t *testing.T, o store.Options) (*store.Store, *sql.DB)) {
	var db *sql.DB
	env := NewRentalEnv(t, func(t *testing.T, o store.Options) (st *store.Store) {
		st, db = open(t, o)
		return st
	})
	other := env.addSecondTenant(t)
	execute := func(text string, args ...any) {
		t.Helper()
		if _, err := db.ExecContext(t.Context(), text, args...); err != nil {
			t.Fatal(err)
		}
	}
	env.AddStock(t, "saw", "main", shop.StockPut{Quantity: 2000})
	const many = 401 // more than two transactions number
	for i := range many {
		checkout := env.NewCheckout(1, nil)
		checkout.Lines[0].ProductID = "saw"
		env.Create(t, checkout)
		if i < 3 {
			if _, err := env.Rentals.Create(t.Context(), other, env.NewCheckout(1, nil)); err != nil {
				t.Fatal(err)
			}
		}
		env.Clock.Move(time.Second)
	}
	update := func(want int) {
		t.Helper()
		if n, err := env.Store.UpdateRentalNumbers(t.Context()); err != nil || n != want {
			t.Errorf("%d rentals got a number, %v, want %d", n, err, want)
		}
	}
	update(0)
	execute(`UPDATE rentals SET number = NULL`)
	execute(`DELETE FROM rental_numbers`)
	// The two oldest are of the year before.
	oldest := env.numberless(t, db, "a")[:2]
	for _, id := range oldest {
		execute(`UPDATE rentals SET created_at = created_at - 31536000000 WHERE id = $1`, id)
	}
	first := env.Create(t, env.NewCheckout(1, nil)).Rental
	wantNumbers(t, []string{first.Number}, "B-2026-000001")
	rental, _ := env.Find(t, oldest[0])
	if rental.Number != "" {
		t.Errorf("number %q before the update", rental.Number)
	}
	update(many + 3)
	got := env.numbers(t, Clerk())
	wantNumbers(t, got[:2], from1(2025, 2)...)
	wantNumbers(t, append(got[many:], got[2:many]...), from1(2026, many-1)...) // those of the upgraded node are before
	wantNumbers(t, env.numbers(t, other), from1(2026, 3)...)

	// An older node goes on beside this one.
	execute(`UPDATE rentals SET number = NULL WHERE id = $1`, first.ID)
	update(1)
	rental, _ = env.Find(t, first.ID)
	wantNumbers(t, []string{rental.Number}, harang.RentalNumber(2026, many))
	update(0)

	// Two nodes number at once while rentals are made and changed.
	execute(`UPDATE rentals SET number = NULL`)
	fns := []func(){}
	for range 2 {
		fns = append(fns, func() {
			if _, err := env.Store.UpdateRentalNumbers(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	for i := range 10 {
		fns = append(fns, func() {
			checkout := env.NewCheckout(1, nil)
			checkout.Lines[0].ProductID = "saw"
			if _, err := env.Rentals.Create(t.Context(), Clerk(), checkout); err != nil {
				t.Error(err)
			}
			if _, err := env.Rentals.ReturnPieces(t.Context(), Clerk(), oldest[i%2],
				shop.PieceReturn{ID: fmt.Sprint(i)}); err != nil &&
				harang.ErrorCode(err) != harang.CodeAlreadyReturned {
				t.Error(err)
			}
		})
	}
	runConcurrently(fns)
	if _, err := env.Store.UpdateRentalNumbers(t.Context()); err != nil {
		t.Fatal(err)
	}
	got = slices.Sorted(slices.Values(env.numbers(t, Clerk())))
	if len(got) != many+11 || len(slices.Compact(got)) != many+11 || !strings.HasPrefix(got[0], "B-") {
		t.Errorf("%d numbers, want %d different ones: %q", len(got), many+11, got)
	}
}

// RunLongRentalLists tests lists that find little among many rentals. open also returns another connection to the
// database.
func RunLongRentalLists(t *testing.T, open func(t *testing.T, o store.Options) (*store.Store, *sql.DB)) {
	var db *sql.DB
	env := NewRentalEnv(t, func(t *testing.T, o store.Options) (st *store.Store) {
		st, db = open(t, o)
		return st
	})
	env.AddStock(t, "saw", "main", shop.StockPut{Quantity: 5})
	env.AddStock(t, "crane", "main", shop.StockPut{Quantity: 5})
	if err := env.Catalogue.PutPartner(t.Context(), Admin(), harang.Partner{ID: "beta", Name: "Béta"}); err != nil {
		t.Fatal(err)
	}
	env.Create(t, env.NewCheckout(1, nil))
	const many = 25_000
	for _, text := range []string{
		`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 25000)
		INSERT INTO rentals (id, tenant_id, partner_id, partner_name, location_id, location_name, status,
			equipment_count, total_value, paid, pending, by_id, by_name, created_at, due_at, closed_at, version)
		SELECT 'old' || i, tenant_id, CASE WHEN i IN (7, 24000) THEN 'beta' ELSE partner_id END, partner_name,
			location_id, location_name, 'RETURNED', 1, 0, 0, 0, by_id, by_name, created_at - 1000 * i,
			due_at - 1000 * i, due_at, 1
		FROM rentals, n WHERE rentals.tenant_id = 'a'`,
		`INSERT INTO rental_lines (rental_id, line, product_id, product_name, quantity, daily_price)
		SELECT id, 0, CASE WHEN id IN ('old9', 'old12000', 'old25000') THEN 'saw' ELSE 'drill' END, 'X', 1, 0
		FROM rentals WHERE id LIKE 'old%'`,
	} {
		if _, err := db.ExecContext(t.Context(), text); err != nil {
			t.Fatal(err)
		}
	}
	from, to := env.Clock.Now().Add(-10*time.Hour), env.Clock.Now().Add(48*time.Hour-20_000*time.Second)
	saws, partners := []string{"old9", "old12000", "old25000"}, []string{"old7", "old24000"}
	for name, tc := range map[string]struct {
		q     harang.RentalQuery
		want  []string
		pages int // at most
	}{
		"a product":        {harang.RentalQuery{Search: "saw"}, saws, 3},
		"the oldest first": {harang.RentalQuery{Search: "saw", Sort: harang.RentalsOldestFirst}, reversed(saws), 3},
		"due first":        {harang.RentalQuery{Search: "saw", Sort: harang.RentalsDueFirst}, reversed(saws), 3},
		"due last first":   {harang.RentalQuery{Search: "saw", Sort: harang.RentalsDueLastFirst}, saws, 3},
		"overdue first":    {harang.RentalQuery{Search: "saw", Sort: harang.RentalsOverdueFirst}, saws, 3},
		"a partner":        {harang.RentalQuery{Search: "beta"}, partners, 1},
		"a partner, by due": {harang.RentalQuery{Search: "beta", Sort: harang.RentalsDueFirst},
			reversed(partners), 1},
		"a product never out": {harang.RentalQuery{Search: "crane"}, nil, 3},
		"unknown":             {harang.RentalQuery{Search: "nothing"}, nil, 1},
		"debtors":             {harang.RentalQuery{Search: "beta", Owed: true}, nil, 1},
		"days": {harang.RentalQuery{Search: "saw", DueFrom: from, DueTo: to, Sort: harang.RentalsDueFirst},
			[]string{"old25000"}, 1},
		"days, newest first": {harang.RentalQuery{Search: "saw", DueFrom: from, DueTo: to}, []string{"old25000"}, 3},
	} {
		var got []string
		pages := 0
		for q := tc.q; ; {
			q.Limit = 10
			page, err := env.Rentals.List(t.Context(), Clerk(), q)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			pages++
			for _, r := range page.Items {
				got = append(got, r.ID)
			}
			if q.Cursor = page.Next; q.Cursor == "" {
				break
			}
		}
		if !slices.Equal(got, tc.want) || pages > tc.pages {
			t.Errorf("%s: %v in %d pages, want %v in %d", name, got, pages, tc.want, tc.pages)
		}
	}
	// Every rental of a partner, each once, over many steps.
	seen := map[string]bool{}
	for q := (harang.RentalQuery{Search: "acme", Limit: 200}); ; {
		page, err := env.Rentals.List(t.Context(), Clerk(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page.Items {
			if seen[r.ID] {
				t.Fatalf("%s is there twice", r.ID)
			}
			seen[r.ID] = true
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			break
		}
	}
	if len(seen) != many-1 {
		t.Errorf("%d rentals of a partner, want %d", len(seen), many-1)
	}
}

func reversed(all []string) []string {
	all = slices.Clone(all)
	slices.Reverse(all)
	return all
}

// numberless returns the ids of a tenant's rentals that have no number, the oldest first.
func (env *RentalEnv) numberless(t *testing.T, db *sql.DB, tenant string) (ids []string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(),
		`SELECT id FROM rentals WHERE tenant_id = $1 AND number IS NULL ORDER BY created_at, id`, tenant)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return ids
}
