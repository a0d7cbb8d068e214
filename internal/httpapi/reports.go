package httpapi

import (
	"context"

	"harang.dev/harang"
	"harang.dev/harang/internal/shop"
)

type revenueInput struct {
	From       string `query:"from" maxLength:"40" doc:"a day (2026-03-02) or an RFC 3339 time; with neither from nor to it is today"`
	To         string `query:"to" maxLength:"40" doc:"the last day, or a time before which"`
	LocationID string `query:"locationId" maxLength:"128"`
}

// revenueBody is the money of a time.
type revenueBody struct {
	From     instant       `json:"from"`
	To       instant       `json:"to" doc:"not included"`
	Currency string        `json:"currency"`
	Lines    []revenueLine `json:"lines" nullable:"false" doc:"by location and method"`
	Total    RevenueSums   `json:"total"`
}

type revenueLine struct {
	LocationID   string               `json:"locationId"`
	LocationName string               `json:"locationName"`
	Method       harang.PaymentMethod `json:"method" enum:"CASH,CARD"`
	RevenueSums
}

// RevenueSums are figures of payments and refunds.
type RevenueSums struct {
	Payments       int64 `json:"payments" doc:"payments received, on the day when they were"`
	ReceivedAmount int64 `json:"receivedAmount" doc:"whole forints"`
	Refunds        int64 `json:"refunds" doc:"refunds given back, on the day when they were"`
	RefundedAmount int64 `json:"refundedAmount" doc:"whole forints"`
	RoundingAmount int64 `json:"roundingAmount" doc:"what cash settled more (positive) or less than was owed"`
	NetAmount      int64 `json:"netAmount" doc:"receivedAmount less refundedAmount: in cash, what the cash drawer gained"`
}

func revenueSumsOf(l harang.RevenueLine) RevenueSums {
	return RevenueSums{l.Payments, l.Received, l.Refunds, l.Refunded, l.Rounding, l.Net()}
}

type revenueOutput struct{ Body revenueBody }

func (a *API) revenue(ctx context.Context, caller harang.Identity, in *revenueInput) (*revenueOutput, error) {
	from, to, err := shop.ParseRange("from", in.From, "to", in.To)
	if err != nil {
		return nil, err
	}
	r, err := a.Dashboard.Revenue(ctx, caller, in.LocationID, from, to)
	if err != nil {
		return nil, err
	}
	b := revenueBody{
		From: instant(r.From), To: instant(r.To), Currency: harang.CurrencyHUF,
		Lines: make([]revenueLine, len(r.Lines)), Total: revenueSumsOf(r.Total()),
	}
	for i, l := range r.Lines {
		b.Lines[i] = revenueLine{l.LocationID, l.LocationName, l.Method, revenueSumsOf(l)}
	}
	return &revenueOutput{b}, nil
}

func (a *API) exportRevenue(ctx context.Context, caller harang.Identity, in *revenueInput) (*exportOutput, error) {
	from, to, err := shop.ParseRange("from", in.From, "to", in.To)
	if err != nil {
		return nil, err
	}
	return a.export(ctx, caller, "revenue", a.Exports.Revenue(caller, in.LocationID, from, to))
}
