package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"
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
	poll := time.NewTicker(50 * time.Millisecond)
	defer poll.Stop()
	for end := time.Now().Add(15 * time.Second); ; <-poll.C {
		status, m := s.call("", "GET", "/readyz", "")
		if status == 503 {
			database, _ := m["dependencies"].(map[string]any)["database"].(map[string]any)
			if m["status"] != "down" || database["status"] != "down" || database["detail"] == nil {
				t.Errorf("%v", m)
			}
			break
		}
		if time.Now().After(end) {
			t.Fatalf("still ready: %v", m)
		}
	}
	if status, _ := s.call("", "GET", "/healthz", ""); status != 200 {
		t.Errorf("healthz: %d", status)
	}
}
