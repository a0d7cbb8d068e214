package watermark

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"slices"
	"sync"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/outbox"
)

// interval is how often the file is replaced by a compact one on the disk.
const interval = 500 * time.Millisecond

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
	// version is the database's data version, and written the heads, at the
	// last replacement of the file.
	version int64
	written []outbox.Heads
	// delivered is how far entries may have been delivered, by tenant. Only
	// tenants whose feeds were read are in it.
	delivered map[string]outbox.Heads
	// file takes the appended lines; nil before the first replacement and after
	// Close.
	file    *os.File
	failing bool
}

// Path returns the watermark file's path for a SQLite database file.
func Path(database string) string { return database + ".heads" }

// New returns the watermark file of a SQLite database. It touches no file yet.
func New(database string, st Store, log *slog.Logger) *File {
	return &File{path: Path(database), store: st, log: log, version: -1, delivered: make(map[string]outbox.Heads)}
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
	return f.update(ctx)
}

// Committed records heads that will be relayed without being read. Tenants whose
// feeds nobody has read are left out.
func (f *File) Committed(h outbox.Heads) {
	f.mu.Lock()
	_, followed := f.delivered[h.Tenant]
	f.mu.Unlock()
	if followed {
		f.record(h)
	}
}

// Run keeps the file compact until ctx ends, and updates it once more then.
func (f *File) Run(ctx context.Context) error {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		ended := false
		select {
		case <-ctx.Done():
			ended = true
		case <-ticker.C:
		}
		limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		err := f.update(limited)
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
	f.noteFailureLocked(appendLine(f.file, after))
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
	written := f.written
	f.mu.Unlock()
	if _, err := os.Stat(f.path); len(written) == 0 || !errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return f.write(written)
}

// update replaces the file when the database has changed since the last time.
func (f *File) update(ctx context.Context) error {
	f.mu.Lock()
	before := f.version
	f.mu.Unlock()
	version, err := f.store.DataVersion(ctx)
	if err != nil {
		return errors.Join(err, f.restore())
	}
	if version == before {
		return nil
	}
	heads, err := f.store.AllHeads(ctx)
	if err != nil {
		return err
	}
	f.mu.Lock()
	for i, h := range heads { // may have advanced meanwhile
		heads[i] = h.Merge(f.delivered[h.Tenant])
	}
	same := slices.Equal(heads, f.written)
	f.mu.Unlock()
	if !same {
		if err := f.write(heads); err != nil {
			return err
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.version, f.written = version, heads
	return nil
}
