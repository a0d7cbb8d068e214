package shop

import (
	"context"
	"time"

	"harang.dev/harang"
)

// createPayment stores a new payment of a locked rental: a pending one is added to
// the rental's pending sum; one that succeeded is added to its paid sum and opens
// it if it is AWAITING_PAYMENT.
func (s *service) createPayment(ctx context.Context, tx Tx, rental *harang.Rental, pay harang.Payment) error {
	switch pay.Status {
	case harang.PaymentPending:
		rental.Pending += pay.Amount
	case harang.PaymentSucceeded:
		if err := s.addPaid(tx, rental, pay); err != nil {
			return err
		}
	}
	if err := tx.CreatePayment(ctx, pay); err != nil {
		return err
	}
	return tx.UpdateRental(ctx, *rental)
}

// addPaid adds a payment to a rental and opens it if it is AWAITING_PAYMENT.
func (s *service) addPaid(tx Tx, rental *harang.Rental, pay harang.Payment) error {
	rental.Paid += pay.Amount
	rental.Rounding += pay.Rounding
	if rental.Status != harang.RentalAwaitingPayment {
		return nil
	}
	rental.Status = harang.RentalOpen
	return s.appendCreated(tx, *rental)
}

// appendCreated appends the rental_created of a rental that is opened.
func (s *service) appendCreated(tx Tx, r harang.Rental) error {
	e, err := harang.NewEvent(harang.RentalCreatedType, "", r.Tenant, time.Time{}, harang.RentalCreated{
		RentalID: r.ID, PartnerID: r.PartnerID, PartnerName: r.PartnerName,
		EquipmentCount: r.EquipmentCount, TotalValue: r.TotalValue, Currency: harang.CurrencyHUF,
	})
	if err != nil {
		return err
	}
	e.Source, e.SourceID, e.LocationID = harang.RentalSource, r.ID, r.LocationID
	tx.Append(e)
	return nil
}

// applySettlement writes what a provider answered about a payment. It is the one
// place where a payment's status changes after it was stored, whatever the question
// and however often: a status only ever moves up, and a failure is announced once.
func (p *Payments) applySettlement(ctx context.Context, tenant, id string, s Settlement) error {
	return p.store.Within(ctx, func(tx Tx) error {
		pay, err := tx.FindPayment(ctx, tenant, id)
		if err != nil {
			return err
		}
		rental, err := tx.LockRental(ctx, tenant, pay.RentalID)
		if err != nil {
			return err
		}
		if pay, err = tx.LockPayment(ctx, tenant, id); err != nil {
			return err
		}
		before := pay.Status
		if err := p.updateStatus(tx, &rental, &pay, s); err != nil {
			return err
		}
		if before == harang.PaymentSucceeded && pay.Status == harang.PaymentReversed {
			if err := p.recordReversal(ctx, tx, &rental, &pay); err != nil {
				return err
			}
		}
		if err := p.settleCard(ctx, tx, pay, s); err != nil {
			return err
		}
		if err := tx.UpdatePayment(ctx, pay); err != nil {
			return err
		}
		if before != pay.Status && pay.Status == harang.PaymentSucceeded {
			// The rental may be cancelled, or paid otherwise, before this outcome was known.
			if err := p.refundOverpaid(ctx, tx, system(tenant), &rental, pay.ID); err != nil {
				return err
			}
		}
		return tx.UpdateRental(ctx, rental)
	})
}

// settleCard stores the pending card of a locked payment as the partner's when the
// provider itself answered that the payment succeeded, and drops it after any other
// final answer.
func (p *Payments) settleCard(ctx context.Context, tx Tx, pay harang.Payment, got Settlement) error {
	if got.Status == harang.PaymentPending {
		return nil
	}
	card, err := tx.TakePendingCard(ctx, pay.Tenant, pay.ID)
	switch {
	case harang.ErrorCode(err) == harang.CodeNotFound:
		return nil
	case err != nil || got.Status != harang.PaymentSucceeded || pay.Status != harang.PaymentSucceeded:
		return err
	}
	return tx.PutCard(ctx, pay.Tenant, pay.PartnerID, card, p.now())
}

// ReceiveNotice records a provider's notification, once by its key, and makes the
// housekeeper ask the provider for the outcome at once. The notification itself
// decides nothing: its card is pending until the provider answers that the payment
// succeeded. Nothing changes for a repeat, an unknown payment, a payment that is not by
// card, and an amount that is not the payment's.
func (p *Payments) ReceiveNotice(ctx context.Context, tenant string, n PaymentNotice) (NoticeOutcome, error) {
	var outcome NoticeOutcome
	err := p.store.Within(ctx, func(tx Tx) error {
		pay, err := tx.FindPayment(ctx, tenant, n.TransactionID)
		if harang.ErrorCode(err) == harang.CodeNotFound || (err == nil && pay.Method != harang.PaymentCard) {
			outcome = NoticeUnknown
			return nil
		}
		if err != nil {
			return err
		}
		if n.Amount != 0 && n.Amount != pay.Amount {
			outcome = NoticeMismatch
			return nil
		}
		if pay, err = tx.LockPayment(ctx, tenant, pay.ID); err != nil {
			return err
		}
		created, err := tx.CreateNotice(ctx, tenant, n, p.now())
		if err != nil {
			return err
		}
		if !created {
			outcome = NoticeRepeated
			return nil
		}
		outcome = NoticeApplied
		if pay.Status == harang.PaymentReversed { // final
			return nil
		}
		if n.Card != nil {
			if err := tx.PutPendingCard(ctx, tenant, pay.ID, *n.Card, p.now()); err != nil {
				return err
			}
		}
		pay.CheckAt, pay.Checks = p.now(), 0
		return tx.UpdatePayment(ctx, pay)
	})
	return outcome, err
}

