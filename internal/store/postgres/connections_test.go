package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"

	"harang.dev/harang"
	"harang.dev/harang/internal/shop"
	"harang.dev/harang/internal/store"
	"harang.dev/harang/internal/store/storetest"
	"harang.dev/harang/internal/testserver"
	"harang.dev/harang/internal/testtime"
)

func openLimited(t *testing.T, dsn string, connections int, r prometheus.Registerer) *store.Store {
	t.Helper()
	st, err := Open(t.Context(), dsn, store.Options{MaxConnections: connections, Registry: r})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	return st
}

func TestSplit(t *testing.T) {
	for total, want := range map[int][2]int{0: {10, 6}, 2: {1, 1}, 3: {2, 1}, 8: {5, 3}, 16: {10, 6}, 40: {25, 15}} {
		writers, readers, err := split(total)
		if err != nil || [2]int{writers, readers} != want {
			t.Errorf("%d: %d writers, %d readers, %v; want %v", total, writers, readers, err, want)
		}
	}
	for _, total := range []int{-1, 1} {
		if _, _, err := split(total); harang.ErrorCode(err) != harang.CodeInvalidRequest {
			t.Errorf("%d: %v", total, err)
		}
	}
}

// TestConnections_Limit: two nodes that may together have more connections than
// the server work without a refusal, and none has more than it may.
func TestConnections_Limit(t *testing.T) {
	const perNode, callers, calls = 6, 40, 10
	server := testserver.StartPostgres(t, "max_connections=10", "superuser_reserved_connections=0")
	dsn := server.Database(t)
	watcher := connect(t, dsn)
	nodes := []*store.Store{openLimited(t, dsn, perNode, nil), openLimited(t, dsn, perNode, nil)}
	if err := nodes[0].CreateTenant(t.Context(), harang.Tenant{ID: "a", Name: "A"}); err != nil {
		t.Fatal(err)
	}
	most := 0
	var all, running sync.WaitGroup
	finished := make(chan struct{})
	all.Go(func() {
		testtime.Within(testtime.Limit, func() (end bool) {
			var now int
			if err := watcher.QueryRow(t.Context(),
				`SELECT count(*) FROM pg_stat_activity WHERE application_name = 'harang'`).Scan(&now); err != nil {
				t.Error(err)
				return true
			}
			most = max(most, now)
			select {
			case <-finished:
				return true
			default:
				return false
			}
		})
	})
	feed := harang.FeedID{Tenant: "a", Audience: harang.AudienceManagers}
	for i := range callers {
		st := nodes[i%2]
		running.Go(func() {
			for range calls {
				if err := st.Within(t.Context(), func(tx shop.Tx) error {
					tx.Append(storetest.Alert(t, "a"))
					return nil
				}); err != nil {
					t.Errorf("write: %v", err)
				}
			}
		})
		running.Go(func() {
			for range calls {
				if _, err := st.EntriesAfter(t.Context(), feed, 0, 50); err != nil {
					t.Errorf("read: %v", err)
				}
			}
		})
	}
	running.Wait()
	close(finished)
	all.Wait()
	if most > 2*perNode || most < 3 {
		t.Errorf("%d connections at once, want at most %d", most, 2*perNode)
	}
	if entries, err := nodes[0].EntriesAfter(t.Context(), feed, callers*calls-1, 50); err != nil || len(entries) != 1 {
		t.Errorf("last entry: %v, %v", entries, err)
	}
}

// TestConnections_WritersFirst: however many readers queue, a write goes through.
func TestConnections_WritersFirst(t *testing.T) {
	dsn := testserver.Postgres(t).Database(t) + "&lock_timeout=60000"
	registry := prometheus.NewRegistry()
	st := openLimited(t, dsn, 4, registry)
	if err := st.CreateTenant(t.Context(), harang.Tenant{ID: "a", Name: "A"}); err != nil {
		t.Fatal(err)
	}
	lock := connect(t, dsn)
	for _, text := range []string{`BEGIN`, `LOCK TABLE tenants IN ACCESS EXCLUSIVE MODE`} {
		if _, err := lock.Exec(t.Context(), text); err != nil {
			t.Fatal(err)
		}
	}
	var readers sync.WaitGroup
	var read atomic.Int64
	for range 20 {
		readers.Go(func() {
			if _, err := st.FindTenant(t.Context(), "a"); err != nil {
				t.Errorf("read: %v", err)
			}
			read.Add(1)
		})
	}
	waiting := connect(t, dsn)
	for blocked := 0; blocked == 0; {
		if err := waiting.QueryRow(t.Context(), `SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`).Scan(&blocked); err != nil {
			t.Fatal(err)
		}
	}
	for range 20 {
		if err := st.Within(t.Context(), func(tx shop.Tx) error {
			tx.Append(storetest.Alert(t, "a"))
			return nil
		}); err != nil {
			t.Errorf("write while readers wait: %v", err)
		}
	}
	if n := read.Load(); n != 0 {
		t.Errorf("%d reads of a locked table returned", n)
	}
	if _, err := lock.Exec(t.Context(), `COMMIT`); err != nil {
		t.Fatal(err)
	}
	readers.Wait()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	waits := map[string]float64{}
	for _, family := range families {
		if family.GetName() != "harang_store_connection_waits_total" {
			continue
		}
		for _, m := range family.GetMetric() {
			waits[m.GetLabel()[0].GetValue()+" "+m.GetLabel()[1].GetValue()] = m.GetCounter().GetValue()
		}
	}
	if diff := cmp.Diff(map[string]float64{"read acquired": 19}, waits); diff != "" {
		t.Errorf("waits (-want +got):\n%s", diff)
	}
}

