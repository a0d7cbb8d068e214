package store

import (
	"context"
	"math/rand/v2"

	"harang.dev/harang"
)

var (
	findTenant = define("find tenant", `
		SELECT id, name FROM tenants WHERE id = $1`)
	findTenants = define("find tenants", `
		SELECT id, name FROM tenants WHERE id > $1 ORDER BY id LIMIT $2`)
	createTenant = define("create tenant", `
		INSERT INTO tenants (id, name, created_at) VALUES ($1, $2, $3)`)
	createHeads = define("create heads", `
		INSERT INTO heads (tenant_id, epoch, `+numberColumns("")+`)
		VALUES ($1, $2, `+audienceColumns(func(string, int) string { return "0" })+`)`)
)

func scanTenant(r row) (harang.Tenant, error) {
	var t harang.Tenant
	err := r.Scan(&t.ID, &t.Name)
	return t, err
}

// FindTenant returns a tenant, NOT_FOUND when there is none.
func (s *Store) FindTenant(ctx context.Context, id string) (harang.Tenant, error) {
	return queryOne(ctx, s.reader(), findTenant, scanTenant, id)
}

// FindTenants returns tenants in the order of their ids, those after the id after.
func (s *Store) FindTenants(ctx context.Context, after string, limit int) ([]harang.Tenant, error) {
	return queryAll(ctx, s.reader(), findTenants, scanTenant, after, limit)
}

// CreateTenant creates a tenant with empty feeds in a new epoch, and rows of its audit log. CONFLICT when the
// id exists.
func (s *Store) CreateTenant(ctx context.Context, t harang.Tenant, audit ...harang.AuditEntry) error {
	return s.within(ctx, func(tx *Tx) error {
		now := s.now()
		if _, err := execute(ctx, tx, createTenant, t.ID, t.Name, now.UnixMilli()); err != nil {
			return err
		}
		if _, err := execute(ctx, tx, createHeads, t.ID, string(harang.NewEpoch(now, rand.Uint32(), ""))); err != nil {
			return err
		}
		return tx.CreateAudit(ctx, t.ID, audit...)
	})
}
