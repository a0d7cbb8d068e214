package store

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"harang.dev/harang/internal/outbox"
)

// Options configure a store.
type Options struct {
	// Clock returns the present time. Zero value means time.Now.
	Clock func() time.Time
	// NewID returns a new id. Zero value means UUIDv7.
	NewID func() string
	// Logger receives the store's log lines. Zero value means none.
	Logger *slog.Logger
	// Registry receives the store's metrics. Zero value means none.
	Registry prometheus.Registerer
	// MaxConnections is how many connections to a PostgreSQL server the store may
	// have, 2 at least. Zero value means DefaultMaxConnections. SQLite ignores it.
	MaxConnections int
}

// DefaultMaxConnections leaves room for five nodes on a PostgreSQL server with its
// own default of 100 connections.
const DefaultMaxConnections = 16

// Engine is an opened database with what differs between SQLite and
// PostgreSQL. store/sqlite and store/postgres build it.
type Engine struct {
	// Name is "sqlite" or "postgres".
	Name string
	// Write is the pool for transactions, Read the pool for single reads; they
	// may be the same. Begin on Write takes the write lock on SQLite.
	Write, Read *sql.DB
	// Writers and Readers are how many connections of each pool may be used at
	// once. Zero means without a limit.
	Writers, Readers int
	// SingleWriter means that one transaction at a time can write, so that waiting
	// ones share a commit.
	SingleWriter bool
	// Classify is the engine's error table.
	Classify func(error) Class
	// Verify reports whether the database's files are still those that the
	// connections work on; ErrLost when they are not. It is called after each
	// commit, before anybody is answered. Nil where the server keeps the files.
	Verify func() error
	// FindSpace returns an error when the database's disk has no space for a new page. Nil
	// where no write succeeds then.
	FindSpace func(context.Context) error
	// DataVersion returns a number that changes with every commit of any process.
	// Nil where the engine has none.
	DataVersion func(context.Context) (int64, error)
	// HasSchema reports whether any migration was ever applied.
	HasSchema func(context.Context) (bool, error)
	// CheckStructure returns the first fault in the structure of the database's
	// file, "" when there is none. Nil where the server does that.
	CheckStructure func(context.Context) (string, error)
	// Close releases the engine's resources besides the two pools. It is called
	// once. May be nil.
	Close func() error
}

var errClosed = errors.New("store: closed")

// ErrLost is wrapped by what Engine.Verify returns when a file of the database
// was removed or replaced while it is open.
var ErrLost = errors.New("store: database file lost")

// Store is the database of the application. Its methods may be called from any
// goroutine.
type Store struct {
	engine  Engine
	now     func() time.Time
	newID   func() string
	log     *slog.Logger
	metrics *metrics

	write, read *connections
	queue       commitQueue
	lost        atomic.Pointer[error]      // what verify found first; never reset
	damaged     atomic.Pointer[classified] // what fail met first; never reset
	full        atomic.Bool                // a statement found the disk full, and Probe has found no space since

	closing  sync.Mutex // guards closed and closeErr; locked while closing
	closed   bool
	closeErr error

	mu    sync.Mutex
	hooks atomic.Pointer[[]func(outbox.Commit)] // written under mu
	// inboxTurn is the tenant that had the last turn in the inbox, nil before the first.
	inboxTurn atomic.Pointer[inboxKey]
}

// New returns a store on an opened and migrated engine, which it owns from then on.
func New(engine Engine, o Options) *Store {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.NewID == nil {
		o.NewID = func() string { return uuid.Must(uuid.NewV7()).String() }
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Store{
		engine: engine, now: o.Clock, newID: o.NewID, log: o.Logger,
		metrics: newMetrics(o.Registry),
	}
	s.write = newConnections(engine.Write, engine.Writers,
		s.metrics.waits.MustCurryWith(prometheus.Labels{"pool": "write"}))
	s.read = newConnections(engine.Read, engine.Readers,
		s.metrics.waits.MustCurryWith(prometheus.Labels{"pool": "read"}))
	s.queue.store = s
	s.hooks.Store(new([]func(outbox.Commit)))
	return s
}

// Close waits for running transactions and closes every connection. A second call
// returns the result of the first.
func (s *Store) Close() error {
	s.closing.Lock()
	defer s.closing.Unlock()
	if !s.closed {
		s.closed, s.closeErr = true, s.close()
	}
	return s.closeErr
}

func (s *Store) close() error {
	s.queue.close()
	errs := []error{s.write.closeStatements(), s.read.closeStatements()}
	if s.engine.Close != nil {
		errs = append(errs, s.engine.Close())
	}
	errs = append(errs, s.engine.Write.Close())
	if s.engine.Read != s.engine.Write {
		errs = append(errs, s.engine.Read.Close())
	}
	return errors.Join(errs...)
}

// Engine is the name of the database engine: "sqlite" or "postgres".
func (s *Store) Engine() string { return s.engine.Name }

// Ping reports whether the database answers, UNAVAILABLE if not.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.verify(); err != nil {
		return s.fail("ping", err)
	}
	release, err := s.read.acquire(ctx)
	if err != nil {
		return s.fail("ping", err)
	}
	defer release()
	return s.fail("ping", s.engine.Read.PingContext(ctx))
}

// verify asks the engine whether its files are still the database's. Once they
// are not, the store refuses all reading and writing until it is opened again:
// the open connections work on a deleted file, new ones on another.
func (s *Store) verify() error {
	if err := s.lostError(); err != nil || s.engine.Verify == nil {
		return err
	}
	err := s.engine.Verify()
	if errors.Is(err, ErrLost) && s.lost.CompareAndSwap(nil, &err) {
		s.log.Error("database file lost; all requests are refused until a restart", "err", err)
	}
	return err
}

// lostError is what verify found before, nil as long as all is well.
func (s *Store) lostError() error {
	if err := s.lost.Load(); err != nil {
		return *err
	}
	return nil
}

// DataVersion returns a number that changes with every commit of any process, this
// one included. It is always 0 on PostgreSQL.
func (s *Store) DataVersion(ctx context.Context) (int64, error) {
	if s.engine.DataVersion == nil {
		return 0, nil
	}
	if err := s.verify(); err != nil {
		return 0, s.fail("data version", err)
	}
	v, err := s.engine.DataVersion(ctx)
	return v, s.fail("data version", err)
}

// OnCommit adds a hook that is called after each commit once for every tenant with
// new events, from the goroutine that committed: the order of calls may differ from
// the order of commits. Hooks must not block, panic or change their argument.
func (s *Store) OnCommit(hook func(outbox.Commit)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	hooks := append(append([]func(outbox.Commit){}, *s.hooks.Load()...), hook)
	s.hooks.Store(&hooks)
}

// nowMillis returns the present instant as it is stored.
func (s *Store) nowMillis() int64 { return s.now().UnixMilli() }

// reader runs single queries outside a transaction.
func (s *Store) reader() runner { return reader{s} }

// fromMillis returns a stored instant.
func fromMillis(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// nullMillis returns an instant as it is stored, the zero time as NULL.
func nullMillis(t time.Time) sql.NullInt64 {
	return sql.NullInt64{Int64: t.UnixMilli(), Valid: !t.IsZero()}
}

// timeOf returns a stored instant, NULL as the zero time.
// nullText is a text as it is stored, NULL for "".
func nullText(text string) sql.NullString { return sql.NullString{String: text, Valid: text != ""} }

func timeOf(ms sql.NullInt64) time.Time {
	if !ms.Valid {
		return time.Time{}
	}
	return fromMillis(ms.Int64)
}
