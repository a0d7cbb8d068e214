package httpapi

import (
	"context"

	"harang.dev/harang"
)

// summaryBody has the figures of the cards and charts. Figures about money are
// absent for roles that may not see them.
type summaryBody struct {
	OpenRentals int64 `json:"openRentals"`
	DueToday    int64 `json:"dueToday"`
	Overdue     int64 `json:"overdue"`
	Stock       struct {
		Critical int64 `json:"critical"`
		Warning  int64 `json:"warning"`
		OK       int64 `json:"ok"`
	} `json:"stock" doc:"stock items by severity"`
	Currency            string       `json:"currency,omitempty"`
	RevenueToday        *int64       `json:"revenueToday,omitempty"`
	RevenueYesterday    *int64       `json:"revenueYesterday,omitempty"`
	RevenueByDay        *[]dayAmount `json:"revenueByDay,omitempty" doc:"the last 14 days, oldest first"`
	FailedPayments      *int64       `json:"failedPayments,omitempty" doc:"failed payments that still need attention: those of GET /payments/failures"`
	FailedAmount        *int64       `json:"failedAmount,omitempty" doc:"their sum, whole forints"`
	FailedElsewhere     *int64       `json:"failedElsewhere,omitempty" doc:"how many of them other applications reported"`
	FailedPaymentsToday *int64       `json:"failedPaymentsToday,omitempty" doc:"those of them that failed today"`
	FailedAmountToday   *int64       `json:"failedAmountToday,omitempty"`
}

type dayAmount struct {
	Date   string `json:"date" doc:"a day in Budapest, YYYY-MM-DD"`
	Amount int64  `json:"amount" doc:"whole forints"`
}

type summaryOutput struct{ Body summaryBody }

type summaryInput struct {
	LocationID string `query:"locationId" maxLength:"128" doc:"only figures of this location; a payment belongs to the location of its rental, a failed one of an unknown rental to every location"`
}

func (a *API) summary(ctx context.Context, caller harang.Identity, in *summaryInput) (*summaryOutput, error) {
	s, err := a.Dashboard.Summary(ctx, caller, in.LocationID)
	if err != nil {
		return nil, err
	}
	b := summaryBody{OpenRentals: s.OpenRentals, DueToday: s.DueToday, Overdue: s.Overdue}
	b.Stock.Critical, b.Stock.Warning, b.Stock.OK = s.Stock.Critical, s.Stock.Warning, s.Stock.OK
	if f := s.Figures; f != nil {
		days := make([]dayAmount, len(f.RevenueByDay))
		for i, d := range f.RevenueByDay {
			days[i] = dayAmount{d.Date, d.Amount}
		}
		b.Currency = harang.CurrencyHUF
		b.RevenueToday, b.RevenueYesterday, b.RevenueByDay = &f.RevenueToday, &f.RevenueYesterday, &days
		b.FailedPayments, b.FailedAmount, b.FailedElsewhere = &f.FailedPayments, &f.FailedAmount, &f.FailedElsewhere
		b.FailedPaymentsToday, b.FailedAmountToday = &f.FailedPaymentsToday, &f.FailedAmountToday
	}
	return &summaryOutput{b}, nil
}
