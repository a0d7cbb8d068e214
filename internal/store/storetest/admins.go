package storetest

import (
	"context"
	"sync"
	"testing"

	"github.com/alexedwards/argon2id"

	"harang.dev/harang"
	"harang.dev/harang/internal/auth"
)

// testLastAdmin: administrators who disable or demote each other at the same time
// leave one enabled administrator, whoever is first.
func testLastAdmin(t *testing.T, open Open) {
	env := NewEnv(t, open)
	env.AddTenant(t, "b")
	key, err := auth.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	cheap := argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}
	users, err := auth.New(env.Store, key, auth.Options{Clock: env.Clock.Now, NewID: env.Options.NewID,
		HashParams: cheap})
	if err != nil {
		t.Fatal(err)
	}
	add := func(tenant, name string, role harang.Role) harang.Identity {
		t.Helper()
		admin := harang.Identity{Tenant: tenant, UserID: "cli:ADMIN", Role: harang.RoleAdmin}
		u, err := users.CreateUser(t.Context(), admin, auth.NewUser{
			Email: name + "@" + tenant + ".example", Name: name, Role: role, Password: "a long password",
		})
		if err != nil {
			t.Fatal(err)
		}
		return harang.Identity{Tenant: tenant, UserID: u.ID, Role: harang.RoleAdmin}
	}
	admins := []harang.Identity{
		add("a", "anna", harang.RoleAdmin), add("a", "bela", harang.RoleAdmin), add("a", "cili", harang.RoleAdmin),
	}
	// Neither of them is another administrator who could remain.
	add("a", "dani", harang.RoleStoreManager)
	add("b", "other", harang.RoleAdmin)

	role, off, on := harang.RoleOperator, true, false
	disable, demote := auth.UserChange{Disabled: &off}, auth.UserChange{Role: &role}
	adminRole := harang.RoleAdmin
	restore := auth.UserChange{Disabled: &on, Role: &adminRole}
	cli := harang.Identity{Tenant: "a", UserID: "cli:ADMIN", Role: harang.RoleAdmin}
	for round := range 12 {
		n := 2 + round%2 // two against each other, or three in a ring
		if n == 2 {
			if _, err := users.UpdateUser(t.Context(), cli, admins[2].UserID, disable); err != nil {
				t.Fatal(err)
			}
		}
		errs := make([]error, n)
		var start, done sync.WaitGroup
		start.Add(1)
		for i := range n {
			change := disable
			if (round/2+i)%2 == 0 {
				change = demote
			}
			done.Go(func() {
				start.Wait()
				_, errs[i] = users.UpdateUser(context.Background(), admins[i], admins[(i+1)%n].UserID, change)
			})
		}
		start.Done()
		done.Wait()
		refused := 0
		for _, err := range errs {
			if err != nil {
				wantCode(t, err, harang.CodeLastAdmin)
				refused++
			}
		}
		if refused != 1 {
			t.Fatalf("round %d: %v, want one LAST_ADMIN", round, errs)
		}
		all, err := users.FindUsers(t.Context(), cli, "", 10)
		if err != nil {
			t.Fatal(err)
		}
		enabled := 0
		for _, u := range all {
			if u.Role == harang.RoleAdmin && !u.Disabled {
				enabled++
				// Nor from the command line, nor by a change of both at once.
				for _, change := range []auth.UserChange{disable, demote, {Disabled: &off, Role: &role}} {
					_, err := users.UpdateUser(t.Context(), cli, u.ID, change)
					wantCode(t, err, harang.CodeLastAdmin)
				}
			}
		}
		if enabled != 1 {
			t.Fatalf("round %d: %d enabled administrators", round, enabled)
		}
		for _, admin := range admins {
			if _, err := users.UpdateUser(t.Context(), cli, admin.UserID, restore); err != nil {
				t.Fatal(err)
			}
		}
	}
}
