package store

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"math"
	"strings"
	"time"

	"github.com/google/uuid"

	"harang.dev/harang"
)

// AuditRetention is how long a row of the audit log is kept.
const AuditRetention = 400 * 24 * time.Hour

const auditColumns = `a.id, a.at, a.actor_id, a.actor_name, a.actor_role, a.address, a.action, a.subject_kind,
	a.subject_id, a.subject_name, a.before_state, a.after_state`

// The audit log is only inserted into and read; sweepAudit deletes what is too old.
var (
	createAudit = define("create audit entry", `
		INSERT INTO audit (id, tenant_id, at, actor_id, actor_name, actor_role, address, action, subject_kind,
			subject_id, subject_name, before_state, after_state)
		VALUES (`+parameters(1, 13)+`) ON CONFLICT (id) DO NOTHING`)
	countAudit = define("count audit entry", `
		INSERT INTO audit_counts (audit_id, at, count) VALUES ($1, $2, $3)
		ON CONFLICT (audit_id) DO UPDATE SET count = audit_counts.count + excluded.count`)
	findUserName = define("find user name", `
		SELECT name, role FROM users WHERE tenant_id = $1 AND id = $2`)

	// findAudit has a query for each combination of the filters, so that each is answered from an index.
	findAudit = defineAuditQueries()

	findTenantsToSweepAudit = define("find tenants to sweep audit log", `
		SELECT t.id FROM tenants t WHERE t.id > $1
			AND (SELECT a.at FROM audit a WHERE a.tenant_id = t.id ORDER BY a.at, a.id LIMIT 1) < $2
		ORDER BY t.id LIMIT $3`)
	sweepAudit = define("sweep audit log", `
		DELETE FROM audit WHERE id IN (
			SELECT id FROM audit WHERE tenant_id = $1 AND at < $2 ORDER BY at, id LIMIT $3)`)
	sweepAuditCounts = define("sweep audit counts", `
		DELETE FROM audit_counts WHERE audit_id IN (
			SELECT audit_id FROM audit_counts WHERE at < $1 ORDER BY at LIMIT $2)`)
)

// auditFilter is a combination of the filters of the audit log.
type auditFilter struct{ subject, actor, action bool }

// keys are the columns whose texts, each after a space, make the key of an index: no tenant, action or kind has a
// space. A filter by actor, besides one by subject, reads all rows of the subject.
func (f auditFilter) keys() []string {
	keys := []string{"a.tenant_id"}
	if f.action {
		keys = append(keys, "a.action")
	}
	switch {
	case f.subject:
		keys = append(keys, "a.subject_kind", "a.subject_id")
	case f.actor:
		keys = append(keys, "a.actor_id")
	}
	return keys
}

func defineAuditQueries() map[auditFilter]*query {
	queries := map[auditFilter]*query{}
	for i := range 8 {
		f := auditFilter{subject: i&1 > 0, actor: i&2 > 0, action: i&4 > 0}
		name := "find audit entries"
		for _, filter := range []struct {
			set  bool
			name string
		}{{f.subject, " of subject"}, {f.actor, " of actor"}, {f.action, " of action"}} {
			if filter.set {
				name += filter.name
			}
		}
		where, n := strings.Join(f.keys(), " || ' ' || ")+" = $1", 1
		if f.subject && f.actor {
			where, n = where+" AND a.actor_id = $2", 2
		}
		queries[f] = define(name, `
			SELECT `+auditColumns+`, c.count
			FROM audit a LEFT JOIN audit_counts c ON c.audit_id = a.id
			WHERE `+where+` AND a.at >= `+parameters(n+1, 1)+` AND (a.at, a.id) < (`+parameters(n+2, 2)+`)
			ORDER BY a.at DESC, a.id DESC LIMIT `+parameters(n+4, 1))
	}
	return queries
}

func scanAudit(r row) (harang.AuditEntry, error) {
	var e harang.AuditEntry
	var at int64
	var before, after sql.NullString
	var count sql.NullInt64
	err := r.Scan(&e.ID, &at, &e.Actor.ID, &e.Actor.Name, &e.Role, &e.From, &e.Action, &e.Subject.Kind,
		&e.Subject.ID, &e.Subject.Name, &before, &after, &count)
	e.At, e.Count = fromMillis(at), 1
	if count.Valid {
		e.Count = count.Int64
	}
	if before.Valid {
		e.Before = json.RawMessage(before.String)
	}
	if after.Valid {
		e.After = json.RawMessage(after.String)
	}
	return e, err
}

// CreateAudit writes rows of the audit log in the transaction of the change. A user without a
// name, as actor or subject, gets the present one.
func (tx *Tx) CreateAudit(ctx context.Context, tenant string, entries ...harang.AuditEntry) error {
	for _, e := range entries {
		if e.ID == "" {
			e.ID = uuid.Must(uuid.NewV7()).String()
		}
		if e.Actor.ID != "" && e.Actor.Name == "" {
			u, err := tx.findUser(ctx, tenant, e.Actor.ID)
			if err != nil {
				return err
			}
			e.Actor.Name, e.Role = u.Name, cmp.Or(e.Role, u.Role)
		}
		if e.Subject.Kind == harang.AuditUser && e.Subject.Name == "" {
			u, err := tx.findUser(ctx, tenant, e.Subject.ID)
			if err != nil {
				return err
			}
			e.Subject.Name = u.Name
		}
		if _, err := execute(ctx, tx, createAudit, e.ID, tenant, e.At.UnixMilli(), e.Actor.ID, e.Actor.Name,
			string(e.Role), e.From, string(e.Action), string(e.Subject.Kind), e.Subject.ID, e.Subject.Name,
			nullJSON(e.Before), nullJSON(e.After)); err != nil {
			return err
		}
	}
	return nil
}

