package store

import (
	"context"
	"time"

	"harang.dev/harang"
)

var (
	queryTenantOfToken = define("find tenant of token", `
		SELECT t.id, t.name, (SELECT COUNT(*) FROM ended_tokens e WHERE e.id = $1 AND e.tenant_id = t.id)
		FROM tenants t WHERE t.id = $2`)
	queryEndToken = define("end token", `
		INSERT INTO ended_tokens (id, tenant_id, expires_at) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING`)
	querySweepTokens = define("sweep tokens", `
		DELETE FROM ended_tokens WHERE id IN (SELECT id FROM ended_tokens WHERE expires_at < $1 LIMIT $2)`)
)

// FindTenantOfToken reads in one go a tenant and whether a token of theirs that
// has no session was ended. NOT_FOUND when there is no such tenant.
func (s *Store) FindTenantOfToken(ctx context.Context, tenant, tokenID string) (t harang.Tenant, ended bool, err error) {
	t, err = queryOne(ctx, s.reader(), queryTenantOfToken, func(r row) (t harang.Tenant, err error) {
		var n int64
		err = r.Scan(&t.ID, &t.Name, &n)
		ended = n != 0
		return t, err
	}, tokenID, tenant)
	return t, ended, err
}

// EndToken notes that a token without a session is over, until it would have
// ended by itself, and appends the event that tells it. Again does nothing.
// NOT_FOUND when there is no such tenant.
func (s *Store) EndToken(ctx context.Context, tenant, tokenID string, expires time.Time, told harang.Event) error {
	return s.within(ctx, func(tx *Tx) error {
		n, err := execute(ctx, tx, queryEndToken, tokenID, tenant, expires.UnixMilli())
		if err == nil && n > 0 {
			tx.Append(told)
		}
		return err
	})
}
