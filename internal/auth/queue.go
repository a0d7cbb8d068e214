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
	// maxWaitingPerSlot bounds the callers of a lane that wait. With the default hash costs a slot serves them in 2 s.
	maxWaitingPerSlot = 32
	// trustedTurns is how many trusted callers are served in a row while others wait. Without it one account whose
	// browser signs in without a pause would keep everybody else out.
	trustedTurns = 3
	// maxWait bounds the wait of one caller.
	maxWait = 5 * time.Second
)

// requester is who waits for a slot.
type requester struct {
	// trusted callers are served before others, trustedTurns in a row: signed-in administrators, and browsers that
	// signed in to the account before.
	trusted bool
	// network and host are served in turn. For trusted callers they name the account and the browser.
	network, host string
}

// fairQueue gives out slots. Networks take turns, and within a network its hosts. Within a host the newest caller is
// served first: in a burst of more than can be served in time, somebody is, and the wait of the others does not add up.
// A caller beyond the bounds takes the place of the one that waits longest in the largest network of its lane. A caller
// that gives up leaves the queue at once.
type fairQueue struct {
	// mu guards the following.
	mu   sync.Mutex
	free int
	max  int // callers that wait in a lane
	// lanes are those of trusted callers and of others.
	lanes [2]lane
	// trustedInARow is how many trusted callers were served since the last other one, or since nobody else waited.
	trustedInARow int
}

// lane is the networks with waiting callers. The first one is served next.
type lane struct {
	networks []*waitingNetwork
	waiting  int
}

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
	trusted, others := &q.lanes[0], &q.lanes[1]
	from := trusted
	switch {
	case trusted.waiting+others.waiting == 0:
		q.free++
		return
	case others.waiting == 0:
		q.trustedInARow = 0
	case trusted.waiting == 0 || q.trustedInARow == trustedTurns:
		from, q.trustedInARow = others, 0
	default:
		q.trustedInARow++
	}
	from.next().result <- nil
}

// pushLocked adds a caller, and drops another one when there are too many.
func (q *fairQueue) pushLocked(w *waiter) {
	lane := q.laneOf(w)
	host := lane.push(w)
	switch {
	case len(host.callers) > maxWaitingPerHost:
		q.dropLocked(host.callers[0])
	case lane.waiting > q.max:
		q.dropLocked(lane.dropCandidate())
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

// dropCandidate returns the caller that waits longest in the largest host of the largest network.
func (l *lane) dropCandidate() *waiter {
	network := slices.MaxFunc(l.networks, func(a, b *waitingNetwork) int { return a.waiting - b.waiting })
	host := slices.MaxFunc(network.hosts, func(a, b *waitingHost) int { return len(a.callers) - len(b.callers) })
	return host.callers[0]
}

func (q *fairQueue) removeLocked(w *waiter) bool { return q.laneOf(w).remove(w) }

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
	l.waiting++
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
	l.waiting--
	if len(h.callers) == 0 {
		n.hosts = slices.DeleteFunc(n.hosts, func(x *waitingHost) bool { return x == h })
	}
	if n.waiting == 0 {
		l.networks = slices.DeleteFunc(l.networks, func(x *waitingNetwork) bool { return x == n })
	}
	return true
}
