package main

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/auth"
	"harang.dev/harang/internal/cli"
	"harang.dev/harang/internal/config"
	"harang.dev/harang/internal/gateway"
	"harang.dev/harang/internal/loadtest"
)

type benchCommand struct {
	config.DatabaseFlags
	URL         string `name:"url" placeholder:"URL" help:"A running server on the same --database; without it, one is started on a temporary database."`
	AdminURL    string `name:"admin-url" default:"http://127.0.0.1:8081" help:"Its admin listener, for CPU time and memory."`
	Tenants     int    `default:"20" help:"Number of tenants (bench-1 …)."`
	Connections int    `default:"1000" help:"Number of connections, spread over the tenants."`
	Rate        int    `default:"400" help:"Events a second, spread over the tenants; 0 only connects."`
	Seconds     int    `default:"10" help:"Duration of the load in seconds."`
}

// Run puts a server under load and prints the measurements.
func (c *benchCommand) Run(ctx context.Context, s *streams) error {
	for _, n := range []struct {
		flag               string
		value, least, most int
	}{
		{"--tenants", c.Tenants, 1, 10_000}, {"--connections", c.Connections, 0, 200_000},
		{"--rate", c.Rate, 0, 100_000}, {"--seconds", c.Seconds, 1, 3600},
	} {
		if n.value < n.least || n.value > n.most {
			return cli.Usagef(n.flag, "%d is not from %d to %d", n.value, n.least, n.most)
		}
	}
	if c.URL == "" {
		folder, err := os.MkdirTemp("", "harang-bench-")
		if err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(folder) }() // in the system's temporary folder
		c.Database = "sqlite:" + filepath.Join(folder, "harang.db")
		c.DatabaseFile, c.SigningKeyFile = "", ""
		self, err := os.Executable()
		if err != nil {
			return err
		}
		server, err := loadtest.StartServer(ctx, loadtest.ServerOptions{
			Binary: self, Database: c.Database, ConnectionsPerTenant: max(50, c.Connections),
			DrainTimeout: 2 * time.Second, Log: s.err,
		})
		if err != nil {
			return err
		}
		defer server.Stop()
		c.URL, c.AdminURL = server.URL, server.AdminURL
	}
	tenants, err := c.createTenants(ctx)
	if err != nil {
		return err
	}
	result, err := loadtest.Run(ctx, loadtest.Options{
		URL: c.URL, AdminURL: c.AdminURL, Namespace: gateway.Namespace, Tenants: tenants,
		Connections: c.Connections, Rate: c.Rate, Seconds: c.Seconds,
	})
	if err != nil {
		return err
	}
	return result.Print(s.out)
}

// createTenants creates the missing tenants, and a key and a token for each.
func (c *benchCommand) createTenants(ctx context.Context) ([]loadtest.Tenant, error) {
	service, st, err := c.Service(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = st.Close() }() //nolint:contextcheck // closing takes no context; the work is committed
	var tenants []loadtest.Tenant
	for i := range c.Tenants {
		id := "bench-" + strconv.Itoa(i+1)
		err := st.CreateTenant(ctx, harang.Tenant{ID: id, Name: "Bench " + strconv.Itoa(i+1)})
		if err != nil && harang.ErrorCode(err) != harang.CodeConflict {
			return nil, err
		}
		_, key, err := service.CreateAPIKey(ctx, operator(id), auth.NewAPIKey{Name: "bench"})
		if err != nil {
			return nil, err
		}
		ttl := time.Duration(c.Seconds)*time.Second + time.Hour
		token, err := service.IssueToken(ctx, id, harang.RoleStoreManager, "", ttl)
		if err != nil {
			return nil, err
		}
		tenants = append(tenants, loadtest.Tenant{Key: key, Token: token})
	}
	return tenants, nil
}
