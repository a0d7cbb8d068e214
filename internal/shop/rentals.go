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

// Checkout is a rental to be created.
type Checkout struct {
	// ID is the rental's id to be used; "" for a new one. When a rental with
	// this id exists, it is returned and nothing is created.
	ID         string
	PartnerID  string
	LocationID string
	// Due is when the pieces are to be returned: after now, within two years.
	Due DueAt
	// Lines are 1 to 100 different products.
	Lines []CheckoutLine
	// ExpectedTotal is the price that was shown; nil when none was.
	ExpectedTotal *int64
	// Payment is nil when the rental is to be paid later.
	Payment *PaymentOrder
}

// CheckoutLine is a product and a number of pieces.
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
	wrong = append(wrong, checkDue(c.Due.Time, now)...)
	if len(c.Lines) < 1 || len(c.Lines) > harang.MaxRentalLines {
		wrong = append(wrong,
			harang.FieldError{Field: "lines", Detail: fmt.Sprintf("must be from 1 to %d", harang.MaxRentalLines)})
		return wrong
	}
	seen := map[string]bool{}
	for i, l := range c.Lines {
		text(fmt.Sprintf("lines.%d.productId", i), l.ProductID)
		if seen[l.ProductID] {
			wrong = append(wrong,
				harang.FieldError{Field: fmt.Sprintf("lines.%d.productId", i), Detail: "is in another line already"})
		}
		seen[l.ProductID] = true
		if l.Quantity < 1 || l.Quantity > harang.MaxQuantity {
			wrong = append(
				wrong,
				harang.FieldError{
					Field:  fmt.Sprintf("lines.%d.quantity", i),
					Detail: fmt.Sprintf("must be from 1 to %d pieces", int64(harang.MaxQuantity)),
				},
			)
		}
	}
	if c.Payment != nil {
		wrong = append(wrong, c.Payment.check("payment.")...)
	}
	return wrong
}

// checkDue returns the error in a return instant.
func checkDue(due, now time.Time) []harang.FieldError {
	switch {
	case !due.After(now):
		return []harang.FieldError{{Field: "dueAt", Detail: "must be in the future"}}
	case due.Sub(now) > harang.MaxRentalDuration:
		return []harang.FieldError{{Field: "dueAt", Detail: "must be within two years"}}
	}
	return nil
}

// CheckoutResult is a new rental and its payment; nil when it has none.
type CheckoutResult struct {
	Rental  harang.Rental
	Payment *harang.Payment
}

// Create creates a rental (the checkout): its pieces are taken from the stock,
// with the alerts that this causes, in one transaction. Without a payment, and
// with cash, it is OPEN and rental_created is part of that transaction. With a
// card it is AWAITING_PAYMENT while the card is charged; a decline or a timeout
// leaves it so and is no error: the payment's status says it.
//
// NOT_FOUND for an unknown partner, location or product; INSUFFICIENT_STOCK
// with "line", the index of the line from 0, and "available"; CARD_UNKNOWN for a
// card that Cards does not return for the partner; ARCHIVED with "kind" and "id" for
// an archived partner, location or product, and "line"; ERASED for an erased partner; PRICE_CHANGED with "expected" and
// "actual" when ExpectedTotal is not the price; INVALID_REQUEST naming the field.
func (v *Rentals) Create(ctx context.Context, caller harang.Identity, c Checkout) (CheckoutResult, error) {
	var out CheckoutResult
	if err := caller.Can(harang.ActionWriteRentals); err != nil {
		return out, err
	}
	if c.Payment != nil {
		if err := caller.Can(harang.ActionPay); err != nil {
			return out, err
		}
	}
	now := v.now()
	if c.ID != "" {
		// Before validation: the due time may have passed since the first try.
		if out, found, err := v.findResult(ctx, caller.Tenant, c.ID); err != nil || found {
			return out, err
		}
	} else {
		c.ID = v.newID()
	}
	var hours *harang.OpeningHours
	if c.Due.Day {
		location, err := v.store.FindLocation(ctx, caller.Tenant, c.LocationID)
		if err != nil {
			return out, notFound(err, "there is no such location")
		}
		hours = location.Hours
	}
	c.Due = DueAt{Time: c.Due.instant(hours, now)}
	if wrong := c.check(now); len(wrong) > 0 {
		return out, harang.Invalid(wrong...)
	}
	var plan *plannedPayment
	if c.Payment != nil {
		p, err := v.payments.planPayment(ctx, caller.Tenant, v.newID(), 0, *c.Payment)
		if err != nil {
			return out, err
		}
		plan = &p
	}
	err := v.store.Within(ctx, func(tx Tx) error {
		var err error
		out, err = v.checkOut(ctx, tx, caller, c, plan, now)
		return err
	})
	if err != nil || out.Payment == nil || plan.provider == nil {
		return out, err
	}
	charged, err := v.payments.charge(ctx, *out.Payment, plan.provider)
	if err != nil && !isPaymentOutcome(err) {
		return out, err
	}
	out.Payment = &charged
	out.Rental, err = v.store.FindRental(context.WithoutCancel(ctx), caller.Tenant, c.ID)
	return out, err
}

