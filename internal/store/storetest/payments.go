package storetest

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"harang.dev/harang"
	"harang.dev/harang/internal/shop"
)

func applicationError(err error) *harang.Error {
	var e *harang.Error
	if errors.As(err, &e) {
		return e
	}
	return nil
}

func testPayments(t *testing.T, open Open) {
	t.Run("Declined", func(t *testing.T) { testDeclined(t, open) })
	t.Run("Timeout", func(t *testing.T) { testPaymentTimeout(t, open) })
	t.Run("TimeoutPaid", func(t *testing.T) { testTimeoutPaid(t, open) })
	t.Run("Crash", func(t *testing.T) { testPaymentCrash(t, open) })
	t.Run("CancelledMeanwhile", func(t *testing.T) { testCancelledMeanwhile(t, open) })
	t.Run("Amounts", func(t *testing.T) { testAmounts(t, open) })
	t.Run("Cash", func(t *testing.T) { testCash(t, open) })
	t.Run("PriceChanged", func(t *testing.T) { testPriceChanged(t, open) })
	t.Run("Undecided", func(t *testing.T) { testUndecided(t, open) })
	t.Run("Notices", func(t *testing.T) { testNotices(t, open) })
	t.Run("NoticeCard", func(t *testing.T) { testNoticeCard(t, open) })
	t.Run("ErrorEventOnce", func(t *testing.T) { testErrorEventOnce(t, open) })
	t.Run("ProviderHangs", func(t *testing.T) { testProviderHangs(t, open) })
	t.Run("DueWithoutTenants", func(t *testing.T) { testDueWithoutTenants(t, open) })
	t.Run("OverdueBatches", func(t *testing.T) { testOverdueBatches(t, open) })
	t.Run("List", func(t *testing.T) { testPaymentList(t, open) })
	t.Run("Failures", func(t *testing.T) { testFailures(t, open) })
	t.Run("AtLocations", func(t *testing.T) { testTradeAtLocations(t, open) })
	t.Run("Resolved", func(t *testing.T) { testResolved(t, open) })
	t.Run("Cards", func(t *testing.T) { testCards(t, open) })
	t.Run("UnknownCards", func(t *testing.T) { testUnknownCards(t, open) })
	t.Run("Settings", func(t *testing.T) { testPaymentSettings(t, open) })
	t.Run("Requests", func(t *testing.T) { testRequests(t, open) })
	t.Run("ConcurrentRequests", func(t *testing.T) { testConcurrentRequests(t, open) })
	t.Run("RefusedRequests", func(t *testing.T) { testRefusedRequests(t, open) })
}

var (
	declined = shop.Settlement{Status: harang.PaymentDeclined, ErrorCode: "iso:51", Message: "no money"}
	unknown  = shop.Settlement{Status: harang.PaymentPending, ErrorCode: "bank:timeout", Message: "Bank unavailable"}
	paid     = shop.Settlement{Status: harang.PaymentSucceeded, Reference: "late"}
)

// pay pays for a rental by a card.
func (env *RentalEnv) pay(t *testing.T, rental, card string, amount int64) (harang.Payment, error) {
	t.Helper()
	return env.Payments.Pay(t.Context(), Clerk(), shop.NewPayment{RentalID: rental, Amount: amount,
		PaymentOrder: *Card(card)})
}

// wantTypes fails the test when the managers' feed has other types of events.
func (env *RentalEnv) wantTypes(t *testing.T, want ...string) {
	t.Helper()
	if got := env.EventTypes(t, harang.AudienceManagers); !slices.Equal(got, want) {
		t.Errorf("managers' events %v, want %v", got, want)
	}
}

