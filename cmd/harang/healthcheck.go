package main

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"net/url"

	"harang.dev/harang/internal/cli"
	"harang.dev/harang/internal/config"
	"harang.dev/harang/internal/doctor"
)

type healthcheckCommand struct {
	config.UnusedDatabaseFlags
	URL    string `name:"url" placeholder:"URL" help:"The server (default: this machine, at the port of --listen)."`
	Listen string `default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"The server's --listen (default ${default})."`
}

// Run asks /healthz: status 0 when the server answers, 1 when not. It says nothing
// about the server's dependencies, which a restart does not mend.
func (c *healthcheckCommand) Run(ctx context.Context, s *streams) error {
	address := c.URL
	if address == "" {
		host, port, err := net.SplitHostPort(c.Listen)
		if err != nil {
			return cli.Usagef("--listen", "%w", err).Cure("write host:port, e.g. 127.0.0.1:8080")
		}
		if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
			host = "127.0.0.1"
		}
		address = "http://" + net.JoinHostPort(host, port)
	}
	base, err := url.Parse(address)
	if err != nil || base.Host == "" || (base.Scheme != "http" && base.Scheme != "https") {
		return cli.Usagef("--url", "%q is not an address", address).Cure("write e.g. http://127.0.0.1:8080")
	}
	if err := doctor.Alive(ctx, base); err != nil {
		return err
	}
	_, err = fmt.Fprintln(s.out, "alive")
	return err
}
