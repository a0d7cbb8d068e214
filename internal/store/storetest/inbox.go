package storetest

import (
	"database/sql"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"harang.dev/harang"
	"harang.dev/harang/internal/ingest"
	"harang.dev/harang/internal/outbox"
	"harang.dev/harang/internal/store"
)

// RunInbox tests the events that other applications queue in the database. db is
// another application's connection to the database of st.
func RunInbox(t *testing.T, st *store.Store, db *sql.DB) {
	ctx := t.Context()
	for _, id := range []string{"a", "b"} {
		if err := st.CreateTenant(ctx, harang.Tenant{ID: id, Name: id}); err != nil {
			t.Fatal(err)
		}
	}
	exec := func(text string, args ...any) {
		t.Helper()
		if _, err := db.ExecContext(ctx, text, args...); err != nil {
			t.Fatal(err)
		}
	}
	queue := func(tenant, id string, at int) {
		t.Helper()
		exec(`INSERT INTO event_inbox (tenant_id, source, id, type, data, queued_at) VALUES ($1, '/erp', $2, 'stock_alert', '{}', $3)`, tenant, id, at)
	}
	validate := func(q ingest.Queued) (harang.Event, string) {
		if strings.HasPrefix(q.ID, "bad") {
			return harang.Event{}, "data is wrong"
		}
		e := Alert(t, q.Tenant)
		e.Source, e.SourceID = q.Source, q.ID
		return e, ""
	}
	take := func(limit int, want ingest.InboxCounts) {
		t.Helper()
		got, err := st.TakeInbox(ctx, limit, validate)
		if err != nil || got != want {
			t.Errorf("counts %+v, %v; want %+v", got, err, want)
		}
	}
	feed := harang.FeedID{Tenant: "a", Audience: harang.AudienceManagers}
	entries := func() []outbox.Entry {
		t.Helper()
		all, err := st.EntriesAfter(ctx, feed, 0, 10_000)
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	remaining := func() (rows []string) {
		t.Helper()
		found, err := db.QueryContext(ctx, `SELECT id, coalesce(problem, '') FROM event_inbox ORDER BY queued_at, id`)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = found.Close() }()
		for found.Next() {
			var id, problem string
			if err := found.Scan(&id, &problem); err != nil {
				t.Fatal(err)
			}
			rows = append(rows, id+": "+problem)
		}
		if err := found.Err(); err != nil {
			t.Fatal(err)
		}
		return rows
	}

	take(10, ingest.InboxCounts{})
	// The statement in docs/events.md for programs that may repeat an event.
	for range 2 {
		exec(`INSERT INTO event_inbox (tenant_id, source, id, type, data) VALUES ('b', '/erp', 'twice', 'stock_alert', '{}') ON CONFLICT DO NOTHING`)
	}
	take(10, ingest.InboxCounts{Accepted: 1})
	queue("a", "third", 30)
	queue("a", "first", 10)
	queue("b", "other", 5)
	queue("a", "bad", 20)
	queue("a", "second", 20)
	// A round has a turn for each tenant, the oldest row of each first. Tenant b had the
	// last one.
	take(3, ingest.InboxCounts{Accepted: 2, Refused: 1})
	take(4, ingest.InboxCounts{Accepted: 1})
	take(4, ingest.InboxCounts{Accepted: 1})
	take(4, ingest.InboxCounts{})
	if diff := cmp.Diff([]string{"bad: data is wrong"}, remaining()); diff != "" {
		t.Errorf("remaining rows (-want +got):\n%s", diff)
	}
	before := entries()
	if len(before) != 3 {
		t.Fatalf("%d events", len(before))
	}

	// The same origin again is a duplicate.
	queue("a", "first", 40)
	take(4, ingest.InboxCounts{Duplicates: 1})
	// A corrected row is validated again.
	exec(`UPDATE event_inbox SET id = 'good', refused_at = NULL, problem = NULL WHERE id = 'bad'`)
	take(4, ingest.InboxCounts{Accepted: 1})

	queue("unknown", "1", 0)
	take(4, ingest.InboxCounts{Refused: 1})
	if diff := cmp.Diff([]string{"1: tenant_id: there is no such tenant"}, remaining()); diff != "" {
		t.Errorf("remaining rows (-want +got):\n%s", diff)
	}
	exec(`DELETE FROM event_inbox WHERE tenant_id = 'unknown'`)

	// No tenant has an empty id.
	queue("", "2", 0)
	take(4, ingest.InboxCounts{Refused: 1})
	if diff := cmp.Diff([]string{"2: tenant_id: there is no such tenant"}, remaining()); diff != "" {
		t.Errorf("remaining rows (-want +got):\n%s", diff)
	}
	exec(`DELETE FROM event_inbox WHERE tenant_id = ''`)

	// Of a row that is far too large the data is neither read nor kept, and of other texts the beginning is.
	large := strings.Repeat("á", 1<<20)
	exec(`INSERT INTO event_inbox (tenant_id, source, id, type, data) VALUES ('a', '/erp', 'large', $1, $1)`, large)
	got, err := st.TakeInbox(ctx, 4, func(q ingest.Queued) (harang.Event, string) {
		if q.Size != len(large) || q.Data != "" || len(q.Type) > 8192 {
			t.Errorf("size %d, %d bytes of data, %d of type", q.Size, len(q.Data), len(q.Type))
		}
		return harang.Event{}, "too large"
	})
	if want := (ingest.InboxCounts{Refused: 1}); err != nil || got != want {
		t.Errorf("counts %+v, %v; want %+v", got, err, want)
	}
	var kept int
	if err := db.QueryRowContext(ctx, `SELECT octet_length(data) FROM event_inbox WHERE id = 'large'`).Scan(&kept); err != nil ||
		kept != 0 {
		t.Errorf("%d bytes are kept, %v", kept, err)
	}
	exec(`DELETE FROM event_inbox WHERE id = 'large'`)

	// A rolled back transaction of the application queues nothing.
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO event_inbox (tenant_id, source, id, type, data) VALUES ('a', '/erp', 'never', 'stock_alert', '{}')`); err != nil {
		t.Fatal(err)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	take(4, ingest.InboxCounts{})

	// However many rows a tenant has queued, another's come in the same transaction.
	for i := range 300 {
		queue("a", fmt.Sprintf("backlog-%03d", i), 100+i)
	}
	for i := range 30 {
		queue("b", fmt.Sprintf("later-%03d", i), 1000+i)
	}
	// The order of a round is that of the ids, and the last tenant of it takes the rest.
	take(100, ingest.InboxCounts{Accepted: 25 + 30})
	take(100, ingest.InboxCounts{Accepted: 100})
	take(100, ingest.InboxCounts{Accepted: 100})
	take(100, ingest.InboxCounts{Accepted: 75})
	take(100, ingest.InboxCounts{})
	before = entries()

	// Several nodes take concurrently: each row becomes one event.
	const events = 200
	for i := range events {
		queue("a", fmt.Sprintf("many-%03d", i), i)
	}
	var taken atomic.Int64
	var nodes sync.WaitGroup
	for range 4 {
		nodes.Go(func() {
			for taken.Load() < events {
				counts, err := st.TakeInbox(ctx, 7, validate)
				if err != nil {
					t.Error(err)
					return
				}
				taken.Add(int64(counts.Accepted))
			}
		})
	}
	nodes.Wait()
	all := entries()
	if taken.Load() != events || len(all) != len(before)+events {
		t.Errorf("%d rows were taken and the feed has %d events, want %d", taken.Load(), len(all), len(before)+events)
	}
	if rows := remaining(); rows != nil {
		t.Errorf("remaining rows: %v", rows)
	}
}
