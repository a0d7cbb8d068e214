package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"harang.dev/harang"
	"harang.dev/harang/internal/shop"
	"harang.dev/harang/internal/store"
	"harang.dev/harang/internal/store/sqlite"
	"harang.dev/harang/internal/store/sqlite/sqlitetest"
	"harang.dev/harang/internal/store/storetest"
	"harang.dev/harang/internal/testtime"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t *testing.T, o store.Options) *store.Store {
	t.Helper()
	st, err := sqlite.Open(t.Context(), sqlitetest.File(t), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	return st
}

// queuedTxs is a running transaction and several that wait for it, in their order.
type queuedTxs struct {
	t       *testing.T
	st      *store.Store
	release chan struct{}
	wg      sync.WaitGroup
}

func newQueuedTxs(t *testing.T, st *store.Store, first func(tx shop.Tx) error) *queuedTxs {
	t.Helper()
	queued := &queuedTxs{t: t, st: st, release: make(chan struct{})}
	inside := make(chan struct{})
	queued.wg.Go(func() {
		err := st.Within(context.Background(), func(tx shop.Tx) error {
			close(inside)
			<-queued.release
			return first(tx)
		})
		if err != nil {
			t.Errorf("first transaction: %v", err)
		}
	})
	<-inside
	return queued
}

// add queues one more transaction. done gets its result.
func (queued *queuedTxs) add(ctx context.Context, fn func(tx shop.Tx) error, done func(error)) {
	before := queued.st.Waiting()
	queued.wg.Go(func() { done(queued.st.Within(ctx, fn)) })
	testtime.Eventually(queued.t, testtime.Limit, "the transaction waits",
		func() bool { return queued.st.Waiting() != before })
}

// finish ends the running transaction and waits for all.
func (queued *queuedTxs) finish() {
	close(queued.release)
	queued.wg.Wait()
}

func metric(t *testing.T, r *prometheus.Registry, name string) (count uint64, sum float64) {
	t.Helper()
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			m := f.GetMetric()[0]
			if h := m.GetHistogram(); h != nil {
				return h.GetSampleCount(), h.GetSampleSum()
			}
			return 1, m.GetCounter().GetValue()
		}
	}
	t.Fatalf("no metric %s", name)
	return 0, 0
}

// TestWithin_SharedCommit: waiting transactions share commits, sixteen at most; one that
// fails, panics or ends its goroutine rolls back its own part only.
func TestWithin_SharedCommit(t *testing.T) {
	r := prometheus.NewRegistry()
	st := open(t, store.Options{Registry: r, NewID: storetest.IDs()})
	if err := st.CreateTenant(t.Context(), harang.Tenant{ID: "a", Name: "A"}); err != nil {
		t.Fatal(err)
	}
	commits, members := metric(t, r, "harang_store_commit_members")
	put := func(n int) func(tx shop.Tx) error {
		return func(tx shop.Tx) error {
			tx.Append(storetest.Alert(t, "a"))
			return tx.PutProduct(t.Context(), "a", harang.Product{ID: fmt.Sprintf("p%02d", n), Name: "P"})
		}
	}
	succeeds := func(err error) {
		if err != nil {
			t.Error(err)
		}
	}
	errRefused := errors.New("refused")
	queued := newQueuedTxs(t, st, put(0))
	for n := 1; n <= 10; n++ {
		queued.add(t.Context(), put(n), succeeds)
	}
	queued.add(t.Context(), func(tx shop.Tx) error { _ = put(90)(tx); return errRefused }, func(err error) {
		if !errors.Is(err, errRefused) {
			t.Errorf("failing member: %v", err)
		}
	})
	queued.add(t.Context(), func(tx shop.Tx) error {
		err := tx.PutProduct(t.Context(), "unknown", harang.Product{ID: "p", Name: "P"})
		return err
	}, func(err error) {
		if harang.ErrorCode(err) != harang.CodeNotFound {
			t.Errorf("product of an unknown tenant: %v", err)
		}
	})
	queued.wg.Go(func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		_ = st.Within(t.Context(), func(tx shop.Tx) error { _ = put(91)(tx); panic("member") })
	})
	queued.wg.Go(func() {
		_ = st.Within(t.Context(), func(tx shop.Tx) error { _ = put(92)(tx); runtime.Goexit(); return nil })
	})
	testtime.Eventually(t, testtime.Limit, "14 transactions wait", func() bool { return st.Waiting() >= 14 })
	for n := 11; n <= 30; n++ {
		queued.add(t.Context(), put(n), succeeds)
	}
	queued.finish()

	after, done := metric(t, r, "harang_store_commit_members")
	if n := done - members; n != 31 {
		t.Errorf("%v transactions committed, want 31", n)
	}
	if n := after - commits; n != 2 {
		t.Errorf("31 transactions needed %d commits, want 2", n)
	}
	products, err := st.FindProducts(t.Context(), "a", harang.CatalogueQuery{Limit: 100})
	if err != nil || len(products.Items) != 31 {
		t.Errorf("%d products, %v, want the 31 committed ones", len(products.Items), err)
	}
	entries, err := st.EntriesAfter(t.Context(), harang.FeedID{Tenant: "a", Audience: harang.AudienceManagers}, 0, 100)
	if err != nil || len(entries) != 31 || entries[30].Number != 31 {
		t.Errorf("%d events, %v, want 1 to 31", len(entries), err)
	}
}