// findUser returns name and role of a user; the id as the name when there is none.
func (tx *Tx) findUser(ctx context.Context, tenant, id string) (harang.User, error) {
	u, err := queryOne(ctx, tx, findUserName, func(r row) (u harang.User, err error) {
		err = r.Scan(&u.Name, &u.Role)
		return u, err
	}, tenant, id)
	known, err := found(err)
	if !known {
		u.Name = id
	}
	return u, err
}

func nullJSON(text json.RawMessage) sql.NullString {
	return sql.NullString{String: string(text), Valid: text != nil}
}

// CreateAudit writes rows of the audit log about something that changes nothing else.
func (s *Store) CreateAudit(ctx context.Context, tenant string, entries ...harang.AuditEntry) error {
	return s.within(ctx, func(tx *Tx) error { return tx.CreateAudit(ctx, tenant, entries...) })
}

// CountFailedLogins adds to the rows of these accounts, networks and hours; each has one row at most.
func (s *Store) CountFailedLogins(ctx context.Context, failed []harang.FailedLogins) error {
	return s.within(ctx, func(tx *Tx) error {
		for _, f := range failed {
			key := sha256.Sum256([]byte(f.Tenant + "\x00" + f.User.ID + "\x00" + f.Network + "\x00" +
				f.Hour.UTC().Format(time.RFC3339)))
			e := harang.AuditEntry{
				ID: "failed-" + hex.EncodeToString(key[:16]), At: f.First, From: f.Network,
				Action:  harang.AuditSessionRefuse,
				Subject: harang.AuditSubject{Kind: harang.AuditUser, ID: f.User.ID, Name: f.User.Name},
			}
			if err := tx.CreateAudit(ctx, f.Tenant, e); err != nil {
				return err
			}
			if _, err := execute(ctx, tx, countAudit, e.ID, f.First.UnixMilli(), f.Count); err != nil {
				return err
			}
		}
		return nil
	})
}

// FindAudit returns a page of a tenant's audit log, newest first. INVALID_REQUEST for a cursor of another list.
func (s *Store) FindAudit(
	ctx context.Context, tenant string, q harang.AuditQuery,
) (harang.Page[harang.AuditEntry], error) {
	after := newestFirst
	if err := decodeCursor("audit", q.Cursor, &after); err != nil {
		return harang.Page[harang.AuditEntry]{}, err
	}
	if until := (timeKey{At: q.Until.UnixMilli()}); !q.Until.IsZero() && until.At <= after.At {
		after = until
	}
	filter := auditFilter{subject: q.Subject.Kind != "", actor: q.ActorID != "", action: q.Action != ""}
	key := tenant
	if filter.action {
		key += " " + string(q.Action)
	}
	switch {
	case filter.subject:
		key += " " + string(q.Subject.Kind) + " " + q.Subject.ID
	case filter.actor:
		key += " " + q.ActorID
	}
	args := []any{key}
	if filter.subject && filter.actor {
		args = append(args, q.ActorID)
	}
	since := int64(math.MinInt64)
	if !q.Since.IsZero() {
		since = q.Since.UnixMilli()
	}
	rows, err := queryAll(ctx, s.reader(), findAudit[filter], scanAudit,
		append(args, since, after.At, after.ID, q.Limit+1)...)
	if err != nil {
		return harang.Page[harang.AuditEntry]{}, err
	}
	return pageOf("audit", rows, q.Limit, func(e harang.AuditEntry) harang.AuditEntry { return e },
		func(e harang.AuditEntry) any { return timeKey{e.At.UnixMilli(), e.ID} })
}

// SweepAudit deletes at most limit of a tenant's rows written before an instant, and returns how many.
func (s *Store) SweepAudit(ctx context.Context, tenant string, before time.Time, limit int) (int64, error) {
	var removed int64
	err := s.within(ctx, func(tx *Tx) (err error) {
		removed, err = execute(ctx, tx, sweepAudit, tenant, before.UnixMilli(), limit)
		return err
	})
	if err == nil {
		s.metrics.swept.WithLabelValues("audit").Add(float64(removed))
	}
	return removed, err
}

// sweepAllAudit deletes every tenant's rows that are older than AuditRetention, in small batches.
func (s *Store) sweepAllAudit(ctx context.Context) error {
	before := s.now().Add(-AuditRetention)
	for removed := int64(1); removed > 0; {
		if err := s.within(ctx, func(tx *Tx) (err error) {
			removed, err = execute(ctx, tx, sweepAuditCounts, before.UnixMilli(), sweepBatch)
			return err
		}); err != nil {
			return err
		}
	}
	for after := ""; ; {
		tenants, err := queryAll(ctx, s.reader(), findTenantsToSweepAudit, scanText, after, before.UnixMilli(),
			sweepBatch)
		if err != nil || len(tenants) == 0 {
			return err
		}
		for _, tenant := range tenants {
			for removed := int64(1); removed > 0; {
				if removed, err = s.SweepAudit(ctx, tenant, before, sweepBatch); err != nil {
					return err
				}
			}
			after = tenant
		}
	}
}
