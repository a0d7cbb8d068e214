package harang

import "time"

// PaymentErrorType: a card payment failed (decline, provider error, timeout). For
// managers and administrators.
var PaymentErrorType = registerEvent[PaymentError]("payment_error", AudienceManagers)

// CurrencyHUF is the only currency: amounts are whole forints.
const CurrencyHUF = "HUF"

// PaymentError is the payload of a payment_error.
type PaymentError struct {
	TransactionID string `json:"transactionId"`
	// ErrorCode carries its table: "ipc:13", "iso:51", "sandbox:timeout".
	ErrorCode string `json:"errorCode"`
	// ErrorMessage is a sentence for people: from the Hungarian catalogue, or as
	// the producer of an ingested event wrote it.
	ErrorMessage string `json:"errorMessage"`
	PartnerID    string `json:"partnerId"`
	PartnerName  string `json:"partnerName"`
	// Amount is in whole forints.
	Amount   int64  `json:"amount"`
	Currency string `json:"currency" enum:"HUF"`
}

// PaymentFailure is a failed card payment that still needs attention.
type PaymentFailure struct {
	PaymentError
	// EventID is the event that announced it, At the time of that event.
	EventID string
	At      time.Time
	// RentalID and Status are those of a payment of Harang; "" for a payment of
	// another application.
	RentalID string
	Status   PaymentStatus
	// Claim is nil when nobody has claimed it.
	Claim *Claim
}

// Advice explains the failure and the next step.
func (f PaymentFailure) Advice(language Language) PaymentSentence {
	return Payment{Status: f.Status, ErrorCode: f.ErrorCode, ErrorMessage: f.ErrorMessage}.Advice(language)
}

// Check returns the errors in the fields.
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

// Text returns the failure in words. The Hungarian ones have the sentence that the event
// brings itself.
func (p PaymentError) Text(language Language) EventText {
	advice := PaymentAdvice(language, p.ErrorCode, p.ErrorMessage)
	text := EventText{
		Severity: string(SeverityCritical),
		Title:    "Fizetési hiba: " + p.ErrorMessage,
		Detail:   p.PartnerName + " · " + forints(language, p.Amount),
		NextStep: lowerFirst(advice.NextStep),
	}
	if language == English {
		text.Title = "Payment failed: " + advice.Meaning
	}
	return text
}
