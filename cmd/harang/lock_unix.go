//go:build unix

package main

import (
	"errors"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// lock takes the lock file beside a SQLite file, so that two servers never work
// on one. The operating system gives it back when the process ends, however it
// ends. The file itself stays.
func lock(database string) (release func() error, err error) {
	path := database + ".lock"
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, usage("--database", "%w", err).cure("name a folder that can be written")
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, usage("--database", "%w", err).cure("name a folder that can be written")
	}
	err = unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB) //nolint:gosec // a descriptor is a small number
	switch {
	case errors.Is(err, unix.EWOULDBLOCK):
		_ = file.Close()
		return nil, usage("--database", "another harang serve works on %s", database).cure("stop it, or name another file")
	case err != nil:
		_ = file.Close()
		return nil, err
	}
	return file.Close, nil
}
