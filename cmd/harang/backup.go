package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"harang.dev/harang/internal/cli"
	"harang.dev/harang/internal/config"
	"harang.dev/harang/internal/store/sqlite"
)

type backupCommand struct {
	config.DatabaseFlags
	File string `arg:"" help:"The file to write; it must not exist."`
}

// Run copies the SQLite database while servers and other commands use it.
func (c *backupCommand) Run(ctx context.Context, s *streams) error {
	path, err := c.DatabasePath()
	if err != nil {
		return err
	}
	if path == "" {
		return cli.Usagef("--database", "PostgreSQL is not backed up here").Cure("use pg_dump -Fc")
	}
	if _, err := os.Stat(path); err != nil {
		return cli.Usagef("--database", "%w", err).Cure("name the file that harang serve uses")
	}
	err = sqlite.Backup(ctx, path, c.File)
	var file *fs.PathError
	switch {
	case errors.Is(err, fs.ErrExist):
		return cli.Usagef("FILE", "%s exists already", c.File).Cure("name a new file")
	case errors.As(err, &file):
		return cli.Usagef("FILE", "%w", err).Cure("name a file that can be written")
	case err != nil:
		return fmt.Errorf("copy of %s to %s failed: %w", path, c.File, err)
	}
	_, err = fmt.Fprintln(s.out, c.File)
	return err
}