// updateStatus applies a settlement to a payment and its rental, both locked, in
// memory, and appends the events.
func (s *service) updateStatus(tx Tx, rental *harang.Rental, pay *harang.Payment, got Settlement) error {
	now := s.now()
	if got.Reference != "" {
		pay.Reference = got.Reference
	}
	if got.Status.Rank() <= pay.Status.Rank() {
		if pay.Status != harang.PaymentPending && got.Status != harang.PaymentPending && !pay.RefundDue {
			pay.CheckAt = time.Time{} // confirmed
		}
		if pay.Status != harang.PaymentPending || got.Status != harang.PaymentPending || got.ErrorCode == "" {
			return nil
		}
		return s.recordFailure(tx, rental.LocationID, pay, got, now)
	}
	if pay.Status == harang.PaymentPending { // the old status
		rental.Pending -= pay.Amount
	}
	pay.Status = got.Status
	pay.CheckAt = time.Time{}
	switch got.Status {
	case harang.PaymentDeclined:
		return s.recordFailure(tx, rental.LocationID, pay, got, now)
	case harang.PaymentSucceeded:
		pay.ErrorCode, pay.ErrorMessage, pay.Settled = "", "", now
		return s.addPaid(tx, rental, *pay)
	case harang.PaymentReversed:
		pay.RefundDue = false
	}
	return nil
}

// recordFailure records the error of a payment of a rental at a location and announces it,
// once per payment.
func (s *service) recordFailure(
	tx Tx, locationID string, pay *harang.Payment, got Settlement, now time.Time,
) error {
	if got.ErrorCode == "" {
		got.ErrorCode = pay.Provider + ":declined"
	}
	pay.ErrorCode = got.ErrorCode
	pay.ErrorMessage = harang.PaymentAdvice(harang.Hungarian, got.ErrorCode, got.Message).Meaning
	if !pay.Failed.IsZero() {
		return nil
	}
	pay.Failed = now
	e, err := harang.NewEvent(harang.PaymentErrorType, "", pay.Tenant, time.Time{}, harang.PaymentError{
		TransactionID: pay.ID, ErrorCode: pay.ErrorCode, ErrorMessage: pay.ErrorMessage,
		PartnerID: pay.PartnerID, PartnerName: pay.PartnerName, Amount: pay.Amount, Currency: harang.CurrencyHUF,
	})
	if err != nil {
		return err
	}
	e.Source, e.SourceID, e.LocationID = harang.PaymentSource, pay.ID, locationID
	tx.Append(e)
	return nil
}

// findResult returns the payment that an earlier try of the same request made,
// after a check when it is pending; the zero Payment when there is none.
func (p *Payments) findResult(ctx context.Context, tenant, id string) (harang.Payment, error) {
	pay, err := p.store.FindPayment(ctx, tenant, id)
	switch {
	case harang.ErrorCode(err) == harang.CodeNotFound:
		return harang.Payment{}, nil
	case err != nil:
		return pay, err
	case pay.Status != harang.PaymentPending:
		return pay, nil
	}
	if err := p.check(ctx, pay, ChargeTimeout); err != nil {
		return pay, err
	}
	return p.store.FindPayment(ctx, tenant, id)
}

// checkRental checks a rental's pending payments, so that no card is charged after
// another one has paid already.
func (p *Payments) checkRental(ctx context.Context, tenant, rentalID string) error {
	rental, err := p.store.FindRental(ctx, tenant, rentalID)
	if err != nil {
		return notFound(err, "there is no such rental")
	}
	if rental.Pending == 0 {
		return nil
	}
	payments, err := p.store.FindRentalPayments(ctx, tenant, rentalID)
	if err != nil {
		return err
	}
	deadline := time.Now().Add(FindTimeout) // for all of them together
	for _, pay := range payments {
		// A young one that was not reported as failed is being charged now.
		charging := pay.Failed.IsZero() && p.now().Sub(pay.Created) < firstCheck
		if pay.Status == harang.PaymentPending && !charging && time.Until(deadline) > 0 {
			if err := p.check(ctx, pay, time.Until(deadline)); err != nil {
				return err
			}
		}
	}
	return nil
}

// check asks the provider for the outcome of a payment and writes the answer. A provider
// that does not answer is no error.
func (p *Payments) check(ctx context.Context, pay harang.Payment, limit time.Duration) error {
	ctx = context.WithoutCancel(ctx)
	if pay.RefundDue {
		return p.replaceRefundDue(ctx, pay)
	}
	_, provider, err := p.providers.FindProvider(ctx, pay.Tenant, pay.Provider)
	if err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	s, err := callWithin(limited, provider.FindCharge, chargeOf(pay))
	p.logProvider(ctx, "find", pay, s, err)
	if s.Status == harang.PaymentPending {
		// An unknown outcome is reported as a failure only if it lasts.
		s.ErrorCode = ""
		if pay.Failed.IsZero() && p.now().Sub(pay.Created) > reportAfter {
			s.ErrorCode = harang.TimeoutCode(pay.Provider)
		}
	}
	return p.applySettlement(ctx, pay.Tenant, pay.ID, s)
}
