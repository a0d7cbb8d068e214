package main

import (
	"context"
	"errors"
	"time"

	"harang.dev/harang/internal/cli"
	"harang.dev/harang/internal/config"
	"harang.dev/harang/internal/demo"
	"harang.dev/harang/internal/doctor"
	"harang.dev/harang/internal/feed/redislog"
	"harang.dev/harang/internal/store"
	"harang.dev/harang/internal/store/postgres"
	"harang.dev/harang/internal/store/sqlite"
	"harang.dev/harang/web"
)

// doctorCommand has the flags of serve that it looks at, so that both take the same
// variables.
type doctorCommand struct {
	config.DatabaseFlags
	config.RedisFlags
	Listen         string   `default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"The server's --listen (default ${default})."`
	AdminListen    string   `default:"127.0.0.1:8081" placeholder:"HOST:PORT" help:"Its --admin-listen (default ${default})."`
	AdminTokenFile string   `placeholder:"FILE" help:"Its --admin-token-file."`
	TrustedProxy   []string `placeholder:"ADDRESS" help:"Its --trusted-proxy; repeatable."`
	Demo           bool     `help:"It runs with --demo, so the demo passwords are meant."`
}

// Run checks everything that a server needs, changes nothing, and prints each
// problem with its cure. Any problem: status 1. Warnings alone: status 0.
func (c *doctorCommand) Run(ctx context.Context, s *streams) error {
	server := &serveCommand{
		DatabaseFlags: c.DatabaseFlags, RedisFlags: c.RedisFlags, AdminListen: c.AdminListen,
		AdminTokenFile: c.AdminTokenFile, TrustedProxy: c.TrustedProxy, Demo: c.Demo,
	}
	if _, err := config.TrustedProxies(c.TrustedProxy); err != nil {
		return err
	}
	open, findings, err := c.database(ctx)
	if err != nil {
		return err
	}
	redis, err := c.checkRedis(ctx)
	if err != nil {
		return err
	}
	findings = append(findings, redis...)
	_, built := web.FS()
	findings = append(findings, c.signingKey(), doctor.Clock(time.Now()),
		doctor.Port(ctx, "--listen", c.Listen), doctor.Port(ctx, "--admin-listen", c.AdminListen),
		doctor.Page(built), doctor.OpenFiles())
	if _, err := server.adminToken(); err != nil {
		findings = append(findings, usageFinding("admin", err))
	}
	settings := server.settings()
	settings.Database = "" // checked already
	settings.DemoUsers = demoUsers(ctx, open)
	return doctor.Report(s.out, append(findings, settings.Warnings()...))
}

// usageFinding is the finding of a flag that serve refuses.
func usageFinding(subject string, err error) doctor.Finding {
	var usage *cli.UsageError
	if errors.As(err, &usage) {
		return doctor.Finding{Subject: subject, State: usage.Problem(), Cure: usage.Remedy()}
	}
	return doctor.Finding{Subject: subject, State: err.Error(), Cure: "see what serve says"}
}

func (c *doctorCommand) database(ctx context.Context) (doctor.Open, []doctor.Finding, error) {
	url, err := c.DatabaseURL()
	if err != nil {
		return nil, nil, err
	}
	path, err := c.DatabasePath()
	if err != nil {
		return nil, nil, err
	}
	if config.IsPostgres(url) {
		open := func(ctx context.Context) (*store.Store, error) {
			return postgres.OpenReadOnly(ctx, url, store.Options{})
		}
		return open, doctor.Server(ctx, open), nil
	}
	open := func(ctx context.Context) (*store.Store, error) {
		return sqlite.OpenReadOnly(ctx, url, store.Options{})
	}
	return open, doctor.File(ctx, path, open), nil
}

// demoUsers returns the users with a demo password, none when the database cannot be
// read: that is a finding of its own.
func demoUsers(ctx context.Context, open doctor.Open) []string {
	st, err := open(ctx)
	if err != nil {
		return nil
	}
	defer func() { _ = st.Close() }() //nolint:contextcheck // closing takes no context
	found, err := demo.FindPasswords(ctx, st)
	if err != nil {
		return nil
	}
	return found
}

// checkRedis calls the Redis that is named, if any.
func (c *doctorCommand) checkRedis(ctx context.Context) ([]doctor.Finding, error) {
	url, err := c.RedisURL()
	if err != nil || url == "" {
		return nil, err
	}
	client, err := redislog.Dial(ctx, url)
	if err == nil {
		client.Close()
	}
	return []doctor.Finding{doctor.Redis(err)}, nil
}

func (c *doctorCommand) signingKey() doctor.Finding {
	path, err := c.KeyPath()
	if err != nil {
		return doctor.Finding{
			Subject: "signing key", State: "none is named", Cure: "give --signing-key-file, which PostgreSQL needs",
		}
	}
	return doctor.SigningKey(path)
}
