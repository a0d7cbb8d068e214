package httpapi

import (
	"context"
	"net/http"

	"harang.dev/harang"
	"harang.dev/harang/internal/shop"
)

// paymentBody is a payment in a list.
type paymentBody struct {
	TransactionID  string               `json:"transactionId"`
	RentalID       string               `json:"rentalId"`
	RentalNumber   orNull[string]       `json:"rentalNumber" doc:"the number of the rental: B-2026-000123; null for a moment after an upgrade"`
	PartnerID      string               `json:"partnerId"`
	PartnerName    string               `json:"partnerName"`
	Amount         int64                `json:"amount" doc:"whole forints"`
	RefundedAmount int64                `json:"refundedAmount" doc:"whole forints of it that were given back"`
	Currency       string               `json:"currency"`
	Method         harang.PaymentMethod `json:"method" enum:"CASH,CARD"`
	Status         harang.PaymentStatus `json:"status" enum:"PENDING,DECLINED,SUCCEEDED,REVERSED"`
	ErrorCode      *string              `json:"errorCode" doc:"with its table: sandbox:timeout, ipc:13, iso:51; null when the payment did not fail"`
	ErrorMessage   *string              `json:"errorMessage" doc:"the error as a Hungarian sentence"`
	NextStep       *string              `json:"nextStep" doc:"what the clerk should do next, in Hungarian"`
	Retry          *bool                `json:"retry" doc:"whether the same card may be tried again"`
	CreatedAt      instant              `json:"createdAt"`
}

func paymentOf(p harang.Payment) paymentBody {
	b := paymentBody{
		TransactionID: p.ID, RentalID: p.RentalID, RentalNumber: textOrNull(p.RentalNumber),
		PartnerID: p.PartnerID, PartnerName: p.PartnerName,
		Amount: p.Amount, RefundedAmount: p.Refunded, Currency: harang.CurrencyHUF, Method: p.Method, Status: p.Status,
		CreatedAt: instant(p.Created),
	}
	if t := paymentErrorOf(p); t.ErrorCode != "" {
		b.ErrorCode, b.ErrorMessage, b.NextStep, b.Retry = &t.ErrorCode, &t.ErrorMessage, &t.NextStep, t.Retry
	}
	return b
}

type payInput struct {
	KeyInput
	Body payBody
}

type payBody struct {
	RentalID string `json:"rentalId" maxLength:"128"`
	Amount   int64  `json:"amount" minimum:"0" doc:"whole forints: by card at most owedAmount; in cash a multiple of 5, at most owedCash"`
	PaymentOrder
}

// paidBody is a payment that succeeded.
type paidBody struct {
	TransactionID string               `json:"transactionId"`
	RentalID      string               `json:"rentalId"`
	Amount        int64                `json:"amount"`
	Currency      string               `json:"currency"`
	Method        harang.PaymentMethod `json:"method" enum:"CASH,CARD"`
	Status        harang.PaymentStatus `json:"status" enum:"SUCCEEDED"`
}

func (a *API) pay(ctx context.Context, caller harang.Identity, in *payInput) (*answerOutput[paidBody], error) {
	return runIdempotent(ctx, a, caller, "POST /payments", in.KeyInput, in.Body, http.StatusCreated,
		func(resource string) (paidBody, error) {
			p, err := a.Payments.Pay(ctx, caller, shop.NewPayment{
				ID: resource, RentalID: in.Body.RentalID, Amount: in.Body.Amount, PaymentOrder: in.Body.order(),
			})
			return paidBody{
				TransactionID: p.ID, RentalID: p.RentalID, Amount: p.Amount, Currency: harang.CurrencyHUF,
				Method: p.Method,
				Status: p.Status,
			}, err
		})
}

// PaymentFilterInput are the parameters that limit a list of payments, or the file of it.
type PaymentFilterInput struct {
	Status     harang.PaymentStatus `query:"status" enum:"PENDING,DECLINED,SUCCEEDED,REVERSED"`
	LocationID string               `query:"locationId" maxLength:"128" doc:"only payments of rentals at this location"`
	Search     string               `query:"search" maxLength:"200" doc:"a transaction's id, a rental's number (B-2026-000123, or 123 of this year or the last one) or id; else words of the partner; accents are ignored"`
	From       string               `query:"from" maxLength:"40" doc:"made on this day (2026-03-02) or later, or at this RFC 3339 time or later; a list then has totals"`
	To         string               `query:"to" maxLength:"40" doc:"made on this day or earlier, or before this time; a list then has totals"`
}

func (in PaymentFilterInput) query() (harang.PaymentQuery, error) {
	from, to, err := shop.ParseRange("from", in.From, "to", in.To)
	return harang.PaymentQuery{
		Status: in.Status, LocationID: in.LocationID, Search: in.Search, From: from, To: to,
	}, err
}

type paymentListInput struct {
	ListInput
	PaymentFilterInput
}

// paymentList is a page of payments.
type paymentList struct {
	List[paymentBody]
	Totals *paymentTotals `json:"totals,omitempty" doc:"with from or to: figures of all pages"`
}

type paymentTotals struct {
	Count          int64 `json:"count"`
	PaidAmount     int64 `json:"paidAmount" doc:"whole forints of the payments that succeeded"`
	RefundedAmount int64 `json:"refundedAmount" doc:"whole forints of them that were given back since"`
}

type paymentListOutput struct{ Body paymentList }

