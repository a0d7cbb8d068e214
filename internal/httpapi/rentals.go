package httpapi

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"harang.dev/harang"
	"harang.dev/harang/internal/shop"
)

// lineBody is one product of a rental.
type lineBody struct {
	ProductID   string `json:"productId"`
	ProductName string `json:"productName"`
	Quantity    int64  `json:"quantity" doc:"pieces"`
	Returned    int64  `json:"returned" doc:"pieces that came back"`
	DailyPrice  int64  `json:"dailyPrice" doc:"whole forints per piece and day, at the time of the checkout"`
}

// rentalBody is a rental.
type rentalBody struct {
	ID                  string              `json:"id"`
	Number              orNull[string]      `json:"number" doc:"what people call it by: B-2026-000123, by the year of the checkout; may have gaps; null for a moment after an upgrade"`
	PartnerID           string              `json:"partnerId"`
	PartnerName         string              `json:"partnerName"`
	PartnerPhone        *string             `json:"partnerPhone,omitempty" doc:"the partner's phone number; in lists and one rental, where the partner has one"`
	LocationID          string              `json:"locationId"`
	LocationName        string              `json:"locationName"`
	EquipmentCount      int64               `json:"equipmentCount" doc:"the sum of the quantities"`
	TotalValue          int64               `json:"totalValue" doc:"daily prices times the started days until dueAt, less credit, whole forints"`
	PaidAmount          int64               `json:"paidAmount" doc:"whole forints paid and not given back"`
	RefundedAmount      int64               `json:"refundedAmount" doc:"whole forints given back"`
	RefundPendingAmount int64               `json:"refundPendingAmount" doc:"whole forints of paidAmount that the provider will give back"`
	OwedAmount          int64               `json:"owedAmount" doc:"whole forints still to be paid; what a card pays"`
	OwedCash            int64               `json:"owedCash" doc:"what settles the rental in cash: owedAmount, rounded to 5 forints"`
	RoundingAmount      int64               `json:"roundingAmount" doc:"what cash payments settled more (positive) or less than was owed"`
	Currency            string              `json:"currency"`
	Status              harang.RentalStatus `json:"status" enum:"AWAITING_PAYMENT,OPEN,OVERDUE,RETURNED,CANCELLED"`
	Lines               []lineBody          `json:"lines" nullable:"false"`
	CreatedBy           personBody          `json:"createdBy"`
	CreatedAt           instant             `json:"createdAt"`
	DueAt               instant             `json:"dueAt"`
	ClosedAt            orNull[instant]     `json:"closedAt" doc:"when the rental was returned or cancelled"`
	Refunds             *[]refundBody       `json:"refunds,omitempty" doc:"who gets what back, oldest first; absent in lists and after the checkout"`
	Payment             *rentalPayment      `json:"payment,omitempty" doc:"the payment of the checkout; in GET /rentals/{id} the latest payment"`
}

// rentalPayment is a payment as part of a rental.
type rentalPayment struct {
	TransactionID string               `json:"transactionId"`
	Amount        int64                `json:"amount"`
	Method        harang.PaymentMethod `json:"method" enum:"CASH,CARD"`
	Status        harang.PaymentStatus `json:"status" enum:"PENDING,DECLINED,SUCCEEDED,REVERSED"`
	PaymentError
}

// PaymentError is the error of a failed payment; its members are absent for other
// payments.
type PaymentError struct {
	ErrorCode    string `json:"errorCode,omitempty" doc:"with its table: sandbox:timeout, ipc:13, iso:51"`
	ErrorMessage string `json:"errorMessage,omitempty" doc:"the error as a Hungarian sentence"`
	NextStep     string `json:"nextStep,omitempty" doc:"what the clerk should do next, in Hungarian"`
	Retry        *bool  `json:"retry,omitempty" doc:"whether the same card may be tried again"`
}

func paymentErrorOf(p harang.Payment) PaymentError {
	if p.ErrorCode == "" {
		return PaymentError{}
	}
	advice := p.Advice(harang.Hungarian)
	return PaymentError{
		ErrorCode:    p.ErrorCode,
		ErrorMessage: p.ErrorMessage,
		NextStep:     advice.NextStep,
		Retry:        &advice.Retry,
	}
}

