package faults

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/testtime"
)

// delays are those of many listeners, in two alternating phases.
type delays struct {
	mu    sync.Mutex // guards what follows
	phase int
	taken [2][]time.Duration
}

func (d *delays) add(took time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.taken[d.phase] = append(d.taken[d.phase], took)
}

func (d *delays) setPhase(phase int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.phase = phase
}

func (d *delays) at(phase int, q float64) time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	all := slices.Sorted(slices.Values(d.taken[phase]))
	if len(all) == 0 {
		return 0
	}
	return all[int(q*float64(len(all)-1))]
}

// readUntil reads until over is closed or the connection ends.
func (p *listener) readUntil(t *testing.T, over <-chan struct{}) {
	t.Helper()
	for {
		select {
		case <-over:
			return
		default:
		}
		e, err := next(t.Context(), p.conn)
		if err != nil {
			return
		}
		if numberOf(e.Offset()) > 0 {
			p.note(t, e)
		}
	}
}

// stall shrinks the receive buffer, so that the kernel does not read on for a
// listener that stops reading.
func (p *listener) stall(t *testing.T) {
	t.Helper()
	if err := p.conn.Conn().(*net.TCPConn).SetReadBuffer(4 << 10); err != nil {
		t.Fatal(err)
	}
}

// open returns the number of connections that the server has.
func (c *cluster) open(t *testing.T, admin string) int {
	t.Helper()
	var all struct{ Items []struct{ ID string } }
	c.call(t, admin, "GET", "/api/v1/admin/connections", "", &all)
	return len(all.Items)
}

// TestStalled_OneOfFifty: one of fifty clients stops reading and leaves its connection open, in turns
// with all reading. The others are not delayed, the server queues little for it and closes it within
// ten seconds; when it wakes it reconnects and gets everything.
func TestStalled_OneOfFifty(t *testing.T) {
	c := startSQLite(t)
	p, token, admin := newProducer(c), c.token(t, "STORE_MANAGER"), c.token(t, "ADMIN")
	base, node := c.nodes[0].base, c.nodes[0]
	ctx, cancel := context.WithCancel(t.Context())
	var listening sync.WaitGroup
	defer listening.Wait()
	defer cancel()
	var measured delays
	for range 49 {
		s, _, err := connect(ctx, base, token, nil)
		if err != nil {
			t.Fatal(err)
		}
		listening.Go(func() {
			defer func() { _ = s.conn.Cut() }()
			number := numberOf(s.offset)
			for {
				e, err := s.conn.Next(ctx)
				if err != nil {
					if ctx.Err() == nil {
						t.Errorf("another connection ended: %v", err)
					}
					return
				}
				if e.Name != "stock_alert" {
					continue
				}
				var event struct{ Timestamp time.Time }
				if err := json.Unmarshal(e.Args[0], &event); err != nil {
					t.Error(err)
				}
				measured.add(time.Since(event.Timestamp))
				if got := numberOf(e.Offset()); got != number+1 {
					t.Errorf("number %d after %d", got, number)
				}
				number++
			}
		})
	}
	first, _, err := connect(ctx, base, token, nil)
	if err != nil {
		t.Fatal(err)
	}
	heap := func() float64 { return c.metric(t, node, "go_memstats_heap_inuse_bytes") }
	stalled := &listener{connection: first}
	longest, most := time.Duration(0), 0.0
	for range count(1, 5) {
		// 200 events a second, first with all clients reading.
		stop := p.flow(t, 50*time.Millisecond, 10)
		measured.setPhase(0)
		over := make(chan struct{})
		var reading sync.WaitGroup
		reading.Go(func() { stalled.readUntil(t, over) })
		began, before := time.Now(), 0.0
		testtime.Eventually(t, testtime.Limit, "all clients read for a while", func() bool {
			if n := c.open(t, admin); n != 50 {
				t.Fatalf("%d connections", n)
			}
			before = max(before, heap())
			return time.Since(began) > time.Duration(count(2, 8))*time.Second
		})
		close(over)
		reading.Wait()
		stalled.stall(t)
		measured.setPhase(1)
		began = time.Now()
		testtime.Eventually(t, testtime.Limit, "the stalled connection is closed", func() bool {
			most = max(most, heap()-before)
			return c.open(t, admin) == 49
		})
		longest = max(longest, time.Since(began))
		stop()
		// It wakes: what was in flight, then the end, then the return.
		stalled.readUntil(t, nil)
		position := numberOf(stalled.offset)
		back, v := resume(t, base, token, stalled.connection)
		head := numberOf(v.Head)
		switch {
		case v.Recovered && position+int64(v.Replayed) != head,
			!v.Recovered && (v.Gap == nil || v.Gap.Missed == nil || position+*v.Gap.Missed+int64(v.Replayed) != head):
			t.Errorf("position %d, head %d, session %+v", position, head, v)
		}
		p.mustSend(t, 0, 1)
		back.readUntilLast(t, p)
		stalled = back
	}
	_ = stalled.conn.Cut()
	t.Logf("closed after %s at most; the heap grew by %.1f MiB at most", longest, most/(1<<20))
	t.Logf("p99 of the others with all clients reading %s, with one stalled %s (p50 %s, %s)", measured.at(0, .99),
		measured.at(1, .99), measured.at(0, .5), measured.at(1, .5))
	testtime.Promise(t, "the stalled connection is closed", longest, 10*time.Second)
	if most > 32<<20 {
		t.Errorf("the heap grew by %.1f MiB", most/(1<<20))
	}
}

