package auth_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/auth"
)

// createKey makes a key and returns it with its text.
func (env *testEnv) createKey(t *testing.T, n auth.NewAPIKey) (harang.APIKey, string) {
	t.Helper()
	n.Name = "erp"
	key, text, err := env.CreateAPIKey(t.Context(), env.admin, n)
	if err != nil {
		t.Fatal(err)
	}
	return key, text
}

// stored is the only key of the tenant, as the database has it.
func (env *testEnv) stored(t *testing.T) harang.APIKey {
	t.Helper()
	keys, err := env.FindAPIKeys(t.Context(), env.admin, "", 10)
	if err != nil || len(keys) != 1 {
		t.Fatalf("%d keys, %v", len(keys), err)
	}
	return keys[0]
}

// TestAPIKey_Scopes: a key has the scopes that it was given, and is told which one a call lacks.
func TestAPIKey_Scopes(t *testing.T) {
	env := newEnv(t)
	set, _ := harang.NewScopes([]harang.Scope{harang.ScopeStockWrite})
	_, text := env.createKey(t, auth.NewAPIKey{Scopes: set})
	caller, err := env.AuthenticateKey(t.Context(), text)
	if err != nil {
		t.Fatal(err)
	}
	if err := caller.Can(harang.ActionAdjustStock); err != nil {
		t.Error(err)
	}
	err = caller.Can(harang.ActionSendEvents)
	wantCode(t, err, harang.CodeForbidden)
	if !strings.Contains(err.Error(), "events:write") {
		t.Errorf("%v does not name the scope", err)
	}
	wantCode(t, caller.Can(harang.ActionAdminister), harang.CodeForbidden)
}

