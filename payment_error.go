package harang

import "time"

// PaymentErrorType: a card payment failed (decline, provider error, timeout).
// Managers and administrators hear it.
var PaymentErrorType = registerEvent[PaymentError]("payment_error", AudienceManagers)

// CurrencyHUF is the one currency: amounts are whole forints.
const CurrencyHUF = "HUF"

// PaymentError is the payload of a payment_error.
type PaymentError struct {
	TransactionID string `json:"transactionId"`
	// ErrorCode carries its table: "ipc:13", "iso:51", "sandbox:timeout".
	ErrorCode string `json:"errorCode"`
	// ErrorMessage is a sentence for people: ours from the Hungarian catalogue,
	// an ingested event's as its producer wrote it.
	ErrorMessage string `json:"errorMessage"`
	PartnerID    string `json:"partnerId"`
	PartnerName  string `json:"partnerName"`
	// Amount is in whole forints.
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"`
}

// PaymentFailure is a card payment that failed and still wants something done.
type PaymentFailure struct {
	PaymentError
	// EventID is the event that told of it, At when it was told.
	EventID string
	At      time.Time
	// RentalID and Status are what the books know; "" for another program's
	// payment.
	RentalID string
	Status   PaymentStatus
	// Claim is nil when nobody deals with it.
	Claim *Claim
}

// Advice is what to say of it and what to do now.
func (f PaymentFailure) Advice(language Language) PaymentSentence {
	return Payment{Status: f.Status, ErrorCode: f.ErrorCode, ErrorMessage: f.ErrorMessage}.Advice(language)
}

// Check returns the fields that are wrong.
func (p PaymentError) Check() []FieldError {
	var c checker
	c.text("transactionId", p.TransactionID, MaxIDRunes)
	c.text("errorCode", p.ErrorCode, MaxIDRunes)
	c.text("errorMessage", p.ErrorMessage, MaxMessageRunes)
	c.text("partnerId", p.PartnerID, MaxIDRunes)
	c.text("partnerName", p.PartnerName, MaxNameRunes)
	c.between("amount", p.Amount, 0, MaxAmount)
	c.oneOf("currency", p.Currency, CurrencyHUF)
	return c
}
