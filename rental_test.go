package harang_test

import (
	"testing"

	"harang.dev/harang"
)

func TestRentalValue(t *testing.T) {
	lines := []harang.RentalLine{
		{DailyPrice: 4500, Quantity: 2},
		{DailyPrice: 0, Quantity: 7},
		{DailyPrice: 990, Quantity: 1},
	}
	got, err := harang.RentalValue(lines, 3)
	if err != nil || got != (9000+990)*3 {
		t.Errorf("RentalValue = %d, %v", got, err)
	}
	for name, dear := range map[string][]harang.RentalLine{
		"one line": {{DailyPrice: harang.MaxAmount, Quantity: harang.MaxQuantity}},
		"the sum":  {{DailyPrice: harang.MaxAmount, Quantity: 1}, {DailyPrice: 1, Quantity: 1}},
	} {
		if _, err := harang.RentalValue(dear, 1); harang.ErrorCode(err) != harang.CodeInvalidRequest {
			t.Errorf("%s: err = %v, want INVALID_REQUEST", name, err)
		}
	}
}

func TestRental_Owed(t *testing.T) {
	r := harang.Rental{Status: harang.RentalOpen, TotalValue: 1000, Paid: 400}
	if r.Owed() != 600 {
		t.Errorf("owed %d, want 600", r.Owed())
	}
	r.Paid = 1200
	if r.Owed() != 0 {
		t.Errorf("overpaid, owed %d", r.Owed())
	}
	r.Paid, r.Status = 0, harang.RentalCancelled
	if r.Owed() != 0 {
		t.Errorf("cancelled, owed %d", r.Owed())
	}
}

func TestRentalStatus(t *testing.T) {
	closed := map[harang.RentalStatus]bool{harang.RentalReturned: true, harang.RentalCancelled: true}
	for _, s := range harang.RentalStatuses() {
		if !s.Valid() || s.Closed() != closed[s] {
			t.Errorf("%s: valid %v, closed %v", s, s.Valid(), s.Closed())
		}
	}
	if harang.RentalStatus("LOST").Valid() {
		t.Error("LOST is no status")
	}
}

func TestPaymentStatus(t *testing.T) {
	last := 0
	for _, s := range []harang.PaymentStatus{harang.PaymentPending, harang.PaymentDeclined, harang.PaymentSucceeded,
		harang.PaymentReversed} {
		if s.Rank() <= last || !s.Valid() {
			t.Errorf("%s has rank %d after %d", s, s.Rank(), last)
		}
		last = s.Rank()
	}
	if harang.PaymentStatus("").Valid() || harang.PaymentMethod("CHEQUE").Valid() || !harang.PaymentCash.Valid() ||
		!harang.PaymentCard.Valid() {
		t.Error("only the known words are valid")
	}
	if wrong := (harang.Card{Token: "", Last4: "12345"}).Check(); len(wrong) != 2 {
		t.Errorf("wrong fields of a card: %v", wrong)
	}
}

func TestCard_Name(t *testing.T) {
	for want, card := range map[string]harang.Card{
		"Company":        {Label: "Company", Brand: "Visa", Last4: "4828"},
		"Visa •••• 4828": {Brand: "Visa", Last4: "4828"},
		"•••• 4828":      {Last4: "4828"},
		"Visa":           {Brand: "Visa"},
	} {
		if got := card.Name(); got != want {
			t.Errorf("%+v is called %q", card, got)
		}
	}
}

func TestTimeoutCode(t *testing.T) {
	for provider, want := range map[string]string{harang.ProviderMyPOS: "ipc:timeout",
		harang.ProviderSandbox: "sandbox:timeout"} {
		if got := harang.TimeoutCode(provider); got != want || !known(got) {
			t.Errorf("%s times out as %s", provider, got)
		}
	}
}
