// Package config opens what the flags about database and signing key name. Its
// errors are usage errors of the flags.
package config

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

// DatabaseFlags name the database and the signing key.
type DatabaseFlags struct {
	Database       string `default:"sqlite:data/harang.db" placeholder:"URL" help:"sqlite:FILE (?sync=full waits for the disk at each commit) or postgres://… (default ${default})."`
	DatabaseFile   string `placeholder:"FILE" help:"Read --database from a file, because it may hold a password."`
	SigningKeyFile string `placeholder:"FILE" help:"Key that signs tokens; created when absent (default: signing.key beside the SQLite file); required with PostgreSQL."`

	DatabaseMaxConnections int `default:"16" placeholder:"N" help:"Connections to PostgreSQL at most, 4 or more, most of them for writing (default ${default})."`
}

// UnusedDatabaseFlags are accepted and ignored by a command without a database, so
// that a script can give every command the same flags.
type UnusedDatabaseFlags struct {
	Database       string `hidden:""`
	DatabaseFile   string `hidden:""`
	SigningKeyFile string `hidden:""`

	DatabaseMaxConnections string `hidden:""`
}

// minConnections is the least number of connections to PostgreSQL with which a node
// works under load: with fewer a single slow list or checkout delays all others.
const minConnections = 4

// NewID returns a new identifier: a UUID of version 7.
func NewID() string { return uuid.Must(uuid.NewV7()).String() }

// DatabaseURL returns the database's URL, from the flag or the file.
func (d *DatabaseFlags) DatabaseURL() (string, error) {
	if d.DatabaseFile == "" {
		return d.Database, nil
	}
	text, err := cli.ReadSecret("--database-file", d.DatabaseFile)
	return strings.TrimSpace(text), err
}

// IsPostgres reports whether a URL names PostgreSQL.
func IsPostgres(url string) bool {
	return strings.HasPrefix(url, "postgres:") || strings.HasPrefix(url, "postgresql:")
}

// DatabasePath returns the SQLite file, "" with PostgreSQL.
func (d *DatabaseFlags) DatabasePath() (string, error) {
	url, err := d.DatabaseURL()
	if err != nil || IsPostgres(url) {
		return "", err
	}
	if scheme, _, ok := strings.Cut(url, "://"); ok && scheme != "sqlite" {
		return "", cli.Usagef("--database", "unknown kind of database %s", scheme).
			Cure("use sqlite:FILE or postgres://…")
	} else if !ok && !strings.HasPrefix(url, "sqlite:") && strings.ContainsAny(url, ":@=") {
		// As a file name it would begin an empty database, named after a password.
		return "", cli.Usagef("--database", "this is neither a file nor a URL of PostgreSQL").
			Cure("use sqlite:FILE or postgres://…")
	}
	location, err := sqlite.ParseLocation(url)
	if err != nil {
		return "", cli.Usagef("--database", "%s", cli.OneLine(err))
	}
	return location.Path, nil
}

// Open opens the database and brings its schema up to date. It creates a missing
// SQLite file, but not one that was served before.
func (d *DatabaseFlags) Open(ctx context.Context) (*store.Store, error) {
	if err := d.CheckLost(); err != nil {
		return nil, err
	}
	return d.OpenOrCreate(ctx, nil, nil)
}

// CheckLost refuses a missing or emptied SQLite file with a watermark file beside it: that
// one was written when the database was served.
func (d *DatabaseFlags) CheckLost() error {
	path, err := d.DatabasePath()
	if err != nil || path == "" {
		return err
	}
	file := watermark.Path(path)
	state := ""
	switch info, err := os.Stat(path); {
	case errors.Is(err, fs.ErrNotExist):
		state = "missing"
	case err == nil && info.Mode().IsRegular() && info.Size() < sqlite.HeaderSize:
		state = "empty"
	}
	if state == "" || isMissing(file) {
		return nil
	}
	return cli.Usagef("--database", "%s is %s, but %s shows that it was served", path, state, file).
		Cure("restore a backup or name the right file; harang serve --new-database starts an empty one")
}

