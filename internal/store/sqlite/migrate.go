package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/pressly/goose/v3"

	"harang.dev/harang"
	"harang.dev/harang/internal/store"
)

// migrateTries is how often a migration is tried: another process may be at it
// at the same moment, and the second try then finds it done.
const migrateTries = 5

// migrate brings the schema up to date and refuses one that is newer.
func migrate(ctx context.Context, loc Location) error {
	db, err := sql.Open("sqlite", loc.name("immediate"))
	if err != nil {
		return harang.Wrap(harang.CodeUnavailable, err, "the database cannot be opened")
	}
	defer func() { _ = db.Close() }()
	for try := 1; ; try++ {
		err := migrateOnce(ctx, db)
		if err == nil || try == migrateTries || harang.ErrorCode(err) == harang.CodeConflict {
			return err
		}
		select {
		case <-time.After(time.Duration(try) * 20 * time.Millisecond):
		case <-ctx.Done():
			return err
		}
	}
}

func migrateOnce(ctx context.Context, db *sql.DB) error {
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, store.Migrations(), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return harang.Wrap(harang.CodeInternal, err, "the migrations cannot be read")
	}
	present, err := schemaVersion(ctx, db)
	if err != nil {
		return harang.Wrap(harang.CodeUnavailable, err, "the file is not a database that can be used")
	}
	sources := provider.ListSources()
	newest := sources[len(sources)-1].Version
	if present > newest {
		return harang.Errorf(harang.CodeConflict,
			"the database has schema %d and this program knows %d; use a newer harang", present, newest)
	}
	if present == newest {
		return nil
	}
	if _, err := provider.Up(ctx); err != nil {
		return harang.Wrap(harang.CodeUnavailable, err, fmt.Sprintf("the schema cannot be brought from %d to %d", present, newest))
	}
	return nil
}

// schemaVersion reads the newest migration that was applied, 0 for an empty
// file. It changes nothing.
func schemaVersion(ctx context.Context, db *sql.DB) (int64, error) {
	exists, err := hasSchema(db)(ctx)
	if err != nil || !exists {
		return 0, err
	}
	var version int64
	err = db.QueryRowContext(ctx, `SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied`).Scan(&version)
	return version, err
}
