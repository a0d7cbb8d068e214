package auth_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"harang.dev/harang"
	"harang.dev/harang/internal/auth"
	"harang.dev/harang/internal/shop"
)

// display adds a display of budapest and returns the secret of its link.
func (env *testEnv) display(t *testing.T) (harang.Display, string) {
	t.Helper()
	if err := env.store.Within(t.Context(), func(tx shop.Tx) error {
		return tx.PutLocation(t.Context(), "budapest", harang.Location{ID: "vaci-ut", Name: "Váci út"})
	}); err != nil {
		t.Fatal(err)
	}
	d, secret, err := env.CreateDisplay(t.Context(), env.admin, "Bejárat fölött", "vaci-ut")
	if err != nil {
		t.Fatal(err)
	}
	return d, secret
}

// openDisplay opens a link, without a screen as another screen does.
func (env *testEnv) openDisplay(t *testing.T, secret, screen string) auth.DisplayGrant {
	t.Helper()
	g, err := env.OpenDisplay(t.Context(), secret, screen, "192.0.2.1")
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestDisplay_Grant(t *testing.T) {
	env := newEnv(t)
	ctx := t.Context()
	d, secret := env.display(t)
	g := env.openDisplay(t, secret, "")
	caller, err := env.Authenticate(ctx, g.AccessToken)
	if err != nil {
		t.Fatal(err)
	}
	want := harang.Identity{
		Tenant: "budapest", TenantName: "Company budapest", UserID: "display:" + d.ID, Name: "Bejárat fölött",
		Role: harang.RoleDisplay, SessionID: g.Display.Screen, LocationID: "vaci-ut",
		Expires: env.clock.Now().Add(10 * time.Minute),
	}
	if diff := cmp.Diff(want, caller); diff != "" {
		t.Error(diff)
	}
	if _, err := env.Recheck(ctx, caller); err != nil {
		t.Error(err)
	}
	wantCode(t, env.Logout(ctx, caller), harang.CodeForbidden)
	// Months later the same screen goes on: no session ends.
	env.clock.Move(90 * 24 * time.Hour)
	next := env.openDisplay(t, secret, g.Display.Screen)
	if next.Display.Screen != g.Display.Screen || next.AccessToken == g.AccessToken {
		t.Errorf("%+v", next)
	}
	if _, err := env.Authenticate(ctx, next.AccessToken); err != nil {
		t.Error(err)
	}
	list, err := env.FindDisplays(ctx, env.admin, "", 10)
	if err != nil || len(list) != 1 || !list[0].LastUsed.Equal(env.clock.Now()) {
		t.Errorf("%+v, %v", list, err)
	}
}

func TestDisplay_BadInput(t *testing.T) {
	env := newEnv(t)
	ctx := t.Context()
	d, secret := env.display(t)
	for _, c := range []struct{ name, location string }{
		{"", ""}, {"  ", ""}, {strings.Repeat("é", 201), ""}, {"a\x00b", ""}, {"Bejárat", "unknown"},
		{"Bejárat", strings.Repeat("x", 200)}, {"Bejárat", "\xff"},
	} {
		_, _, err := env.CreateDisplay(ctx, env.admin, c.name, c.location)
		wantCode(t, err, harang.CodeInvalidRequest)
	}
	// A location of another tenant.
	elsewhere := harang.Identity{Tenant: "debrecen", Role: harang.RoleAdmin}
	_, _, err := env.CreateDisplay(ctx, elsewhere, "Bejárat", "vaci-ut")
	wantCode(t, err, harang.CodeInvalidRequest)
	_, _, err = env.CreateDisplay(ctx, env.admin, strings.Repeat("🔔", 200), "")
	wantCode(t, err, harang.CodeInvalidRequest) // no letter or digit
	if _, _, err := env.CreateDisplay(ctx, env.admin, "A"+strings.Repeat("🔔", 199), ""); err != nil {
		t.Error(err)
	}
	for _, role := range []harang.Role{
		harang.RoleOperator, harang.RoleStoreManager, harang.RoleService, harang.RoleDisplay,
	} {
		other := harang.Identity{Tenant: "budapest", Role: role}
		_, _, err := env.CreateDisplay(ctx, other, "Bejárat", "")
		wantCode(t, err, harang.CodeForbidden)
		_, err = env.FindDisplays(ctx, other, "", 10)
		wantCode(t, err, harang.CodeForbidden)
		wantCode(t, env.RevokeDisplay(ctx, other, d.ID), harang.CodeForbidden)
	}
	wantCode(t, env.RevokeDisplay(ctx, elsewhere, d.ID), harang.CodeNotFound)
	for i, wrong := range []string{
		"", "hd_", secret[:len(secret)-1], secret + "x", strings.TrimPrefix(secret, "hd_"), strings.ToUpper(secret),
		"hd_" + strings.Repeat("x", 43), "hd_" + strings.Repeat("x", 1<<16), "hk_" + secret[3:],
	} {
		_, err := env.OpenDisplay(ctx, wrong, "", fmt.Sprintf("192.0.2.%d", 10+i))
		wantCode(t, err, harang.CodeInvalidCredentials)
	}
	_, err = env.Authenticate(ctx, secret)
	wantCode(t, err, harang.CodeUnauthenticated)
	_, err = env.AuthenticateKey(ctx, secret)
	wantCode(t, err, harang.CodeUnauthenticated)
}

// TestDisplay_TakenOver: opening the link again ends the tokens of the screen before, which learns why, and can take
// the display back.
func TestDisplay_TakenOver(t *testing.T) {
	env := newEnv(t)
	ctx := t.Context()
	_, secret := env.display(t)
	n := len(env.audited(t))
	first := env.openDisplay(t, secret, "")
	second, err := env.OpenDisplay(ctx, secret, "", "198.51.100.7")
	if err != nil {
		t.Fatal(err)
	}
	_, err = env.Authenticate(ctx, first.AccessToken)
	wantCode(t, err, harang.CodeUnauthenticated)
	_, err = env.OpenDisplay(ctx, secret, first.Display.Screen, "192.0.2.1")
	wantCode(t, err, harang.CodeDisplayTakenOver)
	_, err = env.OpenDisplay(ctx, secret, "forged", "192.0.2.1")
	wantCode(t, err, harang.CodeDisplayTakenOver)
	if _, err := env.Authenticate(ctx, second.AccessToken); err != nil {
		t.Error(err)
	}
	back := env.openDisplay(t, secret, "")
	_, err = env.Authenticate(ctx, second.AccessToken)
	wantCode(t, err, harang.CodeUnauthenticated)
	env.openDisplay(t, secret, "") // in the same network: no row
	_, err = env.Authenticate(ctx, back.AccessToken)
	wantCode(t, err, harang.CodeUnauthenticated)
	env.wantAudit(t, n,
		`Bejárat fölött 192.0.2.1 display.open display:Bejárat fölött - {"network":"192.0.2.0/24"} 1`,
		`Bejárat fölött 198.51.100.7 display.open display:Bejárat fölött {"network":"192.0.2.0/24"} `+
			`{"network":"198.51.100.0/24"} 1`,
		`Bejárat fölött 192.0.2.1 display.open display:Bejárat fölött {"network":"198.51.100.0/24"} `+
			`{"network":"192.0.2.0/24"} 1`)
}

// TestDisplay_OpenedAtOnce: of many screens that open the link at the same time, exactly one has the display.
func TestDisplay_OpenedAtOnce(t *testing.T) {
	env := newEnv(t)
	_, secret := env.display(t)
	const screens = 8
	tokens := make([]string, screens)
	var all sync.WaitGroup
	for i := range screens {
		all.Go(func() {
			g, err := env.OpenDisplay(t.Context(), secret, "", "192.0.2.1")
			if err != nil && harang.ErrorCode(err) != harang.CodeDisplayTakenOver {
				t.Error(err)
			}
			tokens[i] = g.AccessToken
		})
	}
	all.Wait()
	valid := 0
	for _, token := range tokens {
		if token == "" {
			continue // taken over before it had its token
		}
		if _, err := env.Authenticate(t.Context(), token); err == nil {
			valid++
		} else {
			wantCode(t, err, harang.CodeUnauthenticated)
		}
	}
	if valid != 1 {
		t.Errorf("%d screens have the display", valid)
	}
}

func TestDisplay_Revoked(t *testing.T) {
	env := newEnv(t)
	ctx := harang.ForCall(t.Context(), "budapest", "192.0.2.9")
	d, secret := env.display(t)
	g := env.openDisplay(t, secret, "")
	n := len(env.audited(t))
	for range 2 { // a revoked one stays as it is
		if err := env.RevokeDisplay(ctx, env.admin, d.ID); err != nil {
			t.Fatal(err)
		}
	}
	env.wantAudit(t, n, `cli:ADMIN 192.0.2.9 display.revoke display:Bejárat fölött - - 1`)
	_, err := env.Authenticate(ctx, g.AccessToken)
	wantCode(t, err, harang.CodeUnauthenticated)
	for _, screen := range []string{"", g.Display.Screen} {
		_, err := env.OpenDisplay(ctx, secret, screen, "192.0.2.1")
		wantCode(t, err, harang.CodeDisplayRevoked)
	}
	if list, err := env.FindDisplays(ctx, env.admin, "", 10); err != nil || len(list) != 0 {
		t.Errorf("%+v, %v", list, err)
	}
	for _, row := range env.audited(t) {
		if strings.Contains(row, secret[3:]) {
			t.Error("the audit log has the secret")
		}
	}
}

// TestDisplay_Limits: a host's wrong links are refused for a while, no right ones and none of another host; a link that
// is opened again and again slows down itself, but not the screen that goes on.
func TestDisplay_Limits(t *testing.T) {
	env := newEnv(t)
	ctx := t.Context()
	_, secret := env.display(t)
	open := func(secret, screen, address string) error {
		_, err := env.OpenDisplay(ctx, secret, screen, address)
		return err
	}
	for range 20 {
		wantCode(t, open("hd_wrong", "", "192.0.2.1"), harang.CodeInvalidCredentials)
	}
	wantCode(t, open("hd_wrong", "", "192.0.2.1"), harang.CodeRateLimited)
	wantCode(t, open("hd_wrong", "", "198.51.100.7"), harang.CodeInvalidCredentials)
	wantCode(t, open(secret, "", "192.0.2.1"), "")
	env.clock.Move(time.Minute)
	for range 29 {
		wantCode(t, open(secret, "", "198.51.100.7"), "")
	}
	wantCode(t, open(secret, "", "203.0.113.5"), harang.CodeRateLimited)
	list, err := env.FindDisplays(ctx, env.admin, "", 10)
	if err != nil || len(list) != 1 {
		t.Fatalf("%+v, %v", list, err)
	}
	wantCode(t, open(secret, list[0].Screen, "198.51.100.7"), "")
	env.clock.Move(10 * time.Second)
	wantCode(t, open(secret, "", "198.51.100.7"), "")
}

// TestDisplay_LastUse: however often a screen goes on, its last use is written at most once a minute.
func TestDisplay_LastUse(t *testing.T) {
	env := newEnv(t)
	_, secret := env.display(t)
	first := env.openDisplay(t, secret, "").Display
	for _, after := range []struct{ passed, used time.Duration }{
		{0, 0}, {30 * time.Second, 0}, {29 * time.Second, 0}, {time.Second, time.Minute}, {time.Second, time.Minute},
	} {
		env.clock.Move(after.passed)
		env.openDisplay(t, secret, first.Screen)
		found, err := env.FindDisplays(t.Context(), env.admin, "", 10)
		if err != nil || len(found) != 1 {
			t.Fatal(found, err)
		}
		if used := found[0].LastUsed.Sub(first.LastUsed); used != after.used {
			t.Errorf("last use %s after the first, want %s", used, after.used)
		}
	}
}