func rentalPaymentOf(p harang.Payment) *rentalPayment {
	return &rentalPayment{
		TransactionID: p.ID,
		Amount:        p.Amount,
		Method:        p.Method,
		Status:        p.Status,
		PaymentError:  paymentErrorOf(p),
	}
}

func rentalOf(r harang.Rental) rentalBody {
	b := rentalBody{
		ID: r.ID, Number: textOrNull(r.Number), PartnerID: r.PartnerID, PartnerName: r.PartnerName,
		LocationID:   r.LocationID,
		LocationName: r.LocationName, EquipmentCount: r.EquipmentCount, TotalValue: r.TotalValue, PaidAmount: r.Paid,
		RefundedAmount: r.Refunded, RefundPendingAmount: r.RefundPending,
		OwedAmount: r.Owed(), OwedCash: r.OwedCash(), RoundingAmount: r.Rounding, Currency: harang.CurrencyHUF,
		Status: r.Status, Lines: make([]lineBody, len(r.Lines)), CreatedBy: personBody{r.By.ID, r.By.Name},
		CreatedAt: instant(r.Created), DueAt: instant(r.Due), ClosedAt: timeOrNull(r.Closed),
	}
	if r.PartnerPhone != "" {
		b.PartnerPhone = &r.PartnerPhone
	}
	for i, l := range r.Lines {
		b.Lines[i] = lineBody{l.ProductID, l.ProductName, l.Quantity, l.Returned, l.DailyPrice}
		if r.Status == harang.RentalReturned {
			b.Lines[i].Returned = l.Quantity
		}
	}
	return b
}

type rentalOutput struct{ Body rentalBody }

type checkoutInput struct {
	KeyInput
	Body checkoutBody
}

type checkoutBody struct {
	PartnerID     string         `json:"partnerId" maxLength:"128"`
	LocationID    string         `json:"locationId" maxLength:"128"`
	DueAt         dueText        `json:"dueAt"`
	Lines         []checkoutLine `json:"lines" minItems:"1" maxItems:"100" nullable:"false" doc:"each product at most once"`
	ExpectedTotal *int64         `json:"expectedTotal,omitempty" minimum:"0" doc:"the price that was shown, whole forints; another price is PRICE_CHANGED"`
	Payment       *PaymentOrder  `json:"payment,omitempty" doc:"absent: the rental is OPEN and paid later"`
}

// dueText is a return instant as callers write it.
type dueText string

// MarshalJSON writes the instant or day that is meant, so that requests are compared by
// it and not by its spelling.
func (d dueText) MarshalJSON() ([]byte, error) {
	if due, err := shop.ParseDueAt(string(d)); err == nil && !due.Day {
		return json.Marshal(due.UTC())
	}
	return json.Marshal(string(d))
}

// Schema describes the text in the OpenAPI document.
func (dueText) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{
		Type: huma.TypeString,
		Description: "when the rental is due: an RFC 3339 time in the future, within two years; or a day " +
			"(2026-03-02), for when the location closes on it, or on the next one on which it is open, and without " +
			"opening hours for the time of day at which the rental began",
	}
}

type checkoutLine struct {
	ProductID string `json:"productId" maxLength:"128"`
	Quantity  int64  `json:"quantity" minimum:"1" doc:"pieces"`
}

func linesOf(lines []checkoutLine) []shop.CheckoutLine {
	all := make([]shop.CheckoutLine, len(lines))
	for i, l := range lines {
		all[i] = shop.CheckoutLine{ProductID: l.ProductID, Quantity: l.Quantity}
	}
	return all
}

// PaymentOrder is how to pay.
type PaymentOrder struct {
	Method    harang.PaymentMethod `json:"method" enum:"CASH,CARD"`
	CardToken string               `json:"cardToken,omitempty" maxLength:"128" doc:"token of a stored card; required with CARD"`
}

func (o PaymentOrder) order() shop.PaymentOrder {
	return shop.PaymentOrder{Method: o.Method, CardToken: o.CardToken}
}

