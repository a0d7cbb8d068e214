package main

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/auth"
	"harang.dev/harang/internal/cli"
	"harang.dev/harang/internal/config"
)

type userCommand struct {
	Add     userAdd     `cmd:"" help:"Add a user; prints a password unless one is given."`
	Set     userSet     `cmd:"" help:"Change a user's role or password."`
	Enable  userEnable  `cmd:"" help:"Enable a disabled user."`
	Disable userDisable `cmd:"" help:"Disable a user; all sessions end at once."`
	List    userList    `cmd:"" help:"List the users."`
}

type userAdd struct {
	config.DatabaseFlags
	Email        string      `arg:"" help:"The e-mail address to log in with."`
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
		if password, err = readPassword(c.PasswordFile); err != nil {
			return err
		}
	}
	service, st, err := c.Service(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = st.Close() }() //nolint:contextcheck // closing takes no context; the work is committed
	if _, err := findTenant(ctx, st, c.Tenant); err != nil {
		return err
	}
	_, err = service.CreateUser(ctx, operator(c.Tenant), auth.NewUser{Email: c.Email, Name: c.Name, Role: c.Role,
		Password: password})
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
		return fmt.Errorf("the user was added but the password could not be printed (%w): set another with harang "+
			"user set %s --password-file FILE", err, c.Email)
	}
	return nil
}

// readPassword reads the password that --password-file names.
func readPassword(file string) (string, error) {
	password, err := cli.ReadSecret("--password-file", file)
	if err != nil {
		return "", err
	}
	if detail := auth.CheckPassword(password); detail != "" {
		return "", cli.Usagef("--password-file", "the password %s", detail)
	}
	return password, nil
}

// userName names one user.
type userName struct {
	config.DatabaseFlags
	Email string `arg:"" help:"The user's e-mail address."`
}

type userSet struct {
	userName
	Role         *harang.Role `enum:"OPERATOR,STORE_MANAGER,ADMIN" help:"OPERATOR, STORE_MANAGER or ADMIN."`
	PasswordFile string       `placeholder:"FILE" help:"Read the new password from a file."`
}

// Run changes a user.
func (c *userSet) Run(ctx context.Context) error {
	ch := auth.UserChange{Role: c.Role}
	if c.PasswordFile != "" {
		password, err := readPassword(c.PasswordFile)
		if err != nil {
			return err
		}
		ch.Password = &password
	}
	if ch == (auth.UserChange{}) {
		return cli.Usagef("", "nothing to change").Cure("give --role or --password-file")
	}
	return c.change(ctx, ch)
}

// change changes the user with that e-mail address.
func (c *userName) change(ctx context.Context, ch auth.UserChange) error {
	service, st, err := c.Service(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = st.Close() }() //nolint:contextcheck // closing takes no context; the work is committed
	u, err := service.FindUserByEmail(ctx, c.Email)
	if harang.ErrorCode(err) == harang.CodeNotFound {
		return cli.Usagef("EMAIL", "there is no user %s", c.Email).Cure("see harang user list")
	}
	if err != nil {
		return err
	}
	_, err = service.UpdateUser(ctx, operator(u.Tenant), u.ID, ch)
	return cli.Refused("EMAIL", err)
}

type userEnable struct{ userName }

// Run enables a user.
func (c *userEnable) Run(ctx context.Context) error {
	return c.change(ctx, auth.UserChange{Disabled: new(false)})
}

type userDisable struct{ userName }

// Run disables a user.
func (c *userDisable) Run(ctx context.Context) error {
	return c.change(ctx, auth.UserChange{Disabled: new(true)})
}

type userList struct {
	config.DatabaseFlags
	Tenant string `placeholder:"ID" help:"Only users of this tenant."`
}

// Run lists the users.
func (c *userList) Run(ctx context.Context, s *streams) error {
	service, st, err := c.Service(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = st.Close() }() //nolint:contextcheck // closing takes no context; the work is committed
	tenants, err := findTenants(ctx, st, c.Tenant)
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
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", auth.CanonicalEmail(u.Email), u.Tenant, u.Role, state,
				u.Name, u.ID, u.Created.UTC().Format(time.RFC3339))
		}
	}
	return w.Flush()
}
