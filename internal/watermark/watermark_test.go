package watermark

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"harang.dev/harang"
	"harang.dev/harang/internal/outbox"
	"harang.dev/harang/internal/relay"
	"harang.dev/harang/internal/shop"
	"harang.dev/harang/internal/store"
	"harang.dev/harang/internal/store/sqlite"
)

// open opens a SQLite database with the tenant budapest.
func open(t *testing.T, path string) *store.Store {
	t.Helper()
	st, err := sqlite.Open(t.Context(), "sqlite:"+path, store.Options{Clock: time.Now, NewID: uuid.NewString})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	if _, err := st.FindTenant(t.Context(), "budapest"); err != nil {
		if err := st.CreateTenant(t.Context(), harang.Tenant{ID: "budapest", Name: "Budapest"}); err != nil {
			t.Fatal(err)
		}
	}
	return st
}

// headsAfter returns the tenant's heads after the file was checked against the
// database, events were committed, and both were closed, as in one run of a server.
func headsAfter(t *testing.T, path string, events int) outbox.Heads {
	t.Helper()
	ctx := t.Context()
	st := open(t, path)
	f := New(path, st, slog.New(slog.DiscardHandler))
	if err := f.Check(ctx); err != nil {
		t.Fatal(err)
	}
	for range events {
		e, err := harang.NewEvent(harang.StockAlertType, uuid.NewString(), "budapest", time.Now(), harang.StockAlert{
			ProductID: "p", ProductName: "P", CurrentQuantity: 1, Threshold: 2, LocationID: "l", LocationName: "L",
			Severity: harang.SeverityCritical,
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := st.Within(ctx, func(tx shop.Tx) error { tx.Append(e); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	heads, err := st.AllHeads(ctx)
	if err != nil || len(heads) != 1 {
		t.Fatal(heads, err)
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if err := errors.Join(f.Run(ended), f.Close(), st.Close()); err != nil {
		t.Fatal(err)
	}
	return heads[0]
}

// A file that was removed together with the database comes back, so that the next
// start does not begin an empty database in silence.
func TestFile_RemovedWithDatabase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "harang.db")
	before := headsAfter(t, path, 3)
	st := open(t, path)
	f := New(path, st, slog.New(slog.DiscardHandler))
	defer func() { _ = f.Close() }()
	if err := f.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(path + "*")
	if err != nil || len(files) < 4 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.update(t.Context(), true); !errors.Is(err, store.ErrLost) {
		t.Errorf("update without a database: %v", err)
	}
	text, err := os.ReadFile(path + ".heads")
	if err != nil {
		t.Fatal(err)
	}
	if recorded, err := decode(text); err != nil || recorded["budapest"] != before {
		t.Errorf("recorded %+v, %v, want %+v", recorded, err, before)
	}
}

// A restart keeps the epoch. An older copy of the database begins a later one,
// and so does an unreadable or missing watermark file, because the database may
// have been copied without it.
func TestFile_OlderDatabase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "harang.db")
	copied := path + ".copy"
	first := headsAfter(t, path, 3)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(copied, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if again := headsAfter(t, path, 5); again.Epoch != first.Epoch ||
		again.Number(harang.AudienceOperators) != first.Number(harang.AudienceOperators)+5 {
		t.Fatalf("after a restart: %+v, before %+v", again, first)
	}
	for _, rest := range []string{"-wal", "-shm"} {
		if err := os.RemoveAll(path + rest); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Rename(copied, path); err != nil {
		t.Fatal(err)
	}
	restored := headsAfter(t, path, 7)
	if restored.Epoch <= first.Epoch {
		t.Errorf("after a backup was put back: %+v, before %+v", restored, first)
	}
	if again := headsAfter(t, path, 0); again != restored {
		t.Errorf("after another restart: %+v, before %+v", again, restored)
	}
	if err := os.WriteFile(path+".heads", []byte("?"), 0o600); err != nil {
		t.Fatal(err)
	}
	if odd := headsAfter(t, path, 0); odd.Epoch <= restored.Epoch {
		t.Errorf("with an unreadable file: %+v", odd)
	}
	known := headsAfter(t, path, 0)
	if err := os.Remove(path + ".heads"); err != nil {
		t.Fatal(err)
	}
	if alone := headsAfter(t, path, 0); alone.Epoch <= known.Epoch {
		t.Errorf("without the file: %+v, before %+v", alone, known)
	}
}

// Recorded heads are in the file at once, also when the process is killed before
// the next replacement.
func TestFile_RecordsBeforeDelivery(t *testing.T) {
	path := filepath.Join(t.TempDir(), "harang.db")
	st := open(t, path)
	heads, err := st.AllHeads(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	f := New(filepath.Join(t.TempDir(), "x"), st, slog.New(slog.DiscardHandler))
	if err := f.update(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(f.path); err != nil || !strings.Contains(string(text), `"budapest"`) {
		t.Errorf("%s %v", text, err)
	}
	f.record(outbox.Heads{Tenant: "unread", Numbers: outbox.NumbersOf(
		map[harang.Audience]int64{harang.AudienceManagers: 9})})
	f.record(heads[0])
	f.record(outbox.Heads{Tenant: "budapest",
		Numbers: outbox.NumbersOf(map[harang.Audience]int64{harang.AudienceManagers: 7})})
	f.record(outbox.Heads{Tenant: "budapest",
		Numbers: outbox.NumbersOf(map[harang.Audience]int64{harang.AudienceOperators: 3})})
	f.record(outbox.Heads{Tenant: "budapest",
		Numbers: outbox.NumbersOf(map[harang.Audience]int64{harang.AudienceManagers: 5})})
	text, err := os.ReadFile(f.path)
	if err != nil {
		t.Fatal(err)
	}
	want := outbox.Heads{Tenant: "budapest", Epoch: heads[0].Epoch,
		Numbers: outbox.NumbersOf(map[harang.Audience]int64{harang.AudienceOperators: 3, harang.AudienceManagers: 7})}
	if known, err := decode(text); err != nil || known["budapest"] != want || len(known) != 1 {
		t.Errorf("%s: %+v, %v", text, known, err)
	}
	if _, err := decode(text[:len(text)-5]); err == nil {
		t.Error("a torn file was read")
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// bothAt are the numbers of a tenant whose people's feeds are at n.
func bothAt(n int64) outbox.Numbers {
	return outbox.NumbersOf(map[harang.Audience]int64{harang.AudienceOperators: n, harang.AudienceManagers: n})
}

// A commit between the first read of a feed and its recording is relayed without
// being read: its heads are recorded all the same. So are heads that advance while
// the file is being replaced.
func TestFile_CommitDuringFirstRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "harang.db")
	st := open(t, path)
	f := New(filepath.Join(t.TempDir(), "x"), st, slog.New(slog.DiscardHandler))
	if err := f.update(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	heads, err := st.AllHeads(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	after := heads[0]
	after.Numbers = bothAt(1)
	f.Committed(after) // no feed was read
	inFile := func() outbox.Heads {
		t.Helper()
		text, err := os.ReadFile(f.path)
		if err != nil {
			t.Fatal(err)
		}
		known, err := decode(text)
		if err != nil {
			t.Fatal(err)
		}
		return known["budapest"]
	}
	if got := inFile(); got != heads[0] {
		t.Errorf("no feed was read, and the file has %+v", got)
	}
	after.Numbers = bothAt(2)
	source := f.Source(busySource{st, func() { f.Committed(after) }})
	managers := harang.FeedID{Tenant: "budapest", Audience: harang.AudienceManagers}
	if _, _, err := source.NewestEntries(t.Context(), managers, 50); err != nil {
		t.Fatal(err)
	}
	if got := inFile(); got != after {
		t.Errorf("the file has %+v, want %+v", got, after)
	}
	before := after
	after.Numbers = bothAt(3)
	f.Committed(after)
	other := outbox.Heads{Tenant: "debrecen", Epoch: after.Epoch,
		Numbers: outbox.NumbersOf(map[harang.Audience]int64{harang.AudienceManagers: 4})}
	f.follow("debrecen")
	f.record(other)
	if err := f.write([]outbox.Heads{before}); err != nil {
		t.Fatal(err)
	}
	if got := inFile(); got != after {
		t.Errorf("after the file was replaced: %+v, want %+v", got, after)
	}
	text, err := os.ReadFile(f.path)
	if err != nil {
		t.Fatal(err)
	}
	if known, err := decode(text); err != nil || known["debrecen"] != other {
		t.Errorf("%s: %+v, %v", text, known, err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// An update writes the heads that have changed, however many tenants there are, and the
// file is replaced when it has become long, was removed, or has a torn line.
func TestFile_WritesWhatChanged(t *testing.T) {
	ctx, path := t.Context(), filepath.Join(t.TempDir(), "harang.db")
	st := open(t, path)
	const tenants = 300
	for i := range tenants {
		if err := st.CreateTenant(ctx, harang.Tenant{ID: fmt.Sprintf("t%03d", i), Name: "T"}); err != nil {
			t.Fatal(err)
		}
	}
	f := New(path, st, slog.New(slog.DiscardHandler))
	defer func() { _ = f.Close() }()
	commit := func(tenant string) {
		t.Helper()
		e, err := harang.NewEvent(harang.RentalCreatedType, "", tenant, time.Time{}, harang.RentalCreated{
			RentalID: "r", PartnerID: "p", PartnerName: "P", EquipmentCount: 1, Currency: harang.CurrencyHUF,
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := st.Within(ctx, func(tx shop.Tx) error { tx.Append(e); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	// updated returns by how many bytes an update makes the file longer; it must have all
	// heads of the database then.
	updated := func() int {
		t.Helper()
		before, _ := os.ReadFile(f.path)
		if err := f.update(ctx, true); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(f.path)
		if err != nil {
			t.Fatal(err)
		}
		recorded, err := decode(text)
		if err != nil {
			t.Fatal(err)
		}
		heads, err := st.AllHeads(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range heads {
			if recorded[h.Tenant] != h {
				t.Fatalf("the file has %+v, want %+v", recorded[h.Tenant], h)
			}
		}
		return len(text) - len(before)
	}
	whole := updated()
	// What this process has advanced is written before all heads are read.
	commit("t200")
	heads, err := st.Heads(ctx, []string{"t200"})
	if err != nil {
		t.Fatal(err)
	}
	f.Committed(heads[0])
	if err := f.update(ctx, false); err != nil {
		t.Fatal(err)
	}
	if n := updated(); n != 0 {
		t.Errorf("%d bytes were appended after what was committed", n)
	}
	for range 3 {
		commit("t007")
		commit("t123")
		if n := updated(); n < 2 || n > whole/50 {
			t.Errorf("two tenants of %d have changed, and %d bytes were appended to %d", tenants, n, whole)
		}
	}
	if n := updated(); n != 0 {
		t.Errorf("nothing has changed, and %d bytes were appended", n)
	}

	if err := os.Remove(f.path); err != nil {
		t.Fatal(err)
	}
	commit("t007")
	if n := updated(); n < whole {
		t.Errorf("%d bytes after the file was removed", n)
	}
	f.follow("t007")
	if heads, err = st.Heads(ctx, []string{"t007"}); err != nil {
		t.Fatal(err)
	}
	for range compactLines + 1 {
		heads[0].Advance(harang.AudienceControl, 1)
		f.record(heads[0])
	}
	f.delivered["t007"] = outbox.Heads{} // those numbers are not in the database
	commit("t123")
	if n := updated(); n > -compactLines {
		t.Errorf("a long file has grown by %d bytes", n)
	}
	if _, err := f.file.WriteString(`{"tenant":"t0`); err != nil {
		t.Fatal(err)
	}
	f.torn = true // as after the write of a part of a line
	updated()
}

// busySource calls then right after each read.
type busySource struct {
	relay.Source
	then func()
}

func (s busySource) NewestEntries(ctx context.Context, feed harang.FeedID, limit int) (outbox.Heads,
	[]outbox.Entry, error) {
	defer s.then()
	return s.Source.NewestEntries(ctx, feed, limit)
}

// A folder that is missing fails the update, not the server.
func TestFile_NotWritable(t *testing.T) {
	st := open(t, filepath.Join(t.TempDir(), "harang.db"))
	f := New(filepath.Join(t.TempDir(), "nowhere", "harang.db"), st, slog.New(slog.DiscardHandler))
	if err := f.update(t.Context(), true); err == nil {
		t.Error("written")
	}
}
