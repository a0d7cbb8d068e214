package store

import (
	"context"
	"errors"
	"slices"
	"sync"

	"harang.dev/harang"
	"harang.dev/harang/internal/outbox"
)

const (
	// maxMembers is how many transactions may share one commit.
	maxMembers = 16
	// maxGroupStatements is after how many statements of its members a group takes no
	// further one, so that a short transaction does not wait for the long ones after it.
	maxGroupStatements = 500
)

// commitQueue serialises the transactions of a single-writer engine on its one
// connection. Waiting transactions share the commit of the running one: the open
// SQL transaction passes from one to the next, each works behind a savepoint, and
// the last one, or the sixteenth, commits for all. A member that fails rolls back
// its own part only. A closure always runs on its caller's goroutine. Tenants take turns,
// so that many transactions of one delay another tenant's by one only.
type commitQueue struct {
	store   *Store
	session *session // created by the first turn, used by the owner of the turn

	mu      sync.Mutex // guards the rest
	taken   bool       // a transaction owns the turn
	closed  bool
	waiting map[string][]*waiter // by tenant, "" for work of none; no empty ones
	tenants []string             // the keys of waiting, in the order of their turns
}

// waiter is one transaction that waits for the turn.
type waiter struct {
	tenant string
	ready  chan turn
}

// turn is what a waiter receives: the group to join, nil to begin a new one.
// With an error the waiter does not own the turn.
type turn struct {
	group *group
	err   error
}

// group is one open SQL transaction with several members.
type group struct {
	members int           // members that succeeded so far; written by the turn's owner
	work    int           // statements of all members so far; written by the turn's owner
	done    chan struct{} // closed after commit or rollback
	err     error         // of the commit; written before done is closed
}

var errAborted = errors.New("store: the transaction's closure did not return")

// acquire waits for the turn. With an error the caller does not own it.
func (q *commitQueue) acquire(ctx context.Context) (*group, error) {
	q.mu.Lock()
	if q.closed {
		q.mu.Unlock()
		return nil, errClosed
	}
	if !q.taken {
		q.taken = true
		q.mu.Unlock()
		return nil, nil
	}
	w := &waiter{harang.TenantOf(ctx), make(chan turn, 1)}
	if q.waiting == nil {
		q.waiting = map[string][]*waiter{}
	}
	if q.waiting[w.tenant] = append(q.waiting[w.tenant], w); len(q.waiting[w.tenant]) == 1 {
		q.tenants = append(q.tenants, w.tenant)
	}
	q.mu.Unlock()
	select {
	case t := <-w.ready:
		return t.group, t.err
	case <-ctx.Done():
	}
	if !q.withdraw(w) {
		// The turn arrived at the same moment, perhaps with an open group.
		if t := <-w.ready; t.err == nil {
			q.endTurn(t.group)
		}
	}
	return nil, ctx.Err()
}

func (q *commitQueue) withdraw(w *waiter) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	i := slices.Index(q.waiting[w.tenant], w)
	if i < 0 {
		return false
	}
	if q.waiting[w.tenant] = slices.Delete(q.waiting[w.tenant], i, i+1); len(q.waiting[w.tenant]) == 0 {
		delete(q.waiting, w.tenant)
		q.tenants = slices.DeleteFunc(q.tenants, func(tenant string) bool { return tenant == w.tenant })
	}
	return true
}

// pass gives the turn and an open group to the longest waiter of the tenant whose turn
// it is. Without a waiter the caller keeps the turn and pass returns false.
func (q *commitQueue) pass(g *group) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.passLocked(g)
}

func (q *commitQueue) passLocked(g *group) bool {
	if len(q.tenants) == 0 {
		return false
	}
	tenant := q.tenants[0]
	q.tenants = q.tenants[1:]
	next := q.waiting[tenant][0]
	if q.waiting[tenant] = q.waiting[tenant][1:]; len(q.waiting[tenant]) > 0 {
		q.tenants = append(q.tenants, tenant)
	} else {
		delete(q.waiting, tenant)
	}
	next.ready <- turn{group: g}
	return true
}

// release gives up the turn when no group is open.
func (q *commitQueue) release() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.taken = q.passLocked(nil)
}

