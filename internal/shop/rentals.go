package shop

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"harang.dev/harang"
)

// The reasons of movements that rentals make.
const (
	reasonCheckout = "checkout"
	reasonReturn   = "return"
	reasonCancel   = "cancel"
	reasonExpiry   = "expiry"
)

// Rentals is the use cases of rentals.
type Rentals struct {
	*service
	payments *Payments
}

// Checkout asks for a rental.
type Checkout struct {
	// ID is the rental's id to be used; "" for a new one. When a rental with
	// this id is there already, it is told and nothing is made.
	ID         string
	PartnerID  string
	LocationID string
	// Due is when the pieces come back: after now, within two years.
	Due time.Time
	// Lines are 1 to 100 different products.
	Lines []CheckoutLine
	// Payment is nil when the rental is paid later.
	Payment *PaymentOrder
}

// CheckoutLine is a product and how many pieces of it.
type CheckoutLine struct {
	ProductID string
	Quantity  int64
}

func (c Checkout) check(now time.Time) []harang.FieldError {
	var wrong []harang.FieldError
	text := func(field, value string) {
		if detail := harang.CheckText(value, harang.MaxIDRunes); detail != "" {
			wrong = append(wrong, harang.FieldError{Field: field, Detail: detail})
		}
	}
	text("partnerId", c.PartnerID)
	text("locationId", c.LocationID)
	switch {
	case !c.Due.After(now):
		wrong = append(wrong, harang.FieldError{Field: "dueAt", Detail: "must be in the future"})
	case c.Due.Sub(now) > harang.MaxRentalDuration:
		wrong = append(wrong, harang.FieldError{Field: "dueAt", Detail: "must be within two years"})
	}
	if len(c.Lines) < 1 || len(c.Lines) > harang.MaxRentalLines {
		wrong = append(wrong, harang.FieldError{Field: "lines", Detail: fmt.Sprintf("must be from 1 to %d", harang.MaxRentalLines)})
		return wrong
	}
	seen := map[string]bool{}
	for i, l := range c.Lines {
		text(fmt.Sprintf("lines.%d.productId", i), l.ProductID)
		if seen[l.ProductID] {
			wrong = append(wrong, harang.FieldError{Field: fmt.Sprintf("lines.%d.productId", i), Detail: "is in another line already"})
		}
		seen[l.ProductID] = true
		if l.Quantity < 1 || l.Quantity > harang.MaxQuantity {
			wrong = append(wrong, harang.FieldError{Field: fmt.Sprintf("lines.%d.quantity", i), Detail: "must be a whole positive number of pieces"})
		}
	}
	if c.Payment != nil {
		wrong = append(wrong, c.Payment.check("payment.")...)
	}
	return wrong
}

// CheckoutResult is a rental that was made, and the payment that was asked with it;
// nil when none was.
type CheckoutResult struct {
	Rental  harang.Rental
	Payment *harang.Payment
}

// Create makes a rental (the checkout): its pieces are taken, and stock alerts
// rung, in one transaction. Without a payment, and with cash, it is OPEN and
// rental_created rings in the same transaction. With a card it waits as
// AWAITING_PAYMENT while the card is charged; a decline or a timeout leaves it
// so, which is no error: the payment tells.
//
// NOT_FOUND for an unknown partner, location or product; INSUFFICIENT_STOCK
// with "line", the place of the line from 0, and "available"; INVALID_REQUEST
// naming the field.
func (v *Rentals) Create(ctx context.Context, who harang.Identity, c Checkout) (CheckoutResult, error) {
	var out CheckoutResult
	if err := who.Can(harang.ActionWriteRentals); err != nil {
		return out, err
	}
	if c.Payment != nil {
		if err := who.Can(harang.ActionPay); err != nil {
			return out, err
		}
	}
	now := v.now()
	c.Due = c.Due.UTC().Truncate(time.Millisecond)
	if c.ID != "" {
		// First of all: what was right when it was made may not be so any more.
		if out, found, err := v.resume(ctx, who.Tenant, c.ID); err != nil || found {
			return out, err
		}
	} else {
		c.ID = v.newID()
	}
	if wrong := c.check(now); len(wrong) > 0 {
		return out, harang.Invalid(wrong...)
	}
	var pay *harang.Payment
	var provider Provider
	if c.Payment != nil {
		p, by, err := v.payments.prepare(ctx, who.Tenant, v.newID(), 0, *c.Payment)
		if err != nil {
			return out, err
		}
		pay, provider = &p, by
	}
	err := v.store.Within(ctx, func(tx Tx) error {
		var err error
		out, err = v.checkOut(ctx, tx, who, c, pay, now)
		return err
	})
	if err != nil || out.Payment == nil || provider == nil {
		return out, err
	}
	concluded, err := v.payments.conclude(ctx, *out.Payment, provider)
	if err != nil && !told(err) {
		return out, err
	}
	out.Payment = &concluded
	out.Rental, err = v.store.FindRental(context.WithoutCancel(ctx), who.Tenant, c.ID)
	return out, err
}

