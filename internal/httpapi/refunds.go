package httpapi

import (
	"context"

	"harang.dev/harang"
)

// refundBody is money of one payment that is given back.
type refundBody struct {
	ID             string               `json:"id"`
	TransactionID  string               `json:"transactionId" doc:"the payment that is given back, or a part of it"`
	RentalID       string               `json:"rentalId"`
	PartnerID      string               `json:"partnerId"`
	PartnerName    string               `json:"partnerName"`
	LocationID     string               `json:"locationId"`
	Amount         int64                `json:"amount" doc:"whole forints: in cash handed over by createdBy, by card given back by the provider"`
	RoundingAmount int64                `json:"roundingAmount" doc:"the change of the rental's roundingAmount, because cash is in steps of 5 forints"`
	Currency       string               `json:"currency"`
	Method         harang.PaymentMethod `json:"method" enum:"CASH,CARD"`
	Status         harang.RefundStatus  `json:"status" enum:"PENDING,FAILED,SUCCEEDED" doc:"FAILED: the provider refused the last try and will be asked again"`
	ErrorCode      *string              `json:"errorCode" doc:"why the last try did not succeed, with its table; null when it did"`
	ErrorMessage   *string              `json:"errorMessage" doc:"the error as a Hungarian sentence"`
	CreatedBy      personBody           `json:"createdBy"`
	CreatedAt      instant              `json:"createdAt"`
	SettledAt      orNull[instant]      `json:"settledAt" doc:"when the money was given back"`
	RetryAt        orNull[instant]      `json:"retryAt" doc:"when the provider is asked next"`
}

func refundOf(f harang.Refund) refundBody {
	b := refundBody{
		ID: f.ID, TransactionID: f.PaymentID, RentalID: f.RentalID, PartnerID: f.PartnerID, PartnerName: f.PartnerName,
		LocationID: f.LocationID, Amount: f.Amount, RoundingAmount: f.Rounding, Currency: harang.CurrencyHUF,
		Method: f.Method, Status: f.Status, CreatedBy: personBody{f.By.ID, f.By.Name}, CreatedAt: instant(f.Created),
		SettledAt: timeOrNull(f.Settled), RetryAt: timeOrNull(f.CheckAt),
	}
	if f.ErrorCode != "" {
		b.ErrorCode, b.ErrorMessage = &f.ErrorCode, &f.ErrorMessage
	}
	return b
}

type refundListInput struct {
	ListInput
	Open       bool   `query:"open" doc:"true: only refunds that did not succeed yet"`
	LocationID string `query:"locationId" maxLength:"128"`
}

func (a *API) listRefunds(
	ctx context.Context, caller harang.Identity, in *refundListInput,
) (*listOutput[refundBody], error) {
	page, err := a.Payments.Refunds(ctx, caller, harang.RefundQuery{
		Open: in.Open, LocationID: in.LocationID, Cursor: in.Cursor, Limit: in.Limit,
	})
	return &listOutput[refundBody]{listOf(page, refundOf)}, err
}

type refundPath struct {
	ID string `path:"id" maxLength:"128"`
}

type refundOutput struct{ Body refundBody }

func (a *API) retryRefund(ctx context.Context, caller harang.Identity, in *refundPath) (*refundOutput, error) {
	f, err := a.Payments.RetryRefund(ctx, caller, in.ID)
	return &refundOutput{refundOf(f)}, err
}
