package sqlite

import (
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"time"
)

// flushEvery is the interval at which the write-ahead log is flushed. A flush takes
// about a millisecond of its own goroutine and delays no commit.
const flushEvery = 100 * time.Millisecond

// flusher syncs the write-ahead log to the disk while it grows. With synchronous
// NORMAL no commit does, except one that writes the log back into the database
// (a checkpoint): it waits until up to 16 MB of log are on the disk, and every other
// writer waits for it. After a flush only the rest remains. A power cut also loses
// less: the commits since the last flush instead of those since the last checkpoint.
//
// It reads no page and takes no lock (SQLite's locks are on the other two files).
// The first of several failed flushes is logged, and the next commit's flush tries
// again; a checkpoint syncs by itself and reports its own errors.
type flusher struct {
	path   string // the log's file
	flush  func(*os.File) error
	failed func(error)

	flushed time.Time // the log's modification time at the last flush
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
				log.Warn("database log flush failed; checkpoints will delay commits", "err", err)
			}
		},
	}
}

// start flushes the log at every tick, until close.
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

// round flushes the log if it was written since the last round, and reports the first
// of several failures.
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
		return nil // no commit yet
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

// close stops the rounds and waits for a running one.
func (f *flusher) close() {
	close(f.stop)
	f.done.Wait()
}
