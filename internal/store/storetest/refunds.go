package storetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"harang.dev/harang"
	"harang.dev/harang/internal/shop"
)

func testRentalChanges(t *testing.T, open Open) {
	t.Run("PartialReturn", func(t *testing.T) { testPartialReturn(t, open) })
	t.Run("PartialReturnRefused", func(t *testing.T) { testPartialReturnRefused(t, open) })
	t.Run("Credit", func(t *testing.T) { testCredit(t, open) })
	t.Run("CreditCash", func(t *testing.T) { testCreditCash(t, open) })
	t.Run("Extension", func(t *testing.T) { testExtension(t, open) })
	t.Run("ManyPayments", func(t *testing.T) { testManyPayments(t, open) })
	t.Run("FailedRefund", func(t *testing.T) { testFailedRefund(t, open) })
	t.Run("ReversedElsewhere", func(t *testing.T) { testReversedElsewhere(t, open) })
	t.Run("Revenue", func(t *testing.T) { testRevenue(t, open) })
	t.Run("Filters", func(t *testing.T) { testListFilters(t, open) })
	t.Run("RefundDue", func(t *testing.T) { testRefundDue(t, open) })
}

// refundsOf returns the refunds of a rental, the oldest first.
func (env *RentalEnv) refundsOf(t *testing.T, rental string) []harang.Refund {
	t.Helper()
	refunds, err := env.Store.FindRentalRefunds(t.Context(), "a", rental)
	if err != nil {
		t.Fatal(err)
	}
	return refunds
}

// wantRefunds fails the test when a rental has other refunds: those fields are compared
// that say who got what back.
func (env *RentalEnv) wantRefunds(t *testing.T, rental string, want ...harang.Refund) {
	t.Helper()
	var got []harang.Refund
	for _, f := range env.refundsOf(t, rental) {
		got = append(got, harang.Refund{PaymentID: f.PaymentID, Amount: f.Amount, Rounding: f.Rounding,
			Method: f.Method, Status: f.Status, ErrorCode: f.ErrorCode, Settled: f.Settled})
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("refunds (-want +got):\n%s", diff)
	}
}

