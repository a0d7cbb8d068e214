package faults

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"harang.dev/harang/internal/testtime"
)

// rollBack sets everything that has the numbers back to an earlier state, round after round, so that
// the program cannot notice, and runs the command that belongs to a restore: before the start, or
// beside the running program. The numbers grow again: not at all, less, exactly as far, and further
// than the numbers that were delivered. A position from before the restore is never recovered. backUp and putBack
// are called while no node runs.
func rollBack(t *testing.T, c *cluster, rounds int, backUp, putBack func()) {
	t.Helper()
	p, token := newProducer(c), c.token(t, "STORE_MANAGER")
	base := c.nodes[0].base
	all := func(do func(*node)) {
		for _, n := range c.nodes {
			do(n)
		}
	}
	var slowest time.Duration
	stop, start := func(n *node) { n.Stop(t) }, func(n *node) { n.Start(t) }
	for round := range rounds {
		p.mustSend(t, 0, 1+rand.IntN(3))
		all(stop)
		backUp()
		all(start)
		dropped := 1 + rand.IntN(6)
		before, _, err := connect(t.Context(), base, token, nil)
		if err != nil {
			t.Fatal(err)
		}
		s := &listener{connection: before}
		p.mustSend(t, 0, dropped)
		s.readUntilLast(t, p)
		_ = s.conn.Cut()
		all(stop)
		putBack()
		if round%2 == 0 {
			c.restored(t)
			all(start)
		} else {
			all(start)
			for _, n := range c.nodes { // its feeds are served when the command runs
				connectAndCut(t, n.base, token)
			}
			epoch := c.restored(t)
			began := time.Now()
			for _, n := range c.nodes {
				testtime.Eventually(t, testtime.Limit, "the new epoch is served", func() bool {
					s, _, err := connect(t.Context(), n.base, token, nil)
					if err != nil {
						return false // connections of this moment are closed
					}
					_ = s.conn.Cut()
					return strings.HasPrefix(s.offset, epoch+":")
				})
			}
			slowest = max(slowest, time.Since(began))
		}
		growth := []int{0, dropped - 1, dropped, dropped + 1 + rand.IntN(30)}[round/2%4]
		p.mustSend(t, 0, growth)
		now, v := resume(t, c.nodes[round%len(c.nodes)].base, token, s.connection)
		v.wantGap(t, fmt.Sprintf("%d events lost, %d new", dropped, growth), "epoch", -1, 0)
		// The new epoch is recovered as usual.
		p.mustSend(t, 0, 1)
		now.readUntilLast(t, p)
		_ = now.conn.Cut()
		again, v := resume(t, base, token, now.connection)
		_ = again.conn.Cut()
		if !v.Recovered || again.pid != now.pid {
			t.Errorf("after the new epoch: %+v", v)
		}
	}
	t.Logf("restored %d times; always a gap, never recovered; noticed beside the program within %s", rounds, slowest)
}

// restored runs the command and returns the tenant's new epoch.
func (c *cluster) restored(t *testing.T) string {
	t.Helper()
	fields := strings.Fields(c.command(t, "restored"))
	if len(fields) != 4 || fields[2] != tenant {
		t.Fatal(fields)
	}
	return fields[3]
}

// TestGap_WholeFolderRolledBack: everything beside the database is restored together with it.
func TestGap_WholeFolderRolledBack(t *testing.T) {
	c := startSQLite(t)
	folder := filepath.Dir(strings.TrimPrefix(c.database, "sqlite:"))
	backup := filepath.Join(t.TempDir(), "backup")
	rollBack(t, c, count(8, 100), func() {
		if out, err := exec.CommandContext(t.Context(), "cp", "-a", folder, backup).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}, func() {
		if err := os.RemoveAll(folder); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(backup, folder); err != nil {
			t.Fatal(err)
		}
	})
}

// TestGap_PostgresRolledBackRedisEmptied: nothing is left that has later numbers.
func TestGap_PostgresRolledBackRedisEmptied(t *testing.T) {
	c := startCluster(t, nil, pings...)
	name := c.databaseName()
	rollBack(t, c, count(8, 100), func() {
		c.postgres.Exec(t, "postgres", "CREATE DATABASE backup TEMPLATE "+name)
	}, func() {
		c.postgres.Exec(t, "postgres", "DROP DATABASE "+name)
		c.postgres.Exec(t, "postgres", "ALTER DATABASE backup RENAME TO "+name)
		c.redis.Do(t, "FLUSHALL")
	})
}
