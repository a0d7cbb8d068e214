package sqlite

import (
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"time"
)

// flushEvery is the time between two looks at the write-ahead log. A flush
// takes about a millisecond of its own goroutine's time and none of a commit's.
const flushEvery = 100 * time.Millisecond

// flusher brings the write-ahead log to the disk while it grows. With
// synchronous NORMAL no commit does, until one writes the log back into the
// file: that one waits until the whole log is on the disk, 16 MB of it, and
// everybody who wants to commit waits with it. What is there already is not
// waited for. It also shortens what a power cut can lose, from all that came
// since the log was last written back to the last moments.
//
// It reads no page and takes no lock (SQLite's own are on the other two files). A flush that fails is told once and tried
// again with the next commit; the commit that writes back flushes by itself and
// reports what it meets.
type flusher struct {
	path   string // the log's file
	flush  func(*os.File) error
	failed func(error)

	flushed time.Time // when the log had last been written as it was last flushed
	failing bool

	stop chan struct{}
	done sync.WaitGroup
}

// newFlusher returns a flusher of the write-ahead log at path. log may be nil.
func newFlusher(path string, log *slog.Logger) *flusher {
	return &flusher{
		path: path, flush: (*os.File).Sync, stop: make(chan struct{}),
		failed: func(err error) {
			if log != nil {
				log.Warn("the database's log cannot be flushed ahead; commits will wait for it", "err", err)
			}
		},
	}
}

// start looks at the log at every tick, until close.
func (f *flusher) start(ticks <-chan time.Time) {
	f.done.Go(func() {
		for {
			select {
			case <-f.stop:
				return
			case <-ticks:
			}
			f.round()
		}
	})
}

// round flushes the log if it was written since the last round, and tells a
// failure that comes after none.
func (f *flusher) round() {
	err := f.flushWritten()
	if err != nil && !f.failing {
		f.failed(err)
	}
	f.failing = err != nil
}

func (f *flusher) flushWritten() error {
	info, err := os.Stat(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // nothing was committed yet
	}
	if err != nil || info.ModTime().Equal(f.flushed) {
		return err
	}
	f.flushed = info.ModTime()
	log, err := os.Open(f.path)
	if err != nil {
		return err
	}
	return errors.Join(f.flush(log), log.Close())
}

// close ends the rounds. Nothing is flushed after it.
func (f *flusher) close() {
	close(f.stop)
	f.done.Wait()
}
