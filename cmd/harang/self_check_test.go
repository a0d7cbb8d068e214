package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"harang.dev/harang/internal/cli"
	"harang.dev/harang/internal/sioclient"
	"harang.dev/harang/internal/testtime"
)

// metrics returns the series with a prefix from the admin listener.
func (s *testServer) metrics(prefix string) []string {
	s.t.Helper()
	answer, err := http.Get("http://" + s.adminAt.Addr().String() + "/metrics")
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	var series []string
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, prefix) {
			series = append(series, strings.TrimSpace(line))
		}
	}
	return series
}

// TestProgram_Canary: the canary runs by itself, /readyz shows its rounds, and the
// deliveries to people are checked and counted.
func TestProgram_Canary(t *testing.T) {
	s := newServer(t, "sqlite:"+filepath.Join(t.TempDir(), "harang.db"), withDemo,
		func(c *serveCommand) { c.CanaryInterval = time.Hour })
	isolation := func() map[string]any {
		t.Helper()
		status, m := s.call("", "GET", "/readyz", "")
		parts, _ := m["dependencies"].(map[string]any)
		part, _ := parts["isolation"].(map[string]any)
		if status != 200 || part["status"] != "ok" {
			t.Fatalf("%d %v", status, m)
		}
		return part
	}
	var part map[string]any
	testtime.Eventually(t, testtime.Limit, "a round ran", func() bool {
		part = isolation()
		return part["rounds"] != 0.0
	})
	if at, _ := part["lastSuccess"].(string); part["rounds"] != 1.0 || part["failures"] != 0.0 || at == "" {
		t.Fatalf("%v", part)
	}
	for _, want := range []string{"harang_canary_rounds_total 1", "harang_canary_failures_total 0",
		"harang_feed_crossings_blocked_total 0"} {
		if got := s.metrics(strings.Fields(want)[0]); len(got) != 1 || got[0] != want {
			t.Errorf("%q, want %q", got, want)
		}
	}

	token := s.login("manager@budapest.demo")
	client := s.connect(token)
	before, _ := isolation()["checked"].(float64)
	if status, m := s.call(token, "POST", "/api/v1/inventory/adjustments",
		`{"productId":"hilti-te70","locationId":"vaci-ut","delta":-1,"reason":"elvitték"}`); status != 200 {
		t.Fatalf("%d %v", status, m)
	} else if status, m = s.call(token, "PATCH", "/api/v1/inventory/stock/hilti-te70/vaci-ut",
		`{"warningThreshold":1000,"criticalThreshold":1000}`); status != 200 {
		t.Fatalf("%d %v", status, m)
	}
	if e := s.next(client); e.Name != "stock_alert" {
		t.Fatalf("%s %s", e.Name, e.Args)
	}
	testtime.Eventually(t, testtime.Limit, "the delivery is counted",
		func() bool { return isolation()["checked"] != before })
	if blocked := isolation()["blocked"]; blocked != 0.0 {
		t.Errorf("%v blocked", blocked)
	}
}

// TestProgram_CanaryOff: with 0 no round runs; other values are validated.
func TestProgram_CanaryOff(t *testing.T) {
	s := newServer(t, "sqlite:"+filepath.Join(t.TempDir(), "harang.db"))
	status, m := s.call("", "GET", "/readyz", "")
	part, _ := m["dependencies"].(map[string]any)["isolation"].(map[string]any)
	if status != 200 || part["rounds"] != 0.0 || part["lastSuccess"] != nil {
		t.Errorf("%d %v", status, m)
	}
	var out, errOut bytes.Buffer
	if got := run([]string{"serve", "--canary-interval", "10ms"},
		strings.NewReader(""), &out, &errOut); got != cli.ExitUsage ||
		!strings.Contains(errOut.String(), "--canary-interval") {
		t.Errorf("%d %s", got, errOut.String())
	}
}

// TestProgram_TestAlert: the alert reaches all connections of its user and no other.
func TestProgram_TestAlert(t *testing.T) {
	s := newServer(t, "sqlite:"+filepath.Join(t.TempDir(), "harang.db"), withDemo)
	token, other := s.login("operator@budapest.demo"), s.login("operator@budapest.demo")
	phone, desk := s.connect(token), s.connect(other)
	others := []*sioclient.Client{s.connect(s.login("manager@budapest.demo")),
		s.connect(s.login("operator@debrecen.demo"))}
	status, sent := s.call(token, "POST", "/api/v1/self-check/alert", "")
	if status != 202 {
		t.Fatalf("%d %v", status, sent)
	}
	for _, c := range []*sioclient.Client{phone, desk} {
		e := s.next(c)
		var alert struct{ ID, At string }
		if e.Name != "test_alert" || e.Offset() != "" {
			t.Fatalf("%s with offset %q", e.Name, e.Offset())
		}
		if json.Unmarshal(e.Args[0], &alert) != nil || alert.ID != sent["id"] || alert.At != sent["at"] {
			t.Fatalf("%s, sent %v", e.Args, sent)
		}
	}
	for _, c := range others {
		if _, err := c.EmitAck(t.Context(), "clock"); err != nil || c.Queued() > 0 {
			t.Errorf("%d events received, %v", c.Queued(), err)
		}
	}
}
