package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"slices"

	"harang.dev/harang"
	"harang.dev/harang/internal/ingest"
)

var (
	findRepeat = define("find repeat", `
		SELECT id FROM events WHERE tenant_id = $1 AND source = $2 AND source_id = $3`)

	advanceHeads = define("advance heads", `
		UPDATE heads SET operators = operators + $1, managers = managers + $2, control = control + $3
		WHERE tenant_id = $4 RETURNING tenant_id, epoch, operators, managers, control`)

	insertEvent = define("insert event", `
		INSERT INTO events (id, tenant_id, type, at, data, source, source_id, operators, managers, control)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`)

	entriesAfter = map[harang.Audience]*query{
		harang.AudienceOperators: define("operators entries after", `
			SELECT operators, id, type, at, data FROM events
			WHERE tenant_id = $1 AND operators > $2 ORDER BY operators LIMIT $3`),
		harang.AudienceManagers: define("managers entries after", `
			SELECT managers, id, type, at, data FROM events
			WHERE tenant_id = $1 AND managers > $2 ORDER BY managers LIMIT $3`),
		harang.AudienceControl: define("control entries after", `
			SELECT control, id, type, at, data FROM events
			WHERE tenant_id = $1 AND control > $2 ORDER BY control LIMIT $3`),
	}

	// Numbers have no holes, so the newest n are those above head - n. One
	// statement is one reading on both engines.
	newestEntries = map[harang.Audience]*query{
		harang.AudienceOperators: define("operators newest entries", `
			SELECT h.epoch, h.operators, h.managers, h.control, e.operators, e.id, e.type, e.at, e.data
			FROM heads h LEFT JOIN events e ON e.tenant_id = h.tenant_id AND e.operators > h.operators - $1
			WHERE h.tenant_id = $2 ORDER BY e.operators`),
		harang.AudienceManagers: define("managers newest entries", `
			SELECT h.epoch, h.operators, h.managers, h.control, e.managers, e.id, e.type, e.at, e.data
			FROM heads h LEFT JOIN events e ON e.tenant_id = h.tenant_id AND e.managers > h.managers - $1
			WHERE h.tenant_id = $2 ORDER BY e.managers`),
		harang.AudienceControl: define("control newest entries", `
			SELECT h.epoch, h.operators, h.managers, h.control, e.control, e.id, e.type, e.at, e.data
			FROM heads h LEFT JOIN events e ON e.tenant_id = h.tenant_id AND e.control > h.control - $1
			WHERE h.tenant_id = $2 ORDER BY e.control`),
	}
)

// appendPending writes the transaction's events: repeats dropped first, then
// per tenant, in tenant order, one update of the heads row and the event rows
// with their numbers. It returns what the tenants got that got events.
func (tx *Tx) appendPending(ctx context.Context) ([]harang.Commit, error) {
	if len(tx.pending) == 0 {
		return nil, nil
	}
	fresh, err := tx.dropRepeats(ctx)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(fresh, func(a, b *harang.Event) int { return cmp.Compare(a.Tenant, b.Tenant) })
	var moved []harang.Commit
	for len(fresh) > 0 {
		tenant := fresh[0].Tenant
		n := 1
		for n < len(fresh) && fresh[n].Tenant == tenant {
			n++
		}
		commit, err := tx.appendTenant(ctx, tenant, fresh[:n])
		if err != nil {
			return nil, err
		}
		moved = append(moved, commit)
		fresh = fresh[n:]
	}
	return moved, nil
}

// dropRepeats fills the results and returns the events that are new.
func (tx *Tx) dropRepeats(ctx context.Context) ([]*harang.Event, error) {
	type origin struct{ tenant, source, id string }
	var inside map[origin]string // ids of this transaction's events by origin
	fresh := make([]*harang.Event, 0, len(tx.pending))
	for i := range tx.pending {
		e, result := &tx.pending[i].event, tx.pending[i].result
		if e.Source != "" || e.SourceID != "" {
			key := origin{e.Tenant, e.Source, e.SourceID}
			id, known := inside[key]
			if !known {
				var err error
				id, err = queryOne(ctx, tx, findRepeat, scanText, e.Tenant, e.Source, e.SourceID)
				if known, err = found(err); err != nil {
					return nil, err
				}
			}
			if known {
				*result = ingest.Appended{EventID: id, Duplicate: true}
				continue
			}
			if e.ID == "" {
				e.ID = tx.s.newID()
			}
			if inside == nil {
				inside = map[origin]string{}
			}
			inside[key] = e.ID
		}
		if e.ID == "" {
			e.ID = tx.s.newID()
		}
		*result = ingest.Appended{EventID: e.ID}
		fresh = append(fresh, e)
	}
	return fresh, nil
}

// numbers are an event's places in the three feeds, 0 where it is in none.
type numbers struct{ operators, managers, control int64 }

func (n *numbers) add(t harang.EventType) {
	if t.In(harang.AudienceOperators) {
		n.operators++
	}
	if t.In(harang.AudienceManagers) {
		n.managers++
	}
	if t.In(harang.AudienceControl) {
		n.control++
	}
}

