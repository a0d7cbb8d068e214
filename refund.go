package harang

import "time"

// RefundStatus is the state of a refund.
type RefundStatus string

// The statuses of a refund.
const (
	// RefundPending: the provider was or will be asked, the outcome is unknown.
	RefundPending RefundStatus = "PENDING"
	// RefundFailed: the provider refused the last try; there will be others.
	RefundFailed RefundStatus = "FAILED"
	// RefundSucceeded: the money is back.
	RefundSucceeded RefundStatus = "SUCCEEDED"
)

// Valid reports whether s is a status of a refund.
func (s RefundStatus) Valid() bool {
	return s == RefundPending || s == RefundFailed || s == RefundSucceeded
}

// Refund is money of one payment that is given back: cash by the person By at once,
// cards by the provider. Amounts are whole forints.
type Refund struct {
	ID          string
	Tenant      string
	RentalID    string
	PaymentID   string
	PartnerID   string
	PartnerName string
	LocationID  string
	// Amount is what is handed over.
	Amount int64
	// Rounding is the change of the rental's rounding, because cash is in steps of 5 Ft.
	Rounding int64
	Method   PaymentMethod
	Status   RefundStatus
	// ErrorCode carries its table ("ipc:13") and says why the last try did not succeed;
	// "" when it did or there was none. ErrorMessage is a Hungarian sentence for people.
	ErrorCode    string
	ErrorMessage string
	// By is the person who decided the refund, and who handed over the cash.
	By      Person
	Created time.Time
	// Settled is when the money was given back; zero before.
	Settled time.Time
	// CheckAt is when the provider is asked next; zero when the refund is settled.
	CheckAt time.Time
	// Checks counts how often the provider was asked.
	Checks int64
}

// RefundQuery selects a part of the refunds, newest first.
type RefundQuery struct {
	// Open narrows the list to refunds that did not succeed yet.
	Open bool
	// LocationID narrows the list to the rentals of one location; "" for all.
	LocationID string
	// Cursor is Page.Next of the previous page; "" for the first.
	Cursor string
	// Limit is the largest number of items to return, from 1 to MaxPageLimit.
	Limit int
}
