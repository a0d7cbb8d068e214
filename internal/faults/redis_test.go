package faults

import (
	"testing"
	"time"
)

// TestRedis_Emptied: Redis forgets everything while events flow and people
// come and go. Nobody misses anything, everybody is recovered.
func TestRedis_Emptied(t *testing.T) {
	c := startCluster(t, nil, pings...)
	p := newProducer(c)
	token := c.token(t, "STORE_MANAGER")
	people := []*person{open(t, "a", token, c.nodes[0].base), open(t, "b", token, c.nodes[1].base),
		open(t, "both", token, c.bases()...)}
	for round := range count(50, 100) {
		p.mustSend(t, round, 2)
		c.redis.Do(t, "FLUSHALL")
		people[2].cut()
		p.mustSend(t, round+1, 2)
		for _, who := range people {
			who.awaitNumber(t, 2*time.Second, int64(p.count()))
		}
	}
	c.finish(t, p, people)
	if people[2].recovered < count(50, 100)/2 {
		t.Errorf("only %d cuts were recovered, so hardly any happened", people[2].recovered)
	}
}

// TestRedis_Restarted: Redis dies and comes back, empty. Meanwhile people are
// served from the database.
func TestRedis_Restarted(t *testing.T) {
	c := startCluster(t, nil, pings...)
	p := newProducer(c)
	token := c.token(t, "STORE_MANAGER")
	people := []*person{open(t, "a", token, c.nodes[0].base), open(t, "b", token, c.nodes[1].base),
		open(t, "both", token, c.bases()...)}
	for round := range count(50, 100) {
		c.redis.Kill(t)
		people[2].cut()
		p.mustSend(t, round, 3)
		if round%10 == 0 {
			c.awaitReady(t, c.nodes[0], false)
			for _, who := range people {
				who.awaitNumber(t, 2*time.Second, int64(p.count()))
			}
		}
		c.redis.Start(t)
		p.mustSend(t, round+1, 2)
		for _, who := range people {
			who.awaitNumber(t, 3*time.Second, int64(p.count()))
		}
	}
	c.awaitReady(t, c.nodes[0], true)
	c.finish(t, p, people)
}

// TestRedis_Paused: Redis does not answer for a while, without closing anything.
// Producers are not held up, and people are served from the database.
func TestRedis_Paused(t *testing.T) {
	c := startCluster(t, nil, pings...)
	p := newProducer(c)
	token := c.token(t, "STORE_MANAGER")
	people := []*person{open(t, "a", token, c.nodes[0].base), open(t, "b", token, c.nodes[1].base)}
	var slowest, producing time.Duration
	for round := range count(5, 50) {
		c.redis.Pause(t)
		began := time.Now()
		p.mustSend(t, round, 3)
		producing = max(producing, time.Since(began))
		for _, who := range people {
			who.awaitNumber(t, 5*time.Second, int64(p.count()))
		}
		slowest = max(slowest, time.Since(began))
		c.redis.Resume(t)
		p.mustSend(t, round, 1)
		for _, who := range people {
			who.awaitNumber(t, 5*time.Second, int64(p.count()))
		}
	}
	t.Logf("three events were accepted within %s and heard within %s", producing, slowest)
	if producing > time.Second {
		t.Errorf("a paused Redis held producers up for %s", producing)
	}
	c.finish(t, p, people)
}

// finish waits until everybody has heard everything and compares it with the
// books.
func (c *cluster) finish(t *testing.T, p *producer, people []*person) {
	t.Helper()
	accepted := p.all()
	head := c.checkBooks(t, accepted)
	sessions, recovered := 0, 0
	for _, who := range people {
		who.awaitNumber(t, 10*time.Second, head)
		who.checkAll(t, accepted)
		sessions += who.sessions
		recovered += who.recovered
	}
	t.Logf("%d events, %d people, %d sessions, %d of them recovered", len(accepted), len(people), sessions, recovered)
}
