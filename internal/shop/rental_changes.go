package shop

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"harang.dev/harang"
)

// RentalChange is a rental after a change, and all its refunds, the oldest first.
type RentalChange struct {
	Rental  harang.Rental
	Refunds []harang.Refund
}

// PieceReturn is what is brought back of a rental.
type PieceReturn struct {
	// ID names this return: a second one with the same id changes nothing. "" for a new
	// one.
	ID string
	// Lines are different products of the rental; nil for everything that is out.
	Lines []CheckoutLine
	// Credit takes the unused days of what is brought back off the price. Otherwise
	// the price stays: it was agreed for the period.
	Credit bool
	// DryRun changes nothing.
	DryRun bool
}

// pieces are how many pieces of each line of a rental come back, by its index.
func (p PieceReturn) pieces(r harang.Rental) ([]int64, error) {
	back := make([]int64, len(r.Lines))
	if p.Lines == nil {
		for i, l := range r.Lines {
			back[i] = l.Out()
		}
		return back, nil
	}
	if len(p.Lines) == 0 || len(p.Lines) > harang.MaxRentalLines {
		detail := fmt.Sprintf("must be from 1 to %d", harang.MaxRentalLines)
		return nil, harang.Invalid(harang.FieldError{Field: "lines", Detail: detail})
	}
	var wrong []harang.FieldError
	for i, l := range p.Lines {
		at := slices.IndexFunc(r.Lines, func(have harang.RentalLine) bool { return have.ProductID == l.ProductID })
		field, detail := "quantity", ""
		switch {
		case at < 0:
			field, detail = "productId", "is not in this rental"
		case back[at] > 0:
			field, detail = "productId", "is in another line already"
		case l.Quantity < 1:
			detail = "must be at least 1"
		case l.Quantity > r.Lines[at].Out():
			detail = fmt.Sprintf("must be at most %d, the pieces that are still out", r.Lines[at].Out())
		default:
			back[at] = l.Quantity
			continue
		}
		wrong = append(wrong, harang.FieldError{Field: fmt.Sprintf("lines.%d.%s", i, field), Detail: detail})
	}
	if len(wrong) > 0 {
		return nil, harang.Invalid(wrong...)
	}
	return back, nil
}

// Return is ReturnPieces of everything that is out.
func (v *Rentals) Return(ctx context.Context, caller harang.Identity, id string) (harang.Rental, error) {
	out, err := v.ReturnPieces(ctx, caller, id, PieceReturn{})
	return out.Rental, err
}

// ReturnPieces puts pieces of a rental back into the stock, whatever is there, and closes
// the rental with the last one. What was paid beyond the price is refunded, as by
// CancelRental. NOT_FOUND; ALREADY_RETURNED when it is closed, also by cancelling;
// CONFLICT while it is AWAITING_PAYMENT: such a rental is cancelled, and for Credit of a
// part after MaxRentalRefunds refunds; INVALID_REQUEST naming the line.
func (v *Rentals) ReturnPieces(
	ctx context.Context, caller harang.Identity, id string, p PieceReturn,
) (RentalChange, error) {
	return v.change(ctx, caller, id, p.ID, p.DryRun, func(tx Tx, r *harang.Rental) error {
		if r.Status == harang.RentalAwaitingPayment {
			return harang.Errorf(harang.CodeConflict, "the rental is not paid: take the payment or cancel it")
		}
		back, err := p.pieces(*r)
		if err != nil {
			return err
		}
		all := true
		for i, l := range r.Lines {
			all = all && back[i] == l.Out()
		}
		if p.Credit {
			if err := checkCreditable(ctx, tx, *r, all); err != nil {
				return err
			}
			unused := max(0, RentalDays(r.Created, r.Due)-RentalDays(r.Created, v.now()))
			before := r.TotalValue
			for i, l := range r.Lines {
				r.TotalValue -= l.DailyPrice * back[i] * unused
			}
			if err := v.record(ctx, tx, caller, harang.AuditRentalPrice, rentalSubject(*r),
				harang.AuditState{"totalValue": before}, harang.AuditState{"totalValue": r.TotalValue}); err != nil {
				return err
			}
		}
		if err := v.refundOverpaid(ctx, tx, caller, r, ""); err != nil {
			return err
		}
		m := movement{p.ID, reasonReturn}
		if all && r.Owed() > 0 {
			if err := v.record(ctx, tx, caller, harang.AuditRentalReturnOwing, rentalSubject(*r), nil,
				harang.AuditState{"totalValue": r.TotalValue, "owedAmount": r.Owed()}); err != nil {
				return err
			}
		}
		if all {
			return v.closeRental(ctx, tx, caller, r, harang.RentalReturned, m)
		}
		return v.takeBack(ctx, tx, caller, r, back, m)
	})
}

