package main

import (
	"context"
	"fmt"
	"text/tabwriter"

	"harang.dev/harang"
)

type tenantCommand struct {
	Add  tenantAdd  `cmd:"" help:"Add a tenant."`
	List tenantList `cmd:"" help:"List the tenants."`
}

type tenantAdd struct {
	databaseFlags
	ID   string `arg:"" help:"a-z, 0-9 and -, at most 63 characters."`
	Name string `required:"" help:"The company's name."`
}

// Run adds a tenant.
func (c *tenantAdd) Run(ctx context.Context, s *streams) error {
	if !harang.ValidTenantID(c.ID) {
		return usage("ID", "%q cannot name a tenant", c.ID).cure("use a-z, 0-9 and -, beginning with a letter or digit, at most 63")
	}
	if detail := harang.CheckText(c.Name, harang.MaxNameRunes); detail != "" {
		return usage("--name", "%s", detail)
	}
	st, err := c.open(ctx, nil, nil)
	if err != nil {
		return err
	}
	defer st.Close()
	err = st.CreateTenant(ctx, harang.Tenant{ID: c.ID, Name: c.Name})
	if harang.ErrorCode(err) == harang.CodeConflict {
		return usage("ID", "the tenant %q exists already", c.ID).cure("choose another id")
	}
	if err == nil {
		fmt.Fprintln(s.out, c.ID)
	}
	return err
}

type tenantList struct {
	databaseFlags
}

// Run lists the tenants.
func (c *tenantList) Run(ctx context.Context, s *streams) error {
	st, err := c.open(ctx, nil, nil)
	if err != nil {
		return err
	}
	defer st.Close()
	w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tNAME")
	for after := ""; ; {
		tenants, err := st.FindTenants(ctx, after, 200)
		if err != nil {
			return err
		}
		for _, t := range tenants {
			fmt.Fprintf(w, "%s\t%s\n", t.ID, t.Name)
			after = t.ID
		}
		if len(tenants) < 200 {
			return w.Flush()
		}
	}
}
