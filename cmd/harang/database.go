package main

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"harang.dev/harang"
	"harang.dev/harang/internal/auth"
	"harang.dev/harang/internal/cli"
	"harang.dev/harang/internal/store"
	"harang.dev/harang/internal/store/postgres"
	"harang.dev/harang/internal/store/sqlite"
	"harang.dev/harang/internal/watermark"
)

// databaseFlags name the database and the signing key.
type databaseFlags struct {
	Database       string `default:"sqlite:data/harang.db" placeholder:"URL" help:"sqlite:FILE (?sync=full waits for the disk at each commit) or postgres://… (default ${default})."`
	DatabaseFile   string `placeholder:"FILE" help:"Read --database from a file, because it may hold a password."`
	SigningKeyFile string `placeholder:"FILE" help:"Key that signs tokens; created when absent (default: signing.key beside the SQLite file); required with PostgreSQL."`

	DatabaseMaxConnections int `default:"16" placeholder:"N" help:"Connections to PostgreSQL at most, most of them for writing (default ${default})."`
}

// sameFlags are accepted and ignored by a command without a database, so that a
// script can give every command the same flags.
type sameFlags struct {
	Database       string `hidden:""`
	DatabaseFile   string `hidden:""`
	SigningKeyFile string `hidden:""`

	DatabaseMaxConnections string `hidden:""`
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }

// url returns the database's URL, from the flag or the file.
func (d *databaseFlags) url() (string, error) {
	if d.DatabaseFile == "" {
		return d.Database, nil
	}
	text, err := cli.ReadSecret("--database-file", d.DatabaseFile)
	return strings.TrimSpace(text), err
}

// isPostgres reports whether a URL names PostgreSQL.
func isPostgres(url string) bool {
	return strings.HasPrefix(url, "postgres:") || strings.HasPrefix(url, "postgresql:")
}

// path returns the SQLite file, "" with PostgreSQL.
func (d *databaseFlags) path() (string, error) {
	url, err := d.url()
	if err != nil || isPostgres(url) {
		return "", err
	}
	if scheme, _, ok := strings.Cut(url, "://"); ok && scheme != "sqlite" {
		return "", cli.Usagef("--database", "unknown kind of database %s", scheme).
			Cure("use sqlite:FILE or postgres://…")
	}
	location, err := sqlite.ParseLocation(url)
	if err != nil {
		return "", cli.Usagef("--database", "%s", cli.OneLine(err))
	}
	return location.Path, nil
}

// open opens the database and brings its schema up to date. It creates a missing
// SQLite file, but not one that was served before.
func (d *databaseFlags) open(ctx context.Context) (*store.Store, error) {
	if err := d.notLost(); err != nil {
		return nil, err
	}
	return d.openOrCreate(ctx, nil, nil)
}

// notLost refuses a missing SQLite file with a watermark file beside it: that one
// was written when the database was served.
func (d *databaseFlags) notLost() error {
	path, err := d.path()
	if err != nil || path == "" {
		return err
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return nil // opening reports another error
	}
	file := watermark.Path(path)
	if _, err := os.Stat(file); err != nil {
		return nil
	}
	return cli.Usagef("--database", "%s is missing, but %s shows that it was served", path, file).
		Cure("restore a backup or name the right file; harang serve --new-database starts an empty one")
}

// openOrCreate opens the database and brings its schema up to date. It creates a
// missing SQLite file.
func (d *databaseFlags) openOrCreate(ctx context.Context, log *slog.Logger,
	registry prometheus.Registerer) (*store.Store, error) {
	if _, err := d.path(); err != nil {
		return nil, err
	}
	url, err := d.url()
	if err != nil {
		return nil, err
	}
	if n := d.DatabaseMaxConnections; n < 0 || n == 1 {
		return nil, cli.Usagef("--database-max-connections", "%d are too few", n).
			Cure("give 2 or more: one writes and one reads")
	}
	open := sqlite.Open
	if isPostgres(url) {
		open = postgres.Open
	}
	st, err := open(ctx, url, store.Options{
		Clock: time.Now, NewID: newID, Logger: log, Registry: registry, MaxConnections: d.DatabaseMaxConnections,
	})
	var coded *harang.Error
	if errors.As(err, &coded) && coded.Code != harang.CodeInternal {
		if isPostgres(url) { // the message contains the cause
			return nil, cli.Usagef("--database", "%s", coded.Message).
				Cure("name a PostgreSQL 15 or newer that this machine reaches, with its password")
		}
		return nil, cli.Usagef("--database", "%s", cli.OneLine(err)).
			Cure("name a database that this user may read and write, of this program's version or an older one")
	}
	return st, err
}

