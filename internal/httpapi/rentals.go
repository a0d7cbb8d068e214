package httpapi

import (
	"context"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/shop"
)

// lineBody is one product of a rental.
type lineBody struct {
	ProductID   string `json:"productId"`
	ProductName string `json:"productName"`
	Quantity    int64  `json:"quantity" doc:"pieces"`
	DailyPrice  int64  `json:"dailyPrice" doc:"whole forints for a piece and day, as of the checkout"`
}

// rentalBody is a rental.
type rentalBody struct {
	ID             string              `json:"id"`
	PartnerID      string              `json:"partnerId"`
	PartnerName    string              `json:"partnerName"`
	LocationID     string              `json:"locationId"`
	LocationName   string              `json:"locationName"`
	EquipmentCount int64               `json:"equipmentCount" doc:"the sum of the quantities"`
	TotalValue     int64               `json:"totalValue" doc:"daily prices times the begun days until dueAt, whole forints"`
	PaidAmount     int64               `json:"paidAmount" doc:"whole forints that came in"`
	Currency       string              `json:"currency"`
	Status         harang.RentalStatus `json:"status" enum:"AWAITING_PAYMENT,OPEN,OVERDUE,RETURNED,CANCELLED"`
	Lines          []lineBody          `json:"lines" nullable:"false"`
	CreatedBy      personBody          `json:"createdBy"`
	CreatedAt      instant             `json:"createdAt"`
	DueAt          instant             `json:"dueAt"`
	ClosedAt       orNull[instant]     `json:"closedAt" doc:"when the pieces came back"`
	Payment        *rentalPayment      `json:"payment,omitempty" doc:"the payment that was asked with the checkout; in the detail of a rental the latest one"`
}

// rentalPayment is what a rental tells of a payment.
type rentalPayment struct {
	TransactionID string               `json:"transactionId"`
	Amount        int64                `json:"amount"`
	Method        harang.PaymentMethod `json:"method" enum:"CASH,CARD"`
	Status        harang.PaymentStatus `json:"status" enum:"PENDING,DECLINED,SUCCEEDED,REVERSED"`
	PaymentTrouble
}

// PaymentTrouble is what went wrong with a payment; its members are absent when
// nothing did.
type PaymentTrouble struct {
	ErrorCode    string `json:"errorCode,omitempty" doc:"with its table: sandbox:timeout, ipc:13, iso:51"`
	ErrorMessage string `json:"errorMessage,omitempty" doc:"a Hungarian sentence for people"`
	NextStep     string `json:"nextStep,omitempty" doc:"what the clerk should do now, in Hungarian"`
	Retry        *bool  `json:"retry,omitempty" doc:"whether the same card may be tried again"`
}

func troubleOf(p harang.Payment) PaymentTrouble {
	if p.ErrorCode == "" {
		return PaymentTrouble{}
	}
	advice := p.Advice(harang.Hungarian)
	return PaymentTrouble{ErrorCode: p.ErrorCode, ErrorMessage: p.ErrorMessage, NextStep: advice.NextStep, Retry: &advice.Retry}
}

func rentalPaymentOf(p harang.Payment) *rentalPayment {
	return &rentalPayment{TransactionID: p.ID, Amount: p.Amount, Method: p.Method, Status: p.Status, PaymentTrouble: troubleOf(p)}
}

func rentalOf(r harang.Rental) rentalBody {
	b := rentalBody{
		ID: r.ID, PartnerID: r.PartnerID, PartnerName: r.PartnerName, LocationID: r.LocationID, LocationName: r.LocationName,
		EquipmentCount: r.EquipmentCount, TotalValue: r.TotalValue, PaidAmount: r.Paid, Currency: harang.CurrencyHUF, Status: r.Status,
		Lines: make([]lineBody, len(r.Lines)), CreatedBy: personBody{r.By.ID, r.By.Name},
		CreatedAt: instant(r.Created), DueAt: instant(r.Due), ClosedAt: maybe(r.Closed),
	}
	for i, l := range r.Lines {
		b.Lines[i] = lineBody{l.ProductID, l.ProductName, l.Quantity, l.DailyPrice}
	}
	return b
}

