package feed

import (
	"sync"
	"time"

	"harang.dev/harang"
)

// traceSize is how many events a DeliveryTrace remembers.
const traceSize = 4096

// Hop is this node's part in the delivery of one event. Times are those of this
// node's clock, Committed that of the committing node's; a zero time means that
// the step has not happened.
type Hop struct {
	Type      string
	Committed time.Time
	// Relayed is when the first of this node's feeds began to deliver the event,
	// Sent when the last of them had written it to its listeners.
	Relayed, Sent time.Time
	// Listeners is how many listeners got the event live. Replays don't count.
	Listeners int
	// Seen is when the first client reported the event on its screen, and SeenBy
	// how many reports there were.
	Seen   time.Time
	SeenBy int
}

// DeliveryTrace remembers how this node delivered the newest events of people's
// feeds. A nil DeliveryTrace remembers nothing. Its methods may be called
// concurrently.
type DeliveryTrace struct {
	clock func() time.Time

	// mu guards hops and ring, which holds their keys in a circle.
	mu   sync.Mutex
	hops map[hopKey]*Hop
	ring []hopKey
	next int
}

type hopKey struct{ tenant, event string }

// NewDeliveryTrace remembers the newest 4096 events. A nil clock means time.Now.
func NewDeliveryTrace(clock func() time.Time) *DeliveryTrace {
	if clock == nil {
		clock = time.Now
	}
	return &DeliveryTrace{clock: clock, hops: make(map[hopKey]*Hop), ring: make([]hopKey, 0, traceSize)}
}

// Find returns an event's hop; false when this node did not deliver the event,
// or too long ago.
func (t *DeliveryTrace) Find(tenant, eventID string) (Hop, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if h := t.hops[hopKey{tenant, eventID}]; h != nil {
		return *h, true
	}
	return Hop{}, false
}

// Seen records that a client of the tenant had the events on its screen. It
// ignores events that are not remembered and those of other tenants.
func (t *DeliveryTrace) Seen(tenant, _ string, eventIDs []string) {
	now := t.clock()
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, id := range eventIDs {
		if h := t.hops[hopKey{tenant, id}]; h != nil {
			if h.Seen.IsZero() {
				h.Seen = now
			}
			h.SeenBy++
		}
	}
}

// traceRelayed records that a round with the items begins.
func traceRelayed[F any](t *DeliveryTrace, items []*Item[F]) {
	if t == nil || items[0].Feed.Audience == harang.AudienceControl {
		return
	}
	now := t.clock()
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, it := range items {
		key := hopKey{it.Feed.Tenant, it.EventID}
		if t.hops[key] != nil {
			continue // the tenant's other feed was first
		}
		if len(t.ring) < traceSize {
			t.ring = append(t.ring, key)
		} else {
			delete(t.hops, t.ring[t.next])
			t.ring[t.next] = key
			t.next = (t.next + 1) % traceSize
		}
		t.hops[key] = &Hop{Type: it.Type, Committed: it.Time, Relayed: now}
	}
}

// traceSent records that the round was written to that many listeners.
func traceSent[F any](t *DeliveryTrace, items []*Item[F], listeners int) {
	if t == nil || listeners == 0 || items[0].Feed.Audience == harang.AudienceControl {
		return
	}
	now := t.clock()
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, it := range items {
		if h := t.hops[hopKey{it.Feed.Tenant, it.EventID}]; h != nil {
			h.Sent = now
			h.Listeners += listeners
		}
	}
}
