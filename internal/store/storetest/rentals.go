package storetest

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"harang.dev/harang"
	"harang.dev/harang/internal/shop"
)

const (
	alertType   = "stock_alert"
	createdType = "rental_created"
	errorType   = "payment_error"
)

func testRentals(t *testing.T, open Open) {
	t.Run("Checkout", func(t *testing.T) { testCheckout(t, open) })
	t.Run("Refused", func(t *testing.T) { testCheckoutRefused(t, open) })
	t.Run("Return", func(t *testing.T) { testReturn(t, open) })
	t.Run("ReturnAtLimit", func(t *testing.T) { testReturnAtLimit(t, open) })
	t.Run("Cancel", func(t *testing.T) { testCancel(t, open) })
	t.Run("CancelInTime", func(t *testing.T) { testCancelInTime(t, open) })
	t.Run("Overdue", func(t *testing.T) { testOverdue(t, open) })
	t.Run("Expiry", func(t *testing.T) { testExpiry(t, open) })
	t.Run("Numbers", func(t *testing.T) { testNumberedCheckouts(t, open) })
	t.Run("NumberOfYear", func(t *testing.T) { testNumberOfYear(t, open) })
	t.Run("List", func(t *testing.T) { testRentalList(t, open) })
	t.Run("LongLists", func(t *testing.T) { testLongRentals(t, open) })
	t.Run("Summary", func(t *testing.T) { testSummary(t, open) })
	t.Run("Roles", func(t *testing.T) { testRentalRoles(t, open) })
}

func testCheckout(t *testing.T, open Open) {
	env := NewRentalEnv(t, open)
	env.AddStock(t, "saw", "main", shop.StockPut{Quantity: 4})
	checkout := env.NewCheckout(5, nil)
	checkout.Lines = append(checkout.Lines, shop.CheckoutLine{ProductID: "saw", Quantity: 2})
	out := env.Create(t, checkout)

	want := harang.Rental{
		ID: out.Rental.ID, Tenant: "a", Number: "B-2026-000001", PartnerID: "acme", PartnerName: "Acme Kft.",
		LocationID:   "main",
		LocationName: "Location main",
		Status:       harang.RentalOpen, EquipmentCount: 7, TotalValue: 14000,
		By:      harang.Person{ID: "clerk", Name: "Name of clerk"},
		Created: Noon(), Due: Noon().Add(48 * time.Hour), FirstDue: Noon().Add(48 * time.Hour),
		Lines: []harang.RentalLine{
			{ProductID: "drill", ProductName: "Product drill", Quantity: 5, DailyPrice: 1000},
			{ProductID: "saw", ProductName: "Product saw", Quantity: 2, DailyPrice: 1000},
		},
	}
	if diff := cmp.Diff(want, out.Rental); diff != "" || out.Payment != nil {
		t.Errorf("created (-want +got):\n%s, payment %v", diff, out.Payment)
	}
	stored, payments := env.Find(t, out.Rental.ID)
	if diff := cmp.Diff(want, stored); diff != "" || len(payments) != 0 {
		t.Errorf("stored (-want +got):\n%s, payments %v", diff, payments)
	}
	// The alert that the checkout caused and the rental, in one commit.
	if got := env.EventTypes(t, harang.AudienceManagers); !slices.Equal(got, []string{alertType, createdType}) {
		t.Errorf("managers' events %v", got)
	}
	if got := env.EventTypes(t, harang.AudienceOperators); !slices.Equal(got, []string{alertType}) {
		t.Errorf("operators' events %v", got)
	}
	alert := LastPayload[harang.StockAlert](t, env, alertType)
	if alert.ProductID != "drill" || alert.CurrentQuantity != 5 || alert.Severity != harang.SeverityWarning ||
		alert.Threshold != 6 {
		t.Errorf("alert %+v", alert)
	}
	created := LastPayload[harang.RentalCreated](t, env, createdType)
	if diff := cmp.Diff(harang.RentalCreated{RentalID: out.Rental.ID, PartnerID: "acme", PartnerName: "Acme Kft.",
		EquipmentCount: 7, TotalValue: 14000, Currency: "HUF"}, created); diff != "" {
		t.Error(diff)
	}
	// The same id again returns the rental and creates nothing.
	checkout.ID = out.Rental.ID
	again := env.Create(t, checkout)
	if diff := cmp.Diff(want, again.Rental); diff != "" || env.AvailableDrills(t) != 5 {
		t.Errorf("same id again: %s, %d drills", diff, env.AvailableDrills(t))
	}
}

