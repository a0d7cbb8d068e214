package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/ingest"
	"harang.dev/harang/internal/outbox"
	"harang.dev/harang/internal/shop"
)

// longestTx limits a transaction on an engine with many writers, whatever its
// caller's context.
const longestTx = 15 * time.Second

// Tx is one transaction. It belongs to the closure that Within runs and must
// not be used after it or from another goroutine.
type Tx struct {
	s *Store
	// sql is the transaction on an engine with many writers; nil on a single writer,
	// where session is the one connection.
	sql     *sql.Tx
	session *session
	pending []pendingEvent
	// work counts the statements.
	work int
}

type pendingEvent struct {
	event  harang.Event
	result *ingest.Appended
}

// do runs fn in the transaction. On a single writer fn is not interrupted when ctx
// ends: an interrupted statement would roll back the whole transaction, the parts
// of other members included, and nothing waits there.
func (tx *Tx) do(ctx context.Context, q *query, fn func(ctx context.Context, stmt *sql.Stmt) error) error {
	tx.work++
	if tx.sql == nil {
		ctx = context.WithoutCancel(ctx)
	}
	stmt, err := tx.statement(ctx, q)
	if err == nil {
		err = fn(ctx, stmt)
	}
	return tx.s.fail(q.name, err)
}

func (tx *Tx) statement(ctx context.Context, q *query) (*sql.Stmt, error) {
	if tx.sql == nil {
		return tx.session.statement(ctx, q)
	}
	stmt, err := tx.s.write.statement(ctx, q)
	if err != nil {
		return nil, err
	}
	return tx.sql.StmtContext(ctx, stmt), nil
}

// Append adds events to the transaction. They are written at its end, in this
// order: numbers are assigned per tenant, and an event whose (tenant, source,
// source id) is known already is dropped. An event without an ID gets one, an
// event without a Time the time of the commit.
func (tx *Tx) Append(events ...harang.Event) {
	for _, e := range events {
		tx.append(e)
	}
}

// append is Append for one event. Its result is filled when the transaction has
// committed.
func (tx *Tx) append(e harang.Event) *ingest.Appended {
	result := new(ingest.Appended)
	tx.pending = append(tx.pending, pendingEvent{e, result})
	return result
}

// AppendEvents appends events in one transaction, all or none, and returns the
// results in the order of the events.
func (s *Store) AppendEvents(ctx context.Context, events []harang.Event) ([]ingest.Appended, error) {
	results := make([]*ingest.Appended, len(events))
	if err := s.within(ctx, func(tx *Tx) error {
		for i, e := range events {
			results[i] = tx.append(e)
		}
		return nil
	}); err != nil {
		return nil, err
	}
	appended := make([]ingest.Appended, len(events))
	for i, r := range results {
		appended[i] = *r
	}
	return appended, nil
}

// Within runs fn in one transaction: READ COMMITTED on PostgreSQL, immediate
// on SQLite. When fn returns nil the events it appended are written and the
// transaction commits; any error rolls everything back and is returned.
//
// fn may run up to five times, after a conflict with another transaction, so it must
// have no other effects, and it must wait for nothing but the database: on SQLite
// every other writer waits for it. It must not call Within. On SQLite ctx ends the
// wait for the turn; a running closure is not interrupted. Codes: those of fn,
// UNAVAILABLE, and CONFLICT or NOT_FOUND for a refused row.
func (s *Store) Within(ctx context.Context, fn func(tx shop.Tx) error) error {
	return s.within(ctx, func(tx *Tx) error { return fn(tx) })
}

// within is Within for the store's own methods, which use more than the port.
func (s *Store) within(ctx context.Context, fn func(tx *Tx) error) error {
	tries := 0
	err := Retry(ctx, isBusy, func(ctx context.Context) error {
		if tries++; tries > 1 {
			s.metrics.retries.Inc()
		}
		began := time.Now()
		commits, err := s.tryOnce(ctx, fn)
		s.metrics.transaction(err, time.Since(began))
		if err == nil {
			s.callHooks(commits)
		}
		return err
	})
	return s.fail("within", err)
}

func isBusy(err error) bool {
	class, ok := classOf(err)
	return ok && class == ClassBusy
}

// callHooks calls the hooks of OnCommit.
func (s *Store) callHooks(commits []outbox.Commit) {
	for _, commit := range commits {
		for _, hook := range *s.hooks.Load() {
			hook(commit)
		}
	}
}

// tryOnce runs the transaction once and returns its commits.
func (s *Store) tryOnce(ctx context.Context, fn func(tx *Tx) error) ([]outbox.Commit, error) {
	if err := ctx.Err(); err != nil {
		return nil, s.fail("within", err)
	}
	if s.engine.SingleWriter {
		return s.queue.run(ctx, fn)
	}
	release, err := s.write.acquire(ctx)
	if err != nil {
		return nil, s.fail("begin", err)
	}
	defer release()
	var conn *sql.Conn
	if err := s.whileNoConnection(ctx, func(ctx context.Context) (err error) {
		conn, err = s.engine.Write.Conn(ctx)
		return s.fail("begin", err)
	}); err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }()
	// The caller's context ends statements, never the commit: an interrupted commit
	// may have happened.
	txCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), longestTx)
	defer cancel()
	sqlTx, err := conn.BeginTx(txCtx, nil)
	if err != nil {
		return nil, s.fail("begin", err)
	}
	defer func() { _ = sqlTx.Rollback() }() // has no effect after a commit
	commits, err := (&Tx{s: s, sql: sqlTx}).run(ctx, fn)
	if err == nil {
		err = s.fail("transaction", ctx.Err())
	}
	if err != nil {
		return nil, err
	}
	if err := sqlTx.Commit(); err != nil {
		return nil, s.fail("commit", err)
	}
	return commits, nil
}

// run runs the closure and then writes the events that it appended.
func (tx *Tx) run(ctx context.Context, fn func(tx *Tx) error) ([]outbox.Commit, error) {
	if err := fn(tx); err != nil {
		return nil, tx.s.fail("transaction", err)
	}
	return tx.appendPending(ctx)
}

// session is the one connection that writes, with its prepared statements. The owner
// of the turn uses it.
type session struct {
	conn                                   *sql.Conn
	stmts                                  []*sql.Stmt
	begin, commit, rollback, save, restore *sql.Stmt
}

func newSession(ctx context.Context, db *sql.DB) (*session, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	ses := &session{conn: conn, stmts: make([]*sql.Stmt, len(registry))}
	for stmt, text := range map[**sql.Stmt]string{
		&ses.begin:    "BEGIN IMMEDIATE",
		&ses.commit:   "COMMIT",
		&ses.rollback: "ROLLBACK",
		&ses.save:     "SAVEPOINT member",
		&ses.restore:  "ROLLBACK TO member",
	} {
		if *stmt, err = conn.PrepareContext(ctx, text); err != nil {
			return nil, errors.Join(err, conn.Close())
		}
	}
	return ses, nil
}

func (ses *session) statement(ctx context.Context, q *query) (*sql.Stmt, error) {
	if stmt := ses.stmts[q.index]; stmt != nil {
		return stmt, nil
	}
	stmt, err := ses.conn.PrepareContext(ctx, q.text)
	if err != nil {
		return nil, err
	}
	ses.stmts[q.index] = stmt
	return stmt, nil
}
