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
	t.Run("Cancel", func(t *testing.T) { testCancel(t, open) })
	t.Run("Overdue", func(t *testing.T) { testOverdue(t, open) })
	t.Run("Expiry", func(t *testing.T) { testExpiry(t, open) })
	t.Run("List", func(t *testing.T) { testRentalList(t, open) })
	t.Run("Summary", func(t *testing.T) { testSummary(t, open) })
	t.Run("Roles", func(t *testing.T) { testLedgerRoles(t, open) })
}

func testCheckout(t *testing.T, open Open) {
	c := NewCounter(t, open)
	c.AddStock(t, "saw", "main", shop.StockPut{Quantity: 4})
	ask := c.Ask(5, nil)
	ask.Lines = append(ask.Lines, shop.CheckoutLine{ProductID: "saw", Quantity: 2})
	out := c.Create(t, ask)

	want := harang.Rental{
		ID: out.Rental.ID, Tenant: "a", PartnerID: "acme", PartnerName: "Acme Kft.", LocationID: "main", LocationName: "Place main",
		Status: harang.RentalOpen, EquipmentCount: 7, TotalValue: 14000, By: harang.Person{ID: "clerk", Name: "Name of clerk"},
		Created: Noon(), Due: Noon().Add(48 * time.Hour),
		Lines: []harang.RentalLine{
			{ProductID: "drill", ProductName: "Product drill", Quantity: 5, DailyPrice: 1000},
			{ProductID: "saw", ProductName: "Product saw", Quantity: 2, DailyPrice: 1000},
		},
	}
	if diff := cmp.Diff(want, out.Rental); diff != "" || out.Payment != nil {
		t.Errorf("made %s, payment %v", diff, out.Payment)
	}
	kept, payments := c.Find(t, out.Rental.ID)
	if diff := cmp.Diff(want, kept); diff != "" || len(payments) != 0 {
		t.Errorf("kept %s, payments %v", diff, payments)
	}
	// The alert that the checkout caused and the rental, in one commit.
	if got := c.Types(t, harang.AudienceManagers); !slices.Equal(got, []string{alertType, createdType}) {
		t.Errorf("managers hear %v", got)
	}
	if got := c.Types(t, harang.AudienceOperators); !slices.Equal(got, []string{alertType}) {
		t.Errorf("operators hear %v", got)
	}
	alert := Last[harang.StockAlert](t, c, alertType)
	if alert.ProductID != "drill" || alert.CurrentQuantity != 5 || alert.Severity != harang.SeverityWarning || alert.Threshold != 6 {
		t.Errorf("rang %+v", alert)
	}
	rung := Last[harang.RentalCreated](t, c, createdType)
	if diff := cmp.Diff(harang.RentalCreated{RentalID: out.Rental.ID, PartnerID: "acme", PartnerName: "Acme Kft.", EquipmentCount: 7, TotalValue: 14000, Currency: "HUF"}, rung); diff != "" {
		t.Error(diff)
	}
	// Asked again under the same id, it is told and nothing is made.
	ask.ID = out.Rental.ID
	again := c.Create(t, ask)
	if diff := cmp.Diff(want, again.Rental); diff != "" || c.Drills(t) != 5 {
		t.Errorf("made again: %s, %d drills", diff, c.Drills(t))
	}
}

