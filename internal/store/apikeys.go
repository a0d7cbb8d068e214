package store

import (
	"context"
	"database/sql"
	"encoding/hex"
	"slices"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/auth"
)

const apiKeyColumns = `id, tenant_id, name, scopes, created_at, expires_at, revoked_at, last_used_at, rate_limit`

var (
	findAPIKey = define("find API key", `
		SELECT `+apiKeyColumns+` FROM api_keys WHERE hash = $1`)
	findAPIKeys = define("find API keys", `
		SELECT `+apiKeyColumns+` FROM api_keys WHERE tenant_id = $1 AND id > $2 ORDER BY id LIMIT $3`)
	createAPIKey = define("create API key", `
		INSERT INTO api_keys (id, tenant_id, name, hash, scopes, created_at, expires_at, rate_limit)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`)
	lockAPIKey = define("lock API key", `
		UPDATE api_keys SET name = name WHERE tenant_id = $1 AND id = $2 RETURNING `+apiKeyColumns)
	updateAPIKey = define("update API key", `
		UPDATE api_keys SET name = $1, scopes = $2, expires_at = $3, revoked_at = $4, rate_limit = $5
		WHERE tenant_id = $6 AND id = $7`)
	recordKeyUse = define("record key use", `
		UPDATE api_keys SET last_used_at = $1
		WHERE tenant_id = $2 AND id = $3 AND (last_used_at IS NULL OR last_used_at <= $4)`)
)

func scanAPIKey(r row) (harang.APIKey, error) {
	var k harang.APIKey
	var scopes sql.NullString
	var created int64
	var expires, revoked, used, limit sql.NullInt64
	err := r.Scan(&k.ID, &k.Tenant, &k.Name, &scopes, &created, &expires, &revoked, &used, &limit)
	k.Scopes = harang.DefaultScopes
	if scopes.Valid {
		k.Scopes = harang.ParseScopes(scopes.String)
	}
	k.Created, k.Expires, k.Revoked, k.LastUsed = fromMillis(created), timeOf(expires), timeOf(revoked), timeOf(used)
	k.RateLimit = limit.Int64
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
			k.Scopes.String(), k.Created.UnixMilli(), nullMillis(k.Expires), nullRate(k)); err != nil {
			return err
		}
		return tx.CreateAudit(ctx, k.Tenant, audit...)
	})
}

// nullRate is NULL for a key without a rate limit.
func nullRate(k harang.APIKey) sql.NullInt64 {
	return sql.NullInt64{Int64: k.RateLimit, Valid: k.RateLimit != 0}
}

// UpdateAPIKey locks a key, stores what decide changes of its name, scopes, Expires, Revoked
// and RateLimit, and writes the trail that decide returns. NOT_FOUND when the tenant has no
// such key.
func (s *Store) UpdateAPIKey(
	ctx context.Context, tenant, id string, decide func(*harang.APIKey) (auth.Trail, error),
) error {
	return s.within(ctx, func(tx *Tx) error {
		k, err := queryOne(ctx, tx, lockAPIKey, scanAPIKey, tenant, id)
		if harang.ErrorCode(err) == harang.CodeNotFound {
			return harang.Wrap(harang.CodeNotFound, err, "there is no such API key")
		}
		if err != nil {
			return err
		}
		before := k
		trail, err := decide(&k)
		if err != nil || k == before {
			return err
		}
		if _, err := execute(ctx, tx, updateAPIKey, k.Name, k.Scopes.String(), nullMillis(k.Expires),
			nullMillis(k.Revoked), nullRate(k), tenant, id); err != nil {
			return err
		}
		return tx.leave(ctx, tenant, trail)
	})
}

// maxKeyUses is how many uses of keys one transaction records.
const maxKeyUses = 100

// RecordKeyUses stores the last uses of keys, ordered by key, each unless one less than every
// before it is stored.
func (s *Store) RecordKeyUses(ctx context.Context, uses []auth.KeyUse, every time.Duration) error {
	for part := range slices.Chunk(uses, maxKeyUses) {
		if err := s.within(ctx, func(tx *Tx) error {
			for _, use := range part {
				if _, err := execute(ctx, tx, recordKeyUse, use.At.UnixMilli(), use.Tenant, use.KeyID,
					use.At.Add(-every).UnixMilli()); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}
