package storetest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"harang.dev/harang"
	"harang.dev/harang/internal/shop"
	"harang.dev/harang/internal/store"
)

// BenchmarkImport measures how long checkouts wait while 20,000 lines are imported, one checkout after the other at
// another location.
func BenchmarkImport(b *testing.B, st *store.Store) {
	ctx, admin := context.Background(), Admin()
	if err := st.CreateTenant(ctx, harang.Tenant{ID: "a", Name: "a"}); err != nil {
		b.Fatal(err)
	}
	use := shop.New(shop.Options{Store: st, NewID: IDs()})
	name := "Drill"
	_, err := use.Catalogue.ChangeProduct(ctx, admin, shop.ProductChange{ID: "drill", Name: &name})
	for _, err := range []error{
		err,
		use.Catalogue.PutLocation(ctx, admin, harang.Location{ID: "main", Name: "Main"}),
		use.Catalogue.PutPartner(ctx, admin, harang.Partner{ID: "acme", Name: "Acme Kft."}),
	} {
		if err != nil {
			b.Fatal(err)
		}
	}
	if _, err := use.Catalogue.PutStock(ctx, admin, "drill", "main", shop.StockPut{Quantity: 1_000_000}); err != nil {
		b.Fatal(err)
	}
	var waits []time.Duration
	checkOut := func() {
		began := time.Now()
		if _, err := use.Rentals.Create(ctx, Clerk(), shop.Checkout{
			PartnerID: "acme", LocationID: "main", Due: shop.DueAt{Time: began.Add(48 * time.Hour)},
			Lines: []shop.CheckoutLine{{ProductID: "drill", Quantity: 1}},
		}); err != nil {
			b.Error(err)
		}
		waits = append(waits, time.Since(began))
	}
	for round := 0; b.Loop(); round++ {
		var file strings.Builder
		file.WriteString("productId;productName;dailyPrice;locationId;locationName;quantity;" +
			"warningThreshold;criticalThreshold\n")
		for i := range 20_000 {
			fmt.Fprintf(&file, "p%d-%d;Fúrókalapács %d;4900;l%d;Telep %d;8;4;2\n", round, i/4, i/4, i%4, i%4)
		}
		done := make(chan error, 1)
		began := time.Now()
		go func() {
			_, err := use.Catalogue.ImportCSV(ctx, admin, strings.NewReader(file.String()))
			done <- err
		}()
		for running := true; running; {
			select {
			case err := <-done:
				if err != nil {
					b.Fatal(err)
				}
				running = false
			default:
				checkOut()
			}
		}
		b.ReportMetric(time.Since(began).Seconds(), "import-s")
	}
	slices.Sort(waits)
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	b.ReportMetric(float64(len(waits)), "checkouts")
	b.ReportMetric(ms(waits[len(waits)/2]), "p50-ms")
	b.ReportMetric(ms(waits[len(waits)*99/100]), "p99-ms")
	b.ReportMetric(ms(waits[len(waits)-1]), "max-ms")
}

// testImportBarcodes: a file gives a product its barcodes, a dash takes them away, and an
// empty cell keeps them. No barcode is a dash: each has a letter or digit.
func testImportBarcodes(t *testing.T, open Open) {
	env := NewRentalEnv(t, open)
	load := func(lines ...string) (shop.ImportReport, error) {
		t.Helper()
		file := "productId;productName;barcodes\n" + strings.Join(lines, "\n")
		return env.Catalogue.ImportCSV(t.Context(), Admin(), strings.NewReader(file))
	}
	for _, tc := range []struct {
		lines []string
		drill []string
	}{
		{[]string{"drill;;111 222"}, []string{"111", "222"}},
		{[]string{"drill;;"}, []string{"111", "222"}},
		{[]string{"drill;;-"}, nil},
		{[]string{"drill;;111"}, []string{"111"}},
		{[]string{"drill;; – "}, nil},
		{[]string{"drill;;'-"}, nil},
		{[]string{"new;New;-"}, nil},
	} {
		if _, err := load(tc.lines...); err != nil {
			t.Fatalf("%v: %v", tc.lines, err)
		}
		p, err := env.Store.FindProduct(t.Context(), "a", "drill")
		if err != nil || !slices.Equal(p.Barcodes, tc.drill) {
			t.Errorf("%v: barcodes %q, %v, want %q", tc.lines, p.Barcodes, err, tc.drill)
		}
	}
	if _, err := load("drill;;333"); err != nil {
		t.Fatal(err)
	}
	report, err := env.Catalogue.PreviewImport(t.Context(), Admin(),
		strings.NewReader("productId;barcodes\ndrill;-\nnew;-"))
	if err != nil || report.Changed != 1 || report.Untouched != 1 || len(report.Changes) != 1 {
		t.Errorf("preview %+v, %v", report, err)
	}
	if _, err := load("drill;;-", "drill;;333"); harang.ErrorCode(err) != harang.CodeInvalidRequest {
		t.Errorf("none and one: %v", err)
	}
}