// isPaymentOutcome reports whether an error is the outcome of a payment.
func isPaymentOutcome(err error) bool {
	code := harang.ErrorCode(err)
	return code == harang.CodePaymentDeclined || code == harang.CodePaymentTimeout
}

// checkOut takes the pieces from the stock and stores the rental with its payment.
func (v *Rentals) checkOut(
	ctx context.Context, tx Tx, caller harang.Identity, c Checkout, plan *plannedPayment, now time.Time,
) (CheckoutResult, error) {
	var out CheckoutResult
	partner, err := tx.LockPartner(ctx, caller.Tenant, c.PartnerID) // its erasing waits, or was before
	if err != nil {
		return out, notFound(err, "there is no such partner")
	}
	if partner.Erased {
		return out, erased(partner.ID)
	}
	if partner.Archived {
		return out, archived("partner", partner.ID, partner.Name)
	}
	if plan != nil {
		if err := v.checkCard(ctx, tx, *plan, partner.ID); err != nil {
			return out, err
		}
	}
	location, err := tx.FindLocation(ctx, caller.Tenant, c.LocationID)
	if err != nil {
		return out, notFound(err, "there is no such location")
	}
	if location.Archived {
		return out, archived("location", location.ID, location.Name)
	}
	rental := harang.Rental{
		ID: c.ID, Tenant: caller.Tenant, PartnerID: partner.ID, PartnerName: partner.Name,
		LocationID: location.ID, LocationName: location.Name, Status: harang.RentalOpen,
		By: person(caller), Created: now, Due: c.Due.Time, FirstDue: c.Due.Time,
	}
	for i, l := range c.Lines {
		product, err := tx.FindProduct(ctx, caller.Tenant, l.ProductID)
		if err != nil {
			return out, notFound(err, fmt.Sprintf("line %d: there is no such product", i))
		}
		if product.Archived {
			err := archived("product", product.ID, product.Name)
			err.Details["line"] = i
			return out, err
		}
		rental.Lines = append(rental.Lines, harang.RentalLine{
			ProductID: product.ID, ProductName: product.Name, Quantity: l.Quantity, DailyPrice: product.DailyPrice,
		})
		rental.EquipmentCount += l.Quantity
	}
	if rental.EquipmentCount > harang.MaxQuantity {
		return out, harang.Invalid(
			harang.FieldError{Field: "lines", Detail: "must not sum up to more than 1000000000 pieces"},
		)
	}
	if rental.TotalValue, err = harang.RentalValue(rental.Lines, RentalDays(now, c.Due.Time)); err != nil {
		return out, err
	}
	if c.ExpectedTotal != nil && *c.ExpectedTotal != rental.TotalValue {
		return out, priceChanged(*c.ExpectedTotal, rental.TotalValue)
	}
	if err := v.takeStock(ctx, tx, caller, rental); err != nil {
		return out, err
	}
	year := harang.RentalYear(now)
	n, err := tx.TakeRentalNumber(ctx, caller.Tenant, year)
	if err != nil {
		return out, err
	}
	rental.Number = harang.RentalNumber(year, n)
	// A rental that costs nothing needs no payment.
	if plan != nil && rental.TotalValue > 0 {
		paid := plan.Payment
		paid.RentalID, paid.Amount = rental.ID, rental.TotalValue
		if paid.Method == harang.PaymentCash {
			paid.Amount = rental.OwedCash()
			paid.Rounding = paid.Amount - rental.TotalValue
		}
		paid.PartnerID, paid.PartnerName = rental.PartnerID, rental.PartnerName
		rental.Status = harang.RentalAwaitingPayment
		if err := tx.CreateRental(ctx, rental); err != nil {
			return out, err
		}
		if err := v.createPayment(ctx, tx, &rental, paid); err != nil {
			return out, err
		}
		return CheckoutResult{rental, &paid}, nil
	}
	if err := tx.CreateRental(ctx, rental); err != nil {
		return out, err
	}
	return CheckoutResult{Rental: rental}, v.appendCreated(tx, rental)
}

