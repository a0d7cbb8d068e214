package store

import (
	"context"
	"database/sql"
	"io/fs"
	"strconv"
	"strings"
	"time"
)

// Inspection is what Inspect finds.
type Inspection struct {
	// Damage is the first fault in the structure of a SQLite file, "" when there
	// is none. A PostgreSQL server checks its own files.
	Damage string
	// Schema is the newest applied migration; 0 means that this is not a harang
	// database, and the fields below are zero then.
	Schema int64
	// NewestEvent is when the newest event was committed; zero without events.
	NewestEvent time.Time
	// RefusedInbox is the number of queued events that were refused and are
	// still in event_inbox.
	RefusedInbox int64
}

// inboxSchema is the migration that creates event_inbox.
const inboxSchema = 5

// These read whole tables or need a schema that may be absent, so they are not
// among the registered queries.
const (
	findSchemaVersion = `SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied`
	findNewestEvent   = `SELECT max((SELECT e.at FROM events e WHERE e.tenant_id = t.id ORDER BY e.at DESC LIMIT 1))
		FROM tenants t`
	countRefusedInbox = `SELECT count(*) FROM event_inbox WHERE refused_at IS NOT NULL`
)

// Inspect examines the database for faults that an administrator should know of.
// It reads whole tables and changes nothing. UNAVAILABLE when the database cannot
// be read.
func (s *Store) Inspect(ctx context.Context) (Inspection, error) {
	var found Inspection
	if s.engine.CheckStructure != nil {
		damage, err := s.engine.CheckStructure(ctx)
		if err != nil || damage != "" {
			return Inspection{Damage: damage}, s.fail("check structure", err)
		}
	}
	exists, err := s.engine.HasSchema(ctx)
	if err != nil || !exists {
		return found, s.fail("find schema", err)
	}
	err = s.engine.Read.QueryRowContext(ctx, findSchemaVersion).Scan(&found.Schema)
	if err != nil || found.Schema == 0 {
		return found, s.fail("find schema version", err)
	}
	var newest sql.NullInt64
	if err := s.engine.Read.QueryRowContext(ctx, findNewestEvent).Scan(&newest); err != nil {
		return found, s.fail("find newest event", err)
	}
	found.NewestEvent = timeOf(newest)
	if found.Schema >= inboxSchema {
		err = s.engine.Read.QueryRowContext(ctx, countRefusedInbox).Scan(&found.RefusedInbox)
	}
	return found, s.fail("count refused inbox", err)
}

// NewestSchema is the newest migration that this program has.
func NewestSchema() int64 {
	var newest int64
	names, _ := fs.Glob(Migrations(), "*.sql") // the pattern is well formed
	for _, name := range names {
		digits, _, _ := strings.Cut(name, "_")
		if n, err := strconv.ParseInt(digits, 10, 64); err == nil {
			newest = max(newest, n)
		}
	}
	return newest
}
