// Package sqlite opens a store on a SQLite file: connections, migrations, and
// the table of SQLite's error codes.
//
// One connection writes and a pool of connections reads. Pragmas are in the DSN, so
// that every connection has them: WAL, synchronous NORMAL (a killed process loses
// nothing, a power cut may lose the commits of the last tenth of a second; ?sync=full
// prevents that), foreign keys, and a busy timeout that waits for other processes.
//
// SQLite writes into a deleted file without an error. The identity of the database,
// its log and the log's index is compared with the opened files after each commit
// (files).
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	sqlite3 "modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"

	"harang.dev/harang"
	"harang.dev/harang/internal/store"
)

// busyTimeout is how long a connection waits for another process's lock, in
// milliseconds.
const busyTimeout = "5000"

// checkpointPages is the length of the log, in pages of 4 KB, at which a commit
// writes it back into the database. An event has about ten pages, and the commit that
// writes back takes milliseconds: one event in four hundred, with SQLite's default of
// 1,000 pages one in a hundred.
const checkpointPages = "4000"

// walBytes is the size to which the log's file shrinks after a large transaction.
const walBytes = "67108864"

// Location is the file of a database and its durability.
type Location struct {
	// Path is the file.
	Path string
	// FullSync makes each commit wait for the disk.
	FullSync bool
}

// ParseLocation reads "sqlite:data/harang.db", "sqlite:///abs/harang.db" or a
// bare path, with "?sync=full" or "?sync=normal" after it. INVALID_REQUEST for
// anything else.
func ParseLocation(dsn string) (Location, error) {
	path, params, _ := strings.Cut(strings.TrimPrefix(dsn, "sqlite:"), "?")
	if rest, ok := strings.CutPrefix(path, "//"); ok {
		path = rest
	}
	loc := Location{Path: path}
	if path == "" {
		return loc, harang.Errorf(harang.CodeInvalidRequest, "%q has no file; write sqlite:data/harang.db", dsn)
	}
	values, err := url.ParseQuery(params)
	if err != nil {
		return loc, harang.Errorf(harang.CodeInvalidRequest, "the parameters of %q cannot be read", dsn)
	}
	for name, value := range values {
		switch {
		case name == "sync" && value[0] == "full":
			loc.FullSync = true
		case name == "sync" && value[0] == "normal":
		default:
			return loc, harang.Errorf(harang.CodeInvalidRequest, "%q: only ?sync=full or ?sync=normal can be set", dsn)
		}
	}
	return loc, nil
}

// name is the driver's name of the database with these further pragmas. A file
// that is absent is not created: it would take the place of a deleted one.
func (l Location) name(txlock string, pragmas ...string) string {
	sync := "synchronous(NORMAL)"
	if l.FullSync {
		sync = "synchronous(FULL)"
	}
	v := url.Values{"mode": {"rw"}, "_txlock": {txlock}, "_pragma": append([]string{
		"busy_timeout(" + busyTimeout + ")", "journal_mode(WAL)", sync, "foreign_keys(1)", "temp_store(MEMORY)",
		"wal_autocheckpoint(" + checkpointPages + ")", "journal_size_limit(" + walBytes + ")",
		"secure_delete(FAST)", // what is replaced or deleted is overwritten where that costs no further page
	}, pragmas...)}
	return "file:" + (&url.URL{Path: l.Path}).EscapedPath() + "?" + v.Encode()
}

// Open opens the database at dsn (see ParseLocation), creates it when it is
// absent, and brings its schema up to date. A schema that is newer than the program
// is refused and not changed. Codes: INVALID_REQUEST for a wrong dsn, UNAVAILABLE for
// a file that cannot be used, CONFLICT for a newer schema.
func Open(ctx context.Context, dsn string, o store.Options) (*store.Store, error) {
	loc, err := ParseLocation(dsn)
	if err != nil {
		return nil, err
	}
	if err := create(loc.Path); err != nil {
		return nil, harang.Wrap(harang.CodeUnavailable, err,
			"the database file "+loc.Path+" cannot be created or written")
	}
	if err := migrate(ctx, loc); err != nil {
		return nil, err
	}
	pools, err := openPools(loc)
	if err != nil {
		return nil, harang.Wrap(harang.CodeUnavailable, err, "the database cannot be opened")
	}
	files, err := identifyFiles(ctx, pools.write, loc.Path)
	if err != nil {
		err = harang.Wrap(harang.CodeUnavailable, err, "the database cannot be opened")
		return nil, errors.Join(err, pools.close())
	}
	version := &dataVersion{db: pools.read}
	end := version.close
	if !loc.FullSync { // with it every commit syncs
		flusher, ticker := newFlusher(files.wal(), o.Logger), time.NewTicker(flushEvery)
		flusher.start(ticker.C)
		end = func() error {
			ticker.Stop()
			flusher.close()
			return version.close()
		}
	}
	return store.New(store.Engine{
		Name: "sqlite", Write: pools.write, Read: pools.read, Readers: pools.readers, SingleWriter: true,
		Classify: classify, Verify: files.verify, DataVersion: version.get,
		HasSchema: hasSchema(pools.read), CheckStructure: checkStructure(pools.read),
		Close: end,
	}, o), nil
}

