package store

import (
	"context"
	"database/sql"
	"encoding/hex"

	"harang.dev/harang"
	"harang.dev/harang/internal/auth"
)

const displayColumns = `id, tenant_id, name, location_id, created_at, last_used_at, revoked_at, screen_id, network`

var (
	findDisplay = define("find display", `
		SELECT `+displayColumns+`, (SELECT t.name FROM tenants t WHERE t.id = tenant_id)
		FROM displays WHERE tenant_id = $1 AND id = $2`)
	findDisplayByHash = define("find display by secret", `
		SELECT `+displayColumns+` FROM displays WHERE hash = $1`)
	findDisplays = define("find displays", `
		SELECT `+displayColumns+` FROM displays
		WHERE tenant_id = $1 AND id > $2 AND revoked_at IS NULL ORDER BY id LIMIT $3`)
	createDisplay = define("create display", `
		INSERT INTO displays (id, tenant_id, name, location_id, hash, created_at, screen_id, network)
		VALUES ($1, $2, $3, $4, $5, $6, '', '')`)
	lockDisplay = define("lock display", `
		UPDATE displays SET name = name WHERE tenant_id = $1 AND id = $2 RETURNING `+displayColumns)
	updateDisplay = define("update display", `
		UPDATE displays SET last_used_at = $1, revoked_at = $2, screen_id = $3, network = $4
		WHERE tenant_id = $5 AND id = $6`)
)

func scanDisplay(r row) (harang.Display, error) { return scanDisplayAnd(r) }

// scanDisplayAnd reads displayColumns and the columns after them.
func scanDisplayAnd(r row, more ...any) (harang.Display, error) {
	var d harang.Display
	var location sql.NullString
	var created int64
	var used, revoked sql.NullInt64
	err := r.Scan(append([]any{&d.ID, &d.Tenant, &d.Name, &location, &created, &used, &revoked, &d.Screen, &d.Network},
		more...)...)
	d.LocationID, d.Created, d.LastUsed, d.Revoked = location.String, fromMillis(created), timeOf(used), timeOf(revoked)
	return d, err
}

// FindDisplay returns a display, revoked or not, and the name of its tenant. NOT_FOUND when the tenant has no such one.
func (s *Store) FindDisplay(ctx context.Context, tenant, id string) (d harang.Display, tenantName string, err error) {
	d, err = queryOne(ctx, s.reader(), findDisplay, func(r row) (harang.Display, error) {
		return scanDisplayAnd(r, &tenantName)
	}, tenant, id)
	return d, tenantName, err
}

// FindDisplayByHash finds a display of any tenant, revoked or not, by the SHA-256 of its link's secret. NOT_FOUND.
func (s *Store) FindDisplayByHash(ctx context.Context, hash [32]byte) (harang.Display, error) {
	return queryOne(ctx, s.reader(), findDisplayByHash, scanDisplay, hex.EncodeToString(hash[:]))
}

// FindDisplays returns a tenant's displays that are not revoked, in the order of their ids, those after afterID.
func (s *Store) FindDisplays(ctx context.Context, tenant, afterID string, limit int) ([]harang.Display, error) {
	return queryAll(ctx, s.reader(), findDisplays, scanDisplay, tenant, afterID, limit)
}

// CreateDisplay stores a display under the SHA-256 of its link's secret. NOT_FOUND when the tenant has no such
// location, or does not exist.
func (s *Store) CreateDisplay(
	ctx context.Context, d harang.Display, hash [32]byte, audit ...harang.AuditEntry,
) error {
	return s.within(ctx, func(tx *Tx) error {
		location := sql.NullString{String: d.LocationID, Valid: d.LocationID != ""}
		if location.Valid {
			if _, err := findLocation(ctx, tx, d.Tenant, d.LocationID); err != nil {
				return err
			}
		}
		if _, err := execute(ctx, tx, createDisplay, d.ID, d.Tenant, d.Name, location, hex.EncodeToString(hash[:]),
			d.Created.UnixMilli()); err != nil {
			return err
		}
		return tx.CreateAudit(ctx, d.Tenant, audit...)
	})
}

// UpdateDisplay locks a display, stores what decide changes of LastUsed, Revoked, Screen and Network, and writes the
// trail that decide returns. NOT_FOUND when the tenant has no such one.
func (s *Store) UpdateDisplay(
	ctx context.Context, tenant, id string, decide func(*harang.Display) (auth.Trail, error),
) error {
	return s.within(ctx, func(tx *Tx) error {
		d, err := queryOne(ctx, tx, lockDisplay, scanDisplay, tenant, id)
		if err != nil {
			return err
		}
		trail, err := decide(&d)
		if err != nil {
			return err
		}
		if _, err := execute(ctx, tx, updateDisplay, nullMillis(d.LastUsed), nullMillis(d.Revoked), d.Screen, d.Network,
			d.Tenant, d.ID); err != nil {
			return err
		}
		return tx.leave(ctx, d.Tenant, trail)
	})
}
