package auth_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"
	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"
	"golang.org/x/text/unicode/norm"

	"harang.dev/harang"
	"harang.dev/harang/internal/auth"
)

// hookedCredentials calls meanwhile between the reading of a password's hash and the creation of the session.
type hookedCredentials struct {
	auth.UserStore
	meanwhile func()
}

func (env hookedCredentials) FindCredentials(ctx context.Context, email string) (auth.Credentials, error) {
	c, err := env.UserStore.FindCredentials(ctx, email)
	env.meanwhile()
	return c, err
}

// A login that was in progress with the old password when it was changed, or when the user was disabled, is refused,
// whatever the clock did meanwhile.
func TestLogin_WhileThePasswordIsChanged(t *testing.T) {
	for name, change := range map[string]auth.UserChange{
		"password": {Password: new("a new password")},
		"disabled": {Disabled: new(true)},
	} {
		t.Run(name, func(t *testing.T) {
			env := newEnv(t)
			users := hookedCredentials{UserStore: env.store, meanwhile: func() {
				env.clock.Move(-time.Minute)
				if _, err := env.UpdateUser(t.Context(), env.admin, env.operator.ID, change); err != nil {
					t.Error(err)
				}
			}}
			service, err := auth.New(users, env.key, auth.Options{
				Clock: env.clock.Now, NewID: func() string { return uuid.Must(uuid.NewV7()).String() },
				HashParams: cheap,
			})
			if err != nil {
				t.Fatal(err)
			}
			_, err = service.Login(t.Context(), login(env.operator.Email, password, "192.0.2.1"))
			wantCode(t, err, harang.CodeInvalidCredentials)
			_, err = service.IssueToken(t.Context(), "budapest", harang.RoleOperator, env.operator.ID, time.Hour)
			if disabled := change.Disabled != nil; (err != nil) != disabled {
				t.Errorf("a token of a user, disabled %t: %v", disabled, err)
			}
		})
	}
}

// TestLogin_WhileTheUserIsErased: the answer is that of any login that fails.
func TestLogin_WhileTheUserIsErased(t *testing.T) {
	env := newEnv(t)
	service := env.otherNode(t, hookedCredentials{UserStore: env.store, meanwhile: func() {
		if _, err := env.EraseUser(t.Context(), env.admin, env.operator.ID); err != nil {
			t.Error(err)
		}
	}})
	_, err := service.Login(t.Context(), login(env.operator.Email, password, "192.0.2.1"))
	wantCode(t, err, harang.CodeInvalidCredentials)
}

