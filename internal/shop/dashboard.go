package shop

import (
	"context"
	"time"

	"harang.dev/harang"
)

// revenueDays is how many days the revenue chart shows, today included.
const revenueDays = 14

// Dashboard is the use case of the figures on the dashboard.
type Dashboard struct {
	*service
	payments *Payments
}

// Summary returns the figures for the cards and charts; those about money are
// nil for callers that may not see them. Days are days in Budapest. Revenue is
// the money received and not refunded, on the day it was received; failed payments are
// those that Payments.Failures lists. The figures
// are those of one location, or of all (""); a payment's location is its
// rental's, and failed payments that are unknown here are in those of every location.
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
	if s.Figures, err = d.figures(ctx, caller.Tenant, locationID, today); err != nil {
		return s, err
	}
	failures, err := d.payments.Failures(ctx, caller, locationID)
	for _, f := range failures {
		s.Figures.FailedPayments++
		s.Figures.FailedAmount += f.Amount
		if f.RentalID == "" {
			s.Figures.FailedElsewhere++
		}
		if !f.At.Before(today) {
			s.Figures.FailedPaymentsToday++
			s.Figures.FailedAmountToday += f.Amount
		}
	}
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
	}
	for i, sum := range sums.Days {
		f.RevenueByDay = append(f.RevenueByDay, harang.DayAmount{Date: days[i].Format(time.DateOnly), Amount: sum})
	}
	return f, nil
}

// Revenue returns the money of a time, of one location or of all (""): zero instants are
// the first instant of today and the end of today, or of the day of the other bound when
// that is not today. A payment counts when it was received, a refund when it was given
// back, so the net sum of cash is what the cash drawer gained.
func (d *Dashboard) Revenue(
	ctx context.Context, caller harang.Identity, locationID string, from, to time.Time,
) (harang.Revenue, error) {
	if err := caller.Can(harang.ActionReadFigures); err != nil {
		return harang.Revenue{}, err
	}
	today, tomorrow := Day(d.now())
	if from.IsZero() {
		from = today
		if !to.IsZero() && to.Before(from) {
			from, _ = Day(to.Add(-time.Millisecond))
		}
	}
	if to.IsZero() {
		to = tomorrow
		if !from.Before(to) {
			_, to = Day(from)
		}
	}
	return d.store.SumRevenue(ctx, caller.Tenant, locationID, from, to)
}
