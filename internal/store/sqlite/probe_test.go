package sqlite_test

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"harang.dev/harang"
	"harang.dev/harang/internal/store"
	"harang.dev/harang/internal/store/sqlite"
	"harang.dev/harang/internal/store/storetest"
)

func TestProbe(t *testing.T) {
	path, clock := filepath.Join(t.TempDir(), "harang.db"), storetest.NewClock(storetest.Noon())
	st, err := sqlite.Open(t.Context(), "sqlite:"+path, store.Options{Clock: clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = st.Close() }()
	storetest.RunProbe(t, st, clock, raw(t, path))
}

// limitFileSize makes every write beyond a size fail, as on a full disk, until
// the returned function is called.
func limitFileSize(t *testing.T, size int64) (restore func()) {
	t.Helper()
	signal.Ignore(unix.SIGXFSZ)
	var before unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &before); err != nil {
		t.Fatal(err)
	}
	limit := before
	limit.Cur = uint64(size) //nolint:gosec // a file's size
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &before); err != nil {
			t.Error(err)
		}
		signal.Reset(unix.SIGXFSZ)
	}
}

// TestProbe_FullDisk: it fails while nothing can be written, and recovers.
func TestProbe_FullDisk(t *testing.T) {
	path := filepath.Join(t.TempDir(), "harang.db")
	st := openFile(t, path, store.Options{})
	log, err := os.Stat(path + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	restore := limitFileSize(t, log.Size())
	probeErr, writeErr := st.Probe(t.Context(), "n1"), appendOne(t, st)
	_, readErr := st.Heads(t.Context(), []string{"a"})
	restore()
	if harang.ErrorCode(probeErr) != harang.CodeUnavailable || harang.ErrorCode(writeErr) != harang.CodeUnavailable ||
		readErr != nil {
		t.Errorf("probe: %v; write: %v; read: %v", probeErr, writeErr, readErr)
	}
	if err := errors.Join(st.Probe(t.Context(), "n1"), appendOne(t, st)); err != nil {
		t.Errorf("with room again: %v", err)
	}
}

// TestStore_NoDescriptors: without a file descriptor for a connection, reading is
// UNAVAILABLE, writing goes on, and reading recovers.
func TestStore_NoDescriptors(t *testing.T) {
	st := openFile(t, filepath.Join(t.TempDir(), "harang.db"), store.Options{})
	var before unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &before); err != nil {
		t.Fatal(err)
	}
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	highest := 0
	for _, entry := range open {
		if fd, err := strconv.Atoi(entry.Name()); err == nil {
			highest = max(highest, fd)
		}
	}
	var fill []*os.File // takes the numbers below the highest
	defer func() {
		for _, f := range fill {
			_ = f.Close()
		}
	}()
	for {
		f, err := os.Open(os.DevNull)
		if err != nil {
			t.Fatal(err)
		}
		fill = append(fill, f)
		if int(f.Fd()) >= highest { //nolint:gosec // a descriptor is small
			break
		}
	}
	limit := before
	limit.Cur = uint64(fill[len(fill)-1].Fd()) + 1
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	_, readErr := st.Heads(t.Context(), []string{"a"})
	writeErr := appendOne(t, st)
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &before); err != nil {
		t.Fatal(err)
	}
	if harang.ErrorCode(readErr) != harang.CodeUnavailable || writeErr != nil {
		t.Errorf("read: %v; write: %v", readErr, writeErr)
	}
	if heads, err := st.Heads(t.Context(), []string{"a"}); err != nil || len(heads) != 1 {
		t.Errorf("with descriptors again: %v, %v", heads, err)
	}
}

// TestProbe_Damaged: the file was overwritten in place, though every page that a
// probe needs was read before.
func TestProbe_Damaged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "harang.db")
	st := openFile(t, path, store.Options{})
	if err := st.Probe(t.Context(), "n1"); err != nil {
		t.Fatal(err)
	}
	other := raw(t, path)
	if _, err := other.ExecContext(t.Context(), `PRAGMA wal_checkpoint(TRUNCATE)`); err != nil {
		t.Fatal(err)
	}
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err == nil {
		_, err = f.WriteAt([]byte(strings.Repeat("x", int(info.Size()))), 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := st.Probe(t.Context(), "n1"); harang.ErrorCode(err) != harang.CodeUnavailable {
		t.Errorf("probe: %v", err)
	}
}

func TestProbe_ReadOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "harang.db")
	openFile(t, path, store.Options{})
	if err := openReadOnly(t, path).Probe(t.Context(), "n1"); harang.ErrorCode(err) != harang.CodeUnavailable {
		t.Errorf("probe: %v", err)
	}
}

func TestProbe_FileRemoved(t *testing.T) {
	path := filepath.Join(t.TempDir(), "harang.db")
	st := openFile(t, path, store.Options{})
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := st.Probe(t.Context(), "n1"); !errors.Is(err, store.ErrLost) {
		t.Errorf("probe: %v", err)
	}
}

func TestProbe_ContextEnds(t *testing.T) {
	st := open(t, store.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := st.Probe(ctx, "n1"); harang.ErrorCode(err) != harang.CodeUnavailable {
		t.Errorf("probe: %v", err)
	}
}