func testDeclined(t *testing.T, open Open) {
	env := NewRentalEnv(t, open)
	env.Provider.SetAnswers("bad", declined, declined)
	out := env.Create(t, env.NewCheckout(2, Card("bad")))
	if out.Rental.Status != harang.RentalAwaitingPayment || env.AvailableDrills(t) != 8 {
		t.Errorf("%+v, %d drills are left", out.Rental, env.AvailableDrills(t))
	}
	type outcome struct {
		Status              harang.PaymentStatus
		ErrorCode, ErrorMsg string
	}
	if diff := cmp.Diff(outcome{harang.PaymentDeclined, "iso:51", "Nincs elég fedezet a kártyán"},
		outcome{out.Payment.Status, out.Payment.ErrorCode, out.Payment.ErrorMessage}); diff != "" {
		t.Errorf("payment (-want +got):\n%s", diff)
	}
	env.wantTypes(t, errorType)
	want := harang.PaymentError{
		TransactionID: out.Payment.ID, ErrorCode: "iso:51", ErrorMessage: "Nincs elég fedezet a kártyán",
		PartnerID: "acme", PartnerName: "Acme Kft.", Amount: 4000, Currency: "HUF",
	}
	if diff := cmp.Diff(want, LastPayload[harang.PaymentError](t, env, errorType)); diff != "" {
		t.Error(diff)
	}
	if got := env.EventTypes(t, harang.AudienceOperators); len(got) != 0 {
		t.Errorf("operators' events %v", got)
	}
	// A second payment by card is declined, with an event of its own.
	pay, err := env.pay(t, out.Rental.ID, "bad", 4000)
	d := detailsOf(err)
	if harang.ErrorCode(err) != harang.CodePaymentDeclined || pay.ID == out.Payment.ID {
		t.Errorf("%v, payment %s after %s", err, pay.ID, out.Payment.ID)
	}
	for name, value := range map[string]any{
		"transactionId": pay.ID, "errorCode": "iso:51", "errorMessage": "Nincs elég fedezet a kártyán",
		"nextStep": "Kérjen másik kártyát", "retry": false,
	} {
		if d[name] != value {
			t.Errorf("detail %s is %v, want %v", name, d[name], value)
		}
	}
	env.wantTypes(t, errorType, errorType)
	// Another card opens the rental, with its event.
	pay, err = env.pay(t, out.Rental.ID, "good", 4000)
	if err != nil || pay.Status != harang.PaymentSucceeded || pay.Reference == "" {
		t.Fatalf("%+v, %v", pay, err)
	}
	env.wantTypes(t, errorType, errorType, createdType)
	if r, p := env.Find(t, out.Rental.ID); r.Status != harang.RentalOpen || r.Paid != 4000 || r.Pending != 0 ||
		len(p) != 3 {
		t.Errorf("%+v, %v", r, p)
	}
	if _, err := env.pay(t, out.Rental.ID, "good", 1); harang.ErrorCode(err) != harang.CodePriceChanged {
		t.Errorf("paying twice: %v", err)
	}
}

// testPaymentTimeout: the result of a charge is unknown until housekeeping finds that it
// was declined.
func testPaymentTimeout(t *testing.T, open Open) {
	env := NewRentalEnv(t, open)
	env.Provider.SetAnswers("slow", unknown, unknown)
	out := env.Create(t, env.NewCheckout(2, Card("slow")))
	if out.Rental.Status != harang.RentalAwaitingPayment || out.Payment.Status != harang.PaymentPending ||
		out.Payment.ErrorMessage != "Bank unavailable" {
		t.Fatalf("%+v, %+v", out.Rental, out.Payment)
	}
	env.wantTypes(t, errorType)
	for range 3 {
		env.Clock.Move(20 * time.Minute)
		env.RunHousekeeping(t)
	}
	if _, p := env.Find(t, out.Rental.ID); p[0].Status != harang.PaymentPending || p[0].Checks == 0 {
		t.Errorf("still undecided: %+v", p[0])
	}
	env.Provider.SetAnswers("slow", unknown, declined)
	env.Clock.Move(7 * time.Hour)
	env.RunHousekeeping(t)
	if r, p := env.Find(t, out.Rental.ID); p[0].Status != harang.PaymentDeclined || p[0].ErrorCode != "iso:51" ||
		r.Pending != 0 || !p[0].CheckAt.IsZero() {
		t.Errorf("resolved: %+v, %+v", p[0], r)
	}
	env.wantTypes(t, errorType) // one event
}

