package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/pressly/goose/v3"

	"harang.dev/harang"
	"harang.dev/harang/internal/store"
)

// migrate brings the schema up to date and refuses one that is newer. It is tried
// again when it fails: another process may migrate at the same moment, and the next
// try then finds it done.
func migrate(ctx context.Context, loc Location) error {
	db, err := sql.Open("sqlite", loc.name("immediate"))
	if err != nil {
		return harang.Wrap(harang.CodeUnavailable, err, "the database cannot be opened")
	}
	defer func() { _ = db.Close() }()
	again := func(err error) bool { return harang.ErrorCode(err) != harang.CodeConflict }
	err = store.Retry(ctx, again, func(ctx context.Context) error { return migrateOnce(ctx, db) })
	if err != nil && ctx.Err() != nil {
		return harang.Wrap(harang.CodeUnavailable, err, "the schema cannot be brought up to date")
	}
	return err
}

func migrateOnce(ctx context.Context, db *sql.DB) error {
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, store.Migrations(),
		goose.WithDisableGlobalRegistry(true), goose.WithAllowOutofOrder(true))
	if err != nil {
		return harang.Wrap(harang.CodeInternal, err, "the migrations cannot be read")
	}
	present, err := schemaVersion(ctx, db)
	if err != nil {
		return harang.Wrap(harang.CodeUnavailable, err, "the file is not a usable database")
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

// schemaVersion reads the newest applied migration, 0 for an empty file.
func schemaVersion(ctx context.Context, db *sql.DB) (int64, error) {
	exists, err := hasSchema(db)(ctx)
	if err != nil || !exists {
		return 0, err
	}
	var version int64
	err = db.QueryRowContext(ctx, `SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied`).Scan(&version)
	return version, err
}
