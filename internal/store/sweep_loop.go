package store

import (
	"context"
	"errors"
	"time"
)

const (
	// sweepInterval is the time between two sweeps.
	sweepInterval = 10 * time.Minute
	// sessionRetention is how long a session is kept after its end.
	sessionRetention = 30 * 24 * time.Hour
)

// RunSweeps deletes expired rows and renews what other versions have written without
// locations or numbers, or with other search keys, at once and then every ten minutes, until ctx
// ends, and returns nil. Failures are logged and retried with the next sweep.
func (s *Store) RunSweeps(ctx context.Context) error {
	ticker := time.NewTicker(sweepInterval)
	defer ticker.Stop()
	for {
		if err := errors.Join(s.sweepAllSessions(ctx), s.Sweep(ctx)); err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "sweep of expired rows failed; retrying", "err", err)
		}
		if _, err := s.UpdateSearchKeys(ctx); err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "renewal of search keys failed; retrying", "err", err)
		}
		if _, err := s.UpdateEventLocations(ctx); err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "location update of events failed; retrying", "err", err)
		}
		if _, err := s.UpdateRentalNumbers(ctx); err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "numbering of rentals failed; retrying", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// sweepAllSessions deletes the sessions and tokens that ended sessionRetention ago.
func (s *Store) sweepAllSessions(ctx context.Context) error {
	for {
		n, err := s.SweepSessions(ctx, s.now().Add(-sessionRetention), sweepBatch)
		if err != nil || n < sweepBatch {
			return err
		}
	}
}
