//go:build unix

package sqlite

import (
	"errors"
	"os"
	"path/filepath"
	"sync"

	"golang.org/x/sys/unix"

	"harang.dev/harang"
)

// FileLock is the lock on a database that a server holds. Its methods may be called from
// any goroutine.
type FileLock struct {
	path string

	mu   sync.Mutex // guards file
	file *os.File   // locked as long as it is open
}

// Lock takes the lock file beside the database file at path, or beside the one that a
// symbolic link at path leads to, so that two servers never work on one database, and
// creates the folder when it is missing. The operating system releases the lock when
// the process ends, however it ends; the file stays. Codes: CONFLICT when another
// process has the lock, UNAVAILABLE when the file cannot be created.
func Lock(path string) (*FileLock, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, harang.Wrap(harang.CodeUnavailable, err, err.Error())
	}
	if target, err := filepath.EvalSymlinks(path); err == nil { // else there is no database yet
		path = target
	}
	file, err := lockFile(path)
	if err != nil {
		return nil, err
	}
	return &FileLock{path: path, file: file}, nil
}

func lockFile(path string) (*os.File, error) {
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
	return file, nil
}

// Verify takes the lock again when its file was removed or replaced. Codes: CONFLICT
// when another server has taken it since, UNAVAILABLE when the file cannot be created.
func (l *FileLock) Verify() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	opened, err := l.file.Stat()
	if err != nil {
		return harang.Wrap(harang.CodeUnavailable, err, "the lock on the database was released")
	}
	if present, err := os.Stat(l.path + ".lock"); err == nil && os.SameFile(opened, present) {
		return nil
	}
	file, err := lockFile(l.path)
	if err != nil {
		return err
	}
	err = l.file.Close()
	l.file = file
	return err
}

// Release ends the lock.
func (l *FileLock) Release() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.file.Close()
}
