package store

import (
	"context"
	"errors"
	"sync"

	"harang.dev/harang/internal/outbox"
)

// maxMembers is how many transactions may share one commit.
const maxMembers = 16

// commitQueue lets the transactions of a single-writer engine take turns on
// its one connection. Those that wait while one is at work share its commit:
// the open transaction is handed on, each member works behind a savepoint, and
// the last one, or the sixteenth, commits for all. A member that fails takes
// back its own part only. A closure always runs on its caller's goroutine.
type commitQueue struct {
	store   *Store
	session *session // made by the first turn, used by whoever has the turn

	mu      sync.Mutex // guards the rest
	held    bool       // somebody has the turn
	closed  bool
	waiting []*turn
}

// turn is one waiting transaction.
type turn struct{ ready chan handed }

// handed is what a waiter gets with the turn: the group to join, nil to begin
// a new one. With an error it did not get the turn.
type handed struct {
	group *group
	err   error
}

// group is one open transaction with several members.
type group struct {
	members int           // how many have done their part; the turn's owner writes it
	done    chan struct{} // closed after commit or rollback
	err     error         // of the commit; written before done is closed
}

var errAborted = errors.New("store: the transaction's closure did not return")

// take waits for the turn. With an error it does not have it.
func (q *commitQueue) take(ctx context.Context) (*group, error) {
	q.mu.Lock()
	if q.closed {
		q.mu.Unlock()
		return nil, errClosed
	}
	if !q.held {
		q.held = true
		q.mu.Unlock()
		return nil, nil
	}
	t := &turn{ready: make(chan handed, 1)}
	q.waiting = append(q.waiting, t)
	q.mu.Unlock()
	select {
	case h := <-t.ready:
		return h.group, h.err
	case <-ctx.Done():
	}
	if !q.withdraw(t) {
		// The turn came at the same moment. What is open must go on.
		if h := <-t.ready; h.err == nil {
			q.settle(h.group)
		}
	}
	return nil, ctx.Err()
}

func (q *commitQueue) withdraw(t *turn) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i := range q.waiting {
		if q.waiting[i] == t {
			q.waiting = append(q.waiting[:i], q.waiting[i+1:]...)
			return true
		}
	}
	return false
}

// handOver gives the turn, and the open group if there is one, to who waits
// longest. Without a waiter it keeps the turn and returns false.
func (q *commitQueue) handOver(g *group) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 {
		return false
	}
	next := q.waiting[0]
	q.waiting = q.waiting[1:]
	next.ready <- handed{group: g}
	return true
}

// free gives up the turn, with no group open.
func (q *commitQueue) free() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) > 0 {
		next := q.waiting[0]
		q.waiting = q.waiting[1:]
		next.ready <- handed{}
		return
	}
	q.held = false
}

// settle ends the owner's turn: the open group goes on with the next waiter or
// is committed.
func (q *commitQueue) settle(g *group) {
	if g != nil {
		if g.members < maxMembers && q.handOver(g) {
			return
		}
		_, g.err = q.session.commit.ExecContext(context.Background())
		if g.err != nil {
			_, _ = q.session.rollback.ExecContext(context.Background())
		}
		q.store.metrics.members.Observe(float64(g.members))
		close(g.done)
	}
	q.free()
}

// run runs one closure as a member of a group and returns when the group is
// committed.
func (q *commitQueue) run(ctx context.Context, fn func(tx *Tx) error) ([]outbox.Commit, error) {
	s := q.store
	g, err := q.take(ctx)
	if err != nil {
		return nil, s.fail("within", err)
	}
	ctx = context.WithoutCancel(ctx) // see Tx.lasting
	if g, err = q.enter(ctx, g); err != nil {
		return nil, s.fail("begin", err)
	}
	returned := false
	defer func() {
		if !returned {
			q.leave(g, errAborted)
		}
	}()
	moved, err := (&Tx{s: s, session: q.session}).run(ctx, fn)
	returned = true
	if q.leave(g, err); err != nil {
		return nil, err
	}
	<-g.done
	if g.err != nil {
		return nil, s.fail("commit", g.err)
	}
	return moved, nil
}

// enter begins the transaction, or marks the member's place in the open one.
// With an error the turn is given up.
func (q *commitQueue) enter(ctx context.Context, g *group) (*group, error) {
	if g != nil {
		_, err := q.session.save.ExecContext(ctx)
		if err != nil {
			q.abandon(g, err)
		}
		return g, err
	}
	if q.session == nil {
		ses, err := newSession(ctx, q.store.engine.Write)
		if err != nil {
			q.free()
			return nil, err
		}
		q.session = ses
	}
	if _, err := q.session.begin.ExecContext(ctx); err != nil {
		q.free()
		return nil, err
	}
	return &group{done: make(chan struct{})}, nil
}

// leave ends a member's part. A first member that fails ends the transaction,
// a later one goes back to its savepoint.
func (q *commitQueue) leave(g *group, err error) {
	switch {
	case err == nil:
		g.members++
	case g.members == 0:
		q.abandon(g, err)
		return
	default:
		if _, lost := q.session.restore.ExecContext(context.Background()); lost != nil {
			// The engine has rolled back by itself (disk full, I/O error).
			q.abandon(g, lost)
			return
		}
	}
	q.settle(g)
}

// abandon rolls the group back and fails all its members.
func (q *commitQueue) abandon(g *group, err error) {
	_, _ = q.session.rollback.ExecContext(context.Background())
	g.err = err
	close(g.done)
	q.free()
}

// close lets nobody else in and waits for the turn.
func (q *commitQueue) close() {
	g, err := q.take(context.Background())
	if err != nil {
		return // closed already
	}
	if g != nil {
		// Finish what is open before the door closes behind it.
		_, g.err = q.session.commit.ExecContext(context.Background())
		close(g.done)
	}
	q.mu.Lock()
	q.closed = true
	waiting := q.waiting
	q.waiting = nil
	q.mu.Unlock()
	for _, t := range waiting {
		t.ready <- handed{err: errClosed}
	}
	if q.session != nil {
		_ = q.session.conn.Close()
	}
}
