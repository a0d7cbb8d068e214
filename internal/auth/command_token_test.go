package auth_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"harang.dev/harang"
	"harang.dev/harang/internal/auth"
)

// otherNode is the service of another node, or of this one after a restart.
func (env *testEnv) otherNode(t *testing.T, users auth.UserStore) *auth.Service {
	t.Helper()
	s, err := auth.New(users, env.key, auth.Options{
		Clock: env.clock.Now, NewID: func() string { return uuid.Must(uuid.NewV7()).String() }, HashParams: cheap,
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (env *testEnv) issue(t *testing.T, user string) string {
	t.Helper()
	token, err := env.IssueToken(t.Context(), "budapest", harang.RoleOperator, user, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// A logout ends one token from the command line, on every node, until it would have expired.
func TestLogout_CommandToken(t *testing.T) {
	env := newEnv(t)
	ctx := t.Context()
	for name, user := range map[string]string{"names nobody": "", "names a user": env.operator.ID} {
		t.Run(name, func(t *testing.T) {
			before := len(env.control(t))
			token, other := env.issue(t, user), env.issue(t, user)
			users := &switchStore{UserStore: env.store}
			node := env.otherNode(t, users)
			id, err := node.Authenticate(ctx, token)
			if err != nil {
				t.Fatal(err)
			}
			for range 2 { // the second changes nothing
				if err := node.Logout(ctx, id); err != nil {
					t.Fatal(err)
				}
			}
			for _, s := range []*auth.Service{node, env.Service, env.otherNode(t, env.store)} {
				_, err := s.Authenticate(ctx, token)
				wantCode(t, err, harang.CodeUnauthenticated)
				if _, err := s.Authenticate(ctx, other); err != nil {
					t.Fatal("another token ended too:", err)
				}
			}
			if diff := cmp.Diff([]string{"control.logout"}, env.control(t)[before:]); diff != "" {
				t.Fatal(diff)
			}
			users.unavailable = true
			_, err = node.Authenticate(ctx, token)
			wantCode(t, err, harang.CodeUnauthenticated)
			if id, err := node.Authenticate(ctx, other); err != nil || !id.Unverified || id.SessionID == "" {
				t.Fatalf("%+v, %v", id, err)
			}
		})
	}
	wantCode(t, env.otherNode(t, downStore{}).Logout(ctx, harang.Identity{
		Tenant: "budapest", UserID: "cli:ADMIN", Role: harang.RoleAdmin, SessionID: "x", Expires: env.clock.Now(),
	}), harang.CodeUnavailable)
}

// A logged-out token is stored until it would have expired.
func TestLogout_CommandTokenSwept(t *testing.T) {
	env := newEnv(t)
	ctx := t.Context()
	token := env.issue(t, "")
	id, err := env.Authenticate(ctx, token)
	if err != nil {
		t.Fatal(err)
	}
	if err := env.Logout(ctx, id); err != nil {
		t.Fatal(err)
	}
	ended := func() bool {
		t.Helper()
		_, ended, err := env.store.FindTenantOfToken(ctx, "budapest", id.SessionID)
		if err != nil {
			t.Fatal(err)
		}
		return ended
	}
	for _, c := range []struct {
		after time.Duration
		ended bool
	}{{time.Hour, true}, {time.Second, false}} {
		env.clock.Move(c.after)
		if _, err := env.store.SweepSessions(ctx, env.clock.Now(), 10); err != nil {
			t.Fatal(err)
		}
		if ended() != c.ended {
			t.Fatalf("kept %t, want %t", ended(), c.ended)
		}
	}
	_, err = env.Authenticate(ctx, token)
	wantCode(t, err, harang.CodeTokenExpired)
	_, _, err = env.store.FindTenantOfToken(ctx, "szeged", id.SessionID)
	wantCode(t, err, harang.CodeNotFound)
}

// A new password ends the user's tokens from the command line too; one made after it is good.
func TestUpdateUser_NewPasswordEndsCommandTokens(t *testing.T) {
	env := newEnv(t)
	ctx := t.Context()
	token, nobodys := env.issue(t, env.operator.ID), env.issue(t, "")
	env.clock.Move(time.Millisecond)
	if _, err := env.UpdateUser(ctx, env.admin, env.operator.ID,
		auth.UserChange{Password: new("another horse")}); err != nil {
		t.Fatal(err)
	}
	env.clock.Move(time.Millisecond)
	_, err := env.Authenticate(ctx, token)
	wantCode(t, err, harang.CodeUnauthenticated)
	if diff := cmp.Diff([]string{"control.logout"}, env.control(t)); diff != "" {
		t.Fatal(diff)
	}
	for _, good := range []string{nobodys, env.issue(t, env.operator.ID)} {
		if _, err := env.Authenticate(ctx, good); err != nil {
			t.Fatal(err)
		}
	}
}
