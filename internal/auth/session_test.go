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

func (env *testEnv) refresh(t *testing.T, cookie string) auth.Grant {
	t.Helper()
	g, err := env.Refresh(t.Context(), cookie)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestRefresh_Rotates(t *testing.T) {
	env := newEnv(t)
	first := env.login(t)
	second := env.refresh(t, first.Refresh)
	if second.Refresh == first.Refresh {
		t.Fatal("the cookie did not change")
	}
	if second.Identity.SessionID != first.Identity.SessionID {
		t.Fatal("the session changed")
	}
	// The previous cookie yields the same successor for 30 s.
	env.clock.Move(30 * time.Second)
	again := env.refresh(t, first.Refresh)
	if again.Refresh != second.Refresh {
		t.Fatal("the previous cookie yielded another successor")
	}
	third := env.refresh(t, second.Refresh)
	if third.Refresh == second.Refresh {
		t.Fatal("the second cookie did not rotate")
	}
	if _, err := env.Authenticate(t.Context(), third.AccessToken); err != nil {
		t.Fatal(err)
	}
	if got := env.control(t); len(got) != 0 {
		t.Fatalf("control entries %v", got)
	}
}

func TestRefresh_OldCookieEndsTheSession(t *testing.T) {
	for name, age := range map[string]int{"the one before, too late": 1, "an older one, at once": 2} {
		t.Run(name, func(t *testing.T) {
			env := newEnv(t)
			stolen := env.login(t)
			newest := stolen
			for range age {
				newest = env.refresh(t, newest.Refresh)
			}
			if age == 1 {
				env.clock.Move(30*time.Second + time.Millisecond)
			}
			_, err := env.Refresh(t.Context(), stolen.Refresh)
			wantCode(t, err, harang.CodeUnauthenticated)
			_, err = env.Refresh(t.Context(), newest.Refresh)
			wantCode(t, err, harang.CodeUnauthenticated)
			_, err = env.Authenticate(t.Context(), newest.AccessToken)
			wantCode(t, err, harang.CodeUnauthenticated)
			if diff := cmp.Diff([]string{"control.logout"}, env.control(t)); diff != "" {
				t.Fatal(diff)
			}
		})
	}
}

func TestRefresh_ConcurrentTabs(t *testing.T) {
	env := newEnv(t)
	g := env.login(t)
	const tabs = 8
	cookies := make([]string, tabs)
	var wg sync.WaitGroup
	for i := range tabs {
		wg.Go(func() {
			next, err := env.Refresh(t.Context(), g.Refresh)
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

// Whoever signs in again and again has a bounded number of sessions; the one that is used stays, and all can be ended.
func TestLogin_MaxSessions(t *testing.T) {
	env := newEnv(t)
	const most = 20
	if before := env.LimitSessions(most); before != auth.MaxSessions {
		t.Fatalf("%d sessions at most, want %d", before, auth.MaxSessions)
	}
	used, unused := env.login(t), env.login(t)
	for i := range most {
		if i == most-2 { // just before the first one is ended
			env.clock.Move(time.Minute)
			var err error
			if used, err = env.Refresh(t.Context(), used.Refresh); err != nil {
				t.Fatal(err)
			}
		}
		env.login(t)
	}
	if _, err := env.Authenticate(t.Context(), used.AccessToken); err != nil {
		t.Fatal("the session in use has ended:", err)
	}
	_, err := env.Authenticate(t.Context(), unused.AccessToken)
	wantCode(t, err, harang.CodeUnauthenticated)
	if diff := cmp.Diff([]string{"control.logout", "control.logout"}, env.control(t)); diff != "" {
		t.Fatal(diff)
	}
	live := 0
	if err := env.store.UpdateUser(t.Context(), "budapest", env.operator.ID, func(
		_ *auth.Credentials, all []harang.Session, _ auth.CountAdmins,
	) (auth.Trail, error) {
		live = len(all)
		return auth.Trail{}, nil
	}); err != nil {
		t.Fatal(err)
	}
	if live != most {
		t.Fatalf("%d live sessions, want %d", live, most)
	}
	off := true
	if _, err := env.UpdateUser(t.Context(), env.admin, env.operator.ID, auth.UserChange{Disabled: &off}); err != nil {
		t.Fatal(err)
	}
	_, err = env.Authenticate(t.Context(), used.AccessToken)
	wantCode(t, err, harang.CodeUnauthenticated)
}

func TestRefresh_Forgeries(t *testing.T) {
	env := newEnv(t)
	g := env.login(t)
	parts := strings.Split(g.Refresh, ".")
	for name, cookie := range map[string]string{
		"empty": "", "dots": "...", "long": strings.Repeat("x", 10_000), "no mac": strings.Join(parts[:3], "."),
		"another generation": parts[0] + "." + parts[1] + ".2." + parts[3],
		"another tenant":     "debrecen." + parts[1] + "." + parts[2] + "." + parts[3],
		"bad base64":         parts[0] + "." + parts[1] + "." + parts[2] + ".***",
	} {
		if _, err := env.Refresh(t.Context(), cookie); harang.ErrorCode(err) != harang.CodeUnauthenticated {
			t.Errorf("%s: %v", name, err)
		}
	}
	env.refresh(t, g.Refresh)
}

func TestRefresh_SessionsExpire(t *testing.T) {
	env := newEnv(t)
	g := env.login(t)
	env.clock.Move(13 * 24 * time.Hour)
	g = env.refresh(t, g.Refresh)
	env.clock.Move(13 * 24 * time.Hour)
	g = env.refresh(t, g.Refresh)
	env.clock.Move(14 * 24 * time.Hour)
	_, err := env.Refresh(t.Context(), g.Refresh)
	wantCode(t, err, harang.CodeUnauthenticated)
	n, err := env.store.SweepSessions(t.Context(), env.clock.Now().Add(time.Second), 10)
	if err != nil || n != 1 {
		t.Fatalf("swept %d, %v", n, err)
	}
	_, err = env.Refresh(t.Context(), g.Refresh)
	wantCode(t, err, harang.CodeUnauthenticated)
}

func TestLogout_EndsTheSession(t *testing.T) {
	env := newEnv(t)
	g, other := env.login(t), env.login(t)
	if err := env.Logout(t.Context(), g.Identity); err != nil {
		t.Fatal(err)
	}
	_, err := env.Authenticate(t.Context(), g.AccessToken)
	wantCode(t, err, harang.CodeUnauthenticated)
	_, err = env.Refresh(t.Context(), g.Refresh)
	wantCode(t, err, harang.CodeUnauthenticated)
	if _, err := env.Authenticate(t.Context(), other.AccessToken); err != nil {
		t.Fatal("another login of the same user ended too:", err)
	}
	// A second logout changes nothing.
	if err := env.Logout(t.Context(), g.Identity); err != nil {
		t.Fatal(err)
	}
	if err := env.LogoutCookie(t.Context(), g.Refresh); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"control.logout"}, env.control(t)); diff != "" {
		t.Fatal(diff)
	}
	if err := env.LogoutCookie(t.Context(), other.Refresh); err != nil {
		t.Fatal(err)
	}
	_, err = env.Authenticate(t.Context(), other.AccessToken)
	wantCode(t, err, harang.CodeUnauthenticated)
	wantCode(t, env.LogoutCookie(t.Context(), "budapest.x.1.AAAA"), harang.CodeUnauthenticated)
}

// For any order and delay of refreshes: the newest cookie is good, and the one before it for 30 s; any other ends the
// session for good.
func TestRefresh_Property(t *testing.T) {
	env := newEnv(t)
	rapid.Check(t, func(rt *rapid.T) {
		g, err := env.Login(t.Context(), login("operator@budapest.demo", password, "192.0.2.1"))
		if err != nil {
			rt.Fatal(err)
		}
		cookies := []string{g.Refresh}
		rotated := env.clock.Now()
		ended := false
		for range rapid.IntRange(1, 12).Draw(rt, "steps") {
			env.clock.Move(time.Duration(rapid.SampledFrom([]int{0, 1, 29, 30, 31, 100}).Draw(rt,
				"seconds")) * time.Second)
			n := rapid.IntRange(0, len(cookies)-1).Draw(rt, "cookie")
			next, err := env.Refresh(t.Context(), cookies[n])
			newest := len(cookies) - 1
			good := !ended && (n == newest || n == newest-1 && env.clock.Now().Sub(rotated) <= 30*time.Second)
			if good != (err == nil) {
				rt.Fatalf("cookie %d of %d: %v", n, newest, err)
			}
			switch {
			case !good:
				ended = true
			case n == newest:
				cookies = append(cookies, next.Refresh)
				rotated = env.clock.Now()
			case next.Refresh != cookies[newest]:
				rt.Fatal("another successor")
			}
		}
	})
}

// TestSessions_ClockStepped: a new password ends every session made before it and none after it, whatever the clocks
// of the nodes said when they were made.
func TestSessions_ClockStepped(t *testing.T) {
	env := newEnv(t)
	ctx := t.Context()
	live := func(when string, want harang.Code, grants ...auth.Grant) {
		t.Helper()
		for i, g := range grants {
			if _, err := env.Refresh(ctx, g.Refresh); harang.ErrorCode(err) != want {
				t.Errorf("%s: refresh of session %d: %v, want %q", when, i, err, want)
			}
		}
	}
	changePassword := func() {
		t.Helper()
		next := password
		if _, err := env.UpdateUser(ctx, env.admin, env.operator.ID, auth.UserChange{Password: &next}); err != nil {
			t.Fatal(err)
		}
	}
	behind := env.login(t)
	env.clock.Move(time.Hour)
	ahead := env.login(t)
	env.clock.Move(-time.Hour)
	changePassword()
	live("made by a clock that was ahead", harang.CodeUnauthenticated, behind, ahead)
	env.clock.Move(-2 * time.Hour)
	changePassword()
	env.clock.Move(2 * time.Hour)
	if _, err := env.Authenticate(ctx, behind.AccessToken); harang.ErrorCode(err) != harang.CodeUnauthenticated {
		t.Errorf("ended by an earlier change: %v", err)
	}
	first := env.login(t)
	live("made at once", "", first)
	if _, err := env.Authenticate(ctx, first.AccessToken); err != nil {
		t.Error(err)
	}
	token, err := env.IssueToken(ctx, "budapest", harang.RoleOperator, env.operator.ID, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := env.Authenticate(ctx, token); err != nil {
		t.Error(err)
	}
	env.clock.Move(-time.Hour)
	changePassword()
	live("set back again", harang.CodeUnauthenticated, behind, ahead, first)
	live("made by a clock that is behind", "", env.login(t))
}
