package harang

import "time"

// PaymentMethod is how money comes in.
type PaymentMethod string

// The methods of payment.
const (
	PaymentCash PaymentMethod = "CASH"
	PaymentCard PaymentMethod = "CARD"
)

// Valid reports whether m is a method that we take.
func (m PaymentMethod) Valid() bool { return m == PaymentCash || m == PaymentCard }

// PaymentStatus is what is known of a payment. A status only ever moves up:
// PENDING, DECLINED, SUCCEEDED, REVERSED. So it does not matter which of the
// provider's sources speaks first, or how often.
type PaymentStatus string

// The statuses of a payment.
const (
	// PaymentPending: the provider was or will be asked, the outcome is unknown.
	PaymentPending PaymentStatus = "PENDING"
	// PaymentDeclined: no money was taken.
	PaymentDeclined PaymentStatus = "DECLINED"
	// PaymentSucceeded: the money was taken.
	PaymentSucceeded PaymentStatus = "SUCCEEDED"
	// PaymentReversed: the money was taken and given back.
	PaymentReversed PaymentStatus = "REVERSED"
)

// Rank orders the statuses, from 1; 0 for an unknown one.
func (s PaymentStatus) Rank() int {
	switch s {
	case PaymentPending:
		return 1
	case PaymentDeclined:
		return 2
	case PaymentSucceeded:
		return 3
	case PaymentReversed:
		return 4
	}
	return 0
}

// Valid reports whether s is a status of a payment.
func (s PaymentStatus) Valid() bool { return s.Rank() > 0 }

// PaymentSource is the source of our own payment_error events; with the
// transaction id it makes one of them per transaction, whoever tells first.
const PaymentSource = "harang:payments"

// Payment is one attempt to pay for a rental. Amounts are whole forints.
type Payment struct {
	// ID is the transaction id, ours; providers get it as their order id.
	ID          string
	Tenant      string
	RentalID    string
	PartnerID   string
	PartnerName string
	Amount      int64
	Method      PaymentMethod
	Status      PaymentStatus
	// ErrorCode carries its table ("ipc:13"); "" when nothing went wrong.
	ErrorCode string
	// ErrorMessage is a Hungarian sentence for people.
	ErrorMessage string
	// CardToken is the stored card that was charged; "" for cash.
	CardToken string
	// Provider is who was asked: "sandbox", "mypos"; "" for cash.
	Provider string
	// Reference is the provider's own name of the transaction; may be "".
	Reference string
	// RefundDue tells that the money must go back: it was taken for a rental
	// that had been cancelled meanwhile, or whose cancelling came later.
	RefundDue bool
	Created   time.Time
	// Settled is when the money came; zero while it has not.
	Settled time.Time
	// Failed is when people were told that it failed; zero when they were not.
	Failed time.Time
	// CheckAt is when the provider is asked next what became of it; zero when
	// there is nothing to ask.
	CheckAt time.Time
	// Checks is how often the provider has been asked.
	Checks int64
}

// PaymentQuery asks for a part of the payments, newest first.
type PaymentQuery struct {
	// Status narrows the list; "" for all.
	Status PaymentStatus
	// Cursor is Page.Next of the part before; "" for the first.
	Cursor string
	// Limit is how many items to return at most, from 1 to MaxPageLimit.
	Limit int
}

// PaymentSettings are how a tenant takes cards.
type PaymentSettings struct {
	// Provider is "sandbox" or "mypos".
	Provider string
	// ConfigFile is the path of the provider's configuration; "" for sandbox.
	ConfigFile string
}

// The payment providers.
const (
	ProviderSandbox = "sandbox"
	ProviderMyPOS   = "mypos"
)

// TimeoutCode is the error code of a payment whose provider did not say in time
// what became of it.
func TimeoutCode(provider string) string {
	if provider == ProviderMyPOS {
		return "ipc:timeout"
	}
	return provider + ":timeout"
}
