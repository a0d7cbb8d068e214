package store

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/auth"
)

const userColumns = `u.id, u.tenant_id, u.email, u.name, u.role, u.disabled, u.created_at, u.language, u.password_temporary`

var (
	findCredentials = define("find credentials", `
		SELECT `+userColumns+`, t.name, u.password_hash, u.sessions_from
		FROM users u JOIN tenants t ON t.id = u.tenant_id WHERE u.email = $1`)
	// A session is live when it is not ended, not expired, not too old and was created after
	// the instant that ended all sessions of its user.
	findSubject = define("find subject", `
		SELECT `+userColumns+`, t.name, s.generation, COALESCE(s.confirmed_at, s.created_at)
		FROM users u JOIN tenants t ON t.id = u.tenant_id
			LEFT JOIN sessions s ON s.id = $1 AND s.user_id = u.id AND s.ended_at IS NULL AND s.expires_at > $2
				AND s.created_at > $3 AND (u.sessions_from IS NULL OR s.created_at > u.sessions_from)
		WHERE u.tenant_id = $4 AND u.id = $5`)
	findUsers = define("find users", `
		SELECT `+userColumns+` FROM users u WHERE u.tenant_id = $1 AND u.email > $2 AND u.erased_at IS NULL
		ORDER BY u.email LIMIT $3`)
	createUser = define("create user", `
		INSERT INTO users (id, tenant_id, email, name, role, disabled, password_hash, created_at,
			password_temporary, version)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1)`)
	lockUser = define("lock user", `
		UPDATE users SET version = version + 1 WHERE tenant_id = $1 AND id = $2 AND erased_at IS NULL
		RETURNING id, tenant_id, email, name, role, disabled, created_at, language, password_temporary,
			password_hash, sessions_from, signed_in_at`)
	// A tenant's row is locked before its administrators are counted.
	lockTenant = define("lock tenant", `
		UPDATE tenants SET name = name WHERE id = $1 RETURNING id`)
	countOtherAdmins = define("count other administrators", `
		SELECT COUNT(*) FROM users WHERE tenant_id = $1 AND id <> $2 AND role = $3 AND disabled = 0`)
	updateUser = define("update user", `
		UPDATE users SET name = $1, role = $2, disabled = $3, password_hash = $4, sessions_from = $5,
			language = $6, password_temporary = $7
		WHERE tenant_id = $8 AND id = $9`)
	setSignedIn = define("set first login", `
		UPDATE users SET signed_in_at = $1 WHERE tenant_id = $2 AND id = $3`)
)

// scanUser reads userColumns and the columns after them.
func scanUser(r row, more ...any) (harang.User, error) {
	var u harang.User
	var disabled, created int64
	var language sql.NullString
	var temporary sql.NullInt64
	err := r.Scan(append([]any{&u.ID, &u.Tenant, &u.Email, &u.Name, &u.Role, &disabled, &created, &language,
		&temporary}, more...)...)
	u.Disabled, u.Created = disabled != 0, fromMillis(created)
	u.Language, u.PasswordTemporary = language.String, temporary.Int64 != 0
	return u, err
}

// scanLockedUser reads what lockUser returns.
func scanLockedUser(r row) (c auth.Credentials, err error) {
	var from, signedIn sql.NullInt64
	c.User, err = scanUser(r, &c.PasswordHash, &from, &signedIn)
	c.SessionsFrom, c.SignedIn = timeOf(from), timeOf(signedIn)
	return c, err
}

// FindCredentials finds a user by e-mail address over all tenants, NOT_FOUND
// when there is none.
func (s *Store) FindCredentials(ctx context.Context, email string) (auth.Credentials, error) {
	return queryOne(ctx, s.reader(), findCredentials, func(r row) (c auth.Credentials, err error) {
		var from sql.NullInt64
		c.User, err = scanUser(r, &c.TenantName, &c.PasswordHash, &from)
		c.SessionsFrom = timeOf(from)
		return c, err
	}, email)
}

// FindSubject reads with one statement a user, the tenant's name and whether the
// session is live at now; an empty sessionID counts as live. NOT_FOUND when the
// tenant has no such user.
func (s *Store) FindSubject(
	ctx context.Context, tenant, userID, sessionID string, now time.Time,
) (auth.Subject, error) {
	return queryOne(ctx, s.reader(), findSubject, func(r row) (u auth.Subject, err error) {
		var generation, confirmed sql.NullInt64
		u.User, err = scanUser(r, &u.TenantName, &generation, &confirmed)
		u.SessionLive = generation.Valid || sessionID == ""
		if generation.Int64 > 0 {
			u.Confirmed = timeOf(confirmed)
		}
		return u, err
	}, sessionID, now.UnixMilli(), oldestSession(now), tenant, userID)
}

