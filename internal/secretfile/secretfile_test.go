package secretfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func TestRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	if _, err := Read(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
	for _, c := range []struct{ text, want string }{
		{"correct horse", "correct horse"},
		{"correct horse\n", "correct horse"},
		{"\uFEFFcorrect horse\r\n", "correct horse"},
		{"\uFEFF", ""},
		{" spaces stay \t\r\n\r\n", " spaces stay \t"},
		{"-----BEGIN\r\nx\r\n-----END\r\n", "-----BEGIN\nx\n-----END"},
		{"in\uFEFFside", "in\uFEFFside"},
	} {
		if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := Read(path); err != nil || got != c.want {
			t.Errorf("%q: %q, %v; want %q", c.text, got, err, c.want)
		}
	}
}

// A file without an end, and one that is no secret by its size, are refused.
func TestRead_TooLarge(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	for _, size := range []int64{MaxBytes, MaxBytes + 1} {
		if err := os.WriteFile(path, make([]byte, size), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Read(path); errors.Is(err, ErrTooLarge) != (size > MaxBytes) {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
	if _, err := Read("/dev/zero"); !errors.Is(err, ErrTooLarge) {
		t.Errorf("a device: %v", err)
	}
}
