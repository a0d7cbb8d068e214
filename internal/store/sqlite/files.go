package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"golang.org/x/sys/unix"

	"harang.dev/harang/internal/store"
)

// HeaderSize is the least size of a SQLite file, its header's, in bytes.
const HeaderSize = 100

// files are the files that the open connections work on: the database, its
// write-ahead log and the log's index. SQLite goes on without an error when one
// of them is deleted or another is moved into its place, and everything written
// from then on is lost.
type files struct {
	paths  [3]string
	opened [3]fileID
}

// fileID is a device and a number on it. The number is not given to another
// file while SQLite has this one open.
type fileID struct{ device, inode uint64 }

// identify returns the identity and the size of the file at path. unix.Stat
// allocates less than os.Stat, and this runs at every commit.
func identify(path string) (fileID, int64, error) {
	var stat unix.Stat_t
	if err := unix.Stat(path, &stat); err != nil {
		return fileID{}, 0, &fs.PathError{Op: "stat", Path: path, Err: err}
	}
	id := fileID{uint64(stat.Dev), stat.Ino} //nolint:gosec,unconvert // the type of Dev differs by system
	return id, stat.Size, nil
}

// identifyFiles records the files of the database at path. The connection of
// write stays open, so that no other process's last connection removes the log.
func identifyFiles(ctx context.Context, write *sql.DB, path string) (*files, error) {
	var tables int // reading opens the log and its index
	if err := write.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_master`).Scan(&tables); err != nil {
		return nil, err
	}
	path, err := filepath.EvalSymlinks(path) // as SQLite does before it names the log
	if err != nil {
		return nil, err
	}
	f := &files{paths: [3]string{path, path + "-wal", path + "-shm"}}
	for i, path := range f.paths {
		if f.opened[i], _, err = identify(path); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// wal is the path of the write-ahead log.
func (f *files) wal() string { return f.paths[1] }

// verify compares the files at their paths with the opened ones: store.ErrLost
// when one is gone, is another file, or the database was truncated to nothing. A
// path that cannot be examined is an error that may pass.
func (f *files) verify() error {
	for i, path := range f.paths {
		id, size, err := identify(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return fmt.Errorf("%w: %s was removed", store.ErrLost, path)
		case err != nil:
			return err
		case id != f.opened[i]:
			return fmt.Errorf("%w: %s was replaced by another file", store.ErrLost, path)
		case i == 0 && size < HeaderSize:
			return fmt.Errorf("%w: %s was truncated to %d bytes", store.ErrLost, path, size)
		}
	}
	return nil
}