// exists refuses a SQLite file that does not exist, which opening would create: a
// command in another folder than the server would report an empty database.
func (d *databaseFlags) exists() error {
	path, err := d.path()
	if err != nil || path == "" {
		return err
	}
	if _, err := os.Stat(path); err != nil {
		return cli.Usagef("--database", "%w", err).
			Cure("name the file that harang serve uses, or create it with harang migrate")
	}
	return nil
}

// find opens an existing database.
func (d *databaseFlags) find(ctx context.Context) (*store.Store, error) {
	if err := d.exists(); err != nil {
		return nil, err
	}
	return d.open(ctx)
}

// keyPath returns the signing key's file.
func (d *databaseFlags) keyPath() (string, error) {
	if d.SigningKeyFile != "" {
		return d.SigningKeyFile, nil
	}
	path, err := d.path()
	if err != nil {
		return "", err
	}
	if path == "" {
		return "", cli.Usagef("--signing-key-file", "is required with PostgreSQL").
			Cure("name one file that every node has, e.g. created by openssl genpkey -algorithm ed25519")
	}
	return filepath.Join(filepath.Dir(path), "signing.key"), nil
}

// key reads the signing key, and creates it when it is absent.
func (d *databaseFlags) key() (*auth.Key, error) {
	path, err := d.keyPath()
	if err != nil {
		return nil, err
	}
	key, err := auth.FindOrCreateKey(path)
	if err != nil {
		return nil, cli.Usagef("--signing-key-file", "%w", err)
	}
	return key, nil
}

// service opens what the commands about users and keys need. The caller closes the
// store.
func (d *databaseFlags) service(ctx context.Context) (*auth.Service, *store.Store, error) {
	if err := d.exists(); err != nil {
		return nil, nil, err
	}
	key, err := d.key()
	if err != nil {
		return nil, nil, err
	}
	st, err := d.open(ctx)
	if err != nil {
		return nil, nil, err
	}
	service, err := auth.New(st, key, auth.Options{NewID: newID})
	if err != nil {
		return nil, nil, errors.Join(err, st.Close()) //nolint:contextcheck // closing takes no context
	}
	return service, st, nil
}

// operator is the caller of every command: an administrator of the tenant.
func operator(tenant string) harang.Identity {
	return harang.Identity{Tenant: tenant, UserID: "cli:" + string(harang.RoleAdmin), Name: "harang",
		Role: harang.RoleAdmin}
}

// findTenant finds the tenant that --tenant names.
func findTenant(ctx context.Context, st *store.Store, id string) (harang.Tenant, error) {
	t, err := st.FindTenant(ctx, id)
	if harang.ErrorCode(err) == harang.CodeNotFound {
		return t, cli.Usagef("--tenant", "there is no tenant %q", id).
			Cure("see harang tenant list, or add it with harang tenant add")
	}
	return t, err
}

// findTenants finds the tenant that --tenant names, or all when it is "".
func findTenants(ctx context.Context, st *store.Store, id string) ([]harang.Tenant, error) {
	if id != "" {
		t, err := findTenant(ctx, st, id)
		return []harang.Tenant{t}, err
	}
	return readAll(func(after string, limit int) ([]harang.Tenant, error) {
		return st.FindTenants(ctx, after, limit)
	}, func(t harang.Tenant) string { return t.ID })
}

// readAll reads a list page by page: each page begins after the last key.
func readAll[T any](page func(after string, limit int) ([]T, error), key func(T) string) ([]T, error) {
	const limit = 200
	var all []T
	for after := ""; ; {
		items, err := page(after, limit)
		if err != nil {
			return nil, err
		}
		all = append(all, items...)
		if len(items) < limit {
			return all, nil
		}
		after = key(items[limit-1])
	}
}
