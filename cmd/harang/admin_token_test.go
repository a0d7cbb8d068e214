package main

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"harang.dev/harang/internal/cli"
)

// TestServe_AdminToken: a token file without a token, with a short one, or with one that no request could carry, ends
// the start.
func TestServe_AdminToken(t *testing.T) {
	c := serveCommand{AdminListen: "0.0.0.0:8081"}
	if _, err := c.adminToken(); cli.Report(io.Discard, err) != cli.ExitUsage {
		t.Errorf("no file: %v", err)
	}
	c.AdminTokenFile = filepath.Join(t.TempDir(), "token")
	if _, err := c.adminToken(); cli.Report(io.Discard, err) != cli.ExitUsage {
		t.Errorf("missing file: %v", err)
	}
	for text, want := range map[string]string{
		"":                           "",
		"\uFEFF\r\n":                 "",
		"a long secret token":        "",
		"a-long-secret-token ":       "",
		"a-long-secret\ntoken":       "",
		"egy-hosszabb-titok-é":       "",
		"a-long-secret-to\u200b":     "",
		"short":                      "",
		"S3cret~!-token1":            "",
		"\uFEFFS3cret~!-token1\r\n":  "",
		"\uFEFFS3cret~!-token16\r\n": "S3cret~!-token16",
	} {
		if err := os.WriteFile(c.AdminTokenFile, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := c.adminToken()
		if got != want || (err == nil) != (want != "") || (err != nil && cli.Report(io.Discard, err) != cli.ExitUsage) {
			t.Errorf("%q: %q, %v; want %q", text, got, err, want)
		}
	}
}
