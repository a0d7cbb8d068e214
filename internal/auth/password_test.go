package auth

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alexedwards/argon2id"

	"harang.dev/harang"
)

func cheapHasher(t *testing.T) *hasher {
	t.Helper()
	h, err := newHasher(argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestHasher_Matches(t *testing.T) {
	h := cheapHasher(t)
	hash, err := h.hash(t.Context(), "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	for password, want := range map[string]bool{"correct horse": true, "correct horse ": false, "": false} {
		if got, err := h.matches(t.Context(), password, hash); err != nil || got != want {
			t.Errorf("%q: %v, %v", password, got, err)
		}
	}
	// An unknown user has no right password, the decoy's own included.
	if got, err := h.matches(t.Context(), "no password has this form \x00", ""); err != nil || got {
		t.Fatalf("unknown user: %v, %v", got, err)
	}
	if _, err := h.matches(t.Context(), "x", "damaged"); err == nil {
		t.Fatal("a damaged hash was read")
	}
}

// The default costs must stay high enough to keep guessing slow.
func TestHasher_DefaultCosts(t *testing.T) {
	p := DefaultHashParams
	if p.Memory < 19<<10 || uint64(p.Memory)*uint64(p.Iterations) < 64<<10 || p.SaltLength < 16 || p.KeyLength < 32 {
		t.Fatalf("too cheap: %+v", p)
	}
}

func TestHasher_TakesTurns(t *testing.T) {
	h := cheapHasher(t)
	synctest.Test(t, func(t *testing.T) {
		h.slots = make(chan struct{}, 1)
		release, err := h.acquire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		// A caller that waits too long gets RATE_LIMITED.
		began := time.Now()
		_, err = h.acquire(t.Context())
		if harang.ErrorCode(err) != harang.CodeRateLimited || time.Since(began) != h.maxWait {
			t.Fatalf("after %v: %v", time.Since(began), err)
		}
		// A caller whose context ends stops waiting.
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := h.acquire(ctx); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		// A waiting caller gets the next free slot.
		got := make(chan error)
		go func() {
			release, err := h.acquire(t.Context())
			if err == nil {
				release()
			}
			got <- err
		}()
		synctest.Wait()
		release()
		if err := <-got; err != nil {
			t.Fatal(err)
		}
	})
}

func TestLimiter_ForgetsWhatIsOver(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	l := newLimiter(func() time.Time { return now })
	for i := range limitEntries/2 + 1 {
		if _, err := l.begin("a", string(rune('a'+i%26))+time.Duration(i).String()); err != nil {
			break
		}
		if i%100 == 99 {
			now = now.Add(limitWindow)
		}
	}
	now = now.Add(limitWindow)
	l.mu.Lock()
	l.sweepLocked(now)
	n := len(l.counts)
	l.mu.Unlock()
	if n != 0 {
		t.Fatalf("%d windows left", n)
	}
}
