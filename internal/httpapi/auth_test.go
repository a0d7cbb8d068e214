package httpapi_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"harang.dev/harang"
	"harang.dev/harang/internal/httpapi"
	"harang.dev/harang/internal/ingest"
	"harang.dev/harang/internal/origin"
)

const loginBody = `{"email":"manager@budapest.demo","password":"harang-demo"}`

// cookieOf is the one cookie of that name that an answer sets.
func cookieOf(t *testing.T, r reply, name string) *http.Cookie {
	t.Helper()
	var found []*http.Cookie
	for _, c := range r.Cookies() {
		if c.Name == name {
			found = append(found, c)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d cookies %s in %v", len(found), name, r.Header)
	}
	return found[0]
}

func refreshCookie(t *testing.T, r reply) *http.Cookie {
	t.Helper()
	return cookieOf(t, r, "harang_refresh")
}

// The cookies are Secure over TLS, which a trusted proxy says in X-Forwarded-Proto.
func TestLogin_Cookies(t *testing.T) {
	plain, proxied := newEnv(t), newEnv(t, behindProxy(t))
	for name, c := range map[string]struct {
		e             *env
		proto, prefix string
	}{
		"plain":             {plain, "", ""},
		"no trusted proxy":  {plain, "https", ""},
		"TLS at the proxy":  {proxied, "https", "__Secure-"},
		"HTTP at the proxy": {proxied, "http", ""},
	} {
		r := c.e.call("", "POST", "/api/v1/auth/login", loginBody, "X-Forwarded-Proto: "+c.proto).want(t, 200, "")
		for cookieName, seconds := range map[string]int{"harang_refresh": 14 * 24 * 3600,
			"harang_known": 400 * 24 * 3600} {
			cookie := cookieOf(t, r, c.prefix+cookieName)
			want := http.Cookie{
				Name: cookie.Name, Value: cookie.Value, Raw: cookie.Raw, HttpOnly: true, Secure: c.prefix != "",
				Path: "/api/v1/auth", SameSite: http.SameSiteStrictMode, MaxAge: seconds,
			}
			if diff := cmp.Diff(want, *cookie); diff != "" {
				t.Errorf("%s: cookie (-want +got):\n%s", name, diff)
			}
		}
		if len(r.Cookies()) != 2 || r.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %v", name, r.Header)
		}
	}
}

// A browser with a cookie of version 0.1.0 is served over TLS by nodes of both versions until it signs in again.
func TestRefresh_CookieWithoutPrefix(t *testing.T) {
	e := newEnv(t, behindProxy(t))
	const https, plain, secure = "X-Forwarded-Proto: https", "harang_refresh", "__Secure-harang_refresh"
	login := func(headers ...string) reply {
		t.Helper()
		return e.call("", "POST", "/api/v1/auth/login", loginBody, headers...).want(t, 200, "")
	}
	refresh := func(headers ...string) reply {
		t.Helper()
		return e.call("", "POST", "/api/v1/auth/refresh", "", headers...).want(t, 200, "")
	}
	first := refresh(https, "Cookie: "+plain+"="+cookieOf(t, login(), plain).Value)
	present := cookieOf(t, first, secure).Value
	if c := cookieOf(t, first, plain); c.Value != present || !c.Secure {
		t.Errorf("the other version's cookie: %v, want %s", c, present)
	}
	// A node of version 0.1.0 refreshes with its cookie, and replaces that alone.
	byOther := cookieOf(t, refresh("Cookie: "+plain+"="+present), plain).Value
	e.move(time.Minute)
	second := refresh(https, "Cookie: "+secure+"="+present+"; "+plain+"="+byOther)
	present = cookieOf(t, second, secure).Value
	// A cookie of another session does not replace the one with the prefix.
	planted := cookieOf(t, login(), plain).Value
	third := refresh(https, "Cookie: "+plain+"="+planted+"; "+secure+"="+present)
	present = cookieOf(t, third, secure).Value
	if strings.Split(present, ".")[1] != strings.Split(byOther, ".")[1] {
		t.Errorf("%s goes on with the session of %s", present, planted)
	}
	both := "Cookie: " + plain + "=" + present + "; " + secure + "=" + present
	again := login(https, both)
	if c := cookieOf(t, again, plain); c.MaxAge >= 0 || c.Value != "" {
		t.Errorf("the cookie without the prefix stays after a login: %v", c)
	}
	out := e.call("", "POST", "/api/v1/auth/logout", "", https,
		"Cookie: "+secure+"="+cookieOf(t, again, secure).Value+"; "+plain+"=x").want(t, 204, "")
	for _, name := range []string{plain, secure} {
		if c := cookieOf(t, out, name); c.MaxAge >= 0 || c.Value != "" {
			t.Errorf("%v", c)
		}
	}
}