func testCheckoutRefused(t *testing.T, open Open) {
	c := NewCounter(t, open)
	c.AddTenant(t, "b")
	other := harang.Identity{Tenant: "b", UserID: "b", Role: harang.RoleAdmin}
	for _, err := range []error{
		c.Catalogue.PutPartner(t.Context(), other, harang.Partner{ID: "theirs", Name: "Theirs"}),
		c.Catalogue.PutProduct(t.Context(), other, harang.Product{ID: "their-saw", Name: "Saw"}),
		c.Catalogue.PutLocation(t.Context(), other, harang.Location{ID: "their-place", Name: "Place"}),
		c.Catalogue.PutProduct(t.Context(), Admin(), harang.Product{ID: "nowhere", Name: "Stands nowhere"}),
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
		"another tenant's product":  {func(a *shop.Checkout) { a.Lines[0].ProductID = "their-saw" }, harang.CodeNotFound, ""},
		"no partner":                {func(a *shop.Checkout) { a.PartnerID = "" }, harang.CodeInvalidRequest, "partnerId"},
		"due now":                   {func(a *shop.Checkout) { a.Due = Noon() }, harang.CodeInvalidRequest, "dueAt"},
		"due in three years":        {func(a *shop.Checkout) { a.Due = Noon().AddDate(3, 0, 0) }, harang.CodeInvalidRequest, "dueAt"},
		"no lines":                  {func(a *shop.Checkout) { a.Lines = nil }, harang.CodeInvalidRequest, "lines"},
		"too many lines":            {func(a *shop.Checkout) { a.Lines = many }, harang.CodeInvalidRequest, "lines"},
		"repeated line":             {func(a *shop.Checkout) { a.Lines = append(a.Lines, a.Lines[0]) }, harang.CodeInvalidRequest, "lines.1.productId"},
		"no pieces":                 {func(a *shop.Checkout) { a.Lines[0].Quantity = 0 }, harang.CodeInvalidRequest, "lines.0.quantity"},
		"negative pieces":           {func(a *shop.Checkout) { a.Lines[0].Quantity = -1 }, harang.CodeInvalidRequest, "lines.0.quantity"},
		"no method":                 {func(a *shop.Checkout) { a.Payment = &shop.PaymentOrder{} }, harang.CodeInvalidRequest, "payment.method"},
		"no card":                   {func(a *shop.Checkout) { a.Payment = Card("") }, harang.CodeInvalidRequest, "payment.cardToken"},
		"cash by card":              {func(a *shop.Checkout) { a.Payment = &shop.PaymentOrder{Method: harang.PaymentCash, CardToken: "x"} }, harang.CodeInvalidRequest, "payment.cardToken"},
	} {
		ask := c.Ask(1, nil)
		tc.change(&ask)
		_, err := c.Rentals.Create(t.Context(), Clerk(), ask)
		if harang.ErrorCode(err) != tc.code {
			t.Errorf("%s: %v, want %s", name, err, tc.code)
		}
		if tc.field != "" && (len(fieldsOf(err)) == 0 || fieldsOf(err)[0].Field != tc.field) {
			t.Errorf("%s: fields %v, want %s", name, fieldsOf(err), tc.field)
		}
	}

	ask := c.Ask(10, nil)
	ask.Lines = []shop.CheckoutLine{{ProductID: "drill", Quantity: 10}, {ProductID: "nowhere", Quantity: 1}}
	_, err := c.Rentals.Create(t.Context(), Clerk(), ask)
	if d := detailsOf(err); harang.ErrorCode(err) != harang.CodeInsufficientStock || d["line"] != 1 || d["available"] != int64(0) {
		t.Errorf("a product that stands nowhere: %v, %v", err, d)
	}
	_, err = c.Rentals.Create(t.Context(), Clerk(), c.Ask(11, nil))
	if d := detailsOf(err); harang.ErrorCode(err) != harang.CodeInsufficientStock || d["line"] != 0 || d["available"] != int64(10) {
		t.Errorf("more than available: %v, %v", err, d)
	}
	if c.Drills(t) != 10 || len(c.Entries(t, harang.AudienceManagers)) != 0 {
		t.Errorf("%d drills, events %v after refusals", c.Drills(t), c.Types(t, harang.AudienceManagers))
	}
}

func testReturn(t *testing.T, open Open) {
	c := NewCounter(t, open)
	first := c.Create(t, c.Ask(8, nil))
	if _, err := c.Rentals.Return(t.Context(), Clerk(), "nothing"); harang.ErrorCode(err) != harang.CodeNotFound {
		t.Errorf("an unknown rental: %v", err)
	}
	c.Clock.Move(time.Hour)
	back, err := c.Rentals.Return(t.Context(), Clerk(), first.Rental.ID)
	if err != nil || back.Status != harang.RentalReturned || !back.Closed.Equal(c.Clock.Now()) || c.Drills(t) != 10 {
		t.Errorf("returned %+v, %v, %d drills", back, err, c.Drills(t))
	}
	for name, again := range map[string]func() error{
		"return": func() error { _, err := c.Rentals.Return(t.Context(), Clerk(), first.Rental.ID); return err },
		"cancel": func() error { _, err := c.Rentals.Cancel(t.Context(), Clerk(), first.Rental.ID); return err },
	} {
		if err := again(); harang.ErrorCode(err) != harang.CodeAlreadyReturned || c.Drills(t) != 10 {
			t.Errorf("%s after return: %v, %d drills", name, err, c.Drills(t))
		}
	}
	// The levels are armed again: the next checkout rings again.
	c.Create(t, c.Ask(8, nil))
	want := []string{alertType, createdType, alertType, createdType}
	if got := c.Types(t, harang.AudienceManagers); !slices.Equal(got, want) {
		t.Errorf("managers hear %v, want %v", got, want)
	}
	if alert := Last[harang.StockAlert](t, c, alertType); alert.Severity != harang.SeverityCritical || alert.CurrentQuantity != 2 {
		t.Errorf("rang %+v", alert)
	}
}

