package store

import (
	"context"
	"math/rand/v2"

	"harang.dev/harang"
)

var (
	queryTenant = define("find tenant", `
		SELECT id, name FROM tenants WHERE id = $1`)
	queryTenants = define("find tenants", `
		SELECT id, name FROM tenants WHERE id > $1 ORDER BY id LIMIT $2`)
	queryCreateTenant = define("create tenant", `
		INSERT INTO tenants (id, name, created_at) VALUES ($1, $2, $3)`)
	queryCreateHeads = define("create heads", `
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
	return queryOne(ctx, s.reader(), queryTenant, scanTenant, id)
}

// FindTenants lists tenants by id, those after the one given.
func (s *Store) FindTenants(ctx context.Context, after string, limit int) ([]harang.Tenant, error) {
	return queryAll(ctx, s.reader(), queryTenants, scanTenant, after, limit)
}

// CreateTenant makes a tenant with empty feeds in a new epoch. CONFLICT when
// the id is taken.
func (s *Store) CreateTenant(ctx context.Context, t harang.Tenant) error {
	return s.within(ctx, func(tx *Tx) error {
		now := s.now()
		if _, err := execute(ctx, tx, queryCreateTenant, t.ID, t.Name, now.UnixMilli()); err != nil {
			return err
		}
		_, err := execute(ctx, tx, queryCreateHeads, t.ID, string(harang.NewEpoch(now, rand.Uint32(), "")))
		return err
	})
}