// FindUsers returns a tenant's users in the order of their e-mail addresses, those
// after afterEmail.
func (s *Store) FindUsers(ctx context.Context, tenant, afterEmail string, limit int) ([]harang.User, error) {
	return queryAll(ctx, s.reader(), findUsers, func(r row) (harang.User, error) { return scanUser(r) },
		tenant, afterEmail, limit)
}

// CreateUser creates a user, for whom all events up to now are read. CONFLICT when
// the address exists, NOT_FOUND when there is no such tenant.
func (s *Store) CreateUser(ctx context.Context, c auth.Credentials, audit ...harang.AuditEntry) error {
	return s.within(ctx, func(tx *Tx) error {
		heads, err := queryOne(ctx, tx, findHeads, scanHeads, c.Tenant)
		if err != nil {
			return err
		}
		if _, err := execute(ctx, tx, createUser, c.ID, c.Tenant, c.Email, c.Name, string(c.Role),
			boolInt(c.Disabled), c.PasswordHash, c.Created.UnixMilli(), boolInt(c.PasswordTemporary)); err != nil {
			return err
		}
		if err := tx.CreateAudit(ctx, c.Tenant, audit...); err != nil {
			return err
		}
		if heads.Number(harang.AudienceManagers) == 0 {
			return nil
		}
		_, err = tx.CreateReadMark(ctx, harang.Reader{Tenant: c.Tenant, UserID: c.ID, Audience: c.Role.Audience()},
			heads.Number(harang.AudienceManagers))
		return err
	})
}

// maxLiveSessions is more live sessions than a user has, unless an earlier version kept
// any number: then UpdateUser reads the newest.
const maxLiveSessions = 2000

// UpdateUser locks a user, stores what decide changes of name, role, disabled, language,
// password and SessionsFrom, and writes the trail that decide returns. live
// are the user's live sessions. otherAdmins counts the tenant's other enabled
// administrators; it locks the tenant's row first, so that of two transactions that
// count, the second one sees what the first has done. NOT_FOUND when the tenant has
// no such user.
func (s *Store) UpdateUser(ctx context.Context, tenant, id string, decide func(
	c *auth.Credentials, live []harang.Session, otherAdmins auth.CountAdmins) (auth.Trail, error),
) error {
	return s.within(ctx, func(tx *Tx) error {
		c, err := queryOne(ctx, tx, lockUser, scanLockedUser, tenant, id)
		if err != nil {
			return err
		}
		live, err := queryAll(ctx, tx, findLiveSessions, scanSession, id, s.nowMillis(),
			max(c.SessionsFrom.UnixMilli(), oldestSession(s.now())), maxLiveSessions)
		if err != nil {
			return err
		}
		trail, err := decide(&c, live, tx.countAdmins(ctx, tenant, id))
		if err != nil {
			return err
		}
		if _, err := execute(ctx, tx, updateUser, c.Name, string(c.Role), boolInt(c.Disabled),
			c.PasswordHash, nullMillis(c.SessionsFrom), nullText(c.Language),
			boolInt(c.PasswordTemporary), tenant, id); err != nil {
			return err
		}
		return tx.leave(ctx, tenant, trail)
	})
}

// countAdmins counts a tenant's other enabled administrators, with the tenant's row locked.
func (tx *Tx) countAdmins(ctx context.Context, tenant, id string) auth.CountAdmins {
	return func() (int64, error) {
		if _, err := queryOne(ctx, tx, lockTenant, scanText, tenant); err != nil {
			return 0, err
		}
		return queryOne(ctx, tx, countOtherAdmins, scanInt, tenant, id, string(harang.RoleAdmin))
	}
}

// leave ends and confirms the sessions of a trail, appends its events and writes its rows of the audit log.
func (tx *Tx) leave(ctx context.Context, tenant string, trail auth.Trail) error {
	for _, id := range slices.Sorted(slices.Values(trail.EndedSessions)) {
		if _, err := execute(ctx, tx, endLiveSession, tx.s.nowMillis(), tenant, id); err != nil {
			return err
		}
	}
	if id := trail.ConfirmedSession; id != "" {
		if _, err := execute(ctx, tx, confirmSession, tx.s.nowMillis(), tenant, id); err != nil {
			return err
		}
	}
	tx.Append(trail.Events...)
	return tx.CreateAudit(ctx, tenant, trail.Audit...)
}

// boolInt is a boolean as it is stored.
func boolInt(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
