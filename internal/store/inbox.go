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
			SELECT tenant_id, source, id FROM event_inbox WHERE refused_at IS NULL AND tenant_id = $1
			ORDER BY queued_at, source, id LIMIT $2)
		RETURNING tenant_id, source, id, type, data, CAST(queued_at AS BIGINT)`)
	refuseInbox = define("refuse inbox", `
		INSERT INTO event_inbox (tenant_id, source, id, type, data, queued_at, refused_at, problem)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`)
	findQueued = define("find tenant with queued events", `
		SELECT tenant_id FROM event_inbox WHERE refused_at IS NULL AND tenant_id > $1 ORDER BY tenant_id LIMIT 1`)
)

// inboxTurn is how many rows of one tenant are taken before another's turn.
const inboxTurn = 25

type queued struct {
	ingest.Queued
	at int64
}

// TakeInbox removes events that other applications have queued, at most limit, a
// tenant's oldest first; 0 means that none is left. Tenants take turns, so that a
// tenant's backlog delays no other's events. validate turns each into an event or
// returns the reason for refusing it; it may be called again for the same event and has
// no effects. The transaction that appends an event deletes it from the inbox, so each
// is appended once, however many nodes take. Refused events, and those of an unknown
// tenant, stay with the reason.
func (s *Store) TakeInbox(
	ctx context.Context, limit int, validate func(ingest.Queued) (harang.Event, string),
) (ingest.InboxCounts, error) {
	// The inbox is empty most of the time, and these reads take no lock.
	after, err := s.findTurn(ctx)
	if exists, err := found(err); err != nil || !exists {
		return ingest.InboxCounts{}, err
	}
	var take inboxTake
	err = s.within(ctx, func(tx *Tx) error {
		take = inboxTake{store: s, tx: tx, validate: validate, after: after}
		return take.run(ctx, limit)
	})
	if err != nil {
		return ingest.InboxCounts{}, err
	}
	s.inboxTurn.Store(&take.after)
	for _, r := range take.results {
		if r.Duplicate {
			take.counts.Duplicates++
		} else {
			take.counts.Accepted++
		}
	}
	return take.counts, nil
}

// findTurn returns the tenant after which the next one to have a turn comes: the last
// that had one, or "" at the end of the round. NOT_FOUND when nothing is queued.
func (s *Store) findTurn(ctx context.Context) (string, error) {
	if after := s.inboxTurn.Load(); after != nil && *after != "" {
		_, err := queryOne(ctx, s.reader(), findQueued, scanText, *after)
		if exists, err := found(err); err != nil || exists {
			return *after, err
		}
		s.inboxTurn.Store(new(string))
	}
	_, err := queryOne(ctx, s.reader(), findQueued, scanText, "")
	return "", err
}

// inboxTake is one transaction of TakeInbox.
type inboxTake struct {
	store    *Store
	tx       *Tx
	validate func(ingest.Queued) (harang.Event, string)
	after    string // the tenant that had the last turn
	counts   ingest.InboxCounts
	results  []*ingest.Appended
}

// run gives turns to tenants in the order of their ids, in which all nodes lock rows,
// until limit rows are taken or the round ends. The last tenant of a round takes what is
// left of limit.
func (t *inboxTake) run(ctx context.Context, limit int) error {
	tenant, exists, err := t.next(ctx)
	for err == nil && exists && limit > 0 {
		t.after = tenant
		if tenant, exists, err = t.next(ctx); err != nil {
			return err
		}
		share := limit
		if exists {
			share = min(limit, inboxTurn)
		}
		n, err := t.turn(ctx, t.after, share)
		if err != nil {
			return err
		}
		limit -= n
	}
	return err
}

// next returns the tenant whose turn comes after that of t.after.
func (t *inboxTake) next(ctx context.Context) (tenant string, exists bool, err error) {
	tenant, err = queryOne(ctx, t.tx, findQueued, scanText, t.after)
	exists, err = found(err)
	return tenant, exists, err
}

// turn takes at most limit rows of a tenant and returns how many.
func (t *inboxTake) turn(ctx context.Context, tenant string, limit int) (int, error) {
	rows, err := queryAll(ctx, t.tx, takeInbox, func(r row) (q queued, err error) {
		err = r.Scan(&q.Tenant, &q.Source, &q.ID, &q.Type, &q.Data, &q.at)
		return q, err
	}, tenant, limit)
	if err != nil {
		return 0, err
	}
	slices.SortFunc(rows, func(a, b queued) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.Source, b.Source), cmp.Compare(a.ID, b.ID))
	})
	_, err = queryOne(ctx, t.tx, findHeads, scanHeads, tenant)
	exists, err := found(err)
	if err != nil {
		return 0, err
	}
	for _, q := range rows {
		event, problem := t.validate(q.Queued)
		if !exists {
			problem = "tenant_id: there is no such tenant"
		}
		if problem == "" {
			t.results = append(t.results, t.tx.append(event))
			continue
		}
		t.counts.Refused++
		if _, err := execute(ctx, t.tx, refuseInbox, q.Tenant, q.Source, q.ID, q.Type, q.Data, q.at,
			t.store.nowMillis(), problem); err != nil {
			return 0, err
		}
	}
	return len(rows), nil
}
