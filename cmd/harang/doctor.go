package main

import (
	"context"
	"time"

	"harang.dev/harang/internal/doctor"
	"harang.dev/harang/internal/store"
	"harang.dev/harang/internal/store/postgres"
	"harang.dev/harang/internal/store/sqlite"
	"harang.dev/harang/web"
)

type doctorCommand struct {
	databaseFlags
	Listen      string `default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Address where the server listens or will listen (default ${default})."`
	AdminListen string `default:"127.0.0.1:8081" placeholder:"HOST:PORT" help:"Address of its admin listener (default ${default})."`
}

// Run checks everything that a server needs, changes nothing, and prints each
// problem with its cure. Any problem: status 1.
func (c *doctorCommand) Run(ctx context.Context, s *streams) error {
	findings, err := c.database(ctx)
	if err != nil {
		return err
	}
	_, built := web.FS()
	findings = append(findings, c.signingKey(), doctor.Clock(time.Now()),
		doctor.Port(ctx, "--listen", c.Listen), doctor.Port(ctx, "--admin-listen", c.AdminListen),
		doctor.Page(built), doctor.OpenFiles())
	return doctor.Report(s.out, findings)
}

func (c *doctorCommand) database(ctx context.Context) ([]doctor.Finding, error) {
	url, err := c.url()
	if err != nil {
		return nil, err
	}
	path, err := c.path()
	if err != nil {
		return nil, err
	}
	if isPostgres(url) {
		return doctor.Server(ctx, func(ctx context.Context) (*store.Store, error) {
			return postgres.OpenReadOnly(ctx, url, store.Options{})
		}), nil
	}
	return doctor.File(ctx, path, func(ctx context.Context) (*store.Store, error) {
		return sqlite.OpenReadOnly(ctx, url, store.Options{})
	}), nil
}

func (c *doctorCommand) signingKey() doctor.Finding {
	path, err := c.keyPath()
	if err != nil {
		return doctor.Finding{Subject: "signing key", State: "none is named",
			Cure: "give --signing-key-file, which PostgreSQL needs"}
	}
	return doctor.SigningKey(path)
}
