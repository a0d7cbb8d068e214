// Package inflight counts the requests that a server is answering, so that a
// server that drains keeps listening, and refusing new work, until the last
// request that began before is answered.
package inflight

import (
	"net/http"
	"sync"
)

// Requests counts the requests of handlers. It is safe for concurrent use.
type Requests struct {
	mu       sync.Mutex // guards what follows
	count    int
	draining bool
	drained  chan struct{} // closed when it is draining and count is 0
}

// New returns an empty count.
func New() *Requests { return &Requests{drained: make(chan struct{})} }

// Wrap returns a handler that calls next and counts its requests.
func (r *Requests) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		if r.begin() {
			defer r.end()
		}
		next.ServeHTTP(w, request)
	})
}

// Count is how many requests are being answered that Drain waits for.
func (r *Requests) Count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.count
}

// Drain returns a channel that is closed when all requests that began before are
// answered. Later ones are answered but not waited for. It is called once.
func (r *Requests) Drain() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.draining = true
	r.closeIfDrainedLocked()
	return r.drained
}

// begin counts a request; false when it came after Drain.
func (r *Requests) begin() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.draining {
		return false
	}
	r.count++
	return true
}

func (r *Requests) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.count--
	r.closeIfDrainedLocked()
}

func (r *Requests) closeIfDrainedLocked() {
	if r.draining && r.count == 0 {
		close(r.drained)
	}
}
