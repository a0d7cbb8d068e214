package main

import (
	"bytes"
	"context"
	"encoding/json"
	"path/filepath"
	"testing"
	"time"

	"harang.dev/harang/internal/gateway"
	"harang.dev/harang/internal/sioclient"
	"harang.dev/harang/internal/testtime"
)

// resume connects with an earlier position and returns the reason of the gap, ""
// for none.
func (s *testServer) resume(token, pid, offset string) (_ *sioclient.Client, reason string) {
	s.t.Helper()
	c, err := sioclient.Dial(s.t.Context(), s.URL())
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = c.Close() })
	if err := c.Connect(s.t.Context(), gateway.Namespace,
		map[string]string{"token": token, "pid": pid, "offset": offset}); err != nil {
		s.t.Fatal(err)
	}
	var session struct {
		Position  string
		Recovered bool
		Gap       *struct{ Reason string }
	}
	e := s.next(c)
	if err := json.Unmarshal(e.Args[0], &session); err != nil || e.Name != "session" ||
		session.Recovered == (session.Gap != nil) {
		s.t.Fatalf("%s %s %v", e.Name, e.Args, err)
	}
	if session.Gap != nil {
		reason = session.Gap.Reason
	}
	return c, reason
}

// Beside a running server, the connections of that tenant are closed within a
// second and report the gap once when they return; other tenants are not affected.
func TestRestored_BesideServe(t *testing.T) {
	s := newServer(t, "sqlite:"+filepath.Join(t.TempDir(), "harang.db"), withDemo)
	token, other := s.login("manager@budapest.demo"), s.login("manager@debrecen.demo")
	own, foreign := s.connect(token), s.connect(other)
	head := func(token string) string {
		_, m := s.call(token, "GET", "/api/v1/notifications", "")
		head, _ := m["head"].(string)
		return head
	}
	before, elsewhere := head(token), head(other)
	s.command("restored", "--tenant", "budapest")
	began := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), testtime.Limit)
	defer cancel()
	closed := func(c *sioclient.Client) {
		t.Helper()
		e, err := c.Next(ctx)
		if err != nil || e.Name != "goodbye" || !bytes.Contains(e.Args[0], []byte(`"FEEDS_RESET"`)) {
			t.Fatalf("%s %s %v", e.Name, e.Args, err)
		}
		if e, err := c.Next(ctx); err == nil || ctx.Err() != nil {
			t.Fatalf("not closed: %s %v", e.Name, err)
		}
	}
	closed(own)
	testtime.Promise(t, "the connection is closed", time.Since(began), time.Second)
	back, reason := s.resume(token, own.PID, before)
	if reason == "" { // it returned before the new epoch of this feed was read
		closed(back)
		back, reason = s.resume(token, back.PID, before)
	}
	if reason != "epoch" {
		t.Errorf("reason %q", reason)
	}
	if _, reason := s.resume(token, back.PID, head(token)); reason != "" {
		t.Errorf("on the next return: %q", reason)
	}
	if _, reason := s.resume(other, foreign.PID, elsewhere); reason != "" {
		t.Errorf("another tenant: %q", reason)
	}
}
