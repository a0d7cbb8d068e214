package shop

import (
	"context"
	"time"

	"harang.dev/harang"
)

// revenueDays is how many days the revenue chart shows, today included.
const revenueDays = 14

// Dashboard is the use case of the figures.
type Dashboard struct{ *service }

// Summary returns the figures for the cards and charts; those about money are
// left out for who may not see them. Days are days in Budapest. Revenue is what
// came in and was not given back, on the day it came. The figures are those of
// one place, or of all (""); a payment's place is its rental's.
func (d *Dashboard) Summary(ctx context.Context, who harang.Identity, locationID string) (harang.Summary, error) {
	var s harang.Summary
	if err := who.Can(harang.ActionReadSummary); err != nil {
		return s, err
	}
	now := d.now()
	today, tomorrow := Day(now)
	var err error
	if s.Stock, err = d.store.CountStock(ctx, who.Tenant, locationID); err != nil {
		return s, err
	}
	rentals, err := d.store.CountRentals(ctx, who.Tenant, locationID, now, today, tomorrow)
	if err != nil {
		return s, err
	}
	s.OpenRentals, s.DueToday, s.Overdue = rentals.Out, rentals.DueToday, rentals.Overdue
	if !who.Role.May(harang.ActionReadFigures) {
		return s, nil
	}
	s.Figures, err = d.figures(ctx, who.Tenant, locationID, today)
	return s, err
}

func (d *Dashboard) figures(ctx context.Context, tenant, locationID string, today time.Time) (*harang.Figures, error) {
	y, m, day := today.In(budapest).Date()
	days := make([]time.Time, revenueDays+1) // the first instant of each, and the end of today
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
