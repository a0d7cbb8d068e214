package main

import (
	"bytes"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
)

// TestDocuments: the commands print the bytes that a server serves.
func TestDocuments(t *testing.T) {
	s := newServer(t, "sqlite:"+filepath.Join(t.TempDir(), "harang.db"))
	for command, path := range map[string]string{"openapi": "/openapi.json", "asyncapi": "/asyncapi.json"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL()+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		served, err := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		if err != nil || answer.StatusCode != http.StatusOK || len(served) < 1000 {
			t.Fatalf("%s: %d, %d bytes, %v", path, answer.StatusCode, len(served), err)
		}
		var out, errOut bytes.Buffer
		if status := run([]string{command}, strings.NewReader(""), &out, &errOut); status != 0 {
			t.Fatalf("harang %s: %d %s", command, status, &errOut)
		}
		if !bytes.Equal(out.Bytes(), served) {
			t.Errorf("harang %s prints %d bytes that differ from the %d of %s", command, out.Len(), len(served), path)
		}
	}
}
