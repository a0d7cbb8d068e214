package sqlite

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// write replaces the content of the log at path and sets its modification time.
func write(t *testing.T, path, text string, at time.Time) {
	t.Helper()
	if err := os.WriteFile(path+"-wal", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path+"-wal", at, at); err != nil {
		t.Fatal(err)
	}
}

func TestFlusher_FlushesNewContentOnly(t *testing.T) {
	path, now := filepath.Join(t.TempDir(), "harang.db"), time.Now()
	f := newFlusher(path+"-wal", nil)
	var flushed []string
	f.flush = func(log *os.File) error {
		text := make([]byte, 100)
		n, err := log.Read(text)
		flushed = append(flushed, string(text[:n]))
		return errors.Join(err, log.Sync())
	}
	f.failed = func(err error) { t.Error(err) }
	rounds := func() {
		f.round()
		f.round()
	}
	rounds() // without a log
	write(t, path, "one", now)
	rounds()
	write(t, path, "two", now.Add(time.Second))
	rounds()
	if err := os.Remove(path + "-wal"); err != nil {
		t.Fatal(err)
	}
	rounds()
	write(t, path, "another file", now.Add(2*time.Second))
	rounds()
	if diff := cmp.Diff([]string{"one", "two", "another file"}, flushed); diff != "" {
		t.Error(diff)
	}
}

func TestFlusher_ReportsFirstFailureOnly(t *testing.T) {
	path, at := filepath.Join(t.TempDir(), "harang.db"), time.Now()
	f := newFlusher(path+"-wal", nil)
	var reported []string
	f.failed = func(err error) { reported = append(reported, err.Error()) }
	for _, result := range []error{errors.New("one"), errors.New("two"), nil, errors.New("three")} {
		f.flush = func(*os.File) error { return result }
		at = at.Add(time.Second)
		write(t, path, "", at)
		f.round()
	}
	if diff := cmp.Diff([]string{"one", "three"}, reported); diff != "" {
		t.Error(diff)
	}
}

// TestFlusher_CloseWaits: close waits for a running flush.
func TestFlusher_CloseWaits(t *testing.T) {
	path := filepath.Join(t.TempDir(), "harang.db")
	f := newFlusher(path+"-wal", nil)
	begun, end := make(chan struct{}), make(chan struct{})
	f.flush = func(*os.File) error {
		close(begun)
		<-end
		return nil
	}
	ticks := make(chan time.Time)
	f.start(ticks)
	write(t, path, "one", time.Now())
	ticks <- time.Time{}
	<-begun
	closed := make(chan struct{})
	go func() {
		f.close()
		close(closed)
	}()
	select {
	case <-closed:
		t.Error("close returned during a flush")
	default:
	}
	close(end)
	<-closed
}
