package storetest

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"harang.dev/harang"
	"harang.dev/harang/internal/auth"
	"harang.dev/harang/internal/shop"
)

// testDisplays: a display is found by its id and by its secret's hash; of two changes at the same time the second sees
// the first; a revoked one is in no list.
func testDisplays(t *testing.T, open Open) {
	env := NewEnv(t, open)
	ctx := t.Context()
	env.AddTenant(t, "b")
	if err := env.Store.Within(ctx, func(tx shop.Tx) error {
		return tx.PutLocation(ctx, "a", harang.Location{ID: "vaci-ut", Name: "Váci út"})
	}); err != nil {
		t.Fatal(err)
	}
	create := func(tenant, id, location string) (harang.Display, error) {
		d := harang.Display{
			ID: id, Tenant: tenant, Name: "Bejárat " + id, LocationID: location, Created: env.Clock.Now(),
		}
		return d, env.Store.CreateDisplay(ctx, d, [32]byte{id[0]})
	}
	d, err := create("a", "1", "vaci-ut")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := create("a", "2", ""); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ tenant, location string }{{"a", "unknown"}, {"b", "vaci-ut"}, {"unknown", ""}} {
		_, err := create(c.tenant, "3", c.location)
		wantCode(t, err, "NOT_FOUND")
	}
	found, tenantName, err := env.Store.FindDisplay(ctx, "a", "1")
	if diff := cmp.Diff(d, found); err != nil || diff != "" || tenantName == "" {
		t.Errorf("%v %q %s", err, tenantName, diff)
	}
	found, err = env.Store.FindDisplayByHash(ctx, [32]byte{'1'})
	if diff := cmp.Diff(d, found); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	_, err = env.Store.FindDisplayByHash(ctx, [32]byte{'3'})
	wantCode(t, err, "NOT_FOUND")
	none := func(*harang.Display) (auth.Trail, error) { return auth.Trail{}, nil }
	for _, c := range []struct{ tenant, id string }{{"b", "1"}, {"a", "3"}} {
		_, _, err := env.Store.FindDisplay(ctx, c.tenant, c.id)
		wantCode(t, err, "NOT_FOUND")
		wantCode(t, env.Store.UpdateDisplay(ctx, c.tenant, c.id, none), "NOT_FOUND")
	}

	refused := errors.New("refused")
	if err := env.Store.UpdateDisplay(ctx, "a", "1", func(d *harang.Display) (auth.Trail, error) {
		d.Screen = "lost"
		return auth.Trail{}, refused
	}); !errors.Is(err, refused) {
		t.Error(err)
	}
	// Each takes the display over from the one before.
	const screens = 5
	var all sync.WaitGroup
	var mu sync.Mutex
	before := map[string]bool{}
	for i := range screens {
		all.Go(func() {
			var was string
			err := env.Store.UpdateDisplay(ctx, "a", "1", func(d *harang.Display) (auth.Trail, error) {
				was = d.Screen
				d.Screen, d.LastUsed, d.Network = string(rune('a'+i)), env.Clock.Now(), "192.0.2.0/24"
				return auth.Trail{}, nil
			})
			mu.Lock()
			defer mu.Unlock()
			if err != nil || before[was] {
				t.Errorf("%v, after %q again", err, was)
			}
			before[was] = true
		})
	}
	all.Wait()
	ids := func(tenant, after string, limit int) (ids []string) {
		t.Helper()
		list, err := env.Store.FindDisplays(ctx, tenant, after, limit)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range list {
			ids = append(ids, d.ID)
		}
		return ids
	}
	if got := slices.Concat(ids("a", "", 10), ids("a", "1", 10), ids("a", "", 1), ids("b", "", 10)); !slices.Equal(got,
		[]string{"1", "2", "2", "1"}) {
		t.Error(got)
	}
	revoked := env.Clock.Now().Add(time.Second)
	if err := env.Store.UpdateDisplay(ctx, "a", "1", func(d *harang.Display) (auth.Trail, error) {
		d.Revoked = revoked
		return auth.Trail{Events: []harang.Event{Logout(t, "a")}}, nil
	}); err != nil {
		t.Fatal(err)
	}
	if got := ids("a", "", 10); !slices.Equal(got, []string{"2"}) {
		t.Error(got)
	}
	if d, _, err := env.Store.FindDisplay(ctx, "a", "1"); err != nil || !d.Revoked.Equal(revoked) ||
		d.Network != "192.0.2.0/24" || !d.LastUsed.Equal(env.Clock.Now()) {
		t.Errorf("%+v, %v", d, err)
	}
}
