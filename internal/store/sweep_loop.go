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

// RunSweeps deletes expired rows, at once and then every ten minutes, until ctx
// ends, and returns nil. Failures are logged and retried with the next sweep.
func (s *Store) RunSweeps(ctx context.Context) error {
	ticker := time.NewTicker(sweepInterval)
	defer ticker.Stop()
	for {
		_, sessions := s.SweepSessions(ctx, s.now().Add(-sessionRetention), sweepBatch)
		if err := errors.Join(sessions, s.Sweep(ctx)); err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "sweep of expired rows failed; retrying", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}
