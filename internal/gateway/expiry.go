package gateway

import (
	"container/heap"
	"context"
	"sync"
	"time"
)

// expiry ends connections whose token expires: one heap and one timer for all.
type expiry struct {
	clock func() time.Time
	// wake has a value when the earliest expiry has changed.
	wake chan struct{}

	// mu guards heap, and expires, heapIndex and gone of every connection.
	mu   sync.Mutex
	heap expiryHeap
}

func newExpiry(clock func() time.Time) *expiry {
	return &expiry{clock: clock, wake: make(chan struct{}, 1)}
}

// set sets or moves the connection's expiry.
func (e *expiry) set(c *conn, at time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	c.expires = at
	switch {
	case c.gone:
		return
	case c.heapIndex > 0:
		heap.Fix(&e.heap, c.heapIndex-1)
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

// remove removes the connection for good: a later set does nothing.
func (e *expiry) remove(c *conn) {
	e.mu.Lock()
	defer e.mu.Unlock()
	c.gone = true
	if c.heapIndex > 0 {
		heap.Remove(&e.heap, c.heapIndex-1)
	}
}

// run calls end for each connection whose token expires, until ctx ends.
func (e *expiry) run(ctx context.Context, end func(*conn)) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		expired, wait := e.pop()
		for _, c := range expired {
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

// pop removes the expired connections, and returns how long to wait for the next.
func (e *expiry) pop() (expired []*conn, wait time.Duration) {
	now := e.clock()
	e.mu.Lock()
	defer e.mu.Unlock()
	for len(e.heap) > 0 {
		if wait := e.heap[0].expires.Sub(now); wait > 0 {
			return expired, wait
		}
		expired = append(expired, heap.Pop(&e.heap).(*conn))
	}
	return expired, time.Hour
}

// expiryHeap is ordered by expiry. A connection's heapIndex is its index plus one, 0 when it is not in the heap.
type expiryHeap []*conn

func (h expiryHeap) Len() int           { return len(h) }
func (h expiryHeap) Less(i, j int) bool { return h[i].expires.Before(h[j].expires) }
func (h expiryHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].heapIndex, h[j].heapIndex = i+1, j+1
}

// Push implements heap.Interface.
func (h *expiryHeap) Push(x any) {
	c := x.(*conn)
	*h = append(*h, c)
	c.heapIndex = len(*h)
}

// Pop implements heap.Interface.
func (h *expiryHeap) Pop() any {
	last := len(*h) - 1
	c := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	c.heapIndex = 0
	return c
}
