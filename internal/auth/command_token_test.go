package auth_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"harang.dev/harang"
	"harang.dev/harang/internal/auth"
)

// another is the service of another node, or of this one after a restart.
func (b *bench) another(t *testing.T, users auth.UserStore) *auth.Service {
	t.Helper()
	s, err := auth.New(users, b.key, auth.Options{
		Clock: b.clock.Now, NewID: func() string { return uuid.Must(uuid.NewV7()).String() }, HashParams: cheap,
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (b *bench) issue(t *testing.T, user string) string {
	t.Helper()
	token, err := b.IssueToken(t.Context(), "budapest", harang.RoleOperator, user, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// A token from the command line is logged out as any other: it alone, on every
// node, until it would have ended by itself.
func TestLogout_CommandToken(t *testing.T) {
	b := newBench(t)
	ctx := t.Context()
	for name, user := range map[string]string{"names nobody": "", "names a user": b.clerk.ID} {
		t.Run(name, func(t *testing.T) {
			before := len(b.control(t))
			token, other := b.issue(t, user), b.issue(t, user)
			users := &switchStore{UserStore: b.store}
			node := b.another(t, users)
			id, err := node.Authenticate(ctx, token)
			if err != nil {
				t.Fatal(err)
			}
			for range 2 { // once is enough
				if err := node.Logout(ctx, id); err != nil {
					t.Fatal(err)
				}
			}
			for _, s := range []*auth.Service{node, b.Service, b.another(t, b.store)} {
				_, err := s.Authenticate(ctx, token)
				wantCode(t, err, harang.CodeUnauthenticated)
				if _, err := s.Authenticate(ctx, other); err != nil {
					t.Fatal("another token ended too:", err)
				}
			}
			if diff := cmp.Diff([]string{"control.logout"}, b.control(t)[before:]); diff != "" {
				t.Fatal(diff)
			}
			users.away = true
			_, err = node.Authenticate(ctx, token)
			wantCode(t, err, harang.CodeUnauthenticated)
			if id, err := node.Authenticate(ctx, other); err != nil || !id.Unverified || id.SessionID == "" {
				t.Fatalf("%+v, %v", id, err)
			}
		})
	}
	wantCode(t, b.another(t, downStore{}).Logout(ctx, harang.Identity{
		Tenant: "budapest", UserID: "cli:ADMIN", Role: harang.RoleAdmin, SessionID: "x", Expires: b.clock.Now(),
	}), harang.CodeUnavailable)
}

// What was logged out is kept until the token is over, and no longer than that
// is needed.
func TestLogout_CommandTokenIsSwept(t *testing.T) {
	b := newBench(t)
	ctx := t.Context()
	token := b.issue(t, "")
	id, err := b.Authenticate(ctx, token)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Logout(ctx, id); err != nil {
		t.Fatal(err)
	}
	ended := func() bool {
		t.Helper()
		_, ended, err := b.store.FindTenantOfToken(ctx, "budapest", id.SessionID)
		if err != nil {
			t.Fatal(err)
		}
		return ended
	}
	for _, c := range []struct {
		after time.Duration
		ended bool
	}{{time.Hour, true}, {time.Second, false}} {
		b.clock.Move(c.after)
		if _, err := b.store.SweepSessions(ctx, b.clock.Now(), 10); err != nil {
			t.Fatal(err)
		}
		if ended() != c.ended {
			t.Fatalf("kept %t, want %t", ended(), c.ended)
		}
	}
	_, err = b.Authenticate(ctx, token)
	wantCode(t, err, harang.CodeTokenExpired)
	_, _, err = b.store.FindTenantOfToken(ctx, "szeged", id.SessionID)
	wantCode(t, err, harang.CodeNotFound)
}

// A new password ends a user's tokens from the command line too; one that is
// made right after it is good.
func TestUpdateUser_NewPasswordEndsCommandTokens(t *testing.T) {
	b := newBench(t)
	ctx := t.Context()
	token, nobodys := b.issue(t, b.clerk.ID), b.issue(t, "")
	b.clock.Move(time.Millisecond)
	if _, err := b.UpdateUser(ctx, b.admin, b.clerk.ID, auth.UserChange{Password: new("another horse")}); err != nil {
		t.Fatal(err)
	}
	b.clock.Move(time.Millisecond)
	_, err := b.Authenticate(ctx, token)
	wantCode(t, err, harang.CodeUnauthenticated)
	if diff := cmp.Diff([]string{"control.logout"}, b.control(t)); diff != "" {
		t.Fatal(diff)
	}
	for _, good := range []string{nobodys, b.issue(t, b.clerk.ID)} {
		if _, err := b.Authenticate(ctx, good); err != nil {
			t.Fatal(err)
		}
	}
}
