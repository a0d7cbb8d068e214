package faults

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"harang.dev/harang/internal/sioclient"
	"harang.dev/harang/internal/testtime"
)

// metric is the sum of a metric's values at a node's admin address.
func (c *cluster) metric(t *testing.T, n *node, name string) float64 {
	t.Helper()
	admin := regexp.MustCompile(`admin=(http://\S+)`).FindAllStringSubmatch(n.Log(), -1)
	if len(admin) == 0 {
		t.Fatal("no admin address in the log")
	}
	answer, err := c.http.Get(admin[len(admin)-1][1] + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatal(answer.StatusCode, err)
	}
	sum := 0.0
	for _, line := range regexp.MustCompile(`(?m)^`+name+`(?:\{[^}]*\})? (\S+)$`).FindAllSubmatch(text, -1) {
		v, err := strconv.ParseFloat(string(line[1]), 64)
		if err != nil {
			t.Fatal(err)
		}
		sum += v
	}
	return sum
}

// TestFigures_TwoNodes: events are committed through one node at 100 a second while 50 clients listen
// at the other: 5,000 deliveries a second. It measures from commit to arrival.
func TestFigures_TwoNodes(t *testing.T) {
	c := startCluster(t, nil, "--connections-per-tenant", "60")
	p := newProducer(c)
	token := c.token(t, "STORE_MANAGER")
	const clients, rate = 50, 100
	seconds := count(3, 60)
	var mu sync.Mutex
	var delays []time.Duration
	var received atomic.Int64
	ctx, cancel := context.WithCancel(t.Context())
	var listening sync.WaitGroup
	defer listening.Wait()
	defer cancel()
	for range clients {
		s, _, err := connect(ctx, c.nodes[1].base, token, nil)
		if err != nil {
			t.Fatal(err)
		}
		listening.Go(func() {
			var own []time.Duration
			for {
				e, err := s.conn.Next(ctx)
				if err != nil {
					break
				}
				if e.Name != "stock_alert" {
					continue
				}
				var event struct{ Timestamp time.Time }
				if err := json.Unmarshal(e.Args[0], &event); err != nil {
					t.Error(err)
				}
				own = append(own, time.Since(event.Timestamp))
				received.Add(1)
			}
			mu.Lock()
			delays = append(delays, own...)
			mu.Unlock()
			_ = s.conn.Cut()
		})
	}
	watcher := open(t, "watcher", c.token(t, "ADMIN"), c.nodes[0].base)
	ticker := time.NewTicker(time.Second / rate)
	var sending sync.WaitGroup
	for range seconds * rate {
		<-ticker.C
		sending.Go(func() {
			if err := p.send(ctx, 0, 1); err != nil {
				t.Error(err)
			}
		})
	}
	ticker.Stop()
	sending.Wait()
	watcher.awaitNumber(t, int64(p.count()))
	want := clients * p.count()
	testtime.Eventually(t, testtime.Limit, "all events are delivered",
		func() bool { return received.Load() >= int64(want) })
	cancel()
	listening.Wait()
	if len(delays) != want {
		t.Errorf("%d deliveries, want %d", len(delays), want)
	}
	slices.Sort(delays)
	at := func(q float64) time.Duration { return delays[int(q*float64(len(delays)-1))] }
	t.Logf("%d deliveries at %d a second: p50 %s, p99 %s, max %s (commit times are whole milliseconds)", len(delays),
		rate*clients, at(.5), at(.99), delays[len(delays)-1])
	testtime.Promise(t, "p99 of the delivery", at(.99), time.Second)
}

// backoff is the delay of a page before a try: 3, 6, 12, 24, then 30 s, each ±10 %.
func backoff(try int) time.Duration {
	step := 30 * time.Second
	if try < 4 {
		step = 3 * time.Second << try
	}
	return step*9/10 + rand.N(step/5)
}

// TestFigures_AllCut: all clients are cut at once and return, each with its backoff, over both nodes.
// All are recovered, and each feed is read at most once per node.
func TestFigures_AllCut(t *testing.T) {
	clients := count(400, 2000)
	c := startCluster(t, nil, "--connections-per-tenant", fmt.Sprint(clients+10))
	p := newProducer(c)
	token := c.token(t, "STORE_MANAGER")
	connections := make([]*connection, clients)
	for i := range connections {
		var err error
		if connections[i], _, err = connect(t.Context(), c.nodes[i%2].base, token, nil); err != nil {
			t.Fatal(err)
		}
	}
	began := time.Now()
	for _, s := range connections {
		_ = s.conn.Cut()
	}
	p.mustSend(t, 0, 20)
	readings := func() float64 {
		return c.metric(t, c.nodes[0], "harang_feed_readings_total") +
			c.metric(t, c.nodes[1], "harang_feed_readings_total")
	}
	testtime.Eventually(t, testtime.Limit, "both nodes have the committed events", func() bool {
		s, _, err := connect(t.Context(), c.nodes[1].base, token, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = s.conn.Cut() }()
		return numberOf(s.offset) == 20
	})
	before := readings()
	var coming sync.WaitGroup
	var refused atomic.Int64
	for i := range connections {
		coming.Go(func() {
			var s *connection
			var recovered bool
			var err error
			for try := range 5 {
				due := backoff(try)
				if try == 0 {
					due -= time.Since(began)
				}
				time.Sleep(due) //nolint:forbidigo // the client's backoff
				if s, recovered, err = connect(t.Context(),
					c.nodes[(i+1+try)%2].base, token, connections[i]); err == nil {
					break
				}
				refused.Add(1)
			}
			if err != nil || !recovered {
				t.Errorf("client %d: recovered %t, %v", i, recovered, err)
				return
			}
			defer func() { _ = s.conn.Cut() }()
			for number := numberOf(connections[i].offset); number < 20; {
				e, err := next(t.Context(), s.conn)
				if err != nil {
					t.Errorf("client %d at number %d: %v", i, number, err)
					return
				}
				if got := numberOf(e.Offset()); got != number+1 {
					t.Errorf("client %d: number %d after %d", i, got, number)
				}
				number++
			}
		})
	}
	coming.Wait()
	took, read := time.Since(began), readings()-before
	t.Logf("%d clients were back with 20 events each %s after the cut, backoff included; %d tries failed; "+
		"the feeds were read %v times", clients, took, refused.Load(), read)
	if read > 4 { // two feeds (managers, control) on two nodes
		t.Errorf("the feeds were read %v times", read)
	}
	testtime.Promise(t, "all clients are back", took, time.Minute)
}

func next(ctx context.Context, c *sioclient.Client) (sioclient.Event, error) {
	ctx, cancel := context.WithTimeout(ctx, testtime.Limit)
	defer cancel()
	return c.Next(ctx)
}
