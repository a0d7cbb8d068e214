package httpapi_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/shop"
)

// BenchmarkShop measures what people wait for, in a shop with 5,000 stock
// levels and 10,000 rentals of the last two weeks: the median and the 99th
// percentile of each call, alone and while 8 clerks work at once.
//
//	go test ./internal/httpapi -run xxx -bench Shop -benchtime 2000x
func BenchmarkShop(b *testing.B) {
	s := newRentalEnv(b)
	fill(b, s, 5000, 10_000)
	clerk, manager := s.token(harang.RoleOperator), s.token(harang.RoleStoreManager)
	due := time.Now().Add(40 * time.Hour).UTC().Format(time.RFC3339)
	checkout := func(i int) []byte {
		return fmt.Appendf(
			nil,
			`{"partnerId":"acme","locationId":"l%d","dueAt":%q,"lines":[{"productId":"p%d","quantity":1},{"productId":"p%d","quantity":2},{"productId":"p%d","quantity":1}],"payment":{"method":"CARD","cardToken":"tok_ok"}}`,
			i%5,
			due,
			i%1000,
			(i+1)%1000,
			(i+2)%1000,
		)
	}
	for _, clerks := range []int{1, 8} {
		for _, call := range []struct {
			name string
			do   func(i int) response
			want int
		}{
			{"POST_rentals", func(i int) response {
				return s.call("POST", "/api/v1/rentals", clerk, checkout(i),
					map[string]string{"Idempotency-Key": fmt.Sprint(clerks, time.Now().UnixNano(), i)})
			}, http.StatusCreated},
			{"GET_summary", func(int) response { return s.call("GET", "/api/v1/dashboard/summary", manager, nil, nil) },
				http.StatusOK},
			{"GET_rentals", func(int) response { return s.call("GET", "/api/v1/rentals", clerk, nil, nil) },
				http.StatusOK},
			{"GET_payments", func(int) response {
				return s.call("GET", "/api/v1/payments?status=SUCCEEDED", manager,
					nil, nil)
			}, http.StatusOK},
			{"GET_products", func(i int) response {
				return s.call("GET", "/api/v1/products?search="+[]string{"f", "fu", "fúr", "makita", "p77"}[i%5],
					clerk, nil, nil)
			}, http.StatusOK},
		} {
			b.Run(fmt.Sprintf("%s/clerks=%d", call.name, clerks), func(b *testing.B) {
				took := make([]time.Duration, b.N)
				var wg sync.WaitGroup
				for c := range clerks {
					wg.Go(func() {
						for i := c; i < b.N; i += clerks {
							began := time.Now()
							res := call.do(i)
							took[i] = time.Since(began)
							if res.status != call.want {
								b.Errorf("%d %s", res.status, res.body)
								return
							}
						}
					})
				}
				wg.Wait()
				slices.Sort(took)
				b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
				b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}

// fill makes a catalogue and rentals through the use cases, at instants of the
// last 14 days.
func fill(b *testing.B, s *rentalEnv, levels, rentals int) {
	b.Helper()
	admin := harang.Identity{Tenant: "a", UserID: "admin", Name: "Admin", Role: harang.RoleAdmin}
	var csv strings.Builder
	csv.WriteString(
		"productId,productName,dailyPrice,locationId,locationName,quantity,warningThreshold,criticalThreshold\n",
	)
	names := []string{
		"Makita fúrókalapács",
		"Bosch sarokcsiszoló",
		"Hilti vésőgép",
		"Honda áramfejlesztő",
		"Kärcher magasnyomású mosó",
	}
	for i := range levels {
		fmt.Fprintf(&csv, "p%d,%s %d,%d,l%d,Telephely %d,1000000,5,2\n", i/5,
			names[i/5%len(names)], i/5, 1000+i/5, i%5, i%5)
	}
	if _, err := shop.New(s.shop).Catalogue.ImportCSV(b.Context(), admin, strings.NewReader(csv.String())); err != nil {
		b.Fatal(err)
	}
	now := time.Now()
	at := now
	options := s.shop
	options.Clock = func() time.Time { return at }
	use := shop.New(options).Rentals
	for i := range rentals {
		at = now.Add(-time.Duration(rentals-i) * 14 * 24 * time.Hour / time.Duration(rentals))
		ask := shop.Checkout{
			PartnerID:  "acme",
			LocationID: fmt.Sprint("l", i%5),
			Due:        shop.DueAt{Time: at.Add(time.Duration(24+i%200) * time.Hour)},
			Lines: []shop.CheckoutLine{
				{
					ProductID: fmt.Sprint("p", i%1000),
					Quantity:  1,
				}, {ProductID: fmt.Sprint("p", (i+7)%1000), Quantity: 2},
			},
		}
		if i%3 > 0 {
			ask.Payment = &shop.PaymentOrder{Method: harang.PaymentCash}
		}
		made, err := use.Create(b.Context(), admin, ask)
		if err != nil {
			b.Fatal(err)
		}
		if i%2 == 0 {
			if _, err := use.Return(b.Context(), admin, made.Rental.ID); err != nil {
				b.Fatal(err)
			}
		}
	}
}