// TestConnections_Tenants: however many callers of a tenant wait for one row, with a
// connection each, the others write, and so does the probe.
func TestConnections_Tenants(t *testing.T) {
	dsn := testserver.Postgres(t).Database(t) + "&lock_timeout=60000"
	st := openLimited(t, dsn, 16, nil)
	for _, id := range []string{"a", "b"} {
		if err := st.CreateTenant(t.Context(), harang.Tenant{ID: id, Name: id}); err != nil {
			t.Fatal(err)
		}
	}
	write := func(tenant string) error {
		return st.Within(harang.ForTenant(t.Context(), tenant), func(tx shop.Tx) error {
			tx.Append(storetest.Alert(t, tenant))
			return nil
		})
	}
	lock := connect(t, dsn)
	for _, text := range []string{`BEGIN`, `SELECT FROM heads WHERE tenant_id = 'a' FOR UPDATE`} {
		if _, err := lock.Exec(t.Context(), text); err != nil {
			t.Fatal(err)
		}
	}
	var writers sync.WaitGroup
	var written atomic.Int64
	for range 20 {
		writers.Go(func() {
			if err := write("a"); err != nil {
				t.Errorf("write of a: %v", err)
			}
			written.Add(1)
		})
	}
	waiting := connect(t, dsn)
	const share = 7 // of 10 writers
	blocked := 0
	testtime.Eventually(t, testtime.Limit, "a share of writers waits", func() bool {
		if err := waiting.QueryRow(t.Context(), `SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`).Scan(&blocked); err != nil {
			t.Fatal(err)
		}
		return blocked == share
	})
	for range 20 {
		if err := write("b"); err != nil {
			t.Errorf("write of b while writers of a wait: %v", err)
		}
		if err := st.Probe(t.Context(), "n"); err != nil {
			t.Errorf("probe while writers of a wait: %v", err)
		}
	}
	if n := written.Load(); n != 0 {
		t.Errorf("%d writes with a locked row returned", n)
	}
	if _, err := lock.Exec(t.Context(), `COMMIT`); err != nil {
		t.Fatal(err)
	}
	writers.Wait()
}

// TestConnections_ServerFull: other programs have every connection. Opening and
// reading wait for a free one, and are refused with the reason when none comes.
func TestConnections_ServerFull(t *testing.T) {
	server := testserver.StartPostgres(t, "max_connections=6", "superuser_reserved_connections=0")
	dsn := server.Database(t)
	st := openLimited(t, dsn, 5, nil)
	var others []*pgx.Conn
	occupy := func() {
		t.Helper()
		for {
			conn, err := pgx.Connect(t.Context(), dsn)
			if err != nil {
				if classify(err) != store.ClassNoConnection {
					t.Fatal(err)
				}
				return
			}
			others = append(others, conn)
		}
	}
	occupy()
	for _, open := range []func(context.Context, string, store.Options) (*store.Store, error){Open, OpenReadOnly} {
		_, err := open(t.Context(), dsn, store.Options{})
		var coded *harang.Error
		if !errors.As(err, &coded) || coded.Code != harang.CodeUnavailable ||
			!strings.Contains(coded.Message, "too many clients") {
			t.Errorf("opening: %v", err)
		}
	}
	// The store has one connection of each pool. It shares them, because the server
	// refuses more.
	var probes sync.WaitGroup
	for i := range 8 {
		probes.Go(func() {
			for range 10 {
				if err := st.Probe(t.Context(), fmt.Sprint("n", i)); err != nil {
					t.Errorf("probe: %v", err)
				}
			}
		})
	}
	probes.Wait()
	// One that comes free while a call waits is taken.
	opened := make(chan error, 1)
	go func() {
		second, err := OpenReadOnly(t.Context(), dsn, store.Options{})
		if err == nil {
			err = second.Close()
		}
		opened <- err
	}()
	if err := others[0].Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-opened; err != nil {
		t.Errorf("opening when a connection came free: %v", err)
	}
	for _, conn := range others[1:] {
		if err := conn.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

// TestConnections_TooLongWait: a caller that finds no free connection in time is
// UNAVAILABLE, and one that stops waiting leaves the queue as it was.
func TestConnections_TooLongWait(t *testing.T) {
	st := openLimited(t, testserver.Postgres(t).Database(t), 2, nil)
	inside, release := make(chan struct{}), make(chan struct{})
	var once sync.Once // the server ends a transaction that idles, so it runs again
	first := make(chan error, 1)
	go func() {
		first <- st.Within(t.Context(), func(shop.Tx) error {
			once.Do(func() { close(inside) })
			<-release
			return nil
		})
	}()
	<-inside
	ctx, cancel := context.WithCancel(t.Context())
	errs := make(chan error, 2)
	for _, ctx := range []context.Context{ctx, t.Context()} {
		go func() {
			errs <- st.Within(ctx, func(shop.Tx) error { return fmt.Errorf("it ran without a connection") })
		}()
	}
	cancel()
	if err := <-errs; harang.ErrorCode(err) != harang.CodeUnavailable || !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	var coded *harang.Error
	if err := <-errs; !errors.As(err, &coded) || coded.Code != harang.CodeUnavailable ||
		coded.Message != "the database has no free connection" {
		t.Errorf("after the wait: %v", err)
	}
	close(release)
	if err := errors.Join(<-first, st.Probe(t.Context(), "n1")); err != nil {
		t.Errorf("after the release: %v", err)
	}
}