// testTimeoutPaid: the charge that timed out succeeded.
func testTimeoutPaid(t *testing.T, open Open) {
	env := NewRentalEnv(t, open)
	env.Provider.SetAnswers("slow", unknown, unknown)
	first := env.Create(t, env.NewCheckout(1, Card("slow")))
	second := env.Create(t, env.NewCheckout(1, Card("slow")))
	env.Provider.SetAnswers("slow", unknown, paid)

	// Found by housekeeping.
	env.Clock.Move(time.Minute)
	if _, err := env.Store.DeferPayment(t.Context(), *second.Payment, env.Clock.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	env.RunHousekeeping(t)
	if r, p := env.Find(t, first.Rental.ID); r.Status != harang.RentalOpen || r.Paid != 2000 ||
		p[0].Reference != "late" || p[0].ErrorCode != "" {
		t.Errorf("%+v, %+v", r, p)
	}
	// Found when the operator tries another card, which is not charged.
	_, err := env.pay(t, second.Rental.ID, "good", 2000)
	if harang.ErrorCode(err) != harang.CodePriceChanged || detailsOf(err)["actual"] != int64(0) {
		t.Errorf("charged after a payment that succeeded: %v", err)
	}
	if r, _ := env.Find(t, second.Rental.ID); r.Status != harang.RentalOpen || r.Paid != 2000 {
		t.Errorf("%+v", r)
	}
	env.wantTypes(t, errorType, errorType, createdType, createdType)
}

// crashingStore fails every transaction once dead is set, as for a killed process.
type crashingStore struct {
	shop.Store
	dead atomic.Bool
}

var errCrashed = errors.New("the process was killed")

func (s *crashingStore) Within(ctx context.Context, fn func(tx shop.Tx) error) error {
	if s.dead.Load() {
		return errCrashed
	}
	return s.Store.Within(ctx, fn)
}

// testPaymentCrash: the process crashes between the pending row and the provider's
// answer. Housekeeping resolves the payment, and a repeated request does not charge a
// second time.
func testPaymentCrash(t *testing.T, open Open) {
	for _, charged := range []bool{false, true} {
		env := NewRentalEnv(t, open)
		d := &crashingStore{Store: env.Store}
		options := env.Options
		options.Store = d
		if !charged {
			env.Provider.SetAnswers("good", unknown, declined)
		}
		env.Provider.OnCharge(func(context.Context, shop.Charge) { d.dead.Store(true) })
		checkout := env.NewCheckout(2, Card("good"))
		checkout.ID = "pinned"
		if _, err := shop.New(options).Rentals.Create(t.Context(), Clerk(), checkout); !errors.Is(err, errCrashed) {
			t.Fatalf("no crash: %v", err)
		}
		env.Provider.OnCharge(nil)
		r, p := env.Find(t, "pinned")
		if r.Status != harang.RentalAwaitingPayment || len(p) != 1 || p[0].Status != harang.PaymentPending ||
			env.AvailableDrills(t) != 8 {
			t.Fatalf("after the crash: %+v, %+v", r, p)
		}
		env.wantTypes(t)
		env.Clock.Move(time.Minute)
		status, taken, event := harang.RentalAwaitingPayment, 0, errorType
		if charged {
			status, taken, event = harang.RentalOpen, 1, createdType
		}
		if charged {
			env.RunHousekeeping(t) // before the repeated request
		}
		out := env.Create(t, checkout) // the repeated request
		if out.Payment == nil || out.Payment.Status == harang.PaymentPending {
			t.Errorf("charged %v: payment %+v", charged, out.Payment)
		}
		if out.Rental.Status != status || env.AvailableDrills(t) != 8 {
			t.Errorf("charged %v: %+v, %d drills are left", charged, out.Rental, env.AvailableDrills(t))
		}
		if sums := env.Provider.Charged(); len(sums) != taken {
			t.Errorf("charged %v: provider charged %v", charged, sums)
		}
		env.RunHousekeeping(t)
		if _, p = env.Find(t, "pinned"); len(p) != 1 {
			t.Errorf("charged %v: payments %+v", charged, p)
		}
		for _, sum := range env.Provider.Charged() {
			if sum != 4000 {
				t.Errorf("%d were charged", sum)
			}
		}
		env.wantTypes(t, event)
	}
}

func testCancelledMeanwhile(t *testing.T, open Open) {
	env := NewRentalEnv(t, open)
	env.Provider.SetAnswers("slow", unknown, unknown)
	out := env.Create(t, env.NewCheckout(2, Card("slow")))
	if _, err := env.Rentals.Cancel(t.Context(), Clerk(), out.Rental.ID); err != nil {
		t.Fatal(err)
	}
	env.Provider.SetAnswers("slow", unknown, paid)
	env.Clock.Move(time.Minute)
	env.RunHousekeeping(t)
	if _, p := env.Find(t, out.Rental.ID); p[0].Status != harang.PaymentSucceeded {
		t.Errorf("payment of a cancelled rental: %+v", p[0])
	}
	env.wantRefunds(t, out.Rental.ID, harang.Refund{Amount: 4000, Method: harang.PaymentCard,
		Status: harang.RefundPending, PaymentID: out.Payment.ID})
	env.Clock.Move(time.Minute)
	env.RunHousekeeping(t)
	if r, p := env.Find(t, out.Rental.ID); p[0].Status != harang.PaymentReversed || r.Paid != 0 ||
		r.Status != harang.RentalCancelled {
		t.Errorf("not refunded: %+v, %+v", r, p[0])
	}
	env.wantTypes(t, errorType) // no rental_created
}

func testAmounts(t *testing.T, open Open) {
	env := NewRentalEnv(t, open)
	out := env.Create(t, env.NewCheckout(2, nil)) // owes 4000
	cash := shop.PaymentOrder{Method: harang.PaymentCash}
	for name, tc := range map[string]struct {
		n     shop.NewPayment
		code  harang.Code
		field string
	}{
		"zero": {shop.NewPayment{RentalID: out.Rental.ID, Amount: 0, PaymentOrder: cash},
			harang.CodeInvalidRequest, "amount"},
		"negative": {shop.NewPayment{RentalID: out.Rental.ID, Amount: -5, PaymentOrder: cash},
			harang.CodeInvalidRequest, "amount"},
		"too much": {shop.NewPayment{RentalID: out.Rental.ID, Amount: 4001, PaymentOrder: cash},
			harang.CodeInvalidRequest, "amount"},
		"more than is owed": {shop.NewPayment{RentalID: out.Rental.ID, Amount: 4005, PaymentOrder: cash},
			harang.CodePriceChanged, ""},
		"no rental": {shop.NewPayment{RentalID: "nothing", Amount: 1, PaymentOrder: cash}, harang.CodeNotFound, ""},
		"empty id": {shop.NewPayment{RentalID: "", Amount: 1, PaymentOrder: cash}, harang.CodeInvalidRequest,
			"rentalId"},
		"no method": {shop.NewPayment{RentalID: out.Rental.ID, Amount: 1}, harang.CodeInvalidRequest, "method"},
		"by a check": {shop.NewPayment{RentalID: out.Rental.ID, Amount: 1,
			PaymentOrder: shop.PaymentOrder{Method: "CHECK"}}, harang.CodeInvalidRequest, "method"},
	} {
		_, err := env.Payments.Pay(t.Context(), Clerk(), tc.n)
		if harang.ErrorCode(err) != tc.code || (tc.field != "" && fieldsOf(err)[0].Field != tc.field) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, amount := range []int64{1500, 2500} {
		if p, err := env.Payments.Pay(t.Context(), Clerk(),
			shop.NewPayment{RentalID: out.Rental.ID, Amount: amount, PaymentOrder: cash}); err != nil ||
			p.Status != harang.PaymentSucceeded || p.Amount != amount {
			t.Errorf("%d in cash: %+v, %v", amount, p, err)
		}
	}
	if r, _ := env.Find(t, out.Rental.ID); r.Owed() != 0 {
		t.Errorf("owes %d", r.Owed())
	}
	env.wantTypes(t, createdType) // the rental was open already
	// A free rental opens without a payment.
	if err := env.Catalogue.PutProduct(t.Context(), Admin(),
		harang.Product{ID: "drill", Name: "Free drill"}); err != nil {
		t.Fatal(err)
	}
	if free := env.Create(t, env.NewCheckout(1, Card("good"))); free.Rental.Status != harang.RentalOpen ||
		free.Payment != nil || len(env.Provider.Charged()) != 0 {
		t.Errorf("free: %+v, %+v", free.Rental, free.Payment)
	}
}

// testUndecided: while the result of a charge is unknown, no other one is made for the
// same debt.
func testUndecided(t *testing.T, open Open) {
	env := NewRentalEnv(t, open)
	env.Provider.SetAnswers("slow", unknown, unknown)
	out := env.Create(t, env.NewCheckout(2, Card("slow")))
	_, err := env.pay(t, out.Rental.ID, "good", 4000)
	if e := applicationError(err); e == nil || e.Code != harang.CodeConflict || e.RetryAfter == 0 {
		t.Errorf("during an undecided charge: %v", err)
	}
	if len(env.Provider.Charged()) != 0 {
		t.Errorf("charged %v", env.Provider.Charged())
	}
	// The status call finds it declined: the next card is charged at once.
	env.Provider.SetAnswers("slow", unknown, declined)
	if p, err := env.pay(t, out.Rental.ID, "good", 4000); err != nil || p.Status != harang.PaymentSucceeded {
		t.Errorf("%+v, %v", p, err)
	}
	env.wantTypes(t, errorType, createdType)
	// Concurrent payments for one rental: one of them is charged.
	env = NewRentalEnv(t, open)
	env.Provider.SetAnswers("bad", declined, declined)
	out = env.Create(t, env.NewCheckout(2, Card("bad")))
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() { _, _ = env.pay(t, out.Rental.ID, "good", 4000) })
	}
	wg.Wait()
	if taken := env.Provider.Charged(); len(taken) != 1 {
		t.Errorf("four concurrent payments: charged %v", taken)
	}
	if r, _ := env.Find(t, out.Rental.ID); r.Paid != 4000 || r.Status != harang.RentalOpen {
		t.Errorf("%+v", r)
	}
}

