package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/shop"
)

// stockPages reads a stock list page by page, as "product/location".
func (env *Env) stockPages(t *testing.T, q harang.StockQuery) []string {
	t.Helper()
	var all []string
	for pages := 1; ; pages++ {
		p, err := env.Inventory.Stock(t.Context(), Clerk(), q)
		if err != nil || pages > 20 || len(p.Items) > q.Limit {
			t.Fatalf("page %d has %d items: %v", pages, len(p.Items), err)
		}
		for _, i := range p.Items {
			all = append(all, i.ProductID+"/"+i.LocationID)
		}
		if q.Cursor = p.Next; q.Cursor == "" {
			return all
		}
	}
}

func testStockList(t *testing.T, open Open) {
	env := NewRentalEnv(t, open)
	ctx := t.Context()
	env.add(t, "drill", "Product drill", "111", "222")
	for _, item := range []struct {
		product, location string
		quantity          int64
	}{
		{"anvil", "main", 9}, {"anvil", "branch", 1}, {"broom", "main", 4}, {"clamp", "main", 0}, {"ewer", "branch", 5},
	} {
		env.AddStock(t, item.product, item.location,
			shop.StockPut{Quantity: item.quantity, WarningThreshold: 6, CriticalThreshold: 3})
	}
	byName := []string{"anvil/branch", "anvil/main", "broom/main", "clamp/main", "drill/main", "ewer/branch"}
	worst := []string{"anvil/branch", "clamp/main", "broom/main", "ewer/branch", "anvil/main", "drill/main"}
	for limit := 1; limit <= 7; limit++ {
		for _, tc := range []struct {
			q    harang.StockQuery
			want []string
		}{
			{harang.StockQuery{}, byName},
			{harang.StockQuery{Sort: harang.StockByName}, byName},
			{harang.StockQuery{Sort: harang.StockWorstFirst}, worst},
			{harang.StockQuery{Sort: harang.StockWorstFirst, LocationID: "main"},
				[]string{"clamp/main", "broom/main", "anvil/main", "drill/main"}},
			{harang.StockQuery{Sort: harang.StockWorstFirst, Severity: harang.SeverityWarning}, worst[2:4]},
			{harang.StockQuery{Sort: harang.StockWorstFirst, Severity: harang.SeverityOK}, worst[4:]},
			{harang.StockQuery{Severity: harang.SeverityCritical}, worst[:2]},
			{harang.StockQuery{Sort: harang.StockWorstFirst, Search: "anvil"}, []string{"anvil/branch", "anvil/main"}},
			{harang.StockQuery{Sort: harang.StockWorstFirst, Code: "222"}, []string{"drill/main"}},
		} {
			tc.q.Limit = limit
			if got := env.stockPages(t, tc.q); !slices.Equal(got, tc.want) {
				t.Errorf("%+v: %v, want %v", tc.q, got, tc.want)
			}
		}
	}
	for name, q := range map[string]harang.StockQuery{
		"a sort that is unknown":    {Sort: "worst"},
		"a cursor of another order": {Cursor: env.stockCursor(t), Sort: harang.StockWorstFirst},
	} {
		if _, err := env.Inventory.Stock(ctx, Clerk(), q); harang.ErrorCode(err) != harang.CodeInvalidRequest {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// stockCursor returns a cursor of the list by name.
func (env *Env) stockCursor(t *testing.T) string {
	t.Helper()
	p, err := env.Inventory.Stock(t.Context(), Clerk(), harang.StockQuery{Limit: 1})
	if err != nil || p.Next == "" {
		t.Fatalf("no second page: %v", err)
	}
	return p.Next
}

// testStockOut: what is free and what is out add up through the life of rentals, and what is out comes back in the
// order of the due instants.
func testStockOut(t *testing.T, open Open) {
	env := NewRentalEnv(t, open)
	ctx := t.Context()
	env.AddStock(t, "drill", "branch", shop.StockPut{Quantity: 4})
	env.add(t, "drill", "Product drill", "111", "222")
	rent := func(pieces int64, location string, days int, p *shop.PaymentOrder) string {
		t.Helper()
		c := env.NewCheckout(pieces, p)
		c.LocationID, c.Due.Time = location, env.Clock.Now().Add(time.Duration(days)*24*time.Hour)
		return env.Create(t, c).Rental.ID
	}
	// want compares free and out of the main location and the branch, in the whole list and in each location's.
	want := func(mainFree, mainOut, branchFree, branchOut int64) {
		t.Helper()
		for _, location := range []string{"", "main", "branch"} {
			p, err := env.Inventory.Stock(ctx, Clerk(),
				harang.StockQuery{Search: "drill", LocationID: location, Out: true, Limit: 10})
			if err != nil {
				t.Fatal(err)
			}
			for _, i := range p.Items {
				free, out := mainFree, mainOut
				if i.LocationID == "branch" {
					free, out = branchFree, branchOut
				}
				if i.Level.Quantity != free || i.Out != out || i.DailyPrice != 1000 ||
					!slices.Equal(i.Barcodes, []string{"111", "222"}) {
					t.Errorf("%q: %+v, want %d free and %d out", location, i, free, out)
				}
			}
		}
	}
	returns := func(location string, limit int) (all []string) {
		t.Helper()
		for cursor, pages := "", 1; ; pages++ {
			p, err := env.Inventory.Returns(ctx, Clerk(), "drill", location, cursor, limit)
			if err != nil || pages > 9 {
				t.Fatalf("page %d: %v", pages, err)
			}
			for _, r := range p.Items {
				all = append(all, fmt.Sprintf("%s %d", r.RentalID, r.Quantity))
			}
			if cursor = p.Next; cursor == "" {
				return all
			}
		}
	}
	want(10, 0, 4, 0)
	env.Provider.SetAnswers("bad", declined, declined)
	later := rent(2, "main", 5, nil)
	soon := rent(3, "main", 1, nil)
	far := rent(1, "branch", 2, nil)
	waiting := rent(1, "main", 3, Card("bad")) // reserved, and not with the partner
	want(4, 6, 3, 1)
	inOrder := []string{soon + " 3", later + " 2"}
	for limit := 1; limit <= 3; limit++ {
		if got := returns("main", limit); !slices.Equal(got, inOrder) {
			t.Errorf("by %d: %v, want %v", limit, got, inOrder)
		}
	}
	if got := returns("branch", 5); !slices.Equal(got, []string{far + " 1"}) {
		t.Errorf("branch: %v", got)
	}

	env.back(t, soon, shop.PieceReturn{Lines: drills(2)})
	want(6, 4, 3, 1)
	env.Clock.Move(25 * time.Hour) // the first is late, the declined one is cancelled
	env.RunHousekeeping(t)
	if r, _ := env.Find(t, waiting); r.Status != harang.RentalCancelled {
		t.Fatalf("%+v", r)
	}
	want(7, 3, 3, 1)
	if got := returns("main", 5); !slices.Equal(got, []string{soon + " 1", later + " 2"}) {
		t.Errorf("after a partial return: %v", got)
	}
	env.back(t, soon, shop.PieceReturn{})
	want(8, 2, 3, 1)
	if got := returns("main", 5); !slices.Equal(got, []string{later + " 2"}) {
		t.Errorf("after a return: %v", got)
	}
}