func TestLogin_EndsTheSessionOfTheCookie(t *testing.T) {
	e := newEnv(t)
	first := e.call("", "POST", "/api/v1/auth/login", loginBody)
	token, _ := first.json(t)["accessToken"].(string)
	cookie := "Cookie: harang_refresh=" + refreshCookie(t, first).Value
	e.call("", "POST", "/api/v1/auth/login", `{"email":"manager@budapest.demo","password":"wrong"}`, cookie).
		want(t, 401, harang.CodeInvalidCredentials)
	e.call(token, "GET", "/api/v1/me", "").want(t, 200, "")
	e.call("", "POST", "/api/v1/auth/login", loginBody, cookie).want(t, 200, "")
	e.call(token, "GET", "/api/v1/me", "").want(t, 401, harang.CodeUnauthenticated)
}

// A browser that signed in before is not limited by the failures of others at the same address.
func TestLogin_KnownBrowser(t *testing.T) {
	e := newEnv(t)
	known := cookieOf(t, e.call("", "POST", "/api/v1/auth/login", loginBody).want(t, 200, ""), "harang_known")
	for range 10 {
		e.call("", "POST", "/api/v1/auth/login", `{"email":"manager@budapest.demo","password":"wrong"}`).
			want(t, 401, harang.CodeInvalidCredentials)
	}
	e.call("", "POST", "/api/v1/auth/login", loginBody).want(t, 429, harang.CodeRateLimited)
	again := e.call("", "POST", "/api/v1/auth/login", loginBody, "Cookie: harang_known="+known.Value).want(t, 200, "")
	if c := cookieOf(t, again, "harang_known"); c.Value != known.Value {
		t.Errorf("%q after %q", c.Value, known.Value)
	}
}

func TestLogin_RefusedAlike(t *testing.T) {
	e := newEnv(t)
	wrong := e.call("", "POST", "/api/v1/auth/login", `{"email":"manager@budapest.demo","password":"wrong"}`).
		want(t, 401, harang.CodeInvalidCredentials)
	unknown := e.call("", "POST", "/api/v1/auth/login", `{"email":"nobody@budapest.demo","password":"wrong"}`).
		want(t, 401, harang.CodeInvalidCredentials)
	if string(wrong.body) != string(unknown.body) {
		t.Fatalf("%s and %s show which user exists", wrong.body, unknown.body)
	}
	for range 9 {
		e.call("", "POST", "/api/v1/auth/login", `{"email":"manager@budapest.demo","password":"wrong"}`)
	}
	limited := e.call("", "POST", "/api/v1/auth/login", loginBody).want(t, 429, harang.CodeRateLimited)
	if limited.Header.Get("Retry-After") != "1" {
		t.Fatalf("Retry-After %q", limited.Header.Get("Retry-After"))
	}
}

