package storetest

import (
	"fmt"
	"testing"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/auth"
)

// testAccount: what a user's own account keeps, and that a session's last use is written at most once a minute.
func testAccount(t *testing.T, open Open) {
	env := NewEnv(t, open)
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(env.Store.CreateUser(ctx, auth.Credentials{User: harang.User{
		ID: "u", Tenant: "a", Email: "u@a.example", Name: "U", Role: harang.RoleOperator, Created: env.Clock.Now(),
		PasswordTemporary: true,
	}, PasswordHash: "x"}))
	subject := func(session string) auth.Subject {
		t.Helper()
		s, err := env.Store.FindSubject(ctx, "a", "u", session, env.Clock.Now())
		must(err)
		return s
	}
	if s := subject(""); !s.PasswordTemporary || s.Language != "" || !s.SessionLive || !s.Confirmed.IsZero() {
		t.Errorf("a new user: %+v", s)
	}

	var signedIn []time.Time
	var elsewhere []bool
	create := func(s harang.Session) {
		t.Helper()
		s.Tenant, s.UserID, s.Rotated, s.Created = "a", "u", env.Clock.Now(), env.Clock.Now()
		s.Expires = env.Clock.Now().Add(60 * 24 * time.Hour)
		must(env.Store.CreateSession(ctx, "a", "u", 10, func(
			c auth.Credentials, _ []harang.Session,
		) (harang.Session, auth.Trail, error) {
			signedIn, elsewhere = append(signedIn, c.SignedIn), append(elsewhere, c.SignedInElsewhere)
			return s, auth.Trail{}, nil
		}))
		env.Clock.Move(time.Second)
	}
	start := env.Clock.Now()
	create(harang.Session{ID: "command", Device: "harang token"})
	create(harang.Session{
		ID: "s1", Generation: 1, Device: "Firefox, Linux", Network: "192.0.2.0/24", Used: start, Confirmed: start,
		NewDevice: true,
	})
	create(harang.Session{ID: "s2", Generation: 1}) // as an older node writes it
	if got, want := fmt.Sprint(signedIn), fmt.Sprint([]time.Time{{}, {}, start.Add(time.Second)}); got != want {
		t.Errorf("the first logins were %s, want %s", got, want)
	}
	if got := fmt.Sprint(elsewhere); got != "[false true true]" {
		t.Errorf("signed in elsewhere: %s", got)
	}
	found := func() map[string]harang.Session {
		t.Helper()
		all, err := env.Store.FindSessions(ctx, "a", "u", env.Clock.Now())
		must(err)
		byID := map[string]harang.Session{}
		for _, s := range all {
			byID[s.ID] = s
		}
		return byID
	}
	all := found()
	if s := all["s1"]; len(all) != 3 || s.Device != "Firefox, Linux" || s.Network != "192.0.2.0/24" ||
		!s.Used.Equal(start) || !s.Confirmed.Equal(start) || !s.NewDevice {
		t.Errorf("%+v", all)
	}
	if s := all["s2"]; s.Device != "" || s.Network != "" || !s.Used.IsZero() || !s.Confirmed.Equal(s.Created) ||
		s.NewDevice {
		t.Errorf("a session of an older node: %+v", s)
	}
	if s := all["command"]; !s.Confirmed.IsZero() || !subject("command").Confirmed.IsZero() {
		t.Errorf("a session of the command line: %+v", s)
	}
	if _, err := env.Store.FindSessions(ctx, "a", "unknown", env.Clock.Now()); harang.ErrorCode(err) !=
		harang.CodeNotFound {
		t.Errorf("sessions of nobody: %v", err)
	}

	use := func(id string, after time.Duration, network, want string) {
		t.Helper()
		must(env.Store.RecordSessionUses(ctx, []harang.SessionUse{
			{Tenant: "a", SessionID: id, At: start.Add(after), Network: network, Device: "curl"},
			{Tenant: "a", SessionID: "unknown", At: start}, {Tenant: "b", SessionID: id, At: start.Add(time.Hour)},
		}))
		s := found()[id]
		if got := fmt.Sprintf("%s %s %v", s.Device, s.Network, s.Used.Sub(start)); got != want {
			t.Errorf("%s after %v: %s, want %s", id, after, got, want)
		}
	}
	use("s1", time.Minute-time.Millisecond, "203.0.113.0/24", "Firefox, Linux 192.0.2.0/24 0s")
	use("s1", time.Minute, "203.0.113.0/24", "Firefox, Linux 203.0.113.0/24 1m0s")
	use("s1", time.Second, "192.0.2.0/24", "Firefox, Linux 203.0.113.0/24 1m0s") // of a node that was slow
	use("s2", time.Second, "192.0.2.0/24", "curl 192.0.2.0/24 1s")

	// A trail ends and confirms sessions in its transaction; another tenant's are out of reach.
	env.Clock.Move(time.Hour)
	must(env.Store.UpdateUser(ctx, "a", "u", func(
		c *auth.Credentials, _ []harang.Session, _ auth.CountAdmins,
	) (auth.Trail, error) {
		c.Name, c.Language, c.PasswordTemporary = "V", harang.LanguageEnglish, false
		return auth.Trail{EndedSessions: []string{"s2", "unknown"}, ConfirmedSession: "s1"}, nil
	}))
	if s := subject("s1"); s.Name != "V" || s.Language != "en" || s.PasswordTemporary || !s.SessionLive ||
		!s.Confirmed.Equal(env.Clock.Now()) {
		t.Errorf("%+v", s)
	}
	if subject("s2").SessionLive || len(found()) != 2 {
		t.Error("a session of the trail has not ended")
	}
	failed := fmt.Errorf("refused")
	if err := env.Store.UpdateUser(ctx, "a", "u", func(
		*auth.Credentials, []harang.Session, auth.CountAdmins,
	) (auth.Trail, error) {
		return auth.Trail{EndedSessions: []string{"s1"}}, failed
	}); err == nil || !subject("s1").SessionLive {
		t.Errorf("after a refused change: %v", err)
	}
	env.AddTenant(t, "b")
	must(env.Store.CreateUser(ctx, auth.Credentials{User: harang.User{
		ID: "w", Tenant: "b", Email: "w@b.example", Name: "W", Role: harang.RoleOperator, Created: env.Clock.Now(),
	}, PasswordHash: "x"}))
	must(env.Store.UpdateUser(ctx, "b", "w", func(
		*auth.Credentials, []harang.Session, auth.CountAdmins,
	) (auth.Trail, error) {
		return auth.Trail{EndedSessions: []string{"s1"}}, nil
	}))
	if !subject("s1").SessionLive {
		t.Error("another tenant has ended a session")
	}

	// 30 days after its login, whatever expires_at says.
	env.Clock.Move(start.Add(time.Second).Add(harang.MaxSessionLife).Sub(env.Clock.Now()) - time.Millisecond)
	if !subject("s1").SessionLive {
		t.Error("ended before its 30 days")
	}
	env.Clock.Move(time.Millisecond)
	if subject("s1").SessionLive || len(found()) != 0 {
		t.Errorf("live after 30 days: %v", found())
	}
	must(env.Store.UpdateUser(ctx, "a", "u", func(
		_ *auth.Credentials, live []harang.Session, _ auth.CountAdmins,
	) (auth.Trail, error) {
		if len(live) > 0 {
			t.Errorf("%d live sessions", len(live))
		}
		return auth.Trail{}, nil
	}))
}
