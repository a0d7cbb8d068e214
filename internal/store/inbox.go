package store

import (
	"cmp"
	"context"
	"slices"

	"harang.dev/harang"
	"harang.dev/harang/internal/ingest"
)

var (
	takeInbox = define("take inbox", `
		DELETE FROM event_inbox WHERE (tenant_id, source, id) IN (
			SELECT tenant_id, source, id FROM event_inbox WHERE refused_at IS NULL
			ORDER BY queued_at, source, id LIMIT $1)
		RETURNING tenant_id, source, id, type, data, CAST(queued_at AS BIGINT)`)
	refuseInbox = define("refuse inbox", `
		INSERT INTO event_inbox (tenant_id, source, id, type, data, queued_at, refused_at, problem)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`)
	findQueued = define("find queued event", `
		SELECT id FROM event_inbox WHERE refused_at IS NULL ORDER BY queued_at LIMIT 1`)
)

type queued struct {
	ingest.Queued
	at int64
}

// TakeInbox removes events that other applications have queued, at most limit,
// oldest first. validate turns each into an event or returns the reason for
// refusing it; it may be called again for the same event and has no effects.
// The transaction that appends an event deletes it from the inbox, so each is
// appended once, however many nodes take. Refused events, and those of an
// unknown tenant, stay with the reason.
func (s *Store) TakeInbox(
	ctx context.Context, limit int, validate func(ingest.Queued) (harang.Event, string),
) (ingest.InboxCounts, error) {
	// The inbox is empty most of the time, and this read takes no lock.
	_, err := queryOne(ctx, s.reader(), findQueued, scanText)
	if exists, err := found(err); err != nil || !exists {
		return ingest.InboxCounts{}, err
	}
	var counts ingest.InboxCounts
	var results []*ingest.Appended
	err = s.within(ctx, func(tx *Tx) error {
		counts, results = ingest.InboxCounts{}, nil
		rows, err := queryAll(ctx, tx, takeInbox, func(r row) (q queued, err error) {
			err = r.Scan(&q.Tenant, &q.Source, &q.ID, &q.Type, &q.Data, &q.at)
			return q, err
		}, limit)
		if err != nil {
			return err
		}
		slices.SortFunc(rows, func(a, b queued) int {
			return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.Source, b.Source), cmp.Compare(a.ID, b.ID))
		})
		tenants := make(map[string]bool)
		for _, q := range rows {
			exists, known := tenants[q.Tenant]
			if !known {
				_, err := queryOne(ctx, tx, findHeads, scanHeads, q.Tenant)
				if exists, err = found(err); err != nil {
					return err
				}
				tenants[q.Tenant] = exists
			}
			event, problem := validate(q.Queued)
			if !exists {
				problem = "tenant_id: there is no such tenant"
			}
			if problem == "" {
				results = append(results, tx.append(event))
				continue
			}
			counts.Refused++
			if _, err := execute(ctx, tx, refuseInbox, q.Tenant, q.Source, q.ID, q.Type, q.Data, q.at, s.nowMillis(),
				problem); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return ingest.InboxCounts{}, err
	}
	for _, r := range results {
		if r.Duplicate {
			counts.Duplicates++
		} else {
			counts.Accepted++
		}
	}
	return counts, nil
}
