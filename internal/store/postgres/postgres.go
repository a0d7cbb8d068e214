// Package postgres opens a store on PostgreSQL 15 or newer: connections,
// migrations, and the table of PostgreSQL's error codes.
//
// Transactions are READ COMMITTED; a row on which a transaction decides is locked
// first by UPDATE … RETURNING, and the head row of a tenant is locked until commit. A
// node that is stopped inside its transactions must not block the others: the server
// ends a session that idles in a transaction for idleInTransaction, and a statement
// that waits for a lock for lockWait. lockWait is shorter, so that the stopped node's
// other transactions do not get the lock one after the other. Both are retried.
//
// Writers and readers have a pool each, so that transactions that wait for one
// another's rows never keep a reader waiting for a connection, nor readers a
// writer. Together the pools have store.Options.MaxConnections connections; a query
// or transaction that finds none free waits for one, for five seconds at most, and
// so it does when the server itself has none left.
package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"harang.dev/harang"
	"harang.dev/harang/internal/store"
)

const (
	// leastVersion is the oldest supported server_version_num.
	leastVersion = 150000
	// idleInTransaction is how long a session may idle inside a transaction.
	// Transactions wait for nothing but the database.
	idleInTransaction = 500 * time.Millisecond
	// lockWait is how long a statement waits at each lock: for a row these are its
	// position in the queue and then the row itself. So one statement of a stopped
	// node may still get the row, and others wait for idleInTransaction twice.
	lockWait = 400 * time.Millisecond
	// connectTimeout limits an attempt to connect, unless the address has
	// connect_timeout.
	connectTimeout = 3 * time.Second
	// idleConnection is how long an unused connection is kept.
	idleConnection = 5 * time.Minute
)

// Open opens the database at dsn (postgres://user:password@host:port/name with
// the usual parameters, sslmode among them) and brings its schema up to date.
// A schema that is newer than the program is refused and not changed. Codes:
// INVALID_REQUEST for a dsn that cannot be read or a server that is too old,
// UNAVAILABLE for a server that cannot be used, CONFLICT for a newer schema.
func Open(ctx context.Context, dsn string, o store.Options) (*store.Store, error) {
	config, err := parse(dsn)
	if err != nil {
		return nil, err
	}
	writers, readers, err := split(o.MaxConnections)
	if err != nil {
		return nil, err
	}
	if err := migrate(ctx, config, store.Migrations()); err != nil {
		return nil, err
	}
	read := pool(config, readers)
	st := store.New(store.Engine{
		Name: "postgres", Write: pool(config, writers), Writers: writers, Read: read, Readers: readers,
		Classify: classify, HasSchema: hasSchema(read), FindSpace: findSpace(read),
	}, o)
	if err := st.PrepareAll(ctx); err != nil {
		return nil, errors.Join(err, st.Close()) //nolint:contextcheck // closing is not cancelled
	}
	return st, nil
}

// split divides the node's connections between writers and readers. Five of eight
// are for writers: a checkout must go through while the lists of a busy hour wait.
// INVALID_REQUEST when there are too few for both.
func split(total int) (writers, readers int, err error) {
	if total == 0 {
		total = store.DefaultMaxConnections
	}
	if total < 2 {
		return 0, 0, harang.Errorf(harang.CodeInvalidRequest,
			"%d connections are too few: 2 are needed, one to write and one to read", total)
	}
	readers = max(1, total*3/8)
	return total - readers, readers, nil
}

// OpenReadOnly opens the database at dsn for reading, on one connection: nothing
// is migrated, and every transaction that writes fails. Codes: INVALID_REQUEST
// for a dsn that cannot be read or a server that is too old, UNAVAILABLE for a
// server that cannot be used; the message says why, without the password.
func OpenReadOnly(ctx context.Context, dsn string, o store.Options) (*store.Store, error) {
	config, err := parse(dsn)
	if err != nil {
		return nil, err
	}
	config.RuntimeParams["default_transaction_read_only"] = "on"
	conn, err := dial(ctx, config)
	if err == nil {
		err = check(ctx, conn)
		_ = conn.Close(context.WithoutCancel(ctx))
	}
	if harang.ErrorCode(err) == harang.CodeInvalidRequest {
		return nil, err
	} else if err != nil {
		return nil, harang.Wrap(harang.CodeUnavailable, err, reason(config, err))
	}
	db := pool(config, 1)
	return store.New(store.Engine{Name: "postgres", Write: db, Read: db, Classify: classify, HasSchema: hasSchema(db)},
		o), nil
}

