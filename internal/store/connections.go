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
)

// connectionWait is how long a query or a transaction waits for a connection
// before it is UNAVAILABLE.
const connectionWait = 5 * time.Second

// errNoConnection: every connection of the pool was in use for connectionWait.
var errNoConnection = errors.New("store: no free connection")

// connections is one pool of connections: a queue for them, first come, first
// served, and the prepared statement of each query.
type connections struct {
	db    *sql.DB
	slots *semaphore.Weighted // nil without a limit
	wait  time.Duration
	waits *prometheus.CounterVec // by result

	stmts []atomic.Pointer[sql.Stmt]
	mu    sync.Mutex // held while a statement is prepared
}

func newConnections(db *sql.DB, limit int, waits *prometheus.CounterVec) *connections {
	c := &connections{
		db: db, wait: connectionWait, waits: waits, stmts: make([]atomic.Pointer[sql.Stmt], len(registry)),
	}
	if limit > 0 {
		c.slots = semaphore.NewWeighted(int64(limit))
	}
	return c
}

// acquire waits for the right to use one connection; release gives it back.
func (c *connections) acquire(ctx context.Context) error {
	if c.slots == nil || c.slots.TryAcquire(1) {
		return nil
	}
	limited, cancel := context.WithTimeout(ctx, c.wait)
	defer cancel()
	switch {
	case c.slots.Acquire(limited, 1) == nil:
		c.waits.WithLabelValues("acquired").Inc()
		return nil
	case ctx.Err() != nil:
		c.waits.WithLabelValues("cancelled").Inc()
		return ctx.Err()
	}
	c.waits.WithLabelValues("timeout").Inc()
	return errNoConnection
}

func (c *connections) release() {
	if c.slots != nil {
		c.slots.Release(1)
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
	if err := pool.acquire(ctx); err != nil {
		return r.s.fail(q.name, err)
	}
	defer pool.release()
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
