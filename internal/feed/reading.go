package feed

import (
	"context"
	"errors"
	"fmt"

	"harang.dev/harang"
	"harang.dev/harang/internal/outbox"
)

// reading is one reading of the source, for all who wait for it.
type reading struct {
	done chan struct{}
	// err is set before done is closed.
	err error
}

func newReading() *reading { return &reading{done: make(chan struct{})} }

func (r *reading) wait(ctx context.Context) error {
	select {
	case <-r.done:
		return r.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

var errClosed = errors.New("feed: the hub is closed")

// readLocked returns the reading that is under way, or begins one.
func (w *window) readLocked() *reading {
	if w.reading == nil {
		w.reading = newReading()
		if w.closed {
			w.reading.err = errClosed
			close(w.reading.done)
			return w.reading
		}
		w.hub.reads.Add(1)
		go w.readAll()
	}
	return w.reading
}

// readAfreshLocked returns a reading that begins after this call: all who ask
// while one is under way share the next.
func (w *window) readAfreshLocked() *reading {
	if w.reading == nil {
		return w.readLocked()
	}
	if w.following == nil {
		w.following = newReading()
	}
	return w.following
}

// readAll does the readings that are wanted, one after the other.
func (w *window) readAll() {
	defer w.hub.reads.Done()
	for {
		err := w.readOnce()
		if err != nil {
			w.hub.metrics.readFailures.Inc()
			if w.hub.ctx.Err() == nil {
				w.hub.log.Warn("a feed could not be read", "tenant", w.feed.Tenant, "feed", w.feed.String(), "err", err)
			}
		}
		w.mu.Lock()
		ended := w.reading
		w.reading, w.following = w.following, nil
		more := w.reading != nil
		w.mu.Unlock()
		ended.err = err
		close(ended.done)
		if !more {
			return
		}
	}
}

var errTorn = errors.New("feed: the entries read do not end at the head read with them")

// maxPages bounds one reading, so that a feed that grows faster than it is read
// ends it; the relay goes on from there.
const maxPages = 1000

// readOnce reads the source and merges it into the window by number. A window
// that has listeners reads on from its head, so that they miss nothing.
func (w *window) readOnce() error {
	ctx, cancel := context.WithTimeout(w.hub.ctx, w.hub.readTimeout)
	defer cancel()
	w.hub.metrics.readings.Inc()
	heads, entries, err := w.hub.source.NewestEntries(ctx, w.feed, harang.FeedWindowEntries)
	if err != nil {
		return err
	}
	head := heads.Number(w.feed.Audience)
	if n := len(entries); n > 0 && entries[n-1].Number != head || !contiguous(entries) {
		return errTorn
	}
	for range maxPages {
		next, done, err := w.merge(heads.Epoch, head, entries)
		if done || err != nil {
			return err
		}
		if entries, err = w.hub.source.EntriesAfter(ctx, w.feed, next, harang.FeedWindowEntries); err != nil {
			return err
		}
		if len(entries) == 0 || entries[0].Number != next+1 || !contiguous(entries) {
			return fmt.Errorf("feed: the source has no entry %d of %s", next+1, w.feed)
		}
	}
	return nil
}

// merge takes in what was read. It answers done, or the number after which
// reading must go on so that no listener misses anything.
func (w *window) merge(epoch harang.Epoch, head int64, entries []outbox.Entry) (next int64, done bool, err error) {
	items := itemsOf(w.feed, epoch, entries)
	w.mu.Lock()
	var reset []*Membership
	switch {
	case epoch == "":
		err = errors.New("feed: the source knows no epoch of tenant " + w.feed.Tenant)
		done = true
	case epoch > w.epoch:
		reset = w.restartLocked(epoch, head, items)
		done = true
	case epoch < w.epoch || head <= w.head:
		done = true
	case len(w.members) == 0:
		w.replace(epoch, head, items)
		done = true
	case len(items) > 0 && items[0].Number <= w.head+1:
		w.takeLocked(items)
		next, done = w.head, w.head >= head
	default:
		next = w.head
	}
	w.mu.Unlock()
	w.finish(reset)
	return next, done, err
}

func contiguous(entries []outbox.Entry) bool {
	for i := 1; i < len(entries); i++ {
		if entries[i].Number != entries[i-1].Number+1 {
			return false
		}
	}
	return true
}

// headNow returns where the window stands, after a reading under way if it has
// none yet. kept is false when nobody is waiting for it either.
func (w *window) headNow(ctx context.Context) (head harang.Position, kept bool, err error) {
	w.mu.Lock()
	r, served := w.reading, w.servedLocked()
	head = w.position(w.head)
	w.mu.Unlock()
	if served || r == nil {
		return head, served, nil
	}
	if err := r.wait(ctx); err != nil {
		return harang.Position{}, false, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.position(w.head), w.servedLocked(), nil
}

// heal asks for a reading when the window is behind the source.
func (w *window) heal(heads outbox.Heads) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.servedLocked() && (heads.Epoch > w.epoch || heads.Epoch == w.epoch && heads.Number(w.feed.Audience) > w.head) {
		w.readLocked()
	}
}