// told reports whether an error is an outcome of a payment.
func told(err error) bool {
	code := harang.ErrorCode(err)
	return code == harang.CodePaymentDeclined || code == harang.CodePaymentTimeout
}

// checkOut takes the pieces and keeps the rental with its payment.
func (v *Rentals) checkOut(ctx context.Context, tx Tx, who harang.Identity, c Checkout, pay *harang.Payment, now time.Time) (CheckoutResult, error) {
	var out CheckoutResult
	partner, err := tx.FindPartner(ctx, who.Tenant, c.PartnerID)
	if err != nil {
		return out, notFound(err, "there is no such partner")
	}
	location, err := tx.FindLocation(ctx, who.Tenant, c.LocationID)
	if err != nil {
		return out, notFound(err, "there is no such location")
	}
	rental := harang.Rental{
		ID: c.ID, Tenant: who.Tenant, PartnerID: partner.ID, PartnerName: partner.Name,
		LocationID: location.ID, LocationName: location.Name, Status: harang.RentalOpen,
		By: person(who), Created: now, Due: c.Due,
	}
	for i, l := range c.Lines {
		product, err := tx.FindProduct(ctx, who.Tenant, l.ProductID)
		if err != nil {
			return out, notFound(err, fmt.Sprintf("line %d: there is no such product", i))
		}
		rental.Lines = append(rental.Lines, harang.RentalLine{
			ProductID: product.ID, ProductName: product.Name, Quantity: l.Quantity, DailyPrice: product.DailyPrice,
		})
		rental.EquipmentCount += l.Quantity
	}
	if rental.EquipmentCount > harang.MaxQuantity {
		return out, harang.Invalid(harang.FieldError{Field: "lines", Detail: "hold more pieces than a rental may"})
	}
	if rental.TotalValue, err = harang.RentalValue(rental.Lines, harang.RentalDays(now, c.Due)); err != nil {
		return out, err
	}
	if err := v.takePieces(ctx, tx, who, rental); err != nil {
		return out, err
	}
	// What costs nothing needs no payment.
	if pay != nil && rental.TotalValue > 0 {
		paid := *pay
		paid.RentalID, paid.PartnerID, paid.PartnerName, paid.Amount = rental.ID, rental.PartnerID, rental.PartnerName, rental.TotalValue
		rental.Status = harang.RentalAwaitingPayment
		if err := tx.CreateRental(ctx, rental); err != nil {
			return out, err
		}
		if err := v.enter(ctx, tx, &rental, paid); err != nil {
			return out, err
		}
		return CheckoutResult{rental, &paid}, nil
	}
	if err := tx.CreateRental(ctx, rental); err != nil {
		return out, err
	}
	return CheckoutResult{Rental: rental}, v.ringCreated(tx, rental)
}

