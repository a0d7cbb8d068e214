package demo

import (
	"context"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/shop"
)

// days is how far back the rentals go.
const days = 14

// maker creates one tenant's data.
type maker struct {
	options Options
	company company
	people  []harang.Identity // operator, manager, administrator
	random  *rand.Rand
	now     time.Time
	// present are the use cases at the present instant.
	present *shop.UseCases
}

// at are use cases whose clock stands still, so that what is done with them was
// done then.
func (m *maker) at(at time.Time) *shop.UseCases {
	o := m.options.UseCases
	o.Clock = func() time.Time { return at }
	o.Store = timedStore{o.Store, at}
	return shop.New(o)
}

// timedStore gives events the time at which they would have been committed.
type timedStore struct {
	shop.Store
	at time.Time
}

func (s timedStore) Within(ctx context.Context, fn func(shop.Tx) error) error {
	return s.Store.Within(ctx, func(tx shop.Tx) error { return fn(timedTx{tx, s.at}) })
}

type timedTx struct {
	shop.Tx
	at time.Time
}

func (tx timedTx) Append(events ...harang.Event) {
	for i := range events {
		events[i].Time = tx.at
	}
	tx.Tx.Append(events...)
}

// load puts the catalogue and a full stock.
func (m *maker) load(ctx context.Context) error {
	admin, catalogue := m.people[2], m.at(m.now).Catalogue
	for _, l := range m.company.locations {
		if err := catalogue.PutLocation(ctx, admin, l); err != nil {
			return err
		}
	}
	for _, p := range m.company.partners {
		if err := catalogue.PutPartner(ctx, admin, p); err != nil {
			return err
		}
	}
	for _, p := range m.company.products {
		if err := catalogue.PutProduct(ctx, admin, p); err != nil {
			return err
		}
		for _, l := range m.company.locations {
			warning := 3 + m.random.Int64N(3)
			put := shop.StockPut{Quantity: warning + 6 + m.random.Int64N(12), WarningThreshold: warning, CriticalThreshold: warning - 1 - m.random.Int64N(2)}
			if p.DailyPrice < 1000 { // sold by the dozen
				put = shop.StockPut{Quantity: 180 + m.random.Int64N(80), WarningThreshold: 60, CriticalThreshold: 30}
			}
			for _, low := range m.company.low {
				if low.product == p.ID && low.location == l.ID {
					put.WarningThreshold, put.CriticalThreshold = low.warning, low.critical
				}
			}
			if _, err := catalogue.PutStock(ctx, admin, p.ID, l.ID, put); err != nil {
				return err
			}
		}
	}
	return nil
}

// deed is something that was done at a time.
type deed struct {
	at time.Time
	do func(context.Context, *shop.UseCases) error
}

// live lets two weeks pass: checkouts, payments and returns in the order in
// which they happened.
func (m *maker) live(ctx context.Context) error {
	var deeds []deed
	today, _ := shop.Day(m.now)
	for back := days - 1; back >= 0; back-- {
		morning := today.AddDate(0, 0, -back).Add(7*time.Hour + 30*time.Minute)
		for range 3 + m.random.IntN(3) {
			at := morning.Add(time.Duration(m.random.IntN(9*60)) * time.Minute)
			if back == 0 {
				// Whatever the hour is, something has happened today.
				at = m.now.Add(-time.Duration(5+m.random.IntN(110)) * time.Minute)
			}
			deeds = append(deeds, m.checkout(at, back, m.random.IntN(12))...)
		}
	}
	// Two cards were declined today: one customer paid in cash then, the other
	// one is still looking for another card.
	deeds = append(deeds, m.checkout(m.now.Add(-75*time.Minute), 0, declined)...)
	deeds = append(deeds, m.checkout(m.now.Add(-4*time.Minute), 0, declined)...)
	// Two rentals should have come back by now.
	deeds = append(deeds, m.checkout(today.AddDate(0, 0, -6).Add(9*time.Hour+10*time.Minute), 0, 0)...)
	deeds = append(deeds, m.checkout(today.AddDate(0, 0, -5).Add(15*time.Hour+40*time.Minute), 0, 5)...)
	deeds = append(deeds, m.shortages()...)
	deeds = slices.DeleteFunc(deeds, func(d deed) bool { return d.at.After(m.now) })
	slices.SortStableFunc(deeds, func(a, b deed) int { return a.at.Compare(b.at) })
	for _, d := range deeds {
		if err := d.do(ctx, m.at(d.at)); err != nil {
			return err
		}
	}
	return nil
}

// How a rental is paid, of twelve: 0–4 in cash, 5–9 by card, declined first and
// then in cash, or in cash on leaving.
const declined = 10

