package store

import (
	"context"
	"database/sql"
	"errors"

	"harang.dev/harang"
)

// Class is the kind of a driver's error. Each engine has one table from its codes
// to a class; the class decides the application's code.
type Class int

// The classes.
const (
	// ClassOther is any error that no table has: INTERNAL.
	ClassOther Class = iota
	// ClassBusy: a conflict with another transaction (busy, locked, serialization
	// failure, deadlock). The transaction runs again; UNAVAILABLE after the last try.
	ClassBusy
	// ClassDuplicate: a unique index refused a row. CONFLICT.
	ClassDuplicate
	// ClassMissing: a foreign key has no target. NOT_FOUND.
	ClassMissing
	// ClassUnavailable: the database does not answer or is read-only, or the process has
	// no file descriptor left. UNAVAILABLE.
	ClassUnavailable
	// ClassFull: the database's disk has no space left. UNAVAILABLE; Probe looks for
	// space from then on.
	ClassFull
	// ClassDamaged: the database read something that it cannot have written.
	// UNAVAILABLE; Damage reports it from then on.
	ClassDamaged
	// ClassNoConnection: the server has no connection left. Tried again for a
	// bounded time, UNAVAILABLE after that.
	ClassNoConnection
	// ClassText: the engine cannot store a text (NUL, not UTF-8). INVALID_REQUEST.
	ClassText
)

// classErrors are the application's code and message of each class.
var classErrors = map[Class]struct {
	code    harang.Code
	message string
}{
	ClassOther:        {harang.CodeInternal, "the database refused a statement"},
	ClassBusy:         {harang.CodeUnavailable, "the database is busy"},
	ClassDuplicate:    {harang.CodeConflict, "an entry with this id exists already"},
	ClassMissing:      {harang.CodeNotFound, "the request refers to an entry that does not exist"},
	ClassUnavailable:  {harang.CodeUnavailable, "the database is not available"},
	ClassFull:         {harang.CodeUnavailable, "the database has no space left; an administrator must make room"},
	ClassDamaged:      {harang.CodeUnavailable, "the database is damaged; an administrator must restore it"},
	ClassNoConnection: {harang.CodeUnavailable, "the database has no free connection"},
	ClassText:         {harang.CodeInvalidRequest, "a text has a character that no name or id can have"},
}

// classified is a driver's error with its class; harang.Error wraps it.
type classified struct {
	class Class
	query string
	err   error
}

func (c *classified) Error() string { return c.query + ": " + c.err.Error() }
func (c *classified) Unwrap() error { return c.err }

// classOf returns the class of an error that fail has returned.
func classOf(err error) (Class, bool) {
	var c *classified
	if errors.As(err, &c) {
		return c.class, true
	}
	return ClassOther, false
}

// fail wraps a driver's error with the application's code. It returns nil and an
// error that has a code already as they are.
func (s *Store) fail(name string, err error) error {
	if err == nil {
		return nil // before coded is allocated: this is on the path of every query
	}
	var coded *harang.Error
	switch {
	case errors.As(err, &coded):
		return err
	case errors.Is(err, sql.ErrNoRows):
		return harang.Wrap(harang.CodeNotFound, err, "not found")
	case errors.Is(err, context.Canceled):
		return harang.Wrap(harang.CodeUnavailable, err, "the request ended before the database answered")
	case errors.Is(err, context.DeadlineExceeded):
		return harang.Wrap(harang.CodeUnavailable, err, "the database did not answer in time")
	case errors.Is(err, ErrLost):
		return harang.Wrap(harang.CodeUnavailable, err,
			"the server has lost its database file; an administrator must restore it and restart the server")
	case errors.Is(err, sql.ErrConnDone), errors.Is(err, sql.ErrTxDone), errors.Is(err, errClosed):
		return harang.Wrap(harang.CodeUnavailable, err, "the database is closed")
	}
	class := ClassNoConnection
	if !errors.Is(err, errNoConnection) {
		class = s.engine.Classify(err)
	}
	c := &classified{class: class, query: name, err: err}
	switch class {
	case ClassDamaged:
		s.recordDamage(c)
	case ClassFull:
		s.full.Store(true)
	}
	f := classErrors[c.class]
	return harang.Wrap(f.code, c, f.message)
}

// recordDamage keeps the first damage that a statement met.
func (s *Store) recordDamage(c *classified) {
	if s.damaged.CompareAndSwap(nil, c) {
		s.log.Error("database damaged; restore a backup, or repair it and restart the server", "err", c)
	}
}

// Damage returns UNAVAILABLE from the first statement on that met damaged data, until
// the store is opened again. What lies elsewhere in the database can still be read and
// written.
func (s *Store) Damage() error {
	if c := s.damaged.Load(); c != nil {
		return harang.Wrap(harang.CodeUnavailable, c, "a statement met damaged data")
	}
	return nil
}
