package store

import (
	"context"
	"database/sql"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/auth"
)

const sessionColumns = `id, tenant_id, user_id, generation, rotated_at, created_at, expires_at, ended_at`

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
		INSERT INTO sessions (id, tenant_id, user_id, generation, rotated_at, created_at, expires_at, version)
		VALUES ($1, $2, $3, $4, $5, $6, $7, 1)`)
	lockSession = define("lock session", `
		UPDATE sessions SET version = version + 1 WHERE tenant_id = $1 AND id = $2
		RETURNING `+sessionColumns)
	updateSession = define("update session", `
		UPDATE sessions SET generation = $1, rotated_at = $2, expires_at = $3, ended_at = $4
		WHERE tenant_id = $5 AND id = $6`)
	sweepSessions = define("sweep sessions", `
		DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)`)
)

func scanSession(r row) (harang.Session, error) {
	var s harang.Session
	var rotated, created, expires int64
	var ended sql.NullInt64
	err := r.Scan(&s.ID, &s.Tenant, &s.UserID, &s.Generation, &rotated, &created, &expires, &ended)
	s.Rotated, s.Created, s.Expires = fromMillis(rotated), fromMillis(created), fromMillis(expires)
	s.Ended = timeOf(ended)
	return s, err
}

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
		_, err = execute(ctx, tx, createSession, n.ID, n.Tenant, n.UserID, n.Generation,
			n.Rotated.UnixMilli(), n.Created.UnixMilli(), n.Expires.UnixMilli())
		return err
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
			session.Expires.UnixMilli(), nullMillis(session.Ended), tenant, id); err != nil {
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
