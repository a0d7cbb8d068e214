package main

import (
	"context"
	"fmt"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/cli"
	"harang.dev/harang/internal/config"
)

type tokenCommand struct {
	config.DatabaseFlags
	Tenant string        `required:"" placeholder:"ID" help:"The token's tenant."`
	Role   harang.Role   `required:"" enum:"OPERATOR,STORE_MANAGER,ADMIN" help:"OPERATOR, STORE_MANAGER or ADMIN."`
	User   string        `placeholder:"ID" help:"The id of a user with that role; without it, the token belongs to no user."`
	TTL    time.Duration `name:"ttl" default:"1h" help:"The token's lifetime, at most 24h."`
}

// Run prints a token.
func (c *tokenCommand) Run(ctx context.Context, s *streams) error {
	if c.TTL < time.Second || c.TTL > 24*time.Hour {
		return cli.Usagef("--ttl", "%s is not from 1s to 24h", c.TTL).Cure("use e.g. 1h")
	}
	service, st, err := c.Service(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = st.Close() }() //nolint:contextcheck // closing takes no context; the work is committed
	if _, err := findTenant(ctx, st, c.Tenant); err != nil {
		return err
	}
	token, err := service.IssueToken(ctx, c.Tenant, c.Role, c.User, c.TTL)
	if harang.ErrorCode(err) == harang.CodeNotFound {
		return cli.Usagef("--user", "the tenant has no user %s", c.User).Cure("see harang user list")
	}
	if err != nil {
		return cli.Refused("--user", err)
	}
	_, err = fmt.Fprintln(s.out, token)
	return err
}
