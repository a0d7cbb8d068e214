package shop

import (
	"context"
	"time"

	"harang.dev/harang"
)

// maxCounterItems is how many items of each list a display gets: more than a screen has lines.
const maxCounterItems = 50

// Counter is the use case of the screen on a shop's wall.
type Counter struct{ *service }

// CounterView is what the screen shows. Each list has at most maxCounterItems, each count is that of all.
type CounterView struct {
	At time.Time
	// Location is the one that is shown; the zero Location for all.
	Location harang.Location
	// Shortages are the stock items that are not OK, the newest first.
	Shortages     []harang.StockShortage
	ShortageCount int64
	// Today are the rentals that are out and due today, in the order of their due instants. Late are those that were
	// due on an earlier day, the latest first.
	Today, Late           []harang.Rental
	TodayCount, LateCount int64
}

// Find returns what the caller's screen shows: what is at the location of a display, else everything. Codes:
// FORBIDDEN, UNAVAILABLE.
func (c *Counter) Find(ctx context.Context, caller harang.Identity) (CounterView, error) {
	v := CounterView{At: c.now()}
	if err := caller.Can(harang.ActionReadCounter); err != nil {
		return v, err
	}
	if err := caller.CheckVerified(); err != nil { // the location of a display may be unknown
		return v, err
	}
	var err error
	at := caller.LocationID
	if at != "" {
		if v.Location, err = c.store.FindLocation(ctx, caller.Tenant, at); err != nil {
			return v, err
		}
	}
	today, tomorrow := Day(v.At)
	if v.Shortages, err = c.store.FindNewestShortages(ctx, caller.Tenant, at, maxCounterItems); err != nil {
		return v, err
	}
	stock, err := c.store.CountStock(ctx, caller.Tenant, at)
	if err != nil {
		return v, err
	}
	v.ShortageCount = stock.Critical + stock.Warning
	due, err := c.store.FindRentals(ctx, caller.Tenant, harang.RentalQuery{Out: true, LocationID: at, DueFrom: today,
		DueTo: tomorrow, Sort: harang.RentalsDueFirst, Limit: maxCounterItems})
	if err != nil {
		return v, err
	}
	late, err := c.store.FindRentals(ctx, caller.Tenant, harang.RentalQuery{Out: true, LocationID: at, DueTo: today,
		Sort: harang.RentalsDueLastFirst, Limit: maxCounterItems})
	if err != nil {
		return v, err
	}
	// Rentals that are due before today are overdue at its first instant.
	counts, err := c.store.CountRentals(ctx, caller.Tenant, at, today.Add(-time.Millisecond), today, tomorrow)
	v.Today, v.Late, v.TodayCount, v.LateCount = due.Items, late.Items, counts.DueToday, counts.Overdue
	return v, err
}
