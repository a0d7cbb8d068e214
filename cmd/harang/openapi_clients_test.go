package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// TestOpenAPI_GoClients generates clients from the OpenAPI document with oapi-codegen and ogen. Both compile, and
// the tests in testdata/openapi-clients call a server with them.
func TestOpenAPI_GoClients(t *testing.T) {
	s := newServer(t, "sqlite:"+filepath.Join(t.TempDir(), "harang.db"), withDemo)
	module := t.TempDir()
	if err := os.CopyFS(module, os.DirFS("testdata/openapi-clients")); err != nil {
		t.Fatal(err)
	}
	document, _, err := documents()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(module, "openapi.json"), document, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(module, "oapi"), 0o700); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), 5*time.Minute)
	defer stop()
	for _, args := range [][]string{
		{"tool", "oapi-codegen", "-generate", "types,client", "-package", "oapi",
			"-o", "oapi/client.go", "openapi.json"},
		{"tool", "ogen", "--loglevel", "error", "--package", "ogen", "--target", "ogen", "openapi.json"},
		{"vet", "./..."},
		{"test", "-count=1", "-p=1", "./..."},
	} {
		c := exec.CommandContext(ctx, "go", args...)
		c.Dir = module
		c.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=", "HARANG_URL="+s.URL(),
			"HARANG_EMAIL=admin@budapest.demo", "HARANG_PASSWORD=harang-demo")
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("go %v: %v\n%s", args, err, out)
		}
	}
}
