package httpapi_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/auth"
)

// TestMe_Change: what a person can change of the own account, and input that is refused.
func TestMe_Change(t *testing.T) {
	e := newEnv(t)
	if me := e.as(harang.RoleOperator, "GET", "/me", "").want(t, 200, "").json(t); me["language"] != nil ||
		me["passwordChangeRequired"] != nil {
		t.Errorf("%v", me)
	}
	after := e.as(harang.RoleOperator, "PATCH", "/me", `{"name":"Kiss-Nagy Eszter","language":"en"}`).
		want(t, 200, "").json(t)
	me := e.as(harang.RoleOperator, "GET", "/me", "").want(t, 200, "").json(t)
	if me["name"] != "Kiss-Nagy Eszter" || me["language"] != "en" || len(me) != len(after) ||
		after["name"] != me["name"] {
		t.Errorf("%v, then %v", after, me)
	}
	for body, field := range map[string]string{
		`{}`: "body", `{"name":null}`: "body", `{"name":""}`: "name", `{"name":7}`: "name", `{"name":["x"]}`: "name",
		`{"name":"` + strings.Repeat("🔔", 200) + `"}`: "name", `{"name":"` + strings.Repeat("x", 201) + `"}`: "name",
		`{"name":"Kiss \u202eretzsE"}`: "name", `{"name":"a\u0000b"}`: "name",
		`{"language":"de"}`: "language", `{"language":""}`: "language", `{"language":true}`: "language",
		`{"role":"ADMIN"}`: "role", `{"email":"x@budapest.demo"}`: "email", `[]`: "body", `"x"`: "body", ``: "body",
	} {
		r := e.as(harang.RoleOperator, "PATCH", "/me", body).want(t, 422, harang.CodeInvalidRequest)
		if r.fields(t) != field {
			t.Errorf("%s: %s", body, r.body)
		}
	}
}

// TestMe_Password: which fields are wrong, and that the session goes on.
func TestMe_Password(t *testing.T) {
	e := newEnv(t)
	other := e.login("operator@budapest.demo")
	long := strings.Repeat("x", 300)
	for name, c := range map[string]struct {
		body  string
		code  harang.Code
		field string
	}{
		"wrong": {`{"currentPassword":"wrong","newPassword":"saját jelszavam"}`, harang.CodePasswordWrong,
			"currentPassword"},
		"common": {`{"currentPassword":"harang-demo","newPassword":"Password1!"}`, harang.CodePasswordTooCommon,
			"newPassword"},
		"the shop": {`{"currentPassword":"harang-demo","newPassword":"Gépkölcsönző26"}`, harang.CodePasswordTooCommon,
			"newPassword"},
		"same": {`{"currentPassword":"harang-demo","newPassword":"harang-demo"}`, harang.CodeInvalidRequest, "newPassword"},
		"short": {`{"currentPassword":"harang-demo","newPassword":"rövid"}`, harang.CodeInvalidRequest,
			"newPassword"},
		"long": {`{"currentPassword":"harang-demo","newPassword":"` + long + `"}`, harang.CodeInvalidRequest,
			"newPassword"},
		"both long": {`{"currentPassword":"` + long + `","newPassword":"` + long + `"}`, harang.CodeInvalidRequest,
			"currentPassword newPassword"},
		"missing": {`{}`, harang.CodeInvalidRequest, "currentPassword newPassword"},
		"types": {`{"currentPassword":1,"newPassword":["x"]}`, harang.CodeInvalidRequest,
			"currentPassword newPassword"},
	} {
		r := e.as(harang.RoleOperator, "POST", "/me/password", c.body).want(t, 422, c.code)
		if r.fields(t) != c.field {
			t.Errorf("%s: %s", name, r.body)
		}
	}
	e.as(harang.RoleOperator, "POST", "/me/password",
		`{"currentPassword":"harang-demo","newPassword":"saját jelszavam"}`).want(t, 204, "")
	e.as(harang.RoleOperator, "GET", "/me", "").want(t, 200, "")
	e.call(other, "GET", "/api/v1/me", "").want(t, 401, harang.CodeUnauthenticated)
}

