package faults

import (
	"context"
	"encoding/json"
	"net"
	"slices"
	"sync"
	"testing"
	"time"
)

// delays of many listeners, in two phases.
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

func (d *delays) next() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.phase++
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

// TestStalled_OneOfFifty: one of fifty stops reading and leaves its connection
// open. The others go on as before, the server keeps little for it and lets go
// of it within ten seconds; when it wakes it comes back and is told all.
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
		s, _, err := sit(ctx, base, token, nil)
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
						t.Errorf("one of the others ended: %v", err)
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
	first, _, err := sit(ctx, base, token, nil)
	if err != nil {
		t.Fatal(err)
	}
	stalled := &place{seat: first}
	if err := stalled.conn.Conn().(*net.TCPConn).SetReadBuffer(4 << 10); err != nil {
		t.Fatal(err)
	}
	open := func() int {
		var all struct{ Items []struct{ ID string } }
		c.call(t, admin, "GET", "/api/v1/admin/connections", "", &all)
		return len(all.Items)
	}
	if n := open(); n != 50 {
		t.Fatalf("%d connections", n)
	}
	// 200 events a second, first with everybody reading.
	stop := p.flow(t, 50*time.Millisecond, 10)
	defer stop()
	length := time.Duration(count(2, 20)) * time.Second
	reading := time.After(length)
	for awake := true; awake; {
		select {
		case <-reading:
			awake = false
		default:
			e, err := next(ctx, stalled.conn)
			if err != nil {
				t.Fatal(err)
			}
			if numberOf(e.Offset()) > 0 {
				stalled.note(t, e)
			}
		}
	}
	measured.next()
	heap := c.metric(t, node, "go_memstats_heap_inuse_bytes")
	began, most := time.Now(), 0.0
	eventually(t, 15*time.Second, "the stalled connection is let go", func() bool {
		most = max(most, c.metric(t, node, "go_memstats_heap_inuse_bytes")-heap)
		return open() == 49
	})
	took := time.Since(began)
	stop()
	// It wakes: what was under way, then the end, then back.
	if err := stalled.conn.Conn().(*net.TCPConn).SetReadBuffer(1 << 20); err != nil {
		t.Fatal(err)
	}
	for {
		e, err := next(ctx, stalled.conn)
		if err != nil {
			break
		}
		if numberOf(e.Offset()) > 0 {
			stalled.note(t, e)
		}
	}
	stood := numberOf(stalled.offset)
	back, v := comeBack(t, base, token, stalled.seat)
	head := numberOf(v.Head)
	switch {
	case v.Recovered && stood+int64(v.Replayed) != head,
		!v.Recovered && (v.Gap == nil || v.Gap.Missed == nil || stood+*v.Gap.Missed+int64(v.Replayed) != head):
		t.Errorf("it stood at %d, the head is %d, and it was told %+v", stood, head, v)
	}
	p.mustSend(t, 0, 1)
	back.hearLast(t, p)
	_ = back.conn.Cut()
	before, after := measured.at(0, .99), measured.at(1, .99)
	t.Logf("let go after %s; heap grew by %.1f MiB at most; it came back from %d to %d, recovered %t, replayed %d", took, most/(1<<20), stood, head, v.Recovered, v.Replayed)
	t.Logf("the others' p99 with everybody reading %s, with one stalled %s (p50 %s, %s)", before, after, measured.at(0, .5), measured.at(1, .5))
	if took > 10*time.Second {
		t.Errorf("it was let go after %s", took)
	}
	if most > 32<<20 {
		t.Errorf("the heap grew by %.1f MiB", most/(1<<20))
	}
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
			ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
			if err := p.send(ctx, 0, batch); err != nil {
				t.Error(err)
			}
			cancel()
		}
	})
	return sync.OnceFunc(func() { close(end); running.Wait() })
}