// TestWithin_TenantsTakeTurns: many waiting transactions of one tenant delay another's, and
// work of none, by one only; one that goes away loses its turn only.
func TestWithin_TenantsTakeTurns(t *testing.T) {
	st := open(t, store.Options{})
	queued := newQueuedTxs(t, st, func(shop.Tx) error { return nil })
	var order []string // of the closures, which run one at a time
	add := func(ctx context.Context, name string) {
		tenant, _, _ := strings.Cut(name, " ")
		queued.add(harang.ForTenant(ctx, tenant), func(shop.Tx) error {
			order = append(order, name)
			return nil
		}, func(err error) {
			if err != nil && ctx.Err() == nil {
				t.Error(err)
			}
		})
	}
	left, leave := context.WithCancel(t.Context())
	for _, name := range []string{"a 1", "a 2", "a 3", "a 4"} {
		add(t.Context(), name)
	}
	add(left, "c 1") // its tenant's only one
	add(left, "b 0")
	for _, name := range []string{"b 1", "", "b 2"} {
		add(t.Context(), name)
	}
	waiting := st.Waiting()
	leave()
	testtime.Eventually(t, testtime.Limit, "two are gone", func() bool { return st.Waiting() == waiting-2 })
	queued.finish()
	want := []string{"a 1", "b 1", "", "a 2", "b 2", "a 3", "a 4"}
	if !slices.Equal(order, want) {
		t.Errorf("the order was %q, want %q", order, want)
	}
}

// TestWithin_LongMembers: a transaction of many statements shares its commit with those
// before it only.
func TestWithin_LongMembers(t *testing.T) {
	r := prometheus.NewRegistry()
	st := open(t, store.Options{Registry: r})
	commits, _ := metric(t, r, "harang_store_commit_members")
	queued := newQueuedTxs(t, st, func(shop.Tx) error { return nil })
	for range 4 {
		queued.add(t.Context(), func(tx shop.Tx) error {
			for range 500 {
				if _, err := tx.FindProduct(t.Context(), "a", "p"); harang.ErrorCode(err) != harang.CodeNotFound {
					return err
				}
			}
			return nil
		}, func(err error) {
			if err != nil {
				t.Error(err)
			}
		})
	}
	queued.finish()
	if after, _ := metric(t, r, "harang_store_commit_members"); after-commits != 4 {
		t.Errorf("%d commits, want 4: the first one joins the long one after it", after-commits)
	}
}

