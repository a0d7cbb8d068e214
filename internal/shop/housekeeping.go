package shop

import (
	"context"
	"errors"
	"sync"
	"time"

	"harang.dev/harang"
)

// The schedule and limits of the housekeeper.
const (
	// housekeepingEvery is the time between two rounds.
	housekeepingEvery = 5 * time.Second
	// sweepEvery is the time between two sweeps of old rows.
	sweepEvery = time.Hour
	// batch is how many rows one statement marks or deletes.
	batch = 100
	// noticeRetention is how long notifications of providers are remembered.
	noticeRetention = 30 * 24 * time.Hour
)

// Housekeeper does the periodic work: it marks overdue rentals, cancels unpaid
// ones, asks providers for the outcome of pending payments, makes due refunds,
// finishes erasures, and deletes old keys. Several nodes may run one each at the same time. Each kind
// of work goes on beside the others, and in it each tenant's beside the others'.
type Housekeeper struct {
	*service
	rentals  *Rentals
	payments *Payments
	erasures *Erasures
}

// Run starts a round of each kind of work every few seconds until ctx ends, and
// returns nil when the last call to a provider has ended. Failures are logged and
// retried in a later round.
func (h *Housekeeper) Run(ctx context.Context) error {
	report := func(err error) {
		if ctx.Err() == nil {
			h.log.ErrorContext(ctx, "housekeeping failed; retrying", "err", err)
		}
	}
	var kinds sync.WaitGroup
	repeat := func(every time.Duration, wake <-chan struct{}, round func(context.Context) error) {
		kinds.Go(func() {
			ticker := time.NewTicker(every)
			defer ticker.Stop()
			for {
				if err := round(ctx); err != nil {
					report(err)
				}
				select {
				case <-ctx.Done():
					return
				case <-ticker.C:
				case <-wake:
				}
			}
		})
	}
	refunds, checks := newLanes(h.refunds(), report), newLanes(h.checks(), report)
	expiries := newLanes(h.expiries(), report)
	repeat(housekeepingEvery, nil, h.markOverdue)
	repeat(housekeepingEvery, refunds.wake, refunds.start)
	repeat(housekeepingEvery, checks.wake, checks.start)
	repeat(housekeepingEvery, expiries.wake, expiries.start)
	repeat(housekeepingEvery, h.erasures.wake, h.erasures.round)
	repeat(sweepEvery, nil, h.sweep)
	kinds.Wait()
	refunds.running.Wait()
	checks.running.Wait()
	expiries.running.Wait()
	return nil
}

// Round does everything that is due now, sweeps included, and waits for it.
func (h *Housekeeper) Round(ctx context.Context) error {
	return errors.Join(
		h.markOverdue(ctx), finish(ctx, h.refunds()), finish(ctx, h.checks()), finish(ctx, h.expiries()),
		h.erasures.round(ctx), h.sweep(ctx),
	)
}

// finish does what is due of a duty and waits for it. What fails is left.
func finish[T any](ctx context.Context, d duty[T]) error {
	var mu sync.Mutex
	var errs []error
	l := newLanes(d, func(err error) {
		mu.Lock()
		defer mu.Unlock()
		errs = append(errs, err)
	})
	for {
		err := l.start(ctx)
		l.running.Wait()
		select {
		case <-l.wake:
			if err == nil {
				continue
			}
		default:
		}
		return errors.Join(append(errs, err)...)
	}
}

func (h *Housekeeper) markOverdue(ctx context.Context) error {
	now := h.now()
	return inBatches(func() (int64, error) { return h.store.MarkOverdue(ctx, now, batch) })
}

// inBatches repeats a statement until it finds no full batch.
func inBatches(execute func() (int64, error)) error {
	for {
		if n, err := execute(); err != nil || n < batch {
			return err
		}
	}
}

// expiries are rentals whose payment did not come.
func (h *Housekeeper) expiries() duty[harang.Rental] {
	return duty[harang.Rental]{
		find: func(ctx context.Context, without []string, limit int) ([]harang.Rental, error) {
			return h.store.FindUnpaidRentals(ctx, h.now().Add(-harang.RentalPaymentWindow), without, limit)
		},
		tenant: func(r harang.Rental) string { return r.Tenant },
		do:     h.rentals.expire,
	}
}

// checks are payments whose outcome is asked for.
func (h *Housekeeper) checks() duty[harang.Payment] {
	return duty[harang.Payment]{
		find: func(ctx context.Context, without []string, limit int) ([]harang.Payment, error) {
			return h.store.FindOpenPayments(ctx, h.now(), without, limit)
		},
		tenant: func(pay harang.Payment) string { return pay.Tenant },
		do: func(ctx context.Context, pay harang.Payment) error {
			// The node that moves the check on makes it.
			mine, err := h.store.DeferPayment(ctx, pay, h.now().Add(pauseAfter(pay.Checks)))
			if err != nil || !mine {
				return err
			}
			return h.payments.check(ctx, pay, ChargeTimeout)
		},
	}
}

// refunds are those that providers are to make.
func (h *Housekeeper) refunds() duty[harang.Refund] {
	return duty[harang.Refund]{
		find: func(ctx context.Context, without []string, limit int) ([]harang.Refund, error) {
			return h.store.FindDueRefunds(ctx, h.now(), without, limit)
		},
		tenant: func(f harang.Refund) string { return f.Tenant },
		do: func(ctx context.Context, f harang.Refund) error {
			// The node that moves the try on makes it.
			mine, err := h.store.DeferRefund(ctx, f, h.now().Add(pauseAfter(f.Checks)))
			if err != nil || !mine {
				return err
			}
			return h.payments.makeRefund(ctx, f, ChargeTimeout)
		},
	}
}

// pauseAfter is the time until the next check, after a number of checks.
func pauseAfter(checks int64) time.Duration {
	if checks > 16 {
		return lastCheck
	}
	return min(firstCheck<<checks, lastCheck)
}

func (h *Housekeeper) sweep(ctx context.Context) error {
	now := h.now()
	return errors.Join(
		inBatches(func() (int64, error) { return h.store.SweepRequests(ctx, now.Add(-RequestRetention), batch) }),
		inBatches(func() (int64, error) { return h.store.SweepNotices(ctx, now.Add(-noticeRetention), batch) }),
		// A node of version 0.1.0 settles payments without their cards.
		h.store.RecheckPendingCards(ctx, now),
		// It erases partners without their contacts.
		h.store.EraseContacts(ctx),
	)
}
