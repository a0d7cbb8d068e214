package shop

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"harang.dev/harang"
)

// The schedule and limits of the housekeeper.
const (
	// housekeepingEvery is the time between two rounds.
	housekeepingEvery = 5 * time.Second
	// sweepEvery is the time between two sweeps of old rows.
	sweepEvery = time.Hour
	// roundLimit is how many rows one round handles of each kind.
	roundLimit = 100
	// checksAtOnce is how many payments are checked concurrently.
	checksAtOnce = 8
	// noticeRetention is how long notifications of providers are remembered.
	noticeRetention = 30 * 24 * time.Hour
)

// Housekeeper does the periodic work: it marks overdue rentals, cancels unpaid
// ones, asks providers for the outcome of pending payments, makes due refunds,
// and deletes old keys. Several nodes may run one each at the same time.
type Housekeeper struct {
	*service
	rentals  *Rentals
	payments *Payments

	mu    sync.Mutex // guards swept
	swept time.Time
}

// Run makes a round every few seconds until ctx ends, and returns nil then.
// Failures are logged and retried in a later round.
func (h *Housekeeper) Run(ctx context.Context) error {
	ticker := time.NewTicker(housekeepingEvery)
	defer ticker.Stop()
	for {
		if err := h.Round(ctx); err != nil && ctx.Err() == nil {
			h.log.ErrorContext(ctx, "housekeeping failed; retrying", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// Round does everything that is due now.
func (h *Housekeeper) Round(ctx context.Context) error {
	now := h.now()
	errs := []error{
		h.markOverdue(ctx, now), h.makeRefunds(ctx, now), h.checkPayments(ctx, now), h.expireUnpaid(ctx, now),
	}
	if h.sweepDue(now) {
		errs = append(errs, h.sweep(ctx, now))
	}
	return errors.Join(errs...)
}

// sweepDue reports whether a sweep is due, and if so counts it as done.
func (h *Housekeeper) sweepDue(now time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if now.Sub(h.swept) < sweepEvery {
		return false
	}
	h.swept = now
	return true
}

func (h *Housekeeper) markOverdue(ctx context.Context, now time.Time) error {
	_, err := h.store.MarkOverdue(ctx, now, roundLimit)
	return err
}

func (h *Housekeeper) expireUnpaid(ctx context.Context, now time.Time) error {
	unpaid, err := h.store.FindUnpaidRentals(ctx, now.Add(-harang.RentalPaymentWindow), roundLimit)
	errs := []error{err}
	for _, r := range unpaid {
		if err := h.rentals.expire(ctx, r); err != nil && !errors.Is(err, errCharging) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// checkPayments checks several payments concurrently, so that a provider that
// hangs does not delay the others.
func (h *Housekeeper) checkPayments(ctx context.Context, now time.Time) error {
	due, err := h.store.FindOpenPayments(ctx, now, roundLimit)
	return errors.Join(err, concurrently(due, func(pay harang.Payment) error {
		// The node that moves the check on makes it.
		mine, err := h.store.DeferPayment(ctx, pay, now.Add(pauseAfter(pay.Checks)))
		if err != nil || !mine {
			return err
		}
		return h.payments.check(ctx, pay, ChargeTimeout)
	}))
}

func (h *Housekeeper) makeRefunds(ctx context.Context, now time.Time) error {
	due, err := h.store.FindDueRefunds(ctx, now, roundLimit)
	return errors.Join(err, concurrently(due, func(f harang.Refund) error {
		// The node that moves the try on makes it.
		mine, err := h.store.DeferRefund(ctx, f, now.Add(pauseAfter(f.Checks)))
		if err != nil || !mine {
			return err
		}
		return h.payments.makeRefund(ctx, f, ChargeTimeout)
	}))
}

// concurrently calls fn with each item, checksAtOnce at a time.
func concurrently[T any](items []T, fn func(T) error) error {
	errs := make([]error, len(items))
	var group errgroup.Group
	group.SetLimit(checksAtOnce)
	for i, item := range items {
		group.Go(func() error {
			errs[i] = fn(item)
			return nil
		})
	}
	_ = group.Wait() // the errors are in errs
	return errors.Join(errs...)
}

// pauseAfter is the time until the next check, after a number of checks.
func pauseAfter(checks int64) time.Duration {
	if checks > 16 {
		return lastCheck
	}
	return min(firstCheck<<checks, lastCheck)
}

func (h *Housekeeper) sweep(ctx context.Context, now time.Time) error {
	all := func(sweep func(context.Context, time.Time, int) (int64, error), before time.Time) error {
		for {
			if n, err := sweep(ctx, before, roundLimit); err != nil || n < roundLimit {
				return err
			}
		}
	}
	return errors.Join(
		all(h.store.SweepRequests, now.Add(-RequestRetention)),
		all(h.store.SweepNotices, now.Add(-noticeRetention)),
		// A node of version 0.1.0 settles payments without their cards.
		h.store.RecheckPendingCards(ctx, now),
	)
}
