// Package secretfile reads files that hold a secret: keys, passwords, addresses
// with a password.
package secretfile

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
)

// MaxBytes is the size of the largest secret, in bytes.
const MaxBytes = 1 << 20

// ErrTooLarge is the cause of the error about a file of more than MaxBytes, such as a
// device that never ends.
var ErrTooLarge = errors.New("file larger than 1 MiB")

// Read returns the text of the file at path without what editors add to it: a
// UTF-8 byte order mark, CR before LF, and line breaks at the end. The error is an
// *fs.PathError.
func Read(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	raw, err := io.ReadAll(io.LimitReader(f, MaxBytes+1))
	if err != nil {
		return "", err
	}
	if len(raw) > MaxBytes {
		return "", &fs.PathError{Op: "read", Path: path, Err: ErrTooLarge}
	}
	text := strings.TrimPrefix(string(raw), "\uFEFF")
	return strings.TrimRight(strings.ReplaceAll(text, "\r\n", "\n"), "\r\n"), nil
}
