package shop

import (
	"context"
	"errors"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"
)

const (
	// laneRows is how many due rows a tenant's lane gets at once.
	laneRows = 100
	// laneCalls is how many of them it works on concurrently.
	laneCalls = 4
	// mostLanes is how many tenants are worked for at the same time.
	mostLanes = 64
)

// duty is one kind of work that falls due in the rows of many tenants. Several nodes may
// have the same one.
type duty[T any] struct {
	// find returns due rows of all tenants but some, the longest due first.
	find   func(ctx context.Context, without []string, limit int) ([]T, error)
	tenant func(T) string
	// do does it, so that find does not return the row again, or returns errNotYet, which
	// is no failure, or what failed.
	do func(ctx context.Context, row T) error
}

// lanes does a duty for each tenant beside the others, at most once at a time for each: a
// tenant with many due rows, or with a provider that does not answer, delays only itself.
// A call of a lane is not broken off when the context ends; what is due then stays due.
type lanes[T any] struct {
	duty duty[T]
	// report gets the errors of a lane, in the lane's goroutine.
	report func(error)
	// wake gets a value when start has more to do although nothing fell due: a lane ended
	// that was full, or that kept others waiting.
	wake chan struct{}

	mu      sync.Mutex
	busy    []string // the tenants that have a lane
	waiting bool     // another tenant had no lane because there were mostLanes
	running sync.WaitGroup
}

func newLanes[T any](d duty[T], report func(error)) *lanes[T] {
	return &lanes[T]{duty: d, report: report, wake: make(chan struct{}, 1)}
}

// start gives a lane to each tenant that has something due and no lane, and does not wait
// for them.
func (l *lanes[T]) start(ctx context.Context) error {
	for ctx.Err() == nil {
		busy := l.tenants()
		if len(busy) >= mostLanes {
			return nil
		}
		rows, err := l.duty.find(ctx, busy, laneRows)
		if err != nil || len(rows) == 0 {
			return err
		}
		byTenant := map[string][]T{}
		for _, row := range rows {
			tenant := l.duty.tenant(row)
			byTenant[tenant] = append(byTenant[tenant], row)
		}
		for tenant, due := range byTenant {
			l.open(ctx, tenant, due)
		}
		if len(rows) < laneRows {
			return nil
		}
	}
	return ctx.Err()
}

// tenants returns those that have a lane, and notes when there are too many.
func (l *lanes[T]) tenants() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting = len(l.busy) >= mostLanes
	return slices.Clone(l.busy)
}

func (l *lanes[T]) open(ctx context.Context, tenant string, due []T) {
	l.mu.Lock()
	l.busy = append(l.busy, tenant)
	l.mu.Unlock()
	l.running.Go(func() {
		done, err := l.work(ctx, due)
		l.mu.Lock()
		i := slices.Index(l.busy, tenant)
		l.busy = slices.Delete(l.busy, i, i+1)
		// A row that was not done would be found at once: the next round has it.
		more := l.waiting || done == laneRows
		l.mu.Unlock()
		if err != nil {
			l.report(err)
		}
		if more {
			select {
			case l.wake <- struct{}{}:
			default:
			}
		}
	})
}

// work returns how many rows were done, and what failed.
func (l *lanes[T]) work(ctx context.Context, due []T) (done int, err error) {
	results := make([]error, len(due))
	var group errgroup.Group
	group.SetLimit(laneCalls)
	for i, row := range due {
		group.Go(func() error {
			if results[i] = errNotYet; ctx.Err() == nil {
				results[i] = l.duty.do(ctx, row)
			}
			return nil
		})
	}
	_ = group.Wait() // the errors are in results
	var failed []error
	for _, result := range results {
		switch {
		case result == nil:
			done++
		case !errors.Is(result, errNotYet):
			failed = append(failed, result)
		}
	}
	return done, errors.Join(failed...)
}
