// Package outbox has the types of what a commit appends to the feeds: the
// entries of its events and the tenant's heads after it. The store's table of
// events is the outbox; the relay moves entries from it to logs and windows.
package outbox

import (
	"time"

	"harang.dev/harang"
)

// Entry is one event in one feed. It is immutable once made.
type Entry struct {
	// Number is the entry's number in the feed, from 1.
	Number int64
	// EventID is the event's id; two entries of a feed with one number and
	// different ids are a fork.
	EventID string
	// Type is the event's type; a newer version may have written one that is
	// not registered here.
	Type string
	// Time is the commit time, to the millisecond, UTC.
	Time time.Time
	// Body is the event's JSON as clients get it ({eventId, timestamp, type,
	// data}); in a control feed likewise, its data one of the control payloads.
	Body []byte
}

// Commit is what one transaction appended to the feeds of a tenant.
type Commit struct {
	// Heads are the tenant's after the transaction.
	Heads Heads
	// Entries are the new entries of each feed, ascending, without a hole, up to
	// its head. A feed without new entries is absent; a Commit of which only the
	// heads are known has none at all.
	Entries map[harang.Audience][]Entry
}
