package faults

import (
	"math/rand/v2"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"harang.dev/harang"
	"harang.dev/harang/internal/store"
	"harang.dev/harang/internal/store/sqlite"
	"harang.dev/harang/internal/testserver"
)

// startSQLite starts one node on a SQLite file.
func startSQLite(t *testing.T, flags ...string) *cluster {
	t.Helper()
	c := newCluster(t)
	dir := t.TempDir()
	c.database, c.keyFile = "sqlite:"+filepath.Join(dir, "harang.db"), filepath.Join(dir, "signing.key")
	c.command(t, "tenant", "add", tenant, "--name", "Budapest")
	c.apiKey = c.command(t, "apikey", "add", "--tenant", tenant, "--name", "faults")
	n := &node{base: "http://127.0.0.1:" + strconv.Itoa(testserver.FreePort(t))}
	args := append([]string{binary, "serve", "--listen", strings.TrimPrefix(n.base, "http://"), "--admin-listen",
		"127.0.0.1:0", "--drain-timeout", "3s"}, flags...)
	n.Program = testserver.StartProgram(t, "harang", args, c.env(), func() error { return c.ready(n) })
	c.nodes = []*node{n}
	return c
}

// finishSQLite compares the database file with what was accepted and received.
func (c *cluster) finishSQLite(t *testing.T, p *producer, clients ...*testClient) {
	t.Helper()
	accepted := p.all()
	for _, client := range clients {
		client.awaitNumber(t, int64(len(accepted)))
	}
	c.nodes[0].Kill(t)
	st, err := sqlite.Open(t.Context(), c.database, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = st.Close() }()
	entries, err := st.EntriesAfter(t.Context(), harang.FeedID{Tenant: tenant, Audience: harang.AudienceManagers},
		0, 1_000_000)
	if err != nil {
		t.Fatal(err)
	}
	stored := make(map[string]bool)
	for i, e := range entries {
		if e.Number != int64(i+1) {
			t.Fatalf("number %d is followed by %d", i, e.Number)
		}
		stored[e.EventID] = true
	}
	for source, id := range accepted {
		if !stored[id] {
			t.Errorf("%s was accepted as %s and is not stored", source, id)
		}
	}
	if len(entries) != len(accepted) || len(stored) != len(accepted) {
		t.Errorf("the database has %d entries of %d events, %d were accepted", len(entries), len(stored), len(accepted))
	}
}

// TestSQLite_Restarted: the node is killed right after it accepted events. Every client is recovered
// with the events that it had not received yet.
func TestSQLite_Restarted(t *testing.T) {
	c := startSQLite(t, pings...)
	p := newProducer(c)
	token := c.token(t, "STORE_MANAGER")
	clients := []*testClient{open(t, "a", token, c.bases()...), open(t, "b", token, c.bases()...)}
	for range count(20, 100) {
		p.mustSend(t, 0, 1+rand.IntN(3))
		c.nodes[0].Kill(t)
		c.nodes[0].Start(t)
		for _, client := range clients {
			client.awaitNumber(t, int64(p.count()))
		}
	}
	sessions, recovered := 0, 0
	for _, client := range clients {
		client.checkAll(t, p.all())
		h := client.history()
		sessions += h.sessions
		recovered += h.recovered
	}
	t.Logf("%d events, %d sessions, %d of them recovered", p.count(), sessions, recovered)
	c.finishSQLite(t, p, clients...)
}

// TestSQLite_KilledWhileCommitting: kill -9 at random moments while 10,000 events commit. Every
// accepted event is stored once, and no other.
func TestSQLite_KilledWhileCommitting(t *testing.T) {
	c := startSQLite(t, pings...)
	p := newProducer(c)
	client := open(t, "watcher", c.token(t, "STORE_MANAGER"), c.bases()...)
	kills := p.sendWhileKilling(t, c.nodes[0])
	client.awaitNumber(t, int64(p.count()))
	client.check(t)
	h := client.history()
	t.Logf("%d events, %d kills; the client returned %d times, %d recovered, gaps: %d", p.count(), kills,
		h.sessions-1, h.recovered, len(h.gaps))
	c.finishSQLite(t, p, client)
}