// endTurn passes an open group on to the next waiter, or commits it, and gives
// up the turn.
func (q *commitQueue) endTurn(g *group) {
	if g != nil {
		if g.members < maxMembers && g.work < maxGroupStatements && q.pass(g) {
			return
		}
		q.commitGroup(g)
	}
	q.release()
}

// commitGroup commits for all members. They get their results after the database
// file was verified: a commit into a deleted file succeeds and is lost.
func (q *commitQueue) commitGroup(g *group) {
	if g.err = q.store.lostError(); g.err == nil {
		_, g.err = q.session.commit.ExecContext(context.Background())
	}
	if g.err != nil {
		_, _ = q.session.rollback.ExecContext(context.Background())
	} else {
		g.err = q.store.verify()
	}
	q.store.metrics.members.Observe(float64(g.members))
	close(g.done)
}

// run runs one closure as a member of a group and returns when the group is
// committed.
func (q *commitQueue) run(ctx context.Context, fn func(tx *Tx) error) ([]outbox.Commit, error) {
	s := q.store
	g, err := q.acquire(ctx)
	if err != nil {
		return nil, s.fail("within", err)
	}
	ctx = context.WithoutCancel(ctx) // see Tx.do
	if g, err = q.beginMember(ctx, g); err != nil {
		return nil, s.fail("begin", err)
	}
	returned := false
	defer func() {
		if !returned {
			q.endMember(g, errAborted)
		}
	}()
	tx := &Tx{s: s, session: q.session}
	commits, err := tx.run(ctx, fn)
	returned = true
	g.work += tx.work
	if q.endMember(g, err); err != nil {
		return nil, err
	}
	<-g.done
	if g.err != nil {
		return nil, s.fail("commit", g.err)
	}
	return commits, nil
}

// beginMember sets a savepoint in the open group, or begins a new one. With an
// error the turn is given up.
func (q *commitQueue) beginMember(ctx context.Context, g *group) (*group, error) {
	if g != nil {
		_, err := q.session.save.ExecContext(ctx)
		if err != nil {
			q.rollbackGroup(g, err)
		}
		return g, err
	}
	if err := q.beginTx(ctx); err != nil {
		q.release()
		return nil, err
	}
	return &group{done: make(chan struct{})}, nil
}

// beginTx begins a SQL transaction on the one connection.
func (q *commitQueue) beginTx(ctx context.Context) error {
	if err := q.store.lostError(); err != nil {
		return err
	}
	if q.session == nil {
		ses, err := newSession(ctx, q.store.engine.Write)
		if err != nil {
			return err
		}
		q.session = ses
	}
	_, err := q.session.begin.ExecContext(ctx)
	return err
}

// endMember ends a member's part. A first member that fails rolls back the
// transaction, a later one rolls back to its savepoint.
func (q *commitQueue) endMember(g *group, err error) {
	switch {
	case err == nil:
		g.members++
	case g.members == 0:
		q.rollbackGroup(g, err)
		return
	default:
		if _, restoreErr := q.session.restore.ExecContext(context.Background()); restoreErr != nil {
			// The engine rolled back by itself (disk full, I/O error).
			q.rollbackGroup(g, restoreErr)
			return
		}
	}
	q.endTurn(g)
}

// rollbackGroup rolls the group back, fails all its members and gives up the
// turn.
func (q *commitQueue) rollbackGroup(g *group, err error) {
	_, _ = q.session.rollback.ExecContext(context.Background())
	g.err = err
	close(g.done)
	q.release()
}

// close waits for the turn, refuses all waiting and later transactions and
// closes the connection.
func (q *commitQueue) close() {
	g, err := q.acquire(context.Background())
	if err != nil {
		return // closed already
	}
	if g != nil {
		q.commitGroup(g)
	}
	q.mu.Lock()
	q.closed = true
	waiting := q.waiting
	q.waiting, q.tenants = nil, nil
	q.mu.Unlock()
	for _, tenant := range waiting {
		for _, w := range tenant {
			w.ready <- turn{err: errClosed}
		}
	}
	if q.session != nil {
		_ = q.session.conn.Close()
	}
}