// TestMe_PasswordIsNotGuessed: wrong present passwords are limited as failed logins are.
func TestMe_PasswordIsNotGuessed(t *testing.T) {
	e := newEnv(t)
	for range 10 {
		e.as(harang.RoleOperator, "POST", "/me/password", `{"currentPassword":"x","newPassword":"saját jelszavam"}`).
			want(t, 422, harang.CodePasswordWrong)
	}
	r := e.as(harang.RoleOperator, "POST", "/me/password",
		`{"currentPassword":"harang-demo","newPassword":"saját jelszavam"}`).want(t, 429, harang.CodeRateLimited)
	if r.Header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	e.as(harang.RoleOperator, "POST", "/auth/reauthenticate", `{"password":"harang-demo"}`).
		want(t, 429, harang.CodeRateLimited)
	e.call("", "POST", "/api/v1/auth/login", `{"email":"operator@budapest.demo","password":"harang-demo"}`).
		want(t, 429, harang.CodeRateLimited)
	e.move(time.Minute)
	e.as(harang.RoleOperator, "POST", "/auth/reauthenticate", `{"password":"harang-demo"}`).want(t, 204, "")
}

// TestMe_Sessions: a session is shown with device and network, and its id ends it; nobody else's does.
func TestMe_Sessions(t *testing.T) {
	e := newEnv(t)
	login := e.call("", "POST", "/api/v1/auth/login", `{"email":"operator@budapest.demo","password":"harang-demo"}`,
		"User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0").want(t, 200, "")
	token, _ := login.json(t)["accessToken"].(string)
	list := func(credential string) (items []map[string]any) {
		t.Helper()
		var body struct{ Items []map[string]any }
		r := e.call(credential, "GET", "/api/v1/me/sessions", "").want(t, 200, "")
		if err := json.Unmarshal(r.body, &body); err != nil {
			t.Fatal(err)
		}
		for _, cookie := range login.Cookies() {
			if strings.Contains(string(r.body), cookie.Value) {
				t.Errorf("a cookie is in %s", r.body)
			}
		}
		return body.Items
	}
	items := list(token)
	if len(items) != 2 || items[0]["current"] != true || items[0]["device"] != "Firefox, Linux" ||
		items[0]["network"] != "127.0.0.0/24" || items[0]["newDevice"] != true ||
		items[0]["createdAt"] != "2026-03-02T13:00:00.000Z" || items[0]["lastUsedAt"] != items[0]["createdAt"] ||
		items[1]["current"] != false || items[1]["newDevice"] != nil {
		t.Fatalf("%v", items)
	}
	id, _ := items[0]["id"].(string)
	e.as(harang.RoleAdmin, "DELETE", "/me/sessions/"+id, "").want(t, 404, harang.CodeNotFound)
	e.as(harang.RoleOperator, "DELETE", "/me/sessions/"+strings.Repeat("x", 200), "").
		want(t, 422, harang.CodeInvalidRequest)
	e.as(harang.RoleOperator, "DELETE", "/me/sessions/"+id, "").want(t, 204, "")
	e.as(harang.RoleOperator, "DELETE", "/me/sessions/"+id, "").want(t, 404, harang.CodeNotFound)
	e.call(token, "GET", "/api/v1/me", "").want(t, 401, harang.CodeUnauthenticated)
	refresh := e.call("", "POST", "/api/v1/auth/refresh", "",
		"Cookie: "+login.Cookies()[0].Name+"="+login.Cookies()[0].Value)
	refresh.want(t, 401, harang.CodeUnauthenticated)

	third := e.login("operator@budapest.demo")
	e.as(harang.RoleOperator, "DELETE", "/me/sessions", "").want(t, 204, "")
	e.call(third, "GET", "/api/v1/me", "").want(t, 401, harang.CodeUnauthenticated)
	if items := list(e.tokens[harang.RoleOperator]); len(items) != 1 {
		t.Errorf("%v", items)
	}
	// The use of a session is written from the calls.
	e.move(2 * time.Minute)
	e.as(harang.RoleOperator, "GET", "/me", "").want(t, 200, "")
	if err := e.auth.WriteSessionUses(t.Context()); err != nil {
		t.Fatal(err)
	}
	if items := list(e.tokens[harang.RoleOperator]); items[0]["lastUsedAt"] != "2026-03-02T13:02:00.000Z" {
		t.Errorf("%v", items)
	}
}

