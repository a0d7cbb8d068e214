package faults

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/sioclient"
	"harang.dev/harang/internal/testtime"
)

// listener is a connection that notes the last event it received.
type listener struct {
	*connection
	received string
}

func (p *listener) note(t *testing.T, e sioclient.Event) {
	t.Helper()
	var event struct{ EventID string }
	if err := json.Unmarshal(e.Args[0], &event); err != nil {
		t.Fatal(err)
	}
	p.offset, p.received = e.Offset(), event.EventID
}

// sessionEvent is the session event after a return.
type sessionEvent struct {
	Recovered      bool
	Replayed       int
	Position, Head string
	Gap            *struct {
		Reason string
		Missed *int64
	}
}

// resume reconnects with a pid and an offset, reads the replay and checks that it follows the position
// without a hole up to the head.
func resume(t *testing.T, base, token string, before *connection) (*listener, sessionEvent) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), testtime.Limit)
	defer cancel()
	conn, err := sioclient.Dial(ctx, base)
	if err != nil {
		t.Fatal(err)
	}
	auth := map[string]string{"token": token, "pid": before.pid, "offset": before.offset}
	if err := conn.Connect(ctx, "/ws/dashboard", auth); err != nil {
		t.Fatal(err)
	}
	first, err := conn.Next(ctx)
	if err != nil || first.Name != "session" {
		t.Fatalf("%q instead of session, %v", first.Name, err)
	}
	var v sessionEvent
	if err := json.Unmarshal(first.Args[0], &v); err != nil {
		t.Fatal(err)
	}
	now := &listener{connection: &connection{conn, conn.PID, first.Offset()}}
	number := numberOf(v.Position)
	for range v.Replayed {
		e, err := now.conn.Next(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if numberOf(e.Offset()) != number+1 {
			t.Errorf("the replay has %s after number %d", e.Offset(), number)
		}
		now.note(t, e)
		number++
	}
	if now.offset != v.Head {
		t.Errorf("after the replay the position is %s, the head was %s", now.offset, v.Head)
	}
	return now, v
}

// wantGap checks the gap of a session; missed below 0 means an unknown number.
func (v sessionEvent) wantGap(t *testing.T, what, reason string, missed int64, replayed int) {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	switch {
	case v.Recovered || v.Gap == nil || v.Gap.Reason != reason || v.Replayed != replayed,
		missed < 0 && v.Gap.Missed != nil,
		missed >= 0 && (v.Gap.Missed == nil || *v.Gap.Missed != missed):
		t.Errorf("%s: %s, want reason %s, %d missed, %d replayed", what, text, reason, missed, replayed)
	}
}

// connectAndCut connects and ends the connection at once, to return to it later.
func connectAndCut(t *testing.T, base, token string) *connection {
	t.Helper()
	s, _, err := connect(t.Context(), base, token, nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = s.conn.Cut()
	return s
}

// TestGap_TooMany: more events than the window has.
func TestGap_TooMany(t *testing.T) {
	c := startSQLite(t)
	p, token := newProducer(c), c.token(t, "STORE_MANAGER")
	watcher := open(t, "watcher", token, c.bases()...)
	missed := int64(0)
	for range count(20, 100) {
		s := connectAndCut(t, c.nodes[0].base, token)
		over := 1 + rand.IntN(40)
		if err := p.send(t.Context(), 0, 50+over); err != nil {
			t.Fatal(err)
		}
		watcher.awaitNumber(t, int64(p.count()))
		now, v := resume(t, c.nodes[0].base, token, s)
		_ = now.conn.Cut()
		v.wantGap(t, fmt.Sprintf("%d events", 50+over), "overflow", int64(over), 50)
		if now.pid == s.pid {
			t.Error("the pid was kept")
		}
		missed += int64(over)
	}
	t.Logf("%d gaps, %d events missed in all", count(20, 100), missed)
}

// TestGap_OtherEpoch: positions of other epochs, and of other databases.
func TestGap_OtherEpoch(t *testing.T) {
	c := startSQLite(t)
	p, token := newProducer(c), c.token(t, "STORE_MANAGER")
	p.mustSend(t, 0, 20)
	for i := range count(20, 100) {
		s := connectAndCut(t, c.nodes[0].base, token)
		at, ok := harang.ParsePosition(s.offset)
		if !ok {
			t.Fatal(s.offset)
		}
		// Earlier or later by up to a day, at, before or after the head.
		at.Epoch = harang.NewEpoch(time.Now().Add(time.Duration(i-25)*time.Hour), rand.Uint32(), "")
		at.Number += rand.Int64N(20) - 10
		now, v := resume(t, c.nodes[0].base, token, &connection{pid: s.pid, offset: at.String()})
		_ = now.conn.Cut()
		v.wantGap(t, at.String(), "epoch", -1, 0)
	}
}

// TestGap_OtherFeed: the role was changed meanwhile, so the position is one of another feed.
func TestGap_OtherFeed(t *testing.T) {
	c := startSQLite(t)
	const email, secret = "kata@example.com", "correct horse battery"
	password := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(password, []byte(secret), 0o600); err != nil {
		t.Fatal(err)
	}
	roles := []string{"STORE_MANAGER", "OPERATOR"}
	c.command(t, "user", "add", email, "--tenant", tenant, "--name", "Kata", "--role", roles[0],
		"--password-file", password)
	token := (&sessions{c: c, email: email, password: secret}).login(t)
	admin := c.token(t, "ADMIN")
	var users struct{ Items []struct{ ID string } }
	c.call(t, admin, "GET", "/api/v1/admin/users", "", &users)
	if len(users.Items) != 1 {
		t.Fatal(users)
	}
	p := newProducer(c)
	for round := range count(20, 100) {
		s := connectAndCut(t, c.nodes[0].base, token)
		p.mustSend(t, 0, rand.IntN(3))
		c.call(t, admin, "PATCH", "/api/v1/admin/users/"+users.Items[0].ID, `{"role":"`+roles[(round+1)%2]+`"}`, nil)
		now, v := resume(t, c.nodes[0].base, token, s)
		_ = now.conn.Cut()
		v.wantGap(t, s.offset, "epoch", -1, 0)
		if letter := []string{":o:", ":m:"}[round%2]; !strings.Contains(v.Head, letter) {
			t.Errorf("%s is not a position of the new role", v.Head)
		}
	}
}

// call sends a request to the first node and decodes the answer unless into is nil.
func (c *cluster) call(t *testing.T, token, method, path, body string, into any) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, c.nodes[0].base+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	answer, err := c.http.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode >= 300 {
		t.Fatalf("%s %s: %d %s %v", method, path, answer.StatusCode, text, err)
	}
	if into != nil {
		if err := json.Unmarshal(text, into); err != nil {
			t.Fatal(err)
		}
	}
}

