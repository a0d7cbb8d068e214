package store

import (
	"context"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/auth"
)

var (
	findTenantOfToken = define("find tenant of token", `
		SELECT t.id, t.name, (SELECT COUNT(*) FROM ended_tokens e WHERE e.id = $1 AND e.tenant_id = t.id)
		FROM tenants t WHERE t.id = $2`)
	endToken = define("end token", `
		INSERT INTO ended_tokens (id, tenant_id, expires_at) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING`)
	sweepTokens = define("sweep tokens", `
		DELETE FROM ended_tokens WHERE id IN (SELECT id FROM ended_tokens WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)`)
)

// FindTenantOfToken reads with one statement a tenant and whether its token, which
// has no session, was logged out. NOT_FOUND when there is no such tenant.
func (s *Store) FindTenantOfToken(
	ctx context.Context, tenant, tokenID string,
) (t harang.Tenant, ended bool, err error) {
	t, err = queryOne(ctx, s.reader(), findTenantOfToken, func(r row) (t harang.Tenant, err error) {
		var n int64
		err = r.Scan(&t.ID, &t.Name, &n)
		ended = n != 0
		return t, err
	}, tokenID, tenant)
	return t, ended, err
}

// EndToken records until its expiry that a token without a session was logged out,
// and writes the event and the rows of the audit log. A second call for the token does nothing. NOT_FOUND when
// there is no such tenant.
func (s *Store) EndToken(
	ctx context.Context, tenant, tokenID string, expires time.Time, logout harang.Event, audit ...harang.AuditEntry,
) error {
	return s.within(ctx, func(tx *Tx) error {
		n, err := execute(ctx, tx, endToken, tokenID, tenant, expires.UnixMilli())
		if err != nil || n == 0 {
			return err
		}
		return tx.leave(ctx, tenant, auth.Trail{Events: []harang.Event{logout}, Audit: audit})
	})
}
