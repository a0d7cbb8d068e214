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

// days is how many days back the rentals begin.
const days = 14

// generator creates one tenant's data.
type generator struct {
	options Options
	company company
	people  []harang.Identity // operator, manager, administrator
	random  *rand.Rand
	now     time.Time
	// present are the use cases at the present instant.
	present *shop.UseCases
}

// at returns use cases with a fixed clock, so that what they do happens at that
// instant.
func (g *generator) at(at time.Time) *shop.UseCases {
	o := g.options.UseCases
	o.Clock = func() time.Time { return at }
	o.Store = timedStore{o.Store, at}
	return shop.New(o)
}

// timedStore gives events a fixed commit time.
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

// loadCatalogue creates the catalogue and a full stock.
func (g *generator) loadCatalogue(ctx context.Context) error {
	admin, catalogue := g.people[2], g.at(g.now).Catalogue
	for _, l := range g.company.locations {
		if err := catalogue.PutLocation(ctx, admin, l); err != nil {
			return err
		}
	}
	for _, p := range g.company.partners {
		if _, err := catalogue.ChangePartner(ctx, admin, shop.PartnerChange{
			ID: p.ID, Name: &p.Name, Phone: &p.Phone, Email: &p.Email, Note: &p.Note,
		}); err != nil {
			return err
		}
	}
	for _, p := range g.company.products {
		if err := catalogue.PutProduct(ctx, admin, p); err != nil {
			return err
		}
		for _, l := range g.company.locations {
			warning := 3 + g.random.Int64N(3)
			put := shop.StockPut{
				Quantity:          warning + 6 + g.random.Int64N(12),
				WarningThreshold:  warning,
				CriticalThreshold: warning - 1 - g.random.Int64N(2),
			}
			if p.DailyPrice < 1000 { // rented in large numbers
				put = shop.StockPut{Quantity: 180 + g.random.Int64N(80), WarningThreshold: 60, CriticalThreshold: 30}
			}
			for _, low := range g.company.low {
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

// action is something that was done at an instant.
type action struct {
	at time.Time
	do func(context.Context, *shop.UseCases) error
}

// simulate performs the checkouts, payments and returns of two weeks in the order
// of their time.
func (g *generator) simulate(ctx context.Context) error {
	var actions []action
	today, _ := shop.Day(g.now)
	for back := days - 1; back >= 0; back-- {
		morning := today.AddDate(0, 0, -back).Add(7*time.Hour + 30*time.Minute)
		for range 3 + g.random.IntN(3) {
			at := morning.Add(time.Duration(g.random.IntN(9*60)) * time.Minute)
			if back == 0 {
				// Whatever the hour is, there are rentals of today.
				at = g.now.Add(-time.Duration(5+g.random.IntN(110)) * time.Minute)
			}
			actions = append(actions, g.checkout(at, back, g.random.IntN(12))...)
		}
	}
	// Two cards were declined today: one customer paid in cash then, the other
	// rental is still unpaid.
	actions = append(actions, g.checkout(g.now.Add(-75*time.Minute), 0, declined)...)
	actions = append(actions, g.checkout(g.now.Add(-4*time.Minute), 0, declined)...)
	// Two rentals are overdue.
	actions = append(actions, g.checkout(today.AddDate(0, 0, -6).Add(9*time.Hour+10*time.Minute), 0, 0)...)
	actions = append(actions, g.checkout(today.AddDate(0, 0, -5).Add(15*time.Hour+40*time.Minute), 0, 5)...)
	actions = append(actions, g.shortages()...)
	// Two are due this afternoon.
	actions = append(actions, g.checkoutFor(2, today.AddDate(0, 0, -2).Add(16*time.Hour+30*time.Minute), 0, 5)...)
	actions = append(actions, g.checkoutFor(3, today.AddDate(0, 0, -3).Add(17*time.Hour), 0, 0)...)
	actions = slices.DeleteFunc(actions, func(d action) bool { return d.at.After(g.now) })
	slices.SortStableFunc(actions, func(a, b action) int { return a.at.Compare(b.at) })
	for _, d := range actions {
		if err := d.do(ctx, g.at(d.at)); err != nil {
			return err
		}
	}
	return nil
}

// declined is one of the twelve ways to pay a rental: 0–4 in cash, 5–9 by card, 10
// by a card that is declined and then in cash, 11 in cash after the checkout.
const declined = 10

// checkout returns the actions of a rental of one to four days.
func (g *generator) checkout(at time.Time, back, payment int) []action {
	return g.checkoutFor(1+g.random.IntN(4), at, back, payment)
}

// checkoutFor returns the actions of one rental: created at an instant for some days,
// paid in one of twelve ways, and returned when it is due, unless that is in the
// future. With back 0 it is never returned.
func (g *generator) checkoutFor(length int, at time.Time, back, payment int) []action {
	clerk := g.people[0]
	due := at.Add(time.Duration(length) * 24 * time.Hour)
	c := shop.Checkout{
		ID:         g.options.UseCases.NewID(),
		PartnerID:  g.company.partners[g.random.IntN(len(g.company.partners))].ID,
		LocationID: g.company.locations[g.random.IntN(len(g.company.locations))].ID,
		Due:        shop.DueAt{Time: due},
	}
	for _, i := range g.random.Perm(len(g.company.products))[:1+g.random.IntN(3)] {
		p := g.company.products[i]
		quantity := int64(1)
		if p.DailyPrice < 1000 {
			quantity = 10 + g.random.Int64N(20)
		} else if g.random.IntN(5) == 0 {
			quantity = 2
		}
		c.Lines = append(c.Lines, shop.CheckoutLine{ProductID: p.ID, Quantity: quantity})
	}
	switch {
	case payment < 5:
		c.Payment = &shop.PaymentOrder{Method: harang.PaymentCash}
	case payment < declined:
		c.Payment = &shop.PaymentOrder{Method: harang.PaymentCard, CardToken: "tok_ok"}
	case payment == declined:
		tokens := []string{"tok_insufficient_funds", "tok_do_not_honour", "tok_expired_card"}
		c.Payment = &shop.PaymentOrder{Method: harang.PaymentCard, CardToken: tokens[g.random.IntN(len(tokens))]}
	}
	actions := []action{{at, func(ctx context.Context, u *shop.UseCases) error {
		_, err := u.Rentals.Create(ctx, clerk, c)
		return err
	}}}
	if payment >= declined { // paid in cash a little later
		actions = append(actions, action{at.Add(6 * time.Minute), func(ctx context.Context, u *shop.UseCases) error {
			return payRest(ctx, u, clerk, c.ID)
		}})
	}
	// One in nine is returned late.
	returned := due.Add(-time.Duration(g.random.IntN(120)) * time.Minute)
	if g.random.IntN(9) == 0 {
		returned = due.Add(26 * time.Hour)
	}
	if back > 0 && returned.Before(g.now) {
		actions = append(actions, action{returned, func(ctx context.Context, u *shop.UseCases) error {
			_, err := u.Rentals.Return(ctx, clerk, c.ID)
			return err
		}})
	}
	return actions
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

// claimFirst claims the first alert for the manager.
func (g *generator) claimFirst(ctx context.Context) error {
	page, err := g.present.Inventory.Alerts(ctx, g.people[1], "", 1)
	if err != nil || len(page.Items) == 0 || page.Items[0].EventID == "" {
		return err
	}
	_, err = g.present.Notifications.Claim(ctx, g.people[1], page.Items[0].EventID)
	return err
}

// markRead marks as read what is older than two hours, for everybody.
func (g *generator) markRead(ctx context.Context) error {
	for _, caller := range g.people {
		notices := g.present.Notifications
		page, _, err := notices.List(ctx, caller, harang.NotificationQuery{Limit: harang.MaxPageLimit})
		if err != nil {
			return err
		}
		for _, n := range page.Items { // newest first
			if g.now.Sub(n.Event.Time) < 2*time.Hour {
				continue
			}
			if _, err := notices.MarkRead(ctx, caller, shop.ReadRequest{UpTo: n.Event.ID}); err != nil {
				return err
			}
			break
		}
	}
	return nil
}

// shortages returns actions that take pieces of a few items until there is an
// alert, the last one a few minutes ago.
func (g *generator) shortages() []action {
	var actions []action
	for i, low := range g.company.low {
		at := g.now.Add(-time.Duration(9*(len(g.company.low)-i)) * time.Minute)
		actions = append(actions, action{at, func(ctx context.Context, u *shop.UseCases) error {
			return g.takeUntil(ctx, u.Inventory, low)
		}})
	}
	return actions
}

func (g *generator) takeUntil(ctx context.Context, inventory *shop.Inventory, low shortage) error {
	page, err := inventory.Stock(ctx, g.people[0],
		harang.StockQuery{Search: low.product, LocationID: low.location, Limit: 50})
	if err != nil {
		return err
	}
	for _, item := range page.Items {
		taken := item.Level.Quantity - low.quantity
		if item.ProductID != low.product || taken <= 0 {
			continue
		}
		_, err := inventory.Adjust(ctx, g.people[0], shop.Adjustment{
			ProductID: low.product, LocationID: low.location, Delta: -taken,
			Reason: "leltár: " + strconv.FormatInt(taken, 10) + " db szervizben",
		})
		return err
	}
	return nil
}
