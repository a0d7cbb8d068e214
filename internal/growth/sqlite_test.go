package growth_test

import (
	"errors"
	"fmt"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// stepCounter is a connection to a SQLite file by its C interface, which alone tells
// how many steps of its machine a statement takes: about five for each row it reads.
// SQLite writes db and stmt, so the struct is on the heap, where nothing moves.
type stepCounter struct {
	tls      *libc.TLS
	db, stmt uintptr
}

func openStepCounter(path string) (*stepCounter, error) {
	c := &stepCounter{tls: libc.NewTLS()}
	name, err := libc.CString(path)
	if err != nil {
		return nil, err
	}
	defer libc.Xfree(c.tls, name)
	db := uintptr(unsafe.Pointer(&c.db))
	if sqlite3.Xsqlite3_open_v2(c.tls, name, db, sqlite3.SQLITE_OPEN_READWRITE, 0) != sqlite3.SQLITE_OK {
		return nil, c.failure()
	}
	return c, nil
}

func (c *stepCounter) close() {
	sqlite3.Xsqlite3_close(c.tls, c.db)
	c.tls.Close()
}

func (c *stepCounter) failure() error {
	return errors.New(libc.GoString(sqlite3.Xsqlite3_errmsg(c.tls, c.db)))
}

// run runs a statement to its end and returns how many rows it gave and how many steps
// it took.
func (c *stepCounter) run(text string, args ...any) (rows, steps int64, err error) {
	source, err := libc.CString(text)
	if err != nil {
		return 0, 0, err
	}
	defer libc.Xfree(c.tls, source)
	if sqlite3.Xsqlite3_prepare_v2(c.tls, c.db, source, -1, uintptr(unsafe.Pointer(&c.stmt)), 0) != sqlite3.SQLITE_OK {
		return 0, 0, c.failure()
	}
	stmt := c.stmt
	defer sqlite3.Xsqlite3_finalize(c.tls, stmt)
	for i, arg := range args {
		at := int32(i + 1) //nolint:gosec // few arguments
		switch v := arg.(type) {
		case string:
			value, err := libc.CString(v)
			if err != nil {
				return 0, 0, err
			}
			sqlite3.Xsqlite3_bind_text(c.tls, stmt, at, value, -1, sqlite3.SQLITE_TRANSIENT)
			libc.Xfree(c.tls, value)
		case int:
			sqlite3.Xsqlite3_bind_int64(c.tls, stmt, at, int64(v))
		case int64:
			sqlite3.Xsqlite3_bind_int64(c.tls, stmt, at, v)
		default:
			return 0, 0, fmt.Errorf("argument %d is a %T", i+1, arg)
		}
	}
	for {
		switch sqlite3.Xsqlite3_step(c.tls, stmt) {
		case sqlite3.SQLITE_ROW:
			rows++
		case sqlite3.SQLITE_DONE:
			return rows, int64(sqlite3.Xsqlite3_stmt_status(c.tls, stmt, sqlite3.SQLITE_STMTSTATUS_VM_STEP, 0)), nil
		default:
			return 0, 0, c.failure()
		}
	}
}
