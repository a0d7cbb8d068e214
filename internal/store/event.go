package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"slices"
	"strings"

	"harang.dev/harang"
	"harang.dev/harang/internal/ingest"
	"harang.dev/harang/internal/outbox"
)

var (
	findDuplicate = define("find duplicate", `
		SELECT id FROM events WHERE tenant_id = $1 AND source = $2 AND source_id = $3`)

	findDuplicates = define("find duplicates", duplicatesOf(sourcesBatch))

	advanceHeads = define("advance heads", `
		UPDATE heads SET `+audienceColumns(func(column string, i int) string {
		return column + ` = ` + column + ` + ` + parameters(i+1, 1)
	})+` WHERE tenant_id = `+parameters(len(audiences)+1, 1)+` RETURNING tenant_id, epoch, `+numberColumns(""))

	insertEvent = define("insert event", insertEvents(1))
	// insertBatches insert many events with one statement, as many as insertSizes says.
	insertBatches = [len(insertSizes)]*query{
		define("insert many events", insertEvents(insertSizes[0])),
		define("insert some events", insertEvents(insertSizes[1])),
	}

	entriesAfter = queryByAudience("entries after", func(column string) string {
		return `
			SELECT ` + column + `, id, type, at, data FROM events
			WHERE tenant_id = $1 AND ` + column + ` > $2 ORDER BY ` + column + ` LIMIT $3`
	})

	// One statement reads one snapshot on both engines. The newest entries are a
	// subquery with a limit, which PostgreSQL cannot turn into a join that reads all.
	newestEntries = queryByAudience("newest entries", func(column string) string {
		return `
			SELECT h.tenant_id, h.epoch, ` + numberColumns("h.") + `, e.number, e.id, e.type, e.at, e.data
			FROM heads h LEFT JOIN (
				SELECT tenant_id, ` + column + ` AS number, id, type, at, data FROM events
				WHERE tenant_id = $1 AND ` + column + ` IS NOT NULL ORDER BY ` + column + ` DESC LIMIT $2
			) AS e ON e.tenant_id = h.tenant_id
			WHERE h.tenant_id = $1 ORDER BY e.number`
	})
)

// sourcesBatch is how many origins a statement looks up.
const sourcesBatch = 50

// duplicatesOf is the text that finds the events of n origins. One part for each: with a list PostgreSQL may read all
// events of a source.
func duplicatesOf(n int) string {
	parts := make([]string, n)
	for i := range parts {
		source, id := parameters(2+2*i, 1), parameters(3+2*i, 1)
		parts[i] = `
		SELECT source, source_id, id FROM events
		WHERE tenant_id = $1 AND source = ` + source + ` AND source_id = ` + id
	}
	return strings.Join(parts, " UNION ALL")
}

// insertSizes are how many events insertBatches insert.
var insertSizes = [...]int{16, 4}

// eventColumns is how many parameters an inserted event has.
const eventColumns = 8 + harang.AudienceCount

// insertEvents is the text that inserts n events.
func insertEvents(n int) string {
	rows := make([]string, n)
	for i := range rows {
		rows[i] = "(" + parameters(1+i*eventColumns, eventColumns) + ")"
	}
	return `
		INSERT INTO events (id, tenant_id, type, at, data, source, source_id, location_id,
			` + numberColumns("") + `)
		VALUES ` + strings.Join(rows, ", ")
}

// queryByAudience defines one query per audience; text gets the audience's column.
func queryByAudience(name string, text func(column string) string) map[harang.Audience]*query {
	queries := make(map[harang.Audience]*query, len(audiences))
	for _, a := range audiences {
		queries[a] = define(string(a)+" "+name, text(string(a)))
	}
	return queries
}

// appendPending writes the transaction's events: duplicates are dropped first, then
// per tenant, in tenant order, one update of the heads row and the event rows
// with their numbers. It returns a commit for each tenant with new events.
func (tx *Tx) appendPending(ctx context.Context) ([]outbox.Commit, error) {
	if len(tx.pending) == 0 {
		return nil, nil
	}
	fresh, err := tx.dropDuplicates(ctx)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(fresh, func(a, b *harang.Event) int { return cmp.Compare(a.Tenant, b.Tenant) })
	var commits []outbox.Commit
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
		commits = append(commits, commit)
		fresh = fresh[n:]
	}
	return commits, nil
}

// origin is where an event comes from.
type origin struct{ tenant, source, id string }

