package shop

import (
	"context"
	"errors"
	"sync"
	"time"

	"harang.dev/harang"
)

// The rounds of the housekeeper.
const (
	// housekeepingEvery is the time between two rounds.
	housekeepingEvery = 5 * time.Second
	// sweepEvery is the time between two rounds of forgetting.
	sweepEvery = time.Hour
	// roundLimit is how much one round does of each thing.
	roundLimit = 100
	// checksAtOnce is how many providers are asked at a time.
	checksAtOnce = 8
	// noticeRetention is how long notifications of providers are known.
	noticeRetention = 30 * 24 * time.Hour
)

// Housekeeper does what nobody asks for: it marks overdue rentals, gives the
// pieces of unpaid ones back, asks providers what became of undecided payments,
// sends money back that is due, and forgets old keys. Any number of them may
// run beside each other.
type Housekeeper struct {
	*service
	rentals  *Rentals
	payments *Payments

	mu    sync.Mutex // guards swept
	swept time.Time
}

// Run makes a round every few seconds until ctx ends. What fails is logged and
// tried again in a later round; the error is always ctx's.
func (h *Housekeeper) Run(ctx context.Context) error {
	ticker := time.NewTicker(housekeepingEvery)
	defer ticker.Stop()
	for {
		if err := h.Round(ctx); err != nil && ctx.Err() == nil {
			h.log.ErrorContext(ctx, "housekeeping", "err", err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
}

// Round does once what is due now.
func (h *Housekeeper) Round(ctx context.Context) error {
	now := h.now()
	errs := []error{h.markOverdue(ctx, now), h.checkPayments(ctx, now), h.expireUnpaid(ctx, now)}
	if h.sweepDue(now) {
		errs = append(errs, h.sweep(ctx, now))
	}
	return errors.Join(errs...)
}

// sweepDue reports whether it is time to forget, and then takes the turn.
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

// checkPayments asks several providers at once, so that one that hangs does not
// keep the others waiting.
func (h *Housekeeper) checkPayments(ctx context.Context, now time.Time) error {
	due, err := h.store.FindOpenPayments(ctx, now, roundLimit)
	errs := make([]error, len(due)+1)
	errs[len(due)] = err
	turns := make(chan struct{}, checksAtOnce)
	var wg sync.WaitGroup
	for i, pay := range due {
		turns <- struct{}{}
		wg.Go(func() {
			defer func() { <-turns }()
			// Whoever moves the check on has it; the others look at it next time.
			mine, err := h.store.DeferPayment(ctx, pay, now.Add(pauseAfter(pay.Checks)))
			if err == nil && mine {
				err = h.payments.ask(ctx, pay, ChargeTimeout)
			}
			errs[i] = err
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// pauseAfter is the time until the next question, after so many.
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
	return errors.Join(all(h.store.SweepRequests, now.Add(-RequestRetention)), all(h.store.SweepNotices, now.Add(-noticeRetention)))
}
