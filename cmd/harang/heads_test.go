package main

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/relay"
	"harang.dev/harang/internal/store"
)

// headsOf are a tenant's heads after a server on the file has started and
// stopped.
func headsOf(t *testing.T, database string, events int) harang.Heads {
	t.Helper()
	s := serve(t, database)
	ctx := t.Context()
	if _, err := s.store.FindTenant(ctx, "budapest"); err != nil {
		if err := s.store.CreateTenant(ctx, harang.Tenant{ID: "budapest", Name: "Budapest"}); err != nil {
			t.Fatal(err)
		}
	}
	for range events {
		e, err := harang.NewEvent(harang.StockAlertType, newID(), "budapest", time.Now(), harang.StockAlert{
			ProductID: "p", ProductName: "P", CurrentQuantity: 1, Threshold: 2, LocationID: "l", LocationName: "L", Severity: harang.SeverityCritical,
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.store.Within(ctx, func(tx *store.Tx) error { tx.Append(e); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	heads, err := s.store.Heads(ctx, []string{"budapest"})
	if err != nil || len(heads) != 1 {
		t.Fatal(heads, err)
	}
	s.stop()
	return heads[0]
}

// A restart keeps the epoch; an older copy of the file put back begins a later
// one, and so does a file of heads that says nothing or is not there, because
// the database was brought here alone.
func TestHeadsFile_OlderDatabase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "harang.db")
	database, copied := "sqlite:"+path, path+".copy"
	first := headsOf(t, database, 3)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(copied, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if again := headsOf(t, database, 5); again.Epoch != first.Epoch || again.Operators != first.Operators+5 {
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
	restored := headsOf(t, database, 7)
	if restored.Epoch <= first.Epoch {
		t.Errorf("after a backup was put back: %+v, before %+v", restored, first)
	}
	if again := headsOf(t, database, 0); again != restored {
		t.Errorf("after another restart: %+v, before %+v", again, restored)
	}
	if err := os.WriteFile(path+".heads", []byte("?"), 0o600); err != nil {
		t.Fatal(err)
	}
	if odd := headsOf(t, database, 0); odd.Epoch <= restored.Epoch {
		t.Errorf("with an unreadable file: %+v", odd)
	}
	known := headsOf(t, database, 0)
	if err := os.Remove(path + ".heads"); err != nil {
		t.Fatal(err)
	}
	if alone := headsOf(t, database, 0); alone.Epoch <= known.Epoch {
		t.Errorf("without the file: %+v, before %+v", alone, known)
	}
}

// What people are told is in the file at once, also when the process is killed
// before the next time that all is written down.
func TestHeadsFile_TellsFirst(t *testing.T) {
	path := filepath.Join(t.TempDir(), "harang.db")
	s := serve(t, "sqlite:"+path)
	if err := s.store.CreateTenant(t.Context(), harang.Tenant{ID: "budapest", Name: "Budapest"}); err != nil {
		t.Fatal(err)
	}
	heads, err := s.store.Heads(t.Context(), []string{"budapest"})
	if err != nil {
		t.Fatal(err)
	}
	f := newHeadsFile(filepath.Join(t.TempDir(), "x"), s.store, slog.New(slog.DiscardHandler))
	if err := f.note(t.Context()); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(f.path); err != nil || !strings.Contains(string(text), `"budapest"`) {
		t.Errorf("%s %v", text, err)
	}
	f.tell(harang.Heads{Tenant: "unread", Managers: 9})
	f.tell(heads[0])
	f.tell(harang.Heads{Tenant: "budapest", Managers: 7})
	f.tell(harang.Heads{Tenant: "budapest", Operators: 3})
	f.tell(harang.Heads{Tenant: "budapest", Managers: 5})
	text, err := os.ReadFile(f.path)
	if err != nil {
		t.Fatal(err)
	}
	want := harang.Heads{Tenant: "budapest", Epoch: heads[0].Epoch, Operators: 3, Managers: 7}
	if known, err := readHeads(text); err != nil || known["budapest"] != want || len(known) != 1 {
		t.Errorf("%s: %+v, %v", text, known, err)
	}
	if _, err := readHeads(text[:len(text)-5]); err == nil {
		t.Error("a torn file was read")
	}
	if err := f.close(); err != nil {
		t.Fatal(err)
	}
}

// A commit that comes between the first reading of a feed and what that reading
// tells is relayed without being read: it is in the file all the same. So is what
// is told while the file is being replaced.
func TestHeadsFile_CommitDuringTheFirstReading(t *testing.T) {
	path := filepath.Join(t.TempDir(), "harang.db")
	s := serve(t, "sqlite:"+path)
	if err := s.store.CreateTenant(t.Context(), harang.Tenant{ID: "budapest", Name: "Budapest"}); err != nil {
		t.Fatal(err)
	}
	f := newHeadsFile(filepath.Join(t.TempDir(), "x"), s.store, slog.New(slog.DiscardHandler))
	if err := f.note(t.Context()); err != nil {
		t.Fatal(err)
	}
	heads, err := allHeads(t.Context(), s.store, "")
	if err != nil {
		t.Fatal(err)
	}
	after := heads[0]
	after.Operators, after.Managers = 1, 1
	f.committed(after) // nobody listens
	inFile := func() harang.Heads {
		t.Helper()
		text, err := os.ReadFile(f.path)
		if err != nil {
			t.Fatal(err)
		}
		known, err := readHeads(text)
		if err != nil {
			t.Fatal(err)
		}
		return known["budapest"]
	}
	if got := inFile(); got != heads[0] {
		t.Errorf("nobody listens, and the file has %+v", got)
	}
	after.Operators, after.Managers = 2, 2
	source := tellingSource{busySource{s.store, func() { f.committed(after) }}, f}
	managers := harang.FeedID{Tenant: "budapest", Audience: harang.AudienceManagers}
	if _, _, err := source.NewestEntries(t.Context(), managers, 50); err != nil {
		t.Fatal(err)
	}
	if got := inFile(); got != after {
		t.Errorf("the file has %+v, want %+v", got, after)
	}
	before := after
	after.Operators, after.Managers = 3, 3
	f.committed(after)
	other := harang.Heads{Tenant: "debrecen", Epoch: after.Epoch, Managers: 4}
	f.listen("debrecen")
	f.tell(other)
	if err := f.write([]harang.Heads{before}); err != nil {
		t.Fatal(err)
	}
	if got := inFile(); got != after {
		t.Errorf("after the file was replaced: %+v, want %+v", got, after)
	}
	text, err := os.ReadFile(f.path)
	if err != nil {
		t.Fatal(err)
	}
	if known, err := readHeads(text); err != nil || known["debrecen"] != other {
		t.Errorf("%s: %+v, %v", text, known, err)
	}
	if err := f.close(); err != nil {
		t.Fatal(err)
	}
}

// busySource is a database where something happens right after each reading.
type busySource struct {
	relay.Source
	then func()
}

func (s busySource) NewestEntries(ctx context.Context, feed harang.FeedID, limit int) (harang.Heads, []harang.Entry, error) {
	defer s.then()
	return s.Source.NewestEntries(ctx, feed, limit)
}

// Where the file cannot be written the server goes on.
func TestHeadsFile_NotWritable(t *testing.T) {
	s := serve(t, "sqlite:"+filepath.Join(t.TempDir(), "harang.db"))
	if err := s.store.CreateTenant(t.Context(), harang.Tenant{ID: "budapest", Name: "Budapest"}); err != nil {
		t.Fatal(err)
	}
	f := newHeadsFile(filepath.Join(t.TempDir(), "nowhere", "harang.db"), s.store, slog.New(slog.DiscardHandler))
	if err := f.note(t.Context()); err == nil {
		t.Error("written")
	}
}