func (a *API) createRental(
	ctx context.Context, caller harang.Identity, in *checkoutInput,
) (*answerOutput[rentalBody], error) {
	due, err := shop.ParseDueAt(string(in.Body.DueAt))
	if err != nil {
		return nil, err
	}
	create := func(resource string) (rentalBody, error) {
		c := shop.Checkout{
			ID: resource, PartnerID: in.Body.PartnerID, LocationID: in.Body.LocationID, Due: due,
			ExpectedTotal: in.Body.ExpectedTotal,
		}
		c.Lines = linesOf(in.Body.Lines)
		if in.Body.Payment != nil {
			c.Payment = new(in.Body.Payment.order())
		}
		out, err := a.Rentals.Create(ctx, caller, c)
		b := rentalOf(out.Rental)
		if out.Payment != nil {
			b.Payment = rentalPaymentOf(*out.Payment)
		}
		return b, err
	}
	return runIdempotent(ctx, a, caller, "POST /rentals", in.KeyInput, in.Body, http.StatusCreated, create)
}

// RentalFilterInput are the parameters that limit and order a list of rentals, or the file of it.
type RentalFilterInput struct {
	Status     harang.RentalStatus `query:"status" enum:"AWAITING_PAYMENT,OPEN,OVERDUE,RETURNED,CANCELLED"`
	LocationID string              `query:"locationId" maxLength:"128"`
	Owed       bool                `query:"owed" doc:"true: not paid in full, and out or returned; a list then has owedTotal"`
	Out        bool                `query:"out" doc:"true: OPEN or OVERDUE"`
	Search     string              `query:"search" maxLength:"200" doc:"a rental's number (B-2026-000123, or 123 of this year or the last one) or id; else words of the partner or of a product; accents are ignored"`
	DueFrom    string              `query:"dueFrom" maxLength:"40" doc:"due on this day (2026-03-02) or later, or at this RFC 3339 time or later"`
	DueTo      string              `query:"dueTo" maxLength:"40" doc:"due on this day or earlier, or before this time"`
	Sort       harang.RentalSort   `query:"sort" enum:"-createdAt,createdAt,dueAt,-dueAt,overdue" doc:"-createdAt when absent; overdue: what is out, the longest overdue first, then the rest, the newest first"`
}

func (in RentalFilterInput) query() (harang.RentalQuery, error) {
	from, to, err := shop.ParseRange("dueFrom", in.DueFrom, "dueTo", in.DueTo)
	return harang.RentalQuery{
		Status: in.Status, LocationID: in.LocationID, Owed: in.Owed, Out: in.Out, Search: in.Search,
		DueFrom: from, DueTo: to, Sort: in.Sort,
	}, err
}

type rentalListInput struct {
	ListInput
	RentalFilterInput
}

// rentalList is a page of rentals.
type rentalList struct {
	List[rentalBody]
	OwedTotal *int64 `json:"owedTotal,omitempty" doc:"with owed=true: what all such rentals owe, whole forints"`
}

type rentalListOutput struct{ Body rentalList }

func (a *API) listRentals(
	ctx context.Context, caller harang.Identity, in *rentalListInput,
) (*rentalListOutput, error) {
	q, err := in.query()
	if err != nil {
		return nil, err
	}
	q.Cursor, q.Limit = in.Cursor, in.Limit
	page, err := a.Rentals.List(ctx, caller, q)
	if err != nil {
		return nil, err
	}
	out := &rentalListOutput{rentalList{List: listOf(page, rentalOf)}}
	if in.Owed {
		total, err := a.Rentals.Owed(ctx, caller, q)
		if err != nil {
			return nil, err
		}
		out.Body.OwedTotal = &total
	}
	return out, nil
}

type rentalPath struct {
	ID string `path:"id" maxLength:"128"`
}

func (a *API) findRental(ctx context.Context, caller harang.Identity, in *rentalPath) (*rentalOutput, error) {
	rental, payments, err := a.Rentals.Find(ctx, caller, in.ID)
	if err != nil {
		return nil, err
	}
	refunds, err := a.Rentals.Refunds(ctx, caller, in.ID)
	b := rentalAfter(shop.RentalChange{Rental: rental, Refunds: refunds})
	if len(payments) > 0 {
		b.Payment = rentalPaymentOf(payments[len(payments)-1])
	}
	return &rentalOutput{b}, err
}

