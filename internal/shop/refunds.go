package shop

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"harang.dev/harang"
)

// refundOverpaid decides the refunds of what a locked rental was paid beyond its price,
// or at all when it is cancelled. Cash is handed over by the caller and counted at once;
// for a card a refund is stored that the housekeeper makes. The payment with the id
// first is refunded before the others, then the newest. It changes the rental in memory;
// the caller writes it.
func (s *service) refundOverpaid(
	ctx context.Context, tx Tx, caller harang.Identity, r *harang.Rental, first string,
) error {
	sum, rounded := r.Overpaid(), int64(0)
	if r.Status == harang.RentalCancelled {
		// Everybody gets back what was handed over, whatever it was rounded to.
		sum, rounded = r.Paid-r.RefundPending, -r.Rounding
	}
	if sum <= 0 && rounded == 0 {
		return nil
	}
	payments, err := tx.FindRentalPayments(ctx, r.Tenant, r.ID)
	if err != nil {
		return err
	}
	refunds, err := tx.FindRentalRefunds(ctx, r.Tenant, r.ID)
	if err != nil {
		return err
	}
	pending := map[string]int64{} // by payment: what will be refunded
	for _, f := range refunds {
		if f.Status != harang.RefundSucceeded {
			pending[f.PaymentID] += f.Amount
		}
	}
	slices.SortStableFunc(payments, func(a, b harang.Payment) int {
		switch {
		case a.ID == first:
			return -1
		case b.ID == first:
			return 1
		case (a.Amount == 0) != (b.Amount == 0): // it has nothing but its rounding
			return cmp.Compare(b.Amount, a.Amount)
		}
		return cmp.Or(b.Created.Compare(a.Created), strings.Compare(b.ID, a.ID))
	})
	var decided []harang.Refund
	var lastCash *harang.Payment // the payment whose refund takes the last forints
	for i := range payments {
		pay := &payments[i]
		if pay.Status != harang.PaymentSucceeded {
			continue
		}
		exact := min(sum, pay.Amount-pay.Refunded-pending[pay.ID])
		f := harang.Refund{PaymentID: pay.ID, Method: pay.Method, Amount: exact}
		if pay.Method == harang.PaymentCash {
			lastCash = pay
			f.Amount = min(cashBack(*r, exact, exact == sum), pay.Amount-pay.Refunded)
			f.Rounding = exact - f.Amount
		}
		if f.Amount > 0 {
			decided = append(decided, f)
			sum -= exact
		}
	}
	if r.Status != harang.RentalCancelled {
		rounded = sum // not worth a coin
	}
	if rounded != 0 && lastCash != nil {
		at := slices.IndexFunc(decided, func(f harang.Refund) bool { return f.PaymentID == lastCash.ID })
		if at < 0 {
			at = len(decided)
			decided = append(decided, harang.Refund{PaymentID: lastCash.ID, Method: harang.PaymentCash})
		}
		decided[at].Rounding += rounded
	}
	for _, f := range decided {
		if err := s.createRefund(ctx, tx, caller, r, f); err != nil {
			return err
		}
	}
	return nil
}

// cashBack is what is handed back in cash for a sum. The last part of a refund is rounded
// together with what the rental's cash was rounded by before: rounding each refund by
// itself would keep up to 2 forints of every part of a return.
func cashBack(r harang.Rental, sum int64, last bool) int64 {
	if sum > 0 && last && r.Status != harang.RentalCancelled {
		sum = max(0, sum+r.Rounding)
	}
	return harang.CashAmount(sum)
}

// createRefund stores a refund of a payment of a locked rental; cash is given back by
// that, and counted.
func (s *service) createRefund(
	ctx context.Context, tx Tx, caller harang.Identity, r *harang.Rental, f harang.Refund,
) error {
	f.ID, f.Created, f.By = s.newID(), s.now(), person(caller)
	f.Tenant, f.RentalID, f.LocationID = r.Tenant, r.ID, r.LocationID
	f.PartnerID, f.PartnerName = r.PartnerID, r.PartnerName
	if f.Method == harang.PaymentCard && f.Status != harang.RefundSucceeded {
		f.Status, f.CheckAt = harang.RefundPending, f.Created
		r.RefundPending += f.Amount
		return tx.CreateRefund(ctx, f)
	}
	f.Status, f.Settled = harang.RefundSucceeded, f.Created
	if err := tx.CreateRefund(ctx, f); err != nil {
		return err
	}
	pay, err := tx.LockPayment(ctx, r.Tenant, f.PaymentID)
	if err != nil {
		return err
	}
	countRefund(r, &pay, f)
	return tx.UpdatePayment(ctx, pay)
}

// countRefund adds a refund that succeeded to the sums of its rental and payment.
func countRefund(r *harang.Rental, pay *harang.Payment, f harang.Refund) {
	r.Paid -= f.Amount
	r.Refunded += f.Amount
	r.Rounding += f.Rounding
	pay.Refunded += f.Amount
	if pay.Refunded >= pay.Amount {
		pay.Status = harang.PaymentReversed
	}
}

// recordReversal counts that the provider has given back all of a locked payment, by our
// refunds or not, which it says without being asked for one.
func (s *service) recordReversal(ctx context.Context, tx Tx, r *harang.Rental, pay *harang.Payment) error {
	refunds, err := tx.FindRentalRefunds(ctx, r.Tenant, r.ID)
	if err != nil {
		return err
	}
	now := s.now()
	for _, f := range refunds {
		if f.PaymentID != pay.ID || f.Status == harang.RefundSucceeded {
			continue
		}
		if f, err = tx.LockRefund(ctx, f.Tenant, f.ID); err != nil {
			return err
		}
		if err := settleRefund(ctx, tx, r, pay, f, now); err != nil {
			return err
		}
	}
	rest := harang.Refund{
		ID: s.newID(), Tenant: r.Tenant, RentalID: r.ID, PaymentID: pay.ID, PartnerID: r.PartnerID,
		PartnerName: r.PartnerName, LocationID: r.LocationID, Amount: pay.Amount - pay.Refunded, Method: pay.Method,
		Status: harang.RefundSucceeded, By: person(system(r.Tenant)), Created: now, Settled: now,
	}
	if rest.Amount == 0 {
		return nil
	}
	countRefund(r, pay, rest)
	return tx.CreateRefund(ctx, rest)
}