// archived refuses a new rental with something that is archived.
func archived(kind, id, name string) *harang.Error {
	return &harang.Error{
		Code: harang.CodeArchived, Details: map[string]any{"kind": kind, "id": id},
		Message: fmt.Sprintf("%s is archived and cannot be in a new rental", name),
	}
}

// priceChanged refuses to charge another price than the one that was shown.
func priceChanged(expected, actual int64) error {
	return &harang.Error{
		Code: harang.CodePriceChanged, Details: map[string]any{"expected": expected, "actual": actual},
		Message: fmt.Sprintf("the price is %d, not %d: show it and ask again", actual, expected),
	}
}

// takeStock takes a rental's pieces from the stock of its location, locking rows
// in key order. The first line that lacks pieces, in the caller's order, is
// reported.
func (v *Rentals) takeStock(ctx context.Context, tx Tx, caller harang.Identity, r harang.Rental) error {
	order := byProduct(r.Lines)
	items := make([]harang.StockItem, len(r.Lines))
	for _, i := range order {
		item, err := tx.LockStock(ctx, caller.Tenant, r.Lines[i].ProductID, r.LocationID)
		if err != nil && harang.ErrorCode(err) != harang.CodeNotFound {
			return err
		}
		items[i] = item // no stock item: none available
	}
	for i, l := range r.Lines {
		if have := items[i].Level.Quantity; have < l.Quantity {
			return &harang.Error{
				Code: harang.CodeInsufficientStock, Details: map[string]any{"line": i, "available": have},
				Message: fmt.Sprintf("%s at %s: %d requested, %d available", l.ProductName,
					r.LocationName, l.Quantity, have),
			}
		}
	}
	for _, i := range order {
		item, quantity := &items[i], items[i].Level.Quantity-r.Lines[i].Quantity
		if err := v.setQuantity(ctx, tx, caller, item, quantity, item.Level.Thresholds,
			movement{reason: reasonCheckout}); err != nil {
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

// closeRental closes a locked rental and puts its pieces that are out back into the
// stock.
func (v *Rentals) closeRental(
	ctx context.Context, tx Tx, caller harang.Identity, r *harang.Rental, end harang.RentalStatus, m movement,
) error {
	r.Status, r.Closed = end, v.now()
	if err := tx.UpdateRental(ctx, *r); err != nil {
		return err
	}
	var changes []stockChange
	for _, l := range r.Lines {
		if l.Out() > 0 {
			changes = append(changes, stockChange{ProductID: l.ProductID, LocationID: r.LocationID, Delta: l.Out()})
		}
	}
	_, err := v.changeStock(ctx, tx, caller, changes, m)
	return err
}

// findResult returns the rental that an earlier try of the same request created,
// and false when there is none.
func (v *Rentals) findResult(ctx context.Context, tenant, id string) (CheckoutResult, bool, error) {
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
		first, err := v.payments.findResult(ctx, tenant, payments[0].ID)
		if err != nil {
			return out, false, err
		}
		out.Payment = &first
	}
	out.Rental, err = v.store.FindRental(ctx, tenant, id)
	return out, err == nil, err
}

// Find returns a rental and its payments, the oldest first. NOT_FOUND.
func (v *Rentals) Find(
	ctx context.Context, caller harang.Identity, id string,
) (harang.Rental, []harang.Payment, error) {
	if err := caller.Can(harang.ActionReadRentals); err != nil {
		return harang.Rental{}, nil, err
	}
	rental, err := v.store.FindRental(ctx, caller.Tenant, id)
	if err != nil {
		return rental, nil, notFound(err, "there is no such rental")
	}
	payments, err := v.store.FindRentalPayments(ctx, caller.Tenant, id)
	if err != nil {
		return rental, nil, err
	}
	found := []harang.Rental{rental}
	err = v.addPhones(ctx, caller.Tenant, found)
	return found[0], payments, err
}

// addPhones sets the phone numbers of the partners.
func (v *Rentals) addPhones(ctx context.Context, tenant string, rentals []harang.Rental) error {
	if len(rentals) == 0 {
		return nil
	}
	ids := make([]string, len(rentals))
	for i := range rentals {
		ids[i] = rentals[i].PartnerID
	}
	phones, err := v.store.FindPartnerPhones(ctx, tenant, ids)
	for i := range rentals {
		rentals[i].PartnerPhone = phones[rentals[i].PartnerID]
	}
	return err
}

// Refunds returns the refunds of a rental, the oldest first; none for an unknown one.
func (v *Rentals) Refunds(ctx context.Context, caller harang.Identity, id string) ([]harang.Refund, error) {
	if err := caller.Can(harang.ActionReadRentals); err != nil {
		return nil, err
	}
	return v.store.FindRentalRefunds(ctx, caller.Tenant, id)
}

// List returns a part of the rentals, newest first. INVALID_REQUEST for an unknown
// status, and for a status together with Owed.
func (v *Rentals) List(
	ctx context.Context, caller harang.Identity, q harang.RentalQuery,
) (harang.Page[harang.Rental], error) {
	var none harang.Page[harang.Rental]
	if err := caller.Can(harang.ActionReadRentals); err != nil {
		return none, err
	}
	switch {
	case q.Status != "" && (q.Owed || q.Out):
		return none, harang.Invalid(
			harang.FieldError{Field: "status", Detail: "is not possible together with owed or out"})
	case q.Owed && q.Out:
		return none, harang.Invalid(harang.FieldError{Field: "out", Detail: "is not possible together with owed"})
	case q.Status != "" && !q.Status.Valid():
		return none, harang.Invalid(harang.FieldError{Field: "status",
			Detail: "must be one of AWAITING_PAYMENT, OPEN, OVERDUE, RETURNED, CANCELLED"})
	case q.Sort != "" && !q.Sort.Valid():
		return none, harang.Invalid(
			harang.FieldError{Field: "sort", Detail: "must be one of -createdAt, createdAt, dueAt, -dueAt, overdue"})
	}
	var err error
	if q.Limit, err = page(q.Limit); err != nil {
		return none, err
	}
	found, err := v.store.FindRentals(ctx, caller.Tenant, q)
	if err != nil {
		return none, err
	}
	return found, v.addPhones(ctx, caller.Tenant, found.Items)
}

// Owed returns what the rentals owe in all that List returns for Owed and the other
// filters, on all pages.
func (v *Rentals) Owed(ctx context.Context, caller harang.Identity, q harang.RentalQuery) (int64, error) {
	if err := caller.Can(harang.ActionReadRentals); err != nil {
		return 0, err
	}
	return v.store.SumOwed(ctx, caller.Tenant, q)
}

// expire cancels a rental that was not paid in time. It returns errCharging
// while a payment of it is being charged.
func (v *Rentals) expire(ctx context.Context, r harang.Rental) error {
	if err := v.payments.checkRental(ctx, r.Tenant, r.ID); err != nil {
		v.log.WarnContext(ctx, "payment check of an expired rental failed",
			"tenant", r.Tenant, "rental", r.ID, "err", err)
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
			if p.Status == harang.PaymentPending && v.now().Sub(p.Created) < reportAfter {
				return errNotYet
			}
		}
		if err := v.record(ctx, tx, system(r.Tenant), harang.AuditRentalCancel, rentalSubject(rental),
			rentalState(rental), harang.AuditState{"status": harang.RentalCancelled}); err != nil {
			return err
		}
		return v.closeRental(ctx, tx, system(r.Tenant), &rental, harang.RentalCancelled, movement{reason: reasonExpiry})
	})
}

// errNotYet means that a rental cannot expire yet, because a payment is being charged.
var errNotYet = errors.New("a payment is being charged")
