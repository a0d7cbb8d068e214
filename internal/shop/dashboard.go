package shop

import (
	"context"
	"time"

	"harang.dev/harang"
)

// revenueDays is how many days the revenue chart shows, today included.
const revenueDays = 14

// Dashboard is the use case of the figures on the dashboard.
type Dashboard struct{ *service }

// Summary returns the figures for the cards and charts; those about money are
// nil for callers that may not see them. Days are days in Budapest. Revenue is
// the money received and not refunded, on the day it was received. The figures
// are those of one location, or of all (""); a payment's location is its
// rental's.
func (d *Dashboard) Summary(ctx context.Context, caller harang.Identity, locationID string) (harang.Summary, error) {
	var s harang.Summary
	if err := caller.Can(harang.ActionReadSummary); err != nil {
		return s, err
	}
	now := d.now()
	today, tomorrow := Day(now)
	var err error
	if s.Stock, err = d.store.CountStock(ctx, caller.Tenant, locationID); err != nil {
		return s, err
	}
	rentals, err := d.store.CountRentals(ctx, caller.Tenant, locationID, now, today, tomorrow)
	if err != nil {
		return s, err
	}
	s.OpenRentals, s.DueToday, s.Overdue = rentals.Out, rentals.DueToday, rentals.Overdue
	if !caller.Role.May(harang.ActionReadFigures) {
		return s, nil
	}
	s.Figures, err = d.figures(ctx, caller.Tenant, locationID, today)
	return s, err
}

func (d *Dashboard) figures(ctx context.Context, tenant, locationID string, today time.Time) (*harang.Figures, error) {
	y, m, day := today.In(budapest).Date()
	days := make([]time.Time, revenueDays+1) // the first instant of each day, and the end of today
	for i := range days {
		days[i] = time.Date(y, m, day-revenueDays+1+i, 0, 0, 0, 0, budapest)
	}
	sums, err := d.store.SumPayments(ctx, tenant, locationID, days)
	if err != nil {
		return nil, err
	}
	f := &harang.Figures{
		RevenueToday: sums.Days[revenueDays-1], RevenueYesterday: sums.Days[revenueDays-2],
		FailedPaymentsToday: sums.Failed, FailedAmountToday: sums.FailedAmount,
	}
	for i, sum := range sums.Days {
		f.RevenueByDay = append(f.RevenueByDay, harang.DayAmount{Date: days[i].Format(time.DateOnly), Amount: sum})
	}
	return f, nil
}
