package storetest

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
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
	both     bool   // a checkout has a second line, of the other product; an import counts pieces, too
	card     string // "" without a payment, "cash" in cash
	rental   int    // which of the rentals so far, 0 the newest
	credit   bool   // a return credits unused days
	key      int    // what is done under the same key is done once; 0 for none
}

var steps = rapid.Custom(func(rt *rapid.T) step {
	return step{
		action: rapid.SampledFrom([]string{"checkout", "checkout", "checkout", "return", "return some", "extend",
			"cancel", "adjust", "pay", "pay", "retry refunds", "import", "housekeeping"}).Draw(rt, "action"),
		product:  rapid.SampledFrom([]string{"p", "q"}).Draw(rt, "product"),
		location: rapid.SampledFrom([]string{"l", "m"}).Draw(rt, "location"),
		pieces:   rapid.Int64Range(1, 4).Draw(rt, "pieces"),
		both:     rapid.Bool().Draw(rt, "both"),
		card:     rapid.SampledFrom([]string{"", "", "cash", "good", "bad", "slow", "stuck"}).Draw(rt, "card"),
		rental:   rapid.IntRange(0, 20).Draw(rt, "rental"),
		credit:   rapid.Bool().Draw(rt, "credit"),
		key:      rapid.IntRange(0, 2).Draw(rt, "key"),
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

// testRentalInvariants: any interleaving of checkouts, whole and partial returns,
// extensions, cancellations, payments, refunds that the provider makes or refuses,
// adjustments, imports and housekeeping keeps every quantity at 0 or above and equal to
// the sum of its movements, and to the stock put there less the pieces that are out.
// Rentals equal the sum of their payments less their refunds, nobody gets back more than
// was paid, the provider's books equal ours, and each rental has one event.
// One round of them; 20 with HARANG_SOAK=1.
func testRentalInvariants(t *testing.T, open Open) {
	rounds := 1
	if os.Getenv("HARANG_SOAK") != "" {
		rounds = 20
	}
	for range rounds {
		testRentalInvariantsOnce(t, open)
	}
}

func testRentalInvariantsOnce(t *testing.T, open Open) {
	env := NewRentalEnv(t, open)
	env.Provider.SetAnswers("bad", declined, declined)
	env.Provider.SetAnswers("slow", unknown, paid)
	env.Provider.offered = append(env.Provider.offered, harang.Card{Token: "stuck"})
	env.Provider.SetRefund("stuck", shop.Settlement{Status: harang.PaymentDeclined, ErrorCode: "bank:refused"})
	for product, price := range map[string]int64{"p": 333, "q": 1001} { // cash is rounded
		if err := env.Catalogue.PutProduct(t.Context(), Admin(),
			harang.Product{ID: product, Name: product, DailyPrice: price}); err != nil {
			t.Fatal(err)
		}
	}
	for _, product := range []string{"p", "q"} {
		for _, location := range []string{"l", "m"} {
			env.AddStock(t, product, location, shop.StockPut{Quantity: 6, WarningThreshold: 4,
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
		env.checkInvariants(t, rt, h)
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
			PartnerID: "acme", LocationID: s.location, Due: shop.DueAt{Time: env.Clock.Now().Add(72 * time.Hour)},
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
	case "import":
		file := fmt.Sprintf("productId,dailyPrice\n%s,%d\n", s.product, 300+s.pieces)
		if s.both {
			file = fmt.Sprintf("productId,locationId,quantity,warningThreshold\n%s,%s,%d,%d\n", s.product, s.location,
				4*s.pieces, 3+s.pieces)
		}
		_, err = env.Catalogue.ImportCSV(ctx, Admin(), strings.NewReader(file))
	case "retry refunds":
		var page harang.Page[harang.Refund]
		if page, err = env.Payments.Refunds(ctx, Admin(), harang.RefundQuery{Open: true}); err != nil {
			break
		}
		for _, f := range page.Items {
			if _, err = env.Payments.RetryRefund(ctx, Clerk(), f.ID); err != nil {
				break
			}
		}
	default:
		id, ok := h.rental(s.rental)
		if !ok {
			return
		}
		switch s.action {
		case "return":
			_, err = env.Rentals.ReturnPieces(ctx, Clerk(), id, shop.PieceReturn{Credit: s.credit})
		case "return some":
			p := shop.PieceReturn{Lines: []shop.CheckoutLine{{ProductID: s.product, Quantity: 1}}, Credit: s.credit}
			if s.key > 0 {
				p.ID = fmt.Sprint(id, "-", s.key)
			}
			_, err = env.Rentals.ReturnPieces(ctx, Clerk(), id, p)
		case "extend":
			_, err = env.Rentals.Extend(ctx, Clerk(), id,
				shop.Extension{Due: shop.DueAt{Time: env.Clock.Now().Add(time.Duration(s.pieces) * 48 * time.Hour)}})
		case "cancel":
			_, err = env.Rentals.Cancel(ctx, Clerk(), id)
		case "pay":
			pay := shop.NewPayment{RentalID: id, Amount: s.pieces * 500, PaymentOrder: *Card("good")}
			if r, findErr := env.Store.FindRental(ctx, "a", id); findErr == nil && s.both {
				// What settles it in cash at this moment.
				pay.Amount, pay.PaymentOrder = r.OwedCash(), shop.PaymentOrder{Method: harang.PaymentCash}
			}
			_, err = env.Payments.Pay(ctx, Clerk(), pay)
		}
	}
	switch harang.ErrorCode(err) {
	case "", harang.CodeInsufficientStock, harang.CodeAlreadyReturned, harang.CodeConflict:
	case harang.CodePriceChanged:
		if s.action != "pay" { // the amount exceeds the debt
			t.Errorf("%+v: %v", s, err)
		}
	case harang.CodeInvalidRequest:
		// Not out any more; an earlier due instant; nothing is owed.
		if s.action != "return some" && s.action != "extend" && s.action != "pay" {
			t.Errorf("%+v: %v", s, err)
		}
	default:
		t.Errorf("%+v: %v", s, err)
	}
}

// checkInvariants compares stock, rentals, payments and events with each other.
func (env *RentalEnv) checkInvariants(t *testing.T, rt *rapid.T, h *history) {
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
				out[[2]string{l.ProductID, r.LocationID}] += l.Out()
			}
		}
		if r.Status != harang.RentalCancelled {
			opened[id] = r.Status != harang.RentalAwaitingPayment
		}
		refunds := env.refundsOf(t, id)
		var paid, pending, rounding, refunded, refundPending int64
		back, deciding := map[string]int64{}, map[string]int64{} // by payment
		for _, f := range refunds {
			if f.Method == harang.PaymentCash && (f.Amount%harang.CashStep != 0 || f.Status != harang.RefundSucceeded) {
				rt.Fatalf("%+v", f)
			}
			if f.Status == harang.RefundSucceeded {
				refunded += f.Amount
				rounding += f.Rounding
				back[f.PaymentID] += f.Amount
			} else {
				refundPending += f.Amount
				deciding[f.PaymentID] += f.Amount
			}
		}
		for _, p := range payments {
			switch p.Status {
			case harang.PaymentSucceeded, harang.PaymentReversed:
				paid += p.Amount
				rounding += p.Rounding
			case harang.PaymentPending:
				pending += p.Amount
			}
			failed[p.ID] = !p.Failed.IsZero()
			if p.Refunded != back[p.ID] || back[p.ID]+deciding[p.ID] > p.Amount ||
				(p.Status == harang.PaymentReversed) != (p.Refunded == p.Amount && p.Status.Rank() > 2) {
				rt.Fatalf("%+v, refunded %d, to be refunded %d", p, back[p.ID], deciding[p.ID])
			}
			took := p.Status == harang.PaymentSucceeded || p.Status == harang.PaymentReversed
			if charged := env.Provider.Charged()[p.ID]; p.Method == harang.PaymentCard && took &&
				charged != p.Amount-p.Refunded {
				rt.Fatalf("%d were charged and not refunded for %+v", charged, p)
			}
		}
		if r.Paid != paid-refunded || r.Pending != pending || r.Refunded != refunded ||
			r.RefundPending != refundPending || r.Rounding != rounding || r.Overpaid() > 0 {
			rt.Fatalf("%+v with payments %+v and refunds %+v", r, payments, refunds)
		}
		if want := priceOf(r); r.TotalValue > want || r.TotalValue < 0 {
			rt.Fatalf("%+v costs more than %d", r, want)
		}
	}
	for _, product := range []string{"p", "q"} {
		for _, location := range []string{"l", "m"} {
			page, err := env.Inventory.Stock(ctx, Clerk(), harang.StockQuery{LocationID: location, Out: true})
			at := slices.IndexFunc(page.Items, func(i harang.StockListItem) bool { return i.ProductID == product })
			if err != nil || at < 0 {
				rt.Fatalf("%v, %v", page.Items, err)
			}
			have, key := page.Items[at].Level.Quantity, [2]string{product, location}
			moved, err := env.Store.SumMovements(ctx, "a", product, location)
			if err != nil {
				rt.Fatal(err)
			}
			movements, err := env.Store.FindMovements(ctx, "a", product, location, 1_000_000)
			if err != nil {
				rt.Fatal(err)
			}
			var counted int64 // at first and by imports
			for _, m := range movements {
				if m.Reason == "catalogue" {
					counted += m.Delta
				}
			}
			if want := counted + h.adjusted[key] - out[key]; have < 0 || have != moved || have != want {
				rt.Fatalf("%v: %d in stock, %d by movements, %d put there less rented ones", key, have, moved, want)
			}
			if got := page.Items[at].Out; got != out[key] {
				rt.Fatalf("%v: %d counted out, %d are", key, got, out[key])
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

// priceOf is the price of a rental of which nothing came back early.
func priceOf(r harang.Rental) int64 {
	var total int64
	for _, l := range r.Lines {
		total += l.DailyPrice * l.Quantity * shop.RentalDays(r.Created, r.Due)
	}
	return total
}