// enter adds the entry to the feeds that its type is in, with these numbers.
func (n *numbers) enter(feeds map[harang.Audience][]harang.Entry, t harang.EventType, entry harang.Entry) {
	for _, place := range [...]struct {
		audience harang.Audience
		number   int64
	}{{harang.AudienceOperators, n.operators}, {harang.AudienceManagers, n.managers}, {harang.AudienceControl, n.control}} {
		if t.In(place.audience) {
			entry.Number = place.number
			feeds[place.audience] = append(feeds[place.audience], entry)
		}
	}
}

// appendTenant numbers and writes the events of one tenant, and returns its
// heads after them and the entries that they became.
func (tx *Tx) appendTenant(ctx context.Context, tenant string, events []*harang.Event) (harang.Commit, error) {
	types := make([]harang.EventType, len(events))
	var count numbers
	for i, e := range events {
		t, ok := harang.FindEventType(e.Type)
		if !ok {
			return harang.Commit{}, harang.Errorf(harang.CodeInternal, "there is no event type %q", e.Type)
		}
		types[i] = t
		count.add(t)
	}
	heads, err := queryOne(ctx, tx, advanceHeads, scanHeads, count.operators, count.managers, count.control, tenant)
	if err != nil {
		return harang.Commit{}, err
	}
	commit := harang.Commit{Heads: heads, Entries: make(map[harang.Audience][]harang.Entry, 3)}
	next := numbers{heads.Operators - count.operators, heads.Managers - count.managers, heads.Control - count.control}
	now := tx.s.now()
	for i, e := range events {
		next.add(types[i])
		if e.Time.IsZero() {
			e.Time = now
		}
		if err := tx.insertEvent(ctx, e, types[i], next); err != nil {
			return harang.Commit{}, err
		}
		next.enter(commit.Entries, types[i], entryOf(0, e.ID, e.Type, e.Time.UnixMilli(), string(e.Data)))
		tx.s.metrics.events.WithLabelValues(e.Type).Inc()
	}
	return commit, nil
}

func (tx *Tx) insertEvent(ctx context.Context, e *harang.Event, t harang.EventType, n numbers) error {
	origin := e.Source != "" || e.SourceID != ""
	_, err := execute(ctx, tx, insertEvent,
		e.ID, e.Tenant, e.Type, e.Time.UnixMilli(), string(e.Data),
		sql.NullString{String: e.Source, Valid: origin}, sql.NullString{String: e.SourceID, Valid: origin},
		sql.NullInt64{Int64: n.operators, Valid: t.In(harang.AudienceOperators)},
		sql.NullInt64{Int64: n.managers, Valid: t.In(harang.AudienceManagers)},
		sql.NullInt64{Int64: n.control, Valid: t.In(harang.AudienceControl)})
	if class, ok := classOf(err); ok && class == ClassRepeat && origin {
		// Another transaction wrote the same origin since dropRepeats looked:
		// run again, and find it.
		return harang.Wrap(harang.CodeUnavailable, &classified{ClassBusy, insertEvent.name, err}, fault[ClassBusy].message)
	}
	return err
}

// entryOf builds the entry of an event row.
func entryOf(number int64, id, typ string, at int64, data string) harang.Entry {
	e := harang.Event{ID: id, Type: typ, Time: fromMillis(at), Data: json.RawMessage(data)}
	return harang.Entry{Number: number, EventID: id, Type: typ, Time: e.Time, Body: e.JSON()}
}

func scanEntry(r row) (harang.Entry, error) {
	var (
		number, at    int64
		id, typ, data string
	)
	if err := r.Scan(&number, &id, &typ, &at, &data); err != nil {
		return harang.Entry{}, err
	}
	return entryOf(number, id, typ, at, data), nil
}

// EntriesAfter returns the entries of a feed above the number after, oldest
// first, at most limit of them.
func (s *Store) EntriesAfter(ctx context.Context, feed harang.FeedID, after int64, limit int) ([]harang.Entry, error) {
	q, ok := entriesAfter[feed.Audience]
	if !ok {
		return nil, harang.Errorf(harang.CodeInternal, "there is no audience %q", feed.Audience)
	}
	return queryAll(ctx, s.reader(), q, scanEntry, feed.Tenant, after, limit)
}

// NewestEntries returns a tenant's heads and the newest entries of one of its
// feeds, oldest first, at most limit of them, in one consistent reading.
// NOT_FOUND when there is no such tenant.
func (s *Store) NewestEntries(ctx context.Context, feed harang.FeedID, limit int) (harang.Heads, []harang.Entry, error) {
	heads := harang.Heads{Tenant: feed.Tenant}
	q, ok := newestEntries[feed.Audience]
	if !ok {
		return heads, nil, harang.Errorf(harang.CodeInternal, "there is no audience %q", feed.Audience)
	}
	rows, err := queryAll(ctx, s.reader(), q, func(r row) (harang.Entry, error) {
		var (
			number, at    sql.NullInt64
			id, typ, data sql.NullString
		)
		err := r.Scan(&heads.Epoch, &heads.Operators, &heads.Managers, &heads.Control, &number, &id, &typ, &at, &data)
		if err != nil || !number.Valid {
			return harang.Entry{}, err
		}
		return entryOf(number.Int64, id.String, typ.String, at.Int64, data.String), nil
	}, limit, feed.Tenant)
	if err != nil {
		return heads, nil, err
	}
	if len(rows) == 0 {
		return heads, nil, s.fail(q.name, sql.ErrNoRows)
	}
	if rows[0].Number == 0 {
		rows = nil // the tenant is there, its feed is empty
	}
	return heads, rows, nil
}
