package main

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/auth"
	"harang.dev/harang/internal/cli"
)

type userCommand struct {
	Add     userAdd     `cmd:"" help:"Add a user; prints a password unless one is given."`
	Set     userSet     `cmd:"" help:"Change a user's role or password."`
	Enable  userEnable  `cmd:"" help:"Let a user in again."`
	Disable userDisable `cmd:"" help:"Keep a user out, at once and everywhere."`
	List    userList    `cmd:"" help:"List the users."`
}

type userAdd struct {
	databaseFlags
	Email        string      `arg:"" help:"The address the user logs in with."`
	Tenant       string      `required:"" placeholder:"ID" help:"The user's tenant."`
	Name         string      `required:"" help:"The user's name."`
	Role         harang.Role `required:"" enum:"OPERATOR,STORE_MANAGER,ADMIN" help:"OPERATOR, STORE_MANAGER or ADMIN."`
	PasswordFile string      `placeholder:"FILE" help:"Read the password from a file."`
}

// Run adds a user.
func (c *userAdd) Run(ctx context.Context, s *streams) error {
	password := auth.RandomPassword()
	if c.PasswordFile != "" {
		var err error
		if password, err = cli.ReadSecret("--password-file", c.PasswordFile); err != nil {
			return err
		}
		if detail := auth.CheckPassword(password); detail != "" {
			return cli.Usagef("--password-file", "the password %s", detail)
		}
	}
	service, st, err := c.service(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = st.Close() }() //nolint:contextcheck // closing ends by itself; what was done is committed
	if _, err := tenantOf(ctx, st, c.Tenant); err != nil {
		return err
	}
	_, err = service.CreateUser(ctx, operator(c.Tenant), auth.NewUser{Email: c.Email, Name: c.Name, Role: c.Role, Password: password})
	if harang.ErrorCode(err) == harang.CodeConflict {
		return cli.Usagef("EMAIL", "%s is taken", c.Email).Cure("use another address, or harang user set")
	}
	if err != nil {
		return cli.Refused("EMAIL", err)
	}
	if c.PasswordFile != "" {
		return nil
	}
	if _, err = fmt.Fprintln(s.out, password); err != nil {
		return fmt.Errorf("the user was added and the password could not be printed (%w): set another with harang user set %s --password-file FILE", err, c.Email)
	}
	return nil
}

type userSet struct {
	databaseFlags
	Email        string       `arg:"" help:"The user's address."`
	Role         *harang.Role `enum:"OPERATOR,STORE_MANAGER,ADMIN" help:"OPERATOR, STORE_MANAGER or ADMIN."`
	PasswordFile string       `placeholder:"FILE" help:"Read the new password from a file."`
}

// Run changes a user.
func (c *userSet) Run(ctx context.Context) error {
	ch := auth.UserChange{Role: c.Role}
	if c.PasswordFile != "" {
		password, err := cli.ReadSecret("--password-file", c.PasswordFile)
		if err != nil {
			return err
		}
		if detail := auth.CheckPassword(password); detail != "" {
			return cli.Usagef("--password-file", "the password %s", detail)
		}
		ch.Password = &password
	}
	if ch == (auth.UserChange{}) {
		return cli.Usagef("", "nothing to change").Cure("give --role or --password-file")
	}
	return c.change(ctx, c.Email, ch)
}

// change applies a change to the user with that address.
func (d *databaseFlags) change(ctx context.Context, email string, ch auth.UserChange) error {
	service, st, err := d.service(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = st.Close() }() //nolint:contextcheck // closing ends by itself; what was done is committed
	u, err := service.FindUserByEmail(ctx, email)
	if harang.ErrorCode(err) == harang.CodeNotFound {
		return cli.Usagef("EMAIL", "there is no user %s", email).Cure("see harang user list")
	}
	if err != nil {
		return err
	}
	_, err = service.UpdateUser(ctx, operator(u.Tenant), u.ID, ch)
	return cli.Refused("EMAIL", err)
}

type userEnable struct {
	databaseFlags
	Email string `arg:"" help:"The user's address."`
}

// Run lets a user in again.
func (c *userEnable) Run(ctx context.Context) error {
	return c.change(ctx, c.Email, auth.UserChange{Disabled: new(false)})
}

type userDisable struct {
	databaseFlags
	Email string `arg:"" help:"The user's address."`
}

// Run keeps a user out.
func (c *userDisable) Run(ctx context.Context) error {
	return c.change(ctx, c.Email, auth.UserChange{Disabled: new(true)})
}

type userList struct {
	databaseFlags
	Tenant string `placeholder:"ID" help:"Of this tenant only."`
}

// Run lists the users.
func (c *userList) Run(ctx context.Context, s *streams) error {
	service, st, err := c.service(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = st.Close() }() //nolint:contextcheck // closing ends by itself; what was done is committed
	tenants, err := tenantsOf(ctx, st, c.Tenant)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "EMAIL\tTENANT\tROLE\tSTATE\tNAME\tID\tCREATED")
	for _, t := range tenants {
		users, err := readAll(func(after string, limit int) ([]harang.User, error) {
			return service.FindUsers(ctx, operator(t.ID), after, limit)
		}, func(u harang.User) string { return u.Email })
		if err != nil {
			return err
		}
		for _, u := range users {
			state := "enabled"
			if u.Disabled {
				state = "disabled"
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", u.Email, u.Tenant, u.Role, state, u.Name, u.ID, u.Created.UTC().Format(time.RFC3339))
		}
	}
	return w.Flush()
}
