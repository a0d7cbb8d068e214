package store

import (
	"cmp"
	"context"
	"slices"

	"harang.dev/harang"
	"harang.dev/harang/internal/ingest"
)

var (
	// Texts have 4,096 characters at most and data has 65,536 bytes, more than any valid event, or it is left out:
	// whoever may insert here must not fill the memory of a node, and half a name could not be erased. SQLite's ||
	// makes text of bytes.
	takeInbox = define("take inbox", `
		DELETE FROM event_inbox WHERE (tenant_id, source, id) IN (
			SELECT tenant_id, source, id FROM event_inbox WHERE refused_at IS NULL AND tenant_id = $1
			ORDER BY queued_at, source, id LIMIT $2)
		RETURNING substr(tenant_id || '', 1, 4096), substr(source || '', 1, 4096), substr(id || '', 1, 4096),
			substr(type || '', 1, 4096), CASE WHEN octet_length(data) <= 65536 THEN data || '' ELSE '' END,
			octet_length(data), CAST(queued_at AS BIGINT)`)
	// On SQLite, keys that differ as text and bytes become the same text here. A waiting row keeps its own.
	refuseInbox = define("refuse inbox", `
		INSERT INTO event_inbox (tenant_id, source, id, type, data, queued_at, refused_at, problem)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (tenant_id, source, id) DO UPDATE SET type = excluded.type, data = excluded.data,
			queued_at = excluded.queued_at, refused_at = excluded.refused_at, problem = excluded.problem
		WHERE event_inbox.refused_at IS NOT NULL`)
	findFirstQueued = define("find first tenant with queued events", `
		SELECT tenant_id FROM event_inbox WHERE refused_at IS NULL AND tenant_id >= '' ORDER BY tenant_id LIMIT 1`)
	findNextQueued = define("find next tenant with queued events", `
		SELECT tenant_id FROM event_inbox WHERE refused_at IS NULL AND tenant_id > $1 ORDER BY tenant_id LIMIT 1`)
)

// inboxTurn is how many rows of one tenant are taken before another's turn.
const inboxTurn = 25

type queued struct {
	ingest.Queued
	at int64
}

// inboxKey is a tenant_id of the inbox as the database has it, a string or, from a program that bound bytes on SQLite,
// a []byte: the two are different keys. Nil is before all of them.
type inboxKey = any

func scanInboxKey(r row) (key inboxKey, err error) {
	err = r.Scan(&key)
	if bytes, ok := key.([]byte); ok && bytes == nil {
		key = []byte{} // nil would be NULL in the next query
	}
	return key, err
}

// findQueuedTenant returns the first tenant after a key that has queued events. NOT_FOUND when there is none.
func findQueuedTenant(ctx context.Context, r runner, after inboxKey) (inboxKey, error) {
	if after == nil {
		return queryOne(ctx, r, findFirstQueued, scanInboxKey)
	}
	return queryOne(ctx, r, findNextQueued, scanInboxKey, after)
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
// that had one, or nil at the end of the round. NOT_FOUND when nothing is queued.
func (s *Store) findTurn(ctx context.Context) (inboxKey, error) {
	if after := s.inboxTurn.Load(); after != nil && *after != nil {
		_, err := findQueuedTenant(ctx, s.reader(), *after)
		if exists, err := found(err); err != nil || exists {
			return *after, err
		}
		s.inboxTurn.Store(new(inboxKey))
	}
	_, err := findQueuedTenant(ctx, s.reader(), nil)
	return nil, err
}

// inboxTake is one transaction of TakeInbox.
type inboxTake struct {
	store    *Store
	tx       *Tx
	validate func(ingest.Queued) (harang.Event, string)
	after    inboxKey // the tenant that had the last turn
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
func (t *inboxTake) next(ctx context.Context) (tenant inboxKey, exists bool, err error) {
	tenant, err = findQueuedTenant(ctx, t.tx, t.after)
	exists, err = found(err)
	return tenant, exists, err
}

// turn takes at most limit rows of a tenant and returns how many.
func (t *inboxTake) turn(ctx context.Context, tenant inboxKey, limit int) (int, error) {
	rows, err := queryAll(ctx, t.tx, takeInbox, func(r row) (q queued, err error) {
		err = r.Scan(&q.Tenant, &q.Source, &q.ID, &q.Type, &q.Data, &q.Size, &q.at)
		return q, err
	}, tenant, limit)
	if err != nil {
		return 0, err
	}
	slices.SortFunc(rows, func(a, b queued) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.Source, b.Source), cmp.Compare(a.ID, b.ID))
	})
	if len(rows) == 0 { // another node took them
		return 0, nil
	}
	_, err = queryOne(ctx, t.tx, findHeads, scanHeads, rows[0].Tenant)
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
