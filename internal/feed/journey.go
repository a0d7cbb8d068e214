package feed

import (
	"sync"
	"time"

	"harang.dev/harang"
)

// journeySize is how many events a Journey remembers.
const journeySize = 4096

// Trip is the way of one event as far as this node knows it. Times are this
// node's, Committed the committing one's; a zero time has not come.
type Trip struct {
	Type      string
	Committed time.Time
	// Relayed is when the first of this node's feeds began to deliver it, Sent
	// when the last of them had written it to its listeners.
	Relayed, Sent time.Time
	// Listeners is to how many it was written live. Replays don't count.
	Listeners int
	// Seen is when the first client said that it was on somebody's screen, and
	// SeenBy how often clients have said so.
	Seen   time.Time
	SeenBy int
}

// Journey remembers the ways of the newest events that this node delivered to
// people. A nil Journey remembers nothing. Its methods may be called
// concurrently.
type Journey struct {
	clock func() time.Time

	// mu guards trips and ring, which holds their keys in a circle.
	mu    sync.Mutex
	trips map[tripKey]*Trip
	ring  []tripKey
	next  int
}

type tripKey struct{ tenant, event string }

// NewJourney remembers the newest 4096 events. A nil clock means time.Now.
func NewJourney(clock func() time.Time) *Journey {
	if clock == nil {
		clock = time.Now
	}
	return &Journey{clock: clock, trips: make(map[tripKey]*Trip), ring: make([]tripKey, 0, journeySize)}
}

// Find returns an event's trip; false when it was not delivered here, or too
// long ago.
func (j *Journey) Find(tenant, eventID string) (Trip, bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if t := j.trips[tripKey{tenant, eventID}]; t != nil {
		return *t, true
	}
	return Trip{}, false
}

// Seen notes that a client of the tenant had the events on its screen. Events
// that are not remembered, and those of other tenants, are passed over.
func (j *Journey) Seen(tenant, _ string, eventIDs []string) {
	now := j.clock()
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, id := range eventIDs {
		if t := j.trips[tripKey{tenant, id}]; t != nil {
			if t.Seen.IsZero() {
				t.Seen = now
			}
			t.SeenBy++
		}
	}
}

// began notes that a round with the items begins.
func (j *Journey) began(items []*Item) {
	if j == nil || items[0].Feed.Audience == harang.AudienceControl {
		return
	}
	now := j.clock()
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, it := range items {
		key := tripKey{it.Feed.Tenant, it.EventID}
		if j.trips[key] != nil {
			continue // the tenant's other feed was first
		}
		if len(j.ring) < journeySize {
			j.ring = append(j.ring, key)
		} else {
			delete(j.trips, j.ring[j.next])
			j.ring[j.next] = key
			j.next = (j.next + 1) % journeySize
		}
		j.trips[key] = &Trip{Type: it.Type, Committed: it.Time, Relayed: now}
	}
}

// sent notes that the round has been written to that many listeners.
func (j *Journey) sent(items []*Item, listeners int) {
	if j == nil || listeners == 0 || items[0].Feed.Audience == harang.AudienceControl {
		return
	}
	now := j.clock()
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, it := range items {
		if t := j.trips[tripKey{it.Feed.Tenant, it.EventID}]; t != nil {
			t.Sent = now
			t.Listeners += listeners
		}
	}
}
