package faults

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"harang.dev/harang/internal/testtime"
)

// TestServer_Restarted: the only node that the clients know is restarted: killed, and sometimes
// stopped. Every client is recovered.
func TestServer_Restarted(t *testing.T) {
	c := startCluster(t, nil, pings...)
	p := newProducer(c)
	token := c.token(t, "STORE_MANAGER")
	clients := []*testClient{open(t, "a", token, c.nodes[0].base), open(t, "b", token, c.nodes[0].base)}
	for round := range count(20, 100) {
		p.mustSend(t, 0, 1)
		if round%5 == 0 {
			c.nodes[0].Stop(t) // with goodbyes, spread over a while
		} else {
			c.nodes[0].Kill(t)
		}
		p.mustSend(t, 1, 3)
		c.nodes[0].Start(t)
		for _, client := range clients {
			client.awaitNumber(t, int64(p.count()))
		}
	}
	c.finish(t, p, clients)
}

// TestServer_KilledWhileCommitting: kill -9 of both nodes in turn, at random moments, while 10,000
// events commit, or more until there were five kills. Every accepted event is stored once, and no other.
func TestServer_KilledWhileCommitting(t *testing.T) {
	c := startCluster(t, nil, pings...)
	p := newProducer(c)
	client := open(t, "watcher", c.token(t, "STORE_MANAGER"), c.bases()...)
	kills := p.sendWhileKilling(t, c.nodes...)
	head := c.checkDatabase(t, p.all())
	client.awaitNumber(t, head)
	client.check(t)
	h := client.history()
	t.Logf("%d events, %d kills; the client returned %d times, %d recovered, gaps: %d", p.count(), kills,
		h.sessions-1, h.recovered, len(h.gaps))
}

