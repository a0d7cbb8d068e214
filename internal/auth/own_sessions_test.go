package auth_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/auth"
)

const (
	firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0"
	phone   = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) " +
		"Version/18.1 Mobile/15E148 Safari/604.1"
)

// loginWith logs the operator in with a browser.
func (env *testEnv) loginWith(t *testing.T, userAgent, address, browser string) auth.Grant {
	t.Helper()
	g, err := env.Login(t.Context(), auth.LoginRequest{
		Email: env.operator.Email, Password: password, Address: address, UserAgent: userAgent, Browser: browser,
	})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// sessions are the sessions of a caller as a person sees them, the present one with a star.
func (env *testEnv) sessions(t *testing.T, caller harang.Identity) []string {
	t.Helper()
	all, err := env.FindOwnSessions(t.Context(), caller)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, s := range all {
		text := fmt.Sprintf("%s|%s|%s|%s", s.Device, s.Network, s.Created.Format("15:04:05"), s.Used.Format("15:04:05"))
		if s.NewDevice {
			text += "|new"
		}
		if s.ID == caller.SessionID {
			text = "*" + text
		}
		lines = append(lines, text)
	}
	return lines
}

func wantLines(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestOwnSessions: where one is signed in, the last use to the minute, and a new browser for a week.
func TestOwnSessions(t *testing.T) {
	env := newEnv(t)
	desk := env.loginWith(t, firefox, "192.0.2.77", "")
	env.clock.Move(time.Minute)
	mobile := env.loginWith(t, phone, "2001:db8:1:2::5", "")
	env.clock.Move(time.Minute)
	again := env.loginWith(t, firefox, "192.0.2.77", desk.Browser)
	if _, err := env.Login(t.Context(), login("nobody@budapest.demo", password, "192.0.2.77")); err == nil {
		t.Fatal("a login of nobody")
	}
	token, err := env.IssueToken(t.Context(), "budapest", harang.RoleOperator, env.operator.ID, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	caller := env.caller(t, desk)
	wantLines(t, env.sessions(t, caller),
		"*Firefox, Linux|192.0.2.0/24|09:01:00|09:01:00",
		"Firefox, Linux|192.0.2.0/24|09:03:00|09:03:00",
		"harang token||09:03:00|09:03:00",
		"Safari, iOS|2001:db8:1::/48|09:02:00|09:02:00|new")

	// A use within the minute after the one that is written changes nothing.
	env.clock.Move(58 * time.Second)
	use := func(g auth.Grant, address, userAgent string) {
		t.Helper()
		env.NoteUse(g.Identity, address, userAgent)
		if err := env.WriteSessionUses(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	use(again, "203.0.113.9", firefox)
	use(mobile, "203.0.113.9", firefox)
	wantLines(t, env.sessions(t, env.caller(t, again))[:2],
		"*Firefox, Linux|192.0.2.0/24|09:03:00|09:03:00",
		"Safari, iOS|203.0.113.0/24|09:02:00|09:03:58|new")
	env.clock.Move(2 * time.Second)
	node := env.otherNode(t, env.store) // which has noted nothing
	node.NoteUse(mobile.Identity, "198.51.100.1", phone)
	if err := node.WriteSessionUses(t.Context()); err != nil {
		t.Fatal(err)
	}
	use(again, "203.0.113.9", firefox)
	env.clock.Move(time.Second)
	use(auth.Grant{Identity: env.caller(t, auth.Grant{AccessToken: token})}, "203.0.113.8", "curl/8.5.0")
	wantLines(t, env.sessions(t, caller),
		"*Firefox, Linux|192.0.2.0/24|09:01:00|09:01:00",
		"harang token|203.0.113.0/24|09:03:00|09:04:01",
		"Firefox, Linux|203.0.113.0/24|09:03:00|09:04:00",
		"Safari, iOS|203.0.113.0/24|09:02:00|09:03:58|new")

	env.clock.Move(harang.NewDeviceAge - 2*time.Minute - time.Second - time.Millisecond)
	if got := env.sessions(t, caller); !strings.HasSuffix(got[len(got)-1], "|new") {
		t.Errorf("not new after a week: %v", got)
	}
	env.clock.Move(time.Millisecond)
	if got := env.sessions(t, caller); strings.HasSuffix(got[len(got)-1], "|new") {
		t.Errorf("still new: %v", got)
	}
}

// TestEndOwnSession: of the own sessions only, at once on every node, and with a row of the audit log.
func TestEndOwnSession(t *testing.T) {
	env := newEnv(t)
	desk, mobile := env.loginWith(t, firefox, "192.0.2.77", ""), env.loginWith(t, phone, "192.0.2.78", "")
	_, foreign := env.beginner(t)
	caller, ctx := env.caller(t, desk), calledFrom(t, "192.0.2.77")
	for _, id := range []string{foreign.Identity.SessionID, "unknown", "", strings.Repeat("x", 300)} {
		wantCode(t, env.EndOwnSession(ctx, caller, id), harang.CodeNotFound)
	}
	env.caller(t, foreign)
	elsewhere := caller
	elsewhere.Tenant = "debrecen"
	wantCode(t, env.EndOwnSession(ctx, elsewhere, mobile.Identity.SessionID), harang.CodeNotFound)

	n, control := len(env.audited(t)), len(env.control(t))
	if err := env.EndOwnSession(ctx, caller, mobile.Identity.SessionID); err != nil {
		t.Fatal(err)
	}
	env.wantAudit(t, n, `Kiss Eszter 192.0.2.77 session.end user:Kiss Eszter - `+
		`{"device":"Safari, iOS","reason":"account"} 1`)
	if got := env.control(t)[control:]; len(got) != 1 || got[0] != "control.logout" {
		t.Errorf("control entries %v", got)
	}
	for _, service := range []*auth.Service{env.Service, env.otherNode(t, env.store)} {
		_, err := service.Authenticate(t.Context(), mobile.AccessToken)
		wantCode(t, err, harang.CodeUnauthenticated)
	}
	_, err := env.Refresh(t.Context(), mobile.Refresh)
	wantCode(t, err, harang.CodeUnauthenticated)
	wantCode(t, env.EndOwnSession(ctx, caller, mobile.Identity.SessionID), harang.CodeNotFound)

	// The present one, too.
	if err := env.EndOwnSession(ctx, caller, caller.SessionID); err != nil {
		t.Fatal(err)
	}
	_, err = env.Authenticate(t.Context(), desk.AccessToken)
	wantCode(t, err, harang.CodeUnauthenticated)
}

// TestEndOtherSessions: all but the present one, of this user only.
func TestEndOtherSessions(t *testing.T) {
	env := newEnv(t)
	_, foreign := env.beginner(t)
	others := []auth.Grant{env.login(t), env.login(t), env.login(t)}
	caller := env.caller(t, env.login(t))
	n := len(env.audited(t))
	for range 2 { // the second time there is none
		if err := env.EndOtherSessions(calledFrom(t, "192.0.2.7"), caller); err != nil {
			t.Fatal(err)
		}
	}
	env.wantAudit(t, n, `Kiss Eszter 192.0.2.7 session.end user:Kiss Eszter - {"endedSessions":3,"reason":"account"} 1`)
	for _, g := range others {
		_, err := env.Authenticate(t.Context(), g.AccessToken)
		wantCode(t, err, harang.CodeUnauthenticated)
	}
	if got := env.sessions(t, caller); len(got) != 1 {
		t.Errorf("left: %v", got)
	}
	env.caller(t, foreign)
}

// TestEndOtherSessions_OfEachOther: of two sessions that end each other at once, one is left; the ended one does no
// more.
func TestEndOtherSessions_OfEachOther(t *testing.T) {
	env := newEnv(t)
	callers := []harang.Identity{env.caller(t, env.login(t)), env.caller(t, env.login(t))}
	errs := make([]error, len(callers))
	var group sync.WaitGroup
	for i, caller := range callers {
		group.Go(func() { errs[i] = env.EndOtherSessions(t.Context(), caller) })
	}
	group.Wait()
	winner := slices.Index(errs, nil)
	if winner < 0 {
		t.Fatal(errs)
	}
	wantCode(t, errs[1-winner], harang.CodeUnauthenticated)
	if got := env.sessions(t, callers[winner]); len(got) != 1 || got[0][0] != '*' {
		t.Errorf("left: %v", got)
	}
	wantCode(t, env.ChangePassword(t.Context(), callers[1-winner], password, newPassword), harang.CodeUnauthenticated)
	if _, err := env.Login(t.Context(), login(env.operator.Email, password, "192.0.2.1")); err != nil {
		t.Errorf("an ended session has changed the password: %v", err)
	}
}

// TestSession_EndsAfter30Days: whatever is refreshed, and no access token outlives its session.
func TestSession_EndsAfter30Days(t *testing.T) {
	env := newEnv(t)
	g := env.login(t)
	end := env.clock.Now().Add(30 * 24 * time.Hour)
	refresh := func() {
		t.Helper()
		var err error
		if g, err = env.Refresh(t.Context(), g.Refresh); err != nil {
			t.Fatalf("%v before the end: %v", end.Sub(env.clock.Now()), err)
		}
	}
	for env.clock.Now().Before(end.Add(-48 * time.Hour)) {
		env.clock.Move(47 * time.Hour)
		refresh()
	}
	env.clock.Move(end.Sub(env.clock.Now()) - 3*time.Minute)
	refresh()
	caller := env.caller(t, g)
	if !caller.Expires.Equal(end) || g.ExpiresIn != 3*time.Minute || g.RefreshIn != 3*time.Minute {
		t.Errorf("token until %v, for %v; cookie for %v; the session ends at %v", caller.Expires, g.ExpiresIn,
			g.RefreshIn, end)
	}
	env.clock.Move(3*time.Minute - time.Millisecond)
	env.caller(t, g)
	refresh()
	env.clock.Move(time.Millisecond)
	_, err := env.Authenticate(t.Context(), g.AccessToken)
	wantCode(t, err, harang.CodeTokenExpired)
	_, err = env.Refresh(t.Context(), g.Refresh)
	wantCode(t, err, harang.CodeUnauthenticated)
	later := env.caller(t, env.login(t))
	if got := env.sessions(t, later); len(got) != 1 {
		t.Errorf("sessions %v", got)
	}
}

// TestSession_RefreshedByAnOlderNode: a node of an earlier version prolongs a session beyond its 30 days; it has ended
// all the same.
func TestSession_RefreshedByAnOlderNode(t *testing.T) {
	env := newEnv(t)
	g := env.login(t)
	for range 3 {
		env.clock.Move(10*24*time.Hour - time.Hour)
		if err := env.store.UpdateSession(t.Context(), "budapest", g.Identity.SessionID,
			func(s *harang.Session) (auth.Trail, error) {
				s.Rotated, s.Expires = env.clock.Now(), env.clock.Now().Add(14*24*time.Hour)
				return auth.Trail{}, nil
			}); err != nil {
			t.Fatal(err)
		}
	}
	claims := g.Identity
	if _, err := env.Recheck(t.Context(), claims); err != nil {
		t.Errorf("before 30 days: %v", err)
	}
	env.clock.Move(3 * time.Hour)
	_, err := env.Recheck(t.Context(), claims)
	wantCode(t, err, harang.CodeUnauthenticated)
	_, err = env.Refresh(t.Context(), g.Refresh)
	wantCode(t, err, harang.CodeUnauthenticated)
}

// TestNewLogin: a login with a browser in which the account had not signed in is reported to a user who is signed in
// elsewhere; the first one ever is not, nor is one with a known browser, nor a token of the command line.
func TestNewLogin(t *testing.T) {
	env := newEnv(t)
	if _, err := env.IssueToken(t.Context(), "budapest", harang.RoleOperator, env.operator.ID, time.Hour); err != nil {
		t.Fatal(err)
	}
	reported := func() (devices []string) {
		t.Helper()
		entries, err := env.store.EntriesAfter(t.Context(),
			harang.FeedID{Tenant: "budapest", Audience: harang.AudienceControl}, 0, 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			payload, revoking, err := harang.ReadControl(e.Type, e.Body)
			if p, ok := payload.(harang.NewLogin); ok {
				if p.UserID != env.operator.ID || revoking {
					t.Errorf("%+v, revoking %v", p, revoking)
				}
				devices = append(devices, p.Device)
			} else if err != nil {
				t.Error(err)
			}
		}
		return devices
	}
	first := env.loginWith(t, firefox, "192.0.2.1", "")
	wantLines(t, reported())
	env.loginWith(t, firefox, "203.0.113.1", first.Browser)
	wantLines(t, reported())
	// A browser of version 0.1.0 has only the refresh cookie, of a session that is live or has ended.
	for range 2 {
		if _, err := env.Login(t.Context(), auth.LoginRequest{
			Email: env.operator.Email, Password: password, Address: "203.0.113.1", Refresh: first.Refresh,
		}); err != nil {
			t.Fatal(err)
		}
	}
	wantLines(t, reported())
	second := env.loginWith(t, phone, "192.0.2.1", "forged")
	wantLines(t, reported(), "Safari, iOS")
	env.loginWith(t, "", "192.0.2.1", "")
	wantLines(t, reported(), "Safari, iOS", "")
	// Long after its last session.
	env.clock.Move(100 * 24 * time.Hour)
	if _, err := env.store.SweepSessions(t.Context(), env.clock.Now(), 100); err != nil {
		t.Fatal(err)
	}
	alone := env.loginWith(t, firefox, "192.0.2.1", "") // nobody is there to receive it
	if got := env.sessions(t, env.caller(t, alone)); len(got) != 1 || !strings.HasSuffix(got[0], "|new") {
		t.Errorf("sessions %v", got)
	}
	env.loginWith(t, phone, "192.0.2.1", second.Browser)
	wantLines(t, reported(), "Safari, iOS", "")
	env.loginWith(t, firefox, "192.0.2.1", "")
	wantLines(t, reported(), "Safari, iOS", "", "Firefox, Linux")
}
