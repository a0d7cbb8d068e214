package health

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"harang.dev/harang/internal/testtime"
)

var errDown = errors.New("down")

// TestMonitor_Changes: results follow the dependency, and each change is one line
// of the log.
func TestMonitor_Changes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		var down atomic.Bool
		m := New(Options{
			Logger: slog.New(slog.NewTextHandler(&log, nil)),
			Dependencies: []Dependency{
				{Name: "database", Check: func(context.Context) error { return nil }},
				{Name: "redis", Optional: true, Check: func(context.Context) error {
					if down.Load() {
						return errDown
					}
					return nil
				}},
			},
		})
		if r := m.Results(); r[0].Err == nil || r[1].Err == nil {
			t.Errorf("before the first check: %+v", r)
		}
		m.Check(t.Context())
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- m.Run(ctx) }()
		expect := func(want error) {
			t.Helper()
			testtime.Advance(3 * Interval)
			if r := m.Results(); r[0].Err != nil || !errors.Is(r[1].Err, want) || r[1].Age > Interval {
				t.Errorf("%+v, want %v", r, want)
			}
		}
		expect(nil)
		down.Store(true)
		expect(errDown)
		down.Store(false)
		expect(nil)
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run returned %v", err)
		}
		text := log.String()
		if strings.Count(text, "dependency down") != 1 || strings.Count(text, "dependency up again") != 1 ||
			!strings.Contains(text, "level=WARN") {
			t.Errorf("log:\n%s", text)
		}
	})
}

// TestMonitor_Hangs: a check that ignores its context makes its own result stale
// and does not delay the others.
func TestMonitor_Hangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		var hanging atomic.Bool
		m := New(Options{Dependencies: []Dependency{
			{Name: "database", Check: func(context.Context) error {
				if hanging.Load() {
					<-release
				}
				return nil
			}},
			{Name: "isolation", Check: func(context.Context) error { return nil }},
		}})
		m.Check(t.Context())
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- m.Run(ctx) }()
		hanging.Store(true)
		testtime.Advance(StaleAfter - Interval)
		if r := m.Results(); r[0].Err != nil {
			t.Errorf("too early: %v", r[0].Err)
		}
		testtime.Advance(2 * Interval)
		if r := m.Results(); r[0].Err == nil || r[1].Err != nil || r[1].Age > Interval {
			t.Errorf("%+v", r)
		}
		close(release)
		cancel()
		<-done
	})
}

// TestMonitor_Timeout: a check that obeys its context ends after Timeout.
func TestMonitor_Timeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := New(Options{Dependencies: []Dependency{{Name: "database", Check: func(ctx context.Context) error {
			<-ctx.Done()
			return ctx.Err()
		}}}})
		m.Check(t.Context())
		if r := m.Results()[0]; !errors.Is(r.Err, context.DeadlineExceeded) || r.Took != Timeout {
			t.Errorf("%+v", r)
		}
	})
}
