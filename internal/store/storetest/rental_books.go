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

// step is one thing that somebody does at the counter.
type step struct {
	what    string
	product string
	place   string
	pieces  int64
	both    bool   // a second line, of the other product
	card    string // "" pays nothing, "cash" pays in cash
	pick    int    // which rental is meant, of those made so far
}

var steps = rapid.Custom(func(rt *rapid.T) step {
	return step{
		what:    rapid.SampledFrom([]string{"checkout", "checkout", "checkout", "return", "cancel", "adjust", "pay", "round"}).Draw(rt, "what"),
		product: rapid.SampledFrom([]string{"p", "q"}).Draw(rt, "product"),
		place:   rapid.SampledFrom([]string{"l", "m"}).Draw(rt, "place"),
		pieces:  rapid.Int64Range(1, 4).Draw(rt, "pieces"),
		both:    rapid.Bool().Draw(rt, "both"),
		card:    rapid.SampledFrom([]string{"", "", "cash", "good", "bad", "slow"}).Draw(rt, "card"),
		pick:    rapid.IntRange(0, 20).Draw(rt, "pick"),
	}
})

// journal is what a test knows of what was done.
type journal struct {
	mu       sync.Mutex // guards the rest
	rentals  []string
	adjusted map[[2]string]int64
}

func (j *journal) pick(n int) (string, bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.rentals) == 0 {
		return "", false
	}
	return j.rentals[max(0, len(j.rentals)-1-n)], true
}

// testRentalBooks: any interleaving of checkouts, returns, cancellings,
// payments, adjustments and the housekeeper keeps every quantity at 0 or above
// and equal to its books: to its movements, and to what was put there less what
// is out. Money adds up and rings once.
func testRentalBooks(t *testing.T, open Open) {
	c := NewCounter(t, open)
	c.Bank.Answer("bad", declined, declined)
	c.Bank.Answer("slow", unknown, paid)
	const first = 6
	for _, product := range []string{"p", "q"} {
		for _, place := range []string{"l", "m"} {
			c.AddStock(t, product, place, shop.StockPut{Quantity: first, WarningThreshold: 4, CriticalThreshold: 2})
		}
	}
	j := &journal{adjusted: map[[2]string]int64{}}
	rapid.Check(t, func(rt *rapid.T) {
		plan := rapid.SliceOfN(steps, 1, 12).Draw(rt, "plan")
		fns := make([]func(), len(plan))
		for i, s := range plan {
			fns[i] = func() { c.do(t, j, s) }
		}
		together(fns)
		c.Clock.Move(time.Duration(rapid.IntRange(0, 40).Draw(rt, "minutes")) * time.Minute)
		c.balance(t, rt, j, first)
	})
	if len(j.rentals) < 20 {
		t.Errorf("only %d rentals were made", len(j.rentals))
	}
	t.Logf("%d rentals, %d events", len(j.rentals), len(c.Entries(t, harang.AudienceManagers)))
}