func testCheckoutRefused(t *testing.T, open Open) {
	env := NewRentalEnv(t, open)
	env.AddTenant(t, "b")
	other := harang.Identity{Tenant: "b", UserID: "b", Role: harang.RoleAdmin}
	for _, err := range []error{
		env.Catalogue.PutPartner(t.Context(), other, harang.Partner{ID: "theirs", Name: "Theirs"}),
		env.Catalogue.PutProduct(t.Context(), other, harang.Product{ID: "their-saw", Name: "Saw"}),
		env.Catalogue.PutLocation(t.Context(), other, harang.Location{ID: "their-place", Name: "Place"}),
		env.Catalogue.PutProduct(t.Context(), Admin(), harang.Product{ID: "unstocked", Name: "Without stock"}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	many := make([]shop.CheckoutLine, 101)
	for i := range many {
		many[i] = shop.CheckoutLine{ProductID: fmt.Sprint(i), Quantity: 1}
	}
	for name, tc := range map[string]struct {
		change func(*shop.Checkout)
		code   harang.Code
		field  string
	}{
		"another tenant's partner":  {func(a *shop.Checkout) { a.PartnerID = "theirs" }, harang.CodeNotFound, ""},
		"another tenant's location": {func(a *shop.Checkout) { a.LocationID = "their-place" }, harang.CodeNotFound, ""},
		"another tenant's product": {func(a *shop.Checkout) {
			a.Lines[0].ProductID = "their-saw"
		}, harang.CodeNotFound, ""},
		"no partner": {func(a *shop.Checkout) { a.PartnerID = "" }, harang.CodeInvalidRequest,
			"partnerId"},
		"due now": {func(a *shop.Checkout) { a.Due.Time = Noon() }, harang.CodeInvalidRequest, "dueAt"},
		"due in three years": {func(a *shop.Checkout) {
			a.Due.Time = Noon().AddDate(3, 0, 0)
		}, harang.CodeInvalidRequest, "dueAt"},
		"no lines":       {func(a *shop.Checkout) { a.Lines = nil }, harang.CodeInvalidRequest, "lines"},
		"too many lines": {func(a *shop.Checkout) { a.Lines = many }, harang.CodeInvalidRequest, "lines"},
		"repeated line": {func(a *shop.Checkout) {
			a.Lines = append(a.Lines, a.Lines[0])
		}, harang.CodeInvalidRequest, "lines.1.productId"},
		"no pieces": {func(a *shop.Checkout) { a.Lines[0].Quantity = 0 }, harang.CodeInvalidRequest,
			"lines.0.quantity"},
		"negative pieces": {func(a *shop.Checkout) { a.Lines[0].Quantity = -1 }, harang.CodeInvalidRequest,
			"lines.0.quantity"},
		"no method": {func(a *shop.Checkout) {
			a.Payment = &shop.PaymentOrder{}
		}, harang.CodeInvalidRequest, "payment.method"},
		"no card": {func(a *shop.Checkout) { a.Payment = Card("") }, harang.CodeInvalidRequest,
			"payment.cardToken"},
		"cash by card": {func(a *shop.Checkout) {
			a.Payment = &shop.PaymentOrder{Method: harang.PaymentCash, CardToken: "x"}
		}, harang.CodeInvalidRequest, "payment.cardToken"},
	} {
		checkout := env.NewCheckout(1, nil)
		tc.change(&checkout)
		_, err := env.Rentals.Create(t.Context(), Clerk(), checkout)
		if harang.ErrorCode(err) != tc.code {
			t.Errorf("%s: %v, want %s", name, err, tc.code)
		}
		if tc.field != "" && (len(fieldsOf(err)) == 0 || fieldsOf(err)[0].Field != tc.field) {
			t.Errorf("%s: fields %v, want %s", name, fieldsOf(err), tc.field)
		}
	}

	checkout := env.NewCheckout(10, nil)
	checkout.Lines = []shop.CheckoutLine{{ProductID: "drill", Quantity: 10}, {ProductID: "unstocked", Quantity: 1}}
	_, err := env.Rentals.Create(t.Context(), Clerk(), checkout)
	if d := detailsOf(err); harang.ErrorCode(err) != harang.CodeInsufficientStock || d["line"] != 1 ||
		d["available"] != int64(0) {
		t.Errorf("product without stock: %v, %v", err, d)
	}
	_, err = env.Rentals.Create(t.Context(), Clerk(), env.NewCheckout(11, nil))
	if d := detailsOf(err); harang.ErrorCode(err) != harang.CodeInsufficientStock || d["line"] != 0 ||
		d["available"] != int64(10) {
		t.Errorf("more than available: %v, %v", err, d)
	}
	if env.AvailableDrills(t) != 10 || len(env.Entries(t, harang.AudienceManagers)) != 0 {
		t.Errorf("%d drills, events %v after refusals", env.AvailableDrills(t),
			env.EventTypes(t, harang.AudienceManagers))
	}
}

func testReturn(t *testing.T, open Open) {
	env := NewRentalEnv(t, open)
	first := env.Create(t, env.NewCheckout(8, nil))
	if _, err := env.Rentals.Return(t.Context(), Clerk(), "nothing"); harang.ErrorCode(err) != harang.CodeNotFound {
		t.Errorf("unknown rental: %v", err)
	}
	env.Clock.Move(time.Hour)
	back, err := env.Rentals.Return(t.Context(), Clerk(), first.Rental.ID)
	if err != nil || back.Status != harang.RentalReturned || !back.Closed.Equal(env.Clock.Now()) ||
		env.AvailableDrills(t) != 10 {
		t.Errorf("returned %+v, %v, %d drills", back, err, env.AvailableDrills(t))
	}
	for name, again := range map[string]func() error{
		"return": func() error { _, err := env.Rentals.Return(t.Context(), Clerk(), first.Rental.ID); return err },
		"cancel": func() error { _, err := env.Rentals.Cancel(t.Context(), Clerk(), first.Rental.ID); return err },
	} {
		if err := again(); harang.ErrorCode(err) != harang.CodeAlreadyReturned || env.AvailableDrills(t) != 10 {
			t.Errorf("%s after return: %v, %d drills", name, err, env.AvailableDrills(t))
		}
	}
	// The return restored the level: the next checkout alerts again.
	env.Create(t, env.NewCheckout(8, nil))
	want := []string{alertType, createdType, alertType, createdType}
	if got := env.EventTypes(t, harang.AudienceManagers); !slices.Equal(got, want) {
		t.Errorf("managers' events %v, want %v", got, want)
	}
	if alert := LastPayload[harang.StockAlert](t, env, alertType); alert.Severity != harang.SeverityCritical ||
		alert.CurrentQuantity != 2 {
		t.Errorf("alert %+v", alert)
	}
}

// testReturnAtLimit: pieces come back whatever is in stock. The count goes over the
// limit rather than lose them; only an adjustment cannot raise it further.
func testReturnAtLimit(t *testing.T, open Open) {
	env := NewRentalEnv(t, open)
	ctx := t.Context()
	returned, cancelled := env.Create(t, env.NewCheckout(3, nil)).Rental.ID,
		env.Create(t, env.NewCheckout(2, nil)).Rental.ID
	env.Provider.SetAnswers("slow", unknown, declined)
	expired := env.Create(t, env.NewCheckout(1, Card("slow"))).Rental.ID
	full := shop.StockPut{Quantity: harang.MaxQuantity, WarningThreshold: 6, CriticalThreshold: 3}
	if _, err := env.Catalogue.PutStock(ctx, Admin(), "drill", "main", full); err != nil {
		t.Fatal(err)
	}
	if r, err := env.Rentals.Return(ctx, Clerk(), returned); err != nil || r.Status != harang.RentalReturned {
		t.Errorf("returned %+v, %v", r, err)
	}
	if r, err := env.Rentals.Cancel(ctx, Clerk(), cancelled); err != nil || r.Status != harang.RentalCancelled {
		t.Errorf("cancelled %+v, %v", r, err)
	}
	env.Clock.Move(harang.RentalPaymentWindow + time.Minute)
	env.RunHousekeeping(t)
	env.RunHousekeeping(t)
	if r, _ := env.Find(t, expired); r.Status != harang.RentalCancelled {
		t.Errorf("expired %+v", r)
	}
	if got := env.AvailableDrills(t); got != harang.MaxQuantity+6 {
		t.Errorf("%d drills, want %d", got, harang.MaxQuantity+6)
	}
	adjust := func(delta int64) error {
		_, err := env.Inventory.Adjust(ctx, Admin(), shop.Adjustment{
			ProductID: "drill", LocationID: "main", Delta: delta, Reason: "count",
		})
		return err
	}
	wantCode(t, adjust(1), harang.CodeInvalidRequest)
	if err := adjust(-1); err != nil {
		t.Errorf("an adjustment downwards: %v", err)
	}
	env.Create(t, env.NewCheckout(1, nil))
	sum, err := env.Store.SumMovements(ctx, "a", "drill", "main")
	if got := env.AvailableDrills(t); err != nil || sum != got || got != harang.MaxQuantity+4 {
		t.Errorf("%d drills, movements of %d, %v", got, sum, err)
	}
}

func testCancel(t *testing.T, open Open) {
	env := NewRentalEnv(t, open)
	cash := env.Create(t, env.NewCheckout(2, &shop.PaymentOrder{Method: harang.PaymentCash}))
	if cash.Rental.Status != harang.RentalOpen || cash.Rental.Paid != 4000 ||
		cash.Payment.Status != harang.PaymentSucceeded {
		t.Fatalf("cash: %+v, %+v", cash.Rental, cash.Payment)
	}
	card := env.Create(t, env.NewCheckout(2, Card("good")))
	if card.Rental.Status != harang.RentalOpen || card.Payment.Status != harang.PaymentSucceeded ||
		card.Payment.Provider != "bank" {
		t.Fatalf("card: %+v, %+v", card.Rental, card.Payment)
	}
	for _, id := range []string{cash.Rental.ID, card.Rental.ID} {
		if r, err := env.Rentals.Cancel(t.Context(), Clerk(), id); err != nil || r.Status != harang.RentalCancelled {
			t.Errorf("cancelled %+v, %v", r, err)
		}
	}
	if env.AvailableDrills(t) != 10 {
		t.Errorf("%d drills", env.AvailableDrills(t))
	}
	// Cash is refunded at once, the card once, by the next round of housekeeping.
	if _, p := env.Find(t, cash.Rental.ID); p[0].Status != harang.PaymentReversed {
		t.Errorf("cash %+v", p[0])
	}
	env.wantRefunds(t, cash.Rental.ID, harang.Refund{Amount: 4000, Method: harang.PaymentCash,
		Status: harang.RefundSucceeded, PaymentID: cash.Payment.ID, Settled: env.Clock.Now()})
	if r, p := env.Find(t, card.Rental.ID); p[0].Status != harang.PaymentSucceeded || r.Paid != 4000 ||
		r.RefundPending != 4000 || r.Refunded != 0 {
		t.Errorf("card %+v, rental %+v", p[0], r)
	}
	env.wantRefunds(t, card.Rental.ID, harang.Refund{Amount: 4000, Method: harang.PaymentCard,
		Status: harang.RefundPending, PaymentID: card.Payment.ID})
	env.RunHousekeeping(t)
	env.Clock.Move(time.Hour)
	env.RunHousekeeping(t)
	r, p := env.Find(t, card.Rental.ID)
	if p[0].Status != harang.PaymentReversed || len(env.Provider.Charged()) != 0 {
		t.Errorf("card %+v, charged %v", p[0], env.Provider.Charged())
	}
	if r.RefundPending != 0 || r.Refunded != 4000 || r.Paid != 0 {
		t.Errorf("rental %+v", r)
	}
	again := shop.NewPayment{
		RentalID: card.Rental.ID, Amount: 1, PaymentOrder: shop.PaymentOrder{Method: harang.PaymentCash},
	}
	_, err := env.Payments.Pay(t.Context(), Clerk(), again)
	if code := harang.ErrorCode(err); code != harang.CodeInvalidRequest && code != harang.CodeConflict {
		t.Errorf("paying for a cancelled rental: %v", err)
	}
}

// testCancelInTime: a rental can be cancelled until the due instant of its checkout. An
// extension does not move that: money for time in which the pieces were out is not given
// back.
func testCancelInTime(t *testing.T, open Open) {
	env := NewRentalEnv(t, open)
	cash := &shop.PaymentOrder{Method: harang.PaymentCash}
	env.Provider.SetAnswers("bad", declined, declined)
	unpaid := env.NewCheckout(1, Card("bad"))
	unpaid.Due.Time = env.Clock.Now().Add(10 * time.Minute)
	unpaidID := env.Create(t, unpaid).Rental.ID
	early, extended, unmarked, overdue := env.Create(t, env.NewCheckout(1, cash)).Rental.ID,
		env.Create(t, env.NewCheckout(1, cash)).Rental.ID, env.Create(t, env.NewCheckout(1, cash)).Rental.ID,
		env.Create(t, env.NewCheckout(1, cash)).Rental.ID
	due := Noon().Add(48 * time.Hour)
	extend := func(id string) {
		t.Helper()
		out, err := env.Rentals.Extend(t.Context(), Clerk(), id,
			shop.Extension{Due: shop.DueAt{Time: env.Clock.Now().Add(72 * time.Hour)}})
		if err != nil || !out.Rental.FirstDue.Equal(due) {
			t.Fatalf("extended %+v, %v", out.Rental, err)
		}
		if stored, _ := env.Find(t, id); !stored.FirstDue.Equal(due) || stored.Due.Equal(due) {
			t.Fatalf("stored %+v", stored)
		}
	}
	cancel := func(name, id string, want harang.Code) {
		t.Helper()
		_, err := env.Rentals.Cancel(t.Context(), Clerk(), id)
		if r, _ := env.Find(t, id); harang.ErrorCode(err) != want || (want != "") != (r.Paid > 0) {
			t.Errorf("%s: %v, want %q; %+v", name, err, want, r)
		}
	}
	// The payment of a rental that is due soon is awaited longer.
	env.Clock.Move(20 * time.Minute)
	cancel("unpaid and past its due instant", unpaidID, "")
	extend(early)
	extend(extended)
	env.Clock.Move(48*time.Hour - 20*time.Minute - time.Millisecond)
	cancel("extended, 1 ms before it was due first", early, "")
	env.Clock.Move(time.Millisecond)
	cancel("extended before", extended, harang.CodeConflict)
	cancel("not marked as overdue yet", unmarked, harang.CodeConflict)
	env.RunHousekeeping(t)
	cancel("overdue", overdue, harang.CodeConflict)
	extend(overdue)
	cancel("overdue and extended", overdue, harang.CodeConflict)
	for _, id := range []string{extended, unmarked, overdue} {
		if r, err := env.Rentals.Return(t.Context(), Clerk(), id); err != nil || r.Paid != 2000 {
			t.Errorf("returned %+v, %v", r, err)
		}
	}
	if env.AvailableDrills(t) != 10 {
		t.Errorf("%d drills", env.AvailableDrills(t))
	}
}

func testOverdue(t *testing.T, open Open) {
	env := NewRentalEnv(t, open)
	out := env.Create(t, env.NewCheckout(1, nil))
	env.Clock.Move(48*time.Hour - time.Millisecond)
	env.RunHousekeeping(t)
	if r, _ := env.Find(t, out.Rental.ID); r.Status != harang.RentalOpen {
		t.Errorf("1 ms before the due instant: %s", r.Status)
	}
	env.Clock.Move(time.Millisecond)
	env.RunHousekeeping(t)
	if r, _ := env.Find(t, out.Rental.ID); r.Status != harang.RentalOverdue {
		t.Errorf("at the due instant: %s", r.Status)
	}
	if _, err := env.Rentals.Cancel(t.Context(), Clerk(), out.Rental.ID); harang.ErrorCode(err) != harang.CodeConflict {
		t.Errorf("cancelling an overdue rental: %v", err)
	}
	if r, err := env.Rentals.Return(t.Context(), Clerk(), out.Rental.ID); err != nil ||
		r.Status != harang.RentalReturned {
		t.Errorf("returning an overdue rental: %+v, %v", r, err)
	}
}

func testExpiry(t *testing.T, open Open) {
	env := NewRentalEnv(t, open)
	env.Provider.SetAnswers("bad", shop.Settlement{Status: harang.PaymentDeclined, ErrorCode: "iso:51"},
		shop.Settlement{Status: harang.PaymentDeclined})
	out := env.Create(t, env.NewCheckout(8, Card("bad")))
	if out.Rental.Status != harang.RentalAwaitingPayment || env.AvailableDrills(t) != 2 {
		t.Fatalf("%s with %d drills", out.Rental.Status, env.AvailableDrills(t))
	}
	if _, err := env.Rentals.Return(t.Context(), Clerk(), out.Rental.ID); harang.ErrorCode(err) != harang.CodeConflict {
		t.Errorf("returning a rental that awaits its payment: %v", err)
	}
	env.Clock.Move(30*time.Minute - time.Millisecond)
	env.RunHousekeeping(t)
	if env.AvailableDrills(t) != 2 {
		t.Error("cancelled too early")
	}
	env.Clock.Move(time.Millisecond)
	env.RunHousekeeping(t)
	r, _ := env.Find(t, out.Rental.ID)
	if r.Status != harang.RentalCancelled || env.AvailableDrills(t) != 10 || !r.Closed.Equal(env.Clock.Now()) {
		t.Errorf("%+v with %d drills", r, env.AvailableDrills(t))
	}
	if got, want := env.EventTypes(t, harang.AudienceManagers),
		[]string{alertType, errorType}; !slices.Equal(got, want) {
		t.Errorf("managers' events %v, want %v", got, want)
	}
}

// testLongRentals: a page of rentals with many lines ends early, and the next one goes on after it.
func testLongRentals(t *testing.T, open Open) {
	env := NewRentalEnv(t, open)
	checkout := env.NewCheckout(1, nil)
	checkout.Lines = nil
	for i := range harang.MaxRentalLines {
		id := fmt.Sprintf("p%03d", i)
		env.AddStock(t, id, "main", shop.StockPut{Quantity: 100})
		checkout.Lines = append(checkout.Lines, shop.CheckoutLine{ProductID: id, Quantity: 1})
	}
	const rentals = 25 // 2500 lines
	for range rentals {
		env.Create(t, checkout)
		env.Clock.Move(time.Second)
	}
	for _, sort := range []harang.RentalSort{"", harang.RentalsDueFirst} {
		var pages []int
		seen := map[string]bool{}
		for q := (harang.RentalQuery{Sort: sort, Limit: harang.MaxPageLimit}); ; {
			page, err := env.Rentals.List(t.Context(), Clerk(), q)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range page.Items {
				if len(r.Lines) != harang.MaxRentalLines || seen[r.ID] {
					t.Errorf("%s has %d lines, seen before: %v", r.ID, len(r.Lines), seen[r.ID])
				}
				seen[r.ID] = true
			}
			pages = append(pages, len(page.Items))
			if q.Cursor = page.Next; q.Cursor == "" {
				break
			}
		}
		if !slices.Equal(pages, []int{20, 5}) || len(seen) != rentals {
			t.Errorf("sorted by %q: pages of %v, %d rentals", sort, pages, len(seen))
		}
	}
}

func testRentalList(t *testing.T, open Open) {
	env := NewRentalEnv(t, open)
	var created []string
	for range 5 {
		created = append(created, env.Create(t, env.NewCheckout(1, nil)).Rental.ID)
		env.Clock.Move(time.Second)
	}
	if _, err := env.Rentals.Return(t.Context(), Clerk(), created[1]); err != nil {
		t.Fatal(err)
	}
	read := func(status harang.RentalStatus) []string {
		var ids []string
		for q := (harang.RentalQuery{Status: status, Limit: 2}); ; {
			page, err := env.Rentals.List(t.Context(), Clerk(), q)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range page.Items {
				if len(r.Lines) != 1 {
					t.Errorf("%s has lines %v", r.ID, r.Lines)
				}
				ids = append(ids, r.ID)
			}
			if q.Cursor = page.Next; q.Cursor == "" {
				return ids
			}
		}
	}
	all := slices.Clone(created)
	slices.Reverse(all)
	if got := read(""); !slices.Equal(got, all) {
		t.Errorf("all: %v, want %v", got, all)
	}
	if got := read(harang.RentalReturned); !slices.Equal(got, created[1:2]) {
		t.Errorf("returned: %v", got)
	}
	if got := read(harang.RentalOpen); !slices.Equal(got, slices.Concat(all[:3], all[4:])) {
		t.Errorf("open: %v", got)
	}
	for field, q := range map[string]harang.RentalQuery{
		"status": {Status: "LOST"}, "limit": {Limit: 201}, "cursor": {Cursor: "%"},
	} {
		if _, err := env.Rentals.List(t.Context(), Clerk(), q); harang.ErrorCode(err) != harang.CodeInvalidRequest ||
			fieldsOf(err)[0].Field != field {
			t.Errorf("%s: %v", field, err)
		}
		if _, err := env.Payments.List(t.Context(), Admin(),
			harang.PaymentQuery{Status: harang.PaymentStatus(q.Status), Limit: q.Limit,
				Cursor: q.Cursor}); harang.ErrorCode(err) != harang.CodeInvalidRequest ||
			fieldsOf(err)[0].Field != field {
			t.Errorf("payments, %s: %v", field, err)
		}
	}
	for _, status := range []harang.RentalStatus{"", harang.RentalOpen} {
		if page, err := env.Rentals.List(t.Context(), Clerk(),
			harang.RentalQuery{Status: status, LocationID: "main"}); err != nil || len(page.Items) == 0 {
			t.Errorf("at the location, status %q: %d, %v", status, len(page.Items), err)
		}
		if page, err := env.Rentals.List(t.Context(), Clerk(),
			harang.RentalQuery{Status: status, LocationID: "elsewhere"}); err != nil || len(page.Items) != 0 {
			t.Errorf("at another location, status %q: %d, %v", status, len(page.Items), err)
		}
	}
	otherTenant := harang.Identity{Tenant: "b", UserID: "s", Role: harang.RoleAdmin}
	if page, err := env.Rentals.List(t.Context(), otherTenant, harang.RentalQuery{}); err != nil ||
		len(page.Items) != 0 {
		t.Errorf("another tenant lists %v, %v", page.Items, err)
	}
	if _, _, err := env.Rentals.Find(t.Context(), otherTenant,
		created[0]); harang.ErrorCode(err) != harang.CodeNotFound {
		t.Errorf("another tenant finds: %v", err)
	}
	if _, err := env.Rentals.Return(t.Context(), otherTenant,
		created[0]); harang.ErrorCode(err) != harang.CodeNotFound {
		t.Errorf("another tenant returns: %v", err)
	}
}

func testSummary(t *testing.T, open Open) {
	env := NewRentalEnv(t, open)
	cash := &shop.PaymentOrder{Method: harang.PaymentCash}
	env.Provider.SetAnswers("bad", shop.Settlement{Status: harang.PaymentDeclined, ErrorCode: "iso:51"},
		shop.Settlement{})
	// 00:30 in Budapest on March 1st is still February in UTC.
	env.Clock.Move(time.Date(2026, 2, 28, 23, 30, 0, 0, time.UTC).Sub(Noon()))
	env.Create(t, env.NewCheckout(1, cash))
	env.Clock.Move(Noon().Sub(env.Clock.Now()))
	today := env.NewCheckout(1, cash)
	today.Due.Time = Noon().Add(2 * time.Hour)
	env.Create(t, today)
	env.Create(t, env.NewCheckout(2, Card("good")))
	env.Create(t, env.NewCheckout(1, Card("bad")))
	env.Clock.Move(time.Hour)

	s, err := env.Dashboard.Summary(t.Context(), As(harang.RoleStoreManager, "m"), "")
	if err != nil {
		t.Fatal(err)
	}
	if s.OpenRentals != 3 || s.DueToday != 1 || s.Overdue != 0 || s.Stock.Warning != 1 {
		t.Errorf("counts %+v", s)
	}
	f := s.Figures
	if f == nil || f.RevenueToday != 1000+4000 || f.RevenueYesterday != 2000 {
		t.Fatalf("revenue of %+v", f)
	}
	if f.FailedPaymentsToday != 1 || f.FailedAmountToday != 2000 {
		t.Errorf("failed payments of %+v", f)
	}
	if len(f.RevenueByDay) != 14 || f.RevenueByDay[0].Date != "2026-02-17" ||
		f.RevenueByDay[12] != (harang.DayAmount{Date: "2026-03-01", Amount: 2000}) ||
		f.RevenueByDay[13] != (harang.DayAmount{Date: "2026-03-02", Amount: 5000}) {
		t.Errorf("by day %v", f.RevenueByDay)
	}
	// The only location has all of it, another one nothing.
	if at, err := env.Dashboard.Summary(t.Context(), As(harang.RoleStoreManager, "m"), "main"); err != nil ||
		!reflect.DeepEqual(at, s) {
		t.Errorf("of the location %+v, %v, want %+v", at, err, s)
	}
	if at, err := env.Dashboard.Summary(t.Context(), As(harang.RoleStoreManager, "m"), "elsewhere"); err != nil ||
		at.OpenRentals != 0 || at.Stock != (harang.StockCounts{}) ||
		at.Figures.RevenueToday != 0 || at.Figures.RevenueYesterday != 0 || at.Figures.FailedPaymentsToday != 0 {
		t.Errorf("of another location %+v, %+v, %v", at, at.Figures, err)
	}
	env.Clock.Move(3 * time.Hour)
	if at, err := env.Dashboard.Summary(t.Context(), Clerk(), "main"); err != nil || at.Overdue != 1 ||
		at.OpenRentals != 3 {
		t.Errorf("of the location, later %+v, %v", at, err)
	}
	if s, err := env.Dashboard.Summary(t.Context(), Clerk(), ""); err != nil || s.Figures != nil ||
		s.OpenRentals != 3 || s.Overdue != 1 {
		t.Errorf("operator's summary %+v, %v", s, err)
	}
}

// testRentalRoles compares every use case of rentals and payments with the matrix of
// permissions.
func testRentalRoles(t *testing.T, open Open) {
	env := NewRentalEnv(t, open)
	ctx := t.Context()
	for name, tc := range map[string]struct {
		action harang.Action
		call   func(caller harang.Identity) error
	}{
		"create": {harang.ActionWriteRentals, func(caller harang.Identity) error {
			_, err := env.Rentals.Create(ctx, caller, shop.Checkout{})
			return err
		}},
		"return": {harang.ActionWriteRentals, func(caller harang.Identity) error {
			_, err := env.Rentals.Return(ctx, caller, "-")
			return err
		}},
		"cancel": {harang.ActionWriteRentals, func(caller harang.Identity) error {
			_, err := env.Rentals.Cancel(ctx, caller, "-")
			return err
		}},
		"find": {harang.ActionReadRentals, func(caller harang.Identity) error {
			_, _, err := env.Rentals.Find(ctx, caller, "-")
			return err
		}},
		"list": {harang.ActionReadRentals, func(caller harang.Identity) error {
			_, err := env.Rentals.List(ctx, caller, harang.RentalQuery{})
			return err
		}},
		"pay": {harang.ActionPay, func(caller harang.Identity) error {
			_, err := env.Payments.Pay(ctx, caller, shop.NewPayment{})
			return err
		}},
		"payments": {harang.ActionReadPayments, func(caller harang.Identity) error {
			_, err := env.Payments.List(ctx, caller, harang.PaymentQuery{})
			return err
		}},
		"cards": {harang.ActionPay, func(caller harang.Identity) error {
			_, err := env.Payments.Cards(ctx, caller, "-")
			return err
		}},
		"put card": {harang.ActionPutCatalogue, func(caller harang.Identity) error {
			return env.Payments.PutCard(ctx, caller, "-", harang.Card{})
		}},
		"delete card": {harang.ActionPutCatalogue, func(caller harang.Identity) error {
			return env.Payments.DeleteCard(ctx, caller, "-", "-")
		}},
	} {
		for _, role := range append(harang.Roles(), harang.RoleService, "UNKNOWN") {
			err := tc.call(As(role, "u"))
			if forbidden := harang.ErrorCode(err) == harang.CodeForbidden; forbidden == role.May(tc.action) {
				t.Errorf("%s as %s: %v", name, role, err)
			}
		}
	}
}

func fieldsOf(err error) []harang.FieldError {
	if e := applicationError(err); e != nil {
		return e.Fields
	}
	return nil
}

func detailsOf(err error) map[string]any {
	if e := applicationError(err); e != nil {
		return e.Details
	}
	return nil
}
