package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"os"
	"path/filepath"
)

// Backup writes a copy of the database file at path, as it is at one instant, to
// a new file with mode 0600, while servers and other commands use the database.
// The copy is on the disk when it returns. An existing file is fs.ErrExist; a
// failed copy is removed.
func Backup(ctx context.Context, path, copied string) (err error) {
	target, err := filepath.Abs(copied) // so that SQLite reads no URI and no ":memory:" into the name
	if err != nil {
		return err
	}
	file, err := os.OpenFile(target, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(target))
		}
	}()
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?_pragma=busy_timeout(10000)")
	if err != nil {
		return errors.Join(err, file.Close())
	}
	_, err = db.ExecContext(ctx, `VACUUM INTO $1`, target) // it takes an empty file
	return errors.Join(err, db.Close(), file.Sync(), file.Close())
}