type rentalOutput struct{ Body rentalBody }

type checkoutInput struct {
	KeyInput
	Body checkoutBody
}

type checkoutBody struct {
	PartnerID  string         `json:"partnerId" maxLength:"128"`
	LocationID string         `json:"locationId" maxLength:"128"`
	DueAt      time.Time      `json:"dueAt" doc:"when the pieces come back; in the future"`
	Lines      []checkoutLine `json:"lines" minItems:"1" maxItems:"100" nullable:"false" doc:"different products"`
	Payment    *PaymentOrder  `json:"payment,omitempty" doc:"absent: the rental opens and is paid later"`
}

type checkoutLine struct {
	ProductID string `json:"productId" maxLength:"128"`
	Quantity  int64  `json:"quantity" minimum:"1" doc:"pieces"`
}

type PaymentOrder struct {
	Method    harang.PaymentMethod `json:"method" enum:"CASH,CARD"`
	CardToken string               `json:"cardToken,omitempty" maxLength:"128" doc:"a stored card, with CARD"`
}

func (o PaymentOrder) order() shop.PaymentOrder {
	return shop.PaymentOrder{Method: o.Method, CardToken: o.CardToken}
}

func (a *API) createRental(ctx context.Context, id harang.Identity, in *checkoutInput) (*answerOutput[rentalBody], error) {
	return repeatable(ctx, a, id, "POST /rentals", in.KeyInput, in.Body, func(resource string) (rentalBody, error) {
		c := shop.Checkout{ID: resource, PartnerID: in.Body.PartnerID, LocationID: in.Body.LocationID, Due: in.Body.DueAt}
		for _, l := range in.Body.Lines {
			c.Lines = append(c.Lines, shop.CheckoutLine{ProductID: l.ProductID, Quantity: l.Quantity})
		}
		if in.Body.Payment != nil {
			c.Payment = new(in.Body.Payment.order())
		}
		out, err := a.Rentals.Create(ctx, id, c)
		b := rentalOf(out.Rental)
		if out.Payment != nil {
			b.Payment = rentalPaymentOf(*out.Payment)
		}
		return b, err
	})
}

type rentalListInput struct {
	ListInput
	Status     harang.RentalStatus `query:"status" enum:"AWAITING_PAYMENT,OPEN,OVERDUE,RETURNED,CANCELLED"`
	LocationID string              `query:"locationId" maxLength:"128"`
}

func (a *API) listRentals(ctx context.Context, id harang.Identity, in *rentalListInput) (*listOutput[rentalBody], error) {
	page, err := a.Rentals.List(ctx, id, harang.RentalQuery{Status: in.Status, LocationID: in.LocationID, Cursor: in.Cursor, Limit: in.Limit})
	return &listOutput[rentalBody]{listOf(page, rentalOf)}, err
}

type rentalPath struct {
	ID string `path:"id" maxLength:"128"`
}

func (a *API) findRental(ctx context.Context, id harang.Identity, in *rentalPath) (*rentalOutput, error) {
	rental, payments, err := a.Rentals.Find(ctx, id, in.ID)
	b := rentalOf(rental)
	if len(payments) > 0 {
		b.Payment = rentalPaymentOf(payments[len(payments)-1])
	}
	return &rentalOutput{b}, err
}

func (a *API) returnRental(ctx context.Context, id harang.Identity, in *rentalPath) (*rentalOutput, error) {
	rental, err := a.Rentals.Return(ctx, id, in.ID)
	return &rentalOutput{rentalOf(rental)}, err
}

func (a *API) cancelRental(ctx context.Context, id harang.Identity, in *rentalPath) (*rentalOutput, error) {
	rental, err := a.Rentals.Cancel(ctx, id, in.ID)
	return &rentalOutput{rentalOf(rental)}, err
}
