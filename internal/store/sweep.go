package store

import (
	"context"
	"errors"
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
	findTenantsToSweep = define("find tenants to sweep", `
		SELECT t.id FROM tenants t WHERE t.id > $1
			AND (SELECT e.at FROM events e WHERE e.tenant_id = t.id ORDER BY e.at LIMIT 1) < $2
		ORDER BY t.id LIMIT $3`)

	findOldestEvents = define("find oldest events", `
		SELECT managers, at FROM events WHERE tenant_id = $1 AND managers IS NOT NULL ORDER BY managers LIMIT $2`)

	sweepEvents = define("sweep events", `
		DELETE FROM events WHERE tenant_id = $1 AND managers <= $2`)

	sweepControl = define("sweep control events", `
		DELETE FROM events WHERE managers IS NULL AND id IN (
			SELECT id FROM (
				SELECT id, at FROM events WHERE tenant_id = $1 AND control IS NOT NULL
				ORDER BY control LIMIT $2) AS oldest
			WHERE at < $3)`)

	// A read of a deleted event would be subtracted from the count of the others.
	sweepReads = define("sweep reads", `
		DELETE FROM reads WHERE tenant_id = $1 AND number <= $2`)

	// A mark says when the events below it were read. A person's last mark is kept,
	// however old.
	sweepReadMarks = define("sweep read marks", `
		DELETE FROM read_marks WHERE (tenant_id, user_id, up_to) IN (
			SELECT m.tenant_id, m.user_id, m.up_to FROM read_marks m
			WHERE m.tenant_id = $1 AND m.up_to <= $2 AND m.up_to < (
				SELECT max(o.up_to) FROM read_marks o WHERE o.tenant_id = m.tenant_id AND o.user_id = m.user_id)
			ORDER BY m.up_to LIMIT $3)`)
)

// oldEvent is the number and the commit time of an event.
type oldEvent struct{ number, at int64 }

// SweepEvents deletes a tenant's events committed before an instant, with their
// claims and reads, at most limit of those for people and limit of those for nodes,
// and returns how many. It deletes in the order of the numbers, up to the first event
// that is not so old, so that the numbers of those that remain have no holes.
func (s *Store) SweepEvents(ctx context.Context, tenant string, before time.Time, limit int) (int64, error) {
	var removed int64
	err := s.within(ctx, func(tx *Tx) error {
		oldest, err := queryAll(ctx, tx, findOldestEvents, func(r row) (e oldEvent, err error) {
			err = r.Scan(&e.number, &e.at)
			return e, err
		}, tenant, limit)
		if err != nil {
			return err
		}
		upTo := int64(0)
		for _, e := range oldest {
			if e.at >= before.UnixMilli() {
				break
			}
			upTo = e.number
		}
		if removed, err = execute(ctx, tx, sweepControl, tenant, limit, before.UnixMilli()); err != nil || upTo == 0 {
			return err
		}
		events, err := execute(ctx, tx, sweepEvents, tenant, upTo)
		if err != nil {
			return err
		}
		removed += events
		if _, err := execute(ctx, tx, sweepReads, tenant, upTo); err != nil {
			return err
		}
		_, err = execute(ctx, tx, sweepReadMarks, tenant, upTo, limit)
		return err
	})
	if err != nil {
		return 0, err
	}
	s.metrics.swept.WithLabelValues("events").Add(float64(removed))
	return removed, nil
}

// Sweep deletes every tenant's events that are older than EventRetention and rows of the
// audit log that are older than AuditRetention, in small batches, until none is left or
// ctx ends, and the probes of nodes that are gone.
func (s *Store) Sweep(ctx context.Context) error {
	return errors.Join(s.sweepProbes(ctx), s.sweepAllEvents(ctx), s.sweepAllAudit(ctx))
}

func (s *Store) sweepAllEvents(ctx context.Context) error {
	before := s.now().Add(-EventRetention)
	for after := ""; ; {
		tenants, err := queryAll(ctx, s.reader(), findTenantsToSweep, scanText, after, before.UnixMilli(), sweepBatch)
		if err != nil || len(tenants) == 0 {
			return err
		}
		for _, tenant := range tenants {
			for removed := int64(1); removed > 0; {
				if removed, err = s.SweepEvents(ctx, tenant, before, sweepBatch); err != nil {
					return err
				}
			}
			after = tenant
		}
	}
}