func testCancel(t *testing.T, open Open) {
	c := NewCounter(t, open)
	cash := c.Create(t, c.Ask(2, &shop.PaymentOrder{Method: harang.PaymentCash}))
	if cash.Rental.Status != harang.RentalOpen || cash.Rental.Paid != 4000 || cash.Payment.Status != harang.PaymentSucceeded {
		t.Fatalf("cash: %+v, %+v", cash.Rental, cash.Payment)
	}
	card := c.Create(t, c.Ask(2, Card("good")))
	if card.Rental.Status != harang.RentalOpen || card.Payment.Status != harang.PaymentSucceeded || card.Payment.Provider != "bank" {
		t.Fatalf("card: %+v, %+v", card.Rental, card.Payment)
	}
	for _, id := range []string{cash.Rental.ID, card.Rental.ID} {
		if r, err := c.Rentals.Cancel(t.Context(), Clerk(), id); err != nil || r.Status != harang.RentalCancelled {
			t.Errorf("cancelled %+v, %v", r, err)
		}
	}
	if c.Drills(t) != 10 {
		t.Errorf("%d drills", c.Drills(t))
	}
	// Cash goes back at once, the card by the next round, once.
	if _, p := c.Find(t, cash.Rental.ID); p[0].Status != harang.PaymentReversed {
		t.Errorf("cash %+v", p[0])
	}
	if _, p := c.Find(t, card.Rental.ID); p[0].Status != harang.PaymentSucceeded || !p[0].RefundDue {
		t.Errorf("card %+v", p[0])
	}
	c.Round(t)
	c.Clock.Move(time.Hour)
	c.Round(t)
	if r, p := c.Find(t, card.Rental.ID); p[0].Status != harang.PaymentReversed || p[0].RefundDue || r.Paid != 0 || len(c.Bank.Taken()) != 0 {
		t.Errorf("card %+v, rental %+v, bank %v", p[0], r, c.Bank.Taken())
	}
	if _, err := c.Payments.Pay(t.Context(), Clerk(), shop.NewPayment{RentalID: card.Rental.ID, Amount: 1, PaymentOrder: shop.PaymentOrder{Method: harang.PaymentCash}}); harang.ErrorCode(err) != harang.CodeInvalidRequest && harang.ErrorCode(err) != harang.CodeConflict {
		t.Errorf("paying for a cancelled rental: %v", err)
	}
}

func testOverdue(t *testing.T, open Open) {
	c := NewCounter(t, open)
	out := c.Create(t, c.Ask(1, nil))
	c.Clock.Move(48*time.Hour - time.Millisecond)
	c.Round(t)
	if r, _ := c.Find(t, out.Rental.ID); r.Status != harang.RentalOpen {
		t.Errorf("a moment before: %s", r.Status)
	}
	c.Clock.Move(time.Millisecond)
	c.Round(t)
	if r, _ := c.Find(t, out.Rental.ID); r.Status != harang.RentalOverdue {
		t.Errorf("at the due instant: %s", r.Status)
	}
	if _, err := c.Rentals.Cancel(t.Context(), Clerk(), out.Rental.ID); harang.ErrorCode(err) != harang.CodeConflict {
		t.Errorf("cancelling an overdue rental: %v", err)
	}
	if r, err := c.Rentals.Return(t.Context(), Clerk(), out.Rental.ID); err != nil || r.Status != harang.RentalReturned {
		t.Errorf("returning an overdue rental: %+v, %v", r, err)
	}
}

func testExpiry(t *testing.T, open Open) {
	c := NewCounter(t, open)
	c.Bank.Answer("bad", shop.Settlement{Status: harang.PaymentDeclined, ErrorCode: "iso:51"}, shop.Settlement{Status: harang.PaymentDeclined})
	out := c.Create(t, c.Ask(8, Card("bad")))
	if out.Rental.Status != harang.RentalAwaitingPayment || c.Drills(t) != 2 {
		t.Fatalf("%s with %d drills", out.Rental.Status, c.Drills(t))
	}
	if _, err := c.Rentals.Return(t.Context(), Clerk(), out.Rental.ID); harang.ErrorCode(err) != harang.CodeConflict {
		t.Errorf("returning what waits for its payment: %v", err)
	}
	c.Clock.Move(30*time.Minute - time.Millisecond)
	c.Round(t)
	if c.Drills(t) != 2 {
		t.Error("given back too early")
	}
	c.Clock.Move(time.Millisecond)
	c.Round(t)
	r, _ := c.Find(t, out.Rental.ID)
	if r.Status != harang.RentalCancelled || c.Drills(t) != 10 || !r.Closed.Equal(c.Clock.Now()) {
		t.Errorf("%+v with %d drills", r, c.Drills(t))
	}
	if got, want := c.Types(t, harang.AudienceManagers), []string{alertType, errorType}; !slices.Equal(got, want) {
		t.Errorf("managers hear %v, want %v", got, want)
	}
}

