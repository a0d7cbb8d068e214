package watermark

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"slices"
	"sync"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/outbox"
)

const (
	// interval is how often a changed file is brought to the disk.
	interval = 500 * time.Millisecond
	// wholeEvery is in which of these intervals all heads are read, for those that other
	// processes have advanced.
	wholeEvery = 10
	// compactLines is how many lines are appended at least before the file is replaced by
	// a compact one.
	compactLines = 4096
)

// Store is the database that the file describes.
type Store interface {
	// DataVersion returns a number that changes with every write.
	DataVersion(ctx context.Context) (int64, error)
	// AllHeads returns the heads of all tenants, by tenant id.
	AllHeads(ctx context.Context) ([]outbox.Heads, error)
	// NewEpoch gives the tenant an epoch later than after and returns it.
	NewEpoch(ctx context.Context, tenant string, after harang.Epoch) (harang.Epoch, error)
}

// File is the watermark file of one database. It is safe for concurrent use.
type File struct {
	path  string
	store Store
	log   *slog.Logger

	mu sync.Mutex // guards what follows
	// version is the database's data version at the last update.
	version int64
	// recorded are the heads that the file has, by tenant, and lines how many were
	// appended to it.
	recorded map[string]outbox.Heads
	lines    int
	// unsynced: lines were appended since the file was synced.
	unsynced bool
	// delivered is how far entries may have been delivered, by tenant. Only
	// tenants whose feeds were read are in it.
	delivered map[string]outbox.Heads
	// committed are the heads of other tenants that this process has advanced since they
	// were written.
	committed map[string]outbox.Heads
	// file takes the appended lines; nil before the first replacement and after
	// Close.
	file *os.File
	// torn: an append failed, and may have left a part of a line.
	torn    bool
	failing bool
}

// Path returns the watermark file's path for a SQLite database file.
func Path(database string) string { return database + ".heads" }

// New returns the watermark file of a SQLite database. It touches no file yet.
func New(database string, st Store, log *slog.Logger) *File {
	return &File{
		path: Path(database), store: st, log: log, version: -1,
		recorded: make(map[string]outbox.Heads), delivered: make(map[string]outbox.Heads),
		committed: make(map[string]outbox.Heads),
	}
}

// Check compares the database with the file, begins new epochs for tenants whose
// database is behind, and writes the file. It must return before entries are
// delivered. A missing or unreadable file counts as ahead of everything that has
// numbers: the database may be a backup that was copied without it.
func (f *File) Check(ctx context.Context) error {
	text, err := os.ReadFile(f.path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	present, err := f.store.AllHeads(ctx)
	if err != nil {
		return err
	}
	recorded, err := decode(text)
	unreadable := err != nil
	for _, h := range present {
		old := recorded[h.Tenant]
		behind := h.Merge(old) != h
		unused := h.Numbers == outbox.Numbers{}
		if !behind && (!unreadable || unused) {
			continue
		}
		epoch, err := f.store.NewEpoch(ctx, h.Tenant, max(h.Epoch, old.Epoch))
		if err != nil {
			return err
		}
		if behind {
			f.log.Warn("database is behind its watermark file; starting a new epoch",
				"tenant", h.Tenant, "epoch", string(epoch),
				"number", h.Number(harang.AudienceManagers), "recorded", old.Number(harang.AudienceManagers))
		} else {
			f.log.Info("watermark file missing or unreadable; starting a new epoch",
				"tenant", h.Tenant, "epoch", string(epoch), "number", h.Number(harang.AudienceManagers), "file", f.path)
		}
	}
	return f.update(ctx, true)
}

// Committed records heads that will be relayed without being read. Those of tenants whose
// feeds nobody has read can wait for the next update.
func (f *File) Committed(h outbox.Heads) {
	f.mu.Lock()
	_, followed := f.delivered[h.Tenant]
	if !followed {
		f.committed[h.Tenant] = f.committed[h.Tenant].Merge(h)
	}
	f.mu.Unlock()
	if followed {
		f.record(h)
	}
}

// Run keeps the file on the disk and compact until ctx ends, and updates it once more
// then.
func (f *File) Run(ctx context.Context) error {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for n := 1; ; n++ {
		ended := false
		select {
		case <-ctx.Done():
			ended = true
		case <-ticker.C:
		}
		limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		err := f.update(limited, ended || n%wholeEvery == 0)
		cancel()
		f.mu.Lock()
		f.noteFailureLocked(err)
		f.mu.Unlock()
		if ended {
			return nil
		}
	}
}

// Close closes the file. Nothing is appended to it afterwards.
func (f *File) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.file == nil {
		return nil
	}
	err := f.file.Close()
	f.file = nil
	return err
}