// dial opens one connection. It waits for a while when the server has none free.
func dial(ctx context.Context, config *pgx.ConnConfig) (conn *pgx.Conn, err error) {
	noneFree := func(err error) bool { return classify(err) == store.ClassNoConnection }
	err = store.RetryFor(ctx, connectTimeout, noneFree, func(ctx context.Context) (err error) {
		conn, err = pgx.ConnectConfig(ctx, config)
		return err
	})
	return conn, err
}

// findSpace writes a page to a new file of the database, and takes it back. It costs
// catalogue rows, so it is for a disk that was found full only.
func findSpace(db *sql.DB) func(context.Context) error {
	return func(ctx context.Context) error {
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback() }()
		_, err = tx.ExecContext(ctx, `CREATE TABLE harang_space AS SELECT 'space' AS found`)
		return err
	}
}

// hasSchema reports whether the migrations' own table exists.
func hasSchema(db *sql.DB) func(context.Context) (bool, error) {
	return func(ctx context.Context) (exists bool, err error) {
		err = db.QueryRowContext(ctx, `SELECT to_regclass('goose_db_version') IS NOT NULL`).Scan(&exists)
		return exists, err
	}
}

// parse reads an address. Its errors never contain the password.
func parse(dsn string) (*pgx.ConnConfig, error) {
	if !strings.HasPrefix(dsn, "postgres://") && !strings.HasPrefix(dsn, "postgresql://") {
		return nil, harang.Errorf(harang.CodeInvalidRequest, "write postgres://user:password@host:5432/name")
	}
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, harang.Wrap(harang.CodeInvalidRequest, err, "the address cannot be read: "+parseDetail(err))
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectTimeout
	}
	for name, value := range map[string]string{
		"application_name":                    "harang",
		"client_encoding":                     "UTF8",
		"default_transaction_isolation":       "read committed",
		"idle_in_transaction_session_timeout": strconv.FormatInt(idleInTransaction.Milliseconds(), 10),
		"lock_timeout":                        strconv.FormatInt(lockWait.Milliseconds(), 10),
		// Every query is short. The server would compile those whose cost it overestimates,
		// for 50 ms each time.
		"jit": "off",
	} {
		if _, given := config.RuntimeParams[name]; !given {
			config.RuntimeParams[name] = value
		}
	}
	return config, nil
}

// parseDetail returns the fault of an address without the address.
func parseDetail(err error) string {
	var badURL *url.Error
	if errors.As(err, &badURL) {
		return badURL.Err.Error()
	}
	text := err.Error()
	if i := strings.LastIndex(text, "`: "); i >= 0 {
		text = text[i+len("`: "):]
	}
	return text
}

func pool(config *pgx.ConnConfig, size int) *sql.DB {
	db := stdlib.OpenDB(*config.Copy())
	db.SetMaxOpenConns(size)
	db.SetMaxIdleConns(size)
	db.SetConnMaxIdleTime(idleConnection)
	return db
}

// check refuses a server that the queries do not support.
func check(ctx context.Context, conn *pgx.Conn) error {
	var version int
	var encoding string
	err := conn.QueryRow(ctx, `SELECT current_setting('server_version_num')::int, current_setting('server_encoding')`).Scan(&version, &encoding)
	if err != nil {
		return err
	}
	if version < leastVersion {
		return harang.Errorf(harang.CodeInvalidRequest, "PostgreSQL %d is too old; %d is the oldest supported version",
			version/10000, leastVersion/10000)
	}
	if encoding != "UTF8" {
		return harang.Errorf(harang.CodeInvalidRequest,
			"the database is encoded in %s; create one with ENCODING 'UTF8'", encoding)
	}
	return nil
}

// reason returns in one line why a server cannot be used.
func reason(config *pgx.ConnConfig, err error) string {
	where := fmt.Sprintf("%s:%d", config.Host, config.Port)
	if strings.HasPrefix(config.Host, "/") {
		where = config.Host
	}
	e, cause := serverError(err), rootCause(err)
	switch {
	case e != nil && e.Code == tooManyConnections:
		return fmt.Sprintf("the database at %s has no free connection: %s; "+
			"lower --database-max-connections or raise the server's max_connections", where, e.Message)
	case e != nil:
		return fmt.Sprintf("the database at %s refuses the connection: %s", where, e.Message)
	case cause != "":
		return fmt.Sprintf("the database at %s does not answer: %s", where, cause)
	}
	return "the database at " + where + " does not answer"
}