// routesOf are the methods and paths of the interface, with - for every variable.
func (e *env) routesOf(t *testing.T) (routes []string) {
	t.Helper()
	var spec struct {
		Paths map[string]map[string]json.RawMessage
	}
	if err := json.Unmarshal(e.call("", "GET", "/openapi.json", "").body, &spec); err != nil {
		t.Fatal(err)
	}
	for path, methods := range spec.Paths {
		path, inside := strings.CutPrefix(path, "/api/v1")
		parts := strings.Split(path, "/")
		for i, part := range parts {
			if strings.HasPrefix(part, "{") {
				parts[i] = "-"
			}
		}
		for method := range methods {
			if inside && matrix[strings.ToUpper(method)+" "+path] != public {
				routes = append(routes, strings.ToUpper(method)+" "+strings.Join(parts, "/"))
			}
		}
	}
	return routes
}

// TestTemporaryPassword_EveryRoute: after a login with a password that an administrator set, every call of the
// interface is refused, but for those that lead out of it.
func TestTemporaryPassword_EveryRoute(t *testing.T) {
	e := newEnv(t)
	made := e.as(harang.RoleAdmin, "POST", "/admin/users",
		`{"email":"uj@budapest.demo","name":"Új Béla","role":"ADMIN","password":"nem a sajátom"}`).want(t, 201, "").json(t)
	login := e.call("", "POST", "/api/v1/auth/login", `{"email":"uj@budapest.demo","password":"nem a sajátom"}`).
		want(t, 200, "")
	token, _ := login.json(t)["accessToken"].(string)
	if user, _ := login.json(t)["user"].(map[string]any); user["passwordChangeRequired"] != true {
		t.Errorf("%s", login.body)
	}
	if me := e.call(token, "GET", "/api/v1/me", "").want(t, 200, "").json(t); me["passwordChangeRequired"] != true {
		t.Errorf("%v", me)
	}
	routes := e.routesOf(t)
	if len(routes) < 40 {
		t.Fatalf("%d routes only", len(routes))
	}
	for _, route := range routes {
		method, path, _ := strings.Cut(route, " ")
		r := e.call(token, method, "/api/v1"+path, "{}")
		open := route == "GET /me" || route == "POST /me/password"
		if refused := r.StatusCode == http.StatusForbidden && r.code() == "PASSWORD_CHANGE_REQUIRED"; refused == open {
			t.Errorf("%s: %d %s", route, r.StatusCode, r.code())
		}
	}
	cookies := "Cookie: harang_refresh=" + login.Cookies()[0].Value
	renewed := e.call("", "POST", "/api/v1/auth/refresh", "", cookies).want(t, 200, "").json(t)
	token, _ = renewed["accessToken"].(string)
	e.call(token, "POST", "/api/v1/me/password",
		`{"currentPassword":"nem a sajátom","newPassword":"most már az enyém"}`).want(t, 204, "")
	e.call(token, "GET", "/api/v1/admin/users", "").want(t, 200, "")

	// A change of the role does not ask for another one; a new password does.
	id, _ := made["id"].(string)
	for _, c := range []struct {
		body, password string
		required       any
	}{
		{`{"role":"STORE_MANAGER"}`, "most már az enyém", nil},
		{`{"password":"megint nem az enyém"}`, "megint nem az enyém", true},
	} {
		e.as(harang.RoleAdmin, "PATCH", "/admin/users/"+id, c.body).want(t, 200, "")
		e.move(time.Second)
		r := e.call("", "POST", "/api/v1/auth/login", `{"email":"uj@budapest.demo","password":"`+c.password+`"}`).
			want(t, 200, "")
		if user, _ := r.json(t)["user"].(map[string]any); user["passwordChangeRequired"] != c.required {
			t.Errorf("%s: %s", c.body, r.body)
		}
	}
	e.as(harang.RoleAdmin, "PATCH", "/admin/users/"+id, `{"password":"Password1!"}`).
		want(t, 422, harang.CodePasswordTooCommon)
	e.as(harang.RoleAdmin, "PATCH", "/admin/users/"+id, `{"password":"uj-bela-1980"}`).
		want(t, 422, harang.CodePasswordTooCommon)
	e.as(harang.RoleAdmin, "POST", "/admin/users",
		`{"email":"x@budapest.demo","name":"X","role":"ADMIN","password":"budapest2026"}`).
		want(t, 422, harang.CodePasswordTooCommon)
}

