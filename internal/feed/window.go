package feed

import (
	"sync"
	"time"

	"harang.dev/harang"
)

// window is one feed on this node: what it remembers and who listens.
type window struct {
	hub *Hub
	// label is the feed's in metrics. journey is nil for a synthetic feed.
	label   string
	journey *Journey

	// mu guards everything below. Nothing that waits, calls out or encodes
	// happens under it.
	mu sync.Mutex
	recent
	// members are the listeners, in no order.
	members []*Membership
	// round is the list that the last round was given: members as they were.
	// It is never changed, only replaced; nil when members have changed.
	round []listening
	// pending are the entries that no round has taken yet; spare is the array
	// that the next pending may use.
	pending, spare []*Item
	delivering     bool
	// reading is under way, following is wanted after it.
	reading, following *reading
	// held counts the joins under way.
	held int
	// lingering runs out when nobody has listened for a while.
	lingering *time.Timer
	// closed is set when the hub is closed: nothing is read any more.
	closed bool
}

type listening struct {
	listener Listener
	after    int64
}

func newWindow(h *Hub, id harang.FeedID) *window {
	w := &window{hub: h, label: labelOf(id), journey: h.journey, recent: recent{feed: id}}
	if Synthetic(id.Tenant) {
		w.journey = nil
	}
	return w
}

// servedLocked reports whether the window has been read: before that it is
// hydrating.
func (w *window) servedLocked() bool { return w.epoch != "" }

// join is the hand-over: judge, take the replay and join the listeners, all
// under one hold of the lock. When something must be read first it returns that
// reading instead. doubted remembers that a doubtful position has had its own.
func (w *window) join(from Start, l Listener, doubted *bool) (*Membership, Handover, *reading) {
	now := w.hub.clock()
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.servedLocked() {
		return nil, Handover{}, w.readLocked()
	}
	if from.Resume && from.Readable && !*doubted && w.doubtful(from.Position) {
		*doubted = true
		return nil, Handover{}, w.readAfreshLocked()
	}
	head := w.position(w.head)
	start := Handover{Position: head, Head: head}
	if from.Resume {
		start = w.judge(from.Position, from.Readable, now)
	}
	m := &Membership{w: w, at: len(w.members), listener: l, after: w.head}
	w.members = append(w.members, m)
	w.round = nil
	if w.lingering != nil {
		w.lingering.Stop()
		w.lingering = nil
	}
	w.hub.metrics.listeners.WithLabelValues(w.label).Inc()
	return m, start, nil
}

func (w *window) leave(m *Membership) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if m.at < 0 {
		return
	}
	last := len(w.members) - 1
	w.members[m.at] = w.members[last]
	w.members[m.at].at = m.at
	w.members[last] = nil
	w.members = w.members[:last]
	m.at = -1
	w.round = nil
	w.hub.metrics.listeners.WithLabelValues(w.label).Dec()
	w.lingerLocked()
}

// letGo ends a hold.
func (w *window) letGo() {
	w.mu.Lock()
	w.held--
	w.lingerLocked()
	w.mu.Unlock()
}

// lingerLocked starts the window's last minutes when nobody listens; one that
// was never read has nothing to keep and ends at once.
func (w *window) lingerLocked() {
	if w.held > 0 || len(w.members) > 0 || w.lingering != nil || w.closed {
		return
	}
	wait := w.hub.linger
	if !w.servedLocked() {
		wait = 0
	}
	w.lingering = time.AfterFunc(wait, func() {
		w.mu.Lock()
		w.lingering = nil
		w.mu.Unlock()
		w.hub.end(w)
	})
}

func (w *window) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	if w.lingering != nil {
		w.lingering.Stop()
		w.lingering = nil
	}
	w.hub.metrics.windows.Dec()
	w.hub.metrics.listeners.WithLabelValues(w.label).Sub(float64(len(w.members)))
	for _, m := range w.members {
		m.at = -1
	}
	w.members, w.round, w.pending = nil, nil, nil
}

