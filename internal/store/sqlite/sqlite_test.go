package sqlite_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"harang.dev/harang"
	"harang.dev/harang/internal/ingest"
	"harang.dev/harang/internal/shop"
	"harang.dev/harang/internal/store"
	"harang.dev/harang/internal/store/sqlite"
	"harang.dev/harang/internal/store/sqlite/sqlitetest"
	"harang.dev/harang/internal/store/storetest"
)

func TestMain(m *testing.M) {
	if path := os.Getenv(helperPath); path != "" {
		if err := help(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T, o store.Options) *store.Store { return open(t, o) })
}

// openTwice opens a database as this version of the program and as another one.
func openTwice(t *testing.T, o store.Options) (*store.Store, *sql.DB) {
	t.Helper()
	path := sqlitetest.File(t)
	st, err := sqlite.Open(t.Context(), "sqlite:"+path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return st, db
}

// TestStore_SearchKeys: another version of the program works on the same file.
func TestStore_SearchKeys(t *testing.T) {
	st, db := openTwice(t, store.Options{})
	storetest.RunSearchKeys(t, st, db)
}

// TestStore_EventLocations: events of a version that writes no locations.
func TestStore_EventLocations(t *testing.T) {
	storetest.RunEventLocations(t, openTwice)
}

// TestStore_LongRentalLists: lists that find little among many rentals.
func TestStore_LongRentalLists(t *testing.T) {
	storetest.RunLongRentalLists(t, openTwice)
}

// TestStore_RentalNumbers: rentals of a version that writes no numbers.
func TestStore_RentalNumbers(t *testing.T) {
	storetest.RunRentalNumbers(t, openTwice)
}

// tablesQuery lists the tables of a database.
const tablesQuery = `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name`

// TestStore_Erasures: the name of an erased person is in no table.
func TestStore_Erasures(t *testing.T) {
	storetest.RunErasures(t, openTwice, tablesQuery)
}

// TestStore_ErasedBytes: after a checkpoint the name of an erased person is nowhere in the file.
func TestStore_ErasedBytes(t *testing.T) {
	var path string
	env := storetest.NewErasureEnv(t, func(t *testing.T, o store.Options) (*store.Store, *sql.DB) {
		st, db := openTwice(t, o)
		if err := db.QueryRowContext(t.Context(), `SELECT file FROM pragma_database_list`).Scan(&path); err != nil {
			t.Fatal(err)
		}
		return st, db
	}, tablesQuery)
	env.ErasePartner(t)
	var busy, inLog, moved int
	if err := env.DB.QueryRowContext(t.Context(), `PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &inLog, &moved); err != nil ||
		busy != 0 {
		t.Fatalf("busy %d, %v", busy, err)
	}
	for _, name := range []string{path, path + "-wal"} {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, trace := range storetest.TracesOfPartner {
			if bytes.Contains(content, []byte(trace)) {
				t.Errorf("%s has %q", filepath.Base(name), trace)
			}
		}
	}
}

// TestStore_Inbox: another program queues events in the same file.
func TestStore_Inbox(t *testing.T) {
	st, db := openTwice(t, store.Options{})
	storetest.RunInbox(t, st, db)

	// SQLite does not enforce column types.
	if _, err := db.ExecContext(t.Context(), `INSERT INTO event_inbox (tenant_id, source, id, type, data, queued_at) VALUES ('nobody', '/erp', '1', 'stock_alert', '{}', 'soon')`); err != nil {
		t.Fatal(err)
	}
	counts, err := st.TakeInbox(t.Context(), 10, func(ingest.Queued) (harang.Event, string) {
		return harang.Event{}, ""
	})
	if err != nil || counts.Refused != 1 {
		t.Errorf("%+v, %v", counts, err)
	}
}

// TestStore_InboxBytes: a program that binds bytes instead of text does not stop the inbox. SQLite keeps both, and they
// are never equal.
func TestStore_InboxBytes(t *testing.T) {
	st, db := openTwice(t, store.Options{})
	for _, id := range []string{"a", "b"} {
		if err := st.CreateTenant(t.Context(), harang.Tenant{ID: id, Name: id}); err != nil {
			t.Fatal(err)
		}
	}
	for _, keys := range [][3]any{
		{"b", "/erp", "good"},
		{[]byte("b"), "/erp", "good"}, // a duplicate
		{[]byte("a"), []byte("/erp"), []byte("good")},
		{"a", "/erp", "bad"},
		{[]byte("a"), "/erp", "bad"},
		{"a", []byte("/erp"), "bad"},
		{"a", "/erp", []byte("bad")},
		{[]byte("no tenant"), "/erp", "1"},
		{[]byte{0xff, 0}, "/erp", "1"},
		{[]byte{}, "/erp", "1"},
	} {
		if _, err := db.ExecContext(t.Context(), `INSERT INTO event_inbox (tenant_id, source, id, type, data)
			VALUES ($1, $2, $3, 'stock_alert', '{}')`, keys[0], keys[1], keys[2]); err != nil {
			t.Fatal(err)
		}
	}
	validate := func(q ingest.Queued) (harang.Event, string) {
		if q.ID == "bad" {
			return harang.Event{}, "data is wrong"
		}
		e := storetest.Alert(t, q.Tenant)
		e.Source, e.SourceID = q.Source, q.ID
		return e, ""
	}
	var all ingest.InboxCounts
	for {
		counts, err := st.TakeInbox(t.Context(), 3, validate)
		if err != nil {
			t.Fatal(err)
		}
		if counts.All() == 0 {
			break
		}
		all.Accepted += counts.Accepted
		all.Duplicates += counts.Duplicates
		all.Refused += counts.Refused
	}
	if want := (ingest.InboxCounts{Accepted: 2, Duplicates: 1, Refused: 7}); all != want {
		t.Errorf("counts %+v, want %+v", all, want)
	}
	var rows, bad int
	if err := db.QueryRowContext(t.Context(), `SELECT count(*), sum(problem = 'data is wrong') FROM event_inbox
		WHERE refused_at IS NOT NULL AND typeof(tenant_id) || typeof(source) || typeof(id) = 'texttexttext'`).Scan(
		&rows, &bad); err != nil || rows != 4 || bad != 1 {
		t.Errorf("%d refused rows, %d of them bad, %v", rows, bad, err)
	}
}

func open(tb testing.TB, o store.Options) *store.Store {
	tb.Helper()
	st, err := sqlite.Open(context.Background(), "sqlite:"+sqlitetest.File(tb), o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := st.Close(); err != nil {
			tb.Error(err)
		}
	})
	return st
}

// BenchmarkAppend measures the cost of one event: its transaction with commit, and
// the read that relays it. cpu-ns/op is the processor time of the whole process, which
// other load on the machine hardly changes.
func BenchmarkAppend(b *testing.B) {
	for _, parallel := range []int{1, 16} {
		b.Run(fmt.Sprintf("writers=%d", parallel), func(b *testing.B) {
			st := open(b, store.Options{})
			ctx := context.Background()
			if err := st.CreateTenant(ctx, harang.Tenant{ID: "t", Name: "T"}); err != nil {
				b.Fatal(err)
			}
			e, err := harang.NewEvent(harang.StockAlertType, "", "t", time.Time{}, harang.StockAlert{
				ProductID: "makita-hr2470", ProductName: "Makita HR2470 fúrókalapács", CurrentQuantity: 2, Threshold: 3,
				LocationID: "vaci-ut", LocationName: "Váci út", Severity: harang.SeverityCritical,
			})
			if err != nil {
				b.Fatal(err)
			}
			feed := harang.FeedID{Tenant: "t", Audience: harang.AudienceManagers}
			b.ReportAllocs()
			b.SetParallelism(parallel)
			b.ResetTimer()
			began := cpuTime(b)
			defer func() { b.ReportMetric(float64(cpuTime(b)-began)/float64(b.N), "cpu-ns/op") }()
			work := func(more func() bool) {
				for more() {
					err := st.Within(ctx, func(tx shop.Tx) error { tx.Append(e); return nil })
					if err != nil {
						b.Error(err)
						return
					}
					heads, err := st.Heads(ctx, []string{"t"})
					if err != nil {
						b.Error(err)
						return
					}
					if _, err := st.EntriesAfter(ctx, feed, heads[0].Number(harang.AudienceManagers)-1,
						50); err != nil {
						b.Error(err)
						return
					}
				}
			}
			if parallel == 1 {
				work(b.Loop)
				return
			}
			b.RunParallel(func(pb *testing.PB) { work(pb.Next) })
		})
	}
}

// cpuTime is this process's processor time in nanoseconds.
func cpuTime(tb testing.TB) int64 {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return u.Utime.Nano() + u.Stime.Nano()
}
