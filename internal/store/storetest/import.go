package storetest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

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
