package storetest

import (
	"fmt"
	"testing"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/auth"
)

// testSessions: a new session beyond the most that a user may have ends the least recently
// used ones, of this user only, with their events; a hundred at a time where there are more.
func testSessions(t *testing.T, open Open) {
	env := NewEnv(t, open)
	for _, id := range []string{"u", "other"} {
		if err := env.Store.CreateUser(t.Context(), auth.Credentials{User: harang.User{
			ID: id, Tenant: "a", Email: id + "@a.example", Name: id, Role: harang.RoleOperator,
			Created: env.Clock.Now(),
		}, PasswordHash: "x"}); err != nil {
			t.Fatal(err)
		}
	}
	create := func(user, id string, most int) (ended []string) {
		t.Helper()
		env.Clock.Move(time.Second)
		now := env.Clock.Now()
		err := env.Store.CreateSession(t.Context(), "a", user, most, func(
			_ auth.Credentials, surplus []harang.Session,
		) (harang.Session, auth.Trail, error) {
			ended = nil
			var events []harang.Event
			for _, s := range surplus {
				ended = append(ended, s.ID)
				events = append(events, newEvent(t, harang.LogoutType, "a",
					harang.Logout{SessionID: s.ID, UserID: s.UserID}))
			}
			return harang.Session{ID: id, Tenant: "a", UserID: user, Generation: 1, Rotated: now, Created: now,
				Expires: now.Add(time.Hour)}, auth.Trail{Events: events}, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return ended
	}
	live := func(user, id string) bool {
		t.Helper()
		s, err := env.Store.FindSubject(t.Context(), "a", user, id, env.Clock.Now())
		if err != nil {
			t.Fatal(err)
		}
		return s.SessionLive
	}
	want := func(what string, got []string, want ...string) {
		t.Helper()
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("%s ended %v, want %v", what, got, want)
		}
	}

	create("other", "o", 3)
	want("the first", create("u", "s1", 3))
	want("the second", create("u", "s2", 3))
	want("the third", create("u", "s3", 3))
	env.Clock.Move(time.Second)
	if err := env.Store.UpdateSession(t.Context(), "a", "s1", func(s *harang.Session) (auth.Trail, error) {
		s.Rotated = env.Clock.Now() // used
		return auth.Trail{}, nil
	}); err != nil {
		t.Fatal(err)
	}
	want("the fourth", create("u", "s4", 3), "s2")
	for id, alive := range map[string]bool{"s1": true, "s2": false, "s3": true, "s4": true} {
		if live("u", id) != alive {
			t.Errorf("session %s is live: %v", id, !alive)
		}
	}
	if !live("other", "o") {
		t.Error("a session of another user has ended")
	}
	if n := len(env.Entries(t, harang.AudienceControl)); n != 1 {
		t.Errorf("%d control entries, want 1", n)
	}

	// More of them, as earlier versions allowed.
	for i := range 120 {
		create("u", fmt.Sprintf("t%03d", i), 1000)
	}
	if n := len(create("u", "v1", 3)); n != 100 {
		t.Errorf("a new session has ended %d of 121, want 100", n)
	}
	if n := len(create("u", "v2", 3)); n != 22 {
		t.Errorf("the next one has ended %d, want 22", n)
	}
	want("the one after", create("u", "v3", 3), "t119")

	// Only the newest are read to end all.
	var newest string
	if err := env.Store.UpdateUser(t.Context(), "a", "u", func(
		_ *auth.Credentials, all []harang.Session, _ auth.CountAdmins,
	) (auth.Trail, error) {
		newest = fmt.Sprint(len(all), " ", all[0].ID)
		return auth.Trail{}, nil
	}); err != nil {
		t.Fatal(err)
	}
	if newest != "3 v3" {
		t.Errorf("live sessions and the newest: %s, want 3 v3", newest)
	}
}