// testNotices: a notification is recorded once and decides nothing; the provider's own
// answer does, at the next round of housekeeping.
func testNotices(t *testing.T, open Open) {
	env := NewRentalEnv(t, open)
	env.Provider.SetAnswers("slow", unknown, unknown)
	out := env.Create(t, env.NewCheckout(2, Card("slow")))
	card := harang.Card{Token: "kept", Brand: "Visa", Last4: "4828"}
	notice := shop.PaymentNotice{
		Key: "n1", Raw: []byte("raw\x00\xff"), TransactionID: out.Payment.ID, Amount: 4000, Card: &card,
	}
	receive := func(n shop.PaymentNotice, want shop.NoticeOutcome) {
		t.Helper()
		if got, err := env.Payments.ReceiveNotice(t.Context(), "a", n); err != nil || got != want {
			t.Errorf("outcome %s, %v, want %s", got, err, want)
		}
	}
	status := func(want harang.PaymentStatus) {
		t.Helper()
		if _, p := env.Find(t, out.Rental.ID); p[0].Status != want {
			t.Errorf("payment %s, want %s", p[0].Status, want)
		}
	}
	other := notice
	other.TransactionID = "nothing"
	receive(other, shop.NoticeUnknown)
	other = notice
	other.Amount = 3999
	receive(other, shop.NoticeMismatch)
	if got, err := env.Payments.ReceiveNotice(t.Context(), "b", notice); err != nil || got != shop.NoticeUnknown {
		t.Errorf("another tenant's notice: %s, %v", got, err)
	}
	// What is only said changes nothing, before and after the provider was asked.
	receive(notice, shop.NoticeApplied)
	receive(notice, shop.NoticeRepeated)
	if r, p := env.Find(t, out.Rental.ID); r.Status != harang.RentalAwaitingPayment ||
		!p[0].CheckAt.Equal(env.Clock.Now()) {
		t.Errorf("%+v, %+v", r, p[0])
	}
	env.RunHousekeeping(t)
	status(harang.PaymentPending)
	wantCards(t, env)
	// The next notice has the provider asked at once, long before the next check.
	env.Provider.SetAnswers("slow", unknown, paid)
	receive(shop.PaymentNotice{Key: "n2", TransactionID: out.Payment.ID}, shop.NoticeApplied)
	env.RunHousekeeping(t)
	if r, p := env.Find(t, out.Rental.ID); r.Status != harang.RentalOpen || r.Paid != 4000 ||
		p[0].Reference != "late" ||
		!p[0].CheckAt.IsZero() {
		t.Errorf("%+v, %+v", r, p[0])
	}
	wantCards(t, env, card)
	// A denial that the provider does not confirm changes nothing; a reversal that it
	// confirms does.
	env.Provider.SetAnswers("slow", unknown, declined)
	receive(shop.PaymentNotice{Key: "n3", TransactionID: out.Payment.ID}, shop.NoticeApplied)
	env.RunHousekeeping(t)
	if r, p := env.Find(t, out.Rental.ID); r.Paid != 4000 || !p[0].CheckAt.IsZero() {
		t.Errorf("%+v, %+v", r, p[0])
	}
	status(harang.PaymentSucceeded)
	env.Provider.SetAnswers("slow", unknown, shop.Settlement{Status: harang.PaymentReversed})
	receive(shop.PaymentNotice{Key: "n4", TransactionID: out.Payment.ID}, shop.NoticeApplied)
	env.RunHousekeeping(t)
	if r, p := env.Find(t, out.Rental.ID); r.Paid != 0 || p[0].Status != harang.PaymentReversed ||
		r.Status != harang.RentalOpen {
		t.Errorf("%+v, %+v", r, p[0])
	}
	receive(shop.PaymentNotice{Key: "n5", TransactionID: out.Payment.ID}, shop.NoticeApplied)
	if _, p := env.Find(t, out.Rental.ID); !p[0].CheckAt.IsZero() {
		t.Errorf("a final payment is checked: %+v", p[0])
	}
	env.wantTypes(t, errorType, createdType)
	// A cash payment has no provider.
	cash := env.Create(t, env.NewCheckout(1, &shop.PaymentOrder{Method: harang.PaymentCash}))
	receive(shop.PaymentNotice{Key: "n6", TransactionID: cash.Payment.ID}, shop.NoticeUnknown)
	// A repeated notice after its retention time is recorded again, without effect.
	env.Clock.Move(31 * 24 * time.Hour)
	env.RunHousekeeping(t)
	receive(notice, shop.NoticeApplied)
	env.RunHousekeeping(t)
	if r, p := env.Find(t, out.Rental.ID); r.Paid != 0 || p[0].Status != harang.PaymentReversed {
		t.Errorf("an old notice changed %+v, %+v", r, p[0])
	}
}

