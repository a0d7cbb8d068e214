package storetest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"harang.dev/harang"
	"harang.dev/harang/internal/shop"
)

// appendForeignError appends a payment_error of another program.
func (env *RentalEnv) appendForeignError(t *testing.T, id, transaction string) {
	t.Helper()
	e, err := harang.NewEvent(harang.PaymentErrorType, id, "a", time.Time{}, harang.PaymentError{
		TransactionID: transaction, ErrorCode: "iso:54", ErrorMessage: "Lejárt", PartnerID: "p", PartnerName: "P",
		Amount: 5, Currency: harang.CurrencyHUF,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := env.Store.Within(t.Context(), func(tx shop.Tx) error { tx.Append(e); return nil }); err != nil {
		t.Fatal(err)
	}
}

// testFailures: the list has own failures and those of other programs, newest first,
// one per rental or foreign transaction, as long as the failure is unresolved.
func testFailures(t *testing.T, open Open) {
	env := NewRentalEnv(t, open)
	env.Provider.SetAnswers("bad", declined, declined)
	env.Provider.SetAnswers("late", unknown, unknown)
	manager := As(harang.RoleStoreManager, "m")
	list := func() []harang.PaymentFailure {
		t.Helper()
		failures, err := env.Payments.Failures(t.Context(), manager, "")
		if err != nil {
			t.Fatal(err)
		}
		return failures
	}
	want := func(when string, transactions ...string) {
		t.Helper()
		var got []string
		for _, f := range list() {
			got = append(got, f.TransactionID)
		}
		if !slices.Equal(got, transactions) {
			t.Errorf("%s: %v, want %v", when, got, transactions)
		}
	}
	want("at first")

	first := env.Create(t, env.NewCheckout(1, Card("bad")))
	env.Clock.Move(time.Second)
	env.appendForeignError(t, "e1", "foreign")
	env.Clock.Move(time.Second)
	second := env.Create(t, env.NewCheckout(1, Card("late")))
	env.Clock.Move(time.Second)
	env.appendForeignError(t, "e2", "foreign")
	want("all", "foreign", second.Payment.ID, first.Payment.ID)
	env.wantFigures(t, manager, "", 3)
	// The payment of the other program is unknown here: it may be of any location.
	env.wantFigures(t, manager, "main", 3)
	env.wantFigures(t, manager, "elsewhere", 1)
	failures := list()
	f := failures[0]
	if f.EventID != "e2" || f.Amount != 5 || !f.At.Equal(env.Clock.Now()) {
		t.Errorf("failure of another program: %+v", f)
	}
	if f.RentalID != "" || f.Status != "" || f.Claim != nil {
		t.Errorf("a failure of another program has a rental, a status or a claim: %+v", f)
	}
	if f := failures[1]; f.RentalID != second.Rental.ID || f.Status != harang.PaymentPending ||
		f.ErrorCode != unknown.ErrorCode || f.EventID == "" {
		t.Errorf("own failure: %+v", f)
	}
	if _, err := env.Notifications.Claim(t.Context(), manager, failures[2].EventID); err != nil {
		t.Fatal(err)
	}
	if claim := list()[2].Claim; claim == nil || claim.By == nil || claim.By.ID != "m" {
		t.Errorf("the claim: %+v", claim)
	}

	env.wantResolved(t, nil)
	env.Clock.Move(time.Second)
	again, err := env.pay(t, first.Rental.ID, "bad", first.Rental.TotalValue)
	if again.ID == "" || err == nil {
		t.Fatalf("%+v, %v", again, err)
	}
	want("declined again", again.ID, "foreign", second.Payment.ID)
	if claim := list()[0].Claim; claim == nil || claim.EventID != failures[2].EventID {
		t.Errorf("the claim after another failure: %+v", claim)
	}
	if _, err := env.pay(t, first.Rental.ID, "good", first.Rental.TotalValue); err != nil {
		t.Fatal(err)
	}
	want("paid", "foreign", second.Payment.ID)
	paidAt := env.Clock.Now()
	env.wantResolved(t, map[string]time.Time{first.Payment.ID: paidAt, again.ID: paidAt})
	env.wantFigures(t, manager, "", 2)
	if _, err := env.Rentals.Cancel(t.Context(), Clerk(), second.Rental.ID); err != nil {
		t.Fatal(err)
	}
	want("cancelled", "foreign")
	env.wantResolved(t, map[string]time.Time{first.Payment.ID: paidAt, again.ID: paidAt,
		second.Payment.ID: env.Clock.Now()})

	third := env.Create(t, env.NewCheckout(1, nil))
	owing, err := env.pay(t, third.Rental.ID, "bad", 100)
	if err == nil {
		t.Fatal("not declined")
	}
	// An own failure is listed however many another program has.
	for i := range harang.MaxPageLimit + 1 {
		env.appendForeignError(t, fmt.Sprint("many-", i), fmt.Sprint("many-", i))
	}
	if failures = list(); len(failures) != harang.MaxPageLimit+3 ||
		failures[harang.MaxPageLimit+1].RentalID != third.Rental.ID {
		t.Errorf("with many of another program: %d", len(failures))
	}
	env.Clock.Move(24 * time.Hour)
	failures = list()
	if len(failures) != 1 || failures[0].RentalID != third.Rental.ID {
		t.Errorf("after a day: %+v", failures)
	}
	env.Clock.Move(6 * 24 * time.Hour)
	want("after a week")

	// Payment states are read in batches; unknown ids are left out.
	ids := []string{again.ID}
	for i := range 2*harang.MaxPageLimit + 1 {
		ids = append(ids, fmt.Sprint("unknown-", i))
	}
	states, err := env.Store.FindPaymentStates(t.Context(), "a", append(ids, second.Payment.ID, owing.ID))
	slices.SortFunc(states, func(a, b shop.PaymentState) int { return strings.Compare(a.ID, b.ID) })
	wanted := []shop.PaymentState{
		{ID: second.Payment.ID, RentalID: second.Rental.ID, LocationID: "main", Status: harang.PaymentPending,
			ErrorCode: unknown.ErrorCode, ErrorMessage: unknown.Message},
		{ID: again.ID, RentalID: first.Rental.ID, LocationID: "main", Status: harang.PaymentDeclined,
			ErrorCode: declined.ErrorCode, ErrorMessage: again.ErrorMessage},
		{ID: owing.ID, RentalID: third.Rental.ID, LocationID: "main", Status: harang.PaymentDeclined,
			ErrorCode: declined.ErrorCode, ErrorMessage: again.ErrorMessage, Owed: third.Rental.TotalValue},
	}
	if diff := cmp.Diff(wanted, states); diff != "" || err != nil {
		t.Errorf("payment states (-want +got):\n%s %v", diff, err)
	}
	env.AddTenant(t, "b")
	if foreign, err := env.Store.FindPaymentStates(t.Context(), "b", ids); err != nil || len(foreign) != 0 {
		t.Errorf("states for another tenant: %+v, %v", foreign, err)
	}
	if none, err := env.Store.FindPaymentStates(t.Context(), "a", nil); err != nil || len(none) != 0 {
		t.Errorf("states of no payments: %+v, %v", none, err)
	}
	otherTenant := harang.Identity{Tenant: "b", UserID: "s", Role: harang.RoleAdmin}
	if failures, err := env.Payments.Failures(t.Context(), otherTenant, ""); err != nil || len(failures) != 0 {
		t.Errorf("another tenant lists %v, %v", failures, err)
	}
	if _, err := env.Payments.Failures(t.Context(), Clerk(), ""); harang.ErrorCode(err) != harang.CodeForbidden {
		t.Errorf("operator: %v", err)
	}
}

// testResolved: a failed payment is resolved when it succeeded after all, and when its
// rental owes nothing; further debt makes it open again.
func testResolved(t *testing.T, open Open) {
	env := NewRentalEnv(t, open)
	env.Provider.SetAnswers("late", unknown, paid)
	env.Provider.SetAnswers("bad", declined, declined)
	late := env.Create(t, env.NewCheckout(1, Card("late"))).Payment
	env.wantResolved(t, nil)
	env.Clock.Move(time.Minute)
	env.RunHousekeeping(t)
	lateAt := env.Clock.Now()
	env.wantResolved(t, map[string]time.Time{late.ID: lateAt})

	rental := env.Create(t, env.NewCheckout(1, nil)).Rental
	bad, err := env.pay(t, rental.ID, "bad", 500)
	if err == nil {
		t.Fatal("not declined")
	}
	env.Clock.Move(time.Minute)
	cash := shop.NewPayment{RentalID: rental.ID, Amount: 1000,
		PaymentOrder: shop.PaymentOrder{Method: harang.PaymentCash}}
	if _, err := env.Payments.Pay(t.Context(), Clerk(), cash); err != nil {
		t.Fatal(err)
	}
	env.wantResolved(t, map[string]time.Time{late.ID: lateAt})
	env.Clock.Move(time.Minute)
	if _, err := env.Payments.Pay(t.Context(), Clerk(), cash); err != nil {
		t.Fatal(err)
	}
	env.wantResolved(t, map[string]time.Time{late.ID: lateAt, bad.ID: env.Clock.Now()})
	// Another program's event about a payment that was made here.
	env.appendForeignError(t, "about-ours", bad.ID)
	if n := env.resolutions(t)["about-ours"]; !n.Equal(env.Clock.Now()) {
		t.Errorf("reported by another program: %v", n)
	}
	if _, err := env.Rentals.Extend(t.Context(), Clerk(), rental.ID,
		shop.Extension{Due: shop.DueAt{Time: rental.Due.Add(48 * time.Hour)}}); err != nil {
		t.Fatal(err)
	}
	env.wantResolved(t, map[string]time.Time{late.ID: lateAt})
}

// resolutions are when the failed payments of the list of notifications were resolved, by
// event.
func (env *RentalEnv) resolutions(t *testing.T) map[string]time.Time {
	t.Helper()
	list, _, err := env.Notifications.List(t.Context(), As(harang.RoleStoreManager, "m"), harang.NotificationQuery{})
	if err != nil || list.Next != "" {
		t.Fatalf("more than a page, or %v", err)
	}
	at := map[string]time.Time{}
	for _, n := range list.Items {
		if !n.Resolved.IsZero() {
			at[n.Event.ID] = n.Resolved
		}
	}
	return at
}

// wantResolved fails the test when other own failures are resolved than these, by payment.
func (env *RentalEnv) wantResolved(t *testing.T, want map[string]time.Time) {
	t.Helper()
	list, _, err := env.Notifications.List(t.Context(), As(harang.RoleStoreManager, "m"), harang.NotificationQuery{})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]time.Time{}
	for _, n := range list.Items {
		var about harang.PaymentError
		if err := json.Unmarshal(n.Event.Data, &about); err != nil {
			t.Fatal(err)
		}
		if !n.Resolved.IsZero() {
			got[about.TransactionID] = n.Resolved
		}
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("resolved (-want +got):\n%s", diff)
	}
}

// wantFigures fails the test when the summary counts other failed payments than the list
// has, one of which is of another application.
func (env *RentalEnv) wantFigures(t *testing.T, caller harang.Identity, location string, all int64) {
	t.Helper()
	failures, err := env.Payments.Failures(t.Context(), caller, location)
	if err != nil {
		t.Fatal(err)
	}
	var sum int64
	for _, f := range failures {
		sum += f.Amount
	}
	s, err := env.Dashboard.Summary(t.Context(), caller, location)
	if err != nil {
		t.Fatal(err)
	}
	if f := s.Figures; int64(len(failures)) != all || f.FailedPayments != all || f.FailedAmount != sum ||
		f.FailedElsewhere != 1 || f.FailedPaymentsToday != all || f.FailedAmountToday != sum {
		t.Errorf("at %q %d failures of %d forints, want %d; figures %+v", location, len(failures), sum, all, f)
	}
}
