package main

import (
	"context"
	"fmt"
	"os"
	"text/tabwriter"

	"harang.dev/harang/internal/cli"
	"harang.dev/harang/internal/config"
	"harang.dev/harang/internal/outbox"
	"harang.dev/harang/internal/store"
)

type restoredCommand struct {
	config.DatabaseFlags
	Tenant string `placeholder:"ID" help:"Only this tenant (default: all)."`
}

// Run starts a new epoch for every tenant, or for one: earlier positions, whose
// numbers may now belong to other events, are no longer valid.
func (c *restoredCommand) Run(ctx context.Context, s *streams) error {
	path, err := c.DatabasePath()
	if err != nil {
		return err
	}
	if path != "" {
		if _, err := os.Stat(path); err != nil { // opening would create an empty one
			return cli.Usagef("--database", "%w", err).Cure("name the file that was restored")
		}
	}
	st, err := c.Open(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = st.Close() }() //nolint:contextcheck // closing takes no context; the work is committed
	all, err := headsOf(ctx, st, c.Tenant)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "TENANT\tEPOCH")
	for _, h := range all {
		epoch, err := st.NewEpoch(ctx, h.Tenant, h.Epoch)
		if err != nil {
			return fmt.Errorf("tenant %s: %w", h.Tenant, err)
		}
		fmt.Fprintf(w, "%s\t%s\n", h.Tenant, epoch)
	}
	return w.Flush()
}

// headsOf returns the heads of one tenant, or of all when it is "".
func headsOf(ctx context.Context, st *store.Store, tenant string) ([]outbox.Heads, error) {
	if tenant == "" {
		return st.AllHeads(ctx)
	}
	if _, err := findTenant(ctx, st, tenant); err != nil {
		return nil, err
	}
	return st.Heads(ctx, []string{tenant})
}