// takePieces takes a rental's pieces from the stock of its place, rows in key
// order. The first line that lacks pieces, in the caller's order, is told.
func (v *Rentals) takePieces(ctx context.Context, tx Tx, who harang.Identity, r harang.Rental) error {
	order := byProduct(r.Lines)
	items := make([]harang.StockItem, len(r.Lines))
	for _, i := range order {
		item, err := tx.LockStock(ctx, who.Tenant, r.Lines[i].ProductID, r.LocationID)
		if err != nil && harang.ErrorCode(err) != harang.CodeNotFound {
			return err
		}
		items[i] = item // a product that never stood at the place: none available
	}
	for i, l := range r.Lines {
		if have := items[i].Level.Quantity; have < l.Quantity {
			return &harang.Error{
				Code: harang.CodeInsufficientStock, Details: map[string]any{"line": i, "available": have},
				Message: fmt.Sprintf("%s at %s: %d asked, %d available", l.ProductName, r.LocationName, l.Quantity, have),
			}
		}
	}
	for _, i := range order {
		item := &items[i]
		if err := v.setQuantity(ctx, tx, who, item, item.Level.Quantity-r.Lines[i].Quantity, item.Level.Thresholds, reasonCheckout); err != nil {
			return err
		}
	}
	return nil
}

func byProduct(lines []harang.RentalLine) []int {
	order := make([]int, len(lines))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return strings.Compare(lines[a].ProductID, lines[b].ProductID) })
	return order
}

// giveBack ends a rental that was taken and puts its pieces back.
func (v *Rentals) giveBack(ctx context.Context, tx Tx, who harang.Identity, r *harang.Rental, end harang.RentalStatus, reason string) error {
	r.Status, r.Closed = end, v.now()
	if err := tx.UpdateRental(ctx, *r); err != nil {
		return err
	}
	moves := make([]Move, 0, len(r.Lines))
	for _, i := range byProduct(r.Lines) {
		moves = append(moves, Move{ProductID: r.Lines[i].ProductID, LocationID: r.LocationID, Delta: r.Lines[i].Quantity})
	}
	_, err := v.move(ctx, tx, who, moves, reason)
	return err
}

// resume tells of a rental that an earlier try of the same request made.
func (v *Rentals) resume(ctx context.Context, tenant, id string) (CheckoutResult, bool, error) {
	var out CheckoutResult
	_, err := v.store.FindRental(ctx, tenant, id)
	if harang.ErrorCode(err) == harang.CodeNotFound {
		return out, false, nil
	}
	if err != nil {
		return out, false, err
	}
	payments, err := v.store.FindRentalPayments(ctx, tenant, id)
	if err != nil {
		return out, false, err
	}
	if len(payments) > 0 {
		first, err := v.payments.resume(ctx, tenant, payments[0].ID)
		if err != nil {
			return out, false, err
		}
		out.Payment = &first
	}
	out.Rental, err = v.store.FindRental(ctx, tenant, id)
	return out, err == nil, err
}

// Return takes the pieces of a rental back. NOT_FOUND; ALREADY_RETURNED when
// they are back, by a cancelling too; CONFLICT while it waits for its payment:
// cancel it then.
func (v *Rentals) Return(ctx context.Context, who harang.Identity, id string) (harang.Rental, error) {
	return v.end(ctx, who, id, func(tx Tx, r *harang.Rental) error {
		if r.Status == harang.RentalAwaitingPayment {
			return harang.Errorf(harang.CodeConflict, "the rental waits for its payment: cancel it, or take the payment first")
		}
		return v.giveBack(ctx, tx, who, r, harang.RentalReturned, reasonReturn)
	})
}

// Cancel takes a rental back before it has run: its pieces go back and so does
// its money: cash at once, over the counter, cards by the provider within a
// minute. NOT_FOUND; ALREADY_RETURNED when its pieces are back; CONFLICT when it
// is overdue.
func (v *Rentals) Cancel(ctx context.Context, who harang.Identity, id string) (harang.Rental, error) {
	if err := who.Can(harang.ActionWriteRentals); err != nil {
		return harang.Rental{}, err
	}
	if err := v.payments.settleRental(ctx, who.Tenant, id); err != nil {
		return harang.Rental{}, err
	}
	return v.end(ctx, who, id, func(tx Tx, r *harang.Rental) error {
		if r.Status == harang.RentalOverdue {
			return harang.Errorf(harang.CodeConflict, "the rental is overdue, it can only be returned")
		}
		if err := v.payBack(ctx, tx, r); err != nil {
			return err
		}
		return v.giveBack(ctx, tx, who, r, harang.RentalCancelled, reasonCancel)
	})
}

