package faults

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"
)

// TestPostgres_Restarted: the database is stopped and killed alternately. Reads
// answer 503 meanwhile, clients stay connected, nothing is lost.
func TestPostgres_Restarted(t *testing.T) {
	c := startCluster(t, nil, pings...)
	p := newProducer(c)
	token := c.token(t, "STORE_MANAGER")
	clients := []*testClient{open(t, "a", token, c.nodes[0].base), open(t, "b", token, c.nodes[1].base)}
	for round := range count(20, 100) {
		p.mustSend(t, round, 2)
		if round%2 == 0 {
			c.postgres.Stop(t)
		} else {
			c.postgres.Kill(t)
		}
		if round%10 == 0 {
			if status := c.get(t, c.nodes[0].base+"/api/v1/inventory/stock",
				token); status != http.StatusServiceUnavailable {
				t.Errorf("a read without a database answers %d", status)
			}
			c.awaitReady(t, c.nodes[1], false)
		}
		c.postgres.Start(t)
		p.mustSend(t, round, 2)
		for _, client := range clients {
			client.awaitNumber(t, int64(p.count()))
		}
	}
	c.finish(t, p, clients)
	for _, client := range clients {
		if h := client.history(); h.sessions != 1 {
			t.Errorf("%s was disconnected %d times", client.name, h.sessions-1)
		}
	}
}

// TestPostgres_Unavailable: while the database is unavailable, clients that were connected before return to either
// node and are recovered from the window.
func TestPostgres_Unavailable(t *testing.T) {
	c := startCluster(t, nil, pings...)
	p := newProducer(c)
	token := c.token(t, "STORE_MANAGER")
	password := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(password, []byte("correct horse battery\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c.command(t, "user", "add", "kata@example.com", "--tenant", tenant, "--name", "Kata", "--role", "STORE_MANAGER",
		"--password-file", password)
	kata := (&sessions{c: c, email: "kata@example.com", password: "correct horse battery"}).login(t)
	clients := []*testClient{
		open(t, "a", token, c.bases()...), open(t, "b", token, c.nodes[1].base, c.nodes[0].base),
		open(t, "kata, signed in", kata, c.bases()...),
	}
	p.mustSend(t, 0, 10)
	for _, client := range clients {
		client.awaitNumber(t, 10)
	}
	c.postgres.Kill(t)
	for range 10 {
		for _, client := range clients {
			recovered := client.history().recovered
			client.cut()
			client.await(t, "recovered without a database",
				func() bool { return client.recovered > recovered && client.state == "connected" })
		}
	}
	c.postgres.Start(t)
	p.mustSend(t, 0, 1)
	c.finish(t, p, clients)
}

// get returns the status of a GET request.
func (c *cluster) get(t *testing.T, url, token string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	answer, err := c.http.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode
}

// TestPostgres_RolledBack: the database is set back to an earlier state, as a restored backup is. Every client gets a
// gap each time, so none is recovered across it, and later events arrive. A client that returned to the new epoch
// before its node has seen it in the control feed too is disconnected once more: it has missed nothing since its gap
// and is recovered.
func TestPostgres_RolledBack(t *testing.T) {
	c := startCluster(t, nil, pings...)
	p := newProducer(c)
	token := c.token(t, "STORE_MANAGER")
	clients := []*testClient{open(t, "a", token, c.nodes[0].base), open(t, "b", token, c.nodes[1].base)}
	head := int64(0)
	rounds := count(20, 100)
	for round := range rounds {
		p.mustSend(t, round, 4)
		head += 4
		for _, client := range clients {
			client.awaitNumber(t, head)
		}
		c.postgres.Exec(t, c.databaseName(), fmt.Sprintf(`
			BEGIN;
			DELETE FROM events WHERE managers > %d;
			UPDATE heads SET managers = managers - 2, operators = operators - 2;
			COMMIT`, head-2))
		head -= 2
		if round%2 == 0 { // at once, before a node has noticed
			p.mustSend(t, round, 1)
			head++
		}
		for _, client := range clients {
			client.await(t, "a gap", func() bool {
				return len(client.gaps) == round+1 &&
					client.state == "connected"
			})
		}
		p.mustSend(t, round+1, 1)
		head++
		for _, client := range clients {
			client.awaitNumber(t, head)
		}
	}
	for _, client := range clients {
		client.check(t)
		h := client.history()
		if len(h.gaps) != rounds {
			t.Errorf("%s got %d gaps in %d rounds; its sessions ended by %v", client.name, len(h.gaps), rounds, h.ends)
		}
		for _, reason := range h.gaps {
			if reason != "epoch" {
				t.Errorf("%s: gap reason %q", client.name, reason)
			}
		}
	}
}
