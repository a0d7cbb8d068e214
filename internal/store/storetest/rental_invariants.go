package storetest

import (
	"encoding/json"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"harang.dev/harang"
	"harang.dev/harang/internal/shop"
)

// step is one action of an operator.
type step struct {
	action   string
	product  string
	location string
	pieces   int64
	both     bool   // with a second line, of the other product
	card     string // "" without a payment, "cash" in cash
	rental   int    // which of the rentals so far, 0 the newest
}

var steps = rapid.Custom(func(rt *rapid.T) step {
	return step{
		action: rapid.SampledFrom([]string{"checkout", "checkout", "checkout", "return", "cancel", "adjust", "pay",
			"housekeeping"}).Draw(rt, "action"),
		product:  rapid.SampledFrom([]string{"p", "q"}).Draw(rt, "product"),
		location: rapid.SampledFrom([]string{"l", "m"}).Draw(rt, "location"),
		pieces:   rapid.Int64Range(1, 4).Draw(rt, "pieces"),
		both:     rapid.Bool().Draw(rt, "both"),
		card:     rapid.SampledFrom([]string{"", "", "cash", "good", "bad", "slow"}).Draw(rt, "card"),
		rental:   rapid.IntRange(0, 20).Draw(rt, "rental"),
	}
})

// history records the steps that succeeded.
type history struct {
	mu       sync.Mutex // guards the rest
	rentals  []string
	adjusted map[[2]string]int64
}

func (h *history) rental(n int) (string, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.rentals) == 0 {
		return "", false
	}
	return h.rentals[max(0, len(h.rentals)-1-n)], true
}

// testRentalInvariants: any interleaving of checkouts, returns, cancellations,
// payments, adjustments and housekeeping keeps every quantity at 0 or above and equal
// to the sum of its movements, and to the stock put there less the rented pieces.
// Rentals equal the sum of their payments, and each has one event.
func testRentalInvariants(t *testing.T, open Open) {
	env := NewRentalEnv(t, open)
	env.Provider.SetAnswers("bad", declined, declined)
	env.Provider.SetAnswers("slow", unknown, paid)
	const first = 6
	for _, product := range []string{"p", "q"} {
		for _, location := range []string{"l", "m"} {
			env.AddStock(t, product, location, shop.StockPut{Quantity: first, WarningThreshold: 4,
				CriticalThreshold: 2})
		}
	}
	h := &history{adjusted: map[[2]string]int64{}}
	rapid.Check(t, func(rt *rapid.T) {
		plan := rapid.SliceOfN(steps, 1, 12).Draw(rt, "plan")
		fns := make([]func(), len(plan))
		for i, s := range plan {
			fns[i] = func() { env.perform(t, h, s) }
		}
		runConcurrently(fns)
		env.Clock.Move(time.Duration(rapid.IntRange(0, 40).Draw(rt, "minutes")) * time.Minute)
		env.checkInvariants(t, rt, h, first)
	})
	if len(h.rentals) < 20 {
		t.Errorf("only %d rentals were created", len(h.rentals))
	}
	t.Logf("%d rentals, %d events", len(h.rentals), len(env.Entries(t, harang.AudienceManagers)))
}

// perform runs one step. Only errors that the business rules allow are accepted.
func (env *RentalEnv) perform(t *testing.T, h *history, s step) {
	ctx := t.Context()
	var err error
	switch s.action {
	case "checkout":
		checkout := shop.Checkout{
			PartnerID: "acme", LocationID: s.location, Due: shop.DueAt{Time: env.Clock.Now().Add(time.Hour)},
			Lines: []shop.CheckoutLine{{ProductID: s.product, Quantity: s.pieces}},
		}
		if s.both {
			other := map[string]string{"p": "q", "q": "p"}[s.product]
			checkout.Lines = append(checkout.Lines, shop.CheckoutLine{ProductID: other, Quantity: 1})
		}
		switch s.card {
		case "":
		case "cash":
			checkout.Payment = &shop.PaymentOrder{Method: harang.PaymentCash}
		default:
			checkout.Payment = Card(s.card)
		}
		var out shop.CheckoutResult
		if out, err = env.Rentals.Create(ctx, Clerk(), checkout); err == nil {
			h.mu.Lock()
			h.rentals = append(h.rentals, out.Rental.ID)
			h.mu.Unlock()
		}
	case "adjust":
		delta := s.pieces - 2
		if delta <= 0 {
			delta--
		}
		if _, err = env.Inventory.Adjust(ctx, Clerk(), shop.Adjustment{ProductID: s.product, LocationID: s.location,
			Delta: delta, Reason: "count"}); err == nil {
			h.mu.Lock()
			h.adjusted[[2]string{s.product, s.location}] += delta
			h.mu.Unlock()
		}
	case "housekeeping":
		err = env.Housekeeper.Round(ctx)
	default:
		id, ok := h.rental(s.rental)
		if !ok {
			return
		}
		switch s.action {
		case "return":
			_, err = env.Rentals.Return(ctx, Clerk(), id)
		case "cancel":
			_, err = env.Rentals.Cancel(ctx, Clerk(), id)
		case "pay":
			_, err = env.Payments.Pay(ctx, Clerk(), shop.NewPayment{RentalID: id, Amount: s.pieces * 500,
				PaymentOrder: *Card("good")})
		}
	}
	switch harang.ErrorCode(err) {
	case "", harang.CodeInsufficientStock, harang.CodeAlreadyReturned, harang.CodeConflict:
	case harang.CodePriceChanged:
		if s.action != "pay" { // the amount exceeds the debt
			t.Errorf("%+v: %v", s, err)
		}
	default:
		t.Errorf("%+v: %v", s, err)
	}
}

