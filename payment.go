package harang

import "time"

// PaymentMethod is cash or card.
type PaymentMethod string

// The methods of payment.
const (
	PaymentCash PaymentMethod = "CASH"
	PaymentCard PaymentMethod = "CARD"
)

// Valid reports whether m is a known method.
func (m PaymentMethod) Valid() bool { return m == PaymentCash || m == PaymentCard }

// CashStep is the smallest coin, in forints (2008. évi III. törvény).
const CashStep = 5

// CashAmount is what is handed over in cash for a debt: the nearest multiple of
// CashStep.
func CashAmount(owed int64) int64 { return (owed + CashStep/2) / CashStep * CashStep }

// PaymentStatus is the known outcome of a payment. A status only ever moves up:
// PENDING, DECLINED, SUCCEEDED, REVERSED. So the order and number of the
// provider's answers and notifications do not matter.
type PaymentStatus string

// The statuses of a payment.
const (
	// PaymentPending: the provider was or will be called, the outcome is unknown.
	PaymentPending PaymentStatus = "PENDING"
	// PaymentDeclined: no money was taken.
	PaymentDeclined PaymentStatus = "DECLINED"
	// PaymentSucceeded: the money was taken.
	PaymentSucceeded PaymentStatus = "SUCCEEDED"
	// PaymentReversed: the money was taken and refunded.
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

// PaymentSource is the source of Harang's own payment_error events. Their source id is the transaction id, so there
// is one per transaction.
const PaymentSource = "harang:payments"

// Payment is one attempt to pay for a rental. Amounts are whole forints.
type Payment struct {
	// ID is the transaction id; providers receive it as the order id.
	ID       string
	Tenant   string
	RentalID string
	// RentalNumber is set in lists only.
	RentalNumber string
	PartnerID    string
	PartnerName  string
	Amount       int64
	// Rounding is Amount less the debt that it settled, from -2 to 2; 0 for
	// cards and for a part of the debt.
	Rounding int64
	Method   PaymentMethod
	Status   PaymentStatus
	// ErrorCode carries its table ("ipc:13"); "" when nothing went wrong.
	ErrorCode string
	// ErrorMessage is a Hungarian sentence for people.
	ErrorMessage string
	// CardToken is the stored card that is charged; "" for cash.
	CardToken string
	// Provider is "sandbox" or "mypos"; "" for cash.
	Provider string
	// Reference is the provider's own name of the transaction; may be "".
	Reference string
	// Refunded is the sum of its refunds that succeeded.
	Refunded int64
	// RefundDue means that a node of version 0.1.0 decided to refund the whole payment;
	// a Refund replaces it.
	RefundDue bool
	Created   time.Time
	// Settled is when the money was received; zero before.
	Settled time.Time
	// Failed is when its failure was announced; zero when it was not.
	Failed time.Time
	// CheckAt is when the provider is asked for the outcome next; zero when it is
	// final.
	CheckAt time.Time
	// Checks counts how often the provider was asked.
	Checks int64
}

// PaymentQuery selects a part of the payments, newest first.
type PaymentQuery struct {
	// Status narrows the list; "" for all.
	Status PaymentStatus
	// LocationID narrows the list to the rentals of one location; "" for all.
	LocationID string
	// Search narrows the list to one payment by its id, or to those of one rental by its
	// number or id; when there is none, to those of partners that have all of its words in
	// their name, id, phone number or e-mail address; "" for all.
	Search string
	// From and To narrow the list to payments made from From until before To; zero
	// for no limit.
	From, To time.Time
	// Cursor is Page.Next of the previous page; "" for the first.
	Cursor string
	// Limit is the largest number of items to return, from 1 to MaxPageLimit.
	Limit int
}

// PaymentTotals are figures of all payments that a query selects, in whole forints.
type PaymentTotals struct {
	Count int64
	// Paid is the sum of those that succeeded, Refunded what was given back of it.
	Paid     int64
	Refunded int64
}

// PaymentSettings are a tenant's settings for card payments.
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

// TimeoutCode is the error code of a payment whose provider did not report an
// outcome in time.
func TimeoutCode(provider string) string {
	if provider == ProviderMyPOS {
		return "ipc:timeout"
	}
	return provider + ":timeout"
}