// TestStalled_Recovers: as many events as the window has come in one burst, more than the kernel
// buffers for a connection. The client that does not read is closed and never reads again; it gets all
// of them when it reconnects.
func TestStalled_Recovers(t *testing.T) {
	c := startSQLite(t)
	p, token, admin := newProducer(c), c.token(t, "STORE_MANAGER"), c.token(t, "ADMIN")
	s, _, err := connect(t.Context(), c.nodes[0].base, token, nil)
	if err != nil {
		t.Fatal(err)
	}
	stalled := &listener{connection: s}
	for range count(1, 5) {
		stalled.stall(t)
		events := make([]map[string]any, 50)
		for i := range events {
			events[i] = map[string]any{
				"specversion": "1.0", "id": fmt.Sprintf("s-%06d", p.next.Add(1)), "source": "/faults",
				"type": "payment_error",
				"data": map[string]any{
					"transactionId": "t", "errorCode": "iso:51",
					"errorMessage": strings.Repeat("🔔", harang.MaxMessageRunes),
					"partnerId":    strings.Repeat("🔔", harang.MaxIDRunes),
					"partnerName":  strings.Repeat("🔔", harang.MaxNameRunes),
					"amount":       1, "currency": "HUF",
				},
			}
		}
		if err := p.deliver(t.Context(), 0, events); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		testtime.Eventually(t, testtime.Limit, "the stalled connection is closed",
			func() bool { return c.open(t, admin) == 0 })
		took := time.Since(began)
		_ = stalled.conn.Cut() // with what its kernel had received
		position := numberOf(stalled.offset)
		back, v := resume(t, c.nodes[0].base, token, stalled.connection)
		t.Logf("closed after %s, at number %d; back, recovered %t, replayed %d", took, position,
			v.Recovered, v.Replayed)
		if !v.Recovered || v.Replayed != 50 || position+50 != int64(p.count()) {
			t.Errorf("position %d of %d, session %+v", position, p.count(), v)
		}
		testtime.Promise(t, "the stalled connection is closed", took, 10*time.Second)
		stalled = back
	}
	_ = stalled.conn.Cut()
}

// flow sends batches at an interval until the returned function is called.
func (p *producer) flow(t *testing.T, interval time.Duration, batch int) (stop func()) {
	t.Helper()
	end := make(chan struct{})
	var running sync.WaitGroup
	running.Go(func() {
		ticker := time.NewTicker(interval)
		defer ticker.Stop()
		for {
			select {
			case <-end:
				return
			case <-ticker.C:
			}
			ctx, cancel := context.WithTimeout(context.Background(), testtime.Limit)
			if err := p.send(ctx, 0, batch); err != nil {
				t.Error(err)
			}
			cancel()
		}
	})
	return sync.OnceFunc(func() { close(end); running.Wait() })
}
