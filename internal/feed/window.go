package feed

import (
	"sync"
	"time"

	"harang.dev/harang"
)

// window is one feed on this node: its recent entries and its listeners.
type window[F any] struct {
	hub *Hub[F]
	// label is the feed's in metrics. trace is nil for a synthetic feed.
	label string
	trace *DeliveryTrace

	// mu guards everything below. Nothing that waits, calls out or encodes
	// happens under it.
	mu sync.Mutex
	recent[F]
	// members are the listeners, in no order.
	members []*Membership[F]
	// round is the list that the last round had: members as they were. It is
	// never changed, only replaced; nil when members have changed.
	round []recipient[F]
	// pending are the entries that are in no round yet; spare is the array
	// that the next pending may use.
	pending, spare []*Item[F]
	delivering     bool
	// reading is the read in progress, nextRead one requested after it.
	reading, nextRead *read
	// acquired counts the joins in progress.
	acquired int
	// lingering fires when the window has had no listener for a while.
	lingering *time.Timer
	// closed is set when the hub is closed: no read begins any more.
	closed bool
}

type recipient[F any] struct {
	listener Listener[F]
	after    int64
}

func newWindow[F any](h *Hub[F], id harang.FeedID) *window[F] {
	w := &window[F]{hub: h, label: labelOf(id), trace: h.trace, recent: recent[F]{feed: id}}
	if Synthetic(id.Tenant) {
		w.trace = nil
	}
	return w
}

// servedLocked reports whether the window has been read: before that it is
// hydrating.
func (w *window[F]) servedLocked() bool { return w.epoch != "" }

// join is the hand-over: it resumes from the position, takes the replay and
// adds the listener, all under one hold of the lock. When the source must be
// read first it returns that read instead. reread remembers that the source was
// read for a position after the head.
func (w *window[F]) join(from Start, l Listener[F], reread *bool) (*Membership[F], Handover[F], *read) {
	now := w.hub.clock()
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.servedLocked() {
		return nil, Handover[F]{}, w.readLocked()
	}
	if from.Resume && from.Readable && !*reread && w.behind(from.Position) {
		*reread = true
		return nil, Handover[F]{}, w.readAgainLocked()
	}
	head := w.position(w.head)
	start := Handover[F]{Position: head, Head: head}
	if from.Resume {
		start = w.resume(from.Position, from.Readable, now)
	}
	m := &Membership[F]{w: w, index: len(w.members), listener: l, after: w.head}
	w.members = append(w.members, m)
	w.round = nil
	if w.lingering != nil {
		w.lingering.Stop()
		w.lingering = nil
	}
	w.hub.metrics.listeners.WithLabelValues(w.label).Inc()
	return m, start, nil
}

func (w *window[F]) leave(m *Membership[F]) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if m.index < 0 {
		return
	}
	last := len(w.members) - 1
	w.members[m.index] = w.members[last]
	w.members[m.index].index = m.index
	w.members[last] = nil
	w.members = w.members[:last]
	m.index = -1
	w.round = nil
	w.hub.metrics.listeners.WithLabelValues(w.label).Dec()
	w.lingerLocked()
}

// release undoes one Hub.acquire.
func (w *window[F]) release() {
	w.mu.Lock()
	w.acquired--
	w.lingerLocked()
	w.mu.Unlock()
}

// lingerLocked schedules the removal of a window without listeners: after the
// hub's Linger, or at once when the window was never read.
func (w *window[F]) lingerLocked() {
	if w.acquired > 0 || len(w.members) > 0 || w.lingering != nil || w.closed {
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
		w.hub.removeUnused(w)
	})
}

func (w *window[F]) close() {
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
		m.index = -1
	}
	w.members, w.round, w.pending = nil, nil, nil
}

// append adds items of one epoch that begin with the number first.
func (w *window[F]) append(epoch harang.Epoch, first int64, items []*Item[F]) (head harang.Position, fork bool) {
	w.mu.Lock()
	var reset []*Membership[F]
	switch {
	case epoch > w.epoch:
		reset = w.restartLocked(epoch, first+int64(len(items))-1, items)
	case epoch == w.epoch:
		fork = w.forkedLocked(items)
		if !fork && first <= w.head+1 {
			w.addLocked(items)
		}
	}
	head = w.position(w.head)
	w.mu.Unlock()
	w.afterUnlock(reset)
	return head, fork
}

// afterUnlock resets and delivers: the callbacks that a change of the window
// requires, without its lock.
func (w *window[F]) afterUnlock(reset []*Membership[F]) {
	for _, m := range reset {
		m.listener.Reset()
	}
	w.deliver()
}

// forkedLocked reports whether the window keeps another event under the number
// of an item.
func (w *window[F]) forkedLocked(items []*Item[F]) bool {
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

// addLocked adds the items that are new.
func (w *window[F]) addLocked(items []*Item[F]) {
	for len(items) > 0 && items[0].Number <= w.head {
		items = items[1:]
	}
	if len(items) == 0 {
		return
	}
	w.add(items)
	w.dropMarks(w.hub.clock())
	if len(w.members) > 0 {
		w.pending = append(w.pending, items...)
	}
}

// restartLocked begins a new epoch and returns the listeners of the old one,
// which have left.
func (w *window[F]) restartLocked(epoch harang.Epoch, head int64, items []*Item[F]) []*Membership[F] {
	w.replace(epoch, head, items)
	w.dropMarks(w.hub.clock())
	reset := w.members
	for _, m := range reset {
		m.index = -1
	}
	w.members, w.round, w.pending = nil, nil, nil
	w.hub.metrics.listeners.WithLabelValues(w.label).Sub(float64(len(reset)))
	w.lingerLocked()
	return reset
}

// deliver runs rounds until nothing is pending, unless another goroutine does.
func (w *window[F]) deliver() {
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
			w.round = make([]recipient[F], len(w.members))
			for i, m := range w.members {
				w.round[i] = recipient[F]{m.listener, m.after}
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

// deliverRound delivers the items to each listener as one shared run. It
// allocates nothing per listener, but for one that joined within the run.
func (w *window[F]) deliverRound(items []*Item[F], round []recipient[F]) {
	run := &Run[F]{Feed: w.feed, Items: items}
	traceRelayed(w.trace, items)
	for _, it := range items {
		if it.Feed != w.feed {
			w.hub.isolationViolation(it.Feed, w.feed, it.EventID)
			return
		}
	}
	first, last := items[0].Number, run.Last()
	delivered, reached := 0, 0
	for i := range round {
		r := &round[i]
		if r.listener.Feed() != w.feed {
			w.hub.isolationViolation(w.feed, r.listener.Feed(), items[0].EventID)
			continue
		}
		switch {
		case r.after >= last:
			continue
		case r.after >= first:
			rest := &Run[F]{Feed: w.feed, Items: items[r.after-first+1:]}
			r.listener.Deliver(rest)
			delivered += len(rest.Items)
			reached++
		default:
			r.listener.Deliver(run)
			delivered += len(items)
			reached++
		}
	}
	w.hub.metrics.deliveries.WithLabelValues(w.label).Add(float64(delivered))
	if !Synthetic(w.feed.Tenant) {
		w.hub.checked.Add(int64(delivered))
	}
	traceSent(w.trace, items, reached)
}