func TestRefresh_RotatesTheCookie(t *testing.T) {
	e := newEnv(t)
	first := refreshCookie(t, e.call("", "POST", "/api/v1/auth/login", loginBody))
	refresh := func(c *http.Cookie) reply {
		return e.call("", "POST", "/api/v1/auth/refresh", "", "Cookie: harang_refresh="+c.Value)
	}
	second := refreshCookie(t, refresh(first).want(t, 200, ""))
	again := refresh(first).want(t, 200, "")
	if refreshCookie(t, again).Value != second.Value || second.Value == first.Value {
		t.Fatal("the previous cookie does not yield the same successor")
	}
	token, _ := again.json(t)["accessToken"].(string)
	e.call(token, "GET", "/api/v1/me", "").want(t, 200, "")
	e.move(31 * time.Second)
	refresh(first).want(t, 401, harang.CodeUnauthenticated)
	refresh(second).want(t, 401, harang.CodeUnauthenticated)
	e.call(token, "GET", "/api/v1/me", "").want(t, 401, harang.CodeUnauthenticated)
}

// A page of another site can log in, but its browser sends no cookie afterwards: the detail names the cause.
func TestRefresh_WithoutCookie(t *testing.T) {
	e := newEnv(t)
	r := e.call("", "POST", "/api/v1/auth/refresh", "").want(t, 401, harang.CodeUnauthenticated)
	if detail, _ := r.json(t)["detail"].(string); !strings.Contains(detail, "no refresh cookie") ||
		!strings.Contains(detail, "localhost and 127.0.0.1 are two sites") {
		t.Error(detail)
	}
}

// The page asks before it refreshes, so that a first visit is no error in the console.
func TestSession_Held(t *testing.T) {
	e := newEnv(t)
	cookie := refreshCookie(t, e.call("", "POST", "/api/v1/auth/login", loginBody))
	for value, held := range map[string]bool{"": false, cookie.Value: true, "forged": true} {
		headers := []string{}
		if value != "" {
			headers = append(headers, "Cookie: harang_refresh="+value)
		}
		r := e.call("", "GET", "/api/v1/auth/session", "", headers...).want(t, 200, "")
		if got := r.json(t)["held"]; got != held {
			t.Errorf("cookie %q: held %v", value, got)
		}
		if len(r.Cookies()) != 0 || r.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("cookie %q: %v", value, r.Header)
		}
	}
}

func TestLogout_ByTokenAndByCookie(t *testing.T) {
	e := newEnv(t)
	for name, by := range map[string]struct{ token, cookie bool }{"token": {true, false}, "cookie": {false, true},
		"both": {true, true}} {
		login := e.call("", "POST", "/api/v1/auth/login", loginBody)
		token, _ := login.json(t)["accessToken"].(string)
		cookie := refreshCookie(t, login)
		credential, headers := "", []string{}
		if by.token {
			credential = token
		}
		if by.cookie {
			headers = append(headers, "Cookie: harang_refresh="+cookie.Value)
		}
		out := e.call(credential, "POST", "/api/v1/auth/logout", "", headers...).want(t, 204, "")
		if c := refreshCookie(t, out); c.MaxAge >= 0 || c.Value != "" {
			t.Errorf("%s: the cookie stays: %v", name, c)
		}
		e.call(token, "GET", "/api/v1/me", "").want(t, 401, harang.CodeUnauthenticated)
		e.call("", "POST", "/api/v1/auth/refresh", "", "Cookie: harang_refresh="+cookie.Value).
			want(t, 401, harang.CodeUnauthenticated)
	}
	e.call("", "POST", "/api/v1/auth/logout", "").want(t, 401, harang.CodeUnauthenticated)
	e.call("", "POST", "/api/v1/auth/logout", "", "Cookie: harang_refresh=forged").
		want(t, 401, harang.CodeUnauthenticated)
}