// checkInvariants compares stock, rentals, payments and events with each other.
func (env *RentalEnv) checkInvariants(t *testing.T, rt *rapid.T, h *history, first int64) {
	rt.Helper()
	ctx := t.Context()
	out := map[[2]string]int64{}
	opened := map[string]bool{} // whether the rental must have an event; cancelled ones may have one
	failed := map[string]bool{}
	for _, id := range h.rentals {
		r, payments, err := env.Rentals.Find(ctx, Clerk(), id)
		if err != nil {
			rt.Fatal(err)
		}
		if !r.Status.Closed() {
			for _, l := range r.Lines {
				out[[2]string{l.ProductID, r.LocationID}] += l.Quantity
			}
		}
		if r.Status != harang.RentalCancelled {
			opened[id] = r.Status != harang.RentalAwaitingPayment
		}
		var paid, pending int64
		for _, p := range payments {
			switch p.Status {
			case harang.PaymentSucceeded:
				paid += p.Amount
			case harang.PaymentPending:
				pending += p.Amount
			}
			failed[p.ID] = !p.Failed.IsZero()
			if charged := env.Provider.Charged()[p.ID]; charged > p.Amount {
				rt.Fatalf("%d were charged for %+v", charged, p)
			}
		}
		if r.Paid != paid || r.Pending != pending {
			rt.Fatalf("%+v with payments %+v", r, payments)
		}
	}
	for _, product := range []string{"p", "q"} {
		for _, location := range []string{"l", "m"} {
			page, err := env.Inventory.Stock(ctx, Clerk(), harang.StockQuery{LocationID: location})
			at := slices.IndexFunc(page.Items, func(i harang.StockItem) bool { return i.ProductID == product })
			if err != nil || at < 0 {
				rt.Fatalf("%v, %v", page.Items, err)
			}
			have, key := page.Items[at].Level.Quantity, [2]string{product, location}
			moved, err := env.Store.SumMovements(ctx, "a", product, location)
			if err != nil {
				rt.Fatal(err)
			}
			if want := first + h.adjusted[key] - out[key]; have < 0 || have != moved || have != want {
				rt.Fatalf("%v: %d in stock, %d by movements, %d put there less rented ones", key, have, moved, want)
			}
		}
	}
	created, errored := map[string]int{}, map[string]int{}
	for _, e := range env.Entries(t, harang.AudienceManagers) {
		var body struct {
			Data struct{ RentalID, TransactionID string }
		}
		if err := json.Unmarshal(e.Body, &body); err != nil {
			rt.Fatal(err)
		}
		switch e.Type {
		case createdType:
			created[body.Data.RentalID]++
		case errorType:
			errored[body.Data.TransactionID]++
		}
	}
	for id, n := range created {
		if n != 1 {
			rt.Fatalf("rental %s has %d events", id, n)
		}
	}
	for id, want := range opened {
		if (created[id] == 1) != want {
			rt.Fatalf("rental %s has %d events, opened %v", id, created[id], want)
		}
	}
	for id, want := range failed {
		if (errored[id] == 1) != want || errored[id] > 1 {
			rt.Fatalf("payment %s has %d events, failed %v", id, errored[id], want)
		}
	}
}