// settleRefund counts a locked refund that has succeeded.
func settleRefund(
	ctx context.Context, tx Tx, r *harang.Rental, pay *harang.Payment, f harang.Refund, at time.Time,
) error {
	f.Status, f.Settled, f.CheckAt, f.ErrorCode, f.ErrorMessage = harang.RefundSucceeded, at, time.Time{}, "", ""
	r.RefundPending -= f.Amount
	countRefund(r, pay, f)
	return tx.UpdateRefund(ctx, f)
}

// replaceRefundDue stores a refund of a payment that a node of version 0.1.0 has marked
// for one.
func (p *Payments) replaceRefundDue(ctx context.Context, marked harang.Payment) error {
	return p.store.Within(ctx, func(tx Tx) error {
		rental, err := tx.LockRental(ctx, marked.Tenant, marked.RentalID)
		if err != nil {
			return err
		}
		pay, err := tx.LockPayment(ctx, marked.Tenant, marked.ID)
		if err != nil {
			return err
		}
		pay.RefundDue, pay.CheckAt = false, time.Time{}
		if err := tx.UpdatePayment(ctx, pay); err != nil {
			return err
		}
		refunds, err := tx.FindRentalRefunds(ctx, rental.Tenant, rental.ID)
		if err != nil {
			return err
		}
		rest := pay.Amount - pay.Refunded
		for _, f := range refunds {
			if f.PaymentID == pay.ID && f.Status != harang.RefundSucceeded {
				rest -= f.Amount
			}
		}
		if pay.Status != harang.PaymentSucceeded || rest <= 0 {
			return nil
		}
		refund := harang.Refund{PaymentID: pay.ID, Method: pay.Method, Amount: rest}
		if err := p.createRefund(ctx, tx, system(rental.Tenant), &rental, refund); err != nil {
			return err
		}
		return tx.UpdateRental(ctx, rental)
	})
}

// makeRefund asks the provider for a refund and writes the answer. A provider that does
// not answer, or refuses, is no error: the refund says it.
func (p *Payments) makeRefund(ctx context.Context, f harang.Refund, limit time.Duration) error {
	ctx = context.WithoutCancel(ctx)
	pay, err := p.store.FindPayment(ctx, f.Tenant, f.PaymentID)
	if err != nil {
		return err
	}
	_, provider, err := p.providers.FindProvider(ctx, f.Tenant, pay.Provider)
	if err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	got, err := callWithin(limited, provider.Refund, ChargeRefund{Charge: chargeOf(pay), ID: f.ID, Sum: f.Amount})
	p.logProvider(ctx, "refund", pay, got, err)
	return p.store.Within(ctx, func(tx Tx) error {
		rental, err := tx.LockRental(ctx, f.Tenant, f.RentalID)
		if err != nil {
			return err
		}
		pay, err := tx.LockPayment(ctx, f.Tenant, f.PaymentID)
		if err != nil {
			return err
		}
		f, err := tx.LockRefund(ctx, f.Tenant, f.ID)
		if err != nil || f.Status == harang.RefundSucceeded {
			return err
		}
		if got.Reference != "" {
			pay.Reference = got.Reference
		}
		if got.Status == harang.PaymentReversed {
			if err := settleRefund(ctx, tx, &rental, &pay, f, p.now()); err != nil {
				return err
			}
			if err := tx.UpdatePayment(ctx, pay); err != nil {
				return err
			}
			return tx.UpdateRental(ctx, rental)
		}
		if got.Status == harang.PaymentDeclined {
			f.Status = harang.RefundFailed
		}
		f.ErrorCode = cmp.Or(got.ErrorCode, harang.TimeoutCode(pay.Provider))
		f.ErrorMessage = harang.PaymentAdvice(harang.Hungarian, f.ErrorCode, got.Message).Meaning
		return tx.UpdateRefund(ctx, f)
	})
}

// Refunds returns a part of the refunds, newest first.
func (p *Payments) Refunds(
	ctx context.Context, caller harang.Identity, q harang.RefundQuery,
) (harang.Page[harang.Refund], error) {
	var none harang.Page[harang.Refund]
	if err := caller.Can(harang.ActionReadPayments); err != nil {
		return none, err
	}
	var err error
	if q.Limit, err = page(q.Limit); err != nil {
		return none, err
	}
	return p.store.FindRefunds(ctx, caller.Tenant, q)
}

// RetryRefund asks the provider now for a refund that did not succeed yet, and returns
// the refund; it may still be PENDING or FAILED. NOT_FOUND.
func (p *Payments) RetryRefund(ctx context.Context, caller harang.Identity, id string) (harang.Refund, error) {
	if err := caller.Can(harang.ActionPay); err != nil {
		return harang.Refund{}, err
	}
	f, err := p.store.FindRefund(ctx, caller.Tenant, id)
	if err != nil {
		return f, notFound(err, "there is no such refund")
	}
	if f.Status == harang.RefundSucceeded {
		return f, nil
	}
	if err := p.makeRefund(ctx, f, ChargeTimeout); err != nil {
		return f, err
	}
	return p.store.FindRefund(ctx, caller.Tenant, id)
}