// TestReauthentication_EveryRoute: calls that change users, keys or settings need a proof of the password within five
// minutes, whatever is added under /admin and /settings, and so do erasures; reading, closing connections and
// everything else do not.
func TestReauthentication_EveryRoute(t *testing.T) {
	e := newEnv(t)
	e.move(5*time.Minute - time.Millisecond)
	e.as(harang.RoleAdmin, "POST", "/admin/users", `{}`).want(t, 422, harang.CodeInvalidRequest)
	e.move(time.Millisecond)
	command, err := e.auth.IssueToken(t.Context(), "budapest", harang.RoleAdmin, "", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	refused := 0
	for _, route := range e.routesOf(t) {
		method, path, _ := strings.Cut(route, " ")
		changes := method != http.MethodGet && route != "DELETE /admin/connections/-" &&
			(strings.HasPrefix(path, "/admin/") || strings.HasPrefix(path, "/settings/") ||
				path == "/partners/-/erase")
		for credential, need := range map[string]bool{
			e.tokens[harang.RoleAdmin]: changes, command: false, e.apiKey: false,
		} {
			r := e.call(credential, method, "/api/v1"+path, "{}")
			got := r.code() == "REAUTHENTICATION_REQUIRED"
			if got != need || got && r.StatusCode != http.StatusForbidden {
				t.Errorf("%s: %d %s, a proof is needed: %v", route, r.StatusCode, r.code(), need)
			} else if got {
				refused++
			}
		}
	}
	if refused < 4 {
		t.Errorf("%d calls were refused", refused)
	}
	e.as(harang.RoleAdmin, "POST", "/auth/reauthenticate", `{"code":"123456"}`).
		want(t, 422, harang.CodeInvalidRequest)
	e.as(harang.RoleAdmin, "POST", "/auth/reauthenticate", `{"password":"harang-demo"}`).want(t, 204, "")
	e.as(harang.RoleAdmin, "POST", "/admin/api-keys", `{"name":"erp"}`).want(t, 201, "")
	// Who may not, learns that first.
	e.as(harang.RoleOperator, "POST", "/admin/api-keys", `{"name":"erp"}`).want(t, 403, harang.CodeForbidden)
	e.call("", "POST", "/api/v1/auth/reauthenticate", `{"password":"x"}`).want(t, 401, harang.CodeUnauthenticated)
	e.as(harang.RoleAdmin, "POST", "/auth/reauthenticate", `{"password":"harang-demo"}`, "Origin: https://evil.example").
		want(t, 403, harang.CodeForbidden)
}

// TestMe_NoUser: a token without a user has no account.
func TestMe_NoUser(t *testing.T) {
	e := newEnv(t)
	command, err := e.auth.IssueToken(context.Background(), "budapest", harang.RoleAdmin, "", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	for route, body := range map[string]string{
		"PATCH /me": `{"name":"X"}`, "GET /me/sessions": "", "DELETE /me/sessions": "", "DELETE /me/sessions/x": "",
		"POST /me/password":         `{"currentPassword":"x","newPassword":"saját jelszavam"}`,
		"POST /auth/reauthenticate": `{"password":"x"}`,
	} {
		method, path, _ := strings.Cut(route, " ")
		e.call(command, method, "/api/v1"+path, body).want(t, 403, harang.CodeForbidden)
		e.call(e.apiKey, method, "/api/v1"+path, body).want(t, 403, harang.CodeForbidden)
	}
	e.call(command, "GET", "/api/v1/me", "").want(t, 200, "")
}

// TestLogin_UserAgentIsBounded: what a browser says of itself is cut before it is stored.
func TestLogin_UserAgentIsBounded(t *testing.T) {
	e := newEnv(t)
	g, err := e.auth.Login(t.Context(), auth.LoginRequest{
		Email: "operator@budapest.demo", Password: password, Address: "192.0.2.1",
		UserAgent: strings.Repeat("ő", 100_000),
	})
	if err != nil {
		t.Fatal(err)
	}
	r := e.call(g.AccessToken, "GET", "/api/v1/me/sessions", "").want(t, 200, "")
	if len(r.body) > 1000 {
		t.Errorf("%d bytes", len(r.body))
	}
}