// checkout is one rental: made at a time, paid one way or another, and brought
// back when it is due, unless it is still out; with back 0 it always is.
func (m *maker) checkout(at time.Time, back, how int) []deed {
	clerk := m.people[0]
	length := 1 + m.random.IntN(4)
	due := at.Add(time.Duration(length) * 24 * time.Hour)
	c := shop.Checkout{
		ID:         m.options.UseCases.NewID(),
		PartnerID:  m.company.partners[m.random.IntN(len(m.company.partners))].ID,
		LocationID: m.company.locations[m.random.IntN(len(m.company.locations))].ID,
		Due:        due,
	}
	for _, i := range m.random.Perm(len(m.company.products))[:1+m.random.IntN(3)] {
		p := m.company.products[i]
		quantity := int64(1)
		if p.DailyPrice < 1000 {
			quantity = 10 + m.random.Int64N(20)
		} else if m.random.IntN(5) == 0 {
			quantity = 2
		}
		c.Lines = append(c.Lines, shop.CheckoutLine{ProductID: p.ID, Quantity: quantity})
	}
	switch {
	case how < 5:
		c.Payment = &shop.PaymentOrder{Method: harang.PaymentCash}
	case how < declined:
		c.Payment = &shop.PaymentOrder{Method: harang.PaymentCard, CardToken: "tok_ok"}
	case how == declined:
		tokens := []string{"tok_insufficient_funds", "tok_do_not_honour", "tok_expired_card"}
		c.Payment = &shop.PaymentOrder{Method: harang.PaymentCard, CardToken: tokens[m.random.IntN(len(tokens))]}
	}
	deeds := []deed{{at, func(ctx context.Context, u *shop.UseCases) error {
		_, err := u.Rentals.Create(ctx, clerk, c)
		return err
	}}}
	if how >= declined { // declined, or to be paid on leaving: paid a little later
		deeds = append(deeds, deed{at.Add(6 * time.Minute), func(ctx context.Context, u *shop.UseCases) error {
			return payRest(ctx, u, clerk, c.ID)
		}})
	}
	// One in nine comes back late, and what is due this evening is still out.
	returned := due.Add(-time.Duration(m.random.IntN(120)) * time.Minute)
	if m.random.IntN(9) == 0 {
		returned = due.Add(26 * time.Hour)
	}
	if back > 0 && returned.Before(m.now) {
		deeds = append(deeds, deed{returned, func(ctx context.Context, u *shop.UseCases) error {
			_, err := u.Rentals.Return(ctx, clerk, c.ID)
			return err
		}})
	}
	return deeds
}

// payRest pays in cash what is owed.
func payRest(ctx context.Context, u *shop.UseCases, clerk harang.Identity, rentalID string) error {
	r, _, err := u.Rentals.Find(ctx, clerk, rentalID)
	if err != nil || r.Owed() == 0 {
		return err
	}
	_, err = u.Payments.Pay(ctx, clerk, shop.NewPayment{
		RentalID: rentalID, Amount: r.Owed(), PaymentOrder: shop.PaymentOrder{Method: harang.PaymentCash},
	})
	return err
}

// claim lets the manager deal with the first alert.
func (m *maker) claim(ctx context.Context) error {
	page, err := m.present.Inventory.Alerts(ctx, m.people[1], "", 1)
	if err != nil || len(page.Items) == 0 || page.Items[0].EventID == "" {
		return err
	}
	_, err = m.present.Notifications.Claim(ctx, m.people[1], page.Items[0].EventID)
	return err
}

// read lets everybody have read what is older than two hours.
func (m *maker) read(ctx context.Context) error {
	for _, who := range m.people {
		notices := m.present.Notifications
		page, _, err := notices.List(ctx, who, harang.NotificationQuery{Limit: harang.MaxPageLimit})
		if err != nil {
			return err
		}
		for _, n := range page.Items { // newest first
			if m.now.Sub(n.Event.Time) < 2*time.Hour {
				continue
			}
			if _, err := notices.MarkRead(ctx, who, shop.ReadRequest{UpTo: n.Event.ID}); err != nil {
				return err
			}
			break
		}
	}
	return nil
}

// shortages are deeds that take pieces of a few items until people hear of it,
// the last one a few minutes ago.
func (m *maker) shortages() []deed {
	var deeds []deed
	for i, low := range m.company.low {
		at := m.now.Add(-time.Duration(9*(len(m.company.low)-i)) * time.Minute)
		deeds = append(deeds, deed{at, func(ctx context.Context, u *shop.UseCases) error {
			return m.takeUntil(ctx, u.Inventory, low)
		}})
	}
	return deeds
}

func (m *maker) takeUntil(ctx context.Context, inventory *shop.Inventory, low shortage) error {
	page, err := inventory.Stock(ctx, m.people[0], harang.StockQuery{Search: low.product, LocationID: low.location, Limit: 50})
	if err != nil {
		return err
	}
	for _, item := range page.Items {
		taken := item.Level.Quantity - low.quantity
		if item.ProductID != low.product || taken <= 0 {
			continue
		}
		_, err := inventory.Adjust(ctx, m.people[0], shop.Adjustment{
			ProductID: low.product, LocationID: low.location, Delta: -taken,
			Reason: "leltár: " + strconv.FormatInt(taken, 10) + " db szervizben",
		})
		return err
	}
	return nil
}
