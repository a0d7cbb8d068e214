package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"harang.dev/harang/internal/admin"
	"harang.dev/harang/internal/cli"
	"harang.dev/harang/internal/config"
	"harang.dev/harang/internal/doctor"
	"harang.dev/harang/internal/logging"
	"harang.dev/harang/internal/origin"
)

type serveCommand struct {
	config.DatabaseFlags
	config.RedisFlags
	Listen               string        `default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Address for browsers and applications; port 0 takes a free one (default ${default})."`
	AdminListen          string        `default:"127.0.0.1:8081" placeholder:"HOST:PORT" help:"Address of /metrics and /debug/pprof; never public (default ${default})."`
	NewDatabase          bool          `help:"Start an empty database where a served one is missing."`
	AdminTokenFile       string        `placeholder:"FILE" help:"File with the bearer token of the admin listener, of 16 characters or more; required beyond loopback."`
	Demo                 bool          `help:"Create the demo tenants budapest and debrecen when absent."`
	AllowedOrigin        []string      `placeholder:"ORIGIN" help:"Another origin whose pages may call, e.g. https://erp.example.com or capacitor://localhost; repeatable."`
	PublicURL            string        `name:"public-url" placeholder:"URL" help:"The address at which browsers reach the server, for links; without it, that of the request."`
	TrustedProxy         []string      `placeholder:"ADDRESS" help:"Address or network of a proxy whose X-Forwarded-For, -Proto and -Host are trusted; repeatable."`
	ConnectionsPerTenant int           `default:"50" help:"Maximum number of connections of one tenant."`
	ConnectionsPerUser   int           `default:"0" help:"Maximum number of connections of one user; 0 means no such limit."`
	PingInterval         time.Duration `default:"10s" help:"Time between heartbeats of a connection."`
	PingTimeout          time.Duration `default:"5s" help:"Time in which a heartbeat has to be answered."`
	CanaryInterval       time.Duration `default:"1m" help:"Time between rounds of the isolation canary, which checks that no event reaches another tenant; 0 turns it off."`
	DrainTimeout         time.Duration `default:"10s" help:"Time for requests in flight after a signal to stop."`
	LogFormat            string        `default:"text" enum:"text,json" help:"text or json."`
	LogLevel             slog.Level    `default:"INFO" help:"DEBUG, INFO, WARN or ERROR."`
}

// check validates the flags before anything is opened.
func (c *serveCommand) check() error {
	path, err := c.DatabasePath()
	if err != nil {
		return err
	}
	if _, err := c.KeyPath(); err != nil {
		return err
	}
	if path != "" && (c.Redis != "" || c.RedisFile != "") {
		return cli.Usagef("--redis", "several nodes cannot share an SQLite file").
			Cure("leave --redis out, or use PostgreSQL")
	}
	for _, text := range c.AllowedOrigin {
		if _, err := origin.Parse(text); err != nil {
			return cli.Usagef("--allowed-origin", "%q is not an origin: it %w", text, err).
				Cure("write scheme, host and perhaps a port, e.g. https://erp.example.com or capacitor://localhost")
		}
	}
	if _, err := config.TrustedProxies(c.TrustedProxy); err != nil {
		return err
	}
	if _, err := publicOrigin(c.PublicURL); err != nil {
		return err
	}
	if c.ConnectionsPerTenant < 1 || c.ConnectionsPerTenant > 100_000 {
		return cli.Usagef("--connections-per-tenant", "%d is not from 1 to 100000", c.ConnectionsPerTenant).
			Cure("use e.g. 50")
	}
	if c.ConnectionsPerUser < 0 || c.ConnectionsPerUser > 100_000 {
		return cli.Usagef("--connections-per-user", "%d is not from 0 to 100000", c.ConnectionsPerUser).
			Cure("use e.g. 10, or 0 for no limit")
	}
	for _, d := range []struct {
		flag  string
		value time.Duration
	}{{"--ping-interval", c.PingInterval}, {"--ping-timeout", c.PingTimeout}} {
		if d.value < 100*time.Millisecond || d.value > time.Hour {
			return cli.Usagef(d.flag, "%s is not from 100ms to 1h", d.value).Cure("use e.g. 10s")
		}
	}
	if c.DrainTimeout < 0 {
		return cli.Usagef("--drain-timeout", "%s is below zero", c.DrainTimeout).Cure("use e.g. 10s")
	}
	if c.CanaryInterval != 0 && (c.CanaryInterval < time.Second || c.CanaryInterval > 24*time.Hour) {
		return cli.Usagef("--canary-interval", "%s is neither 0 nor from 1s to 24h", c.CanaryInterval).
			Cure("use e.g. 1m")
	}
	return nil
}

// Run serves until a signal, or until a worker fails.
func (c *serveCommand) Run(ctx context.Context, s *streams) error {
	signal.Ignore(syscall.SIGPIPE) // the reader of the log may end; serving continues
	log := slog.New(logging.NewHandler(s.err, logging.Options{Level: c.LogLevel, JSON: c.LogFormat == "json"}))
	p, err := start(ctx, c, log)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "harang listens at %s\n", p.URL())
	if c.Demo {
		fmt.Fprintln(s.out, "demo: operator@, manager@ and admin@ budapest.demo or debrecen.demo, password harang-demo")
	}
	if p.page == nil {
		fmt.Fprintln(s.out, "the page is not built into this program: run make build")
	}
	select {
	case <-ctx.Done():
	case <-p.Failed():
	}
	return p.Stop() //nolint:contextcheck // ctx has ended; stopping has a timeout of its own
}

// minAdminToken is the least length of a token of the admin listener, in characters.
// Attempts are not limited there.
const minAdminToken = 16

// adminToken returns the token of the admin listener, "" for none. One that others
// than this machine can reach has to have one.
func (c *serveCommand) adminToken() (string, error) {
	if c.AdminTokenFile != "" {
		token, err := cli.ReadSecret("--admin-token-file", c.AdminTokenFile)
		if err == nil && len(token) < minAdminToken {
			return "", cli.Usagef("--admin-token-file", "the token in %s has %d characters, so it can be guessed",
				c.AdminTokenFile, len(token)).
				Cure("put at least %d there, e.g. by openssl rand -hex 32", minAdminToken)
		}
		if err == nil && strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
			return "", cli.Usagef("--admin-token-file", "%s has characters that no header can carry", c.AdminTokenFile).
				Cure("put one line of ASCII letters, digits and signs into it, without spaces")
		}
		return token, err
	}
	if !admin.IsLoopback(c.AdminListen) {
		return "", cli.Usagef("--admin-listen", "%s is reachable from other machines without a token", c.AdminListen).
			Cure("listen at 127.0.0.1, or give --admin-token-file")
	}
	return "", nil
}

// settings are the flags that can be risky.
func (c *serveCommand) settings() doctor.Settings {
	trusted, _ := config.TrustedProxies(c.TrustedProxy) // start has checked it
	path, _ := c.DatabasePath()
	key, _ := c.KeyPath()
	return doctor.Settings{
		Demo: c.Demo, Args: os.Args, AdminListen: c.AdminListen, TrustedProxies: trusted, Database: path,
		Secrets: []string{key, c.DatabaseFile, c.RedisFile, c.AdminTokenFile},
	}
}
