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