// TestWithin_CancelledWait: a cancelled waiter leaves the queue unchanged.
func TestWithin_CancelledWait(t *testing.T) {
	st := open(t, store.Options{})
	queued := newQueuedTxs(t, st, func(shop.Tx) error { return nil })
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error, 1)
	queued.add(ctx, func(shop.Tx) error {
		t.Error("cancelled transaction ran")
		return nil
	}, func(err error) { result <- err })
	cancel()
	if err := <-result; harang.ErrorCode(err) != harang.CodeUnavailable || !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	ran := false
	queued.add(t.Context(), func(shop.Tx) error { ran = true; return nil }, func(err error) {
		if err != nil {
			t.Error(err)
		}
	})
	queued.finish()
	if !ran {
		t.Error("next transaction did not run")
	}
}

// TestWithin_CancelledInside: a context that is cancelled while the closure runs
// interrupts neither it nor the other members of its commit.
func TestWithin_CancelledInside(t *testing.T) {
	st := open(t, store.Options{})
	if err := st.CreateTenant(t.Context(), harang.Tenant{ID: "a", Name: "A"}); err != nil {
		t.Fatal(err)
	}
	put := func(ctx context.Context, id string) func(tx shop.Tx) error {
		return func(tx shop.Tx) error { return tx.PutProduct(ctx, "a", harang.Product{ID: id, Name: "P"}) }
	}
	succeeds := func(err error) {
		if err != nil {
			t.Error(err)
		}
	}
	queued := newQueuedTxs(t, st, put(t.Context(), "1"))
	ctx, cancel := context.WithCancel(t.Context())
	queued.add(ctx, func(tx shop.Tx) error { cancel(); return put(ctx, "2")(tx) }, succeeds)
	queued.add(t.Context(), put(t.Context(), "3"), succeeds)
	queued.finish()
	if p, err := st.FindProducts(t.Context(), "a", harang.CatalogueQuery{Limit: 10}); err != nil || len(p.Items) != 3 {
		t.Errorf("products %v, %v, want all three", p.Items, err)
	}
}

// TestStore_Close: the running transaction commits, waiting and later ones are
// UNAVAILABLE.
func TestStore_Close(t *testing.T) {
	st, err := sqlite.Open(t.Context(), sqlitetest.File(t), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	queued := newQueuedTxs(t, st, func(shop.Tx) error { return nil })
	closed := make(chan error, 1)
	go func() { closed <- st.Close() }()
	testtime.Eventually(t, testtime.Limit, "the close waits", func() bool { return st.Waiting() > 0 })
	queued.add(t.Context(), func(shop.Tx) error { return nil }, func(err error) {
		if harang.ErrorCode(err) != harang.CodeUnavailable {
			t.Errorf("queued after the close: %v", err)
		}
	})
	queued.finish()
	if err := <-closed; err != nil {
		t.Error(err)
	}
	err = st.Within(t.Context(), func(shop.Tx) error { return nil })
	if harang.ErrorCode(err) != harang.CodeUnavailable {
		t.Errorf("after the close: %v", err)
	}
	for name, err := range map[string]error{"ping": st.Ping(t.Context()), "again": st.Close()} {
		if name == "ping" && harang.ErrorCode(err) == "" || name == "again" && err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := st.DataVersion(t.Context()); harang.ErrorCode(err) != harang.CodeUnavailable {
		t.Errorf("data version: %v", err)
	}
}

// errDriver is the driver's error in the tests below.
var errDriver = errors.New("driver")

// withClass opens a store whose engine gives errDriver a class.
func withClass(t *testing.T, class store.Class, r prometheus.Registerer) *store.Store {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "x.db")+"?_txlock=immediate")
	if err != nil {
		t.Fatal(err)
	}
	st := store.New(store.Engine{Name: "test", Write: db, Read: db, SingleWriter: class != store.ClassMissing,
		Classify: func(err error) store.Class {
			if errors.Is(err, errDriver) {
				return class
			}
			return store.ClassOther
		}}, store.Options{Registry: r})
	t.Cleanup(func() { _ = st.Close() })
	return st
}