// testImportInvariants: any interleaving of imports with checkouts, returns, adjustments and archiving keeps every
// quantity at 0 or above and equal to the sum of its movements, and the pieces that rentals took equal to those that
// are out.
func testImportInvariants(t *testing.T, open Open) {
	env := NewRentalEnv(t, open)
	env.AddStock(t, "saw", "main", shop.StockPut{Quantity: 5, WarningThreshold: 3})
	ctx := t.Context()
	products := []string{"drill", "saw"}
	var mu sync.Mutex // guards rentals
	var rentals []string
	act := func(action, product string, pieces int64) error {
		switch action {
		case "checkout":
			checkout := env.NewCheckout(pieces, nil)
			checkout.Lines[0].ProductID = product
			out, err := env.Rentals.Create(ctx, Clerk(), checkout)
			if err == nil {
				mu.Lock()
				rentals = append(rentals, out.Rental.ID)
				mu.Unlock()
			}
			return err
		case "return":
			mu.Lock()
			id := ""
			if len(rentals) > 0 {
				id = rentals[int(pieces)%len(rentals)]
			}
			mu.Unlock()
			if id == "" {
				return nil
			}
			_, err := env.Rentals.Return(ctx, Clerk(), id)
			return err
		case "adjust":
			_, err := env.Inventory.Adjust(ctx, Clerk(), shop.Adjustment{ProductID: product, LocationID: "main",
				Delta: 2*pieces - 7, Reason: "count"})
			return err
		case "archive":
			_, err := env.Catalogue.ChangeProduct(ctx, Admin(), shop.ProductChange{ID: product,
				Archived: new(pieces > 4)})
			return err
		}
		file := fmt.Sprintf("productId,productName,barcodes,locationId,quantity,warningThreshold\n"+
			"drill,Fúró %[1]d,d-%[1]d,main,%[1]d,%[2]d\nsaw,Fűrész,,main,%[2]d,\n", pieces, pieces+3)
		_, err := env.Catalogue.ImportCSV(ctx, Admin(), strings.NewReader(file))
		return err
	}
	rapid.Check(t, func(rt *rapid.T) {
		var fns []func()
		for range rapid.IntRange(1, 10).Draw(rt, "actions") {
			action := rapid.SampledFrom([]string{"import", "import", "checkout", "checkout", "return", "adjust",
				"archive"}).Draw(rt, "action")
			product := rapid.SampledFrom(products).Draw(rt, "product")
			pieces := rapid.Int64Range(1, 6).Draw(rt, "pieces")
			fns = append(fns, func() {
				err := act(action, product, pieces)
				switch harang.ErrorCode(err) {
				case "", harang.CodeInsufficientStock, harang.CodeAlreadyReturned, harang.CodeArchived:
				default:
					t.Errorf("%s of %d %s: %v", action, pieces, product, err)
				}
			})
		}
		runConcurrently(fns)
		out := map[string]int64{}
		for _, id := range rentals {
			r, _, err := env.Rentals.Find(ctx, Clerk(), id)
			if err != nil {
				rt.Fatal(err)
			}
			if !r.Status.Closed() {
				out[r.Lines[0].ProductID] += r.Lines[0].Quantity
			}
		}
		for _, product := range products {
			item, err := env.Inventory.Item(ctx, Clerk(), product, "main")
			if err != nil {
				rt.Fatal(err)
			}
			movements, err := env.Store.FindMovements(ctx, "a", product, "main", 1_000_000)
			if err != nil {
				rt.Fatal(err)
			}
			var sum, rented int64
			for _, m := range movements {
				sum += m.Delta
				if m.Reason == "checkout" || m.Reason == "return" {
					rented -= m.Delta
				}
			}
			if have := item.Level.Quantity; have < 0 || have != sum || rented != out[product] {
				rt.Fatalf("%d %s, movements %d, taken by rentals %d, out %d", have, product, sum, rented, out[product])
			}
		}
	})
	if len(rentals) < 20 {
		t.Errorf("only %d rentals were created", len(rentals))
	}
}
