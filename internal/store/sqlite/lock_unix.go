//go:build unix

package sqlite

import (
	"errors"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"harang.dev/harang"
)

// Lock takes the lock file beside the database file at path, or beside the one that a
// symbolic link at path leads to, so that two servers never work on one database, and
// creates the folder when it is missing. The
// operating system releases the lock when the process ends, however it ends; the
// file stays. Codes: CONFLICT when another process has the lock, UNAVAILABLE when
// the file cannot be created.
func Lock(path string) (release func() error, err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, harang.Wrap(harang.CodeUnavailable, err, err.Error())
	}
	if target, err := filepath.EvalSymlinks(path); err == nil { // else there is no database yet
		path = target
	}
	file, err := os.OpenFile(path+".lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, harang.Wrap(harang.CodeUnavailable, err, err.Error())
	}
	err = unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB) //nolint:gosec // a descriptor is a small number
	switch {
	case errors.Is(err, unix.EWOULDBLOCK):
		return nil, errors.Join(harang.Errorf(harang.CodeConflict, "another harang serve works on %s", path),
			file.Close())
	case err != nil:
		return nil, errors.Join(harang.Wrap(harang.CodeUnavailable, err, "lock: "+err.Error()), file.Close())
	}
	return file.Close, nil
}