// back returns pieces of a rental and fails the test when that fails.
func (env *RentalEnv) back(t *testing.T, rental string, p shop.PieceReturn) shop.RentalChange {
	t.Helper()
	out, err := env.Rentals.ReturnPieces(t.Context(), Clerk(), rental, p)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func drills(n int64) []shop.CheckoutLine {
	return []shop.CheckoutLine{{ProductID: "drill", Quantity: n}}
}

// testPartialReturn: what is brought back is in stock at once, the rest stays out and the
// rental open, at the price that was agreed; repeated, nothing more comes back.
func testPartialReturn(t *testing.T, open Open) {
	env := NewRentalEnv(t, open)
	env.AddStock(t, "saw", "main", shop.StockPut{Quantity: 4})
	checkout := env.NewCheckout(5, &shop.PaymentOrder{Method: harang.PaymentCash})
	checkout.Lines = append(checkout.Lines, shop.CheckoutLine{ProductID: "saw", Quantity: 1})
	id := env.Create(t, checkout).Rental.ID
	if out := env.back(t, id, shop.PieceReturn{Lines: drills(2), DryRun: true}); out.Rental.Lines[0].Returned != 2 ||
		env.AvailableDrills(t) != 5 {
		t.Errorf("dry run %+v, %d drills", out.Rental, env.AvailableDrills(t))
	}
	for range 2 {
		out := env.back(t, id, shop.PieceReturn{ID: "first", Lines: drills(2)})
		stored, _ := env.Find(t, id)
		if diff := cmp.Diff(out.Rental, stored); diff != "" || len(out.Refunds) != 0 ||
			stored.Status != harang.RentalOpen || stored.Lines[0].Returned != 2 || stored.Lines[0].Quantity != 5 ||
			stored.Lines[1].Returned != 0 || stored.EquipmentCount != 6 || stored.TotalValue != 12000 ||
			stored.Paid != 12000 || env.AvailableDrills(t) != 7 {
			t.Fatalf("returned (-answered +stored):\n%s, %+v, %d drills", diff, stored, env.AvailableDrills(t))
		}
	}
	env.back(t, id, shop.PieceReturn{Lines: []shop.CheckoutLine{{ProductID: "saw", Quantity: 1}}})
	env.Clock.Move(49 * time.Hour)
	env.RunHousekeeping(t)
	if r, _ := env.Find(t, id); r.Status != harang.RentalOverdue {
		t.Errorf("late: %s", r.Status)
	}
	last := env.back(t, id, shop.PieceReturn{ID: "last", Lines: drills(3)})
	if last.Rental.Status != harang.RentalReturned || last.Rental.Closed.IsZero() || env.AvailableDrills(t) != 10 {
		t.Errorf("the last pieces: %+v, %d drills", last.Rental, env.AvailableDrills(t))
	}
	if again := env.back(t, id, shop.PieceReturn{ID: "last", Lines: drills(3)}); again.Rental.Status !=
		harang.RentalReturned || env.AvailableDrills(t) != 10 {
		t.Errorf("the last pieces again: %+v, %d drills", again.Rental, env.AvailableDrills(t))
	}
	// A cancellation puts back what is still out.
	cancelled := env.Create(t, env.NewCheckout(4, nil)).Rental.ID
	env.back(t, cancelled, shop.PieceReturn{Lines: drills(3)})
	if _, err := env.Rentals.Cancel(t.Context(), Clerk(), cancelled); err != nil || env.AvailableDrills(t) != 10 {
		t.Errorf("cancelled: %v, %d drills", err, env.AvailableDrills(t))
	}
	sum, err := env.Store.SumMovements(t.Context(), "a", "drill", "main")
	if err != nil || sum != 10 {
		t.Errorf("movements of %d, %v", sum, err)
	}
}

func testPartialReturnRefused(t *testing.T, open Open) {
	env := NewRentalEnv(t, open)
	id := env.Create(t, env.NewCheckout(3, nil)).Rental.ID
	env.back(t, id, shop.PieceReturn{Lines: drills(1)})
	for name, tc := range map[string]struct {
		lines []shop.CheckoutLine
		field string
	}{
		"no lines":        {[]shop.CheckoutLine{}, "lines"},
		"zero":            {drills(0), "lines.0.quantity"},
		"negative":        {drills(-1), "lines.0.quantity"},
		"more than out":   {drills(3), "lines.0.quantity"},
		"unknown product": {append(drills(1), shop.CheckoutLine{ProductID: "saw", Quantity: 1}), "lines.1.productId"},
		"repeated":        {append(drills(1), drills(1)...), "lines.1.productId"},
	} {
		_, err := env.Rentals.ReturnPieces(t.Context(), Clerk(), id, shop.PieceReturn{Lines: tc.lines})
		if harang.ErrorCode(err) != harang.CodeInvalidRequest || fieldsOf(err)[0].Field != tc.field {
			t.Errorf("%s: %v", name, err)
		}
	}
	if env.AvailableDrills(t) != 8 {
		t.Errorf("%d drills", env.AvailableDrills(t))
	}
}

// testCredit: the unused days of what comes back are refunded when the clerk says so, the
// card first that was charged last, and every figure agrees.
func testCredit(t *testing.T, open Open) {
	env := NewRentalEnv(t, open)
	checkout := env.NewCheckout(3, nil)
	checkout.Due.Time = env.Clock.Now().Add(5 * 24 * time.Hour) // 15,000
	id := env.Create(t, checkout).Rental.ID
	first, err := env.pay(t, id, "good", 14000)
	if err != nil {
		t.Fatal(err)
	}
	env.Clock.Move(time.Hour)
	second, err := env.pay(t, id, "good", 1000)
	if err != nil {
		t.Fatal(err)
	}
	env.Clock.Move(24 * time.Hour) // the second day
	out := env.back(t, id, shop.PieceReturn{Lines: drills(1), Credit: true})
	if r := out.Rental; r.TotalValue != 12000 || r.Owed() != 0 || r.RefundPending != 3000 || r.Paid != 15000 ||
		len(out.Refunds) != 2 {
		t.Errorf("%+v, %+v", r, out.Refunds)
	}
	env.RunHousekeeping(t)
	done := env.Clock.Now()
	env.wantRefunds(t, id,
		harang.Refund{PaymentID: second.ID, Amount: 1000, Method: harang.PaymentCard,
			Status: harang.RefundSucceeded, Settled: done},
		harang.Refund{PaymentID: first.ID, Amount: 2000, Method: harang.PaymentCard,
			Status: harang.RefundSucceeded, Settled: done})
	r, payments := env.Find(t, id)
	if r.Paid != 12000 || r.Refunded != 3000 || r.RefundPending != 0 || r.Owed() != 0 ||
		payments[0].Status != harang.PaymentSucceeded || payments[0].Refunded != 2000 ||
		payments[1].Status != harang.PaymentReversed {
		t.Errorf("%+v, %+v", r, payments)
	}
	if charged := env.Provider.Charged(); charged[first.ID] != 12000 || charged[second.ID] != 0 {
		t.Errorf("charged %v", charged)
	}
	// The day's revenue is what was not given back, of all locations as of one.
	for _, location := range []string{"", "main"} {
		s, err := env.Dashboard.Summary(t.Context(), As(harang.RoleStoreManager, "m"), location)
		if err != nil || s.Figures == nil || s.Figures.RevenueYesterday != 12000 {
			t.Errorf("at location %q: %+v, %v; want 12000 yesterday", location, s.Figures, err)
		}
	}
	// All of it: the rest of the first card comes back as a part of its charge.
	if _, err := env.Rentals.Cancel(t.Context(), Clerk(), id); err != nil {
		t.Fatal(err)
	}
	env.RunHousekeeping(t)
	if r, payments := env.Find(t, id); r.Paid != 0 || r.Refunded != 15000 ||
		payments[0].Status != harang.PaymentReversed || len(env.Provider.Charged()) != 0 {
		t.Errorf("cancelled: %+v, %+v, charged %v", r, payments, env.Provider.Charged())
	}
	// Late pieces have no unused days.
	late := env.Create(t, env.NewCheckout(1, &shop.PaymentOrder{Method: harang.PaymentCash})).Rental.ID
	env.Clock.Move(72 * time.Hour)
	if out := env.back(t, late, shop.PieceReturn{Credit: true}); len(out.Refunds) != 0 ||
		out.Rental.TotalValue != 2000 {
		t.Errorf("late: %+v", out)
	}
}

// testCreditCash: cash is handed back in steps of 5 forints; the difference is the
// rental's rounding, and nothing is kept or owed. However many parts a return has, all
// cash together differs from the price by at most 2 forints.
func testCreditCash(t *testing.T, open Open) {
	env := NewRentalEnv(t, open)
	for price := int64(1); price <= 13; price++ {
		if err := env.Catalogue.PutProduct(t.Context(), Admin(),
			harang.Product{ID: "drill", Name: "Drill", DailyPrice: price}); err != nil {
			t.Fatal(err)
		}
		for _, card := range []int64{0, 1} { // how many forints are paid by card, before the cash
			checkout := env.NewCheckout(9, nil) // 18 × price
			out := env.Create(t, checkout)
			id := out.Rental.ID
			if card > 0 {
				if _, err := env.pay(t, id, "good", card); err != nil {
					t.Fatal(err)
				}
			}
			r, _ := env.Find(t, id)
			if _, err := env.Payments.Pay(t.Context(), Clerk(), shop.NewPayment{RentalID: id, Amount: r.OwedCash(),
				PaymentOrder: shop.PaymentOrder{Method: harang.PaymentCash}}); err != nil {
				t.Fatal(err)
			}
			for range 8 {
				env.back(t, id, shop.PieceReturn{Lines: drills(1), Credit: true})
				if r, _ := env.Find(t, id); r.Rounding < -2 || r.Rounding > 2 {
					t.Errorf("price %d, %d by card: %d back, rounding %d", price, card, r.Lines[0].Returned, r.Rounding)
				}
			}
			r, payments := env.Find(t, id)
			var paid, rounding, refunded int64
			for _, p := range payments {
				paid, rounding = paid+p.Amount, rounding+p.Rounding
			}
			for _, f := range env.refundsOf(t, id) {
				refunded, rounding = refunded+f.Amount, rounding+f.Rounding
				if f.Method == harang.PaymentCash && f.Amount%harang.CashStep != 0 {
					t.Errorf("%d forints in cash", f.Amount)
				}
			}
			if r.TotalValue != 10*price || r.Owed() != 0 || r.Overpaid() != 0 ||
				r.Paid+r.Refunded != paid || r.Refunded+r.RefundPending != refunded || r.Rounding != rounding {
				t.Errorf("price %d, %d by card: %+v, %+v, %+v", price, card, r, payments, env.refundsOf(t, id))
			}
			if _, err := env.Rentals.Cancel(t.Context(), Clerk(), id); err != nil {
				t.Fatal(err)
			}
			env.RunHousekeeping(t)
			if r, _ := env.Find(t, id); r.Paid != 0 || r.Rounding != 0 || r.RefundPending != 0 {
				t.Errorf("price %d, %d by card, cancelled: %+v", price, card, r)
			}
		}
	}
}

// testManyPayments: a rental with very many payments or refunds takes no more of them, but can
// be settled, returned and cancelled.
func testManyPayments(t *testing.T, open Open) {
	env := NewRentalEnv(t, open)
	env.Adjust(t, "drill", "main", 500)
	cash := func(id string, amount int64) error {
		_, err := env.Payments.Pay(t.Context(), Clerk(), shop.NewPayment{RentalID: id, Amount: amount,
			PaymentOrder: shop.PaymentOrder{Method: harang.PaymentCash}})
		return err
	}
	// 500000 forints, of which 5 are paid again and again.
	id := env.Create(t, env.NewCheckout(250, nil)).Rental.ID
	for range shop.MaxRentalPayments {
		if err := cash(id, 5); err != nil {
			t.Fatal(err)
		}
	}
	wantCode(t, cash(id, 5), harang.CodeConflict)
	_, err := env.pay(t, id, "good", 1000)
	wantCode(t, err, harang.CodeConflict)
	r, payments := env.Find(t, id)
	if len(payments) != shop.MaxRentalPayments || r.Paid != 5*shop.MaxRentalPayments {
		t.Fatalf("%d payments, %d paid", len(payments), r.Paid)
	}
	if err := cash(id, r.OwedCash()); err != nil {
		t.Fatal("the rental cannot be settled:", err)
	}
	// A day of one drill is given back again and again.
	for range shop.MaxRentalRefunds {
		env.back(t, id, shop.PieceReturn{Lines: drills(1), Credit: true})
	}
	_, err = env.Rentals.ReturnPieces(t.Context(), Clerk(), id, shop.PieceReturn{Lines: drills(1), Credit: true})
	wantCode(t, err, harang.CodeConflict)
	env.back(t, id, shop.PieceReturn{Lines: drills(1)})
	out := env.back(t, id, shop.PieceReturn{Credit: true})
	if out.Rental.Status != harang.RentalReturned || len(out.Refunds) != shop.MaxRentalRefunds+1 ||
		out.Rental.Refunded != 1000*249 || out.Rental.Paid != 500_000-1000*249 {
		t.Fatalf("%d refunds of %d, %+v", len(out.Refunds), out.Rental.Refunded, out.Rental)
	}

	id = env.Create(t, env.NewCheckout(250, nil)).Rental.ID
	for range shop.MaxRentalPayments {
		if err := cash(id, 5); err != nil {
			t.Fatal(err)
		}
	}
	if r, err := env.Rentals.Cancel(t.Context(), Clerk(), id); err != nil || r.Paid != 0 {
		t.Fatalf("cancelled: %+v, %v", r, err)
	}
}

// testExtension: further days of what is out are added to the price, which is asked for
// first; a late rental is open again.
func testExtension(t *testing.T, open Open) {
	env := NewRentalEnv(t, open)
	id := env.Create(t, env.NewCheckout(3, &shop.PaymentOrder{Method: harang.PaymentCash})).Rental.ID // 6,000
	env.back(t, id, shop.PieceReturn{Lines: drills(1)})
	extend := func(due time.Time, expected int64) (harang.Rental, error) {
		out, err := env.Rentals.Extend(t.Context(), Clerk(), id,
			shop.Extension{Due: shop.DueAt{Time: due}, ExpectedTotal: &expected})
		return out.Rental, err
	}
	due := Noon().Add(72 * time.Hour)
	_, err := extend(due, 7000)
	if d := detailsOf(err); harang.ErrorCode(err) != harang.CodePriceChanged || d["expected"] != int64(7000) ||
		d["actual"] != int64(8000) {
		t.Errorf("another price: %v", err)
	}
	dry, err := env.Rentals.Extend(t.Context(), Clerk(), id, shop.Extension{Due: shop.DueAt{Time: due}, DryRun: true})
	stored, _ := env.Find(t, id)
	if err != nil || dry.Rental.TotalValue != 8000 || dry.Rental.Owed() != 2000 || stored.TotalValue != 6000 ||
		!stored.Due.Equal(Noon().Add(48*time.Hour)) {
		t.Errorf("dry run %+v, %v, stored %+v", dry.Rental, err, stored)
	}
	for range 2 { // the second time nothing changes
		r, err := extend(due, 8000)
		stored, _ := env.Find(t, id)
		if diff := cmp.Diff(r, stored); diff != "" || err != nil || r.Owed() != 2000 || !r.Due.Equal(due) {
			t.Errorf("extended (-answered +stored):\n%s, %v, %+v", diff, err, stored)
		}
	}
	for name, wrong := range map[string]time.Time{
		"earlier": due.Add(-time.Millisecond), "in three years": Noon().AddDate(3, 0, 0), "past": Noon(),
	} {
		if _, err := extend(wrong, 8000); harang.ErrorCode(err) != harang.CodeInvalidRequest ||
			fieldsOf(err)[0].Field != "dueAt" {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Within the days that are paid there is nothing to add.
	short := env.Create(t, env.NewCheckout(1, nil)).Rental
	if out, err := env.Rentals.Extend(t.Context(), Clerk(), env.Create(t, shop.Checkout{PartnerID: "acme",
		LocationID: "main", Lines: drills(1), Due: shop.DueAt{Time: Noon().Add(time.Hour)}}).Rental.ID,
		shop.Extension{Due: shop.DueAt{Time: Noon().Add(24 * time.Hour)}}); err != nil ||
		out.Rental.TotalValue != 1000 {
		t.Errorf("to the end of the day: %+v, %v", out.Rental, err)
	}
	env.Clock.Move(80 * time.Hour)
	env.RunHousekeeping(t)
	if r, _ := env.Find(t, id); r.Status != harang.RentalOverdue {
		t.Fatalf("late: %s", r.Status)
	}
	if r, err := extend(Noon().Add(96*time.Hour), 10000); err != nil || r.Status != harang.RentalOpen {
		t.Errorf("late and extended: %+v, %v", r, err)
	}
	if _, err := env.Rentals.Return(t.Context(), Clerk(), short.ID); err != nil {
		t.Fatal(err)
	}
	id = short.ID
	if _, err := extend(Noon().Add(200*time.Hour), 1); harang.ErrorCode(err) != harang.CodeAlreadyReturned {
		t.Errorf("returned: %v", err)
	}
	env.Provider.SetAnswers("bad", declined, declined)
	id = env.Create(t, env.NewCheckout(1, Card("bad"))).Rental.ID
	if _, err := extend(Noon().Add(200*time.Hour), 1); harang.ErrorCode(err) != harang.CodeConflict {
		t.Errorf("awaiting its payment: %v", err)
	}
}

// testFailedRefund: a refund that the provider refuses is listed with its reason until it
// succeeds, is tried again by the housekeeper and by hand, and is made once.
func testFailedRefund(t *testing.T, open Open) {
	env := NewRentalEnv(t, open)
	manager := As(harang.RoleStoreManager, "m")
	out := env.Create(t, env.NewCheckout(2, Card("good")))
	refused := shop.Settlement{Status: harang.PaymentDeclined, ErrorCode: "ipc:9", Message: "wrong amount"}
	env.Provider.SetRefund("good", refused)
	if _, err := env.Rentals.Cancel(t.Context(), Clerk(), out.Rental.ID); err != nil {
		t.Fatal(err)
	}
	listed := func(q harang.RefundQuery) []harang.Refund {
		t.Helper()
		page, err := env.Payments.Refunds(t.Context(), manager, q)
		if err != nil {
			t.Fatal(err)
		}
		return page.Items
	}
	env.RunHousekeeping(t)
	for _, q := range []harang.RefundQuery{{Open: true}, {Open: true, LocationID: "main"}, {}} {
		if got := listed(q); len(got) != 1 || got[0].Status != harang.RefundFailed || got[0].ErrorCode != "ipc:9" ||
			got[0].ErrorMessage == "" || got[0].PartnerName != "Acme Kft." {
			t.Errorf("%+v: %+v", q, got)
		}
	}
	if got := listed(harang.RefundQuery{LocationID: "elsewhere"}); len(got) != 0 {
		t.Errorf("elsewhere: %+v", got)
	}
	if r, _ := env.Find(t, out.Rental.ID); r.Paid != 4000 || r.RefundPending != 4000 {
		t.Errorf("not refunded: %+v", r)
	}
	id := listed(harang.RefundQuery{})[0].ID
	env.Provider.SetRefund("good", unknown)
	if f, err := env.Payments.RetryRefund(t.Context(), Clerk(), id); err != nil || f.Status != harang.RefundFailed ||
		f.ErrorCode != unknown.ErrorCode {
		t.Errorf("tried again: %+v, %v", f, err)
	}
	env.Provider.SetRefund("good", shop.Settlement{})
	for range 2 {
		if f, err := env.Payments.RetryRefund(t.Context(), Clerk(), id); err != nil ||
			f.Status != harang.RefundSucceeded || f.ErrorCode != "" || !f.CheckAt.IsZero() {
			t.Errorf("made: %+v, %v", f, err)
		}
	}
	env.Clock.Move(time.Hour)
	env.RunHousekeeping(t)
	if r, _ := env.Find(t, out.Rental.ID); r.Paid != 0 || r.Refunded != 4000 || len(env.Provider.Charged()) != 0 ||
		len(listed(harang.RefundQuery{Open: true})) != 0 {
		t.Errorf("refunded: %+v, charged %v", r, env.Provider.Charged())
	}
	if _, err := env.Payments.RetryRefund(t.Context(), Clerk(), "nothing"); harang.ErrorCode(err) !=
		harang.CodeNotFound {
		t.Errorf("unknown: %v", err)
	}
	if _, err := env.Payments.Refunds(t.Context(), Clerk(), harang.RefundQuery{}); harang.ErrorCode(err) !=
		harang.CodeForbidden {
		t.Errorf("operator: %v", err)
	}
}

// testReversedElsewhere: money that the provider has given back without being asked is
// counted as refunded, with what was refunded before.
func testReversedElsewhere(t *testing.T, open Open) {
	env := NewRentalEnv(t, open)
	out := env.Create(t, env.NewCheckout(2, Card("late")))
	env.back(t, out.Rental.ID, shop.PieceReturn{Lines: drills(1), Credit: true}) // 1,000 for the second day
	env.Provider.SetAnswers("late", paid, shop.Settlement{Status: harang.PaymentReversed})
	if got, err := env.Payments.ReceiveNotice(t.Context(), "a",
		shop.PaymentNotice{Key: "n", TransactionID: out.Payment.ID}); err != nil || got != shop.NoticeApplied {
		t.Fatalf("%s, %v", got, err)
	}
	env.RunHousekeeping(t)
	r, payments := env.Find(t, out.Rental.ID)
	if payments[0].Status != harang.PaymentReversed || payments[0].Refunded != 4000 || r.Paid != 0 ||
		r.Refunded != 4000 || r.RefundPending != 0 || r.Owed() != 3000 {
		t.Errorf("%+v, %+v", r, payments)
	}
	env.wantRefunds(t, out.Rental.ID,
		harang.Refund{PaymentID: out.Payment.ID, Amount: 1000, Method: harang.PaymentCard,
			Status: harang.RefundSucceeded, Settled: env.Clock.Now()},
		harang.Refund{PaymentID: out.Payment.ID, Amount: 3000, Method: harang.PaymentCard,
			Status: harang.RefundSucceeded, Settled: env.Clock.Now()})
}

// testRefundDue: a refund that a node of version 0.1.0 has decided is made.
func testRefundDue(t *testing.T, open Open) {
	env := NewRentalEnv(t, open)
	out := env.Create(t, env.NewCheckout(2, Card("good")))
	if err := env.Store.Within(t.Context(), func(tx shop.Tx) error {
		if _, err := tx.LockRental(t.Context(), "a", out.Rental.ID); err != nil {
			return err
		}
		pay, err := tx.LockPayment(t.Context(), "a", out.Payment.ID)
		if err != nil {
			return err
		}
		pay.RefundDue, pay.CheckAt = true, env.Clock.Now()
		return tx.UpdatePayment(t.Context(), pay)
	}); err != nil {
		t.Fatal(err)
	}
	env.RunHousekeeping(t)
	env.RunHousekeeping(t)
	if r, p := env.Find(t, out.Rental.ID); r.Paid != 0 || r.Refunded != 4000 || p[0].RefundDue ||
		p[0].Status != harang.PaymentReversed || len(env.Provider.Charged()) != 0 {
		t.Errorf("%+v, %+v", r, p)
	}
}

// testListFilters: rentals and payments are found by partner, id, location and day, and
// ordered by due instant, page by page; the totals are those of all pages.
func testListFilters(t *testing.T, open Open) {
	env := NewRentalEnv(t, open)
	ctx, manager := t.Context(), As(harang.RoleStoreManager, "m")
	name, phone := "Béta Építő", "+36 30 123 4567"
	if _, err := env.Catalogue.ChangePartner(ctx, Admin(),
		shop.PartnerChange{ID: "beta", Name: &name, Phone: &phone}); err != nil {
		t.Fatal(err)
	}
	env.AddStock(t, "saw", "main", shop.StockPut{Quantity: 5})
	var ids []string
	for i, hours := range []int{72, 24, 48} {
		checkout := env.NewCheckout(1, &shop.PaymentOrder{Method: harang.PaymentCash})
		checkout.Due.Time = env.Clock.Now().Add(time.Duration(hours) * time.Hour)
		if i == 1 {
			checkout.PartnerID, checkout.Payment = "beta", nil
			checkout.Lines = []shop.CheckoutLine{{ProductID: "saw", Quantity: 1}}
		}
		ids = append(ids, env.Create(t, checkout).Rental.ID)
		env.Clock.Move(time.Minute)
	}
	if _, err := env.Rentals.Return(ctx, Clerk(), ids[2]); err != nil {
		t.Fatal(err)
	}
	day := func(n int) time.Time { return time.Date(2026, 3, n, 0, 0, 0, 0, harang.Budapest) }
	const overdue = harang.RentalsOverdueFirst
	for name, tc := range map[string]struct {
		q    harang.RentalQuery
		want []string
	}{
		"due first":    {harang.RentalQuery{Sort: harang.RentalsDueFirst}, []string{ids[1], ids[2], ids[0]}},
		"due last":     {harang.RentalQuery{Sort: harang.RentalsDueLastFirst}, []string{ids[0], ids[2], ids[1]}},
		"oldest first": {harang.RentalQuery{Sort: harang.RentalsOldestFirst}, ids},
		"a partner":    {harang.RentalQuery{Search: "epito beta"}, []string{ids[1]}},
		"an id":        {harang.RentalQuery{Search: " " + ids[0] + " "}, []string{ids[0]}},
		"a number":     {harang.RentalQuery{Search: "b-2026-000002"}, []string{ids[1]}},
		"its end":      {harang.RentalQuery{Search: "3"}, []string{ids[2]}},
		"no number":    {harang.RentalQuery{Search: "B-2025-000002"}, nil},
		"a phone":      {harang.RentalQuery{Search: "06 30/123-4567"}, []string{ids[1]}},
		"a product":    {harang.RentalQuery{Search: "product saw"}, []string{ids[1]}},
		"a product, due": {harang.RentalQuery{Search: "drill", Sort: harang.RentalsDueFirst},
			[]string{ids[2], ids[0]}},
		"overdue first":           {harang.RentalQuery{Sort: overdue}, []string{ids[1], ids[0], ids[2]}},
		"overdue first, out":      {harang.RentalQuery{Sort: overdue, Out: true}, []string{ids[1], ids[0]}},
		"overdue first, owed":     {harang.RentalQuery{Sort: overdue, Owed: true}, []string{ids[1]}},
		"overdue first, drill":    {harang.RentalQuery{Sort: overdue, Search: "drill"}, []string{ids[0], ids[2]}},
		"overdue first, returned": {harang.RentalQuery{Sort: overdue, Status: harang.RentalReturned}, ids[2:]},
		"nobody":                  {harang.RentalQuery{Search: "gamma"}, nil},
		"a day":                   {harang.RentalQuery{DueFrom: day(4), DueTo: day(5)}, []string{ids[2]}},
		"from a day":              {harang.RentalQuery{DueFrom: day(4)}, []string{ids[2], ids[0]}},
		"out":                     {harang.RentalQuery{Out: true}, []string{ids[1], ids[0]}},
		"out, due":                {harang.RentalQuery{Out: true, DueTo: day(5)}, []string{ids[1]}},
		"a debtor":                {harang.RentalQuery{Owed: true, Search: "beta"}, []string{ids[1]}},
		"no debtor":               {harang.RentalQuery{Owed: true, Search: "acme"}, nil},
		"a status":                {harang.RentalQuery{Status: harang.RentalReturned, Search: "acme"}, ids[2:]},
		"elsewhere":               {harang.RentalQuery{LocationID: "elsewhere", Sort: harang.RentalsDueFirst}, nil},
	} {
		var got []string
		for q := tc.q; ; {
			q.Limit = 1
			page, err := env.Rentals.List(ctx, Clerk(), q)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			for _, r := range page.Items {
				got = append(got, r.ID)
			}
			if q.Cursor = page.Next; q.Cursor == "" {
				break
			}
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	for name, q := range map[string]harang.RentalQuery{
		"sort": {Sort: "name"}, "out": {Owed: true, Out: true}, "status": {Out: true, Status: harang.RentalOpen},
	} {
		if _, err := env.Rentals.List(ctx, Clerk(), q); harang.ErrorCode(err) != harang.CodeInvalidRequest ||
			fieldsOf(err)[0].Field != name {
			t.Errorf("%s: %v", name, err)
		}
	}
	for search, want := range map[string]int64{
		"": 1000, "beta": 1000, "acme": 0, "B-2026-000002": 1000, "1": 0, "saw": 1000,
	} {
		if got, err := env.Rentals.Owed(ctx, Clerk(), harang.RentalQuery{Search: search}); err != nil || got != want {
			t.Errorf("%q owe %d, %v, want %d", search, got, err, want)
		}
	}
	for name, tc := range map[string]struct {
		q    harang.PaymentQuery
		want harang.PaymentTotals
	}{
		"all":       {harang.PaymentQuery{}, harang.PaymentTotals{Count: 2, Paid: 5000}},
		"a partner": {harang.PaymentQuery{Search: "acme"}, harang.PaymentTotals{Count: 2, Paid: 5000}},
		"a rental":  {harang.PaymentQuery{Search: ids[0]}, harang.PaymentTotals{Count: 1, Paid: 3000}},
		"another":   {harang.PaymentQuery{Search: "beta"}, harang.PaymentTotals{}},
		"unknown":   {harang.PaymentQuery{Search: "gamma"}, harang.PaymentTotals{}},
		"both":      {harang.PaymentQuery{Search: "e"}, harang.PaymentTotals{Count: 2, Paid: 5000}},
		"a number":  {harang.PaymentQuery{Search: "B-2026-000001"}, harang.PaymentTotals{Count: 1, Paid: 3000}},
		"its end":   {harang.PaymentQuery{Search: "3", From: day(2)}, harang.PaymentTotals{Count: 1, Paid: 2000}},
		"a status": {harang.PaymentQuery{Status: harang.PaymentSucceeded, To: day(3)},
			harang.PaymentTotals{Count: 2, Paid: 5000}},
		"none":      {harang.PaymentQuery{Status: harang.PaymentDeclined, To: day(3)}, harang.PaymentTotals{}},
		"today":     {harang.PaymentQuery{From: day(2), To: day(3)}, harang.PaymentTotals{Count: 2, Paid: 5000}},
		"yesterday": {harang.PaymentQuery{To: day(2)}, harang.PaymentTotals{}},
		"here":      {harang.PaymentQuery{LocationID: "main"}, harang.PaymentTotals{Count: 2, Paid: 5000}},
		"elsewhere": {harang.PaymentQuery{LocationID: "elsewhere"}, harang.PaymentTotals{}},
	} {
		page, err := env.Payments.List(ctx, manager, tc.q)
		if err != nil || int64(len(page.Items)) != tc.want.Count {
			t.Errorf("%s: %d payments, %v", name, len(page.Items), err)
		}
		for _, p := range page.Items {
			if rental, _ := env.Find(t, p.RentalID); p.RentalNumber != rental.Number || p.RentalNumber == "" {
				t.Errorf("%s: rental number %q, want %q", name, p.RentalNumber, rental.Number)
			}
		}
		if got, err := env.Payments.Totals(ctx, manager, tc.q); err != nil || got != tc.want {
			t.Errorf("%s: %+v, %v, want %+v", name, got, err, tc.want)
		}
	}
}

// testRevenue: a payment counts on the day when it was received, a refund on the day when
// it was given back, by location and method; what was taken and given back agrees with the
// rentals.
func testRevenue(t *testing.T, open Open) {
	env := NewRentalEnv(t, open)
	ctx, manager := t.Context(), As(harang.RoleStoreManager, "m")
	drill := harang.Product{ID: "drill", Name: "Drill", DailyPrice: 333}
	if err := env.Catalogue.PutProduct(ctx, Admin(), drill); err != nil {
		t.Fatal(err)
	}
	cash := env.Create(t, env.NewCheckout(1, &shop.PaymentOrder{Method: harang.PaymentCash})).Rental // 666, 665 in cash
	env.Create(t, env.NewCheckout(1, Card("good")))
	refunded := env.Create(t, env.NewCheckout(2, Card("good"))).Rental
	env.Create(t, env.NewCheckout(1, nil))
	report := func(location string, from, to time.Time) []harang.RevenueLine {
		t.Helper()
		r, err := env.Dashboard.Revenue(ctx, manager, location, from, to)
		if err != nil {
			t.Fatal(err)
		}
		return r.Lines
	}
	line := func(method harang.PaymentMethod, payments, received, refunds, refunded, rounding int64,
	) harang.RevenueLine {
		return harang.RevenueLine{LocationID: "main", LocationName: "Location main", Method: method, Payments: payments,
			Received: received, Refunds: refunds, Refunded: refunded, Rounding: rounding}
	}
	first := []harang.RevenueLine{
		line(harang.PaymentCash, 1, 665, 0, 0, -1),
		line(harang.PaymentCard, 2, 1998, 0, 0, 0),
	}
	if diff := cmp.Diff(first, report("", time.Time{}, time.Time{})); diff != "" {
		t.Errorf("the first day (-want +got):\n%s", diff)
	}
	env.Clock.Move(24 * time.Hour)
	for _, id := range []string{cash.ID, refunded.ID} {
		if _, err := env.Rentals.Cancel(ctx, Clerk(), id); err != nil {
			t.Fatal(err)
		}
	}
	env.RunHousekeeping(t)
	second := []harang.RevenueLine{
		line(harang.PaymentCash, 0, 0, 1, 665, 1),
		line(harang.PaymentCard, 0, 0, 1, 1332, 0),
	}
	if diff := cmp.Diff(second, report("main", time.Time{}, time.Time{})); diff != "" {
		t.Errorf("the second day (-want +got):\n%s", diff)
	}
	from, until := shop.Day(Noon())
	if diff := cmp.Diff(first, report("", from, until)); diff != "" {
		t.Errorf("the first day afterwards (-want +got):\n%s", diff)
	}
	// One bound alone, in the future or the past, is completed to a day that ends after it begins.
	for _, days := range []int{-3, 3} {
		at := env.Clock.Now().Add(time.Duration(days) * 24 * time.Hour)
		for _, bounds := range [][2]time.Time{{at, {}}, {{}, at}} {
			r, err := env.Dashboard.Revenue(ctx, manager, "", bounds[0], bounds[1])
			if err != nil || !r.From.Before(r.To) {
				t.Errorf("from %v to %v: %v to %v, %v", bounds[0], bounds[1], r.From, r.To, err)
			}
		}
	}
	both := []harang.RevenueLine{
		line(harang.PaymentCash, 1, 665, 1, 665, 0),
		line(harang.PaymentCard, 2, 1998, 1, 1332, 0),
	}
	if diff := cmp.Diff(both, report("", from, time.Time{})); diff != "" {
		t.Errorf("both days (-want +got):\n%s", diff)
	}
	if got := report("elsewhere", from, time.Time{}); len(got) != 0 {
		t.Errorf("elsewhere %+v", got)
	}
	if _, err := env.Dashboard.Revenue(ctx, Clerk(), "", from, until); harang.ErrorCode(err) != harang.CodeForbidden {
		t.Errorf("operator: %v", err)
	}
}