// A token from the command line is logged out as any other.
func TestLogout_CommandToken(t *testing.T) {
	e := newEnv(t)
	users, err := e.auth.FindUsers(t.Context(),
		harang.Identity{Tenant: "budapest", Role: harang.RoleAdmin}, "admin@", 1)
	if err != nil || len(users) != 1 || users[0].Role != harang.RoleAdmin {
		t.Fatalf("%+v, %v", users, err)
	}
	for name, user := range map[string]string{"names nobody": "", "names a user": users[0].ID} {
		token, err := e.auth.IssueToken(t.Context(), "budapest", harang.RoleAdmin, user, time.Hour)
		if err != nil {
			t.Fatal(name, err)
		}
		e.call(token, "GET", "/api/v1/me", "").want(t, 200, "")
		e.call(token, "POST", "/api/v1/auth/logout", "").want(t, 204, "")
		e.call(token, "GET", "/api/v1/me", "").want(t, 401, harang.CodeUnauthenticated)
		e.call(token, "POST", "/api/v1/auth/logout", "").want(t, 401, harang.CodeUnauthenticated)
	}
	e.as(harang.RoleAdmin, "GET", "/me", "").want(t, 200, "")
}

// behindProxy trusts the loopback interface as a proxy.
func behindProxy(t *testing.T) func(*httpapi.Options) {
	t.Helper()
	return withOrigins(t, origin.Options{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
}

// withOrigins sets the policy about origins and proxies.
func withOrigins(t *testing.T, o origin.Options) func(*httpapi.Options) {
	t.Helper()
	policy, err := origin.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return func(o *httpapi.Options) { o.Origins = policy }
}

func TestAuth_OtherSites(t *testing.T) {
	e := newEnv(t, withOrigins(t, origin.Options{Allowed: []string{"https://erp.example.com"}}))
	for origin, status := range map[string]int{
		"https://evil.example.com": 403, "https://erp.example.com": 200, e.server.URL: 200, "null": 403,
	} {
		r := e.call("", "POST", "/api/v1/auth/login", loginBody, "Origin: "+origin)
		if r.StatusCode != status {
			t.Errorf("from %s: %d %s", origin, r.StatusCode, r.body)
		}
		allowed := r.Header.Get("Access-Control-Allow-Origin")
		if (allowed == origin) != (origin == "https://erp.example.com") {
			t.Errorf("from %s: Access-Control-Allow-Origin %q", origin, allowed)
		}
	}
	r := e.call("", "OPTIONS", "/api/v1/me", "", "Origin: https://erp.example.com",
		"Access-Control-Request-Method: GET")
	if r.StatusCode != http.StatusNoContent ||
		!strings.Contains(r.Header.Get("Access-Control-Allow-Headers"), "Authorization") {
		t.Fatalf("preflight: %d %v", r.StatusCode, r.Header)
	}
	r = e.call("", "OPTIONS", "/api/v1/me", "", "Origin: https://evil.example.com",
		"Access-Control-Request-Method: GET")
	if r.StatusCode == http.StatusNoContent || r.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Fatalf("preflight of an origin that is not allowed: %d %v", r.StatusCode, r.Header)
	}
}

func TestTokens_Expired(t *testing.T) {
	e := newEnv(t)
	e.move(10 * time.Minute)
	r := e.as(harang.RoleOperator, "GET", "/me", "").want(t, 401, harang.CodeTokenExpired)
	if r.Header.Get("WWW-Authenticate") != "Bearer" {
		t.Fatalf("WWW-Authenticate %q", r.Header.Get("WWW-Authenticate"))
	}
	e.call("", "GET", "/api/v1/me", "", "Authorization: Basic "+e.tokens[harang.RoleAdmin]).
		want(t, 401, harang.CodeUnauthenticated)
}

func TestAdmin_Users(t *testing.T) {
	e := newEnv(t)
	made := e.as(harang.RoleAdmin, "POST", "/admin/users",
		`{"email":"uj@budapest.demo","name":"Új Béla","role":"OPERATOR"}`).
		want(t, 201, "").
		json(t)
	secret, _ := made["password"].(string)
	if len(secret) < 12 {
		t.Fatalf("%v", made)
	}
	id, _ := made["id"].(string)
	login := `{"email":"uj@budapest.demo","password":"` + secret + `"}`
	token, _ := e.call("", "POST", "/api/v1/auth/login", login).want(t, 200, "").json(t)["accessToken"].(string)
	e.call(token, "POST", "/api/v1/me/password", `{"currentPassword":"`+secret+`","newPassword":"saját jelszavam"}`).
		want(t, 204, "")
	login = `{"email":"uj@budapest.demo","password":"saját jelszavam"}`
	e.as(harang.RoleAdmin, "POST", "/admin/users", `{"email":"UJ@budapest.demo","name":"x","role":"OPERATOR"}`).
		want(t, 409, harang.CodeConflict)
	e.as(harang.RoleAdmin, "POST", "/admin/users", `{"email":"x@budapest.demo","name":"x","role":"SERVICE"}`).
		want(t, 422, harang.CodeInvalidRequest)
	e.call(token, "GET", "/api/v1/payments", "").want(t, 403, harang.CodeForbidden)
	e.as(harang.RoleAdmin, "PATCH", "/admin/users/"+id, `{"role":"STORE_MANAGER"}`).want(t, 200, "")
	e.call(token, "GET", "/api/v1/payments", "").want(t, 200, "")
	e.as(harang.RoleAdmin, "PATCH", "/admin/users/"+id, `{"disabled":true}`).want(t, 200, "")
	e.call(token, "GET", "/api/v1/me", "").want(t, 401, harang.CodeUnauthenticated)
	e.call("", "POST", "/api/v1/auth/login", login).want(t, 401, harang.CodeInvalidCredentials)
	e.as(harang.RoleAdmin, "PATCH", "/admin/users/unknown", `{"disabled":true}`).want(t, 404, harang.CodeNotFound)
	// A page at a time, and no other tenant's.
	var emails []string
	path := "/admin/users?limit=3"
	for {
		page := e.as(harang.RoleAdmin, "GET", path, "").want(t, 200, "").json(t)
		items, _ := page["items"].([]any)
		for _, item := range items {
			user, _ := item.(map[string]any)
			email, _ := user["email"].(string)
			emails = append(emails, email)
		}
		next, more := page["nextCursor"].(string)
		if !more {
			break
		}
		path = "/admin/users?limit=3&cursor=" + next
	}
	if got := strings.Join(emails, " "); got != "admin@budapest.demo manager@budapest.demo operator@budapest.demo "+
		"uj@budapest.demo" {
		t.Fatal(got)
	}
	e.as(harang.RoleAdmin, "GET", "/admin/users?cursor=!", "").want(t, 422, harang.CodeInvalidRequest)
}

func TestAdmin_APIKeys(t *testing.T) {
	e := newEnv(t)
	made := e.as(harang.RoleAdmin, "POST", "/admin/api-keys", `{"name":"erp"}`).want(t, 201, "").json(t)
	key, _ := made["key"].(string)
	id, _ := made["id"].(string)
	e.call(key, "PUT", "/api/v1/partners/p1", `{"name":"P"}`).want(t, 200, "")
	list := e.as(harang.RoleAdmin, "GET", "/admin/api-keys", "").want(t, 200, "")
	if strings.Contains(string(list.body), key) || !strings.Contains(string(list.body), id) {
		t.Fatalf("%s", list.body)
	}
	e.as(harang.RoleAdmin, "DELETE", "/admin/api-keys/"+id, "").want(t, 204, "")
	e.call(key, "PUT", "/api/v1/partners/p1", `{"name":"P"}`).want(t, 401, harang.CodeUnauthenticated)
	e.as(harang.RoleAdmin, "DELETE", "/admin/api-keys/unknown", "").want(t, 404, harang.CodeNotFound)
	e.as(harang.RoleAdmin, "GET", "/admin/api-keys?cursor=!", "").want(t, 422, harang.CodeInvalidRequest)
}

// TestAdmin_APIKeys_Limits: scopes, expiry and rate limit of a key are made, shown, changed and refused.
func TestAdmin_APIKeys_Limits(t *testing.T) {
	e := newEnv(t)
	for _, wrong := range []string{
		`"scopes":["events:delete"]`, `"scopes":[]`, `"scopes":["stock:write","stock:write"]`, `"scopes":"stock:write"`,
		`"expiresAt":"2020-01-01T00:00:00Z"`, `"expiresAt":"2099-01-01T00:00:00Z"`, `"expiresAt":"tomorrow"`,
		`"rateLimit":0`, `"rateLimit":-1`, `"rateLimit":1000000000`, `"rateLimit":1.5`,
	} {
		field, _, _ := strings.Cut(strings.Trim(wrong, `"`), `"`)
		for path, body := range map[string]string{
			"POST /admin/api-keys": `{"name":"erp",` + wrong + `}`, "PATCH /admin/api-keys/unknown": `{` + wrong + `}`,
		} {
			method, path, _ := strings.Cut(path, " ")
			r := e.as(harang.RoleAdmin, method, path, body).want(t, 422, harang.CodeInvalidRequest)
			if !strings.Contains(string(r.body), `"field":"`+field) {
				t.Errorf("%s %s: %s", method, body, r.body)
			}
		}
	}
	e.as(harang.RoleAdmin, "PATCH", "/admin/api-keys/unknown", `{}`).want(t, 422, harang.CodeInvalidRequest)

	made := e.as(harang.RoleAdmin, "POST", "/admin/api-keys",
		`{"name":"erp","scopes":["stock:write","events:write"],"expiresAt":"2026-03-10T00:00:00Z","rateLimit":2}`).
		want(t, 201, "").json(t)
	key, _ := made["key"].(string)
	id, _ := made["id"].(string)
	shown := func(want string) {
		t.Helper()
		var list struct {
			Items []struct {
				ID        string   `json:"id"`
				Scopes    []string `json:"scopes"`
				Status    string   `json:"status"`
				ExpiresAt *string  `json:"expiresAt"`
				LastUsed  *string  `json:"lastUsedAt"`
				RateLimit *int     `json:"rateLimit"`
			} `json:"items"`
		}
		body := e.as(harang.RoleAdmin, "GET", "/admin/api-keys", "").want(t, 200, "").body
		if err := json.Unmarshal(body, &list); err != nil {
			t.Fatal(err)
		}
		for _, k := range list.Items {
			if k.ID != id {
				continue
			}
			text, _ := json.Marshal([]any{k.Scopes, k.Status, k.ExpiresAt, k.LastUsed, k.RateLimit})
			if string(text) != want {
				t.Errorf("%s, want %s", text, want)
			}
		}
	}
	const set = `[["events:write","stock:write"],"EXPIRING","2026-03-10T00:00:00.000Z",`
	shown(set + `null,2]`)
	e.call(key, "PUT", "/api/v1/partners/p1", `{"name":"P"}`).want(t, 403, harang.CodeForbidden)
	if err := e.auth.WriteKeyUses(t.Context()); err != nil {
		t.Fatal(err)
	}
	shown(set + `"` + e.clock().Format(harang.TimeFormat) + `",2]`)
	e.call(key, "PUT", "/api/v1/partners/p1", `{"name":"P"}`).want(t, 403, harang.CodeForbidden)
	r := e.call(key, "PUT", "/api/v1/partners/p1", `{"name":"P"}`).want(t, 429, harang.CodeRateLimited)
	if r.Header.Get("Retry-After") == "" {
		t.Error("429 without Retry-After")
	}
	e.as(harang.RoleAdmin, "PATCH", "/admin/api-keys/"+id, `{"scopes":["catalogue:write"],"rateLimit":null}`).
		want(t, 200, "")
	e.call(key, "PUT", "/api/v1/partners/p1", `{"name":"P"}`).want(t, 200, "")
	e.as(harang.RoleAdmin, "PATCH", "/admin/api-keys/"+id, `{"expiresAt":"2026-03-02T15:00:00Z"}`).want(t, 200, "")
	e.move(24 * time.Hour)
	expired := e.call(key, "PUT", "/api/v1/partners/p1", `{"name":"P"}`).want(t, 401, harang.CodeUnauthenticated)
	if !strings.Contains(string(expired.body), "expired") {
		t.Errorf("%s does not say why", expired.body)
	}
}

func TestAdmin_Connections(t *testing.T) {
	e := newEnv(t, func(o *httpapi.Options) {
		o.Connections = func(tenant string) []httpapi.Connection {
			if tenant != "budapest" {
				return nil
			}
			return []httpapi.Connection{
				{ID: "b", User: harang.Person{ID: "u", Name: "U"}, Role: harang.RoleAdmin, Transport: "websocket"},
				{ID: "a", Role: harang.RoleOperator, Transport: "polling"},
			}
		}
	})
	first := e.as(harang.RoleAdmin, "GET", "/admin/connections?limit=1", "").want(t, 200, "").json(t)
	next, _ := first["nextCursor"].(string)
	second := e.as(harang.RoleAdmin, "GET", "/admin/connections?limit=1&cursor="+next, "").want(t, 200, "")
	if !strings.Contains(string(second.body), `"id":"b"`) ||
		!strings.Contains(string(second.body), `"nextCursor":null`) {
		t.Fatalf("%s", second.body)
	}
	e.as(harang.RoleAdmin, "GET", "/admin/connections?cursor=!", "").want(t, 422, harang.CodeInvalidRequest)
}

// spyIntake remembers whose call appended events.
type spyIntake struct{ tenants []string }

func (s *spyIntake) AppendEvents(ctx context.Context, events []harang.Event) ([]ingest.Appended, error) {
	s.tenants = append(s.tenants, harang.TenantOf(ctx))
	return make([]ingest.Appended, len(events)), nil
}

// TestCall_Tenant: the work of a call is its tenant's, for what tenants share.
func TestCall_Tenant(t *testing.T) {
	spy := &spyIntake{}
	e := newEnv(t, func(o *httpapi.Options) {
		o.Intake = ingest.New(spy, func() string { return "id" })
		o.CloseConnection = func(ctx context.Context, _ harang.Identity, _ string) error {
			spy.tenants = append(spy.tenants, harang.TenantOf(ctx))
			return nil
		}
	})
	e.as(harang.RoleAdmin, "DELETE", "/admin/connections/c-1", "").want(t, 204, "")
	e.call(e.apiKey, "POST", "/api/v1/events", `{"specversion":"1.0","id":"1","source":"/till","type":"stock_alert","data":`+
		`{"productId":"p","productName":"P","currentQuantity":1,"threshold":2,"locationId":"l","locationName":"L",`+
		`"severity":"WARNING"}}`).want(t, 202, "")
	if diff := cmp.Diff([]string{"budapest", "budapest"}, spy.tenants); diff != "" {
		t.Error(diff)
	}
}

func TestAdmin_CloseConnection(t *testing.T) {
	e := newEnv(t)
	e.as(harang.RoleAdmin, "DELETE", "/admin/connections/c-1", "").want(t, 204, "")
	entries, err := e.store.EntriesAfter(t.Context(),
		harang.FeedID{Tenant: "budapest", Audience: harang.AudienceControl}, 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	last := entries[len(entries)-1]
	if last.Type != harang.CloseConnectionType.Name || !strings.Contains(string(last.Body), `"connectionId":"c-1"`) {
		t.Errorf("%s %s", last.Type, last.Body)
	}
	e.as(harang.RoleStoreManager, "DELETE", "/admin/connections/c-1", "").want(t, 403, harang.CodeForbidden)
	e.as(harang.RoleAdmin, "DELETE", "/admin/connections/"+strings.Repeat("x", 129), "").
		want(t, 422, harang.CodeInvalidRequest)
}

func TestAdmin_DeliveryTrace(t *testing.T) {
	committed := time.UnixMilli(1_790_000_000_000)
	e := newEnv(t, func(o *httpapi.Options) {
		o.DeliveryTrace = func(tenant, eventID string) (httpapi.DeliveryTrace, bool) {
			return httpapi.DeliveryTrace{
					Type:      "stock_alert",
					Committed: committed,
					Relayed:   committed.Add(2 * time.Millisecond),
					Sent:      committed.Add(3 * time.Millisecond),
					Listeners: 7,
				}, tenant == "budapest" &&
					eventID == "e1"
		}
	})
	got := e.as(harang.RoleAdmin, "GET", "/admin/events/e1/journey", "").want(t, 200, "").json(t)
	for field, want := range map[string]any{"relayedMs": 2.0, "sentMs": 3.0, "seenMs": nil, "seenAt": nil,
		"listeners": 7.0, "type": "stock_alert"} {
		if got[field] != want {
			t.Errorf("%s is %v, want %v", field, got[field], want)
		}
	}
	e.as(harang.RoleAdmin, "GET", "/admin/events/e2/journey", "").want(t, 404, harang.CodeNotFound)
	e.as(harang.RoleStoreManager, "GET", "/admin/events/e1/journey", "").want(t, 403, harang.CodeForbidden)
	newEnv(t).as(harang.RoleAdmin, "GET", "/admin/events/e1/journey", "").want(t, 404, harang.CodeNotFound)
}

// Behind a trusted proxy each client has limits of its own; from other addresses the
// header changes nothing.
func TestLogin_BehindAProxy(t *testing.T) {
	wrong := func(e *env, forwarded string) reply {
		return e.call("", "POST", "/api/v1/auth/login", `{"email":"manager@budapest.demo","password":"wrong"}`,
			"X-Forwarded-For: "+forwarded)
	}
	trusting := newEnv(t, behindProxy(t))
	for i := range 10 {
		// Addresses that the client itself wrote before the proxy's are ignored.
		wrong(trusting, strings.Repeat("9", i%3+1)+".9.9.9, 203.0.113.7").want(t, 401, harang.CodeInvalidCredentials)
	}
	wrong(trusting, "203.0.113.7, 127.0.0.2").want(t, 429, harang.CodeRateLimited)
	wrong(trusting, "203.0.113.8").want(t, 401, harang.CodeInvalidCredentials)
	wrong(trusting, "nonsense").want(t, 401, harang.CodeInvalidCredentials)

	plain := newEnv(t)
	for range 10 {
		wrong(plain, "203.0.113.7").want(t, 401, harang.CodeInvalidCredentials)
	}
	wrong(plain, "203.0.113.8").want(t, 429, harang.CodeRateLimited)
}

// The socket gets the same address as the logins, on a copy of the request.
func TestSocket_BehindAProxy(t *testing.T) {
	remotes := make(chan string, 1)
	socket := func(o *httpapi.Options) {
		o.Socket = http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { remotes <- r.RemoteAddr })
	}
	trusting := newEnv(t, socket, behindProxy(t))
	plain := newEnv(t, socket)
	for _, c := range []struct {
		e                  *env
		forwarded, address string
	}{
		{trusting, "9.9.9.9, 203.0.113.7, 127.0.0.2", "203.0.113.7"},
		{trusting, "2001:db8::7", "2001:db8::7"},
		{trusting, "nonsense", "127.0.0.1:"},
		{plain, "203.0.113.7", "127.0.0.1:"},
	} {
		c.e.call("", "GET", "/socket.io/", "", "X-Forwarded-For: "+c.forwarded)
		if got := <-remotes; got != c.address &&
			(!strings.HasSuffix(c.address, ":") || !strings.HasPrefix(got, c.address)) {
			t.Errorf("%s: %s, want %s", c.forwarded, got, c.address)
		}
	}
}
