package faults

import (
	"context"
	"io"
	"math/rand/v2"
	"net/http"
	"regexp"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"harang.dev/harang/internal/testtime"
)

// collect has a node collect its garbage.
func (c *cluster) collect(t *testing.T, n *node) {
	t.Helper()
	admin := regexp.MustCompile(`admin=(http://\S+)`).FindStringSubmatch(n.Log())
	if admin == nil {
		t.Fatal("no admin address in the log")
	}
	answer, err := c.http.Get(admin[1] + "/debug/pprof/heap?gc=1")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil || answer.StatusCode != http.StatusOK {
		t.Fatal(answer.StatusCode, err)
	}
}

// TestChurn_ReturnsToBase: 200 events a second while clients connect and leave, for ten seconds (ten
// minutes with HARANG_SOAK=1). When all have left, memory and goroutines return to what they were
// after a first, shorter round.
func TestChurn_ReturnsToBase(t *testing.T) {
	c := startSQLite(t)
	p, token := newProducer(c), c.token(t, "STORE_MANAGER")
	n := c.nodes[0]
	var visits, recovered, received atomic.Int64
	churn := func(length time.Duration) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		ending := time.AfterFunc(length, cancel)
		defer ending.Stop()
		stop := p.flow(t, 50*time.Millisecond, 10)
		defer stop()
		var coming sync.WaitGroup
		for i := range 30 {
			coming.Go(func() {
				var s *connection
				for ctx.Err() == nil {
					now, again, err := connect(ctx, n.base, token, s)
					if ctx.Err() != nil {
						return
					}
					if err != nil {
						t.Errorf("client %d: %v", i, err)
						return
					}
					visits.Add(1)
					if again {
						recovered.Add(1)
					}
					s = now
					stay, leave := context.WithTimeout(ctx, time.Duration(50+rand.IntN(500))*time.Millisecond)
					for {
						e, err := s.conn.Next(stay)
						if err != nil {
							break
						}
						if e.Name != "stock_alert" {
							continue
						}
						if numberOf(e.Offset()) != numberOf(s.offset)+1 {
							t.Errorf("client %d: %s is followed by %s", i, s.offset, e.Offset())
						}
						s.offset = e.Offset()
						received.Add(1)
					}
					leave()
					if visits.Load()%2 == 0 {
						_ = s.conn.Cut()
					} else {
						_ = s.conn.Close()
					}
				}
			})
		}
		coming.Wait()
	}
	measure := func() (goroutines, heap float64) {
		c.http.CloseIdleConnections()
		c.collect(t, n)
		return c.metric(t, n, "go_goroutines"), c.metric(t, n, "go_memstats_heap_inuse_bytes") / (1 << 20)
	}
	churn(time.Duration(count(2, 30)) * time.Second)
	var goroutines, heap float64
	testtime.Eventually(t, testtime.Limit, "all clients have left", func() bool {
		goroutines, heap = measure()
		return c.metric(t, n, "harang_feed_listeners") <= 1 // the node's own, of control messages
	})
	churn(time.Duration(count(10, 600)) * time.Second)
	var goroutinesAfter, heapAfter float64
	defer func() {
		t.Logf("%d events, %d visits, %d recovered, %d deliveries; goroutines %.0f, then %.0f; heap %.1f MiB, then "+
			"%.1f MiB",
			p.count(), visits.Load(), recovered.Load(), received.Load(), goroutines, goroutinesAfter, heap, heapAfter)
	}()
	testtime.Eventually(t, testtime.Limit, "memory and goroutines return to the base", func() bool {
		goroutinesAfter, heapAfter = measure()
		return goroutinesAfter <= goroutines+3 && heapAfter <= heap+4
	})
}
