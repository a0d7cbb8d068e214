package auth_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/auth"
)

const newPassword = "saját jelszavam"

// caller authenticates the access token of a grant.
func (env *testEnv) caller(t *testing.T, g auth.Grant) harang.Identity {
	t.Helper()
	caller, err := env.Authenticate(t.Context(), g.AccessToken)
	if err != nil {
		t.Fatal(err)
	}
	return caller
}

// calledFrom is the context of a call from an address.
func calledFrom(t *testing.T, address string) context.Context {
	return harang.ForCall(t.Context(), "budapest", address)
}

// beginner makes a user as an administrator does, and logs the user in.
func (env *testEnv) beginner(t *testing.T) (harang.User, auth.Grant) {
	t.Helper()
	u, err := env.CreateUser(t.Context(), env.admin, auth.NewUser{
		Email: "new@budapest.demo", Name: "Új Béla", Role: harang.RoleAdmin, Password: password, Temporary: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	g, err := env.Login(t.Context(), login(u.Email, password, "192.0.2.9"))
	if err != nil {
		t.Fatal(err)
	}
	return u, g
}

// TestTemporaryPassword: whoever has a password that an administrator chose can only read who it is and replace it; a
// token of the command line and a password that the command line set are not concerned.
func TestTemporaryPassword(t *testing.T) {
	env := newEnv(t)
	u, g := env.beginner(t)
	if !g.Identity.PasswordChangeRequired {
		t.Error("the login does not say that the password must be changed")
	}
	caller := env.caller(t, g)
	for action, want := range map[harang.Action]harang.Code{
		harang.ActionReadOwnIdentity: "", harang.ActionChangeOwnPassword: "",
		harang.ActionManageOwnAccount: harang.CodePasswordChangeRequired,
		harang.ActionReadStock:        harang.CodePasswordChangeRequired,
		harang.ActionSendEvents:       harang.CodePasswordChangeRequired,
	} {
		if got := harang.ErrorCode(caller.Can(action)); got != want {
			t.Errorf("%s: %q, want %q", action, got, want)
		}
	}
	wantCode(t, env.Reauthenticate(t.Context(), caller, auth.Reauthentication{Password: password}),
		harang.CodePasswordChangeRequired)
	renewed, err := env.Refresh(t.Context(), g.Refresh)
	if err != nil || !renewed.Identity.PasswordChangeRequired {
		t.Errorf("after a refresh: %v, %v", renewed.Identity.PasswordChangeRequired, err)
	}
	command, err := env.IssueToken(t.Context(), "budapest", u.Role, u.ID, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if by, err := env.Authenticate(t.Context(), command); err != nil || by.PasswordChangeRequired {
		t.Errorf("a token of the command line: %+v, %v", by, err)
	}

	if err := env.ChangePassword(t.Context(), caller, password, newPassword); err != nil {
		t.Fatal(err)
	}
	if caller := env.caller(t, g); caller.PasswordChangeRequired {
		t.Error("the password must be changed again")
	}
	// Set by another person again, then by the command line.
	for _, temporary := range []bool{true, false} {
		if _, err := env.UpdateUser(t.Context(), env.admin, u.ID,
			auth.UserChange{Password: new(password), Temporary: temporary}); err != nil {
			t.Fatal(err)
		}
		env.clock.Move(time.Second)
		g, err := env.Login(t.Context(), login(u.Email, password, "192.0.2.9"))
		if err != nil || g.Identity.PasswordChangeRequired != temporary {
			t.Errorf("set with temporary %v: %v, %v", temporary, g.Identity.PasswordChangeRequired, err)
		}
	}
}

// TestChangePassword: it needs the present one, ends the other sessions, keeps this one, and is a proof of the
// password.
func TestChangePassword(t *testing.T) {
	env := newEnv(t)
	here, other := env.login(t), env.login(t)
	env.clock.Move(time.Hour)
	here, err := env.Refresh(t.Context(), here.Refresh)
	if err != nil {
		t.Fatal(err)
	}
	caller := env.caller(t, here)
	for name, c := range map[string]struct {
		present, next string
		code          harang.Code
		field         string
	}{
		"wrong":            {"wrong", newPassword, harang.CodePasswordWrong, "currentPassword"},
		"empty":            {"", newPassword, harang.CodePasswordWrong, "currentPassword"},
		"too short":        {password, "rövid", harang.CodeInvalidRequest, "newPassword"},
		"too long":         {password, strings.Repeat("x", 300), harang.CodeInvalidRequest, "newPassword"},
		"too many bytes":   {password, strings.Repeat("ő", 129), harang.CodeInvalidRequest, "newPassword"},
		"no UTF-8":         {password, "abcdefgh\xff", harang.CodeInvalidRequest, "newPassword"},
		"the present one":  {password, password, harang.CodeInvalidRequest, "newPassword"},
		"common":           {password, "Password123", harang.CodePasswordTooCommon, "newPassword"},
		"the own name":     {password, "KissEszter1985", harang.CodePasswordTooCommon, "newPassword"},
		"the shop's name":  {password, "company-budapest", harang.CodePasswordTooCommon, "newPassword"},
		"the own address":  {password, "operator!2026", harang.CodePasswordTooCommon, "newPassword"},
		"300 bytes before": {strings.Repeat("x", 300), newPassword, harang.CodePasswordWrong, "currentPassword"},
	} {
		err := env.ChangePassword(calledFrom(t, "198.51.100."+name), caller, c.present, c.next)
		fields := fieldsOf(err)
		if harang.ErrorCode(err) != c.code || len(fields) != 1 || fields[0].Field != c.field {
			t.Errorf("%s: %v, want %s at %s", name, err, c.code, c.field)
		}
	}
	n, control := len(env.audited(t)), len(env.control(t))
	if err := env.ChangePassword(calledFrom(t, "192.0.2.7"), caller, password, newPassword); err != nil {
		t.Fatal(err)
	}
	env.wantAudit(t, n, `Kiss Eszter 192.0.2.7 user.password user:Kiss Eszter - {"endedSessions":1} 1`)
	if got := env.control(t)[control:]; len(got) != 1 || got[0] != "control.logout" {
		t.Errorf("control entries %v", got)
	}
	if now := env.caller(t, here); !now.Confirmed.Equal(env.clock.Now()) {
		t.Errorf("the password was proved at %v", now.Confirmed)
	}
	_, err = env.Authenticate(t.Context(), other.AccessToken)
	wantCode(t, err, harang.CodeTokenExpired)
	_, err = env.Refresh(t.Context(), other.Refresh)
	wantCode(t, err, harang.CodeUnauthenticated)
	_, err = env.Login(t.Context(), login(env.operator.Email, password, "203.0.113.4"))
	wantCode(t, err, harang.CodeInvalidCredentials)
	if _, err = env.Login(t.Context(), login(env.operator.Email, newPassword, "203.0.113.4")); err != nil {
		t.Error(err)
	}
}

func fieldsOf(err error) []harang.FieldError {
	e, _ := err.(*harang.Error)
	if e == nil {
		return nil
	}
	return e.Fields
}

// TestChangePassword_Concurrently: of several changes at once one counts, and the others find that their present
// password is not the present one any more.
func TestChangePassword_Concurrently(t *testing.T) {
	env := newEnv(t)
	caller := env.caller(t, env.login(t))
	errs := make([]error, 6)
	var group sync.WaitGroup
	for i := range errs {
		group.Go(func() {
			errs[i] = env.ChangePassword(t.Context(), caller, password, newPassword+strings.Repeat("!", i))
		})
	}
	group.Wait()
	changed := -1
	for i, err := range errs {
		switch {
		case err == nil && changed < 0:
			changed = i
		default:
			wantCode(t, err, harang.CodePasswordWrong)
		}
	}
	if changed < 0 {
		t.Fatal("no change succeeded")
	}
	if _, err := env.Login(t.Context(), login(env.operator.Email, newPassword+strings.Repeat("!", changed),
		"192.0.2.1")); err != nil {
		t.Error(err)
	}
}

// TestLogin_PasswordChangedMeanwhile: a login with the old password that is checked while the user replaces it has no
// session afterwards.
func TestLogin_PasswordChangedMeanwhile(t *testing.T) {
	env := newEnv(t)
	caller := env.caller(t, env.login(t))
	once := sync.OnceFunc(func() {
		if err := env.ChangePassword(t.Context(), caller, password, newPassword); err != nil {
			t.Error(err)
		}
	})
	service := env.otherNode(t, hookedCredentials{UserStore: env.store, meanwhile: once})
	_, err := service.Login(t.Context(), login(env.operator.Email, password, "192.0.2.1"))
	wantCode(t, err, harang.CodeInvalidCredentials)
}

// TestWrongPasswords_CountAsFailedLogins: a stolen session is no way to guess the password, and the audit log counts
// the attempts.
func TestWrongPasswords_CountAsFailedLogins(t *testing.T) {
	for _, first := range []string{"change", "reauthenticate", "login"} {
		t.Run(first, func(t *testing.T) {
			env := newEnv(t)
			caller, ctx := env.caller(t, env.login(t)), calledFrom(t, "192.0.2.1")
			attempts := map[string]func(password string) error{
				"change": func(p string) error { return env.ChangePassword(ctx, caller, p, newPassword) },
				"reauthenticate": func(p string) error {
					return env.Reauthenticate(ctx, caller, auth.Reauthentication{Password: p})
				},
				"login": func(p string) error {
					_, err := env.Login(ctx, login(env.operator.Email, p, "192.0.2.1"))
					return err
				},
			}
			n := len(env.audited(t))
			for range 10 {
				if err := attempts[first]("wrong"); harang.ErrorCode(err) == harang.CodeRateLimited {
					t.Fatal(err)
				}
			}
			for name, attempt := range attempts {
				if code := harang.ErrorCode(attempt(password)); code != harang.CodeRateLimited {
					t.Errorf("%s after 10 failures: %q", name, code)
				}
			}
			if err := env.WriteFailedLogins(t.Context()); err != nil {
				t.Fatal(err)
			}
			env.wantAudit(t, n, `? 192.0.2.0/24 session.refuse user:Kiss Eszter - - 10`)
		})
	}
}

// TestReauthenticate: a login counts for five minutes, then a proof of the password in the same session does, on every
// node.
func TestReauthenticate(t *testing.T) {
	env := newEnv(t)
	g, other := env.login(t), env.login(t)
	confirmed := func(s *auth.Service, g auth.Grant) harang.Code {
		t.Helper()
		caller, err := s.Authenticate(t.Context(), g.AccessToken)
		if err != nil {
			t.Fatal(err)
		}
		return harang.ErrorCode(caller.CheckConfirmed(env.clock.Now()))
	}
	node := env.otherNode(t, env.store)
	env.clock.Move(5*time.Minute - time.Millisecond)
	if code := confirmed(node, g); code != "" {
		t.Errorf("just before five minutes: %q", code)
	}
	env.clock.Move(time.Millisecond)
	if code := confirmed(node, g); code != harang.CodeReauthenticationRequired {
		t.Errorf("at five minutes: %q", code)
	}
	caller := env.caller(t, g)
	for name, c := range map[string]struct {
		proof auth.Reauthentication
		code  harang.Code
		field string
	}{
		"nothing":     {auth.Reauthentication{}, harang.CodeInvalidRequest, "password"},
		"code alone":  {auth.Reauthentication{Code: "123456"}, harang.CodeInvalidRequest, "code"},
		"wrong":       {auth.Reauthentication{Password: "wrong"}, harang.CodePasswordWrong, "password"},
		"wrong, code": {auth.Reauthentication{Password: "wrong", Code: "1"}, harang.CodePasswordWrong, "password"},
	} {
		err := env.Reauthenticate(calledFrom(t, "192.0.2.1"), caller, c.proof)
		if fields := fieldsOf(err); harang.ErrorCode(err) != c.code || len(fields) != 1 || fields[0].Field != c.field {
			t.Errorf("%s: %v, want %s at %s", name, err, c.code, c.field)
		}
	}
	n := len(env.audited(t))
	if err := env.Reauthenticate(calledFrom(t, "192.0.2.1"), caller,
		auth.Reauthentication{Password: password}); err != nil {
		t.Fatal(err)
	}
	env.wantAudit(t, n, `Kiss Eszter 192.0.2.1 session.confirm user:Kiss Eszter - - 1`)
	if code := confirmed(node, g); code != "" {
		t.Errorf("after the proof: %q", code)
	}
	if code := confirmed(node, other); code != harang.CodeReauthenticationRequired {
		t.Errorf("another session of the user: %q", code)
	}
	g, err := env.Refresh(t.Context(), g.Refresh)
	if err != nil {
		t.Fatal(err)
	}
	env.clock.Move(5*time.Minute - time.Millisecond)
	if code := confirmed(node, g); code != "" {
		t.Errorf("a refresh: %q", code)
	}
	env.clock.Move(time.Millisecond)
	if code := confirmed(node, g); code != harang.CodeReauthenticationRequired {
		t.Errorf("five minutes after the proof: %q", code)
	}

	// Credentials without a password need none.
	for _, user := range []string{"", env.operator.ID} {
		token, err := env.IssueToken(t.Context(), "budapest", harang.RoleOperator, user, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		env.clock.Move(10 * time.Minute)
		if code := confirmed(node, auth.Grant{AccessToken: token}); code != "" {
			t.Errorf("a token of the command line for %q: %q", user, code)
		}
	}
	// An ended session is not confirmed.
	env.clock.Move(time.Minute)
	if err := env.Logout(t.Context(), caller); err != nil {
		t.Fatal(err)
	}
	wantCode(t, env.Reauthenticate(t.Context(), caller, auth.Reauthentication{Password: password}),
		harang.CodeUnauthenticated)
}

// TestChangeAccount: name and language, with a row of the audit log for what changed.
func TestChangeAccount(t *testing.T) {
	env := newEnv(t)
	g := env.login(t)
	caller := env.caller(t, g)
	for name, c := range map[string]struct {
		change auth.AccountChange
		field  string
	}{
		"empty":           {auth.AccountChange{Name: new("")}, "name"},
		"blank":           {auth.AccountChange{Name: new(" \t")}, "name"},
		"200 emoji":       {auth.AccountChange{Name: new(strings.Repeat("🔔", 200))}, "name"},
		"201 letters":     {auth.AccountChange{Name: new(strings.Repeat("ő", 201))}, "name"},
		"bidi":            {auth.AccountChange{Name: new("Kiss \u202eretzsE")}, "name"},
		"joiner":          {auth.AccountChange{Name: new("Kiss\u200dEszter")}, "name"},
		"no UTF-8":        {auth.AccountChange{Name: new("Kiss\xff")}, "name"},
		"language":        {auth.AccountChange{Language: new("de")}, "language"},
		"language, upper": {auth.AccountChange{Language: new("HU")}, "language"},
		"no language":     {auth.AccountChange{Language: new("")}, "language"},
	} {
		_, err := env.ChangeAccount(t.Context(), caller, c.change)
		if fields := fieldsOf(err); harang.ErrorCode(err) != harang.CodeInvalidRequest || len(fields) != 1 ||
			fields[0].Field != c.field {
			t.Errorf("%s: %v", name, err)
		}
	}
	n := len(env.audited(t))
	emoji := "Kiss " + strings.Repeat("🔔", 195)
	after, err := env.ChangeAccount(calledFrom(t, "192.0.2.1"), caller,
		auth.AccountChange{Name: &emoji, Language: new("en")})
	if err != nil || after.Name != emoji || after.Language != "en" {
		t.Fatalf("%+v, %v", after, err)
	}
	if now := env.caller(t, g); now.Name != emoji || now.Language != "en" {
		t.Errorf("%+v", now)
	}
	if _, err := env.ChangeAccount(t.Context(), caller, auth.AccountChange{Language: new("en")}); err != nil {
		t.Error(err)
	}
	if _, err := env.ChangeAccount(calledFrom(t, "192.0.2.1"), caller,
		auth.AccountChange{Name: new("Nagy Eszter")}); err != nil {
		t.Error(err)
	}
	rows := env.audited(t)[n:]
	if len(rows) != 2 || !strings.Contains(rows[1], `user.update`) ||
		!strings.Contains(rows[1], `{"name":"Nagy Eszter"}`) {
		t.Errorf("the audit log has %v", rows)
	}
}

// TestOwnAccount_NoUser: what belongs to no person has no account.
func TestOwnAccount_NoUser(t *testing.T) {
	env := newEnv(t)
	token, err := env.IssueToken(t.Context(), "budapest", harang.RoleAdmin, "", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	command := env.caller(t, auth.Grant{AccessToken: token})
	for _, caller := range []harang.Identity{
		command, {Tenant: "budapest", UserID: "key:k", Role: harang.RoleService},
	} {
		_, change := env.ChangeAccount(t.Context(), caller, auth.AccountChange{Name: new("N")})
		_, list := env.FindOwnSessions(t.Context(), caller)
		for _, err := range []error{
			change, list, env.ChangePassword(t.Context(), caller, password, newPassword),
			env.Reauthenticate(t.Context(), caller, auth.Reauthentication{Password: password}),
			env.EndOwnSession(t.Context(), caller, "s"), env.EndOtherSessions(t.Context(), caller),
		} {
			if harang.ErrorCode(err) != harang.CodeForbidden {
				t.Errorf("%s: %v", caller.UserID, err)
			}
		}
	}
}

// TestConfirmed_WithoutDatabase: what needs a proof of the password waits for the database.
func TestConfirmed_WithoutDatabase(t *testing.T) {
	env := newEnv(t)
	users := &switchStore{UserStore: env.store}
	service := env.otherNode(t, users)
	g := env.login(t)
	users.unavailable = true
	caller, err := service.Authenticate(t.Context(), g.AccessToken)
	if err != nil || !caller.Unverified {
		t.Fatalf("%+v, %v", caller, err)
	}
	wantCode(t, caller.CheckConfirmed(env.clock.Now()), harang.CodeUnavailable)
	wantCode(t, service.ChangePassword(t.Context(), caller, password, newPassword), harang.CodeUnavailable)
}
