package storetest

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/shop"
	"harang.dev/harang/internal/store"
)

// audited returns the audit log, oldest first, as an administrator reads it.
func (env *Env) audited(t *testing.T, q harang.AuditQuery) []harang.AuditEntry {
	t.Helper()
	q.Limit = harang.MaxPageLimit
	page, err := env.Audit.List(t.Context(), Admin(), q)
	if err != nil || page.Next != "" {
		t.Fatalf("%v, next %q", err, page.Next)
	}
	all := page.Items
	for i, j := 0, len(all)-1; i < j; i, j = i+1, j-1 {
		all[i], all[j] = all[j], all[i]
	}
	return all
}

// line is a row as tests compare it: who, from where, what, to what, before, after.
func line(e harang.AuditEntry) string {
	state := func(s json.RawMessage) string { return cmp.Or(string(s), "-") }
	return fmt.Sprintf("%s %s %s %s:%s %s %s", cmp.Or(e.Actor.ID, "?"), cmp.Or(e.From, "-"), e.Action, e.Subject.Kind,
		e.Subject.ID, state(e.Before), state(e.After))
}

// wantAudit fails the test unless these are the rows that were written after the first ones.
func (env *Env) wantAudit(t *testing.T, after int, want ...string) {
	t.Helper()
	var got []string
	for _, e := range env.audited(t, harang.AuditQuery{})[after:] {
		got = append(got, line(e))
	}
	if g, w := strings.Join(got, "\n"), strings.Join(want, "\n"); g != w {
		t.Errorf("the audit log has\n%s\nwant\n%s", g, w)
	}
}

// from is the context of a call from an address.
func from(ctx context.Context, address string) context.Context {
	return harang.ForCall(ctx, "a", address)
}

// testAuditStock: what is done to the catalogue and the stock, by whom, from where and when; movements and what changes
// nothing have no row.
func testAuditStock(t *testing.T, open Open) {
	env := NewEnv(t, open)
	ctx, admin, clerk := from(t.Context(), "192.0.2.7"), Admin(), As(harang.RoleOperator, "clerk")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	put := func(p harang.Product) { t.Helper(); must(env.Catalogue.PutProduct(ctx, admin, p)) }
	env.AddStock(t, "drill", "north", shop.StockPut{Quantity: 9})
	env.wantAudit(t, 0,
		`admin - product.create product:drill - {"archived":false,"barcodes":"","dailyPrice":1000,"name":"Product drill"}`,
		`admin - location.create location:north - {"archived":false,"name":"Location north","openingHours":null,"rentalTerms":""}`,
	)
	put(harang.Product{ID: "drill", Name: "Product drill", DailyPrice: 1000}) // changes nothing
	put(harang.Product{ID: "drill", Name: "Product drill", DailyPrice: 1500})
	env.Adjust(t, "drill", "north", -2)
	if _, err := env.Catalogue.PutStock(ctx, admin, "drill", "north",
		shop.StockPut{Quantity: 5, WarningThreshold: 8, CriticalThreshold: 3}); err != nil {
		t.Fatal(err)
	}
	if _, err := env.Inventory.SetLevel(ctx, clerk, "drill", "north",
		shop.LevelChange{ExpectedAt: new(env.Clock.Now())}); err != nil {
		t.Fatal(err)
	}
	_, err := env.Inventory.SetLevel(ctx, admin, "drill", "north",
		shop.LevelChange{CriticalThreshold: new(int64(9))}) // above the warning threshold
	wantCode(t, err, harang.CodeInvalidRequest)
	if _, err := env.Inventory.SetLevel(ctx, admin, "drill", "north",
		shop.LevelChange{CriticalThreshold: new(int64(2)), ClearExpected: true}); err != nil {
		t.Fatal(err)
	}
	must(env.Catalogue.PutPartner(ctx, admin, harang.Partner{ID: "p", Name: "Partner"}))
	must(env.Payments.PutCard(ctx, admin, "p", harang.Card{Token: "tok_0123456789abcdef", Label: "Company"}))
	must(env.Payments.DeleteCard(ctx, admin, "p", "tok_0123456789abcdef"))
	must(env.Connections.Close(ctx, admin, "c1"))
	_, err = env.Catalogue.ImportCSV(ctx, As(harang.RoleAdmin, "cli:ADMIN"),
		strings.NewReader("productId;dailyPrice\ndrill;1700\n"))
	must(err)
	env.wantAudit(t, 2,
		`admin 192.0.2.7 product.update product:drill {"dailyPrice":1000} {"dailyPrice":1500}`,
		`admin 192.0.2.7 stock.thresholds stock:drill/north {"criticalThreshold":0,"warningThreshold":0} {"criticalThreshold":3,"warningThreshold":8}`,
		`clerk 192.0.2.7 stock.expect stock:drill/north {"expectedAt":null} {"expectedAt":"2026-03-02"}`,
		`admin 192.0.2.7 stock.thresholds stock:drill/north {"criticalThreshold":3} {"criticalThreshold":2}`,
		`admin 192.0.2.7 stock.expect stock:drill/north {"expectedAt":"2026-03-02"} {"expectedAt":null}`,
		`admin 192.0.2.7 partner.create partner:p - {"archived":false,"email":"","name":"Partner","note":"","phone":""}`,
		`admin 192.0.2.7 card.put partner:p - {"card":"…cdef","label":"Company","last4":""}`,
		`admin 192.0.2.7 card.delete partner:p {"card":"…cdef"} -`,
		`admin 192.0.2.7 connection.close connection:c1 - -`,
		`cli:ADMIN 192.0.2.7 product.update product:drill {"dailyPrice":1500} {"dailyPrice":1700}`,
		`cli:ADMIN 192.0.2.7 catalogue.import list:catalogue - {"changed":1,"new":0,"untouched":0}`,
	)
	rows := env.audited(t, harang.AuditQuery{ActorID: "clerk"})
	if e := rows[0]; e.Actor.Name != "Name of clerk" || e.Role != harang.RoleOperator || !e.At.Equal(env.Clock.Now()) ||
		e.Subject.Name != "Product drill, Location north" || e.Count != 1 {
		t.Errorf("the row is %+v", e)
	}
}

