package main

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/cli"
	"harang.dev/harang/internal/config"
	"harang.dev/harang/internal/store"
)

type apikeyCommand struct {
	Add    apikeyAdd    `cmd:"" help:"Create a key; it is printed only now, alone on standard output."`
	List   apikeyList   `cmd:"" help:"List the keys, without their secrets."`
	Revoke apikeyRevoke `cmd:"" help:"Revoke a key for good."`
}

type apikeyAdd struct {
	config.DatabaseFlags
	Tenant string `required:"" placeholder:"ID" help:"The key's tenant."`
	Name   string `required:"" help:"The purpose of the key."`
}

// Run creates a key.
func (c *apikeyAdd) Run(ctx context.Context, s *streams) error {
	service, st, err := c.Service(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = st.Close() }() //nolint:contextcheck // closing takes no context; the work is committed
	if _, err := findTenant(ctx, st, c.Tenant); err != nil {
		return err
	}
	key, text, err := service.CreateAPIKey(ctx, operator(c.Tenant), c.Name)
	if err != nil {
		return cli.Refused("--name", err)
	}
	if _, err = fmt.Fprintln(s.out, text); err != nil {
		return fmt.Errorf("the key was created but could not be printed (%w): revoke it with harang apikey revoke %s",
			err, key.ID)
	}
	return nil
}

type apikeyList struct {
	config.DatabaseFlags
	Tenant string `placeholder:"ID" help:"Only keys of this tenant."`
}

// Run lists the keys.
func (c *apikeyList) Run(ctx context.Context, s *streams) error {
	_, st, err := c.Service(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = st.Close() }() //nolint:contextcheck // closing takes no context; the work is committed
	keys, err := allKeys(ctx, st, c.Tenant)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tTENANT\tSTATE\tNAME\tCREATED")
	for _, k := range keys {
		state := "active"
		if !k.Revoked.IsZero() {
			state = "revoked"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", k.ID, k.Tenant, state, k.Name, k.Created.UTC().Format(time.RFC3339))
	}
	return w.Flush()
}

type apikeyRevoke struct {
	config.DatabaseFlags
	ID string `arg:"" help:"The key's id, from harang apikey list."`
}

// Run revokes a key.
func (c *apikeyRevoke) Run(ctx context.Context) error {
	service, st, err := c.Service(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = st.Close() }() //nolint:contextcheck // closing takes no context; the work is committed
	keys, err := allKeys(ctx, st, "")
	if err != nil {
		return err
	}
	for _, k := range keys {
		if k.ID == c.ID {
			return service.RevokeAPIKey(ctx, operator(k.Tenant), k.ID)
		}
	}
	return cli.Usagef("ID", "there is no key %s", c.ID).Cure("see harang apikey list")
}

// allKeys returns the keys of one tenant, or of all when it is "".
func allKeys(ctx context.Context, st *store.Store, tenant string) ([]harang.APIKey, error) {
	tenants, err := findTenants(ctx, st, tenant)
	if err != nil {
		return nil, err
	}
	var all []harang.APIKey
	for _, t := range tenants {
		keys, err := readAll(func(after string, limit int) ([]harang.APIKey, error) {
			return st.FindAPIKeys(ctx, t.ID, after, limit)
		}, func(k harang.APIKey) string { return k.ID })
		if err != nil {
			return nil, err
		}
		all = append(all, keys...)
	}
	return all, nil
}
