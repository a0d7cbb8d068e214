package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/relay"
	"harang.dev/harang/internal/store"
)

// headsEvery is how often a headsFile is brought up to date and to the disk.
const headsEvery = 500 * time.Millisecond

// headsFile remembers, beside a SQLite file, how far every tenant's numbers
// have gone. A database that is behind it at the start is an older copy that
// was put back, or lost its last commits with the machine's power; numbers
// would be given out a second time then, and a client that comes back with one
// of the first time would be told that it missed nothing. Such a tenant begins
// a new epoch. Several nodes have the shared log for that.
//
// What is read or committed to be told to people is added to the file before they are told,
// so that not even a process that was killed in between has told more than the
// file says.
type headsFile struct {
	path  string
	store *store.Store
	log   *slog.Logger

	mu sync.Mutex // guards what follows
	// version is the database's change number and written the heads as they
	// were last written down.
	version int64
	written []harang.Heads
	// told is how far people may have been told.
	told map[string]harang.Heads
	// file is where told is added to; nil until it was written once.
	file    *os.File
	failing bool
}

// tellingSource is the database as the feeds read it: what is read is written
// down first.
type tellingSource struct {
	relay.Source
	heads *headsFile
}

// EntriesAfter returns a feed's entries after a number, ascending.
func (s tellingSource) EntriesAfter(ctx context.Context, feed harang.FeedID, after int64, limit int) ([]harang.Entry, error) {
	entries, err := s.Source.EntriesAfter(ctx, feed, after, limit)
	if n := len(entries); err == nil && n > 0 {
		h := harang.Heads{Tenant: feed.Tenant}
		switch number := entries[n-1].Number; feed.Audience {
		case harang.AudienceOperators:
			h.Operators = number
		case harang.AudienceManagers:
			h.Managers = number
		case harang.AudienceControl:
			h.Control = number
		}
		s.heads.tell(h)
	}
	return entries, err
}

// NewestEntries returns the heads and a feed's newest entries, ascending, in one
// consistent reading.
func (s tellingSource) NewestEntries(ctx context.Context, feed harang.FeedID, limit int) (harang.Heads, []harang.Entry, error) {
	s.heads.listen(feed.Tenant) // first: a commit may come between the reading and what it tells
	heads, entries, err := s.Source.NewestEntries(ctx, feed, limit)
	if err == nil {
		s.heads.tell(heads)
	}
	return heads, entries, err
}

// listen has what the tenant commits from now on told.
func (f *headsFile) listen(tenant string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, there := f.told[tenant]; !there {
		f.told[tenant] = harang.Heads{Tenant: tenant}
	}
}

// furthest is the later of two epochs, and in one epoch the higher of each
// number. No epoch, as of a tenant not known, stands for the other's.
func furthest(a, b harang.Heads) harang.Heads {
	switch {
	case b.Epoch == "":
		b.Tenant, b.Epoch = a.Tenant, a.Epoch
	case a.Epoch > b.Epoch:
		return a
	case a.Epoch < b.Epoch:
		return b
	}
	b.Operators, b.Managers, b.Control = max(a.Operators, b.Operators), max(a.Managers, b.Managers), max(a.Control, b.Control)
	return b
}

// tell adds to the file how far people will have been told.
func (f *headsFile) tell(h harang.Heads) {
	f.mu.Lock()
	defer f.mu.Unlock()
	before := f.told[h.Tenant]
	after := furthest(before, h)
	if after == before || after.Epoch == "" { // nobody hears a feed before its newest entries were read
		return
	}
	f.told[h.Tenant] = after
	if f.file == nil {
		return
	}
	f.failedLocked(add(f.file, after))
}

// committed is tell for heads that are relayed without being read. Tenants that
// nobody has listened to are left out.
func (f *headsFile) committed(h harang.Heads) {
	f.mu.Lock()
	_, heard := f.told[h.Tenant]
	f.mu.Unlock()
	if heard {
		f.tell(h)
	}
}

// failedLocked says so when writing begins to fail.
func (f *headsFile) failedLocked(err error) {
	if err != nil && !f.failing {
		f.log.Warn("the numbers given out could not be written down beside the database; it will be tried again", "file", f.path, "err", err)
	}
	f.failing = err != nil
}

func newHeadsFile(database string, st *store.Store, log *slog.Logger) *headsFile {
	return &headsFile{path: database + ".heads", store: st, log: log, version: -1, told: make(map[string]harang.Heads)}
}