// rentalAfter is a rental with its refunds.
func rentalAfter(c shop.RentalChange) rentalBody {
	b := rentalOf(c.Rental)
	refunds := make([]refundBody, len(c.Refunds))
	for i, f := range c.Refunds {
		refunds[i] = refundOf(f)
	}
	b.Refunds = &refunds
	return b
}

// RentalChangeInput is what every change of a rental takes.
type RentalChangeInput struct {
	ID     string `path:"id" maxLength:"128"`
	DryRun bool   `query:"dryRun" doc:"true: answer what would be, and change nothing"`
}

type returnInput struct {
	KeyInput
	RentalChangeInput
	Body *returnBody `required:"false"`
}

type returnBody struct {
	Lines  *[]checkoutLine `json:"lines,omitempty" maxItems:"100" doc:"what came back, each product once; absent: everything that is out"`
	Credit bool            `json:"credit,omitempty" doc:"true: the unused days of what came back are taken off the price and what was paid for them is refunded; otherwise the price stays"`
}

func (a *API) returnRental(
	ctx context.Context, caller harang.Identity, in *returnInput,
) (*answerOutput[rentalBody], error) {
	var body returnBody
	if in.Body != nil {
		body = *in.Body
	}
	back := func(try string) (rentalBody, error) {
		p := shop.PieceReturn{ID: try, Credit: body.Credit, DryRun: in.DryRun}
		if body.Lines != nil {
			p.Lines = linesOf(*body.Lines)
		}
		out, err := a.Rentals.ReturnPieces(ctx, caller, in.ID, p)
		return rentalAfter(out), err
	}
	return runChange(ctx, a, caller, "return", in.KeyInput, in.RentalChangeInput, body, back)
}

type cancelInput struct {
	KeyInput
	RentalChangeInput
}

func (a *API) cancelRental(
	ctx context.Context, caller harang.Identity, in *cancelInput,
) (*answerOutput[rentalBody], error) {
	return runChange(ctx, a, caller, "cancel", in.KeyInput, in.RentalChangeInput, nil,
		func(try string) (rentalBody, error) {
			out, err := a.Rentals.CancelRental(ctx, caller, in.ID, shop.Cancellation{ID: try, DryRun: in.DryRun})
			return rentalAfter(out), err
		})
}

type extendInput struct {
	KeyInput
	RentalChangeInput
	Body extendBody
}

type extendBody struct {
	DueAt         dueText `json:"dueAt"`
	ExpectedTotal *int64  `json:"expectedTotal,omitempty" minimum:"0" doc:"the rental's totalValue with the extension, as it was shown; another one is PRICE_CHANGED"`
}

func (a *API) extendRental(
	ctx context.Context, caller harang.Identity, in *extendInput,
) (*answerOutput[rentalBody], error) {
	due, err := shop.ParseDueAt(string(in.Body.DueAt))
	if err != nil {
		return nil, err
	}
	return runChange(ctx, a, caller, "extend", in.KeyInput, in.RentalChangeInput, in.Body,
		func(string) (rentalBody, error) {
			out, err := a.Rentals.Extend(ctx, caller, in.ID,
				shop.Extension{Due: due, ExpectedTotal: in.Body.ExpectedTotal, DryRun: in.DryRun})
			return rentalAfter(out), err
		})
}

// runChange changes a rental once for each Idempotency-Key. A dry run is no request of
// its key.
func runChange(ctx context.Context, a *API, caller harang.Identity, verb string, key KeyInput, in RentalChangeInput,
	body any, change func(try string) (rentalBody, error),
) (*answerOutput[rentalBody], error) {
	if in.DryRun {
		key.IdempotencyKey = ""
	}
	asked := struct {
		ID   string
		Body any
	}{in.ID, body}
	return runIdempotent(ctx, a, caller, "POST /rentals/{id}/"+verb, key, asked, http.StatusOK, change)
}