func testRentalList(t *testing.T, open Open) {
	c := NewCounter(t, open)
	var made []string
	for range 5 {
		made = append(made, c.Create(t, c.Ask(1, nil)).Rental.ID)
		c.Clock.Move(time.Second)
	}
	if _, err := c.Rentals.Return(t.Context(), Clerk(), made[1]); err != nil {
		t.Fatal(err)
	}
	read := func(status harang.RentalStatus) []string {
		var ids []string
		for q := (harang.RentalQuery{Status: status, Limit: 2}); ; {
			page, err := c.Rentals.List(t.Context(), Clerk(), q)
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
	all := slices.Clone(made)
	slices.Reverse(all)
	if got := read(""); !slices.Equal(got, all) {
		t.Errorf("all: %v, want %v", got, all)
	}
	if got := read(harang.RentalReturned); !slices.Equal(got, made[1:2]) {
		t.Errorf("returned: %v", got)
	}
	if got := read(harang.RentalOpen); !slices.Equal(got, slices.Concat(all[:3], all[4:])) {
		t.Errorf("open: %v", got)
	}
	for field, q := range map[string]harang.RentalQuery{
		"status": {Status: "LOST"}, "limit": {Limit: 201}, "cursor": {Cursor: "%"},
	} {
		if _, err := c.Rentals.List(t.Context(), Clerk(), q); harang.ErrorCode(err) != harang.CodeInvalidRequest || fieldsOf(err)[0].Field != field {
			t.Errorf("%s: %v", field, err)
		}
		if _, err := c.Payments.List(t.Context(), Admin(), harang.PaymentQuery{Status: harang.PaymentStatus(q.Status), Limit: q.Limit, Cursor: q.Cursor}); harang.ErrorCode(err) != harang.CodeInvalidRequest || fieldsOf(err)[0].Field != field {
			t.Errorf("payments, %s: %v", field, err)
		}
	}
	for _, status := range []harang.RentalStatus{"", harang.RentalOpen} {
		if page, err := c.Rentals.List(t.Context(), Clerk(), harang.RentalQuery{Status: status, LocationID: "main"}); err != nil || len(page.Items) == 0 {
			t.Errorf("at the place, status %q: %d, %v", status, len(page.Items), err)
		}
		if page, err := c.Rentals.List(t.Context(), Clerk(), harang.RentalQuery{Status: status, LocationID: "elsewhere"}); err != nil || len(page.Items) != 0 {
			t.Errorf("elsewhere, status %q: %d, %v", status, len(page.Items), err)
		}
	}
	stranger := harang.Identity{Tenant: "b", UserID: "s", Role: harang.RoleAdmin}
	if page, err := c.Rentals.List(t.Context(), stranger, harang.RentalQuery{}); err != nil || len(page.Items) != 0 {
		t.Errorf("another tenant sees %v, %v", page.Items, err)
	}
	if _, _, err := c.Rentals.Find(t.Context(), stranger, made[0]); harang.ErrorCode(err) != harang.CodeNotFound {
		t.Errorf("another tenant finds: %v", err)
	}
	if _, err := c.Rentals.Return(t.Context(), stranger, made[0]); harang.ErrorCode(err) != harang.CodeNotFound {
		t.Errorf("another tenant returns: %v", err)
	}
}

func testSummary(t *testing.T, open Open) {
	c := NewCounter(t, open)
	cash := &shop.PaymentOrder{Method: harang.PaymentCash}
	c.Bank.Answer("bad", shop.Settlement{Status: harang.PaymentDeclined, ErrorCode: "iso:51"}, shop.Settlement{})
	// 00:30 in Budapest on March 1st is still February in UTC.
	c.Clock.Move(time.Date(2026, 2, 28, 23, 30, 0, 0, time.UTC).Sub(Noon()))
	c.Create(t, c.Ask(1, cash))
	c.Clock.Move(Noon().Sub(c.Clock.Now()))
	today := c.Ask(1, cash)
	today.Due = Noon().Add(2 * time.Hour)
	c.Create(t, today)
	c.Create(t, c.Ask(2, Card("good")))
	c.Create(t, c.Ask(1, Card("bad")))
	c.Clock.Move(time.Hour)

	s, err := c.Dashboard.Summary(t.Context(), As(harang.RoleStoreManager, "m"), "")
	if err != nil {
		t.Fatal(err)
	}
	if s.OpenRentals != 3 || s.DueToday != 1 || s.Overdue != 0 || s.Stock.Warning != 1 {
		t.Errorf("counts %+v", s)
	}
	f := s.Figures
	if f == nil || f.RevenueToday != 1000+4000 || f.RevenueYesterday != 2000 || f.FailedPaymentsToday != 1 || f.FailedAmountToday != 2000 {
		t.Fatalf("figures %+v", f)
	}
	if len(f.RevenueByDay) != 14 || f.RevenueByDay[0].Date != "2026-02-17" || f.RevenueByDay[12] != (harang.DayAmount{Date: "2026-03-01", Amount: 2000}) || f.RevenueByDay[13] != (harang.DayAmount{Date: "2026-03-02", Amount: 5000}) {
		t.Errorf("by day %v", f.RevenueByDay)
	}
	// The only place has it all, another one nothing.
	if at, err := c.Dashboard.Summary(t.Context(), As(harang.RoleStoreManager, "m"), "main"); err != nil || !reflect.DeepEqual(at, s) {
		t.Errorf("of the place %+v, %v, want %+v", at, err, s)
	}
	if at, err := c.Dashboard.Summary(t.Context(), As(harang.RoleStoreManager, "m"), "elsewhere"); err != nil || at.OpenRentals != 0 || at.Stock != (harang.StockCounts{}) ||
		at.Figures.RevenueToday != 0 || at.Figures.RevenueYesterday != 0 || at.Figures.FailedPaymentsToday != 0 {
		t.Errorf("elsewhere %+v, %+v, %v", at, at.Figures, err)
	}
	c.Clock.Move(3 * time.Hour)
	if at, err := c.Dashboard.Summary(t.Context(), Clerk(), "main"); err != nil || at.Overdue != 1 || at.OpenRentals != 3 {
		t.Errorf("of the place, later %+v, %v", at, err)
	}
	if s, err := c.Dashboard.Summary(t.Context(), Clerk(), ""); err != nil || s.Figures != nil || s.OpenRentals != 3 || s.Overdue != 1 {
		t.Errorf("an operator sees %+v, %v", s, err)
	}
}

// testLedgerRoles holds every use case of rentals and payments to the matrix.
func testLedgerRoles(t *testing.T, open Open) {
	c := NewCounter(t, open)
	ctx := t.Context()
	for name, tc := range map[string]struct {
		action harang.Action
		call   func(who harang.Identity) error
	}{
		"create": {harang.ActionWriteRentals, func(who harang.Identity) error { _, err := c.Rentals.Create(ctx, who, shop.Checkout{}); return err }},
		"return": {harang.ActionWriteRentals, func(who harang.Identity) error { _, err := c.Rentals.Return(ctx, who, "-"); return err }},
		"cancel": {harang.ActionWriteRentals, func(who harang.Identity) error { _, err := c.Rentals.Cancel(ctx, who, "-"); return err }},
		"find":   {harang.ActionReadRentals, func(who harang.Identity) error { _, _, err := c.Rentals.Find(ctx, who, "-"); return err }},
		"list":   {harang.ActionReadRentals, func(who harang.Identity) error { _, err := c.Rentals.List(ctx, who, harang.RentalQuery{}); return err }},
		"pay":    {harang.ActionPay, func(who harang.Identity) error { _, err := c.Payments.Pay(ctx, who, shop.NewPayment{}); return err }},
		"payments": {harang.ActionReadPayments, func(who harang.Identity) error {
			_, err := c.Payments.List(ctx, who, harang.PaymentQuery{})
			return err
		}},
		"cards":       {harang.ActionPay, func(who harang.Identity) error { _, err := c.Payments.Cards(ctx, who, "-"); return err }},
		"put card":    {harang.ActionPutCatalogue, func(who harang.Identity) error { return c.Payments.PutCard(ctx, who, "-", harang.Card{}) }},
		"delete card": {harang.ActionPutCatalogue, func(who harang.Identity) error { return c.Payments.DeleteCard(ctx, who, "-", "-") }},
	} {
		for _, role := range append(harang.Roles(), harang.RoleService, "NOBODY") {
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
