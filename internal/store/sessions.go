package store

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/auth"
)

const sessionColumns = `id, tenant_id, user_id, generation, rotated_at, created_at, expires_at, ended_at,
	device, network, used_at, COALESCE(confirmed_at, created_at), new_device`

var (
	findLiveSessions = define("find live sessions", `
		SELECT `+sessionColumns+` FROM sessions
		WHERE user_id = $1 AND ended_at IS NULL AND expires_at > $2 AND created_at > $3
		ORDER BY created_at DESC, id LIMIT $4`)
	// The live sessions of a user after the most recently used ones.
	findSurplusSessions = define("find surplus sessions", `
		SELECT `+sessionColumns+` FROM sessions
		WHERE user_id = $1 AND ended_at IS NULL AND expires_at > $2
		ORDER BY rotated_at DESC, id DESC LIMIT $3 OFFSET $4`)
	endLiveSession = define("end session", `
		UPDATE sessions SET ended_at = $1, version = version + 1
		WHERE tenant_id = $2 AND id = $3 AND ended_at IS NULL`)
	createSession = define("create session", `
		INSERT INTO sessions (id, tenant_id, user_id, generation, rotated_at, created_at, expires_at, device, network,
			used_at, confirmed_at, new_device, version)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 1)`)
	lockSession = define("lock session", `
		UPDATE sessions SET version = version + 1 WHERE tenant_id = $1 AND id = $2
		RETURNING `+sessionColumns)
	updateSession = define("update session", `
		UPDATE sessions SET generation = $1, rotated_at = $2, expires_at = $3, ended_at = $4,
			confirmed_at = $5
		WHERE tenant_id = $6 AND id = $7`)
	confirmSession = define("confirm session", `
		UPDATE sessions SET confirmed_at = $1 WHERE tenant_id = $2 AND id = $3 AND generation > 0`)
	// A session is used on several nodes; whoever is first within the minute writes.
	useSession = define("record use of session", `
		UPDATE sessions SET used_at = $1, network = $2, device = COALESCE(device, $3)
		WHERE tenant_id = $4 AND id = $5 AND ended_at IS NULL AND (used_at IS NULL OR used_at <= $6)`)
	findFirstLogin = define("find first login", `
		SELECT MIN(created_at) FROM sessions WHERE user_id = $1 AND generation > 0`)
	findSessionsFrom = define("find end of earlier sessions", `
		SELECT sessions_from FROM users WHERE tenant_id = $1 AND id = $2`)
	sweepSessions = define("sweep sessions", `
		DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)`)
)

func scanSession(r row) (harang.Session, error) {
	var s harang.Session
	var rotated, created, expires, confirmed int64
	var ended, used, newDevice sql.NullInt64
	var device, network sql.NullString
	err := r.Scan(&s.ID, &s.Tenant, &s.UserID, &s.Generation, &rotated, &created, &expires, &ended,
		&device, &network, &used, &confirmed, &newDevice)
	s.Rotated, s.Created, s.Expires = fromMillis(rotated), fromMillis(created), fromMillis(expires)
	s.Ended, s.Used, s.Device, s.Network = timeOf(ended), timeOf(used), device.String, network.String
	s.NewDevice = newDevice.Int64 != 0
	if s.Generation > 0 {
		s.Confirmed = fromMillis(confirmed)
	}
	return s, err
}

// oldestSession is the instant, in milliseconds, at or before which a session was created that has ended by its age.
func oldestSession(now time.Time) int64 { return now.Add(-harang.MaxSessionLife).UnixMilli() }

// maxSurplus is how many surplus sessions one new session ends. Usually it is one: there
// are more only where an earlier version kept any number.
const maxSurplus = 100