// check compares the database with the file and begins new epochs where the
// database is behind. A file that is absent or cannot be read counts as ahead of
// everything that has numbers: the database may be a backup, brought here alone.
func (f *headsFile) check(ctx context.Context) error {
	text, err := os.ReadFile(f.path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	present, err := allHeads(ctx, f.store, "")
	if err != nil {
		return err
	}
	known, err := readHeads(text)
	unreadable := err != nil
	for _, h := range present {
		old := known[h.Tenant]
		behind := furthest(h, old) != h
		unused := h.Operators == 0 && h.Managers == 0 && h.Control == 0
		if !behind && (!unreadable || unused) {
			continue
		}
		epoch, err := f.store.NewEpoch(ctx, h.Tenant, max(h.Epoch, old.Epoch))
		if err != nil {
			return err
		}
		if behind {
			f.log.Warn("the database is older than when it was served last: everybody will be told the gap",
				"tenant", h.Tenant, "epoch", string(epoch), "number", h.Managers, "before", old.Managers)
		} else {
			f.log.Info("no file tells how far this database was served: who comes back will be told the gap",
				"tenant", h.Tenant, "epoch", string(epoch), "number", h.Managers, "file", f.path)
		}
	}
	return f.note(ctx)
}

// readHeads reads a file: the heads of all tenants, then those that went on, in
// the order in which they did.
func readHeads(text []byte) (map[string]harang.Heads, error) {
	lines := json.NewDecoder(bytes.NewReader(text))
	var all []harang.Heads
	err := lines.Decode(&all)
	for err == nil {
		var h harang.Heads
		if err = lines.Decode(&h); err == nil {
			all = append(all, h)
		}
	}
	known := make(map[string]harang.Heads, len(all))
	for _, h := range all {
		known[h.Tenant] = furthest(known[h.Tenant], h)
	}
	if errors.Is(err, io.EOF) && len(text) > 0 {
		err = nil
	}
	return known, err
}

// allHeads are the heads of one tenant, or of all when it is "", by tenant.
func allHeads(ctx context.Context, st *store.Store, tenant string) ([]harang.Heads, error) {
	tenants, err := tenantsOf(ctx, st, tenant)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(tenants))
	for i, t := range tenants {
		ids[i] = t.ID
	}
	heads, err := st.Heads(ctx, ids)
	slices.SortFunc(heads, func(a, b harang.Heads) int { return strings.Compare(a.Tenant, b.Tenant) })
	return heads, err
}

// note writes the heads down, if the database has changed.
func (f *headsFile) note(ctx context.Context) error {
	f.mu.Lock()
	before := f.version
	f.mu.Unlock()
	version, err := f.store.DataVersion(ctx)
	if err != nil || version == before {
		return err
	}
	heads, err := allHeads(ctx, f.store, "")
	if err != nil {
		return err
	}
	f.mu.Lock()
	for i, h := range heads { // told meanwhile
		heads[i] = furthest(h, f.told[h.Tenant])
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

// write replaces the file by one that is on the disk. Commits wait in tell, so
// the disk is waited for without the lock.
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
	err = errors.Join(err, file.Sync())
	if err == nil {
		err = f.replace(file, heads)
	}
	if err != nil {
		return errors.Join(err, file.Close(), os.Remove(file.Name()))
	}
	return nil
}

// replace puts a file with these heads in the place of the present one, with
// what was told since they were taken.
func (f *headsFile) replace(file *os.File, heads []harang.Heads) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	known := make(map[string]harang.Heads, len(heads))
	for _, h := range heads {
		known[h.Tenant] = h
	}
	for tenant, told := range f.told {
		if told = furthest(known[tenant], told); told != known[tenant] {
			if err := add(file, told); err != nil {
				return err
			}
		}
	}
	if err := os.Rename(file.Name(), f.path); err != nil {
		return err
	}
	if f.file != nil {
		_ = f.file.Close() // nothing reads it any more
	}
	f.file = file
	return nil
}

// add writes one line.
func add(file *os.File, h harang.Heads) error {
	text, err := json.Marshal(h)
	if err == nil {
		_, err = file.Write(append(text, '\n'))
	}
	return err
}

// close closes the file; nothing more is added to it.
func (f *headsFile) close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.file == nil {
		return nil
	}
	err := f.file.Close()
	f.file = nil
	return err
}

// run notes until ctx ends, and once more then.
func (f *headsFile) run(ctx context.Context) {
	ticker := time.NewTicker(headsEvery)
	defer ticker.Stop()
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
		f.mu.Lock()
		f.failedLocked(err)
		f.mu.Unlock()
		if ended {
			return
		}
	}
}