// append takes items of one epoch in that begin with the number first.
func (w *window) append(epoch harang.Epoch, first int64, items []*Item) (head harang.Position, fork bool) {
	w.mu.Lock()
	var reset []*Membership
	switch {
	case epoch > w.epoch:
		reset = w.restartLocked(epoch, first+int64(len(items))-1, items)
	case epoch == w.epoch:
		fork = w.forkedLocked(items)
		if !fork && first <= w.head+1 {
			w.takeLocked(items)
		}
	}
	head = w.position(w.head)
	w.mu.Unlock()
	w.finish(reset)
	return head, fork
}

// finish does, without the lock, what appending made necessary.
func (w *window) finish(reset []*Membership) {
	for _, m := range reset {
		m.listener.Reset()
	}
	w.deliver()
}

// forkedLocked reports whether an item contradicts one that is remembered.
func (w *window) forkedLocked(items []*Item) bool {
	for _, it := range items {
		if it.Number > w.head {
			return false
		}
		if known := w.find(it.Number); known != nil && known.EventID != it.EventID {
			return true
		}
	}
	return false
}

// takeLocked adds the items that are new.
func (w *window) takeLocked(items []*Item) {
	for len(items) > 0 && items[0].Number <= w.head {
		items = items[1:]
	}
	if len(items) == 0 {
		return
	}
	w.add(items)
	w.forget(w.hub.clock())
	if len(w.members) > 0 {
		w.pending = append(w.pending, items...)
	}
}

// restartLocked begins a new epoch and returns the listeners of the old one,
// which have left.
func (w *window) restartLocked(epoch harang.Epoch, head int64, items []*Item) []*Membership {
	w.replace(epoch, head, items)
	w.forget(w.hub.clock())
	reset := w.members
	for _, m := range reset {
		m.at = -1
	}
	w.members, w.round, w.pending = nil, nil, nil
	w.hub.metrics.listeners.WithLabelValues(w.label).Sub(float64(len(reset)))
	w.lingerLocked()
	return reset
}

// deliver runs rounds until nothing is pending, unless somebody else is doing
// that already.
func (w *window) deliver() {
	w.mu.Lock()
	if w.delivering {
		w.mu.Unlock()
		return
	}
	w.delivering = true
	for len(w.pending) > 0 {
		items := w.pending
		w.pending, w.spare = w.spare[:0], nil
		if w.round == nil {
			w.round = make([]listening, len(w.members))
			for i, m := range w.members {
				w.round[i] = listening{m.listener, m.after}
			}
		}
		round := w.round
		w.mu.Unlock()
		w.deliverRound(items, round)
		w.mu.Lock()
		clear(items)
		w.spare = items[:0]
	}
	w.delivering = false
	w.mu.Unlock()
}

// deliverRound writes the items to each listener as one shared run. It
// allocates nothing per listener, but for one that joined within the run.
func (w *window) deliverRound(items []*Item, round []listening) {
	run := &Run{Feed: w.feed, Items: items}
	w.journey.began(items)
	for _, it := range items {
		if it.Feed != w.feed {
			w.hub.crossing(it.Feed, w.feed, it.EventID)
			return
		}
	}
	first, last := items[0].Number, run.Last()
	delivered, heard := 0, 0
	for i := range round {
		l := &round[i]
		if l.listener.Feed() != w.feed {
			w.hub.crossing(w.feed, l.listener.Feed(), items[0].EventID)
			continue
		}
		switch {
		case l.after >= last:
			continue
		case l.after >= first:
			rest := &Run{Feed: w.feed, Items: items[l.after-first+1:]}
			l.listener.Deliver(rest)
			delivered += len(rest.Items)
			heard++
		default:
			l.listener.Deliver(run)
			delivered += len(items)
			heard++
		}
	}
	w.hub.metrics.deliveries.WithLabelValues(w.label).Add(float64(delivered))
	if !Synthetic(w.feed.Tenant) {
		w.hub.checked.Add(int64(delivered))
	}
	w.journey.sent(items, heard)
}
