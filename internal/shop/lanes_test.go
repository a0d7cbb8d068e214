package shop

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// dueRow is a row of a fake table; it is done after a number of calls.
type dueRow struct {
	tenant string
	number int
}

// dueTable is what many tenants have due, the longest due first.
type dueTable struct {
	mu    sync.Mutex
	rows  []dueRow
	finds int
	done  map[string]int
	// last is when a tenant's last row was done.
	last map[string]time.Time
}

func (d *dueTable) add(tenant string, n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for range n {
		d.rows = append(d.rows, dueRow{tenant, len(d.rows)})
	}
}

func (d *dueTable) find(_ context.Context, without []string, limit int) (due []dueRow, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.finds++
	for _, r := range d.rows {
		if len(due) < limit && !slices.Contains(without, r.tenant) {
			due = append(due, r)
		}
	}
	return due, nil
}

func (d *dueTable) finish(r dueRow) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.rows = slices.DeleteFunc(d.rows, func(other dueRow) bool { return other == r })
	if d.done == nil {
		d.done, d.last = map[string]int{}, map[string]time.Time{}
	}
	d.done[r.tenant]++
	d.last[r.tenant] = time.Now()
}

func (d *dueTable) duty(do func(context.Context, dueRow) error) duty[dueRow] {
	return duty[dueRow]{find: d.find, tenant: func(r dueRow) string { return r.tenant }, do: do}
}

// run starts rounds every five seconds, and when the lanes ask for one, for a time.
func run(t *testing.T, l *lanes[dueRow], lasts time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), lasts)
	defer cancel()
	ticker := time.NewTicker(housekeepingEvery)
	defer ticker.Stop()
	for ctx.Err() == nil {
		if err := l.start(ctx); err != nil && ctx.Err() == nil {
			t.Error(err)
		}
		select {
		case <-ctx.Done():
		case <-ticker.C:
		case <-l.wake:
		}
	}
	l.running.Wait()
}

// TestLanes_SlowTenant: a tenant whose calls never answer in time, and one with thousands
// of rows, delay nobody else, and a full lane is followed by the next at once.
func TestLanes_SlowTenant(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var table dueTable
		table.add("hangs", 1000)
		table.add("many", 2000)
		table.add("one", 1)
		began := time.Now()
		most, at := 0, 0
		var mu sync.Mutex
		l := newLanes(table.duty(func(_ context.Context, r dueRow) error {
			if r.tenant == "hangs" {
				mu.Lock()
				at++
				most = max(most, at)
				mu.Unlock()
				time.Sleep(10 * time.Second) //nolint:forbidigo // by the clock of the bubble
				mu.Lock()
				at--
				mu.Unlock()
			} else {
				time.Sleep(time.Millisecond) //nolint:forbidigo // by the clock of the bubble
			}
			table.finish(r)
			return nil
		}), func(err error) { t.Error(err) })
		run(t, l, 20*time.Second)
		if took := table.last["one"].Sub(began); took > 10*time.Millisecond {
			t.Errorf("the tenant with one row waited %v", took)
		}
		// 2,000 calls, four at a time, of one millisecond.
		if took := table.last["many"].Sub(began); table.done["many"] != 2000 || took > 600*time.Millisecond {
			t.Errorf("%d rows of the tenant with many in %v", table.done["many"], took)
		}
		if most != laneCalls {
			t.Errorf("%d calls at once of a tenant, want %d", most, laneCalls)
		}
	})
}

// TestLanes_NotDone: rows that fail or cannot be done yet are tried once in a round, and
// failures are reported.
func TestLanes_NotDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var table dueTable
		table.add("fails", laneRows)
		table.add("waits", laneRows)
		var mu sync.Mutex
		calls, failures := map[string]int{}, 0
		l := newLanes(table.duty(func(_ context.Context, r dueRow) error {
			mu.Lock()
			defer mu.Unlock()
			calls[r.tenant]++
			if r.tenant == "waits" {
				return errNotYet
			}
			return errors.New("refused")
		}), func(error) {
			mu.Lock()
			defer mu.Unlock()
			failures++
		})
		run(t, l, 12*time.Second) // rounds at 0, 5 and 10 s
		if calls["fails"] != 3*laneRows || calls["waits"] != 3*laneRows || failures != 3 {
			t.Errorf("%v calls, %d failures in three rounds", calls, failures)
		}
	})
}

// TestLanes_Most: more tenants than lanes take turns, and the one that waits is served as
// soon as a lane is free.
func TestLanes_Most(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var table dueTable
		for i := range 3 * mostLanes {
			table.add(fmt.Sprint("t", i), 1)
		}
		var mu sync.Mutex
		most, at := 0, 0
		l := newLanes(table.duty(func(_ context.Context, r dueRow) error {
			mu.Lock()
			at++
			most = max(most, at)
			mu.Unlock()
			time.Sleep(time.Second) //nolint:forbidigo // by the clock of the bubble
			mu.Lock()
			at--
			mu.Unlock()
			table.finish(r)
			return nil
		}), func(err error) { t.Error(err) })
		began := time.Now()
		run(t, l, 4*time.Second)
		var last time.Time
		for _, at := range table.last {
			if at.After(last) {
				last = at
			}
		}
		if len(table.rows) > 0 || last.Sub(began) > 3*time.Second || most > mostLanes+laneRows {
			t.Errorf("%d rows left, the last after %v, %d at once", len(table.rows), last.Sub(began), most)
		}
	})
}

// TestFinish: everything that is due is done, however many batches it takes, and each
// failure is returned once.
func TestFinish(t *testing.T) {
	var table dueTable
	table.add("a", 3*laneRows+1)
	table.add("b", 2)
	refused := errors.New("refused")
	err := finish(t.Context(), table.duty(func(_ context.Context, r dueRow) error {
		if r.tenant == "b" {
			return refused
		}
		table.finish(r)
		return nil
	}))
	if !errors.Is(err, refused) || table.done["a"] != 3*laneRows+1 || len(table.rows) != 2 {
		t.Errorf("%v done, %d left: %v", table.done, len(table.rows), err)
	}
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	if err := finish(stopped, table.duty(nil)); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end: %v", err)
	}
}
