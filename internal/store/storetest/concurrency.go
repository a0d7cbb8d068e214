package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"harang.dev/harang"
	"harang.dev/harang/internal/ingest"
	"harang.dev/harang/internal/shop"
)

// runConcurrently starts the functions at the same time and waits for all.
func runConcurrently(fns []func()) {
	var wg sync.WaitGroup
	start := make(chan struct{})
	for _, fn := range fns {
		wg.Go(func() {
			<-start
			fn()
		})
	}
	close(start)
	wg.Wait()
}

var errRolledBack = errors.New("rolled back on purpose")

// testNumbers: after any concurrent transactions, committed, rolled back, repeated or
// cancelled, every feed's numbers are 1, 2, 3 … and the feed has exactly the committed
// events, each once.
func testNumbers(t *testing.T, open Open) {
	env := NewEnv(t, open)
	env.AddTenant(t, "b")
	ctx := t.Context()
	var mu sync.Mutex
	committed := map[string]map[string]bool{"a": {}, "b": {}} // ids of the managers' feed by tenant
	var feeds []harang.FeedID
	seen, last := map[harang.FeedID]map[string]bool{}, map[harang.FeedID]int64{}
	for tenant := range committed {
		for _, audience := range []harang.Audience{harang.AudienceManagers, harang.AudienceOperators} {
			feed := harang.FeedID{Tenant: tenant, Audience: audience}
			feeds, seen[feed] = append(feeds, feed), map[string]bool{}
		}
	}
	source := 0
	rapid.Check(t, func(rt *rapid.T) {
		type plan struct {
			tenants   []string
			source    int // 0: none
			fails     bool
			cancelled bool
		}
		plans := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) plan {
			return plan{
				tenants:   rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b"}), 1, 3).Draw(rt, "tenants"),
				source:    rapid.IntRange(0, 3).Draw(rt, "source"),
				fails:     rapid.IntRange(0, 3).Draw(rt, "fails") == 0,
				cancelled: rapid.IntRange(0, 7).Draw(rt, "cancelled") == 0,
			}
		}), 1, 24).Draw(rt, "plans")
		source += 10
		round := source
		fns := make([]func(), len(plans))
		for i, p := range plans {
			fns[i] = func() {
				ctx := ctx
				if p.cancelled {
					limited, cancel := context.WithTimeout(ctx, time.Duration(i)*50*time.Microsecond)
					defer cancel()
					ctx = limited
				}
				var events []harang.Event
				for n, tenant := range p.tenants {
					e := Alert(t, tenant)
					if n == 1 {
						e = Rental(t, tenant)
					}
					if p.source > 0 {
						e.Source, e.SourceID = "s", fmt.Sprint(round+p.source)
					}
					events = append(events, e)
				}
				var results []ingest.Appended
				var err error
				if p.fails {
					err = env.Store.Within(ctx, func(tx shop.Tx) error {
						tx.Append(events...)
						return errRolledBack
					})
				} else {
					results, err = env.Store.AppendEvents(ctx, events)
				}
				switch {
				case err == nil:
					mu.Lock()
					defer mu.Unlock()
					for n, r := range results {
						committed[p.tenants[n]][r.EventID] = true
					}
				case p.fails && errors.Is(err, errRolledBack):
				case p.cancelled && harang.ErrorCode(err) == harang.CodeUnavailable:
				default:
					t.Errorf("%+v: %v", p, err)
				}
			}
		}
		runConcurrently(fns)
		for _, feed := range feeds {
			entries, err := env.Store.EntriesAfter(ctx, feed, last[feed], 1_000_000)
			if err != nil {
				rt.Fatal(err)
			}
			for _, e := range entries {
				if e.Number != last[feed]+1 {
					rt.Fatalf("%s: %d is followed by %d", feed, last[feed], e.Number)
				}
				if last[feed] = e.Number; seen[feed][e.EventID] || !committed[feed.Tenant][e.EventID] {
					rt.Fatalf("%s: %s is there twice or was not committed", feed, e.EventID)
				}
				seen[feed][e.EventID] = true
			}
			if n := len(committed[feed.Tenant]); feed.Audience == harang.AudienceManagers && len(seen[feed]) != n {
				rt.Fatalf("%s: %d events, want the %d committed ones", feed, len(seen[feed]), n)
			}
		}
	})
}

