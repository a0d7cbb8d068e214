package auth_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"harang.dev/harang"
	"harang.dev/harang/internal/auth"
)

func (b *bench) refresh(t *testing.T, cookie string) auth.Grant {
	t.Helper()
	g, err := b.Refresh(t.Context(), cookie)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestRefresh_Rotates(t *testing.T) {
	b := newBench(t)
	first := b.login(t)
	second := b.refresh(t, first.Refresh)
	if second.Refresh == first.Refresh {
		t.Fatal("the cookie did not change")
	}
	if second.Identity.SessionID != first.Identity.SessionID {
		t.Fatal("the session changed")
	}
	// The previous one yields the same successor for 30 s.
	b.clock.Move(30 * time.Second)
	again := b.refresh(t, first.Refresh)
	if again.Refresh != second.Refresh {
		t.Fatal("the previous cookie yielded another successor")
	}
	third := b.refresh(t, second.Refresh)
	if third.Refresh == second.Refresh {
		t.Fatal("the second cookie did not rotate")
	}
	if _, err := b.Authenticate(t.Context(), third.AccessToken); err != nil {
		t.Fatal(err)
	}
	if got := b.control(t); len(got) != 0 {
		t.Fatalf("control entries %v", got)
	}
}

func TestRefresh_OldCookieEndsTheSession(t *testing.T) {
	for name, age := range map[string]int{"the one before, too late": 1, "an older one, at once": 2} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			stolen := b.login(t)
			newest := stolen
			for range age {
				newest = b.refresh(t, newest.Refresh)
			}
			if age == 1 {
				b.clock.Move(30*time.Second + time.Millisecond)
			}
			_, err := b.Refresh(t.Context(), stolen.Refresh)
			wantCode(t, err, harang.CodeUnauthenticated)
			_, err = b.Refresh(t.Context(), newest.Refresh)
			wantCode(t, err, harang.CodeUnauthenticated)
			_, err = b.Authenticate(t.Context(), newest.AccessToken)
			wantCode(t, err, harang.CodeUnauthenticated)
			if diff := cmp.Diff([]string{"control.logout"}, b.control(t)); diff != "" {
				t.Fatal(diff)
			}
		})
	}
}

func TestRefresh_AtOnceFromManyTabs(t *testing.T) {
	b := newBench(t)
	g := b.login(t)
	const tabs = 8
	cookies := make([]string, tabs)
	var wg sync.WaitGroup
	for i := range tabs {
		wg.Go(func() {
			next, err := b.Refresh(t.Context(), g.Refresh)
			if err != nil {
				t.Error(err)
			}
			cookies[i] = next.Refresh
		})
	}
	wg.Wait()
	for _, c := range cookies {
		if c != cookies[0] || c == g.Refresh {
			t.Fatalf("different successors: %v", cookies)
		}
	}
}

func TestRefresh_RefusesForgeries(t *testing.T) {
	b := newBench(t)
	g := b.login(t)
	parts := strings.Split(g.Refresh, ".")
	for name, cookie := range map[string]string{
		"empty": "", "dots": "...", "long": strings.Repeat("x", 10_000), "no mac": strings.Join(parts[:3], "."),
		"another generation": parts[0] + "." + parts[1] + ".2." + parts[3],
		"another tenant":     "debrecen." + parts[1] + "." + parts[2] + "." + parts[3],
		"bad base64":         parts[0] + "." + parts[1] + "." + parts[2] + ".***",
	} {
		if _, err := b.Refresh(t.Context(), cookie); harang.ErrorCode(err) != harang.CodeUnauthenticated {
			t.Errorf("%s: %v", name, err)
		}
	}
	b.refresh(t, g.Refresh)
}

func TestRefresh_SessionsExpire(t *testing.T) {
	b := newBench(t)
	g := b.login(t)
	b.clock.Move(13 * 24 * time.Hour)
	g = b.refresh(t, g.Refresh)
	b.clock.Move(13 * 24 * time.Hour)
	g = b.refresh(t, g.Refresh)
	b.clock.Move(14 * 24 * time.Hour)
	_, err := b.Refresh(t.Context(), g.Refresh)
	wantCode(t, err, harang.CodeUnauthenticated)
	n, err := b.store.SweepSessions(t.Context(), b.clock.Now().Add(time.Second), 10)
	if err != nil || n != 1 {
		t.Fatalf("swept %d, %v", n, err)
	}
	_, err = b.Refresh(t.Context(), g.Refresh)
	wantCode(t, err, harang.CodeUnauthenticated)
}

func TestLogout_EndsTheSessionEverywhere(t *testing.T) {
	b := newBench(t)
	g, other := b.login(t), b.login(t)
	if err := b.Logout(t.Context(), g.Identity); err != nil {
		t.Fatal(err)
	}
	_, err := b.Authenticate(t.Context(), g.AccessToken)
	wantCode(t, err, harang.CodeUnauthenticated)
	_, err = b.Refresh(t.Context(), g.Refresh)
	wantCode(t, err, harang.CodeUnauthenticated)
	if _, err := b.Authenticate(t.Context(), other.AccessToken); err != nil {
		t.Fatal("another login of the same user ended too:", err)
	}
	// Once is enough.
	if err := b.Logout(t.Context(), g.Identity); err != nil {
		t.Fatal(err)
	}
	if err := b.LogoutCookie(t.Context(), g.Refresh); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"control.logout"}, b.control(t)); diff != "" {
		t.Fatal(diff)
	}
	if err := b.LogoutCookie(t.Context(), other.Refresh); err != nil {
		t.Fatal(err)
	}
	_, err = b.Authenticate(t.Context(), other.AccessToken)
	wantCode(t, err, harang.CodeUnauthenticated)
	wantCode(t, b.LogoutCookie(t.Context(), "budapest.x.1.AAAA"), harang.CodeUnauthenticated)
}

// Whatever tabs do, in any order and with any delays: a good cookie is the
// newest one, or the one before it for 30 s; everything else ends the session,
// and nothing brings it back.
func TestRefresh_Property(t *testing.T) {
	b := newBench(t)
	rapid.Check(t, func(rt *rapid.T) {
		g, err := b.Login(t.Context(), "clerk@budapest.demo", password, "192.0.2.1")
		if err != nil {
			rt.Fatal(err)
		}
		cookies := []string{g.Refresh}
		rotated := b.clock.Now()
		ended := false
		for range rapid.IntRange(1, 12).Draw(rt, "steps") {
			b.clock.Move(time.Duration(rapid.SampledFrom([]int{0, 1, 29, 30, 31, 100}).Draw(rt, "seconds")) * time.Second)
			n := rapid.IntRange(0, len(cookies)-1).Draw(rt, "cookie")
			next, err := b.Refresh(t.Context(), cookies[n])
			newest := len(cookies) - 1
			good := !ended && (n == newest || n == newest-1 && b.clock.Now().Sub(rotated) <= 30*time.Second)
			if good != (err == nil) {
				rt.Fatalf("cookie %d of %d: %v", n, newest, err)
			}
			switch {
			case !good:
				ended = true
			case n == newest:
				cookies = append(cookies, next.Refresh)
				rotated = b.clock.Now()
			case next.Refresh != cookies[newest]:
				rt.Fatal("another successor")
			}
		}
	})
}