// checkCreditable refuses to reduce the price of a rental that has MaxRentalRefunds refunds: CONFLICT. When everything
// that is out comes back it is possible all the same.
func checkCreditable(ctx context.Context, tx Tx, r harang.Rental, all bool) error {
	if all {
		return nil
	}
	refunds, err := tx.FindRentalRefunds(ctx, r.Tenant, r.ID)
	if err == nil && len(refunds) >= MaxRentalRefunds {
		err = harang.Errorf(harang.CodeConflict, "the rental has %d refunds already: return without credit, or "+
			"everything at once", len(refunds))
	}
	return err
}

// takeBack puts some pieces of a locked rental back into the stock.
func (v *Rentals) takeBack(
	ctx context.Context, tx Tx, caller harang.Identity, r *harang.Rental, back []int64, m movement,
) error {
	var changes []stockChange
	for i, pieces := range back {
		if pieces == 0 {
			continue
		}
		r.Lines[i].Returned += pieces
		if err := tx.ReturnRentalLine(ctx, r.ID, i, pieces); err != nil {
			return err
		}
		changes = append(changes,
			stockChange{ProductID: r.Lines[i].ProductID, LocationID: r.LocationID, Delta: pieces})
	}
	if err := tx.UpdateRental(ctx, *r); err != nil {
		return err
	}
	_, err := v.changeStock(ctx, tx, caller, changes, m)
	return err
}

// Cancel is CancelRental.
func (v *Rentals) Cancel(ctx context.Context, caller harang.Identity, id string) (harang.Rental, error) {
	out, err := v.CancelRental(ctx, caller, id, Cancellation{})
	return out.Rental, err
}

// Cancellation is how a rental is cancelled.
type Cancellation struct {
	// ID names this cancellation: a second one with the same id changes nothing. "" for a
	// new one.
	ID string
	// DryRun changes nothing.
	DryRun bool
}

// CancelRental cancels a rental: its pieces that are out are put back and all its money
// is refunded, cash by the caller at once, cards by the provider within a minute.
// NOT_FOUND; ALREADY_RETURNED when it is closed; CONFLICT from the due instant of its
// checkout on, also when it was extended since.
func (v *Rentals) CancelRental(
	ctx context.Context, caller harang.Identity, id string, c Cancellation,
) (RentalChange, error) {
	if err := caller.Can(harang.ActionWriteRentals); err != nil {
		return RentalChange{}, err
	}
	if !c.DryRun {
		if err := v.payments.checkRental(ctx, caller.Tenant, id); err != nil {
			return RentalChange{}, err
		}
	}
	return v.change(ctx, caller, id, c.ID, c.DryRun, func(tx Tx, r *harang.Rental) error {
		if !r.Cancellable(v.now()) {
			return harang.Errorf(harang.CodeConflict,
				"the rental was due by its checkout already, it can only be returned")
		}
		before := rentalState(*r)
		r.Status = harang.RentalCancelled
		if err := v.refundOverpaid(ctx, tx, caller, r, ""); err != nil {
			return err
		}
		if err := v.record(ctx, tx, caller, harang.AuditRentalCancel, rentalSubject(*r), before,
			harang.AuditState{"status": r.Status}); err != nil {
			return err
		}
		return v.closeRental(ctx, tx, caller, r, harang.RentalCancelled, movement{c.ID, reasonCancel})
	})
}

// Extension is a later return instant of a rental.
type Extension struct {
	Due DueAt
	// ExpectedTotal is the rental's price with the extension, as it was shown; nil when
	// none was.
	ExpectedTotal *int64
	// DryRun changes nothing.
	DryRun bool
}