// testStockInvariants: any interleaving of adjustments and replacements from several
// goroutines keeps every quantity at 0 or above and equal to the sum of its movements,
// and alerts exactly when a serial run of the same changes would.
func testStockInvariants(t *testing.T, open Open) {
	env := NewEnv(t, open)
	ctx := t.Context()
	products, locations := []string{"p", "q"}, []string{"l", "m"}
	for _, p := range products {
		for _, l := range locations {
			env.AddStock(t, p, l, shop.StockPut{Quantity: 5, WarningThreshold: 4, CriticalThreshold: 2})
		}
	}
	rapid.Check(t, func(rt *rapid.T) {
		type plan struct {
			product, location string
			delta             int64
			put               bool
		}
		plans := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) plan {
			return plan{
				product:  rapid.SampledFrom(products).Draw(rt, "product"),
				location: rapid.SampledFrom(locations).Draw(rt, "location"),
				delta:    rapid.SampledFrom([]int64{-4, -3, -2, -1, 1, 2, 3}).Draw(rt, "delta"),
				put:      rapid.IntRange(0, 9).Draw(rt, "put") == 0,
			}
		}), 1, 24).Draw(rt, "plans")
		fns := make([]func(), len(plans))
		for i, p := range plans {
			fns[i] = func() {
				var err error
				if p.put {
					_, err = env.Catalogue.PutStock(ctx, Admin(), p.product, p.location,
						shop.StockPut{Quantity: p.delta + 4, WarningThreshold: 4, CriticalThreshold: 2})
				} else {
					_, err = env.Inventory.Adjust(ctx, Admin(),
						shop.Adjustment{ProductID: p.product, LocationID: p.location, Delta: p.delta, Reason: "r"})
				}
				if code := harang.ErrorCode(err); code != "" && code != harang.CodeInsufficientStock {
					t.Errorf("%+v: %v", p, err)
				}
			}
		}
		runConcurrently(fns)
		page, err := env.Inventory.Stock(ctx, Admin(), harang.StockQuery{})
		if err != nil || len(page.Items) != len(products)*len(locations) {
			rt.Fatal(page, err)
		}
		for _, i := range page.Items {
			sum, err := env.Store.SumMovements(ctx, "a", i.ProductID, i.LocationID)
			if err != nil || i.Level.Quantity < 0 || sum != i.Level.Quantity {
				rt.Fatalf("%s at %s: quantity %d, movements %d, %v", i.ProductID, i.LocationID, i.Level.Quantity, sum,
					err)
			}
		}
	})
	env.checkAlerts(t, products, locations)
}

// checkAlerts replays each item's movements in the order of their commits and compares
// the alerts that they must have caused with those in the feed. A movement gets its id
// while its item is locked, so the order of ids is that of commits.
func (env *Env) checkAlerts(t *testing.T, products, locations []string) {
	t.Helper()
	got := map[string][]int64{}
	for _, e := range env.Entries(t, harang.AudienceOperators) {
		a := alertOf(t, e)
		got[a.ProductID+" "+a.LocationID] = append(got[a.ProductID+" "+a.LocationID], a.CurrentQuantity)
	}
	for _, p := range products {
		for _, l := range locations {
			moves, err := env.Store.FindMovements(t.Context(), "a", p, l, 1_000_000)
			if err != nil {
				t.Fatal(err)
			}
			slices.Reverse(moves)
			var want []int64
			level := harang.NewLevel(moves[0].Quantity, harang.Thresholds{Warning: 4, Critical: 2})
			for _, m := range moves[1:] {
				var alerted harang.Severity
				if level, alerted = level.Change(m.Quantity, level.Thresholds, false); alerted != "" {
					want = append(want, m.Quantity)
				}
			}
			if !slices.Equal(got[p+" "+l], want) {
				t.Errorf("%s at %s: alerts at quantities %v, want %v", p, l, got[p+" "+l], want)
			}
		}
	}
}
