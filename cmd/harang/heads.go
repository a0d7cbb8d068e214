package main

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/store"
)

// headsEvery is how often a headsFile is brought up to date.
const headsEvery = 500 * time.Millisecond

// headsFile remembers, beside a SQLite file, how far every tenant's numbers
// have gone. A database that is behind it at the start is an older copy that
// was put back, or lost its last commits with the machine's power; numbers
// would be given out a second time then, and a client that comes back with one
// of the first time would be told that it missed nothing. Such a tenant begins
// a new epoch. Several nodes have the shared log for that.
type headsFile struct {
	path  string
	store *store.Store
	log   *slog.Logger

	// version is the database's change number and written the heads as they
	// were last written down.
	version int64
	written []harang.Heads
}

func newHeadsFile(database string, st *store.Store, log *slog.Logger) *headsFile {
	return &headsFile{path: database + ".heads", store: st, log: log, version: -1}
}

// check compares the database with the file and begins new epochs where the
// database is behind. A file that cannot be read counts as ahead of everything.
func (f *headsFile) check(ctx context.Context) error {
	text, err := os.ReadFile(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return f.note(ctx)
	}
	if err != nil {
		return err
	}
	present, err := f.heads(ctx)
	if err != nil {
		return err
	}
	var before []harang.Heads
	unreadable := json.Unmarshal(text, &before) != nil
	known := make(map[string]harang.Heads, len(before))
	for _, h := range before {
		known[h.Tenant] = h
	}
	for _, h := range present {
		old := known[h.Tenant]
		behind := old.Epoch == h.Epoch && (h.Operators < old.Operators || h.Managers < old.Managers || h.Control < old.Control)
		if !behind && !unreadable {
			continue
		}
		epoch, err := f.store.NewEpoch(ctx, h.Tenant, h.Epoch)
		if err != nil {
			return err
		}
		f.log.Warn("the database is older than when it was served last: everybody will be told the gap",
			"tenant", h.Tenant, "epoch", string(epoch), "number", h.Managers, "before", old.Managers)
	}
	return f.note(ctx)
}

// heads are those of all tenants, by tenant.
func (f *headsFile) heads(ctx context.Context) ([]harang.Heads, error) {
	const page = 500
	var all []harang.Heads
	for after := ""; ; {
		tenants, err := f.store.FindTenants(ctx, after, page)
		if err != nil {
			return nil, err
		}
		ids := make([]string, len(tenants))
		for i, t := range tenants {
			ids[i] = t.ID
		}
		heads, err := f.store.Heads(ctx, ids)
		if err != nil {
			return nil, err
		}
		all = append(all, heads...)
		if len(tenants) < page {
			slices.SortFunc(all, func(a, b harang.Heads) int { return strings.Compare(a.Tenant, b.Tenant) })
			return all, nil
		}
		after = ids[len(ids)-1]
	}
}

// note writes the heads down, if the database has changed.
func (f *headsFile) note(ctx context.Context) error {
	version, err := f.store.DataVersion(ctx)
	if err != nil || version == f.version {
		return err
	}
	heads, err := f.heads(ctx)
	if err != nil {
		return err
	}
	if !slices.Equal(heads, f.written) {
		if err := f.write(heads); err != nil {
			return err
		}
	}
	f.version, f.written = version, heads
	return nil
}

// write replaces the file; it is on the disk when write returns.
func (f *headsFile) write(heads []harang.Heads) error {
	text, err := json.Marshal(heads)
	if err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(f.path), ".heads-*")
	if err != nil {
		return err
	}
	_, err = file.Write(append(text, '\n'))
	err = errors.Join(err, file.Sync(), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), f.path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return nil
}

// run notes until ctx ends, and once more then.
func (f *headsFile) run(ctx context.Context) {
	ticker := time.NewTicker(headsEvery)
	defer ticker.Stop()
	failing := false
	for {
		ended := false
		select {
		case <-ctx.Done():
			ended = true
		case <-ticker.C:
		}
		limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		err := f.note(limited)
		cancel()
		if err != nil && !failing {
			f.log.Warn("the numbers given out could not be written down beside the database; it will be tried again", "file", f.path, "err", err)
		}
		failing = err != nil
		if ended {
			return
		}
	}
}
