package shop

import (
	"context"
	"time"

	"harang.dev/harang"
)

// enter keeps a new payment with its rental, which was taken: a pending one is
// added to the rental's open sum, one that succeeded counts, and opens the
// rental if that waited for it.
func (s *service) enter(ctx context.Context, tx Tx, rental *harang.Rental, pay harang.Payment) error {
	switch pay.Status {
	case harang.PaymentPending:
		rental.Pending += pay.Amount
	case harang.PaymentSucceeded:
		if err := s.receive(tx, rental, pay.Amount); err != nil {
			return err
		}
	}
	if err := tx.CreatePayment(ctx, pay); err != nil {
		return err
	}
	return tx.UpdateRental(ctx, *rental)
}

// receive counts money and opens a rental that waited for it.
func (s *service) receive(tx Tx, rental *harang.Rental, amount int64) error {
	rental.Paid += amount
	if rental.Status != harang.RentalAwaitingPayment {
		return nil
	}
	rental.Status = harang.RentalOpen
	return s.ringCreated(tx, *rental)
}

// ringCreated appends the rental_created of a rental that opens.
func (s *service) ringCreated(tx Tx, r harang.Rental) error {
	e, err := harang.NewEvent(harang.RentalCreatedType, "", r.Tenant, time.Time{}, harang.RentalCreated{
		RentalID: r.ID, PartnerID: r.PartnerID, PartnerName: r.PartnerName,
		EquipmentCount: r.EquipmentCount, TotalValue: r.TotalValue, Currency: harang.CurrencyHUF,
	})
	if err != nil {
		return err
	}
	e.Source, e.SourceID = harang.RentalSource, r.ID
	tx.Append(e)
	return nil
}

// settle writes what a provider told of a payment. It is the one place where a
// payment changes, whoever tells, and however often: a status only ever moves
// up, and people are told of a failure once.
func (p *Payments) settle(ctx context.Context, tenant, id string, s Settlement) error {
	_, err := p.settleNotice(ctx, tenant, PaymentNotice{TransactionID: id, Settlement: s})
	return err
}

// ApplyNotice writes what a provider's notification says, once: in the same
// transaction it is remembered by its key. Nothing changes for a repeat, an
// unknown payment, a payment that is not by card, and another amount than the
// payment's.
func (p *Payments) ApplyNotice(ctx context.Context, tenant string, n PaymentNotice) (NoticeOutcome, error) {
	return p.settleNotice(ctx, tenant, n)
}

func (p *Payments) settleNotice(ctx context.Context, tenant string, n PaymentNotice) (NoticeOutcome, error) {
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
		rental, err := tx.LockRental(ctx, tenant, pay.RentalID)
		if err != nil {
			return err
		}
		if pay, err = tx.LockPayment(ctx, tenant, pay.ID); err != nil {
			return err
		}
		outcome = NoticeApplied
		if n.Key != "" {
			fresh, err := tx.CreateNotice(ctx, tenant, n, p.now())
			if err != nil {
				return err
			}
			if !fresh {
				outcome = NoticeRepeated
				return nil
			}
		}
		if n.Card != nil {
			if err := tx.PutCard(ctx, tenant, pay.PartnerID, *n.Card, p.now()); err != nil {
				return err
			}
		}
		if err := p.apply(tx, &rental, &pay, n.Settlement); err != nil {
			return err
		}
		if err := tx.UpdatePayment(ctx, pay); err != nil {
			return err
		}
		return tx.UpdateRental(ctx, rental)
	})
	return outcome, err
}

// apply moves a payment and its rental, both taken, to what is known now, in
// memory, and appends the events.
func (s *service) apply(tx Tx, rental *harang.Rental, pay *harang.Payment, got Settlement) error {
	now := s.now()
	if got.Reference != "" {
		pay.Reference = got.Reference
	}
	if got.Status.Rank() <= pay.Status.Rank() {
		if pay.Status != harang.PaymentPending || got.Status != harang.PaymentPending || got.ErrorCode == "" {
			return nil
		}
		return s.fail(tx, pay, got, now)
	}
	switch pay.Status { // what it was until now
	case harang.PaymentPending:
		rental.Pending -= pay.Amount
	case harang.PaymentSucceeded:
		rental.Paid -= pay.Amount
	}
	pay.Status = got.Status
	pay.CheckAt = time.Time{}
	switch got.Status {
	case harang.PaymentDeclined:
		return s.fail(tx, pay, got, now)
	case harang.PaymentSucceeded:
		pay.ErrorCode, pay.ErrorMessage, pay.Settled = "", "", now
		if rental.Status == harang.RentalCancelled || rental.Paid+pay.Amount > rental.TotalValue {
			// The rental was given up, or paid otherwise, before anybody knew of
			// this money: it goes back.
			pay.RefundDue, pay.CheckAt = true, now
		}
		return s.receive(tx, rental, pay.Amount)
	case harang.PaymentReversed:
		pay.RefundDue = false
	}
	return nil
}

// fail writes down what went wrong and tells people, once per payment.
func (s *service) fail(tx Tx, pay *harang.Payment, got Settlement, now time.Time) error {
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
	e.Source, e.SourceID = harang.PaymentSource, pay.ID
	tx.Append(e)
	return nil
}

// resume tells what became of a payment that an earlier try of the same
// request made; the zero Payment when it made none. A pending one is asked for.
func (p *Payments) resume(ctx context.Context, tenant, id string) (harang.Payment, error) {
	pay, err := p.store.FindPayment(ctx, tenant, id)
	switch {
	case harang.ErrorCode(err) == harang.CodeNotFound:
		return harang.Payment{}, nil
	case err != nil:
		return pay, err
	case pay.Status != harang.PaymentPending:
		return pay, nil
	}
	if err := p.ask(ctx, pay, ChargeTimeout); err != nil {
		return pay, err
	}
	return p.store.FindPayment(ctx, tenant, id)
}

// settleRental asks what became of a rental's pending payments, so that no card
// is charged while another one has paid already.
func (p *Payments) settleRental(ctx context.Context, tenant, rentalID string) error {
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
		// A young one that nobody was told of is being charged at this moment.
		charging := pay.Failed.IsZero() && p.now().Sub(pay.Created) < firstCheck
		if pay.Status == harang.PaymentPending && !charging && time.Until(deadline) > 0 {
			if err := p.ask(ctx, pay, time.Until(deadline)); err != nil {
				return err
			}
		}
	}
	return nil
}

// ask asks the provider what became of a pending payment and writes the answer.
// That the provider does not answer is not an error here.
func (p *Payments) ask(ctx context.Context, pay harang.Payment, limit time.Duration) error {
	ctx = context.WithoutCancel(ctx)
	_, provider, err := p.providers.FindProvider(ctx, pay.Tenant, pay.Provider)
	if err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	what, call := "find", provider.FindCharge
	if pay.RefundDue {
		what, call = "refund", provider.Refund
	}
	s, err := callWithin(limited, call, chargeOf(pay))
	p.logProvider(ctx, what, pay, s, err)
	if s.Status == harang.PaymentPending {
		// Not knowing is a failure that people must hear of only if it lasts.
		s.ErrorCode = ""
		if pay.Failed.IsZero() && p.now().Sub(pay.Created) > tellAfter {
			s.ErrorCode = harang.TimeoutCode(pay.Provider)
		}
	}
	return p.settle(ctx, pay.Tenant, pay.ID, s)
}
