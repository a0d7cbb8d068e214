// Package faults runs the real program on two nodes, with a PostgreSQL and a
// Redis of its own, breaks one part after the other, and checks what clients and
// producers see: nothing lost, nothing repeated, nothing out of order.
//
// Most tests do 20 rounds; with HARANG_SOAK=1 the full counts.
package faults

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"harang.dev/harang/internal/testserver"
	"harang.dev/harang/internal/testtime"
)

// binary is the program, built once for all tests.
var binary string

func TestMain(m *testing.M) { os.Exit(runTests(m)) }

func runTests(m *testing.M) int {
	dir, err := os.MkdirTemp("", "harang-faults")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	binary = filepath.Join(dir, "harang")
	// As make build does, so that its packages are compiled once.
	build := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", binary, "harang.dev/harang/cmd/harang")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "go build: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// soak reports whether the full counts were asked for.
func soak() bool { return os.Getenv("HARANG_SOAK") != "" }

// count is how many rounds a test does.
func count(normal, full int) int {
	if soak() {
		return full
	}
	return normal
}

// tenant of every test.
const tenant = "budapest"

// cluster is two nodes with their database and Redis.
type cluster struct {
	postgres *testserver.PostgresServer
	redis    *testserver.RedisServer
	database string
	keyFile  string
	apiKey   string
	nodes    []*node
	http     *http.Client
}

type node struct {
	*testserver.Program
	base string
}

// startCluster starts everything and two nodes. redisOf, when not nil, returns
// the Redis URL of a node.
func startCluster(t *testing.T, redisOf func(node int, url string) string, flags ...string) *cluster {
	t.Helper()
	c := newCluster(t)
	c.postgres, c.redis, c.keyFile = testserver.StartPostgres(t), testserver.StartRedis(t),
		filepath.Join(t.TempDir(), "signing.key")
	c.database = c.postgres.Database(t)
	c.command(t, "tenant", "add", tenant, "--name", "Budapest")
	c.apiKey = c.command(t, "apikey", "add", "--tenant", tenant, "--name", "faults")
	for i := range 2 {
		url := c.redis.URL()
		if redisOf != nil {
			url = redisOf(i, url)
		}
		n := &node{base: "http://127.0.0.1:" + strconv.Itoa(testserver.FreePort(t))}
		args := append([]string{binary, "serve", "--listen", strings.TrimPrefix(n.base, "http://"), "--admin-listen",
			"127.0.0.1:0", "--redis", url, "--drain-timeout", "3s"}, flags...)
		n.Program = testserver.StartProgram(t, "harang", args, c.env(), func() error { return c.ready(n) })
		c.nodes = append(c.nodes, n)
		t.Cleanup(func() {
			for _, bad := range []string{"panic:", "DATA RACE", "isolation violation"} {
				if log := n.Log(); strings.Contains(log, bad) {
					t.Errorf("a node's log contains %q:\n%s", bad, log[max(0, len(log)-4000):])
				}
			}
			if t.Failed() {
				log := n.Log()
				t.Logf("%s:\n%s", n.base, log[max(0, len(log)-3000):])
			}
		})
	}
	return c
}

// newCluster returns a cluster without nodes.
func newCluster(t *testing.T) *cluster {
	c := &cluster{http: &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 100}}}
	t.Cleanup(c.http.CloseIdleConnections)
	return c
}

func (c *cluster) env() []string {
	return []string{"HARANG_DATABASE=" + c.database, "HARANG_SIGNING_KEY_FILE=" + c.keyFile}
}

// command runs a command of the program and returns what it prints.
func (c *cluster) command(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), binary, args...)
	cmd.Env = append(os.Environ(), c.env()...)
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("harang %s: %v\n%s", strings.Join(args, " "), err, exit.Stderr)
		}
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// token is an access token of a role.
func (c *cluster) token(t *testing.T, role string) string {
	t.Helper()
	return c.command(t, "token", "--tenant", tenant, "--role", role)
}

func (c *cluster) ready(n *node) error {
	answer, err := c.http.Get(n.base + "/readyz")
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("/readyz answers %d", answer.StatusCode)
	}
	return nil
}

// awaitHealth waits until /readyz of a node has a status.
func (c *cluster) awaitHealth(t *testing.T, n *node, want string) {
	t.Helper()
	testtime.Eventually(t, testtime.Limit, "health is "+want, func() bool {
		answer, err := c.http.Get(n.base + "/readyz")
		if err != nil {
			return false
		}
		defer func() { _ = answer.Body.Close() }()
		var health struct{ Status string }
		err = json.NewDecoder(answer.Body).Decode(&health)
		return err == nil && health.Status == want
	})
}

// awaitReady waits until a node is ready, or not ready any more.
func (c *cluster) awaitReady(t *testing.T, n *node, want bool) {
	t.Helper()
	testtime.Eventually(t, testtime.Limit, fmt.Sprintf("ready is %t", want),
		func() bool { return (c.ready(n) == nil) == want })
}

// databaseName is the name of the database on its server.
func (c *cluster) databaseName() string {
	name, _, _ := strings.Cut(c.database[strings.LastIndexByte(c.database, '/')+1:], "?")
	return name
}

// bases are the nodes' addresses.
func (c *cluster) bases() []string {
	bases := make([]string, len(c.nodes))
	for i, n := range c.nodes {
		bases[i] = n.base
	}
	return bases
}

// checkDatabase compares the database with the answers to producers: every accepted event is stored
// once, there is no other, and numbers have no holes. It returns the head of the managers' feed.
func (c *cluster) checkDatabase(t *testing.T, accepted map[string]string) int64 {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), testtime.Limit)
	defer cancel()
	conn, err := pgx.Connect(ctx, c.database)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(ctx) }()
	rows, err := conn.Query(ctx,
		`SELECT source_id, id, managers FROM events WHERE tenant_id = $1 AND managers IS NOT NULL ORDER BY managers`,
		tenant)
	if err != nil {
		t.Fatal(err)
	}
	var last int64
	stored := make(map[string]string)
	for rows.Next() {
		var sourceID, id string
		var number int64
		if err := rows.Scan(&sourceID, &id, &number); err != nil {
			t.Fatal(err)
		}
		if number != last+1 {
			t.Errorf("number %d is followed by %d", last, number)
		}
		last = number
		if other := stored[sourceID]; other != "" {
			t.Errorf("%s is stored twice: %s and %s", sourceID, other, id)
		}
		stored[sourceID] = id
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	for sourceID, id := range accepted {
		if stored[sourceID] != id {
			t.Errorf("%s was accepted as %s, the database has %q", sourceID, id, stored[sourceID])
		}
	}
	if len(stored) != len(accepted) {
		t.Errorf("the database has %d events, %d were accepted", len(stored), len(accepted))
	}
	return last
}
