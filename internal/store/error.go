package store

import (
	"context"
	"database/sql"
	"errors"

	"harang.dev/harang"
)

// Class is what kind of failure a driver's error is. Each engine has one table
// from its codes to a class; the class decides the application's code.
type Class int

// The classes.
const (
	// ClassOther is anything unforeseen: INTERNAL.
	ClassOther Class = iota
	// ClassBusy: another transaction is in the way (busy, locked,
	// serialization failure, deadlock). The transaction is run again; when that
	// does not help, UNAVAILABLE.
	ClassBusy
	// ClassRepeat: a unique index refused a row. CONFLICT.
	ClassRepeat
	// ClassMissing: a foreign key points at nothing. NOT_FOUND.
	ClassMissing
	// ClassUnavailable: the database is away, full, read-only or damaged.
	// UNAVAILABLE.
	ClassUnavailable
	// ClassNoConnection: the server has no connection left. Tried again for a
	// bounded time, UNAVAILABLE after that.
	ClassNoConnection
	// ClassText: the engine cannot hold a text that was given to it (NUL, not
	// UTF-8). INVALID_REQUEST.
	ClassText
)

// fault is the driver -> code table's right side.
var fault = map[Class]struct {
	code    harang.Code
	message string
}{
	ClassOther:        {harang.CodeInternal, "the database refused a statement"},
	ClassBusy:         {harang.CodeUnavailable, "the database is busy"},
	ClassRepeat:       {harang.CodeConflict, "this exists already"},
	ClassMissing:      {harang.CodeNotFound, "something that this refers to does not exist"},
	ClassUnavailable:  {harang.CodeUnavailable, "the database is not available"},
	ClassNoConnection: {harang.CodeUnavailable, "the database has no free connection"},
	ClassText:         {harang.CodeInvalidRequest, "a text holds a character that no name or id can have"},
}

// classified is a driver's error with its class, between the driver and the
// application's error.
type classified struct {
	class Class
	query string
	err   error
}

func (c *classified) Error() string { return c.query + ": " + c.err.Error() }
func (c *classified) Unwrap() error { return c.err }

// classOf returns the class of an error that went through fail.
func classOf(err error) (Class, bool) {
	var c *classified
	if errors.As(err, &c) {
		return c.class, true
	}
	return ClassOther, false
}

// fail gives a driver's error its code. An error that already has one, and
// nil, pass as they are.
func (s *Store) fail(name string, err error) error {
	var coded *harang.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &coded):
		return err
	case errors.Is(err, sql.ErrNoRows):
		return harang.Wrap(harang.CodeNotFound, err, "not found")
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return harang.Wrap(harang.CodeUnavailable, err, "the request ended before the database answered")
	case errors.Is(err, ErrLost):
		return harang.Wrap(harang.CodeUnavailable, err, "the server has lost its database file; an administrator must restore it and restart the server")
	case errors.Is(err, sql.ErrConnDone), errors.Is(err, sql.ErrTxDone), errors.Is(err, errClosed):
		return harang.Wrap(harang.CodeUnavailable, err, "the database is closed")
	}
	class := ClassNoConnection
	if !errors.Is(err, errNoConnection) {
		class = s.engine.Classify(err)
	}
	c := &classified{class: class, query: name, err: err}
	f := fault[c.class]
	return harang.Wrap(f.code, c, f.message)
}
