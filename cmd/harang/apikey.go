package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/auth"
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

	Scope     []harang.Scope `placeholder:"SCOPE" help:"What the key may do: events:write, events:read, catalogue:write, stock:write or tokens:issue; repeatable (default events:write, catalogue:write and stock:write)."`
	Expires   lifetime       `placeholder:"D" help:"After which time the key ends, e.g. 90d or 12h (default never)."`
	RateLimit *int64         `placeholder:"N" help:"How many calls a minute each node takes (default any number)."`
}

// lifetime is a duration in days (90d) or as time.ParseDuration reads it.
type lifetime time.Duration

// UnmarshalText reads a duration above 0.
func (l *lifetime) UnmarshalText(text []byte) error {
	var d time.Duration
	days, isDays := strings.CutSuffix(string(text), "d")
	n, err := strconv.ParseInt(days, 10, 32)
	if isDays && err == nil {
		d = time.Duration(min(n, maxLifeDays+1)) * 24 * time.Hour
	} else if d, err = time.ParseDuration(string(text)); err != nil {
		return errors.New("it must be a time such as 90d or 12h")
	}
	if d <= 0 {
		return errors.New("it must be above 0")
	}
	*l = lifetime(d)
	return nil
}

// maxLifeDays is the longest life of a key, in days.
const maxLifeDays = int64(harang.MaxKeyLife / (24 * time.Hour))

// newKey is the key that the flags describe.
func (c *apikeyAdd) newKey() (auth.NewAPIKey, error) {
	n := auth.NewAPIKey{Name: c.Name}
	if len(c.Scope) > 0 {
		var detail string
		if n.Scopes, detail = harang.NewScopes(c.Scope); detail != "" {
			return n, cli.Usagef("--scope", "%s", detail).Cure("use e.g. --scope events:write")
		}
	}
	if c.Expires > lifetime(harang.MaxKeyLife) {
		return n, cli.Usagef("--expires", "the key would end more than ten years ahead").Cure("use e.g. 365d")
	}
	if c.Expires > 0 {
		n.Expires = time.Now().Add(time.Duration(c.Expires))
	}
	if c.RateLimit != nil {
		if n.RateLimit = *c.RateLimit; n.RateLimit < 1 || n.RateLimit > harang.MaxKeyRateLimit {
			return n, cli.Usagef("--rate-limit", "%d is not from 1 to %d calls a minute", n.RateLimit,
				harang.MaxKeyRateLimit).Cure("use e.g. 600, or leave it out for any number")
		}
	}
	return n, nil
}

// Run creates a key.
func (c *apikeyAdd) Run(ctx context.Context, s *streams) error {
	n, err := c.newKey()
	if err != nil {
		return err
	}
	service, st, err := c.Service(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = st.Close() }() //nolint:contextcheck // closing takes no context; the work is committed
	if _, err := findTenant(ctx, st, c.Tenant); err != nil {
		return err
	}
	key, text, err := service.CreateAPIKey(ctx, operator(c.Tenant), n)
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
	fmt.Fprintln(w, "ID\tTENANT\tSTATE\tNAME\tSCOPES\tCREATED\tEXPIRES\tLAST USED\tPER MINUTE")
	now := time.Now()
	for _, k := range keys {
		rate := "any"
		if k.RateLimit != 0 {
			rate = strconv.FormatInt(k.RateLimit, 10)
		}
		fmt.Fprintln(w, strings.Join([]string{
			k.ID, k.Tenant, strings.ToLower(string(k.Status(now))), k.Name, joinScopes(k.Scopes),
			formatOr(k.Created, ""), formatOr(k.Expires, "never"), formatOr(k.LastUsed, "never"), rate,
		}, "\t"))
	}
	return w.Flush()
}

// joinScopes are scopes with commas between them.
func joinScopes(set harang.Scopes) string { return strings.ReplaceAll(set.String(), " ", ",") }

// formatOr is an instant, or none for the zero time.
func formatOr(t time.Time, none string) string {
	if t.IsZero() {
		return none
	}
	return t.UTC().Format(time.RFC3339)
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
