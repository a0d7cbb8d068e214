package shop

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"harang.dev/harang"
)

// TestCallWithin_ContextIgnored: a call that ignores its context is abandoned a
// second after its deadline, and the payment stays pending.
func TestCallWithin_ContextIgnored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		ctx, cancel := context.WithTimeout(t.Context(), ChargeTimeout)
		defer cancel()
		began := time.Now()
		s, err := callWithin(ctx, func(context.Context, Charge) (Settlement, error) {
			<-release
			return Settlement{Status: harang.PaymentSucceeded}, nil
		}, Charge{})
		if took := time.Since(began); took != ChargeTimeout+grace || took+FindTimeout+grace >= 15*time.Second {
			t.Errorf("the call took %v", took)
		}
		if s.Status != harang.PaymentPending || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%+v, %v", s, err)
		}
		close(release)
		synctest.Wait() // the call ends
	})
}

// TestCallWithin_ContextObeyed: a call that returns at its deadline sets the
// error code.
func TestCallWithin_ContextObeyed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), ChargeTimeout)
		defer cancel()
		began := time.Now()
		s, err := callWithin(ctx, func(ctx context.Context, _ Charge) (Settlement, error) {
			<-ctx.Done()
			return Settlement{Status: harang.PaymentPending, ErrorCode: "ipc:timeout"}, ctx.Err()
		}, Charge{})
		if s.ErrorCode != "ipc:timeout" || err == nil || time.Since(began) != ChargeTimeout {
			t.Errorf("%+v, %v after %v", s, err, time.Since(began))
		}
	})
}

func TestPauseAfter(t *testing.T) {
	for checks, want := range map[int64]time.Duration{
		0: 30 * time.Second, 1: time.Minute, 4: 8 * time.Minute, 9: 256 * time.Minute,
		10: 6 * time.Hour, 16: 6 * time.Hour, 1000: 6 * time.Hour,
	} {
		if got := pauseAfter(checks); got != want {
			t.Errorf("after %d checks %v, want %v", checks, got, want)
		}
	}
}

// countingStore counts the housekeeper's rounds and fails them.
type countingStore struct {
	Store
	rounds int
}

var errUnavailable = errors.New("the database is unavailable")

func (s *countingStore) MarkOverdue(context.Context, time.Time, int) (int64, error) {
	s.rounds++
	return 0, errUnavailable
}

func (s *countingStore) FindDueErasures(context.Context, time.Time, int) ([]harang.Erasure, error) {
	return nil, errUnavailable
}

func (s *countingStore) FindOpenPayments(context.Context, time.Time, []string, int) ([]harang.Payment, error) {
	return nil, errUnavailable
}

func (s *countingStore) FindDueRefunds(context.Context, time.Time, []string, int) ([]harang.Refund, error) {
	return nil, errUnavailable
}

func (s *countingStore) FindUnpaidRentals(context.Context, time.Time, []string, int) ([]harang.Rental, error) {
	return nil, errUnavailable
}

func (s *countingStore) SweepNotices(context.Context, time.Time, int) (int64, error) {
	return 0, errUnavailable
}

func (s *countingStore) SweepRequests(context.Context, time.Time, int) (int64, error) {
	return 0, errUnavailable
}

func (s *countingStore) RecheckPendingCards(context.Context, time.Time) error { return errUnavailable }

func (s *countingStore) EraseContacts(context.Context) error { return errUnavailable }

// TestHousekeeper_Run: a round every five seconds, failures included, until
// the context ends.
func TestHousekeeper_Run(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &countingStore{}
		h := New(Options{Store: store}).Housekeeper
		ctx, cancel := context.WithTimeout(t.Context(), 12*time.Second)
		defer cancel()
		if err := h.Run(ctx); err != nil {
			t.Errorf("Run returned %v", err)
		}
		if store.rounds != 3 {
			t.Errorf("%d rounds in 12 seconds", store.rounds)
		}
		if err := h.Round(t.Context()); !errors.Is(err, errUnavailable) {
			t.Errorf("a failing round returned %v", err)
		}
	})
}

func TestOutcome(t *testing.T) {
	for status, want := range map[harang.PaymentStatus]harang.Code{
		harang.PaymentSucceeded: "", harang.PaymentPending: harang.CodePaymentTimeout,
		harang.PaymentDeclined: harang.CodePaymentDeclined, harang.PaymentReversed: harang.CodeConflict,
	} {
		if got := harang.ErrorCode(outcome(harang.Payment{Status: status})); got != want {
			t.Errorf("%s: %s, want %s", status, got, want)
		}
	}
}