// wantCards checks the cards stored for the partner acme, the newest first.
func wantCards(t *testing.T, env *RentalEnv, want ...harang.Card) {
	t.Helper()
	cards, err := env.Payments.Cards(t.Context(), Clerk(), "acme")
	if err != nil || cmp.Diff(append(want, env.Provider.offered...), cards) != "" {
		t.Errorf("cards %v, %v, want %v", cards, err, want)
	}
}

// testNoticeCard: the card of a notification is stored for the partner only when the
// provider itself answers that the payment succeeded, and is dropped after any other
// final answer.
func testNoticeCard(t *testing.T, open Open) {
	card := harang.Card{Token: "kept", Brand: "Visa", Last4: "4828", Expires: "2028-11"}
	reversed := shop.Settlement{Status: harang.PaymentReversed}
	for _, c := range []struct {
		name string
		// charge is the answer to the charge, then are those to status calls.
		charge shop.Settlement
		then   []shop.Settlement
		want   []harang.Card
	}{
		{"undecided", unknown, []shop.Settlement{unknown}, nil},
		{"undecided, then paid", unknown, []shop.Settlement{unknown, paid}, []harang.Card{card}},
		{"declined, then paid", unknown, []shop.Settlement{declined, paid}, nil},
		{"declined", declined, []shop.Settlement{declined}, nil},
		{"declined by the charge, then paid", declined, []shop.Settlement{paid}, []harang.Card{card}},
		{"paid, then denied", paid, []shop.Settlement{declined}, nil},
		{"paid and confirmed", paid, []shop.Settlement{paid}, []harang.Card{card}},
		{"paid and reversed", paid, []shop.Settlement{reversed, paid}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			env := NewRentalEnv(t, open)
			env.Provider.SetAnswers("slow", c.charge, unknown)
			out := env.Create(t, env.NewCheckout(2, Card("slow")))
			notice := shop.PaymentNotice{Key: "n", TransactionID: out.Payment.ID, Amount: 4000, Card: &card}
			got, err := env.Payments.ReceiveNotice(t.Context(), "a", notice)
			if err != nil || got != shop.NoticeApplied {
				t.Fatalf("outcome %s, %v", got, err)
			}
			wantCards(t, env) // a notice alone stores none
			for _, answer := range c.then {
				env.Provider.SetAnswers("slow", c.charge, answer)
				env.RunHousekeeping(t)
				env.Clock.Move(time.Minute)
			}
			wantCards(t, env, c.want...)
		})
	}
	t.Run("before the charge's answer", func(t *testing.T) {
		env := NewRentalEnv(t, open)
		env.Provider.OnCharge(func(ctx context.Context, ch shop.Charge) {
			other := harang.Card{Token: "first"}
			for i, named := range []*harang.Card{&other, &card, nil} { // the last card named is kept
				if _, err := env.Payments.ReceiveNotice(ctx, "a", shop.PaymentNotice{
					Key: strconv.Itoa(i), TransactionID: ch.TransactionID, Card: named,
				}); err != nil {
					t.Error(err)
				}
			}
			wantCards(t, env)
		})
		env.Create(t, env.NewCheckout(2, Card("good")))
		wantCards(t, env, card)
	})
	t.Run("settled by a node of version 0.1.0", func(t *testing.T) {
		env := NewRentalEnv(t, open)
		env.Provider.SetAnswers("slow", unknown, paid)
		out := env.Create(t, env.NewCheckout(2, Card("slow")))
		if _, err := env.Payments.ReceiveNotice(t.Context(), "a", shop.PaymentNotice{
			Key: "n", TransactionID: out.Payment.ID, Card: &card,
		}); err != nil {
			t.Fatal(err)
		}
		// That node settles the payment and knows of no pending card.
		err := env.Store.Within(t.Context(), func(tx shop.Tx) error {
			pay, err := tx.LockPayment(t.Context(), "a", out.Payment.ID)
			if err != nil {
				return err
			}
			pay.Status, pay.CheckAt = harang.PaymentSucceeded, time.Time{}
			return tx.UpdatePayment(t.Context(), pay)
		})
		if err != nil {
			t.Fatal(err)
		}
		env.RunHousekeeping(t)
		env.Clock.Move(time.Hour)
		env.RunHousekeeping(t) // its sweep makes the status call due
		env.RunHousekeeping(t)
		wantCards(t, env, card)
		if _, p := env.Find(t, out.Rental.ID); !p[0].CheckAt.IsZero() {
			t.Errorf("the payment is checked again: %+v", p[0])
		}
	})
}