func isMissing(path string) bool {
	_, err := os.Stat(path)
	return errors.Is(err, fs.ErrNotExist)
}

// OpenOrCreate opens the database and brings its schema up to date. It creates a
// missing SQLite file.
func (d *DatabaseFlags) OpenOrCreate(ctx context.Context, log *slog.Logger,
	registry prometheus.Registerer) (*store.Store, error) {
	if _, err := d.DatabasePath(); err != nil {
		return nil, err
	}
	url, err := d.DatabaseURL()
	if err != nil {
		return nil, err
	}
	// SQLite ignores the number, so that only one that was given is refused.
	if n := d.DatabaseMaxConnections; n < minConnections && (n != 0 || IsPostgres(url)) {
		return nil, cli.Usagef("--database-max-connections", "%d are too few", n).
			Cure("give %d or more", minConnections)
	}
	open := sqlite.Open
	if IsPostgres(url) {
		open = postgres.Open
	}
	st, err := open(ctx, url, store.Options{
		Clock: time.Now, NewID: NewID, Logger: log, Registry: registry, MaxConnections: d.DatabaseMaxConnections,
	})
	var coded *harang.Error
	if errors.As(err, &coded) && coded.Code != harang.CodeInternal {
		if IsPostgres(url) { // the message contains the cause
			return nil, cli.Usagef("--database", "%s", coded.Message).
				Cure("name a PostgreSQL 15 or newer that this machine reaches, with its password")
		}
		return nil, cli.Usagef("--database", "%s", cli.OneLine(err)).
			Cure("name a database that this user may read and write, of this program's version or an older one, " +
				"or restore a backup of a damaged one")
	}
	return st, err
}

// CheckExists refuses a SQLite file that does not exist, which opening would create: a
// command in another folder than the server would report an empty database.
func (d *DatabaseFlags) CheckExists() error {
	path, err := d.DatabasePath()
	if err != nil || path == "" {
		return err
	}
	if _, err := os.Stat(path); err != nil {
		return cli.Usagef("--database", "%w", err).
			Cure("name the file that harang serve uses, or create it with harang migrate")
	}
	return nil
}

// Find opens an existing database.
func (d *DatabaseFlags) Find(ctx context.Context) (*store.Store, error) {
	if err := d.CheckExists(); err != nil {
		return nil, err
	}
	return d.Open(ctx)
}

// KeyPath returns the signing key's file.
func (d *DatabaseFlags) KeyPath() (string, error) {
	if d.SigningKeyFile != "" {
		return d.SigningKeyFile, nil
	}
	path, err := d.DatabasePath()
	if err != nil {
		return "", err
	}
	if path == "" {
		return "", cli.Usagef("--signing-key-file", "is required with PostgreSQL").
			Cure("name one file that every node has, e.g. created by openssl genpkey -algorithm ed25519")
	}
	return filepath.Join(filepath.Dir(path), "signing.key"), nil
}

// Key reads the signing key, and creates it when it is absent.
func (d *DatabaseFlags) Key() (*auth.Key, error) {
	path, err := d.KeyPath()
	if err != nil {
		return nil, err
	}
	key, err := auth.FindOrCreateKey(path)
	if err != nil {
		return nil, cli.Usagef("--signing-key-file", "%w", err)
	}
	return key, nil
}

// Service opens what the commands about users and keys need. The caller closes the
// store.
func (d *DatabaseFlags) Service(ctx context.Context) (*auth.Service, *store.Store, error) {
	if err := d.CheckExists(); err != nil {
		return nil, nil, err
	}
	key, err := d.Key()
	if err != nil {
		return nil, nil, err
	}
	st, err := d.Open(ctx)
	if err != nil {
		return nil, nil, err
	}
	service, err := auth.New(st, key, auth.Options{NewID: NewID})
	if err != nil {
		return nil, nil, errors.Join(err, st.Close()) //nolint:contextcheck // closing takes no context
	}
	return service, st, nil
}
