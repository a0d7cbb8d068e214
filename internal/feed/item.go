package feed

import (
	"sync"

	"harang.dev/harang"
	"harang.dev/harang/internal/outbox"
)

// Encoder makes frames of type F, which listeners write to their connections.
// It may be called concurrently, but not twice for one item.
type Encoder[F any] interface {
	// Encode makes the frame of one item. It is called at most once per item,
	// when the first listener asks.
	Encode(it *Item[F]) F
	// Join makes one frame of two or more that are delivered together.
	Join(frames []F) F
}

// Item is one entry in a window, with the feed that it was written to and the
// frame that its listeners share. Items are immutable.
type Item[F any] struct {
	outbox.Entry
	// Feed is the feed that the entry was written to.
	Feed harang.FeedID
	// Epoch is the epoch of the entry's number.
	Epoch harang.Epoch

	hub   *Hub[F]
	once  sync.Once
	frame F
}

// Position is the position after the item.
func (it *Item[F]) Position() harang.Position {
	return harang.Position{Epoch: it.Epoch, Audience: it.Feed.Audience, Number: it.Number}
}

// Frame returns the item's frame, encoded once however many listeners ask.
func (it *Item[F]) Frame() F {
	it.once.Do(func() { it.frame = it.hub.encoder.Encode(it) })
	return it.frame
}

// Run is what one round delivers: the entries that came to a feed since the
// round before, in order and without a hole. It is valid during Deliver only.
type Run[F any] struct {
	Feed  harang.FeedID
	Items []*Item[F]

	frame  F
	joined bool
}

// Frame returns one frame of all items. The first listener of a round that asks
// makes it; the others get the same.
func (r *Run[F]) Frame() F {
	if !r.joined {
		r.frame, r.joined = r.join(), true
	}
	return r.frame
}

func (r *Run[F]) join() F {
	if len(r.Items) == 1 {
		return r.Items[0].Frame()
	}
	frames := make([]F, len(r.Items))
	for i, it := range r.Items {
		frames[i] = it.Frame()
	}
	return r.Items[0].hub.encoder.Join(frames)
}

// Last is the number of the run's last entry.
func (r *Run[F]) Last() int64 { return r.Items[len(r.Items)-1].Number }

// Listener receives one feed. Its methods are called without any lock held and
// must not block. Deliver is never called concurrently for one listener; Reset
// may be called during Deliver, and a round in progress may deliver after it.
type Listener[F any] interface {
	// Feed is the feed that the listener may receive. It is compared with the
	// entry's feed before each delivery.
	Feed() harang.FeedID
	// Deliver hands over new entries.
	Deliver(*Run[F])
	// Reset reports a new epoch: positions given so far mean nothing any more.
	// The listener has already left the feed; it must join again with its old
	// position and gets the gap then.
	Reset()
}

func (h *Hub[F]) itemsOf(feed harang.FeedID, epoch harang.Epoch, entries []outbox.Entry) []*Item[F] {
	items := make([]*Item[F], len(entries))
	for i := range entries {
		// One by one: a page allocated as a whole would live as long as its
		// last entry.
		items[i] = &Item[F]{Entry: entries[i], Feed: feed, Epoch: epoch, hub: h}
	}
	return items
}
