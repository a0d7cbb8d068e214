package relaytest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/outbox"
)

// Database is a source of entries in memory. It counts its reads and can be made
// to fail.
type Database struct {
	// Clock stamps commits. Zero value means time.Now.
	Clock func() time.Time

	mu       sync.Mutex
	tenants  map[string]*tenant
	version  int64
	reads    map[string]int
	err      error
	blocked  chan struct{}
	sequence int
}

type tenant struct {
	epoch   harang.Epoch
	entries map[harang.Audience][]outbox.Entry
}

// NewDatabase returns a database with these tenants, whose feeds are empty, in
// the epoch.
func NewDatabase(epoch harang.Epoch, tenants ...string) *Database {
	db := &Database{tenants: make(map[string]*tenant), reads: make(map[string]int)}
	for _, id := range tenants {
		db.tenants[id] = &tenant{epoch: epoch, entries: make(map[harang.Audience][]outbox.Entry)}
	}
	return db
}

func (db *Database) now() time.Time {
	if db.Clock != nil {
		return db.Clock().UTC().Truncate(time.Millisecond)
	}
	return time.Now().UTC().Truncate(time.Millisecond)
}

// Commit appends n events to feeds of a tenant and returns the last one's id.
func (db *Database) Commit(id string, n int, audiences ...harang.Audience) string {
	if n == 0 {
		return ""
	}
	entries := db.Committed(id, n, audiences...).Entries[audiences[0]]
	return entries[n-1].EventID
}

// Committed is Commit that returns the commit, to be passed on.
func (db *Database) Committed(id string, n int, audiences ...harang.Audience) outbox.Commit {
	db.mu.Lock()
	defer db.mu.Unlock()
	for range n {
		db.sequence++
		for _, a := range audiences {
			db.appendLocked(id, a, fmt.Sprintf("event-%d", db.sequence), db.now())
		}
	}
	commit := outbox.Commit{Heads: db.headsLocked(id), Entries: make(map[harang.Audience][]outbox.Entry)}
	for _, a := range audiences {
		all := db.tenants[id].entries[a]
		commit.Entries[a] = slices.Clone(all[len(all)-n:])
	}
	return commit
}

func (db *Database) appendLocked(id string, a harang.Audience, event string, at time.Time) {
	t := db.tenants[id]
	t.entries[a] = append(t.entries[a], Entry(int64(len(t.entries[a])+1), event, at))
	db.version++
}

// Entry returns an entry whose body has the event's id.
func Entry(number int64, event string, at time.Time) outbox.Entry {
	e := harang.Event{ID: event, Type: harang.StockAlertType.Name, Time: at, Data: []byte(`{}`)}
	return outbox.Entry{Number: number, EventID: event, Type: e.Type, Time: at, Body: e.JSON()}
}

// RollBack drops the last n entries of a feed, as restoring a backup does.
func (db *Database) RollBack(feed harang.FeedID, n int) {
	db.mu.Lock()
	defer db.mu.Unlock()
	t := db.tenants[feed.Tenant]
	t.entries[feed.Audience] = t.entries[feed.Audience][:len(t.entries[feed.Audience])-n]
	db.version++
}

// SetEpoch sets a tenant's epoch, also to an earlier one.
func (db *Database) SetEpoch(id string, epoch harang.Epoch) {
	db.mu.Lock()
	defer db.mu.Unlock()
	db.tenants[id].epoch = epoch
	db.version++
}

// Forget drops a feed's first n entries; their numbers stay used.
func (db *Database) Forget(feed harang.FeedID, n int) {
	db.mu.Lock()
	defer db.mu.Unlock()
	t := db.tenants[feed.Tenant]
	for i := range n {
		t.entries[feed.Audience][i].EventID = ""
	}
}

// Fail makes every read fail with err; nil ends that.
func (db *Database) Fail(err error) {
	db.mu.Lock()
	defer db.mu.Unlock()
	db.err = err
}

