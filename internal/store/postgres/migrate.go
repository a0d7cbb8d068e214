package postgres

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pressly/goose/v3"

	"harang.dev/harang"
)

// migrationLock is the advisory lock with which one node at a time migrates, "harang"
// in ASCII.
const migrationLock = 0x686172616e67

// migrateTimeout limits a migration, the wait for another node's included.
const migrateTimeout = 10 * time.Minute

// migrate brings the schema up to date and refuses one that is newer. Nodes that start
// at the same time migrate one after the other.
func migrate(ctx context.Context, config *pgx.ConnConfig, steps fs.FS) error {
	ctx, cancel := context.WithTimeout(ctx, migrateTimeout)
	defer cancel()
	config = config.Copy()
	// A migration may take long, and wait for another node's.
	config.RuntimeParams["idle_in_transaction_session_timeout"] = "0"
	config.RuntimeParams["lock_timeout"] = "0"
	lock, err := dial(ctx, config)
	if err != nil {
		return harang.Wrap(harang.CodeUnavailable, err, reason(config, err))
	}
	defer func() { _ = lock.Close(context.WithoutCancel(ctx)) }() // releases the lock
	if err := check(ctx, lock); err != nil {
		if harang.ErrorCode(err) == harang.CodeInvalidRequest {
			return err
		}
		return harang.Wrap(harang.CodeUnavailable, err, reason(config, err))
	}
	if _, err := lock.Exec(ctx, `SELECT pg_advisory_lock($1)`, int64(migrationLock)); err != nil {
		return harang.Wrap(harang.CodeUnavailable, err, reason(config, err))
	}
	present, err := schemaVersion(ctx, lock)
	if err != nil {
		return harang.Wrap(harang.CodeUnavailable, err, "the schema's version cannot be read")
	}
	db := pool(config, 1)
	defer func() { _ = db.Close() }()
	provider, err := goose.NewProvider(goose.DialectPostgres, db, collated{steps},
		goose.WithDisableGlobalRegistry(true), goose.WithAllowOutofOrder(true))
	if err != nil {
		return harang.Wrap(harang.CodeInternal, err, "the migrations cannot be read")
	}
	sources := provider.ListSources()
	newest := sources[len(sources)-1].Version
	if present > newest {
		return harang.Errorf(harang.CodeConflict,
			"the database has schema %d, this program supports up to %d; use a newer harang", present, newest)
	}
	// A branch that is merged later may bring a lower number, so the newest version does not say whether all are there.
	if pending, err := provider.HasPending(ctx); err == nil && !pending {
		return nil
	}
	if _, err := provider.Up(ctx); err != nil {
		return harang.Wrap(harang.CodeUnavailable, err,
			fmt.Sprintf("the schema cannot be brought from %d to %d", present, newest))
	}
	return nil
}

// schemaVersion reads the newest applied migration, 0 for an empty database.
func schemaVersion(ctx context.Context, conn *pgx.Conn) (int64, error) {
	var there bool
	if err := conn.QueryRow(ctx, `SELECT to_regclass('goose_db_version') IS NOT NULL`).Scan(&there); err != nil || !there {
		return 0, err
	}
	var version int64
	err := conn.QueryRow(ctx, `SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied`).Scan(&version)
	return version, err
}

// collated are the migrations with every TEXT column ordered by its bytes.
type collated struct{ fs.FS }

var textType = regexp.MustCompile(`\bTEXT\b`)

// Open returns a migration in PostgreSQL's dialect.
func (c collated) Open(name string) (fs.File, error) {
	f, err := c.FS.Open(name)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil || info.IsDir() {
		return f, err
	}
	text, err := fs.ReadFile(c.FS, name)
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	return &collatedFile{Reader: bytes.NewReader(textType.ReplaceAll(text, []byte(`TEXT COLLATE "C"`))), info: info}, nil
}

type collatedFile struct {
	*bytes.Reader
	info fs.FileInfo
}

// Stat returns the file's own info, of the text before the change.
func (f *collatedFile) Stat() (fs.FileInfo, error) { return f.info, nil }

// Close does nothing: the file is in memory.
func (f *collatedFile) Close() error { return nil }