// testAuditRentals: cancels, returns of unpaid rentals and changed prices have a row; other returns have not. A dry run
// and a transaction that fails leave none.
func testAuditRentals(t *testing.T, open Open) {
	env := NewEnv(t, open)
	ctx, clerk := t.Context(), As(harang.RoleOperator, "clerk")
	env.AddStock(t, "drill", "north", shop.StockPut{Quantity: 100})
	if err := env.Catalogue.PutPartner(ctx, Admin(), harang.Partner{ID: "p", Name: "Partner"}); err != nil {
		t.Fatal(err)
	}
	begin := len(env.audited(t, harang.AuditQuery{}))
	rent := func(payment *shop.PaymentOrder) string {
		t.Helper()
		out, err := env.Rentals.Create(ctx, clerk, shop.Checkout{
			PartnerID: "p", LocationID: "north", Due: shop.DueAt{Time: env.Clock.Now().Add(47 * time.Hour)},
			Lines: []shop.CheckoutLine{{ProductID: "drill", Quantity: 2}}, Payment: payment,
		})
		if err != nil {
			t.Fatal(err)
		}
		return out.Rental.ID
	}
	cash := &shop.PaymentOrder{Method: harang.PaymentCash}
	cancelled, unpaid, paid := rent(cash), rent(nil), rent(cash)
	if _, err := env.Rentals.CancelRental(ctx, clerk, cancelled, shop.Cancellation{DryRun: true}); err != nil {
		t.Fatal(err)
	}
	if _, err := env.Rentals.CancelRental(ctx, clerk, cancelled, shop.Cancellation{}); err != nil {
		t.Fatal(err)
	}
	_, err := env.Rentals.CancelRental(ctx, clerk, cancelled, shop.Cancellation{})
	wantCode(t, err, harang.CodeAlreadyReturned)
	if _, err := env.Rentals.Extend(ctx, clerk, unpaid,
		shop.Extension{Due: shop.DueAt{Time: env.Clock.Now().Add(71 * time.Hour)}}); err != nil {
		t.Fatal(err)
	}
	if _, err := env.Rentals.Return(ctx, clerk, unpaid); err != nil {
		t.Fatal(err)
	}
	if _, err := env.Rentals.ReturnPieces(ctx, clerk, paid, shop.PieceReturn{
		Lines: []shop.CheckoutLine{{ProductID: "drill", Quantity: 1}}, Credit: true,
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := env.Rentals.Return(ctx, clerk, paid); err != nil {
		t.Fatal(err)
	}
	refused := shop.Settlement{Status: harang.PaymentDeclined, ErrorCode: "iso:51"}
	env.Provider.SetAnswers("bad", refused, refused)
	declined := rent(Card("bad"))
	env.Clock.Move(harang.RentalPaymentWindow + time.Minute)
	if err := env.Housekeeper.Round(ctx); err != nil {
		t.Fatal(err)
	}
	env.wantAudit(t, begin,
		`clerk - rental.cancel rental:`+cancelled+` {"equipmentCount":2,"paidAmount":4000,"status":"OPEN","totalValue":4000} {"status":"CANCELLED"}`,
		`clerk - rental.extend rental:`+unpaid+` {"dueAt":"2026-03-04T10:00:00Z","totalValue":4000} {"dueAt":"2026-03-05T10:00:00Z","totalValue":6000}`,
		`clerk - rental.return_unpaid rental:`+unpaid+` - {"owedAmount":6000,"totalValue":6000}`,
		`clerk - rental.price rental:`+paid+` {"totalValue":4000} {"totalValue":3000}`,
		`system - rental.cancel rental:`+declined+` {"equipmentCount":2,"paidAmount":0,"status":"AWAITING_PAYMENT","totalValue":4000} {"status":"CANCELLED"}`,
	)

	// The row is of the transaction of the change: both or neither.
	begin = len(env.audited(t, harang.AuditQuery{}))
	boom := errors.New("boom")
	err = env.Store.Within(ctx, func(tx shop.Tx) error {
		e, _ := harang.NewAuditEntry(ctx, clerk, env.Clock.Now(), harang.AuditExport,
			harang.AuditSubject{Kind: harang.AuditList, ID: "x"}, nil, nil)
		if err := tx.CreateAudit(ctx, "a", e); err != nil {
			return err
		}
		return boom
	})
	if !errors.Is(err, boom) {
		t.Fatal(err)
	}
	env.wantAudit(t, begin)
}

// testAuditList: filters, pages, cursors of other lists, other tenants, counted rows and the sweep.
func testAuditList(t *testing.T, open Open) {
	env := NewEnv(t, open)
	env.AddTenant(t, "b")
	ctx := t.Context()
	write := func(tenant string, caller harang.Identity, action harang.AuditAction, kind harang.AuditKind, id string) {
		t.Helper()
		e, _ := harang.NewAuditEntry(ctx, caller, env.Clock.Now(), action,
			harang.AuditSubject{Kind: kind, ID: id}, nil, nil)
		if err := env.Store.CreateAudit(ctx, tenant, e); err != nil {
			t.Fatal(err)
		}
	}
	x, y := As(harang.RoleAdmin, "x"), As(harang.RoleOperator, "y")
	start := env.Clock.Now()
	for i := range 12 { // every combination of two actors, two actions and three subjects, three at one instant
		if i%3 == 0 {
			env.Clock.Move(time.Minute)
		}
		caller := x
		if i%2 > 0 {
			caller = y
		}
		action := harang.AuditRentalCancel
		if i/2%2 > 0 {
			action = harang.AuditRentalExtend
		}
		write("a", caller, action, harang.AuditRental, fmt.Sprint("r", i%3))
	}
	write("b", x, harang.AuditRentalCancel, harang.AuditRental, "r0")
	count := func(q harang.AuditQuery) int {
		t.Helper()
		n, seen := 0, map[string]bool{}
		for q.Limit = 2; ; {
			page, err := env.Audit.List(ctx, Admin(), q)
			if err != nil {
				t.Fatal(err)
			}
			for i, e := range page.Items {
				if seen[e.ID] || i > 0 && e.At.After(page.Items[i-1].At) {
					t.Errorf("%+v is twice or out of order", e)
				}
				seen[e.ID] = true
				n++
			}
			if q.Cursor = page.Next; q.Cursor == "" {
				return n
			}
		}
	}
	r0 := harang.AuditSubject{Kind: harang.AuditRental, ID: "r0"}
	for name, c := range map[string]struct {
		q    harang.AuditQuery
		want int
	}{
		"all":     {harang.AuditQuery{}, 12},
		"actor":   {harang.AuditQuery{ActorID: "x"}, 6},
		"action":  {harang.AuditQuery{Action: harang.AuditRentalExtend}, 6},
		"subject": {harang.AuditQuery{Subject: r0}, 4},
		"both":    {harang.AuditQuery{ActorID: "y", Action: harang.AuditRentalExtend}, 3},
		"these":   {harang.AuditQuery{Subject: r0, ActorID: "x"}, 2},
		"those":   {harang.AuditQuery{Subject: r0, Action: harang.AuditRentalCancel}, 2},
		"three":   {harang.AuditQuery{Subject: r0, ActorID: "x", Action: harang.AuditRentalCancel}, 1},
		"time": {harang.AuditQuery{
			Since: start.Add(2 * time.Minute), Until: start.Add(4 * time.Minute),
		}, 6},
		"unknown": {harang.AuditQuery{ActorID: "z"}, 0},
	} {
		if got := count(c.q); got != c.want {
			t.Errorf("%s: %d rows, want %d", name, got, c.want)
		}
	}
	for _, forged := range []string{"x", "cGF5bWVudHMge30", strings.Repeat("A", 20_000)} {
		_, err := env.Audit.List(ctx, Admin(), harang.AuditQuery{Cursor: forged})
		wantCode(t, err, harang.CodeInvalidRequest)
	}
	for kind, want := range map[harang.AuditKind]harang.Code{
		"": harang.CodeForbidden, harang.AuditUser: harang.CodeForbidden, harang.AuditPartner: harang.CodeForbidden,
		harang.AuditRental: "", harang.AuditStock: "", harang.AuditProduct: "",
	} {
		q := harang.AuditQuery{Subject: harang.AuditSubject{Kind: kind, ID: "r0"}}
		_, err := env.Audit.List(ctx, As(harang.RoleStoreManager, "m"), q)
		wantCode(t, err, want)
		_, err = env.Audit.List(ctx, As(harang.RoleOperator, "o"), q)
		wantCode(t, err, harang.CodeForbidden)
	}

	testAuditCounts(t, env)

	env.Clock.Move(store.AuditRetention)
	write("a", x, harang.AuditRentalCancel, harang.AuditRental, "r0")
	limit := env.Clock.Now().Add(-store.AuditRetention)
	if removed, err := env.Store.SweepAudit(ctx, "a", limit, 4); err != nil || removed != 4 {
		t.Errorf("%d rows swept, %v", removed, err)
	}
	if err := env.Store.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	// The newest three are of the instant before which rows are deleted, or later.
	if got := env.audited(t, harang.AuditQuery{}); len(got) == 0 || got[0].At.Before(limit) {
		t.Errorf("%d rows after the sweep", len(got))
	}
}

// testAuditCounts: failed logins to one account from one network within one hour are one row.
func testAuditCounts(t *testing.T, env *Env) {
	t.Helper()
	now := env.Clock.Now()
	failed := func(network string, hour time.Time, n int64) {
		t.Helper()
		if err := env.Store.CountFailedLogins(t.Context(), []harang.FailedLogins{{
			Tenant: "a", User: harang.Person{ID: "u", Name: "U"}, Network: network, Hour: hour, First: hour, Count: n,
		}}); err != nil {
			t.Fatal(err)
		}
	}
	failed("192.0.2.0/24", now, 3)
	failed("192.0.2.0/24", now, 4)
	failed("198.51.100.0/24", now, 1)
	failed("192.0.2.0/24", now.Add(time.Hour), 1)
	counts := map[string]int64{}
	for _, e := range env.audited(t, harang.AuditQuery{Action: harang.AuditSessionRefuse}) {
		counts[fmt.Sprint(e.From, " ", e.At.Sub(now))] = e.Count
	}
	if fmt.Sprint(counts) != "map[192.0.2.0/24 0s:7 192.0.2.0/24 1h0m0s:1 198.51.100.0/24 0s:1]" {
		t.Errorf("the counts are %v", counts)
	}
}
