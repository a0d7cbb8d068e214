package auth

import (
	"context"
	"slices"
	"sync"
	"time"

	"harang.dev/harang"
)

const (
	// maxWaitingPerHost bounds the callers of one host that wait for a slot, so that one host cannot fill the queue.
	maxWaitingPerHost = 16
	// maxWaitingPerSlot bounds all callers that wait. With the default hash costs a slot serves them in 2 s.
	maxWaitingPerSlot = 32
	// maxWait bounds the wait of one caller.
	maxWait = 5 * time.Second
)

// requester is who waits for a slot.
type requester struct {
	// trusted callers are served before others: signed-in administrators, and browsers that signed in to the account
	// before.
	trusted bool
	// network and host are served in turn. For trusted callers they name the user or the browser.
	network, host string
}

// fairQueue gives out slots. Networks take turns, and within a network its hosts. Within a host the newest caller is
// served first: in a burst of more than can be served in time, somebody is, and the wait of the others does not add up.
// A caller beyond the bounds takes the place of the one that waits longest in the largest network. A caller that gives
// up leaves the queue at once.
type fairQueue struct {
	// mu guards the following.
	mu      sync.Mutex
	free    int
	waiting int
	max     int
	// lanes are those of trusted callers and of others.
	lanes [2]lane
}

// lane is the networks with waiting callers. The first one is served next.
type lane struct{ networks []*waitingNetwork }

type waitingNetwork struct {
	name    string
	hosts   []*waitingHost
	waiting int
}

type waitingHost struct {
	name    string
	callers []*waiter
}

// waiter is one caller in the queue. Its result is sent once: nil for a slot, errBusy when it lost its place.
type waiter struct {
	requester
	result chan error
}

func newFairQueue(slots int) *fairQueue {
	return &fairQueue{free: slots, max: slots * maxWaitingPerSlot}
}

var errBusy = &harang.Error{
	Code: harang.CodeRateLimited, Message: "too many logins at once; try again", RetryAfter: 2 * time.Second,
}

// acquire waits for a slot, which the caller must release. It returns RATE_LIMITED when the caller loses its place or
// waits for maxWait, and the context's error when ctx ends.
func (q *fairQueue) acquire(ctx context.Context, by requester) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	q.mu.Lock()
	if q.free > 0 {
		q.free--
		q.mu.Unlock()
		return nil
	}
	w := &waiter{requester: by, result: make(chan error, 1)}
	q.pushLocked(w)
	q.mu.Unlock()
	timer := time.NewTimer(maxWait)
	defer timer.Stop()
	select {
	case err := <-w.result:
		return err
	case <-ctx.Done():
		return q.leave(w, ctx.Err())
	case <-timer.C:
		return q.leave(w, errBusy)
	}
}

// leave takes w out of the queue and returns err. A slot that w was given meanwhile goes to the next caller.
func (q *fairQueue) leave(w *waiter, err error) error {
	q.mu.Lock()
	removed := q.removeLocked(w)
	q.mu.Unlock()
	if !removed && <-w.result == nil {
		q.release()
	}
	return err
}

// release gives a slot back.
func (q *fairQueue) release() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i := range q.lanes {
		if w := q.lanes[i].next(); w != nil {
			q.waiting--
			w.result <- nil
			return
		}
	}
	q.free++
}

// pushLocked adds a caller, and drops another one when there are too many.
func (q *fairQueue) pushLocked(w *waiter) {
	host := q.laneOf(w).push(w)
	q.waiting++
	switch {
	case len(host.callers) > maxWaitingPerHost:
		q.dropLocked(host.callers[0])
	case q.waiting > q.max:
		q.dropLocked(q.dropCandidateLocked())
	}
}

func (q *fairQueue) dropLocked(w *waiter) {
	q.removeLocked(w)
	w.result <- errBusy
}

func (q *fairQueue) laneOf(w *waiter) *lane {
	if w.trusted {
		return &q.lanes[0]
	}
	return &q.lanes[1]
}

// dropCandidateLocked returns the caller that waits longest in the largest host of the largest network. Trusted callers
// are dropped only when no other caller waits.
func (q *fairQueue) dropCandidateLocked() *waiter {
	networks := q.lanes[1].networks
	if len(networks) == 0 {
		networks = q.lanes[0].networks
	}
	network := slices.MaxFunc(networks, func(a, b *waitingNetwork) int { return a.waiting - b.waiting })
	host := slices.MaxFunc(network.hosts, func(a, b *waitingHost) int { return len(a.callers) - len(b.callers) })
	return host.callers[0]
}

func (q *fairQueue) removeLocked(w *waiter) bool {
	if !q.laneOf(w).remove(w) {
		return false
	}
	q.waiting--
	return true
}

func (l *lane) find(name string) *waitingNetwork {
	i := slices.IndexFunc(l.networks, func(n *waitingNetwork) bool { return n.name == name })
	if i < 0 {
		return nil
	}
	return l.networks[i]
}

func (n *waitingNetwork) find(name string) *waitingHost {
	i := slices.IndexFunc(n.hosts, func(h *waitingHost) bool { return h.name == name })
	if i < 0 {
		return nil
	}
	return n.hosts[i]
}

func (l *lane) push(w *waiter) *waitingHost {
	n := l.find(w.network)
	if n == nil {
		n = &waitingNetwork{name: w.network}
		l.networks = append(l.networks, n)
	}
	h := n.find(w.host)
	if h == nil {
		h = &waitingHost{name: w.host}
		n.hosts = append(n.hosts, h)
	}
	h.callers = append(h.callers, w)
	n.waiting++
	return h
}

// next takes out the caller whose turn it is; nil for none. Its network and host move to the end of their turns.
func (l *lane) next() *waiter {
	if len(l.networks) == 0 {
		return nil
	}
	n := l.networks[0]
	h := n.hosts[0]
	w := h.callers[len(h.callers)-1]
	l.remove(w)
	if len(n.hosts) > 0 && n.hosts[0] == h {
		n.hosts = append(n.hosts[1:], h)
	}
	if len(l.networks) > 0 && l.networks[0] == n {
		l.networks = append(l.networks[1:], n)
	}
	return w
}

// remove takes w out, and its host and network when they have no other caller.
func (l *lane) remove(w *waiter) bool {
	n := l.find(w.network)
	if n == nil {
		return false
	}
	h := n.find(w.host)
	if h == nil {
		return false
	}
	i := slices.Index(h.callers, w)
	if i < 0 {
		return false
	}
	h.callers = slices.Delete(h.callers, i, i+1)
	n.waiting--
	if len(h.callers) == 0 {
		n.hosts = slices.DeleteFunc(n.hosts, func(x *waitingHost) bool { return x == h })
	}
	if n.waiting == 0 {
		l.networks = slices.DeleteFunc(l.networks, func(x *waitingNetwork) bool { return x == n })
	}
	return true
}