// originOf returns the origin of an event that has one.
func originOf(e *harang.Event) (origin, bool) {
	return origin{e.Tenant, e.Source, e.SourceID}, e.Source != "" || e.SourceID != ""
}

// findStored returns the ids of the stored events that have the origin of a pending one.
func (tx *Tx) findStored(ctx context.Context) (map[origin]string, error) {
	asked := map[string][]origin{} // by tenant
	for i := range tx.pending {
		if o, ok := originOf(&tx.pending[i].event); ok {
			asked[o.tenant] = append(asked[o.tenant], o)
		}
	}
	stored := map[origin]string{}
	for tenant, origins := range asked {
		for batch := range slices.Chunk(origins, sourcesBatch) {
			args := append(make([]any, 0, 1+2*sourcesBatch), tenant)
			for i := range sourcesBatch {
				o := batch[min(i, len(batch)-1)] // the last one fills the batch
				args = append(args, o.source, o.id)
			}
			if _, err := queryAll(ctx, tx, findDuplicates, func(r row) (none struct{}, err error) {
				o := origin{tenant: tenant}
				var id string
				err = r.Scan(&o.source, &o.id, &id)
				stored[o] = id
				return none, err
			}, args...); err != nil {
				return nil, err
			}
		}
	}
	return stored, nil
}

