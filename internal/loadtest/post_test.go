package loadtest

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestPace: each call is made when it is due, once, and a late one at once.
func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var at []time.Duration
		began := time.Now()
		Pace(t.Context(), 10, 5, 2, func(_, n int) {
			mu.Lock()
			at = append(at, time.Since(began))
			mu.Unlock()
			if n < 2 { // both workers are late for the calls due at 200 and 300 ms
				time.Sleep(350 * time.Millisecond) //nolint:forbidigo // by the clock of the bubble
			}
		})
		const ms = time.Millisecond
		if want := []time.Duration{0, 100 * ms, 350 * ms, 350 * ms, 400 * ms}; !slices.Equal(at, want) {
			t.Errorf("calls at %v, want %v", at, want)
		}
	})
}

// TestPace_EndsWithItsContext: without a total.
func TestPace_EndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 950*time.Millisecond)
		defer cancel()
		calls := 0
		Pace(ctx, 10, 0, 1, func(int, int) { calls++ })
		if calls != 10 {
			t.Errorf("%d calls, want 10", calls)
		}
	})
}
