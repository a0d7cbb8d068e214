package main

import (
	"os"
	"path/filepath"
	"testing"

	"harang.dev/harang/internal/testtime"
)

// TestProgram_NotReadyWithoutItsDatabase: a node whose database file was removed is
// alive and not ready, also when nobody calls it.
func TestProgram_NotReadyWithoutItsDatabase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "harang.db")
	s := newServer(t, "sqlite:"+path, withDemo)
	if status, m := s.call("", "GET", "/readyz", ""); status != 200 || m["status"] != "ok" {
		t.Fatalf("%d %v", status, m)
	}
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(path + suffix); err != nil {
			t.Fatal(err)
		}
	}
	var m map[string]any
	testtime.Eventually(t, testtime.Limit, "not ready", func() bool {
		var status int
		status, m = s.call("", "GET", "/readyz", "")
		return status == 503
	})
	database, _ := m["dependencies"].(map[string]any)["database"].(map[string]any)
	if m["status"] != "down" || database["status"] != "down" || database["detail"] == nil {
		t.Errorf("%v", m)
	}
	if status, _ := s.call("", "GET", "/healthz", ""); status != 200 {
		t.Errorf("healthz: %d", status)
	}
}