// do takes one step; only what the rules allow may go wrong.
func (c *Counter) do(t *testing.T, j *journal, s step) {
	ctx := t.Context()
	var err error
	switch s.what {
	case "checkout":
		ask := shop.Checkout{
			PartnerID: "acme", LocationID: s.place, Due: c.Clock.Now().Add(time.Hour),
			Lines: []shop.CheckoutLine{{ProductID: s.product, Quantity: s.pieces}},
		}
		if s.both {
			other := map[string]string{"p": "q", "q": "p"}[s.product]
			ask.Lines = append(ask.Lines, shop.CheckoutLine{ProductID: other, Quantity: 1})
		}
		switch s.card {
		case "":
		case "cash":
			ask.Payment = &shop.PaymentOrder{Method: harang.PaymentCash}
		default:
			ask.Payment = Card(s.card)
		}
		var out shop.CheckoutResult
		if out, err = c.Rentals.Create(ctx, Clerk(), ask); err == nil {
			j.mu.Lock()
			j.rentals = append(j.rentals, out.Rental.ID)
			j.mu.Unlock()
		}
	case "adjust":
		delta := s.pieces - 2
		if delta <= 0 {
			delta--
		}
		if _, err = c.Inventory.Adjust(ctx, Clerk(), shop.Adjustment{ProductID: s.product, LocationID: s.place, Delta: delta, Reason: "count"}); err == nil {
			j.mu.Lock()
			j.adjusted[[2]string{s.product, s.place}] += delta
			j.mu.Unlock()
		}
	case "round":
		err = c.Housekeeper.Round(ctx)
	default:
		id, ok := j.pick(s.pick)
		if !ok {
			return
		}
		switch s.what {
		case "return":
			_, err = c.Rentals.Return(ctx, Clerk(), id)
		case "cancel":
			_, err = c.Rentals.Cancel(ctx, Clerk(), id)
		case "pay":
			_, err = c.Payments.Pay(ctx, Clerk(), shop.NewPayment{RentalID: id, Amount: s.pieces * 500, PaymentOrder: *Card("good")})
		}
	}
	switch harang.ErrorCode(err) {
	case "", harang.CodeInsufficientStock, harang.CodeAlreadyReturned, harang.CodeConflict:
	case harang.CodeInvalidRequest:
		if s.what != "pay" { // more than is owed
			t.Errorf("%+v: %v", s, err)
		}
	default:
		t.Errorf("%+v: %v", s, err)
	}
}

// balance holds stock, rentals, payments and events against each other.
func (c *Counter) balance(t *testing.T, rt *rapid.T, j *journal, first int64) {
	rt.Helper()
	ctx := t.Context()
	out := map[[2]string]int64{}
	opened := map[string]bool{} // rentals that must have rung; cancelled ones may have
	failed := map[string]bool{}
	for _, id := range j.rentals {
		r, payments, err := c.Rentals.Find(ctx, Clerk(), id)
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
			if taken := c.Bank.Taken()[p.ID]; taken > p.Amount {
				rt.Fatalf("the bank took %d for %+v", taken, p)
			}
		}
		if r.Paid != paid || r.Pending != pending {
			rt.Fatalf("%+v with payments %+v", r, payments)
		}
	}
	for _, product := range []string{"p", "q"} {
		for _, place := range []string{"l", "m"} {
			page, err := c.Inventory.Stock(ctx, Clerk(), harang.StockQuery{LocationID: place})
			at := slices.IndexFunc(page.Items, func(i harang.StockItem) bool { return i.ProductID == product })
			if err != nil || at < 0 {
				rt.Fatalf("%v, %v", page.Items, err)
			}
			have, key := page.Items[at].Level.Quantity, [2]string{product, place}
			booked, err := c.Store.SumMovements(ctx, "a", product, place)
			if err != nil {
				rt.Fatal(err)
			}
			if want := first + j.adjusted[key] - out[key]; have < 0 || have != booked || have != want {
				rt.Fatalf("%v: %d there, %d booked, %d put there and not out", key, have, booked, want)
			}
		}
	}
	rang, told := map[string]int{}, map[string]int{}
	for _, e := range c.Entries(t, harang.AudienceManagers) {
		var body struct {
			Data struct{ RentalID, TransactionID string }
		}
		if err := json.Unmarshal(e.Body, &body); err != nil {
			rt.Fatal(err)
		}
		switch e.Type {
		case createdType:
			rang[body.Data.RentalID]++
		case errorType:
			told[body.Data.TransactionID]++
		}
	}
	for id, n := range rang {
		if n != 1 {
			rt.Fatalf("rental %s rang %d times", id, n)
		}
	}
	for id, want := range opened {
		if (rang[id] == 1) != want {
			rt.Fatalf("rental %s rang %d times, opened %v", id, rang[id], want)
		}
	}
	for id, want := range failed {
		if (told[id] == 1) != want || told[id] > 1 {
			rt.Fatalf("payment %s was told %d times, failed %v", id, told[id], want)
		}
	}
}
