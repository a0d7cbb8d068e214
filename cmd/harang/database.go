package main

import (
	"context"

	"harang.dev/harang"
	"harang.dev/harang/internal/cli"
	"harang.dev/harang/internal/config"
	"harang.dev/harang/internal/store"
)

type migrateCommand struct {
	config.DatabaseFlags
}

// Run opens the database, which brings its schema up to date.
func (c *migrateCommand) Run(ctx context.Context) error {
	st, err := c.Open(ctx)
	if err != nil {
		return err
	}
	return st.Close() //nolint:contextcheck // closing ends by itself
}

// operator is the caller of every command: an administrator of the tenant.
func operator(tenant string) harang.Identity {
	return harang.Identity{Tenant: tenant, UserID: "cli:" + string(harang.RoleAdmin), Name: "harang",
		Role: harang.RoleAdmin}
}

// findTenant finds the tenant that --tenant names.
func findTenant(ctx context.Context, st *store.Store, id string) (harang.Tenant, error) {
	t, err := st.FindTenant(ctx, id)
	if harang.ErrorCode(err) == harang.CodeNotFound {
		return t, cli.Usagef("--tenant", "there is no tenant %q", id).
			Cure("see harang tenant list, or add it with harang tenant add")
	}
	return t, err
}

// findTenants finds the tenant that --tenant names, or all when it is "".
func findTenants(ctx context.Context, st *store.Store, id string) ([]harang.Tenant, error) {
	if id != "" {
		t, err := findTenant(ctx, st, id)
		return []harang.Tenant{t}, err
	}
	return readAll(func(after string, limit int) ([]harang.Tenant, error) {
		return st.FindTenants(ctx, after, limit)
	}, func(t harang.Tenant) string { return t.ID })
}

// readAll reads a list page by page: each page begins after the last key.
func readAll[T any](page func(after string, limit int) ([]T, error), key func(T) string) ([]T, error) {
	const limit = 200
	var all []T
	for after := ""; ; {
		items, err := page(after, limit)
		if err != nil {
			return nil, err
		}
		all = append(all, items...)
		if len(items) < limit {
			return all, nil
		}
		after = key(items[limit-1])
	}
}
