// Package testtime is how tests wait. On the real clock they wait for a signal
// (Receive), for a condition of another process (Eventually) or for a random
// moment (Moment); in a synctest bubble they let time pass (Advance). The
// linter forbids time.Sleep, time.After and runtime.Gosched elsewhere.
//
// A limit is no promise of the program: it ends a test that would wait for ever,
// and is generous because the machine may be busy. What has to be fast is
// measured and compared by itself.
package testtime

import (
	"math/rand/v2"
	"os"
	"testing"
	"testing/synctest"
	"time"
)

// Limit is the limit for what has no other.
const Limit = time.Minute

// The time between two checks of a condition grows from the first to the second: what comes soon costs no time, and
// what takes long costs no CPU.
const shortest, longest = time.Millisecond, 50 * time.Millisecond

// Eventually calls cond, which must not block for long, until it returns true.
// It fails the test when that takes longer than limit.
func Eventually(tb testing.TB, limit time.Duration, what string, cond func() bool) {
	tb.Helper()
	if !Within(limit, cond) {
		tb.Fatalf("not within %s: %s", limit, what)
	}
}

// Within is Eventually for code without a test: it reports whether cond returned
// true within limit.
func Within(limit time.Duration, cond func() bool) bool {
	if cond() {
		return true
	}
	end := time.Now().Add(limit)
	for pause := shortest; ; pause = min(2*pause, longest) {
		time.Sleep(pause) //nolint:forbidigo // another process or goroutine gives no signal
		if cond() {
			return true
		}
		if time.Now().After(end) {
			return false
		}
	}
}

// Receive returns the next value of a channel, or the zero value of a closed one.
// It fails the test when none comes within limit.
func Receive[T any](tb testing.TB, limit time.Duration, what string, ch <-chan T) T {
	tb.Helper()
	v, ok := Take(limit, ch)
	if !ok {
		tb.Fatalf("not within %s: %s", limit, what)
	}
	return v
}

// Take is Receive for goroutines other than the test's: it reports whether a value came within limit.
func Take[T any](limit time.Duration, ch <-chan T) (v T, ok bool) {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case v = <-ch:
		return v, true
	case <-timer.C:
		return v, false
	}
}

// Promise compares a measured time with what the program promises on a machine
// that does nothing else. Other work delays a test as it delays the program, so
// ten times the promise is permitted, except with HARANG_SOAK=1.
func Promise(tb testing.TB, what string, took, promise time.Duration) {
	tb.Helper()
	limit := promise * 10
	if os.Getenv("HARANG_SOAK") != "" {
		limit = promise
	}
	tb.Logf("%s within %s, promised are %s", what, took, promise)
	if took > limit {
		tb.Errorf("%s within %s, promised are %s", what, took, promise)
	}
}

// Moment blocks for a random time below limit: a fault hits at any moment.
func Moment(limit time.Duration) {
	time.Sleep(rand.N(limit)) //nolint:forbidigo // nothing is waited for
}

// Advance lets d pass on the clock of a synctest bubble and returns when every
// other goroutine of the bubble waits. It panics outside a bubble.
func Advance(d time.Duration) {
	synctest.Wait()
	time.Sleep(d) //nolint:forbidigo // takes no real time
	synctest.Wait()
}
