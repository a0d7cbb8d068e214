package gateway

import (
	"encoding/json"
	"testing"

	"harang.dev/harang"
)

// FuzzHandshake: tokens, pids and positions are read completely or not at all, and never longer than those that the
// server makes.
func FuzzHandshake(f *testing.F) {
	for _, seed := range []string{`{"token":"x","pid":"p","offset":"o"}`, `{"token":7}`, `[]`, `"x"`, `{`, "",
		"\x00", `{"token":"\ud800"}`} {
		f.Add([]byte(seed), "0198f3a07c0000000001:o:7")
	}
	f.Fuzz(func(t *testing.T, payload []byte, claimed string) {
		if token := readToken(payload); len(token) > maxTokenBytes {
			t.Errorf("a token of %d bytes", len(token))
		}
		if pid := validPID(claimed); len(pid) > maxPIDBytes || pid != "" && pid != claimed {
			t.Errorf("pid %q of %q", pid, claimed)
		}
		if p, ok := harang.ParsePosition(claimed); ok && p.String() != claimed {
			t.Errorf("%q is read as %s", claimed, p)
		}
	})
}

// FuzzControl: any body of a control entry is a payload or an error.
func FuzzControl(f *testing.F) {
	f.Add("control.logout", []byte(`{"data":{"sessionId":"s","userId":"u"}}`))
	f.Add("control.user", []byte(`{"data":{"userId":"u","role":"ADMIN","disabled":true}}`))
	f.Add("control.read", []byte(`{"data":{"userId":"u","unreadCount":-1,"head":""}}`))
	f.Add("control.claim",
		[]byte(`{"data":{"eventId":"e","by":null,"at":"2026-03-02T13:02:11.042Z","audiences":["managers"]}}`))
	f.Add("stock_alert", []byte(`{"data":{}}`))
	f.Fuzz(func(t *testing.T, eventType string, body []byte) {
		payload, revoking, err := harang.ReadControl(eventType, body)
		if err == nil && payload == nil {
			t.Error("neither a payload nor an error")
		}
		if (eventType == "control.logout" || eventType == "control.user" || !json.Valid(body)) && !revoking {
			t.Errorf("%s %q does not count as revoking", eventType, body)
		}
		if err == nil && !json.Valid(body) {
			t.Errorf("%q was read", body)
		}
	})
}