func (v *Rentals) end(ctx context.Context, who harang.Identity, id string, fn func(tx Tx, r *harang.Rental) error) (harang.Rental, error) {
	if err := who.Can(harang.ActionWriteRentals); err != nil {
		return harang.Rental{}, err
	}
	var rental harang.Rental
	err := v.store.Within(ctx, func(tx Tx) error {
		var err error
		if rental, err = tx.LockRental(ctx, who.Tenant, id); err != nil {
			return notFound(err, "there is no such rental")
		}
		if rental.Status.Closed() {
			return harang.Errorf(harang.CodeAlreadyReturned, "the rental's pieces are back already")
		}
		return fn(tx, &rental)
	})
	return rental, err
}

// payBack marks the money of a rental to go back.
func (v *Rentals) payBack(ctx context.Context, tx Tx, r *harang.Rental) error {
	payments, err := tx.FindRentalPayments(ctx, r.Tenant, r.ID)
	if err != nil {
		return err
	}
	for _, p := range payments {
		if p.Status != harang.PaymentSucceeded {
			continue
		}
		pay, err := tx.LockPayment(ctx, r.Tenant, p.ID)
		if err != nil {
			return err
		}
		if pay.Method == harang.PaymentCash {
			pay.Status = harang.PaymentReversed
			r.Paid -= pay.Amount
		} else {
			pay.RefundDue, pay.CheckAt = true, v.now()
		}
		if err := tx.UpdatePayment(ctx, pay); err != nil {
			return err
		}
	}
	return nil
}

// Find returns a rental and its payments, the oldest first. NOT_FOUND.
func (v *Rentals) Find(ctx context.Context, who harang.Identity, id string) (harang.Rental, []harang.Payment, error) {
	if err := who.Can(harang.ActionReadRentals); err != nil {
		return harang.Rental{}, nil, err
	}
	rental, err := v.store.FindRental(ctx, who.Tenant, id)
	if err != nil {
		return rental, nil, notFound(err, "there is no such rental")
	}
	payments, err := v.store.FindRentalPayments(ctx, who.Tenant, id)
	return rental, payments, err
}

// List returns a part of the rentals, newest first.
func (v *Rentals) List(ctx context.Context, who harang.Identity, q harang.RentalQuery) (harang.Page[harang.Rental], error) {
	var none harang.Page[harang.Rental]
	if err := who.Can(harang.ActionReadRentals); err != nil {
		return none, err
	}
	if q.Status != "" && !q.Status.Valid() {
		return none, harang.Invalid(harang.FieldError{Field: "status", Detail: "must be one of AWAITING_PAYMENT, OPEN, OVERDUE, RETURNED, CANCELLED"})
	}
	var err error
	if q.Limit, err = page(q.Limit); err != nil {
		return none, err
	}
	return v.store.FindRentals(ctx, who.Tenant, q)
}

// expire gives the pieces of a rental back that was not paid in time. A payment
// that is being charged at this moment is waited for.
func (v *Rentals) expire(ctx context.Context, r harang.Rental) error {
	if err := v.payments.settleRental(ctx, r.Tenant, r.ID); err != nil {
		v.log.WarnContext(ctx, "payments of an unpaid rental", "tenant", r.Tenant, "rental", r.ID, "err", err)
	}
	return v.store.Within(ctx, func(tx Tx) error {
		rental, err := tx.LockRental(ctx, r.Tenant, r.ID)
		if err != nil || rental.Status != harang.RentalAwaitingPayment {
			return err
		}
		payments, err := tx.FindRentalPayments(ctx, r.Tenant, r.ID)
		if err != nil {
			return err
		}
		for _, p := range payments {
			if p.Status == harang.PaymentPending && v.now().Sub(p.Created) < tellAfter {
				return errCharging
			}
		}
		return v.giveBack(ctx, tx, system(r.Tenant), &rental, harang.RentalCancelled, reasonExpiry)
	})
}

// errCharging: a rental is left for the next round.
var errCharging = errors.New("a payment is under way")
