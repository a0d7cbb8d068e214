package shop

import (
	"context"
	"time"

	"harang.dev/harang"
)

// Provider takes card payments. Each method returns what is known, and an error
// for the log when something went wrong; the settlement is valid either way. A
// provider never charges one transaction id twice, and returns soon after its
// context ends.
type Provider interface {
	// Charge charges a stored card.
	Charge(ctx context.Context, c Charge) (Settlement, error)
	// FindCharge asks for the outcome of a charge, made or not.
	FindCharge(ctx context.Context, c Charge) (Settlement, error)
	// Refund gives money of a charge back: REVERSED when done, DECLINED when the
	// provider refuses, PENDING when that is not known. A provider never makes one
	// refund twice, however often it is asked.
	Refund(ctx context.Context, r ChargeRefund) (Settlement, error)
}

// Providers finds the payment provider of each tenant.
type Providers interface {
	// FindProvider returns the named provider with the tenant's configuration;
	// "" is the one that the tenant uses now, whose name is returned.
	// UNAVAILABLE when its configuration is missing or wrong.
	FindProvider(ctx context.Context, tenant, name string) (string, Provider, error)
	// OfferedCards are cards that every partner of the tenant may use; none
	// where real money moves.
	OfferedCards(ctx context.Context, tenant string) ([]harang.Card, error)
}

// Charge is what a payment provider is asked to do, or is asked about.
type Charge struct {
	Tenant string
	// TransactionID is the payment's id; a provider never charges it twice.
	TransactionID string
	// Amount is in whole forints.
	Amount    int64
	CardToken string
	// Reference is the provider's own name of the transaction, where known.
	Reference string
	// Created is when the payment was stored, before the provider was called.
	Created time.Time
}

// ChargeRefund is what a payment provider is asked to give back of a charge.
type ChargeRefund struct {
	Charge
	// ID is the refund's id.
	ID string
	// Sum is in whole forints, at most the charge's Amount.
	Sum int64
}

// Whole reports whether the charge is given back in one.
func (r ChargeRefund) Whole() bool { return r.Sum == r.Amount }

// chargeOf is the charge of a payment.
func chargeOf(p harang.Payment) Charge {
	return Charge{
		Tenant: p.Tenant, TransactionID: p.ID, Amount: p.Amount,
		CardToken: p.CardToken, Reference: p.Reference, Created: p.Created,
	}
}

// Settlement is what a payment provider says about a payment: at once, in a
// notification, or when asked.
type Settlement struct {
	// Status is PENDING while the provider does not know.
	Status harang.PaymentStatus
	// ErrorCode carries its table ("ipc:13"). With PENDING it says why nothing
	// is known.
	ErrorCode string
	// Message are the provider's own; shown where the catalogue has no sentence.
	Message string
	// Reference is the provider's own name of the transaction; may be "".
	Reference string
}

// PaymentNotice is a notification of a payment provider whose signature has
// been verified.
type PaymentNotice struct {
	// Key names the notification; a second one with the same key is a repeat.
	Key string
	// Raw is the body as received.
	Raw []byte
	// TransactionID is the payment that it is about.
	TransactionID string
	// Amount is in whole forints; 0 when the notification names none.
	Amount int64
	// Card is a card that the provider says to have stored with this payment; may
	// be nil.
	Card *harang.Card
}

// NoticeOutcome says what was done with a notification.
type NoticeOutcome string

// The outcomes of a notification.
const (
	// NoticeApplied: it was recorded, and the provider is asked for the outcome.
	NoticeApplied NoticeOutcome = "taken"
	// NoticeRepeated: it was recorded before; nothing changed.
	NoticeRepeated NoticeOutcome = "repeated"
	// NoticeUnknown: there is no such payment; nothing changed.
	NoticeUnknown NoticeOutcome = "unknown"
	// NoticeMismatch: the amount is not the payment's; nothing changed.
	NoticeMismatch NoticeOutcome = "mismatch"
)
