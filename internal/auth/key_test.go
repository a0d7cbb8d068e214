package auth_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"harang.dev/harang/internal/auth"
)

func TestFindOrCreateKey_Concurrent(t *testing.T) {
	path := filepath.Join(t.TempDir(), "deep", "signing.key")
	if _, err := auth.FindKey(path); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("absent: %v", err)
	}
	var wg sync.WaitGroup
	ids := make([]string, 8)
	for i := range ids {
		wg.Go(func() {
			key, err := auth.FindOrCreateKey(path)
			if err != nil {
				t.Error(err)
				return
			}
			ids[i] = key.ID
		})
	}
	wg.Wait()
	for _, id := range ids {
		if id == "" || id != ids[0] {
			t.Fatalf("different keys: %v", ids)
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v", info, err)
	}
	rest, err := filepath.Glob(filepath.Join(filepath.Dir(path), ".signing-*"))
	if err != nil || len(rest) != 0 {
		t.Fatalf("left behind: %v, %v", rest, err)
	}
}

func TestFindKey_Refused(t *testing.T) {
	folder := t.TempDir()
	good := filepath.Join(folder, "good.key")
	if _, err := auth.FindOrCreateKey(good); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		text string
		mode os.FileMode
		want string
	}{
		"for everyone": {string(text), 0o644, "chmod 600"},
		"empty":        {"", 0o600, "openssl genpkey"},
		"no key":       {"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", 0o600, "signing key"},
		"certificate":  {strings.ReplaceAll(string(text), "PRIVATE KEY", "CERTIFICATE"), 0o600, "openssl genpkey"},
	} {
		path := filepath.Join(folder, "bad.key")
		if err := os.WriteFile(path, []byte(c.text), c.mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, c.mode); err != nil {
			t.Fatal(err)
		}
		if _, err := auth.FindKey(path); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
