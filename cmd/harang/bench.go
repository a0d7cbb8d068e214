package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"harang.dev/harang"
)

type benchCommand struct {
	databaseFlags
	URL         string `name:"url" placeholder:"URL" help:"A running server on the same --database; without it one is started on a database that is thrown away."`
	AdminURL    string `name:"admin-url" default:"http://127.0.0.1:8081" help:"The running server's admin listener, for CPU and memory."`
	Tenants     int    `default:"20" help:"How many tenants (bench-1 …)."`
	Connections int    `default:"1000" help:"How many connections, spread over the tenants."`
	Rate        int    `default:"400" help:"How many events a second, spread over the tenants; 0 only connects."`
	Seconds     int    `default:"10" help:"For how long."`
}

// Run loads a server and prints what it measured.
func (c *benchCommand) Run(ctx context.Context, s *streams) (err error) {
	for _, n := range []struct {
		flag               string
		value, least, most int
	}{
		{"--tenants", c.Tenants, 1, 10_000}, {"--connections", c.Connections, 0, 200_000},
		{"--rate", c.Rate, 0, 100_000}, {"--seconds", c.Seconds, 1, 3600},
	} {
		if n.value < n.least || n.value > n.most {
			return usage(n.flag, "%d is not from %d to %d", n.value, n.least, n.most)
		}
	}
	if c.URL == "" {
		folder, err := os.MkdirTemp("", "harang-bench-")
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
		c.Database = "sqlite:" + filepath.Join(folder, "harang.db")
		c.DatabaseFile, c.SigningKeyFile = "", ""
		stop, err := c.startServer(ctx, s)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, stop()) }()
	}
	l, err := c.prepare(ctx)
	if err != nil {
		return err
	}
	r, err := l.run(ctx)
	if err != nil {
		return err
	}
	return r.print(s.out)
}

// startServer starts this very program as a server of its own, so that its CPU
// and memory are the server's alone.
func (c *benchCommand) startServer(ctx context.Context, s *streams) (stop func() error, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	server := exec.CommandContext(ctx, self, "serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0",
		"--database", c.Database, "--connections-per-tenant", strconv.Itoa(max(50, c.Connections)),
		"--log-format", "json", "--drain-timeout", "2s")
	server.Cancel = func() error { return server.Process.Signal(syscall.SIGTERM) }
	log, err := server.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := server.Start(); err != nil {
		return nil, err
	}
	stop = func() error {
		_ = server.Process.Signal(syscall.SIGTERM) // it may have ended
		_ = server.Wait()                          // ended by us
		return nil
	}
	lines := bufio.NewScanner(log)
	for lines.Scan() {
		var line struct {
			Message string `json:"msg"`
			URL     string `json:"url"`
			Admin   string `json:"admin"`
		}
		if json.Unmarshal(lines.Bytes(), &line) == nil && line.Message == "listening" {
			c.URL, c.AdminURL = line.URL, line.Admin
			go func() { _, _ = io.Copy(s.err, log) }() // what else it has to say
			return stop, nil
		}
		fmt.Fprintln(s.err, lines.Text())
	}
	return nil, errors.Join(errors.New("the server did not start"), stop())
}

// prepare makes the tenants that are absent, a key and a token for each.
func (c *benchCommand) prepare(ctx context.Context) (*load, error) {
	service, st, err := c.service(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = st.Close() }() //nolint:contextcheck // closing ends by itself; what was done is committed
	l := &load{command: c, http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256}}}
	for i := range c.Tenants {
		id := "bench-" + strconv.Itoa(i+1)
		err := st.CreateTenant(ctx, harang.Tenant{ID: id, Name: "Bench " + strconv.Itoa(i+1)})
		if err != nil && harang.ErrorCode(err) != harang.CodeConflict {
			return nil, err
		}
		_, key, err := service.CreateAPIKey(ctx, operator(id), "bench")
		if err != nil {
			return nil, err
		}
		ttl := time.Duration(c.Seconds)*time.Second + time.Hour
		token, err := service.IssueToken(ctx, id, harang.RoleStoreManager, "", ttl)
		if err != nil {
			return nil, err
		}
		l.tenants = append(l.tenants, benchTenant{key: key, token: token})
	}
	return l, nil
}

// gauges are what the server says of itself.
type gauges struct {
	cpu    time.Duration
	memory int64 // resident bytes
	heap   int64 // bytes in use by heap and stacks
}

// read asks the server for its gauges, after it has collected its garbage.
func (l *load) read(ctx context.Context) (gauges, error) {
	var g gauges
	if _, err := l.get(ctx, "/debug/pprof/heap?gc=1"); err != nil {
		return g, err
	}
	text, err := l.get(ctx, "/metrics")
	if err != nil {
		return g, err
	}
	for line := range strings.SplitSeq(string(text), "\n") {
		name, value, _ := strings.Cut(line, " ")
		number, err := strconv.ParseFloat(value, 64)
		if err != nil {
			continue
		}
		switch name {
		case "process_cpu_seconds_total":
			g.cpu = time.Duration(number * float64(time.Second))
		case "process_resident_memory_bytes":
			g.memory = int64(number)
		case "go_memstats_heap_inuse_bytes", "go_memstats_stack_inuse_bytes":
			g.heap += int64(number)
		}
	}
	return g, nil
}

func (l *load) get(ctx context.Context, path string) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, l.command.AdminURL+path, nil)
	if err != nil {
		return nil, usage("--admin-url", "%w", err)
	}
	answer, err := l.http.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	return io.ReadAll(answer.Body)
}
