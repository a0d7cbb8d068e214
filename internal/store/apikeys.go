package store

import (
	"context"
	"database/sql"
	"encoding/hex"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/auth"
)

const apiKeyColumns = `id, tenant_id, name, created_at, revoked_at`

var (
	findAPIKey = define("find API key", `
		SELECT `+apiKeyColumns+` FROM api_keys WHERE hash = $1`)
	findAPIKeys = define("find API keys", `
		SELECT `+apiKeyColumns+` FROM api_keys WHERE tenant_id = $1 AND id > $2 ORDER BY id LIMIT $3`)
	createAPIKey = define("create API key", `
		INSERT INTO api_keys (id, tenant_id, name, hash, created_at) VALUES ($1, $2, $3, $4, $5)`)
	lockAPIKey = define("lock API key", `
		UPDATE api_keys SET name = name WHERE tenant_id = $1 AND id = $2 RETURNING `+apiKeyColumns)
	revokeAPIKey = define("revoke API key", `
		UPDATE api_keys SET revoked_at = $1 WHERE tenant_id = $2 AND id = $3`)
)

func scanAPIKey(r row) (harang.APIKey, error) {
	var k harang.APIKey
	var created int64
	var revoked sql.NullInt64
	err := r.Scan(&k.ID, &k.Tenant, &k.Name, &created, &revoked)
	k.Created, k.Revoked = fromMillis(created), timeOf(revoked)
	return k, err
}

// FindAPIKey finds a key by the SHA-256 of its text, NOT_FOUND when there is
// none. It may be a revoked one.
func (s *Store) FindAPIKey(ctx context.Context, hash [32]byte) (harang.APIKey, error) {
	return queryOne(ctx, s.reader(), findAPIKey, scanAPIKey, hex.EncodeToString(hash[:]))
}

// FindAPIKeys returns a tenant's keys in the order of their ids, those after afterID.
func (s *Store) FindAPIKeys(ctx context.Context, tenant, afterID string, limit int) ([]harang.APIKey, error) {
	return queryAll(ctx, s.reader(), findAPIKeys, scanAPIKey, tenant, afterID, limit)
}

// CreateAPIKey stores a key by the SHA-256 of its text. NOT_FOUND when there is no
// such tenant.
func (s *Store) CreateAPIKey(
	ctx context.Context, k harang.APIKey, hash [32]byte, audit ...harang.AuditEntry,
) error {
	return s.within(ctx, func(tx *Tx) error {
		if _, err := execute(ctx, tx, createAPIKey, k.ID, k.Tenant, k.Name, hex.EncodeToString(hash[:]),
			k.Created.UnixMilli()); err != nil {
			return err
		}
		return tx.CreateAudit(ctx, k.Tenant, audit...)
	})
}

// RevokeAPIKey revokes a key and writes the trail; a revoked one stays as it is. NOT_FOUND
// when the tenant has no such key.
func (s *Store) RevokeAPIKey(
	ctx context.Context, tenant, id string, at time.Time, trail func(harang.APIKey) auth.Trail,
) error {
	return s.within(ctx, func(tx *Tx) error {
		k, err := queryOne(ctx, tx, lockAPIKey, scanAPIKey, tenant, id)
		if harang.ErrorCode(err) == harang.CodeNotFound {
			return harang.Wrap(harang.CodeNotFound, err, "there is no such API key")
		}
		if err != nil || !k.Revoked.IsZero() {
			return err
		}
		if _, err := execute(ctx, tx, revokeAPIKey, at.UnixMilli(), tenant, id); err != nil {
			return err
		}
		return tx.leave(ctx, tenant, trail(k))
	})
}
