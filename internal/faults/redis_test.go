package faults

import (
	"testing"
	"time"

	"harang.dev/harang/internal/testtime"
)

// TestRedis_Emptied: Redis loses all data while events flow and clients connect and leave. No event is
// lost, every return is recovered.
func TestRedis_Emptied(t *testing.T) {
	c := startCluster(t, nil, pings...)
	p := newProducer(c)
	token := c.token(t, "STORE_MANAGER")
	clients := []*testClient{open(t, "a", token, c.nodes[0].base), open(t, "b", token, c.nodes[1].base),
		open(t, "both", token, c.bases()...)}
	for round := range count(20, 100) {
		p.mustSend(t, round, 2)
		c.redis.Do(t, "FLUSHALL")
		clients[2].cut()
		p.mustSend(t, round+1, 2)
		for _, client := range clients {
			client.awaitNumber(t, int64(p.count()))
		}
	}
	c.finish(t, p, clients)
	if clients[2].recovered < count(20, 100)/2 {
		t.Errorf("only %d returns were recovered", clients[2].recovered)
	}
}

// TestRedis_Restarted: Redis is killed and restarts empty. Meanwhile clients are served from the
// database.
func TestRedis_Restarted(t *testing.T) {
	c := startCluster(t, nil, pings...)
	p := newProducer(c)
	token := c.token(t, "STORE_MANAGER")
	clients := []*testClient{open(t, "a", token, c.nodes[0].base), open(t, "b", token, c.nodes[1].base),
		open(t, "both", token, c.bases()...)}
	for round := range count(20, 100) {
		c.redis.Kill(t)
		clients[2].cut()
		p.mustSend(t, round, 3)
		if round%10 == 0 {
			c.awaitHealth(t, c.nodes[0], "degraded")
			for _, client := range clients {
				client.awaitNumber(t, int64(p.count()))
			}
		}
		c.redis.Start(t)
		p.mustSend(t, round+1, 2)
		for _, client := range clients {
			client.awaitNumber(t, int64(p.count()))
		}
	}
	c.awaitHealth(t, c.nodes[0], "ok")
	c.finish(t, p, clients)
}

// TestRedis_Paused: Redis does not answer for a while, without closing anything.
// Producers do not wait, and clients are served from the database.
func TestRedis_Paused(t *testing.T) {
	c := startCluster(t, nil, pings...)
	p := newProducer(c)
	token := c.token(t, "STORE_MANAGER")
	clients := []*testClient{open(t, "a", token, c.nodes[0].base), open(t, "b", token, c.nodes[1].base)}
	var slowest, producing time.Duration
	for round := range count(5, 50) {
		c.redis.Pause(t)
		began := time.Now()
		p.mustSend(t, round, 3)
		producing = max(producing, time.Since(began))
		for _, client := range clients {
			client.awaitNumber(t, int64(p.count()))
		}
		slowest = max(slowest, time.Since(began))
		c.redis.Resume(t)
		p.mustSend(t, round, 1)
		for _, client := range clients {
			client.awaitNumber(t, int64(p.count()))
		}
	}
	t.Logf("three events were accepted within %s and received within %s", producing, slowest)
	testtime.Promise(t, "producers wait for a paused Redis", producing, time.Second)
	c.finish(t, p, clients)
}

// finish waits until every client has received everything and compares it with the database.
func (c *cluster) finish(t *testing.T, p *producer, clients []*testClient) {
	t.Helper()
	accepted := p.all()
	head := c.checkDatabase(t, accepted)
	sessions, recovered := 0, 0
	for _, client := range clients {
		client.awaitNumber(t, head)
		client.checkAll(t, accepted)
		h := client.history()
		sessions += h.sessions
		recovered += h.recovered
	}
	t.Logf("%d events, %d clients, %d sessions, %d of them recovered", len(accepted), len(clients), sessions, recovered)
}