// sendWhileKilling sends 10,000 events from four producers, and more until there were five kills. Meanwhile it kills
// the nodes in turn, each at a random moment, and starts them again. It returns how often.
func (p *producer) sendWhileKilling(t *testing.T, nodes ...*node) int {
	t.Helper()
	const events, batch, producers, enough = 10_000, 10, 4, 5
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	var kills atomic.Int64
	var sending sync.WaitGroup
	for i := range producers {
		sending.Go(func() {
			for p.count() < events || kills.Load() < enough {
				if err := p.send(ctx, i, batch); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	done := make(chan struct{})
	go func() { sending.Wait(); close(done) }()
	for {
		testtime.Moment(200 * time.Millisecond)
		select {
		case <-done:
			return int(kills.Load())
		default:
		}
		n := nodes[int(kills.Load())%len(nodes)]
		n.Kill(t)
		n.Start(t)
		kills.Add(1)
	}
}

// TestNode_Killed: one of two nodes is killed right after a commit. Its clients move to the other one,
// which delivers the events of the killed one within 2 s.
func TestNode_Killed(t *testing.T) {
	c := startCluster(t, nil, pings...)
	p := newProducer(c)
	token := c.token(t, "STORE_MANAGER")
	clients := []*testClient{
		open(t, "a", token, c.bases()...), open(t, "b", token, c.nodes[1].base, c.nodes[0].base),
		open(t, "c", token, c.bases()...), open(t, "d", token, c.nodes[1].base, c.nodes[0].base),
	}
	var slowest time.Duration
	for round := range count(20, 100) {
		dying := round % 2
		stop := p.stream(t, dying, 20*time.Millisecond)
		before := p.count()
		testtime.Eventually(t, testtime.Limit, "events flow", func() bool { return p.count() > before+rand.IntN(5) })
		c.nodes[dying].Kill(t)
		began := time.Now()
		stop()
		head := int64(p.count())
		for _, client := range clients {
			client.awaitNumber(t, head)
		}
		slowest = max(slowest, time.Since(began))
		c.nodes[dying].Start(t)
	}
	t.Logf("all clients were served by the other node within %s", slowest)
	testtime.Promise(t, "all clients are served after a node was killed", slowest, 2*time.Second)
	c.finish(t, p, clients)
}

// TestNode_Paused: a node is stopped (SIGSTOP) at a random moment and continued later. Meanwhile the
// other node serves: what is sent through it is received there within 2 s. Nothing is lost.
func TestNode_Paused(t *testing.T) {
	c := startCluster(t, nil, pings...)
	p := newProducer(c)
	token := c.token(t, "STORE_MANAGER")
	stays := open(t, "on the other node", token, c.nodes[1].base)
	moves := []*testClient{open(t, "on the paused node", token, c.bases()...), open(t, "between", token, c.bases()...)}
	clients := append([]*testClient{stays}, moves...)
	// served sends an event through the running node and returns how long it took until a client there
	// received it.
	served := func() time.Duration {
		began := time.Now()
		id := p.accept(t, 1)
		stays.awaitEvent(t, id)
		return time.Since(began)
	}
	pause := func(length time.Duration, meanwhile func(over <-chan time.Time)) {
		// Events are committed through the node that is about to stop, so that
		// it stops inside a transaction now and then.
		var busy sync.WaitGroup
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		for range 4 {
			busy.Go(func() {
				if err := p.send(ctx, 0, 1); err != nil {
					t.Error(err)
				}
			})
		}
		testtime.Moment(3 * time.Millisecond)
		c.nodes[0].Pause(t)
		over := make(chan time.Time)
		resume := time.AfterFunc(length, func() { close(over) })
		defer resume.Stop()
		meanwhile(over)
		<-over
		c.nodes[0].Resume(t)
		busy.Wait()
	}
	var slowest time.Duration
	for range count(20, 100) {
		pause(200*time.Millisecond, func(<-chan time.Time) {
			for range 2 {
				slowest = max(slowest, served())
			}
		})
		for _, client := range clients {
			client.awaitNumber(t, int64(p.count()))
		}
	}
	t.Logf("two events in each short pause, through the other node, were received there within %s", slowest)
	testtime.Promise(t, "the clients of the other node wait for a paused node", slowest, 2*time.Second)
	if soak() {
		pause(time.Minute, func(over <-chan time.Time) {
			began, slowest, events := time.Now(), served(), 1
			for _, client := range moves {
				client.awaitNumber(t, int64(p.count()))
			}
			moved := time.Since(began)
			ticker := time.NewTicker(100 * time.Millisecond)
			defer ticker.Stop()
			for paused := true; paused; events++ {
				select {
				case <-over:
					paused = false
				case <-ticker.C:
					slowest = max(slowest, served())
				}
			}
			t.Logf("a pause of a minute: %d events through the other node were received there within %s; the clients "+
				"of the paused node had moved and caught up after %s", events, slowest, moved)
			testtime.Promise(t, "the clients of the other node wait for a node that was paused for a minute", slowest,
				2*time.Second)
		})
	}
	c.finish(t, p, clients)
}

// TestProducer_Retries: every event is sent three times at once, to both nodes, while one of them is
// killed. Each is stored once, and all answers agree.
func TestProducer_Retries(t *testing.T) {
	c := startCluster(t, nil, pings...)
	p := newProducer(c)
	clients := []*testClient{open(t, "a", c.token(t, "STORE_MANAGER"), c.bases()...)}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	for round := range count(20, 1000) {
		events := p.batch(1 + round%5)
		var sending sync.WaitGroup
		for i := range 3 {
			sending.Go(func() {
				if err := p.deliver(ctx, i, events); err != nil {
					t.Error(err)
				}
			})
		}
		if round%5 == 0 {
			c.nodes[round/5%2].Kill(t)
			c.nodes[round/5%2].Start(t)
		}
		sending.Wait()
		for _, client := range clients {
			client.awaitNumber(t, int64(p.count()))
		}
	}
	c.finish(t, p, clients)
}