// TestGap_Ahead: positions after the head.
func TestGap_Ahead(t *testing.T) {
	c := startSQLite(t)
	p, token := newProducer(c), c.token(t, "STORE_MANAGER")
	for range count(20, 100) {
		p.mustSend(t, 0, 1)
		s := connectAndCut(t, c.nodes[0].base, token)
		at, ok := harang.ParsePosition(s.offset)
		if !ok {
			t.Fatal(s.offset)
		}
		at.Number += 1 + rand.Int64N(100)
		now, v := resume(t, c.nodes[0].base, token, &connection{pid: s.pid, offset: at.String()})
		_ = now.conn.Cut()
		v.wantGap(t, at.String(), "ahead", -1, 0)
	}
}

// TestGap_RolledBack: the database is replaced by an earlier copy and grows again: not at all, less,
// exactly as far, and further than the numbers that were delivered. A position from before the rollback is
// never recovered.
func TestGap_RolledBack(t *testing.T) {
	c := startSQLite(t)
	file := strings.TrimPrefix(c.database, "sqlite:")
	backup := filepath.Join(t.TempDir(), "backup.db")
	p, token := newProducer(c), c.token(t, "STORE_MANAGER")
	base := c.nodes[0].base
	growths := make(map[string]int)
	for round := range count(20, 100) {
		p.mustSend(t, 0, 1+rand.IntN(3))
		copyDatabase(t, file, backup)
		dropped := 1 + rand.IntN(6)
		before, _, err := connect(t.Context(), base, token, nil)
		if err != nil {
			t.Fatal(err)
		}
		s := &listener{connection: before}
		p.mustSend(t, 0, dropped)
		s.readUntilLast(t, p)
		_ = s.conn.Cut()
		if round%5 == 0 {
			c.nodes[0].Stop(t)
		} else {
			c.nodes[0].Kill(t)
		}
		for _, suffix := range []string{"-wal", "-shm"} {
			if err := os.Remove(file + suffix); err != nil && !os.IsNotExist(err) {
				t.Fatal(err)
			}
		}
		if err := os.Rename(backup, file); err != nil {
			t.Fatal(err)
		}
		c.nodes[0].Start(t)
		growth := []int{0, dropped - 1, dropped, dropped + 1 + rand.IntN(30)}[round%4]
		p.mustSend(t, 0, growth)
		now, v := resume(t, base, token, s.connection)
		v.wantGap(t, fmt.Sprintf("%d events lost, %d new", dropped, growth), "epoch", -1, 0)
		growths[[]string{"none", "less", "as far", "further"}[round%4]]++
		// The new epoch is recovered as usual.
		p.mustSend(t, 0, 1)
		now.readUntilLast(t, p)
		_ = now.conn.Cut()
		p.mustSend(t, 0, 2)
		again, v := resume(t, base, token, now.connection)
		if !v.Recovered || again.pid != now.pid {
			t.Errorf("after the new epoch: %+v", v)
		}
		if again.readUntilLast(t, p); numberOf(again.offset) != numberOf(now.offset)+2 {
			t.Errorf("after the new epoch %s is followed by %s", now.offset, again.offset)
		}
		_ = again.conn.Cut()
	}
	t.Logf("rolled back %d times, grown again: %v; always a gap, never recovered", count(20, 100), growths)
}

// readUntilLast reads until the event that was accepted last.
func (s *listener) readUntilLast(t *testing.T, p *producer) {
	t.Helper()
	want := p.all()[fmt.Sprintf("s-%06d", p.next.Load())]
	for s.received != want {
		e, err := next(t.Context(), s.conn)
		if err != nil {
			t.Fatalf("%s was not received: %v", want, err)
		}
		if got := numberOf(e.Offset()); got >= 0 {
			if got != numberOf(s.offset)+1 {
				t.Errorf("%s is followed by %s", s.offset, e.Offset())
			}
			s.note(t, e)
		}
	}
}

// copyDatabase makes a backup as administrators do, while the program works.
func copyDatabase(t *testing.T, file, to string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(t.Context(), "VACUUM INTO '"+to+"'"); err != nil {
		t.Fatal(err)
	}
}
