package feed

import (
	"sync"

	"harang.dev/harang"
	"harang.dev/harang/internal/outbox"
)

// Item is one entry as a window holds it: with the feed it was written to, and
// with what listeners made of it. Items are shared and immutable.
type Item struct {
	outbox.Entry
	// Feed is the feed that the entry was written to.
	Feed harang.FeedID
	// Epoch is the life of the numbering in which it has its number.
	Epoch harang.Epoch

	once    sync.Once
	encoded any
}

// Position is the place after the item.
func (it *Item) Position() harang.Position {
	return harang.Position{Epoch: it.Epoch, Audience: it.Feed.Audience, Number: it.Number}
}

// Encoded returns what encode makes of the item. It is made once, however many
// listeners ask, and by whichever asks first; so every listener of a feed must
// hand in the same function.
func (it *Item) Encoded(encode func(*Item) any) any {
	it.once.Do(func() { it.encoded = encode(it) })
	return it.encoded
}

// Run is what one round delivers: the entries that came to a feed since the
// round before, in order and without a hole. It is valid during Deliver only.
type Run struct {
	Feed  harang.FeedID
	Items []*Item

	joined  any
	isReady bool
}

// Joined returns what join makes of the run's items. It is made once per round
// by the first listener that asks; the others get the same.
func (r *Run) Joined(join func([]*Item) any) any {
	if !r.isReady {
		r.joined, r.isReady = join(r.Items), true
	}
	return r.joined
}

// Last is the number of the run's last entry.
func (r *Run) Last() int64 { return r.Items[len(r.Items)-1].Number }

// Listener hears one feed. Its methods are called without any lock held and
// must not block. Deliver is never called concurrently for one listener; Reset
// may be, and a round that is under way may deliver after it.
type Listener interface {
	// Feed is what the listener may hear. It is compared with the entry's feed
	// before each write.
	Feed() harang.FeedID
	// Deliver hands over what is new.
	Deliver(*Run)
	// Reset tells that the numbering began anew: positions given so far mean
	// nothing any more. The listener has already left the feed; it must come
	// back with its old position, to be told the gap.
	Reset()
}

func itemsOf(feed harang.FeedID, epoch harang.Epoch, entries []outbox.Entry) []*Item {
	items := make([]*Item, len(entries))
	for i := range entries {
		// One by one: a page allocated as a whole would live as long as its
		// last entry.
		items[i] = &Item{Entry: entries[i], Feed: feed, Epoch: epoch}
	}
	return items
}
