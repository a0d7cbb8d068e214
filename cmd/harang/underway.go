package main

import (
	"net/http"
	"sync"
)

// underway knows the calls that are being answered, so that a server that ends
// can go on listening, and telling newcomers so, until the last of them is.
type underway struct {
	mu     sync.Mutex
	calls  int
	ending bool
	over   chan struct{} // closed when it is ending and nothing is under way
}

func newUnderway() *underway { return &underway{over: make(chan struct{})} }

// wrap counts the calls of a handler.
func (u *underway) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if u.enter() {
			defer u.leave()
		}
		next.ServeHTTP(w, r)
	})
}

// enter is false for a call that came after end: it is answered, not waited for.
func (u *underway) enter() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.ending {
		return false
	}
	u.calls++
	return true
}

func (u *underway) leave() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.calls--
	u.closeLocked()
}

// end returns a channel that is closed when all calls that began before are
// answered. It is called once.
func (u *underway) end() <-chan struct{} {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.ending = true
	u.closeLocked()
	return u.over
}

func (u *underway) closeLocked() {
	if u.ending && u.calls == 0 {
		close(u.over)
	}
}