func (a *API) listPayments(
	ctx context.Context, caller harang.Identity, in *paymentListInput,
) (*paymentListOutput, error) {
	q, err := in.query()
	if err != nil {
		return nil, err
	}
	q.Cursor, q.Limit = in.Cursor, in.Limit
	page, err := a.Payments.List(ctx, caller, q)
	if err != nil {
		return nil, err
	}
	out := &paymentListOutput{paymentList{List: listOf(page, paymentOf)}}
	if in.From != "" || in.To != "" {
		t, err := a.Payments.Totals(ctx, caller, q)
		if err != nil {
			return nil, err
		}
		out.Body.Totals = &paymentTotals{t.Count, t.Paid, t.Refunded}
	}
	return out, nil
}

// failureBody is a failed card payment that needs action.
type failureBody struct {
	EventID       string                `json:"eventId" doc:"the payment_error event, which can be claimed"`
	Timestamp     instant               `json:"timestamp"`
	TransactionID string                `json:"transactionId"`
	RentalID      *string               `json:"rentalId" doc:"null for a payment of another application"`
	PartnerID     string                `json:"partnerId"`
	PartnerName   string                `json:"partnerName"`
	Amount        int64                 `json:"amount" doc:"whole forints"`
	Currency      string                `json:"currency"`
	Status        *harang.PaymentStatus `json:"status" enum:"PENDING,DECLINED" doc:"null for a payment of another application"`
	ErrorCode     string                `json:"errorCode"`
	ErrorMessage  string                `json:"errorMessage"`
	NextStep      string                `json:"nextStep" doc:"what to do next, in Hungarian"`
	Retry         bool                  `json:"retry" doc:"whether the same card may be tried again"`
	Claim         orNull[claimBody]     `json:"claim" doc:"who claimed it; null when nobody did"`
}

func failureOf(f harang.PaymentFailure) failureBody {
	advice := f.Advice(harang.Hungarian)
	b := failureBody{
		EventID: f.EventID, Timestamp: instant(f.At), TransactionID: f.TransactionID, PartnerID: f.PartnerID,
		PartnerName: f.PartnerName,
		Amount:      f.Amount, Currency: f.Currency, ErrorCode: f.ErrorCode, ErrorMessage: f.ErrorMessage,
		NextStep: advice.NextStep, Retry: advice.Retry, Claim: claimOrNull(f.Claim),
	}
	if f.RentalID != "" {
		b.RentalID, b.Status = &f.RentalID, &f.Status
	}
	return b
}

type failureListInput struct {
	LocationID string `query:"locationId" maxLength:"128" doc:"only payments of rentals at this location, and of rentals that are unknown here"`
}

func (a *API) listFailures(
	ctx context.Context, caller harang.Identity, in *failureListInput,
) (*listOutput[failureBody], error) {
	failures, err := a.Payments.Failures(ctx, caller, in.LocationID)
	return &listOutput[failureBody]{listOf(harang.Page[harang.PaymentFailure]{Items: failures}, failureOf)}, err
}

// cardBody is a partner's card that the payment provider has stored.
type cardBody struct {
	Token   string `json:"token" doc:"value for cardToken"`
	Label   string `json:"label" doc:"name shown to people"`
	Brand   string `json:"brand"`
	Last4   string `json:"last4"`
	Expires string `json:"expires" doc:"YYYY-MM, or empty"`
}

func cardOf(c harang.Card) cardBody {
	return cardBody{Token: c.Token, Label: c.Name(), Brand: c.Brand, Last4: c.Last4, Expires: c.Expires}
}

// PartnerPath identifies a partner in a path.
type PartnerPath struct {
	ID string `path:"id" maxLength:"128"`
}

func (a *API) listCards(ctx context.Context, caller harang.Identity, in *PartnerPath) (*listOutput[cardBody], error) {
	cards, err := a.Payments.Cards(ctx, caller, in.ID)
	return &listOutput[cardBody]{listOf(harang.Page[harang.Card]{Items: cards}, cardOf)}, err
}

// CardPath identifies a card of a partner in a path.
type CardPath struct {
	PartnerPath
	Token string `path:"token" maxLength:"128" doc:"the provider's token of the card, never its number"`
}

type putCardInput struct {
	CardPath
	Body struct {
		Label   string `json:"label,omitempty" maxLength:"200"`
		Brand   string `json:"brand,omitempty" maxLength:"40"`
		Last4   string `json:"last4,omitempty" pattern:"^[0-9]{0,4}$"`
		Expires string `json:"expires,omitempty" pattern:"^([0-9]{4}-(0[1-9]|1[0-2]))?$" doc:"YYYY-MM"`
	}
}

type cardOutput struct{ Body cardBody }

func (a *API) putCard(ctx context.Context, caller harang.Identity, in *putCardInput) (*cardOutput, error) {
	c := harang.Card{
		Token:   in.Token,
		Label:   in.Body.Label,
		Brand:   in.Body.Brand,
		Last4:   in.Body.Last4,
		Expires: in.Body.Expires,
	}
	return &cardOutput{cardOf(c)}, a.Payments.PutCard(ctx, caller, in.ID, c)
}

func (a *API) deleteCard(ctx context.Context, caller harang.Identity, in *CardPath) (*struct{}, error) {
	return nil, a.Payments.DeleteCard(ctx, caller, in.ID, in.Token)
}