// pools are the connections of one database: one that writes and some that read.
type pools struct {
	write, read *sql.DB
	readers     int
}

func openPools(loc Location) (pools, error) {
	p := pools{readers: max(8, 4*runtime.GOMAXPROCS(0))}
	for _, o := range []struct {
		db   **sql.DB
		name string
		size int
	}{
		{&p.write, loc.name("immediate"), 1},
		{&p.read, loc.name("deferred", "query_only(1)"), p.readers + 1}, // one is dataVersion's
	} {
		db, err := sql.Open("sqlite", o.name)
		if err != nil {
			return p, errors.Join(err, p.close())
		}
		db.SetMaxOpenConns(o.size)
		db.SetMaxIdleConns(o.size)
		*o.db = db
	}
	return p, nil
}

func (p pools) close() error {
	var errs []error
	for _, db := range []*sql.DB{p.write, p.read} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}

// OpenReadOnly opens the database at dsn for reading: nothing is created or
// migrated, and every transaction fails. Codes: INVALID_REQUEST for a wrong dsn,
// UNAVAILABLE for a file that cannot be read or is not a database.
func OpenReadOnly(ctx context.Context, dsn string, o store.Options) (*store.Store, error) {
	loc, err := ParseLocation(dsn)
	if err != nil {
		return nil, err
	}
	v := url.Values{"mode": {"ro"}, "_pragma": {"busy_timeout(" + busyTimeout + ")", "query_only(1)"}}
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: loc.Path}).EscapedPath()+"?"+v.Encode())
	if err != nil {
		return nil, harang.Wrap(harang.CodeUnavailable, err, "the database cannot be opened")
	}
	st := store.New(store.Engine{
		Name: "sqlite", Write: db, Read: db, SingleWriter: true,
		Classify: classify, HasSchema: hasSchema(db), CheckStructure: checkStructure(db),
	}, o)
	if _, err := hasSchema(db)(ctx); err != nil {
		err = harang.Wrap(harang.CodeUnavailable, err, "the database file "+loc.Path+" cannot be read")
		return nil, errors.Join(err, st.Close()) //nolint:contextcheck // closing ends by itself
	}
	return st, nil
}

// hasSchema reports whether the migrations' own table exists.
func hasSchema(db *sql.DB) func(context.Context) (bool, error) {
	return func(ctx context.Context) (exists bool, err error) {
		err = db.QueryRowContext(ctx, `SELECT count(*) > 0 FROM sqlite_master WHERE type = 'table' AND name = 'goose_db_version'`).Scan(&exists)
		return exists, err
	}
}

// checkStructure runs SQLite's check of the file. It reads the whole file.
func checkStructure(db *sql.DB) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		var verdict string
		err := db.QueryRowContext(ctx, `PRAGMA quick_check(1)`).Scan(&verdict)
		if verdict == "ok" {
			verdict = ""
		}
		return verdict, err
	}
}

// create creates the file and its folder, readable by their owner only: the database
// contains password hashes.
func create(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

// classify is SQLite's error table.
func classify(err error) store.Class {
	var e *sqlite3.Error
	if !errors.As(err, &e) {
		if errno := syscall.Errno(0); errors.As(err, &errno) { // e.g. too many open files
			return store.ClassUnavailable
		}
		return store.ClassOther
	}
	switch e.Code() {
	case codes.SQLITE_CONSTRAINT_UNIQUE, codes.SQLITE_CONSTRAINT_PRIMARYKEY:
		return store.ClassDuplicate
	case codes.SQLITE_CONSTRAINT_FOREIGNKEY:
		return store.ClassMissing
	}
	switch e.Code() & 0xff { // the primary code
	case codes.SQLITE_BUSY, codes.SQLITE_LOCKED:
		return store.ClassBusy
	case codes.SQLITE_FULL:
		return store.ClassFull
	case codes.SQLITE_IOERR, codes.SQLITE_CANTOPEN, codes.SQLITE_READONLY,
		codes.SQLITE_NOMEM, codes.SQLITE_PERM,
		codes.SQLITE_INTERRUPT, codes.SQLITE_PROTOCOL, codes.SQLITE_AUTH:
		return store.ClassUnavailable
	case codes.SQLITE_CORRUPT, codes.SQLITE_NOTADB:
		return store.ClassDamaged
	}
	return store.ClassOther
}