// BlockReads makes NewestEntries wait, after it has read, until release is
// called.
func (db *Database) BlockReads() (release func()) {
	held := make(chan struct{})
	db.mu.Lock()
	db.blocked = held
	db.mu.Unlock()
	return func() {
		db.mu.Lock()
		db.blocked = nil
		db.mu.Unlock()
		close(held)
	}
}

// Reads returns how often the named method was called.
func (db *Database) Reads(method string) int {
	db.mu.Lock()
	defer db.mu.Unlock()
	return db.reads[method]
}

// Entries are a feed's entries.
func (db *Database) Entries(feed harang.FeedID) []outbox.Entry {
	db.mu.Lock()
	defer db.mu.Unlock()
	return slices.Clone(db.tenants[feed.Tenant].entries[feed.Audience])
}

func (db *Database) headsLocked(id string) outbox.Heads {
	t := db.tenants[id]
	heads := outbox.Heads{Tenant: id, Epoch: t.epoch}
	for a, entries := range t.entries {
		heads.Advance(a, int64(len(entries)))
	}
	return heads
}

// Heads implements the relay's source.
func (db *Database) Heads(_ context.Context, tenants []string) ([]outbox.Heads, error) {
	db.mu.Lock()
	defer db.mu.Unlock()
	db.reads["Heads"]++
	if db.err != nil {
		return nil, db.err
	}
	var heads []outbox.Heads
	for _, id := range tenants {
		if db.tenants[id] != nil {
			heads = append(heads, db.headsLocked(id))
		}
	}
	return heads, nil
}

// EntriesAfter implements the sources of relay and feed.
func (db *Database) EntriesAfter(
	_ context.Context, feed harang.FeedID, after int64, limit int,
) ([]outbox.Entry, error) {
	db.mu.Lock()
	defer db.mu.Unlock()
	db.reads["EntriesAfter"]++
	if db.err != nil {
		return nil, db.err
	}
	return db.kept(feed, after, limit), nil
}

func (db *Database) kept(feed harang.FeedID, after int64, limit int) []outbox.Entry {
	t := db.tenants[feed.Tenant]
	if t == nil {
		return nil
	}
	var found []outbox.Entry
	for _, e := range t.entries[feed.Audience] {
		if e.Number > after && e.EventID != "" && len(found) < limit {
			found = append(found, e)
		}
	}
	return found
}

// NewestEntries implements the sources of relay and feed.
func (db *Database) NewestEntries(
	ctx context.Context, feed harang.FeedID, limit int,
) (outbox.Heads, []outbox.Entry, error) {
	db.mu.Lock()
	db.reads["NewestEntries"]++
	if db.err != nil {
		defer db.mu.Unlock()
		return outbox.Heads{}, nil, db.err
	}
	if db.tenants[feed.Tenant] == nil {
		defer db.mu.Unlock()
		return outbox.Heads{}, nil, harang.Errorf(harang.CodeNotFound, "no such tenant")
	}
	heads := db.headsLocked(feed.Tenant)
	entries := db.kept(feed, heads.Number(feed.Audience)-int64(limit), limit)
	blocked := db.blocked
	db.mu.Unlock()
	if blocked != nil {
		select {
		case <-blocked:
		case <-ctx.Done():
			return outbox.Heads{}, nil, ctx.Err()
		}
	}
	return heads, entries, nil
}

// NewEpoch implements the relay's source.
func (db *Database) NewEpoch(_ context.Context, id string, after harang.Epoch) (harang.Epoch, error) {
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.err != nil {
		return "", db.err
	}
	t := db.tenants[id]
	if t.epoch <= after {
		t.epoch = harang.NewEpoch(db.now(), uint32(len(t.epoch)), after)
		db.version++
	}
	return t.epoch, nil
}

// Version changes with every commit.
func (db *Database) Version(context.Context) (int64, error) {
	db.mu.Lock()
	defer db.mu.Unlock()
	db.reads["Version"]++
	return db.version, db.err
}