// testErrorEventOnce: whichever source reports a failure first, and when all do at
// once, each transaction has one event.
func testErrorEventOnce(t *testing.T, open Open) {
	env := NewRentalEnv(t, open)
	env.Provider.SetAnswers("slow", unknown, declined)
	var out shop.CheckoutResult
	env.Provider.OnCharge(func(_ context.Context, ch shop.Charge) {
		// The webhook is faster than the charge's own answer, and so is housekeeping.
		for range 2 {
			_, err := env.Payments.ReceiveNotice(context.Background(), "a",
				shop.PaymentNotice{Key: "k", TransactionID: ch.TransactionID})
			if err := errors.Join(err, env.Housekeeper.Round(context.Background())); err != nil {
				t.Error(err)
			}
		}
	})
	out = env.Create(t, env.NewCheckout(1, Card("slow")))
	if out.Payment.Status != harang.PaymentDeclined {
		t.Errorf("%+v", out.Payment)
	}
	env.Provider.OnCharge(nil)
	second := env.Create(t, env.NewCheckout(1, Card("slow")))
	var wg sync.WaitGroup
	for i := range 6 {
		wg.Go(func() {
			var err error
			switch i % 3 {
			case 0:
				_, err = env.Payments.ReceiveNotice(context.Background(), "a",
					shop.PaymentNotice{Key: string(rune('a' + i)), TransactionID: second.Payment.ID})
			case 1:
				err = env.Housekeeper.Round(context.Background())
			case 2:
				_, err = env.Payments.ReceiveNotice(context.Background(), "a",
					shop.PaymentNotice{Key: "same", TransactionID: second.Payment.ID})
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	env.wantTypes(t, errorType, errorType)
}

// testProviderHangs: a charge has a deadline, and continues when its caller disconnects.
func testProviderHangs(t *testing.T, open Open) {
	env := NewRentalEnv(t, open)
	release, charging := make(chan struct{}), make(chan time.Duration, 1)
	env.Provider.OnCharge(func(ctx context.Context, _ shop.Charge) {
		deadline, ok := ctx.Deadline()
		if !ok {
			t.Error("charge without a deadline")
		}
		charging <- time.Until(deadline)
		<-release
	})
	ctx, disconnect := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := env.Rentals.Create(ctx, Clerk(), env.NewCheckout(1, Card("good")))
		done <- err
	}()
	if left := <-charging; left > 15*time.Second || left < 5*time.Second {
		t.Errorf("charge with %v to its deadline", left)
	}
	disconnect()
	close(release)
	if err := <-done; err != nil {
		t.Error(err)
	}
	env.wantTypes(t, createdType)
}

func testPaymentList(t *testing.T, open Open) {
	env := NewRentalEnv(t, open)
	env.Provider.SetAnswers("bad", declined, declined)
	var ids []string
	for _, card := range []string{"good", "bad", "good"} {
		ids = append(ids, env.Create(t, env.NewCheckout(1, Card(card))).Payment.ID)
		env.Clock.Move(time.Second)
	}
	read := func(status harang.PaymentStatus) []string {
		var got []string
		for q := (harang.PaymentQuery{Status: status, Limit: 1}); ; {
			page, err := env.Payments.List(t.Context(), Admin(), q)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range page.Items {
				got = append(got, p.ID)
			}
			if q.Cursor = page.Next; q.Cursor == "" {
				return got
			}
		}
	}
	if got := read(""); !slices.Equal(got, []string{ids[2], ids[1], ids[0]}) {
		t.Errorf("all: %v of %v", got, ids)
	}
	if got := read(harang.PaymentDeclined); !slices.Equal(got, ids[1:2]) {
		t.Errorf("declined: %v of %v", got, ids)
	}
}

func testCards(t *testing.T, open Open) {
	env := NewRentalEnv(t, open)
	env.Provider.offered = []harang.Card{{Token: "offered"}}
	ctx := t.Context()
	card := harang.Card{Token: "one", Brand: "Visa", Last4: "1111", Expires: "2030-01", Label: "Company"}
	if err := env.Payments.PutCard(ctx, Admin(), "acme", harang.Card{Token: "one"}); err != nil {
		t.Fatal(err)
	}
	env.Clock.Move(time.Second)
	if err := env.Payments.PutCard(ctx, Admin(), "acme", card); err != nil {
		t.Fatal(err)
	}
	if cards, err := env.Payments.Cards(ctx, Clerk(), "acme"); err != nil ||
		cmp.Diff([]harang.Card{card, {Token: "offered"}}, cards) != "" {
		t.Errorf("cards %v, %v", cards, err)
	}
	if _, err := env.Payments.Cards(ctx, Clerk(), "unknown"); harang.ErrorCode(err) != harang.CodeNotFound {
		t.Errorf("unknown partner: %v", err)
	}
	if err := env.Payments.PutCard(ctx, Admin(), "unknown", card); harang.ErrorCode(err) != harang.CodeNotFound {
		t.Errorf("card of an unknown partner: %v", err)
	}
	if err := env.Payments.PutCard(ctx, Admin(), "acme",
		harang.Card{}); harang.ErrorCode(err) != harang.CodeInvalidRequest {
		t.Errorf("card without a token: %v", err)
	}
	if err := env.Payments.DeleteCard(ctx, Admin(), "acme", "one"); err != nil {
		t.Error(err)
	}
	if err := env.Payments.DeleteCard(ctx, Admin(), "acme", "one"); harang.ErrorCode(err) != harang.CodeNotFound {
		t.Errorf("deleted card: %v", err)
	}
}

// testUnknownCards: only the cards that are listed for a partner can be charged for
// that partner; a refused one changes nothing.
func testUnknownCards(t *testing.T, open Open) {
	env := NewRentalEnv(t, open)
	ctx := t.Context()
	env.Provider.offered = []harang.Card{{Token: "offered"}}
	if err := env.Catalogue.PutPartner(ctx, Admin(), harang.Partner{ID: "other", Name: "Other Kft."}); err != nil {
		t.Fatal(err)
	}
	env.AddTenant(t, "b")
	b := Admin()
	b.Tenant = "b"
	if err := env.Catalogue.PutPartner(ctx, b, harang.Partner{ID: "acme", Name: "Acme Kft."}); err != nil {
		t.Fatal(err)
	}
	for _, card := range []struct {
		caller         harang.Identity
		partner, token string
	}{{Admin(), "acme", "own"}, {Admin(), "acme", "deleted"}, {Admin(), "other", "others"}, {b, "acme", "foreign"}} {
		if err := env.Payments.PutCard(ctx, card.caller, card.partner, harang.Card{Token: card.token}); err != nil {
			t.Fatal(err)
		}
	}
	if err := env.Payments.DeleteCard(ctx, Admin(), "acme", "deleted"); err != nil {
		t.Fatal(err)
	}
	unpaid := env.Create(t, env.NewCheckout(1, nil)).Rental
	for _, token := range []string{"others", "foreign", "deleted", "good", "OWN", "own ", "nothing"} {
		_, err := env.Rentals.Create(ctx, Clerk(), env.NewCheckout(1, Card(token)))
		wantCode(t, err, harang.CodeCardUnknown)
		_, err = env.pay(t, unpaid.ID, token, unpaid.TotalValue)
		wantCode(t, err, harang.CodeCardUnknown)
	}
	free := env.NewCheckout(1, Card("others"))
	if err := env.Catalogue.PutProduct(ctx, Admin(), harang.Product{ID: "drill", Name: "Drill"}); err != nil {
		t.Fatal(err)
	}
	_, err := env.Rentals.Create(ctx, Clerk(), free) // although it would cost nothing
	wantCode(t, err, harang.CodeCardUnknown)
	if r, p := env.Find(t, unpaid.ID); r.Paid != 0 || r.Pending != 0 || len(p) != 0 || env.AvailableDrills(t) != 9 {
		t.Errorf("after refused cards: %+v, %v, %d drills", r, p, env.AvailableDrills(t))
	}
	if taken := env.Provider.Charged(); len(taken) != 0 {
		t.Errorf("charged %v", taken)
	}
	half := unpaid.TotalValue / 2
	for _, token := range []string{"own", "offered"} {
		if p, err := env.pay(t, unpaid.ID, token, half); err != nil || p.Status != harang.PaymentSucceeded {
			t.Errorf("%s: %+v, %v", token, p, err)
		}
	}
	// The same request after the card was deleted has the same answer.
	checkout := env.NewCheckout(1, Card("own"))
	checkout.ID = "repeated"
	first := env.Create(t, checkout)
	if err := env.Payments.DeleteCard(ctx, Admin(), "acme", "own"); err != nil {
		t.Fatal(err)
	}
	if again := env.Create(t, checkout); again.Rental.ID != first.Rental.ID {
		t.Errorf("repeated: %+v", again)
	}
}

func testPaymentSettings(t *testing.T, open Open) {
	env := NewRentalEnv(t, open)
	ctx := t.Context()
	want := harang.PaymentSettings{Provider: harang.ProviderSandbox}
	if got, err := env.Store.FindPaymentSettings(ctx, "a"); err != nil || got != want {
		t.Errorf("at first %+v, %v", got, err)
	}
	for _, want := range []harang.PaymentSettings{{Provider: harang.ProviderMyPOS, ConfigFile: "/etc/mypos.json"},
		{Provider: harang.ProviderSandbox, ConfigFile: "/etc/mypos.json"}} {
		if err := env.Store.PutPaymentSettings(ctx, "a", want); err != nil {
			t.Fatal(err)
		}
		if got, err := env.Store.FindPaymentSettings(ctx, "a"); err != nil || got != want {
			t.Errorf("%+v, %v, want %+v", got, err, want)
		}
	}
	if _, err := env.Store.FindPaymentSettings(ctx, "unknown"); harang.ErrorCode(err) != harang.CodeNotFound {
		t.Errorf("settings of an unknown tenant: %v", err)
	}
	if err := env.Store.PutPaymentSettings(ctx, "unknown", want); harang.ErrorCode(err) != harang.CodeNotFound {
		t.Errorf("set for an unknown tenant: %v", err)
	}
}

// testDueWithoutTenants: what is due is found for all tenants but those that are named,
// whatever other names are like theirs.
func testDueWithoutTenants(t *testing.T, open Open) {
	env := NewRentalEnv(t, open)
	env.Provider.SetAnswers("slow", unknown, unknown)
	env.Create(t, env.NewCheckout(1, Card("slow"))) // its payment is to be checked
	paid := env.Create(t, env.NewCheckout(1, Card("good")))
	if _, err := env.Rentals.Cancel(t.Context(), Admin(), paid.Rental.ID); err != nil {
		t.Fatal(err)
	}
	now := env.Clock.Now().Add(time.Hour)
	for _, c := range []struct {
		without []string
		want    int
	}{
		{nil, 1},
		{[]string{"b"}, 1},
		{[]string{"aa", "b", "c-a", "%", "_"}, 1},
		{[]string{"a"}, 0},
		{[]string{"b", "a", "c"}, 0},
		{[]string{"a", "a"}, 0},
	} {
		payments, err := env.Store.FindOpenPayments(t.Context(), now, c.without, 10)
		if err != nil || len(payments) != c.want {
			t.Errorf("without %q: %d payments, %v; want %d", c.without, len(payments), err, c.want)
		}
		refunds, err := env.Store.FindDueRefunds(t.Context(), now, c.without, 10)
		if err != nil || len(refunds) != c.want {
			t.Errorf("without %q: %d refunds, %v; want %d", c.without, len(refunds), err, c.want)
		}
		rentals, err := env.Store.FindUnpaidRentals(t.Context(), now, c.without, 10)
		if err != nil || len(rentals) != c.want {
			t.Errorf("without %q: %d rentals, %v; want %d", c.without, len(rentals), err, c.want)
		}
	}
}

// testOverdueBatches: one round marks all rentals that are due, also more than one
// statement marks.
func testOverdueBatches(t *testing.T, open Open) {
	env := NewRentalEnv(t, open)
	env.AddStock(t, "drill", "main", shop.StockPut{Quantity: 300})
	for range 205 {
		env.Create(t, env.NewCheckout(1, &shop.PaymentOrder{Method: harang.PaymentCash}))
	}
	env.Clock.Move(49 * time.Hour)
	env.RunHousekeeping(t)
	page, err := env.Rentals.List(t.Context(), Clerk(), harang.RentalQuery{Status: harang.RentalOpen, Limit: 10})
	if err != nil || len(page.Items) != 0 {
		t.Errorf("%d rentals are still open, %v", len(page.Items), err)
	}
}
