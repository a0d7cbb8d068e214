package config

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"syscall"

	"harang.dev/harang/internal/cli"
)

// RedisFlags name the Redis of several nodes.
type RedisFlags struct {
	Redis     string `placeholder:"URL" help:"redis://…, shared by several nodes; needs PostgreSQL."`
	RedisFile string `placeholder:"FILE" help:"Read --redis from a file, because it may hold a password."`
}

// RedisURL returns the URL from the flag or the file; "" without Redis.
func (c *RedisFlags) RedisURL() (string, error) {
	if c.RedisFile == "" {
		return c.Redis, nil
	}
	text, err := cli.ReadSecret("--redis-file", c.RedisFile)
	return strings.TrimSpace(text), err
}

// TrustedProxies parses the addresses and networks of --trusted-proxy.
func TrustedProxies(texts []string) ([]netip.Prefix, error) {
	var all []netip.Prefix
	for _, text := range texts {
		if ip, err := netip.ParseAddr(text); err == nil {
			all = append(all, netip.PrefixFrom(ip.Unmap(), ip.Unmap().BitLen()))
			continue
		}
		network, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, cli.Usagef("--trusted-proxy", "%q is not an address", text).
				Cure("write e.g. 10.0.0.5 or 10.0.0.0/8")
		}
		all = append(all, network.Masked())
	}
	return all, nil
}

// Listen opens a TCP listener at the address of a flag. An address that is taken or
// impossible is a usage error.
func Listen(ctx context.Context, flag, address string) (net.Listener, error) {
	if !strings.Contains(address, ":") {
		return nil, cli.Usagef(flag, "%q has no port", address).Cure("write host:port, e.g. 127.0.0.1:8080")
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, cli.Usagef(flag, "%s is taken", address).Cure("stop what listens there, or choose another port")
	case err != nil:
		return nil, cli.Usagef(flag, "cannot listen at %s: %w", address, err).
			Cure("choose an address of this machine and a port that this user may take")
	}
	return l, nil
}