func TestLogin_Refused(t *testing.T) {
	env := newEnv(t)
	for name, try := range map[string][2]string{
		"wrong password": {"operator@budapest.demo", "wrong horse"},
		"unknown user":   {"nobody@budapest.demo", password},
		"nothing":        {"", ""},
		"null byte":      {"operator@budapest.demo\x00", password},
	} {
		_, err := env.Login(t.Context(), login(try[0], try[1], "192.0.2.1"))
		if harang.ErrorCode(err) != harang.CodeInvalidCredentials {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := env.UpdateUser(t.Context(), env.admin, env.operator.ID,
		auth.UserChange{Disabled: new(true)}); err != nil {
		t.Fatal(err)
	}
	_, err := env.Login(t.Context(), login("operator@budapest.demo", password, "192.0.2.1"))
	wantCode(t, err, harang.CodeInvalidCredentials)
}

// wrong logs in with a wrong password, which must be refused as one, or limited.
func (env *testEnv) wrong(t *testing.T, r auth.LoginRequest) error {
	t.Helper()
	r.Password = "wrong horse"
	_, err := env.Login(t.Context(), r)
	if code := harang.ErrorCode(err); code != harang.CodeInvalidCredentials && code != harang.CodeRateLimited {
		t.Fatal(err)
	}
	return err
}

// retryAfter is how long a limited login must wait.
func retryAfter(t *testing.T, err error) time.Duration {
	t.Helper()
	wantCode(t, err, harang.CodeRateLimited)
	var e *harang.Error
	if !errors.As(err, &e) {
		t.Fatal(err)
	}
	return e.RetryAfter
}

const operatorEmail = "operator@budapest.demo"

func TestLogin_GrowingDelays(t *testing.T) {
	env := newEnv(t)
	here, there := login(operatorEmail, password, "192.0.2.1"), login(operatorEmail, password, "198.51.100.2")
	for range 10 {
		wantCode(t, env.wrong(t, here), harang.CodeInvalidCredentials)
	}
	for _, seconds := range []int{1, 2, 4, 8, 16, 32, 60, 60} {
		want := time.Duration(seconds) * time.Second
		_, err := env.Login(t.Context(), here)
		if wait := retryAfter(t, err); wait != want {
			t.Fatalf("wait %v, want %v", wait, want)
		}
		if _, err := env.Login(t.Context(), there); err != nil {
			t.Fatal("another host must wait too:", err)
		}
		env.clock.Move(want - time.Millisecond)
		_, err = env.Login(t.Context(), here)
		if wait := retryAfter(t, err); wait != time.Millisecond {
			t.Fatalf("wait %v", wait)
		}
		env.clock.Move(time.Millisecond)
		wantCode(t, env.wrong(t, here), harang.CodeInvalidCredentials)
	}
	env.clock.Move(time.Minute)
	if _, err := env.Login(t.Context(), here); err != nil {
		t.Fatal("after the wait:", err)
	}
	env.clock.Move(15 * time.Minute)
	for range 10 {
		wantCode(t, env.wrong(t, here), harang.CodeInvalidCredentials)
	}
	// Successful logins are not counted.
	for range 150 {
		if _, err := env.Login(t.Context(), there); err != nil {
			t.Fatal(err)
		}
	}
}

func TestLogin_LimitOfOneHost(t *testing.T) {
	env := newEnv(t)
	// One IPv6 network of 64 bits is one host.
	for i := range 100 {
		r := login(fmt.Sprintf("user%d@x.hu", i), "guess", fmt.Sprintf("2001:db8::%x", i+1))
		wantCode(t, env.wrong(t, r), harang.CodeInvalidCredentials)
	}
	if wait := retryAfter(t, env.wrong(t, login("another@x.hu", "guess", "2001:db8::ffff"))); wait != time.Second {
		t.Errorf("wait %v", wait)
	}
	if _, err := env.Login(t.Context(), login(operatorEmail, password, "2001:db8:0:1::1")); err != nil {
		t.Error(err)
	}
}

// Failures of many hosts make the next login from their networks wait half a minute at most, and neither one from
// another network nor one of a browser that signed in before.
func TestLogin_KnownBrowserIsNotLockedOut(t *testing.T) {
	env := newEnv(t)
	known := env.login(t).Browser
	failures := 0
	for i := range 10_000 {
		err := env.wrong(t, login(operatorEmail, "guess", fmt.Sprintf("198.51.%d.%d", i/200, i%200)))
		if harang.ErrorCode(err) == harang.CodeRateLimited {
			env.clock.Move(retryAfter(t, err))
			continue
		}
		if failures++; failures == 100 {
			break
		}
	}
	_, err := env.Login(t.Context(), login(operatorEmail, password, "198.51.0.250"))
	if wait := retryAfter(t, err); wait > 30*time.Second {
		t.Errorf("a new browser in the attacker's network waits %v", wait)
	}
	if _, err := env.Login(t.Context(), login(operatorEmail, password, "203.0.113.9")); err != nil {
		t.Error("a new browser in another network:", err)
	}
	r := login(operatorEmail, password, "203.0.113.9")
	r.Browser = known
	if _, err := env.Login(t.Context(), r); err != nil {
		t.Error("a known browser:", err)
	}
	// The browser is known for this account only.
	r.Email = "admin@budapest.demo"
	for range 10 {
		wantCode(t, env.wrong(t, r), harang.CodeInvalidCredentials)
	}
	wantCode(t, env.wrong(t, r), harang.CodeRateLimited)
	// Its own failures count, and count against it alone.
	r.Email = operatorEmail
	for range 10 {
		wantCode(t, env.wrong(t, r), harang.CodeInvalidCredentials)
	}
	_, err = env.Login(t.Context(), r)
	if wait := retryAfter(t, err); wait != time.Second {
		t.Errorf("wait %v", wait)
	}
	env.clock.Move(30 * time.Second)
	if _, err := env.Login(t.Context(), login(operatorEmail, password, "203.0.113.9")); err != nil {
		t.Error("a new browser after the known one's failures:", err)
	}
}

func TestLogin_BrowserCookie(t *testing.T) {
	env := newEnv(t)
	first := env.login(t).Browser
	id, _, _ := strings.Cut(first, ".")
	var newest string
	for i := range 10 {
		email := fmt.Sprintf("user%d@x.hu", i)
		if _, err := env.CreateUser(t.Context(), env.admin, auth.NewUser{
			Email: email, Name: "N", Role: harang.RoleOperator, Password: password,
		}); err != nil {
			t.Fatal(err)
		}
		r := login(email, password, "192.0.2.1")
		r.Browser = cmp.Or(newest, first)
		g, err := env.Login(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		newest = g.Browser
	}
	if got, _, _ := strings.Cut(newest, "."); got != id || len(newest) > 512 {
		t.Fatalf("%q after %q", newest, first)
	}
	if strings.Count(newest, ".") != 1+8 {
		t.Errorf("not the newest 8 accounts: %q", newest)
	}
	other := "x" + first[1:]
	if first[0] == 'x' {
		other = "y" + first[1:]
	}
	// A cookie that was not made with the key is that of an unknown browser.
	for name, cookie := range map[string]string{
		"empty": "", "no mac": id, "mac only": "." + first[strings.LastIndexByte(first, '.')+1:],
		"another id": other, "cut": first[:len(first)-1], "long": strings.Repeat("a", 1<<16),
	} {
		r := login(operatorEmail, password, "192.0.2.1")
		r.Browser = cookie
		g, err := env.Login(t.Context(), r)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got, _, _ := strings.Cut(g.Browser, "."); got == id || got == "" {
			t.Errorf("%s: id %q", name, got)
		}
	}
}

func TestLogin_EndsTheSessionOfTheBrowser(t *testing.T) {
	env := newEnv(t)
	old, other := env.login(t), env.login(t)
	for name, r := range map[string]auth.LoginRequest{
		"wrong password": {Email: operatorEmail, Password: "wrong horse", Refresh: old.Refresh},
		"forged cookie":  {Email: operatorEmail, Password: password, Refresh: old.Refresh + "x"},
	} {
		_, _ = env.Login(t.Context(), r)
		if _, err := env.Authenticate(t.Context(), old.AccessToken); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	r := login(operatorEmail, password, "192.0.2.1")
	r.Refresh = old.Refresh
	g, err := env.Login(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	_, err = env.Authenticate(t.Context(), old.AccessToken)
	wantCode(t, err, harang.CodeUnauthenticated)
	_, err = env.Refresh(t.Context(), old.Refresh)
	wantCode(t, err, harang.CodeUnauthenticated)
	for _, token := range []string{g.AccessToken, other.AccessToken} {
		if _, err := env.Authenticate(t.Context(), token); err != nil {
			t.Error(err)
		}
	}
	if diff := gocmp.Diff([]string{"control.logout"}, env.control(t)); diff != "" {
		t.Error(diff)
	}
}

func TestLogin_TooLongAddress(t *testing.T) {
	env := newEnv(t)
	long := strings.Repeat("é", 125) + "@x.hu" // 255 bytes, 130 characters
	_, err := env.Login(t.Context(), login(long, password, "192.0.2.1"))
	wantCode(t, err, harang.CodeInvalidRequest)
}

// A user that version 0.1.0 created is found by every way of writing the address, and by the password as it was
// written then, which is hashed anew.
func TestLogin_UserOfAnEarlierVersion(t *testing.T) {
	env := newEnv(t)
	const typed = "a\u0301rvi\u0301z tu\u030bro\u030b" // as one system's keyboard writes it
	for _, stored := range []string{"bolt@műhely.example", "raktar@xn--mhely-mgb.example"} {
		hash, err := argon2id.CreateHash(typed, &cheap)
		if err != nil {
			t.Fatal(err)
		}
		if err := env.store.CreateUser(t.Context(), auth.Credentials{
			User: harang.User{
				ID: stored, Tenant: "budapest", Name: "N", Email: stored, Role: harang.RoleOperator,
				Created: env.clock.Now(),
			},
			PasswordHash: hash,
		}); err != nil {
			t.Fatal(err)
		}
		local, _, _ := strings.Cut(stored, "@")
		composed := norm.NFC.String(typed)
		_, err = env.Login(t.Context(), login(stored, composed, "192.0.2.1"))
		wantCode(t, err, harang.CodeInvalidCredentials)
		var session string
		for _, email := range []string{local + "@műhely.example", local + "@xn--mhely-mgb.example",
			strings.ToUpper(stored)} {
			for _, password := range []string{typed, composed} {
				g, err := env.Login(t.Context(), login(email, password, "192.0.2.1"))
				if err != nil || g.Identity.UserID != stored {
					t.Fatalf("%q %q: %+v, %v", email, password, g.Identity, err)
				}
				session = cmp.Or(session, g.AccessToken)
			}
		}
		if _, err := env.Authenticate(t.Context(), session); err != nil {
			t.Error("the new hash ended a session:", err)
		}
		// The address is taken, however it is written.
		_, err = env.CreateUser(t.Context(), env.admin, auth.NewUser{
			Email: local + "@xn--mhely-mgb.example", Name: "N", Role: harang.RoleOperator, Password: password,
		})
		wantCode(t, err, harang.CodeConflict)
	}
	if diff := gocmp.Diff([]string(nil), env.control(t), cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
}

// A caller that goes away, or finds the database unavailable, has not failed.
func TestLogin_AbandonedIsNoFailure(t *testing.T) {
	env := newEnv(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 50 {
		if _, err := env.Login(ctx, login(operatorEmail, "guess", "192.0.2.1")); err == nil {
			t.Fatal("logged in")
		}
	}
	env.login(t)
}