// CreateSession locks a user, ends the sessions beyond the most-1 most recently used ones,
// and stores the session and the trail that decide returns. NOT_FOUND when the tenant
// has no such user.
func (s *Store) CreateSession(ctx context.Context, tenant, userID string, most int, decide func(
	c auth.Credentials, surplus []harang.Session) (harang.Session, auth.Trail, error),
) error {
	return s.within(ctx, func(tx *Tx) error {
		c, err := queryOne(ctx, tx, lockUser, scanLockedUser, tenant, userID)
		if err != nil {
			return err
		}
		if c.SignedIn.IsZero() {
			if c.SignedIn, err = tx.firstLogin(ctx, userID); err != nil {
				return err
			}
		}
		live, err := queryAll(ctx, tx, findLiveSessions, scanSession, userID, s.nowMillis(),
			max(c.SessionsFrom.UnixMilli(), oldestSession(s.now())), 1)
		if err != nil {
			return err
		}
		c.SignedInElsewhere = len(live) > 0
		now := s.nowMillis()
		surplus, err := queryAll(ctx, tx, findSurplusSessions, scanSession, userID, now, maxSurplus, most-1)
		if err != nil {
			return err
		}
		n, trail, err := decide(c, surplus)
		if err != nil {
			return err
		}
		for _, old := range surplus {
			if _, err := execute(ctx, tx, endLiveSession, now, tenant, old.ID); err != nil {
				return err
			}
		}
		if err := tx.leave(ctx, tenant, trail); err != nil {
			return err
		}
		if c.SignedIn.IsZero() && n.Generation > 0 {
			if _, err := execute(ctx, tx, setSignedIn, n.Created.UnixMilli(), tenant, userID); err != nil {
				return err
			}
		}
		_, err = execute(ctx, tx, createSession, n.ID, n.Tenant, n.UserID, n.Generation,
			n.Rotated.UnixMilli(), n.Created.UnixMilli(), n.Expires.UnixMilli(), nullText(n.Device),
			nullText(n.Network), nullMillis(n.Used), nullMillis(n.Confirmed), boolInt(n.NewDevice))
		return err
	})
}

// firstLogin returns the first login of which there is a session; zero for none. Logins before users.signed_in_at
// existed, or on an older node, have left only that.
func (tx *Tx) firstLogin(ctx context.Context, userID string) (time.Time, error) {
	first, err := queryOne(ctx, tx, findFirstLogin, func(r row) (first sql.NullInt64, err error) {
		err = r.Scan(&first)
		return first, err
	}, userID)
	return timeOf(first), err
}

// FindSessions returns a user's live sessions, the newest first. NOT_FOUND when the tenant has
// no such user.
func (s *Store) FindSessions(
	ctx context.Context, tenant, userID string, now time.Time,
) ([]harang.Session, error) {
	from, err := queryOne(ctx, s.reader(), findSessionsFrom, func(r row) (from sql.NullInt64, err error) {
		err = r.Scan(&from)
		return from, err
	}, tenant, userID)
	if err != nil {
		return nil, err
	}
	return queryAll(ctx, s.reader(), findLiveSessions, scanSession, userID, now.UnixMilli(),
		max(timeOf(from).UnixMilli(), oldestSession(now)), maxLiveSessions)
}

// RecordSessionUses writes when and from where sessions were last used, at most once a minute for
// each: a use within a minute of one that is written changes nothing.
func (s *Store) RecordSessionUses(ctx context.Context, uses []harang.SessionUse) error {
	uses = slices.SortedFunc(slices.Values(uses), func(a, b harang.SessionUse) int {
		return strings.Compare(a.SessionID, b.SessionID) // the order in which two nodes lock them
	})
	return s.within(ctx, func(tx *Tx) error {
		for _, u := range uses {
			if _, err := execute(ctx, tx, useSession, u.At.UnixMilli(), nullText(u.Network), nullText(u.Device),
				u.Tenant, u.SessionID, u.At.Add(-time.Minute).UnixMilli()); err != nil {
				return err
			}
		}
		return nil
	})
}

// UpdateSession locks a session, stores what decide changes of its generation and
// instants, and writes the trail that decide returns. NOT_FOUND when the tenant has
// no such session.
func (s *Store) UpdateSession(
	ctx context.Context, tenant, id string, decide func(*harang.Session) (auth.Trail, error),
) error {
	return s.within(ctx, func(tx *Tx) error {
		session, err := queryOne(ctx, tx, lockSession, scanSession, tenant, id)
		if err != nil {
			return err
		}
		trail, err := decide(&session)
		if err != nil {
			return err
		}
		if _, err := execute(ctx, tx, updateSession, session.Generation, session.Rotated.UnixMilli(),
			session.Expires.UnixMilli(), nullMillis(session.Ended), nullMillis(session.Confirmed), tenant,
			id); err != nil {
			return err
		}
		return tx.leave(ctx, tenant, trail)
	})
}

// SweepSessions deletes at most limit sessions that expired before an instant, and as
// many ended tokens, and returns how many of that kind of which it deleted more.
func (s *Store) SweepSessions(ctx context.Context, before time.Time, limit int) (int64, error) {
	var sessions, tokens int64
	err := s.within(ctx, func(tx *Tx) (err error) {
		if sessions, err = execute(ctx, tx, sweepSessions, before.UnixMilli(), limit); err != nil {
			return err
		}
		tokens, err = execute(ctx, tx, sweepTokens, before.UnixMilli(), limit)
		return err
	})
	return max(sessions, tokens), err
}
