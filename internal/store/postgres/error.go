package postgres

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"os"

	"github.com/jackc/pgx/v5/pgconn"

	"harang.dev/harang/internal/store"
)

// tooManyConnections is the code of a server that has no connection left.
const tooManyConnections = "53300"

// classes is PostgreSQL's error table: a whole code first, then its class of
// two letters.
var classes = map[string]store.Class{
	tooManyConnections: store.ClassNoConnection,

	"40001": store.ClassBusy, // serialization failure
	"40P01": store.ClassBusy, // deadlock
	"55P03": store.ClassBusy, // lock timeout
	"25P03": store.ClassBusy, // idle in transaction for too long, rolled back
	"23505": store.ClassDuplicate,
	"23503": store.ClassMissing,
	"22021": store.ClassText,        // NUL, or not UTF-8
	"25006": store.ClassUnavailable, // read-only: a standby, or during a failover
	"53100": store.ClassFull,
	"57014": store.ClassUnavailable, // statement cancelled
	"57P01": store.ClassUnavailable, // shutdown
	"57P02": store.ClassUnavailable, // crash of another backend
	"57P03": store.ClassUnavailable, // starting up
	"57P05": store.ClassUnavailable, // idle session ended
	"XX001": store.ClassDamaged,
	"XX002": store.ClassDamaged,     // an index
	"08":    store.ClassUnavailable, // connection
	"28":    store.ClassUnavailable, // authentication, e.g. after the password changed
	"53":    store.ClassUnavailable, // out of memory
	"58":    store.ClassUnavailable, // system error of the server
}

// classify is the engine's error table.
func classify(err error) store.Class {
	if e := serverError(err); e != nil {
		if class, ok := classes[e.Code]; ok {
			return class
		}
		if len(e.Code) == 5 {
			if class, ok := classes[e.Code[:2]]; ok {
				return class
			}
		}
		return store.ClassOther
	}
	var (
		connect *pgconn.ConnectError
		network net.Error
		op      *net.OpError
	)
	switch {
	case errors.As(err, &connect), errors.As(err, &network), errors.As(err, &op),
		errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed),
		errors.Is(err, driver.ErrBadConn), errors.Is(err, os.ErrDeadlineExceeded),
		pgconn.Timeout(err), pgconn.SafeToRetry(err), err.Error() == "conn closed":
		return store.ClassUnavailable
	}
	return store.ClassOther
}

// serverError returns the server's own error in err, nil when there is none.
func serverError(err error) *pgconn.PgError {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e
	}
	return nil
}

// rootCause returns the network error for which there is no answer.
func rootCause(err error) string {
	var (
		op  *net.OpError
		dns *net.DNSError
	)
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return "timeout"
	case errors.As(err, &dns):
		return dns.Err
	case errors.As(err, &op):
		return op.Err.Error()
	}
	return ""
}