// follow makes Committed record the tenant's heads from now on.
func (f *File) follow(tenant string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, ok := f.delivered[tenant]; !ok {
		f.delivered[tenant] = outbox.Heads{Tenant: tenant}
	}
}

// record appends heads whose entries are about to be delivered.
func (f *File) record(h outbox.Heads) {
	f.mu.Lock()
	defer f.mu.Unlock()
	before := f.delivered[h.Tenant]
	after := before.Merge(h)
	if after == before || after.Epoch == "" { // a feed is delivered only after its newest entries were read
		return
	}
	f.delivered[h.Tenant] = after
	if f.file == nil {
		return
	}
	f.noteFailureLocked(f.appendLocked([]outbox.Heads{after}))
}

// appendLocked appends heads to the file.
func (f *File) appendLocked(heads []outbox.Heads) error {
	if len(heads) == 0 {
		return nil
	}
	f.lines += len(heads)
	f.unsynced = true
	for _, h := range heads {
		f.recorded[h.Tenant] = f.recorded[h.Tenant].Merge(h)
	}
	err := appendLines(f.file, heads)
	f.torn = f.torn || err != nil
	return err
}

// noteFailureLocked logs the first of a series of failures.
func (f *File) noteFailureLocked(err error) {
	if err != nil && !f.failing {
		f.log.Warn("watermark file write failed; trying again", "file", f.path, "err", err)
	}
	f.failing = err != nil
}

// restore writes the file again if it was removed. When the database was removed with
// it, the next start must not take the folder for a new installation.
func (f *File) restore() error {
	f.mu.Lock()
	heads := slices.Collect(maps.Values(f.recorded))
	f.mu.Unlock()
	if _, err := os.Stat(f.path); len(heads) == 0 || !errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return f.write(heads)
}

// update appends the heads that have changed since the last time, when the database has,
// and syncs the file; or replaces it by a compact one. With whole it reads all heads, else
// it has those that this process has advanced. Only one call runs at a time.
func (f *File) update(ctx context.Context, whole bool) error {
	f.mu.Lock()
	before, torn := f.version, f.torn
	f.mu.Unlock()
	version, err := f.store.DataVersion(ctx)
	if err != nil {
		return errors.Join(err, f.restore())
	}
	if version == before && !torn {
		return nil
	}
	stale := f.isStale()
	if !whole && !stale {
		return f.advance(nil) // and leave the version, for the next one that is whole
	}
	heads, err := f.store.AllHeads(ctx)
	if err != nil {
		return err
	}
	if stale {
		f.mu.Lock()
		for i, h := range heads { // may have advanced meanwhile
			heads[i] = h.Merge(f.delivered[h.Tenant])
		}
		f.mu.Unlock()
		err = f.write(heads)
	} else {
		err = f.advance(heads)
	}
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.version = version
	return nil
}

// isStale reports whether the file must be replaced: there is none, somebody removed it,
// an append has failed, or its lines are many more than the tenants.
func (f *File) isStale() bool {
	f.mu.Lock()
	file, stale := f.file, f.torn || f.lines > max(compactLines, 2*len(f.recorded))
	f.mu.Unlock()
	if file == nil || stale {
		return true
	}
	opened, err := file.Stat()
	if err != nil {
		return true
	}
	present, err := os.Stat(f.path)
	return err != nil || !os.SameFile(opened, present)
}

// advance appends the heads that the file lacks, of these and of those that were
// committed, and waits for the disk without the lock.
func (f *File) advance(heads []outbox.Heads) error {
	f.mu.Lock()
	heads = slices.AppendSeq(heads, maps.Values(f.committed))
	clear(f.committed)
	var changed []outbox.Heads
	for _, h := range heads {
		known := f.recorded[h.Tenant]
		if h = known.Merge(h); h != known {
			changed = append(changed, h)
		}
	}
	err := f.appendLocked(changed)
	file, unsynced := f.file, f.unsynced
	f.unsynced = false
	f.mu.Unlock()
	if err == nil && unsynced {
		err = file.Sync()
	}
	return err
}
