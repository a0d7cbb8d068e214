package gateway

import (
	"container/heap"
	"context"
	"sync"
	"time"
)

// expiry ends connections whose token is over: one heap and one timer for all.
type expiry struct {
	clock func() time.Time
	// wake tells the goroutine that the earliest has changed.
	wake chan struct{}

	// mu guards heap and the expires and place of the connections in it.
	mu   sync.Mutex
	heap expiryHeap
}

func newExpiry(clock func() time.Time) *expiry {
	return &expiry{clock: clock, wake: make(chan struct{}, 1)}
}

// set says when the connection's token is over; again when it has another one.
func (e *expiry) set(c *conn, at time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	c.expires = at
	switch {
	case c.gone:
		return
	case c.place > 0:
		heap.Fix(&e.heap, c.place-1)
	default:
		heap.Push(&e.heap, c)
	}
	if e.heap[0] == c {
		select {
		case e.wake <- struct{}{}:
		default:
		}
	}
}

// remove forgets a connection for good.
func (e *expiry) remove(c *conn) {
	e.mu.Lock()
	defer e.mu.Unlock()
	c.gone = true
	if c.place > 0 {
		heap.Remove(&e.heap, c.place-1)
	}
}

// run calls end for each connection when its token is over, until ctx ends.
func (e *expiry) run(ctx context.Context, end func(*conn)) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		over, wait := e.due()
		for _, c := range over {
			end(c)
		}
		timer.Reset(wait)
		select {
		case <-ctx.Done():
			return
		case <-e.wake:
		case <-timer.C:
		}
	}
}

// due takes out what is over, and tells how long to wait for the next.
func (e *expiry) due() (over []*conn, wait time.Duration) {
	now := e.clock()
	e.mu.Lock()
	defer e.mu.Unlock()
	for len(e.heap) > 0 {
		if wait := e.heap[0].expires.Sub(now); wait > 0 {
			return over, wait
		}
		over = append(over, heap.Pop(&e.heap).(*conn))
	}
	return over, time.Hour
}

// expiryHeap is ordered by expiry. A connection's place is its index plus one,
// 0 when it is not in the heap.
type expiryHeap []*conn

func (h expiryHeap) Len() int           { return len(h) }
func (h expiryHeap) Less(i, j int) bool { return h[i].expires.Before(h[j].expires) }
func (h expiryHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].place, h[j].place = i+1, j+1
}

// Push implements heap.Interface.
func (h *expiryHeap) Push(x any) {
	c := x.(*conn)
	*h = append(*h, c)
	c.place = len(*h)
}

// Pop implements heap.Interface.
func (h *expiryHeap) Pop() any {
	last := len(*h) - 1
	c := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	c.place = 0
	return c
}
