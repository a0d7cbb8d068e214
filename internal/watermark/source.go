package watermark

import (
	"context"

	"harang.dev/harang"
	"harang.dev/harang/internal/outbox"
	"harang.dev/harang/internal/relay"
)

// RecordingSource is the database as feeds read it. It records the numbers that
// it returns in the file first.
type RecordingSource struct {
	relay.Source
	file *File
}

// Source returns a source that records what it reads from the given one.
func (f *File) Source(s relay.Source) RecordingSource { return RecordingSource{s, f} }

// EntriesAfter returns a feed's entries after a number, ascending.
func (s RecordingSource) EntriesAfter(ctx context.Context, feed harang.FeedID, after int64,
	limit int) ([]outbox.Entry, error) {
	entries, err := s.Source.EntriesAfter(ctx, feed, after, limit)
	if n := len(entries); err == nil && n > 0 {
		h := outbox.Heads{Tenant: feed.Tenant}
		h.Advance(feed.Audience, entries[n-1].Number)
		s.file.record(h)
	}
	return entries, err
}

// NewestEntries returns the heads and a feed's newest entries, ascending, from
// one snapshot of the database.
func (s RecordingSource) NewestEntries(ctx context.Context, feed harang.FeedID,
	limit int) (outbox.Heads, []outbox.Entry, error) {
	s.file.follow(feed.Tenant) // first: a commit may come between the read and record
	heads, entries, err := s.Source.NewestEntries(ctx, feed, limit)
	if err == nil {
		s.file.record(heads)
	}
	return heads, entries, err
}