// Extend moves the return instant of a rental that is out to a later one, within two
// years, and adds the price of the further days of what is still out, by the prices of
// the checkout. An overdue rental is OPEN again. The present instant changes nothing.
// NOT_FOUND; ALREADY_RETURNED when it is closed; CONFLICT while it is AWAITING_PAYMENT;
// PRICE_CHANGED with "expected" and "actual" when ExpectedTotal is not the price;
// INVALID_REQUEST naming the field, also for an earlier instant.
func (v *Rentals) Extend(
	ctx context.Context, caller harang.Identity, id string, e Extension,
) (RentalChange, error) {
	return v.change(ctx, caller, id, "", e.DryRun, func(tx Tx, r *harang.Rental) error {
		if r.Status == harang.RentalAwaitingPayment {
			return harang.Errorf(harang.CodeConflict, "the rental is not paid: take the payment or cancel it")
		}
		location, err := tx.FindLocation(ctx, r.Tenant, r.LocationID)
		if err != nil {
			return err
		}
		due := e.Due.instant(location.Hours, r.Created)
		total := r.TotalValue
		if !due.Equal(r.Due) {
			if wrong := checkDue(due, v.now()); len(wrong) > 0 {
				return harang.Invalid(wrong...)
			}
			if due.Before(r.Due) {
				return harang.Invalid(harang.FieldError{Field: "dueAt", Detail: "must not be before the present one"})
			}
			if total, err = extendedTotal(*r, due); err != nil {
				return err
			}
		}
		if e.ExpectedTotal != nil && *e.ExpectedTotal != total {
			return priceChanged(*e.ExpectedTotal, total)
		}
		if due.Equal(r.Due) {
			return nil
		}
		before := dueState(*r)
		r.TotalValue, r.Due, r.Status = total, due, harang.RentalOpen
		if err := v.record(ctx, tx, caller, harang.AuditRentalExtend, rentalSubject(*r), before,
			dueState(*r)); err != nil {
			return err
		}
		return tx.UpdateRental(ctx, *r)
	})
}

// rentalState is a rental before it is cancelled.
func rentalState(r harang.Rental) harang.AuditState {
	return harang.AuditState{
		"status": r.Status, "equipmentCount": r.EquipmentCount, "totalValue": r.TotalValue, "paidAmount": r.Paid,
	}
}

func dueState(r harang.Rental) harang.AuditState {
	return harang.AuditState{"dueAt": r.Due.UTC().Format(time.RFC3339), "totalValue": r.TotalValue}
}

// extendedTotal is the price of a rental with a later return instant.
func extendedTotal(r harang.Rental, due time.Time) (int64, error) {
	days := RentalDays(r.Created, due) - RentalDays(r.Created, r.Due)
	if days == 0 {
		return r.TotalValue, nil
	}
	out := slices.Clone(r.Lines)
	for i, l := range r.Lines {
		out[i].Quantity = l.Out()
	}
	more, err := harang.RentalValue(out, days)
	if err != nil || r.TotalValue+more > harang.MaxAmount {
		return 0, harang.Invalid(harang.FieldError{Field: "dueAt", Detail: "costs more than a rental may"})
	}
	return r.TotalValue + more, nil
}

// errDryRun rolls a transaction back whose result is returned all the same.
var errDryRun = harang.Errorf(harang.CodeInternal, "dry run")

// change locks a rental that is not closed and calls fn with it. When there is a movement
// with the id of an earlier try of the same request, it returns the rental as it is.
func (v *Rentals) change(
	ctx context.Context, caller harang.Identity, id, try string, dryRun bool, fn func(tx Tx, r *harang.Rental) error,
) (RentalChange, error) {
	var out RentalChange
	if err := caller.Can(harang.ActionWriteRentals); err != nil {
		return out, err
	}
	err := v.store.Within(ctx, func(tx Tx) error {
		var err error
		if out.Rental, err = tx.LockRental(ctx, caller.Tenant, id); err != nil {
			return notFound(err, "there is no such rental")
		}
		done := false
		if try != "" {
			if done, err = tx.HasMovement(ctx, caller.Tenant, try); err != nil {
				return err
			}
		}
		if !done {
			if out.Rental.Status.Closed() {
				return harang.Errorf(harang.CodeAlreadyReturned, "the rental is returned or cancelled already")
			}
			if err := fn(tx, &out.Rental); err != nil {
				return err
			}
		}
		if out.Refunds, err = tx.FindRentalRefunds(ctx, caller.Tenant, id); err != nil {
			return err
		}
		if dryRun {
			return errDryRun
		}
		return nil
	})
	if errors.Is(err, errDryRun) {
		err = nil
	}
	return out, err
}
