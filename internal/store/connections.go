package store

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/semaphore"

	"harang.dev/harang"
)

// connectionWait is how long a query or a transaction waits for a connection
// before it is UNAVAILABLE.
const connectionWait = 5 * time.Second

// errNoConnection: every connection of the pool was in use for connectionWait.
var errNoConnection = errors.New("store: no free connection")

// connections is one pool of connections: a queue for them, first come, first
// served, and the prepared statement of each query. A tenant uses three of four at most:
// callers of one that wait for the same row, each with a connection, must not keep others
// from the database.
type connections struct {
	db    *sql.DB
	slots *semaphore.Weighted // nil without a limit
	limit int
	wait  time.Duration
	waits *prometheus.CounterVec // by result

	stmts []atomic.Pointer[sql.Stmt]
	mu    sync.Mutex // held while a statement is prepared

	sharing sync.Mutex // guards shares
	shares  map[string]*share
}

// share is the part of a pool that the present callers of a tenant may use.
type share struct {
	slots   *semaphore.Weighted
	callers int
}

func newConnections(db *sql.DB, limit int, waits *prometheus.CounterVec) *connections {
	c := &connections{
		db: db, limit: limit, wait: connectionWait, waits: waits,
		stmts: make([]atomic.Pointer[sql.Stmt], len(registry)), shares: map[string]*share{},
	}
	if limit > 0 {
		c.slots = semaphore.NewWeighted(int64(limit))
	}
	return c
}

// acquire waits for the right to use one connection; release gives it back.
func (c *connections) acquire(ctx context.Context) (release func(), err error) {
	tenant := harang.TenantOf(ctx)
	switch {
	case c.slots == nil:
		return func() {}, nil
	case tenant == "":
		return func() { c.slots.Release(1) }, c.take(ctx, c.slots)
	}
	own := c.enter(tenant)
	if err := c.take(ctx, own, c.slots); err != nil {
		c.leave(tenant)
		return nil, err
	}
	return func() {
		c.slots.Release(1)
		own.Release(1)
		c.leave(tenant)
	}, nil
}

// take waits for one of each, in this order.
func (c *connections) take(ctx context.Context, slots ...*semaphore.Weighted) error {
	limited, waited := ctx, false
	for i, s := range slots {
		if s.TryAcquire(1) {
			continue
		}
		if !waited {
			var cancel context.CancelFunc
			limited, cancel = context.WithTimeout(ctx, c.wait)
			defer cancel()
			waited = true
		}
		if s.Acquire(limited, 1) == nil {
			continue
		}
		for _, taken := range slots[:i] {
			taken.Release(1)
		}
		if ctx.Err() != nil {
			c.waits.WithLabelValues("cancelled").Inc()
			return ctx.Err()
		}
		c.waits.WithLabelValues("timeout").Inc()
		return errNoConnection
	}
	if waited {
		c.waits.WithLabelValues("acquired").Inc()
	}
	return nil
}

// enter returns the slots of a tenant, which exist until each caller has left.
func (c *connections) enter(tenant string) *semaphore.Weighted {
	c.sharing.Lock()
	defer c.sharing.Unlock()
	own := c.shares[tenant]
	if own == nil {
		own = &share{slots: semaphore.NewWeighted(int64(max(1, c.limit*3/4)))}
		c.shares[tenant] = own
	}
	own.callers++
	return own.slots
}

func (c *connections) leave(tenant string) {
	c.sharing.Lock()
	defer c.sharing.Unlock()
	own := c.shares[tenant]
	if own.callers--; own.callers == 0 {
		delete(c.shares, tenant)
	}
}

// statement returns the prepared statement of q.
func (c *connections) statement(ctx context.Context, q *query) (*sql.Stmt, error) {
	if stmt := c.stmts[q.index].Load(); stmt != nil {
		return stmt, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if stmt := c.stmts[q.index].Load(); stmt != nil {
		return stmt, nil
	}
	stmt, err := c.db.PrepareContext(ctx, q.text)
	if err != nil {
		return nil, err
	}
	c.stmts[q.index].Store(stmt)
	return stmt, nil
}

func (c *connections) closeStatements() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var errs []error
	for i := range c.stmts {
		if stmt := c.stmts[i].Swap(nil); stmt != nil {
			errs = append(errs, stmt.Close())
		}
	}
	return errors.Join(errs...)
}

// reader runs single queries outside a transaction.
type reader struct{ s *Store }

// do runs fn on a connection of the pool of readers. fn runs again while the
// server has no connection free.
func (r reader) do(ctx context.Context, q *query, fn func(ctx context.Context, stmt *sql.Stmt) error) error {
	if err := r.s.lostError(); err != nil {
		return r.s.fail(q.name, err)
	}
	pool := r.s.read
	release, err := pool.acquire(ctx)
	if err != nil {
		return r.s.fail(q.name, err)
	}
	defer release()
	return r.s.whileNoConnection(ctx, func(ctx context.Context) error {
		stmt, err := pool.statement(ctx, q)
		if err == nil {
			err = fn(ctx, stmt)
		}
		return r.s.fail(q.name, err)
	})
}

// whileNoConnection runs fn until the server has a connection for it, for
// connectionWait at most.
func (s *Store) whileNoConnection(ctx context.Context, fn func(ctx context.Context) error) error {
	return s.fail("connect", RetryFor(ctx, connectionWait, isNoConnection, fn))
}

func isNoConnection(err error) bool {
	class, ok := classOf(err)
	return ok && class == ClassNoConnection
}
