package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
)

type backupCommand struct {
	databaseFlags
	File string `arg:"" help:"Where to write it; must not exist."`
}

// Run writes a copy of the SQLite file as it is at one instant, while servers
// and other commands work.
func (c *backupCommand) Run(ctx context.Context, s *streams) (err error) {
	path, err := c.path()
	if err != nil {
		return err
	}
	if path == "" {
		return usage("--database", "PostgreSQL is not backed up here").cure("use pg_dump -Fc")
	}
	if _, err := os.Stat(path); err != nil {
		return usage("--database", "%w", err).cure("name the file that harang serve works on")
	}
	file, err := os.OpenFile(c.File, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return usage("FILE", "%s exists already", c.File).cure("name a new file")
	}
	if err != nil {
		return usage("FILE", "%w", err).cure("name a file that can be written")
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(c.File))
		}
	}()
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?_pragma=busy_timeout(10000)")
	if err != nil {
		return errors.Join(err, file.Close())
	}
	target, err := filepath.Abs(c.File) // of which SQLite makes no URI and no ":memory:"
	if err == nil {
		_, err = db.ExecContext(ctx, `VACUUM INTO $1`, target) // an empty file may be there
	}
	err = errors.Join(err, db.Close(), file.Sync(), file.Close())
	if err == nil {
		fmt.Fprintln(s.out, c.File)
	}
	return err
}