// TestAPIKey_Expiry: a key is refused from its end on, not half a second later, and counts again when an administrator
// renews it.
func TestAPIKey_Expiry(t *testing.T) {
	env := newEnv(t)
	ends := env.clock.Now().Add(15 * 24 * time.Hour)
	key, text := env.createKey(t, auth.NewAPIKey{Expires: ends})
	status := func(want harang.KeyStatus) {
		t.Helper()
		if got := env.stored(t).Status(env.clock.Now()); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	status(harang.KeyActive)
	env.clock.Move(24 * time.Hour)
	status(harang.KeyExpiring)
	env.clock.Move(14*24*time.Hour - time.Millisecond)
	if _, err := env.AuthenticateKey(t.Context(), text); err != nil {
		t.Fatal(err)
	}
	env.clock.Move(time.Millisecond)
	_, err := env.AuthenticateKey(t.Context(), text)
	wantCode(t, err, harang.CodeUnauthenticated)
	if !strings.Contains(err.Error(), "expired") {
		t.Errorf("%v does not say why", err)
	}
	status(harang.KeyExpired)
	never := auth.APIKeyChange{Expires: new(time.Time{})}
	if _, err := env.UpdateAPIKey(t.Context(), env.admin, key.ID, never); err != nil {
		t.Fatal(err)
	}
	status(harang.KeyActive)
	if _, err := env.AuthenticateKey(t.Context(), text); err != nil {
		t.Error(err)
	}
}

// TestAPIKey_Refused: what a key cannot be given.
func TestAPIKey_Refused(t *testing.T) {
	env := newEnv(t)
	ctx := t.Context()
	now := env.clock.Now()
	key, _ := env.createKey(t, auth.NewAPIKey{})
	for field, change := range map[string]auth.APIKeyChange{
		"name":      {Name: new(strings.Repeat("🔑", 201))},
		"expiresAt": {Expires: new(now)},
		"rateLimit": {RateLimit: new(int64(1e9))},
	} {
		_, err := env.UpdateAPIKey(ctx, env.admin, key.ID, change)
		var refused *harang.Error
		if !errors.As(err, &refused) || len(refused.Fields) != 1 || refused.Fields[0].Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	far := now.Add(11 * 366 * 24 * time.Hour)
	_, _, err := env.CreateAPIKey(ctx, env.admin, auth.NewAPIKey{Name: "x", Expires: far})
	wantCode(t, err, harang.CodeInvalidRequest)
	if _, err := env.UpdateAPIKey(ctx, env.admin, key.ID,
		auth.APIKeyChange{Name: new("K" + strings.Repeat("🔑", 199))}); err != nil {
		t.Error("a name of emoji:", err)
	}
	elsewhere := harang.Identity{Tenant: "debrecen", Role: harang.RoleAdmin}
	_, err = env.UpdateAPIKey(ctx, elsewhere, key.ID, auth.APIKeyChange{Name: new("x")})
	wantCode(t, err, harang.CodeNotFound)
	_, err = env.UpdateAPIKey(ctx, harang.Identity{Tenant: "budapest", Role: harang.RoleStoreManager}, key.ID,
		auth.APIKeyChange{Name: new("x")})
	wantCode(t, err, harang.CodeForbidden)
	if err := env.RevokeAPIKey(ctx, env.admin, key.ID); err != nil {
		t.Fatal(err)
	}
	_, err = env.UpdateAPIKey(ctx, env.admin, key.ID, auth.APIKeyChange{Name: new("x")})
	wantCode(t, err, harang.CodeConflict)
}

// TestAPIKey_Control: each change and the first of two revocations at once is one control entry.
func TestAPIKey_Control(t *testing.T) {
	env := newEnv(t)
	key, _ := env.createKey(t, auth.NewAPIKey{})
	renamed := auth.APIKeyChange{Name: new("shop")}
	for range 2 { // the second changes nothing
		if _, err := env.UpdateAPIKey(t.Context(), env.admin, key.ID, renamed); err != nil {
			t.Fatal(err)
		}
	}
	var revoking sync.WaitGroup
	for range 2 {
		revoking.Go(func() {
			if err := env.RevokeAPIKey(t.Context(), env.admin, key.ID); err != nil {
				t.Error(err)
			}
		})
	}
	revoking.Wait()
	if got := env.control(t); !slices.Equal(got, []string{"control.key", "control.key"}) {
		t.Errorf("%v", got)
	}
}

// TestAPIKey_Forget: a node that learns of a change looks the key up at once.
func TestAPIKey_Forget(t *testing.T) {
	env := newEnv(t)
	key, text := env.createKey(t, auth.NewAPIKey{})
	if _, err := env.AuthenticateKey(t.Context(), text); err != nil {
		t.Fatal(err)
	}
	if err := env.store.UpdateAPIKey(t.Context(), "budapest", key.ID, func(k *harang.APIKey) (auth.Trail, error) {
		k.Revoked = env.clock.Now()
		return auth.Trail{}, nil
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := env.AuthenticateKey(t.Context(), text); err != nil {
		t.Fatal("looked up for each call:", err)
	}
	env.ForgetKeys()
	_, err := env.AuthenticateKey(t.Context(), text)
	wantCode(t, err, harang.CodeUnauthenticated)
}

// TestAPIKey_RateLimit: as many calls a minute as the limit, then a refusal that says when to try again; a look-up of
// the key does not begin anew, a change of the limit holds at once.
func TestAPIKey_RateLimit(t *testing.T) {
	env := newEnv(t)
	ctx := t.Context()
	key, text := env.createKey(t, auth.NewAPIKey{RateLimit: 60})
	calls := func(n int) {
		t.Helper()
		for i := range n {
			if _, err := env.AdmitKey(ctx, text); err != nil {
				t.Fatalf("call %d of %d: %v", i+1, n, err)
			}
		}
		_, err := env.AdmitKey(ctx, text)
		wantCode(t, err, harang.CodeRateLimited)
		var limited *harang.Error
		if errors.As(err, &limited); limited.RetryAfter <= 0 || limited.RetryAfter > time.Second {
			t.Errorf("try again after %s", limited.RetryAfter)
		}
	}
	calls(60)
	env.clock.Move(10 * time.Second)
	calls(10)
	if _, err := env.AuthenticateKey(ctx, text); err != nil {
		t.Error("a check of the key counted as a call:", err)
	}
	if _, err := env.UpdateAPIKey(ctx, env.admin, key.ID, auth.APIKeyChange{RateLimit: new(int64(120))}); err != nil {
		t.Fatal(err)
	}
	calls(0)
	env.clock.Move(5 * time.Second)
	calls(10)
	if _, err := env.UpdateAPIKey(ctx, env.admin, key.ID, auth.APIKeyChange{RateLimit: new(int64(0))}); err != nil {
		t.Fatal(err)
	}
	for range 1000 {
		if _, err := env.AdmitKey(ctx, text); err != nil {
			t.Fatal(err)
		}
	}
}

// TestAPIKey_LastUse: the last use is written aside from the calls, at most once a minute.
func TestAPIKey_LastUse(t *testing.T) {
	env := newEnv(t)
	_, text := env.createKey(t, auth.NewAPIKey{})
	began := env.clock.Now()
	var written []time.Duration
	for range 1200 { // ten minutes of calls
		if _, err := env.AuthenticateKey(t.Context(), text); err != nil {
			t.Fatal(err)
		}
		before := env.stored(t).LastUsed
		if err := env.WriteKeyUses(t.Context()); err != nil {
			t.Fatal(err)
		}
		if after := env.stored(t).LastUsed; !after.Equal(before) {
			written = append(written, after.Sub(began))
		}
		env.clock.Move(500 * time.Millisecond)
	}
	want := make([]time.Duration, 10)
	for i := range want {
		want[i] = time.Duration(i) * time.Minute
	}
	if !slices.Equal(written, want) {
		t.Errorf("written after %v, want %v", written, want)
	}
	// Two notes of one minute, as two nodes have them: the first counts.
	at := env.stored(t).LastUsed.Add(2 * time.Minute)
	for i := range 2 {
		use := auth.KeyUse{Tenant: "budapest", KeyID: env.stored(t).ID, At: at.Add(time.Duration(i) * time.Second)}
		if err := env.store.RecordKeyUses(t.Context(), []auth.KeyUse{use}, time.Minute); err != nil {
			t.Fatal(err)
		}
	}
	if got := env.stored(t).LastUsed; !got.Equal(at) {
		t.Errorf("%s, want %s", got, at)
	}
}
