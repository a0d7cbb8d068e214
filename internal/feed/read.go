package feed

import (
	"context"
	"errors"
	"fmt"

	"harang.dev/harang"
	"harang.dev/harang/internal/outbox"
)

// read is one read of the source, shared by all that wait for it.
type read struct {
	done chan struct{}
	// err is set before done is closed.
	err error
}

func newRead() *read { return &read{done: make(chan struct{})} }

func (r *read) wait(ctx context.Context) error {
	select {
	case <-r.done:
		return r.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

var errClosed = errors.New("feed: the hub is closed")

// readLocked returns the read in progress, or begins one.
func (w *window[F]) readLocked() *read {
	if w.reading == nil {
		w.reading = newRead()
		if w.closed {
			w.reading.err = errClosed
			close(w.reading.done)
			return w.reading
		}
		w.hub.reads.Add(1)
		go w.runReads()
	}
	return w.reading
}

// readAgainLocked returns a read that begins after this call. All that ask
// during one read share the next.
func (w *window[F]) readAgainLocked() *read {
	if w.reading == nil {
		return w.readLocked()
	}
	if w.nextRead == nil {
		w.nextRead = newRead()
	}
	return w.nextRead
}

// runReads does the requested reads, one after the other.
func (w *window[F]) runReads() {
	defer w.hub.reads.Done()
	for {
		err := w.readOnce()
		w.hub.noteRead(w.feed, err)
		w.mu.Lock()
		ended := w.reading
		w.reading, w.nextRead = w.nextRead, nil
		more := w.reading != nil
		w.mu.Unlock()
		ended.err = err
		close(ended.done)
		if !more {
			return
		}
	}
}

// noteRead counts and logs failed reads. Of an outage of the source it logs the
// first failure and the end, because every listener that returns reads again.
func (h *Hub[F]) noteRead(feed harang.FeedID, err error) {
	if err == nil {
		if h.outage.CompareAndSwap(true, false) {
			h.log.Info("feed reads recovered")
		}
		return
	}
	h.metrics.readFailures.Inc()
	if h.ctx.Err() != nil || harang.ErrorCode(err) == harang.CodeUnavailable && h.outage.Swap(true) {
		return
	}
	h.log.Warn("feed read failed", "tenant", feed.Tenant, "feed", feed.String(), "err", err)
}

var errTorn = errors.New("feed: the entries read do not end at the head read with them")

// maxPages bounds one read of a feed that grows faster than it is read; the
// relay continues from there.
const maxPages = 1000

// readOnce reads the source and merges it into the window by number. A window
// with listeners reads on from its head, so that they miss nothing.
func (w *window[F]) readOnce() error {
	ctx, cancel := context.WithTimeout(w.hub.ctx, w.hub.readTimeout)
	defer cancel()
	w.hub.metrics.reads.Inc()
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

// merge adds the entries read. It returns done, or the number after which
// reading must go on so that no listener misses anything.
func (w *window[F]) merge(epoch harang.Epoch, head int64, entries []outbox.Entry) (next int64, done bool, err error) {
	items := w.hub.itemsOf(w.feed, epoch, entries)
	w.mu.Lock()
	var reset []*Membership[F]
	switch {
	case epoch == "":
		err = errors.New("feed: the source has no epoch of tenant " + w.feed.Tenant)
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
		w.addLocked(items)
		next, done = w.head, w.head >= head
	default:
		next = w.head
	}
	w.mu.Unlock()
	w.afterUnlock(reset)
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

// awaitHead returns the window's head. A hydrating window waits for its read;
// ok is false when it has none, or when the read left the window empty.
func (w *window[F]) awaitHead(ctx context.Context) (head harang.Position, ok bool, err error) {
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

// heal begins a read when the window is behind the heads.
func (w *window[F]) heal(heads outbox.Heads) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.servedLocked() && w.behind(heads.Position(w.feed.Audience)) {
		w.readLocked()
	}
}
