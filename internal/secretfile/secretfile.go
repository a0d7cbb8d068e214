// Package secretfile reads files that hold a secret: keys, passwords, addresses
// with a password.
package secretfile

import (
	"os"
	"strings"
)

// Read returns the text of the file at path without what editors add to it: a
// UTF-8 byte order mark, CR before LF, and line breaks at the end. The error is
// that of os.ReadFile.
func Read(path string) (string, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	text := strings.TrimPrefix(string(raw), "\uFEFF")
	return strings.TrimRight(strings.ReplaceAll(text, "\r\n", "\n"), "\r\n"), nil
}
