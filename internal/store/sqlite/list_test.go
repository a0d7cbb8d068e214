package sqlite_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/shop"
	"harang.dev/harang/internal/store"
	"harang.dev/harang/internal/store/storetest"
)

// BenchmarkImport measures checkouts beside an import.
func BenchmarkImport(b *testing.B) { storetest.BenchmarkImport(b, open(b, store.Options{})) }

// BenchmarkLists measures the lists of a big shop: 2,500 products at two locations,
// 100,000 events.
func BenchmarkLists(b *testing.B) {
	st := open(b, store.Options{})
	ctx := context.Background()
	if err := st.CreateTenant(ctx, harang.Tenant{ID: "a", Name: "A"}); err != nil {
		b.Fatal(err)
	}
	use := shop.New(shop.Options{Store: st, NewID: storetest.IDs()})
	catalogue, inventory, notes := use.Catalogue, use.Inventory, use.Notifications
	var csv strings.Builder
	csv.WriteString("productId,productName,dailyPrice,locationId,locationName," +
		"quantity,warningThreshold,criticalThreshold\n")
	for i := range 5000 {
		fmt.Fprintf(&csv, "p%d,Fúrókalapács %d,1000,l%d,Váci út %d,%d,5,3\n", i/2, i/2, i%2, i%2, 1+i%50)
	}
	began := time.Now()
	if _, err := catalogue.ImportCSV(ctx, storetest.Admin(), strings.NewReader(csv.String())); err != nil {
		b.Fatal(err)
	}
	b.Logf("importing 5,000 lines took %s", time.Since(began))
	alert, rental := storetest.Alert(b, "a"), storetest.Rental(b, "a")
	for range 1000 {
		if err := st.Within(ctx, func(tx shop.Tx) error {
			for i := range 100 {
				if i%10 == 0 {
					tx.Append(alert)
				} else {
					tx.Append(rental)
				}
			}
			return nil
		}); err != nil {
			b.Fatal(err)
		}
	}
	operator := storetest.As(harang.RoleOperator, "kata")
	for _, tc := range []struct {
		name string
		call func() error
	}{
		{"stock", func() error { _, err := inventory.Stock(ctx, operator, harang.StockQuery{}); return err }},
		{"stock search", func() error {
			_, err := inventory.Stock(ctx, operator, harang.StockQuery{Search: "kalapacs 2499 vaci"})
			return err
		}},
		{"stock of one location", func() error {
			_, err := inventory.Stock(ctx, operator, harang.StockQuery{LocationID: "l1"})
			return err
		}},
		{"products search", func() error {
			_, err := catalogue.Products(ctx, operator, harang.CatalogueQuery{Search: "kalapacs 2499", Limit: 20})
			return err
		}},
		{"alerts", func() error { _, err := inventory.Alerts(ctx, operator, "", 50); return err }},
		{"count stock", func() error { _, err := st.CountStock(ctx, "a", ""); return err }},
		{"notifications", func() error {
			_, _, err := notes.List(ctx, operator, harang.NotificationQuery{})
			return err
		}},
		{"notifications of a type", func() error {
			_, _, err := notes.List(ctx, operator, harang.NotificationQuery{Type: "stock_alert"})
			return err
		}},
		{"notifications since", func() error {
			_, _, err := notes.List(ctx, operator, harang.NotificationQuery{Since: time.Now().Add(-time.Second)})
			return err
		}},
		{"read one", func() error {
			_, err := notes.MarkRead(ctx, operator, shop.ReadRequest{EventIDs: []string{"x"}})
			return err
		}},
	} {
		b.Run(tc.name, func(b *testing.B) {
			for b.Loop() {
				if err := tc.call(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
