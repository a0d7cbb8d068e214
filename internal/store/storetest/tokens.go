package storetest

import (
	"testing"
	"time"

	"harang.dev/harang"
)

// testTokens: a token without a user that was logged out is ended in its tenant, has
// one control event, and is deleted after its expiry.
func testTokens(t *testing.T, open Open) {
	env := NewEnv(t, open)
	ctx := t.Context()
	env.AddTenant(t, "b")
	ended := func(tenant, token string) bool {
		t.Helper()
		found, ended, err := env.Store.FindTenantOfToken(ctx, tenant, token)
		if err != nil || found.ID != tenant {
			t.Fatalf("%+v, %v", found, err)
		}
		return ended
	}
	control := func() int64 {
		t.Helper()
		heads, err := env.Store.Heads(ctx, []string{"a"})
		if err != nil || len(heads) != 1 {
			t.Fatalf("%+v, %v", heads, err)
		}
		return heads[0].Number(harang.AudienceControl)
	}
	if ended("a", "token") {
		t.Fatal("ended before the logout")
	}
	for range 2 {
		if err := env.Store.EndToken(ctx, "a", "token", env.Clock.Now().Add(time.Hour), Logout(t, "a")); err != nil {
			t.Fatal(err)
		}
	}
	if !ended("a", "token") || ended("a", "other") || ended("b", "token") {
		t.Error("want this token alone ended")
	}
	if n := control(); n != 1 {
		t.Errorf("%d control events, want 1", n)
	}
	wantCode(t, env.Store.EndToken(ctx, "unknown", "x", env.Clock.Now(), Logout(t, "unknown")), "NOT_FOUND")
	_, _, err := env.Store.FindTenantOfToken(ctx, "unknown", "token")
	wantCode(t, err, "NOT_FOUND")
	for _, c := range []struct {
		after time.Duration
		ended bool
	}{{time.Hour, true}, {time.Second, false}} {
		env.Clock.Move(c.after)
		if _, err := env.Store.SweepSessions(ctx, env.Clock.Now(), 10); err != nil {
			t.Fatal(err)
		}
		if got := ended("a", "token"); got != c.ended {
			t.Errorf("%v later ended is %t", c.after, got)
		}
	}
}
