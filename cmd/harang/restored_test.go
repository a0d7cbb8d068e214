package main

import (
	"context"
	"encoding/json"
	"path/filepath"
	"testing"
	"time"

	"harang.dev/harang/internal/gateway"
	"harang.dev/harang/internal/sioclient"
)

// returned comes back with a place of before and answers the gap's reason, ""
// for none.
func (s *serving) returned(token, pid, offset string) (_ *sioclient.Client, reason string) {
	s.t.Helper()
	c, err := sioclient.Dial(s.t.Context(), s.URL())
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = c.Close() })
	if err := c.Connect(s.t.Context(), gateway.Namespace, map[string]string{"token": token, "pid": pid, "offset": offset}); err != nil {
		s.t.Fatal(err)
	}
	var told struct {
		Position  string
		Recovered bool
		Gap       *struct{ Reason string }
	}
	e := s.next(c)
	if err := json.Unmarshal(e.Args[0], &told); err != nil || e.Name != "session" || told.Recovered == (told.Gap != nil) {
		s.t.Fatalf("%s %s %v", e.Name, e.Args, err)
	}
	if told.Gap != nil {
		reason = told.Gap.Reason
	}
	return c, reason
}

// Beside a running server: whoever is connected to that tenant is cut within a
// second and told the gap on return, once; another tenant notices nothing.
func TestRestored_BesideServe(t *testing.T) {
	s := serve(t, "sqlite:"+filepath.Join(t.TempDir(), "harang.db"), withDemo)
	token, other := s.login("manager@budapest.demo"), s.login("manager@debrecen.demo")
	here, there := s.connect(token), s.connect(other)
	head := func(token string) string {
		_, m := s.call(token, "GET", "/api/v1/notifications", "")
		head, _ := m["head"].(string)
		return head
	}
	before, elsewhere := head(token), head(other)
	s.command("restored", "--tenant", "budapest")
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	cut := func(c *sioclient.Client) {
		t.Helper()
		if e, err := c.Next(ctx); err == nil || ctx.Err() != nil {
			t.Fatalf("not cut within a second: %s %v", e.Name, err)
		}
	}
	cut(here)
	back, reason := s.returned(token, here.PID, before)
	if reason == "" { // so fast that this feed was not looked at yet
		cut(back)
		back, reason = s.returned(token, back.PID, before)
	}
	if reason != "epoch" {
		t.Errorf("told %q", reason)
	}
	if _, reason := s.returned(token, back.PID, head(token)); reason != "" {
		t.Errorf("on the next return: told %q", reason)
	}
	if _, reason := s.returned(other, there.PID, elsewhere); reason != "" {
		t.Errorf("another tenant: told %q", reason)
	}
}
