package logging_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"harang.dev/harang/internal/logging"
)

type level struct{}

func (level) String() string { return strings.Repeat("s", 1000) }

// TestHandler_CutsValues: a line's length does not depend on what a caller sent.
func TestHandler_CutsValues(t *testing.T) {
	long := strings.Repeat("é", 1000)
	for _, asJSON := range []bool{false, true} {
		var out bytes.Buffer
		log := slog.New(logging.NewHandler(&out, logging.Options{JSON: asJSON}))
		log.With("with", long).WithGroup("g").Error(
			long, "text", long, "err", errors.New(long), "bytes", []byte(long), "list", []string{long, long},
			"stringer", level{},
			slog.Group("inner", "text", long), "stack", strings.Repeat("x", 4<<10),
		)
		if n := out.Len(); n > 9*logging.MaxValueBytes+4<<10+400 ||
			!strings.Contains(out.String(), strings.Repeat("x", 4<<10)) {
			t.Errorf("JSON %v: a line of %d bytes: %s", asJSON, n, out.String())
		}
		if asJSON && !json.Valid(out.Bytes()) {
			t.Errorf("not JSON: %s", out.String())
		}
	}
	var out bytes.Buffer
	log := slog.New(logging.NewHandler(&out, logging.Options{}))
	log.Warn("short", "n", 5, "d", time.Second, "err", errors.New("cause"), "nothing", nil, "ok", true)
	if want := ` level=WARN msg=short n=5 d=1s err=cause nothing=<nil> ok=true` + "\n"; !strings.HasSuffix(
		out.String(),
		want,
	) {
		t.Errorf("%q", out.String())
	}
	log.Debug("below the level")
	if strings.Contains(out.String(), "below") {
		t.Error("a line below the level was written")
	}
}

// TestHandler_Repeats: a warning that repeats is written a few times, then rarely,
// and the next line says how many were left out. Other messages and INFO are not
// affected.
func TestHandler_Repeats(t *testing.T) {
	var out bytes.Buffer
	h := logging.NewHandler(&out, logging.Options{})
	at := time.Date(2026, 3, 2, 13, 0, 0, 0, time.UTC)
	write := func(l slog.Level, message string) {
		t.Helper()
		if err := h.WithAttrs([]slog.Attr{slog.Int("a", 1)}).
			Handle(context.Background(), slog.NewRecord(at, l, message, 0)); err != nil {
			t.Fatal(err)
		}
	}
	for range 1000 {
		write(slog.LevelWarn, "database unreachable")
		write(slog.LevelInfo, "payment notice applied")
	}
	if n := strings.Count(out.String(), "database"); n != logging.Burst {
		t.Errorf("%d lines, want %d", n, logging.Burst)
	}
	if n := strings.Count(out.String(), "payment"); n != 1000 {
		t.Errorf("%d INFO lines", n)
	}
	write(slog.LevelError, "another message")
	at = at.Add(logging.Interval)
	write(slog.LevelWarn, "database unreachable")
	if !strings.Contains(out.String(), "another message") || !strings.HasSuffix(out.String(), "a=1 suppressed=980\n") {
		t.Errorf("%s", out.String()[out.Len()-200:])
	}
	// A failure of every call hides no failure of another kind.
	out.Reset()
	log := slog.New(h)
	for range 1000 {
		log.Error("http", "status", 503, "code", "UNAVAILABLE")
	}
	log.Error("http", "status", 500, "code", "INTERNAL")
	if n := strings.Count(out.String(), "UNAVAILABLE"); n != logging.Burst {
		t.Errorf("%d lines of UNAVAILABLE:\n%s", n, out.String())
	}
	if !strings.Contains(out.String(), "INTERNAL") {
		t.Errorf("no line of INTERNAL:\n%s", out.String())
	}
	out.Reset()
	for i := range 5000 {
		write(slog.LevelWarn, fmt.Sprint("message ", i))
	}
	if n := strings.Count(out.String(), "\n"); n > 1000+logging.Burst {
		t.Errorf("%d lines of ever-new messages", n)
	}
}
