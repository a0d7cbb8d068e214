package store

import (
	"context"
	"database/sql"
	"time"
)

// Retention of events.
const (
	// EventRetention is how long an event is kept. A sweep does not reset numbers.
	EventRetention = 400 * 24 * time.Hour
	// sweepBatch is how many rows one transaction deletes, so that it is short.
	sweepBatch = 500
)

var (
	sweepEvents = define("sweep events", `
		DELETE FROM events WHERE id IN (
			SELECT id FROM events WHERE tenant_id = $1 AND at < $2 ORDER BY at LIMIT $3)
		RETURNING managers`)

	// A read of a deleted event would be subtracted from the count of the others.
	sweepReads = define("sweep reads", `
		DELETE FROM reads WHERE tenant_id = $1 AND number <= $2 AND NOT EXISTS (
			SELECT 1 FROM events e WHERE e.tenant_id = reads.tenant_id AND e.managers = reads.number)`)

	// A person's last mark is kept, however old.
	sweepReadMarks = define("sweep read marks", `
		DELETE FROM read_marks WHERE tenant_id = $1 AND at < $2 AND up_to < (
			SELECT max(m.up_to) FROM read_marks m
			WHERE m.tenant_id = read_marks.tenant_id AND m.user_id = read_marks.user_id)`)
)

// SweepEvents deletes at most limit of a tenant's events committed before an instant,
// with their claims and reads, and returns how many.
func (s *Store) SweepEvents(ctx context.Context, tenant string, before time.Time, limit int) (int64, error) {
	var removed int64
	err := s.within(ctx, func(tx *Tx) error {
		rows, err := queryAll(ctx, tx, sweepEvents, func(r row) (n sql.NullInt64, err error) {
			err = r.Scan(&n)
			return n, err
		}, tenant, before.UnixMilli(), limit)
		if err != nil {
			return err
		}
		removed = int64(len(rows))
		highest := int64(0)
		for _, n := range rows {
			highest = max(highest, n.Int64)
		}
		if highest > 0 {
			if _, err := execute(ctx, tx, sweepReads, tenant, highest); err != nil {
				return err
			}
		}
		_, err = execute(ctx, tx, sweepReadMarks, tenant, before.UnixMilli())
		return err
	})
	if err != nil {
		return 0, err
	}
	s.metrics.swept.WithLabelValues("events").Add(float64(removed))
	return removed, nil
}

// Sweep deletes every tenant's events that are older than EventRetention, in small
// batches, until none is left or ctx ends, and the probes of nodes that are gone.
func (s *Store) Sweep(ctx context.Context) error {
	if err := s.sweepProbes(ctx); err != nil {
		return err
	}
	before := s.now().Add(-EventRetention)
	for after := ""; ; {
		tenants, err := s.FindTenants(ctx, after, sweepBatch)
		if err != nil || len(tenants) == 0 {
			return err
		}
		for _, t := range tenants {
			for removed := int64(sweepBatch); removed == sweepBatch; {
				if removed, err = s.SweepEvents(ctx, t.ID, before, sweepBatch); err != nil {
					return err
				}
			}
			after = t.ID
		}
	}
}