// TestWithin_Errors is the table of classes and codes.
func TestWithin_Errors(t *testing.T) {
	for _, tc := range []struct {
		class store.Class
		code  harang.Code
		tries int
	}{
		{store.ClassOther, harang.CodeInternal, 1},
		{store.ClassBusy, harang.CodeUnavailable, 5},
		{store.ClassDuplicate, harang.CodeConflict, 1},
		{store.ClassMissing, harang.CodeNotFound, 1},
		{store.ClassUnavailable, harang.CodeUnavailable, 1},
		{store.ClassFull, harang.CodeUnavailable, 1},
		{store.ClassDamaged, harang.CodeUnavailable, 1},
		{store.ClassNoConnection, harang.CodeUnavailable, 1},
		{store.ClassText, harang.CodeInvalidRequest, 1},
	} {
		r := prometheus.NewRegistry()
		st := withClass(t, tc.class, r)
		tries := 0
		err := st.Within(t.Context(), func(shop.Tx) error { tries++; return fmt.Errorf("wrapped: %w", errDriver) })
		if harang.ErrorCode(err) != tc.code || !errors.Is(err, errDriver) || tries != tc.tries {
			t.Errorf("class %d: %v after %d tries, want %s after %d", tc.class, err, tries, tc.code, tc.tries)
		}
		var e *harang.Error
		if errors.As(err, &e) && e.Message == errDriver.Error() {
			t.Errorf("class %d: the message has the driver's text", tc.class)
		}
		if _, n := metric(t, r, "harang_store_retries_total"); n != float64(tc.tries-1) {
			t.Errorf("class %d: %v retries counted", tc.class, n)
		}
		if st.Engine() != "test" {
			t.Errorf("engine %q", st.Engine())
		}
		if v, err := st.DataVersion(t.Context()); v != 0 || err != nil {
			t.Errorf("data version of an engine without one: %d, %v", v, err)
		}
	}
}

// TestWithin_CancelledRetry: retries stop when the context is cancelled.
func TestWithin_CancelledRetry(t *testing.T) {
	st := withClass(t, store.ClassBusy, nil)
	ctx, cancel := context.WithCancel(t.Context())
	err := st.Within(ctx, func(shop.Tx) error { cancel(); return errDriver })
	if !errors.Is(err, context.Canceled) || harang.ErrorCode(err) != harang.CodeUnavailable {
		t.Errorf("error %v", err)
	}
}

// TestWithin_RetrySucceeds: the third try succeeds.
func TestWithin_RetrySucceeds(t *testing.T) {
	st := withClass(t, store.ClassBusy, nil)
	tries := 0
	err := st.Within(t.Context(), func(shop.Tx) error {
		if tries++; tries < 3 {
			return errDriver
		}
		return nil
	})
	if err != nil || tries != 3 {
		t.Errorf("%v after %d tries", err, tries)
	}
}

// TestWithin_NoTable: a statement that cannot be prepared is an error and leaves the
// queue usable.
func TestWithin_NoTable(t *testing.T) {
	st := withClass(t, store.ClassOther, nil)
	for range 2 {
		err := st.Within(t.Context(), func(tx shop.Tx) error {
			return tx.PutPartner(t.Context(), "a", harang.Partner{ID: "p", Name: "P"})
		})
		if harang.ErrorCode(err) != harang.CodeInternal {
			t.Errorf("without tables: %v", err)
		}
	}
	if _, err := st.Heads(t.Context(), []string{"a"}); harang.ErrorCode(err) != harang.CodeInternal {
		t.Errorf("without tables: %v", err)
	}
	if err := st.PrepareAll(t.Context()); harang.ErrorCode(err) != harang.CodeInternal {
		t.Errorf("without tables: %v", err)
	}
	many := withClass(t, store.ClassMissing, nil) // many writers
	err := many.Within(t.Context(), func(tx shop.Tx) error {
		tx.Append(harang.Event{Tenant: "a", Type: "stock_alert", Time: time.Now()})
		return nil
	})
	if harang.ErrorCode(err) != harang.CodeInternal {
		t.Errorf("without tables: %v", err)
	}
	if err := many.Within(t.Context(), func(shop.Tx) error { return nil }); err != nil {
		t.Error(err)
	}
}
