package main

import (
	"context"
	"fmt"
	"path/filepath"
	"text/tabwriter"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/cli"
	"harang.dev/harang/internal/config"
	"harang.dev/harang/internal/mypos"
)

type tenantCommand struct {
	Add  tenantAdd  `cmd:"" help:"Add a tenant."`
	Set  tenantSet  `cmd:"" help:"Set the provider of a tenant's card payments."`
	List tenantList `cmd:"" help:"List the tenants and their payment providers."`
}

type tenantAdd struct {
	config.DatabaseFlags
	ID   string `arg:"" help:"a-z, 0-9 and -, at most 63 characters."`
	Name string `required:"" help:"The company's name."`
}

// Run adds a tenant.
func (c *tenantAdd) Run(ctx context.Context, s *streams) error {
	if !harang.ValidTenantID(c.ID) {
		return cli.Usagef("ID", "%q is not a tenant id", c.ID).
			Cure("use a-z, 0-9 and -, beginning with a letter or digit, at most 63")
	}
	if detail := harang.CheckName(c.Name); detail != "" {
		return cli.Usagef("--name", "%s", detail)
	}
	st, err := c.Open(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = st.Close() }() //nolint:contextcheck // closing takes no context; the work is committed
	entry, _ := harang.NewAuditEntry(ctx, operator(c.ID), time.Now(), harang.AuditTenantCreate,
		harang.AuditSubject{Kind: harang.AuditTenant, ID: c.ID, Name: c.Name}, nil, nil)
	err = st.CreateTenant(ctx, harang.Tenant{ID: c.ID, Name: c.Name}, entry)
	if harang.ErrorCode(err) == harang.CodeConflict {
		return cli.Usagef("ID", "the tenant %q exists already", c.ID).Cure("choose another id")
	}
	if err == nil {
		_, err = fmt.Fprintln(s.out, c.ID)
	}
	return err
}

type tenantSet struct {
	config.DatabaseFlags
	ID          string `arg:"" help:"The tenant."`
	Payments    string `required:"" enum:"sandbox,mypos" placeholder:"sandbox|mypos" help:"Provider of card payments."`
	MyposConfig string `name:"mypos-config" placeholder:"FILE" help:"The merchant's configuration, with --payments mypos; it is read again whenever it changes."`
}

// Run sets the payment provider. A running server uses it from the next payment on.
func (c *tenantSet) Run(ctx context.Context) error {
	settings := harang.PaymentSettings{Provider: c.Payments}
	switch {
	case c.Payments == harang.ProviderMyPOS && c.MyposConfig == "":
		return cli.Usagef("--mypos-config", "is missing").Cure("name the merchant's configuration file")
	case c.Payments != harang.ProviderMyPOS && c.MyposConfig != "":
		return cli.Usagef("--mypos-config", "belongs to --payments mypos").Cure("leave it out")
	case c.MyposConfig != "":
		path, err := filepath.Abs(c.MyposConfig)
		if err != nil {
			return cli.Usagef("--mypos-config", "%v", err)
		}
		if _, err := mypos.Load(path); err != nil {
			return cli.Usagef("--mypos-config", "%v", err).Cure("correct the file")
		}
		settings.ConfigFile = path
	}
	st, err := c.Find(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = st.Close() }() //nolint:contextcheck // closing takes no context; the work is committed
	old, err := st.FindPaymentSettings(ctx, c.ID)
	if harang.ErrorCode(err) == harang.CodeNotFound {
		return cli.Usagef("ID", "there is no tenant %q", c.ID).Cure("see harang tenant list")
	}
	if err != nil {
		return err
	}
	if settings.ConfigFile == "" {
		settings.ConfigFile = old.ConfigFile // earlier payments may still need a status call or a refund
	}
	entry, changed := harang.NewAuditEntry(ctx, operator(c.ID), time.Now(), harang.AuditTenantPayments,
		harang.AuditSubject{Kind: harang.AuditTenant, ID: c.ID}, paymentState(old), paymentState(settings))
	if !changed {
		return st.PutPaymentSettings(ctx, c.ID, settings)
	}
	return st.PutPaymentSettings(ctx, c.ID, settings, entry)
}

// paymentState is a payment provider in the audit log; the merchant's keys are in the file, not here.
func paymentState(p harang.PaymentSettings) harang.AuditState {
	return harang.AuditState{"provider": p.Provider, "configFile": p.ConfigFile}
}

type tenantList struct {
	config.DatabaseFlags
}

// Run lists the tenants.
func (c *tenantList) Run(ctx context.Context, s *streams) error {
	st, err := c.Find(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = st.Close() }() //nolint:contextcheck // closing takes no context; the work is committed
	tenants, err := findTenants(ctx, st, "")
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tNAME\tPAYMENTS")
	for _, t := range tenants {
		settings, err := st.FindPaymentSettings(ctx, t.ID)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", t.ID, t.Name, settings.Provider)
	}
	return w.Flush()
}