// dropDuplicates fills the results and returns the events that are to be written.
func (tx *Tx) dropDuplicates(ctx context.Context) ([]*harang.Event, error) {
	origins := 0
	for i := range tx.pending {
		if _, ok := originOf(&tx.pending[i].event); ok {
			origins++
		}
	}
	var stored map[origin]string // of several
	if origins > 1 {
		var err error
		if stored, err = tx.findStored(ctx); err != nil {
			return nil, err
		}
	}
	var own map[origin]string // ids of this transaction's events by origin
	fresh := make([]*harang.Event, 0, len(tx.pending))
	for i := range tx.pending {
		e, result := &tx.pending[i].event, tx.pending[i].result
		if key, ok := originOf(e); ok {
			id, known := own[key]
			if !known && origins > 1 {
				id, known = stored[key]
			} else if !known {
				var err error
				id, err = queryOne(ctx, tx, findDuplicate, scanText, e.Tenant, e.Source, e.SourceID)
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
			if own == nil {
				own = map[origin]string{}
			}
			own[key] = e.ID
		}
		if e.ID == "" {
			e.ID = tx.s.newID()
		}
		*result = ingest.Appended{EventID: e.ID}
		fresh = append(fresh, e)
	}
	return fresh, nil
}

// advance adds 1 for each audience of the type.
func advance(n *outbox.Numbers, t harang.EventType) {
	for _, a := range t.Audiences {
		n.Advance(a, 1)
	}
}

// appendTenant numbers and writes the events of one tenant, and returns their
// entries with the heads after them.
func (tx *Tx) appendTenant(ctx context.Context, tenant string, events []*harang.Event) (outbox.Commit, error) {
	types := make([]harang.EventType, len(events))
	var count outbox.Numbers
	for i, e := range events {
		t, ok := harang.FindEventType(e.Type)
		if !ok {
			return outbox.Commit{}, harang.Errorf(harang.CodeInternal, "there is no event type %q", e.Type)
		}
		types[i] = t
		advance(&count, t)
	}
	if err := tx.setLocations(ctx, tenant, events); err != nil {
		return outbox.Commit{}, err
	}
	args := make([]any, 0, len(audiences)+1)
	for _, n := range count {
		args = append(args, n)
	}
	heads, err := queryOne(ctx, tx, advanceHeads, scanHeads, append(args, tenant)...)
	if err != nil {
		return outbox.Commit{}, err
	}
	commit := outbox.Commit{Heads: heads, Entries: make(map[harang.Audience][]outbox.Entry, len(audiences))}
	next := heads.Numbers
	for i, n := range count {
		next[i] -= n
	}
	now := tx.s.now()
	rows, origins := make([]any, 0, len(events)*eventColumns), false
	for i, e := range events {
		advance(&next, types[i])
		if e.Time.IsZero() {
			e.Time = now
		}
		_, has := originOf(e)
		origins = origins || has
		rows = appendEvent(rows, e, types[i], next)
		entry := entryOf(0, e.ID, e.Type, e.Time.UnixMilli(), string(e.Data))
		for _, a := range types[i].Audiences {
			entry.Number = next.Number(a)
			commit.Entries[a] = append(commit.Entries[a], entry)
		}
	}
	if err := tx.insertEvents(ctx, rows, origins); err != nil {
		return outbox.Commit{}, err
	}
	for _, e := range events {
		tx.s.metrics.events.WithLabelValues(e.Type).Inc()
	}
	return commit, nil
}

// appendEvent appends the parameters of an inserted event.
func appendEvent(args []any, e *harang.Event, t harang.EventType, n outbox.Numbers) []any {
	_, origin := originOf(e)
	args = append(args, e.ID, e.Tenant, e.Type, e.Time.UnixMilli(), string(e.Data),
		sql.NullString{String: e.Source, Valid: origin}, sql.NullString{String: e.SourceID, Valid: origin},
		sql.NullString{String: e.LocationID, Valid: !t.Control()})
	for i, a := range audiences {
		args = append(args, sql.NullInt64{Int64: n[i], Valid: t.In(a)})
	}
	return args
}

// insertEvents inserts events by their parameters; origins says whether some have an origin.
func (tx *Tx) insertEvents(ctx context.Context, args []any, origins bool) error {
	for len(args) > 0 {
		q, n := insertEvent, eventColumns
		for i, size := range insertSizes {
			if len(args) >= size*eventColumns {
				q, n = insertBatches[i], size*eventColumns
				break
			}
		}
		_, err := execute(ctx, tx, q, args[:n]...)
		if class, ok := classOf(err); ok && class == ClassDuplicate && origins {
			// Another transaction wrote the same origin after dropDuplicates had read.
			// The next try finds it.
			return harang.Wrap(harang.CodeUnavailable, &classified{ClassBusy, q.name, err},
				classErrors[ClassBusy].message)
		}
		if err != nil {
			return err
		}
		args = args[n:]
	}
	return nil
}

// entryOf builds the entry of an event row.
func entryOf(number int64, id, typ string, at int64, data string) outbox.Entry {
	e := harang.Event{ID: id, Type: typ, Time: fromMillis(at), Data: json.RawMessage(data)}
	return outbox.Entry{Number: number, EventID: id, Type: typ, Time: e.Time, Body: e.JSON()}
}

func scanEntry(r row) (outbox.Entry, error) {
	var (
		number, at    int64
		id, typ, data string
	)
	if err := r.Scan(&number, &id, &typ, &at, &data); err != nil {
		return outbox.Entry{}, err
	}
	return entryOf(number, id, typ, at, data), nil
}

// EntriesAfter returns the entries of a feed above the number after, oldest
// first, at most limit of them.
func (s *Store) EntriesAfter(ctx context.Context, feed harang.FeedID, after int64, limit int) ([]outbox.Entry, error) {
	q, ok := entriesAfter[feed.Audience]
	if !ok {
		return nil, harang.Errorf(harang.CodeInternal, "there is no audience %q", feed.Audience)
	}
	return queryAll(ctx, s.reader(), q, scanEntry, feed.Tenant, after, limit)
}

// NewestEntries returns a tenant's heads and the newest entries of one of its
// feeds, oldest first, at most limit of them, of one snapshot.
// NOT_FOUND when there is no such tenant.
func (s *Store) NewestEntries(
	ctx context.Context, feed harang.FeedID, limit int,
) (outbox.Heads, []outbox.Entry, error) {
	var heads outbox.Heads
	q, ok := newestEntries[feed.Audience]
	if !ok {
		return heads, nil, harang.Errorf(harang.CodeInternal, "there is no audience %q", feed.Audience)
	}
	rows, err := queryAll(ctx, s.reader(), q, func(r row) (outbox.Entry, error) {
		var (
			number, at    sql.NullInt64
			id, typ, data sql.NullString
		)
		err := r.Scan(headsColumns(&heads, &number, &id, &typ, &at, &data)...)
		if err != nil || !number.Valid {
			return outbox.Entry{}, err
		}
		return entryOf(number.Int64, id.String, typ.String, at.Int64, data.String), nil
	}, feed.Tenant, limit)
	if err != nil {
		return heads, nil, err
	}
	if len(rows) == 0 {
		return heads, nil, s.fail(q.name, sql.ErrNoRows)
	}
	if rows[0].Number == 0 {
		rows = nil // the left join's row without an event: the feed is empty
	}
	return heads, rows, nil
}
