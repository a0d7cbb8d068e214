package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/shop"
)

// testCash: a debt is settled in cash by the nearest multiple of 5 forints, the
// difference is recorded, and every figure agrees, also after a refund.
func testCash(t *testing.T, open Open) {
	ctx := t.Context()
	env := NewRentalEnv(t, open)
	cash := shop.PaymentOrder{Method: harang.PaymentCash}
	// rent checks out one drill of this price for a day.
	rent := func(t *testing.T, price int64, p *shop.PaymentOrder) shop.CheckoutResult {
		t.Helper()
		if err := env.Catalogue.PutProduct(ctx, Admin(),
			harang.Product{ID: "drill", Name: "Drill", DailyPrice: price}); err != nil {
			t.Fatal(err)
		}
		env.Adjust(t, "drill", "main", 1)
		checkout := env.NewCheckout(1, p)
		checkout.Due.Time = env.Clock.Now().Add(time.Hour)
		return env.Create(t, checkout)
	}
	wantFigures := func(t *testing.T, id string, paid, rounding, owed int64) harang.Rental {
		t.Helper()
		r, _ := env.Find(t, id)
		if r.Paid != paid || r.Rounding != rounding || r.Owed() != owed {
			t.Errorf("paid %d, rounding %d, owed %d, want %d, %d, %d", r.Paid, r.Rounding, r.Owed(), paid,
				rounding, owed)
		}
		return r
	}
	pay := func(id string, amount int64, o shop.PaymentOrder) error {
		_, err := env.Payments.Pay(ctx, Clerk(), shop.NewPayment{RentalID: id, Amount: amount, PaymentOrder: o})
		return err
	}
	for _, tc := range []struct{ owed, cash int64 }{
		{1, 0}, {2, 0}, {1231, 1230}, {1232, 1230}, {1233, 1235}, {1234, 1235}, {1235, 1235},
		{1236, 1235}, {1237, 1235}, {1238, 1240}, {1239, 1240}, {1240, 1240},
	} {
		t.Run(fmt.Sprint(tc.owed), func(t *testing.T) {
			out := rent(t, tc.owed, nil)
			if out.Rental.OwedCash() != tc.cash {
				t.Fatalf("owes %d in cash, want %d", out.Rental.OwedCash(), tc.cash)
			}
			if err := pay(out.Rental.ID, tc.cash+5, cash); harang.ErrorCode(err) != harang.CodePriceChanged ||
				detailsOf(err)["expected"] != tc.cash+5 || detailsOf(err)["actual"] != tc.cash {
				t.Errorf("too much: %v", err)
			}
			if err := pay(out.Rental.ID, tc.cash, cash); err != nil {
				t.Fatal(err)
			}
			wantFigures(t, out.Rental.ID, tc.cash, tc.cash-tc.owed, 0)
			if err := pay(out.Rental.ID, 0, cash); harang.ErrorCode(err) != harang.CodeInvalidRequest {
				t.Errorf("nothing for a settled rental: %v", err)
			}
			// The checkout takes the same sum.
			out = rent(t, tc.owed, &cash)
			if out.Payment.Amount != tc.cash {
				t.Errorf("the checkout took %d", out.Payment.Amount)
			}
			wantFigures(t, out.Rental.ID, tc.cash, tc.cash-tc.owed, 0)
			// A cancelled rental gives back what was handed over.
			if _, err := env.Rentals.Cancel(ctx, Clerk(), out.Rental.ID); err != nil {
				t.Fatal(err)
			}
			wantFigures(t, out.Rental.ID, 0, 0, 0)
		})
	}
	t.Run("Parts", func(t *testing.T) {
		out := rent(t, 1233, nil)
		for amount, code := range map[int64]harang.Code{
			1233: harang.CodeInvalidRequest, 501: harang.CodeInvalidRequest, 0: harang.CodeInvalidRequest,
			1240: harang.CodePriceChanged,
		} {
			if err := pay(out.Rental.ID, amount, cash); harang.ErrorCode(err) != code {
				t.Errorf("%d in cash: %v, want %s", amount, err, code)
			}
		}
		if err := pay(out.Rental.ID, 500, cash); err != nil {
			t.Fatal(err)
		}
		wantFigures(t, out.Rental.ID, 500, 0, 733)
		// A card pays the rest exactly.
		if err := pay(out.Rental.ID, 735, *Card("good")); harang.ErrorCode(err) != harang.CodePriceChanged {
			t.Errorf("more than is owed by card: %v", err)
		}
		if err := pay(out.Rental.ID, 733, *Card("good")); err != nil {
			t.Fatal(err)
		}
		wantFigures(t, out.Rental.ID, 1233, 0, 0)
		// By card first: the last step in cash is rounded.
		out = rent(t, 1233, nil)
		if err := pay(out.Rental.ID, 1000, *Card("good")); err != nil {
			t.Fatal(err)
		}
		if err := pay(out.Rental.ID, 235, cash); err != nil {
			t.Fatal(err)
		}
		wantFigures(t, out.Rental.ID, 1235, 2, 0)
	})
	// What an extension adds is a debt of its own: its last step in cash is rounded, nothing else.
	t.Run("Extensions", func(t *testing.T) {
		out := rent(t, 1232, &cash)
		id, due := out.Rental.ID, out.Rental.Due
		wantFigures(t, id, 1230, -2, 0)
		extend := func() {
			t.Helper()
			due = due.AddDate(0, 0, 1)
			_, err := env.Rentals.Extend(ctx, Clerk(), id, shop.Extension{Due: shop.DueAt{Time: due}})
			if err != nil {
				t.Fatal(err)
			}
		}
		extend()
		if r := wantFigures(t, id, 1230, -2, 1232); r.OwedCash() != 1230 {
			t.Errorf("owes %d in cash", r.OwedCash())
		}
		for _, amount := range []int64{1000, 230} {
			if err := pay(id, amount, cash); err != nil {
				t.Fatal(err)
			}
		}
		wantFigures(t, id, 2460, -4, 0)
		extend() // and once by card, exactly
		if err := pay(id, 1232, *Card("good")); err != nil {
			t.Fatal(err)
		}
		r := wantFigures(t, id, 3692, -4, 0)
		if r.TotalValue != 3696 || r.TotalValue+r.Rounding != r.Paid {
			t.Errorf("costs %d", r.TotalValue)
		}
		payments, err := env.Payments.List(ctx, Admin(), harang.PaymentQuery{Search: id})
		if err != nil {
			t.Fatal(err)
		}
		var sums [][2]int64 // newest first
		for _, p := range payments.Items {
			sums = append(sums, [2]int64{p.Amount, p.Rounding})
		}
		slices.SortFunc(sums, func(a, b [2]int64) int { return int(a[0] - b[0]) })
		if want := [][2]int64{{230, -2}, {1000, 0}, {1230, -2}, {1232, 0}}; !slices.Equal(sums, want) {
			t.Errorf("the payments and their rounding are %v, want %v", sums, want)
		}
		// Cancelled, everything that was handed over goes back, and no rounding is left.
		if _, err := env.Rentals.Cancel(ctx, Clerk(), id); err != nil {
			t.Fatal(err)
		}
		cancelled := wantFigures(t, id, 1232, 0, 0) // the card's part is pending
		if cancelled.Refunded != 2460 || cancelled.RefundPending != 1232 {
			t.Errorf("given back: %d, pending %d", cancelled.Refunded, cancelled.RefundPending)
		}
	})
	t.Run("Debtors", func(t *testing.T) {
		first, second := rent(t, 1000, nil), rent(t, 234, nil)
		rent(t, 500, &cash)
		if _, err := env.Rentals.Return(ctx, Clerk(), second.Rental.ID); err != nil {
			t.Fatal(err)
		}
		page, err := env.Rentals.List(ctx, Clerk(), harang.RentalQuery{Owed: true})
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, r := range page.Items {
			ids = append(ids, r.ID)
		}
		slices.Sort(ids)
		want := []string{first.Rental.ID, second.Rental.ID}
		slices.Sort(want)
		total, err := env.Rentals.Owed(ctx, Clerk(), harang.RentalQuery{LocationID: "main"})
		if !slices.Equal(ids, want) || err != nil || total != 1234 {
			t.Errorf("debtors %v owe %d, %v; want %v, 1234", ids, total, err, want)
		}
		total, err = env.Rentals.Owed(ctx, Clerk(), harang.RentalQuery{LocationID: "elsewhere"})
		if err != nil || total != 0 {
			t.Errorf("elsewhere they owe %d, %v", total, err)
		}
	})
}

// testPriceChanged: another price than the one that was shown is not charged, and
// nothing is taken from the stock.
func testPriceChanged(t *testing.T, open Open) {
	env := NewRentalEnv(t, open)
	checkout := env.NewCheckout(2, nil) // costs 4000
	checkout.ExpectedTotal = new(int64(3000))
	before := env.AvailableDrills(t)
	_, err := env.Rentals.Create(t.Context(), Clerk(), checkout)
	e := applicationError(err)
	if e == nil || e.Code != harang.CodePriceChanged || e.Details["expected"] != int64(3000) ||
		e.Details["actual"] != int64(4000) {
		t.Fatalf("%v", err)
	}
	if after := env.AvailableDrills(t); after != before {
		t.Errorf("%d drills, there were %d", after, before)
	}
	checkout.ExpectedTotal = new(int64(4000))
	env.Create(t, checkout)
}
