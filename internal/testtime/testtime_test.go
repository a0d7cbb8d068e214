package testtime

import (
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// fakeTB records a failure instead of ending the test.
type fakeTB struct {
	testing.TB
	failure string
}

func (*fakeTB) Helper()             {}
func (*fakeTB) Logf(string, ...any) {}

func (f *fakeTB) Errorf(format string, args ...any) { f.failure = fmt.Sprintf(format, args...) }

func (f *fakeTB) Fatalf(format string, args ...any) {
	f.failure = fmt.Sprintf(format, args...)
	panic(f)
}

// failure returns what f failed the test with, "" if it did not.
func failure(f func(tb testing.TB)) (text string) {
	tb := &fakeTB{}
	defer func() {
		if r := recover(); r != nil && r != any(tb) {
			panic(r)
		}
		text = tb.failure
	}()
	f(tb)
	return tb.failure
}

func TestEventually(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began, looks := time.Now(), 0
		text := failure(func(tb testing.TB) {
			Eventually(tb, time.Second, "three", func() bool { looks++; return looks == 3 })
		})
		if text != "" || looks != 3 || time.Since(began) != 3*shortest {
			t.Errorf("%q after %d looks and %s", text, looks, time.Since(began))
		}
		began = time.Now()
		text = failure(func(tb testing.TB) { Eventually(tb, time.Second, "never", func() bool { return false }) })
		if took := time.Since(began); text != "not within 1s: never" || took < time.Second || took > 2*time.Second {
			t.Errorf("%q after %s", text, took)
		}
	})
}

func TestReceive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ch := make(chan int, 1)
		ch <- 7
		if got := Receive(t, time.Second, "seven", ch); got != 7 {
			t.Errorf("received %d", got)
		}
		began := time.Now()
		text := failure(func(tb testing.TB) { Receive(tb, time.Second, "another", ch) })
		if text != "not within 1s: another" || time.Since(began) != time.Second {
			t.Errorf("%q after %s", text, time.Since(began))
		}
	})
}

func TestPromise(t *testing.T) {
	for soak, limit := range map[string]time.Duration{"": 10 * time.Second, "1": time.Second} {
		t.Setenv("HARANG_SOAK", soak)
		if text := failure(func(tb testing.TB) { Promise(tb, "it ends", limit, time.Second) }); text != "" {
			t.Errorf("soak %q: %s", soak, text)
		}
		if text := failure(func(tb testing.TB) { Promise(tb, "it ends", limit+1, time.Second) }); text == "" {
			t.Errorf("soak %q: a broken promise does not fail", soak)
		}
	}
}

func TestMoment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		Moment(time.Second)
		if took := time.Since(began); took >= time.Second {
			t.Errorf("a moment of %s", took)
		}
	})
}

func TestAdvance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int64
		for _, at := range []time.Duration{0, time.Second} {
			time.AfterFunc(at, func() { calls.Add(1) })
		}
		Advance(time.Second)
		if n := calls.Load(); n != 2 {
			t.Errorf("%d of 2 timers fired", n)
		}
	})
	defer func() {
		if recover() == nil {
			t.Error("time was advanced outside a bubble")
		}
	}()
	Advance(0)
}
