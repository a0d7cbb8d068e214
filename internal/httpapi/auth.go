package httpapi

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"harang.dev/harang"
	"harang.dev/harang/internal/auth"
)

// refreshCookie is the cookie's name; it is sent to the calls under cookiePath
// only.
const (
	refreshCookie = "harang_refresh"
	cookiePath    = prefix + "/auth"
)

// caller is what a call about logins knows of who makes it, besides its body.
type caller struct {
	address string
	tls     bool
	bearer  string
	cookie  string
	// foreign is set when a browser says that another site's page calls.
	foreign error
}

type callerKey struct{}

// withCaller gives the calls about logins what they need of the request.
func (a *API) withCaller(ctx huma.Context, next func(huma.Context)) {
	r, _ := humago.Unwrap(ctx)
	c := caller{tls: overTLS(r), bearer: bearer(r), address: addressOf(r), foreign: a.origins.Check(r)}
	if cookie, err := r.Cookie(refreshCookie); err == nil {
		c.cookie = cookie.Value
	}
	next(huma.WithValue(ctx, callerKey{}, c))
}

// addressOf is where a call comes from, without the port.
func addressOf(r *http.Request) string {
	if address, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
		return address
	}
	return r.RemoteAddr
}

// forwarded is where a call comes from that a trusted proxy passed on: the last
// address in X-Forwarded-For that is none of the proxies'. What stands before
// that one, anybody can have written. It is false for other calls.
func (a *API) forwarded(r *http.Request) (address string, ok bool) {
	if len(a.TrustedProxies) == 0 {
		return "", false
	}
	address = addressOf(r)
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && a.trusts(address); i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		address, ok = hop.String(), true
	}
	return address, ok
}

func (a *API) trusts(address string) bool {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(a.TrustedProxies, func(p netip.Prefix) bool { return p.Contains(ip.Unmap()) })
}

func callerOf(ctx context.Context) (caller, error) {
	c, _ := ctx.Value(callerKey{}).(caller)
	if c.foreign != nil {
		return c, harang.Wrap(harang.CodeForbidden, c.foreign, "this origin may not call here: see --allowed-origin")
	}
	return c, nil
}

type userBody struct {
	ID         string      `json:"id" doc:"the user's id, or cli:ROLE for a token without a user"`
	Name       string      `json:"name"`
	Email      string      `json:"email"`
	Role       harang.Role `json:"role" enum:"OPERATOR,STORE_MANAGER,ADMIN,SERVICE"`
	TenantID   string      `json:"tenantId"`
	TenantName string      `json:"tenantName"`
}

func userOf(id harang.Identity) userBody {
	return userBody{
		ID: id.UserID, Name: id.Name, Email: id.Email, Role: id.Role, TenantID: id.Tenant, TenantName: id.TenantName,
	}
}

type loginInput struct {
	Body struct {
		Email    string `json:"email" maxLength:"254" example:"manager@budapest.demo"`
		Password string `json:"password" maxLength:"256" example:"harang-demo"`
	}
}

type grantOutput struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
	Body      grantBody
}

type grantBody struct {
	AccessToken string   `json:"accessToken" doc:"a JWT for the Authorization header"`
	ExpiresIn   int64    `json:"expiresIn" doc:"seconds"`
	User        userBody `json:"user"`
}

type none struct{}

func (a *API) login(ctx context.Context, _ harang.Identity, in *loginInput) (*grantOutput, error) {
	c, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	g, err := a.Auth.Login(ctx, in.Body.Email, in.Body.Password, c.address)
	if err != nil {
		return nil, err
	}
	return granted(g, c), nil
}

func (a *API) refresh(ctx context.Context, _ harang.Identity, _ *none) (*grantOutput, error) {
	c, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	g, err := a.Auth.Refresh(ctx, c.cookie)
	if err != nil {
		return nil, err
	}
	return granted(g, c), nil
}

type sessionOutput struct {
	Body struct {
		Held bool `json:"held" doc:"whether a refresh cookie came along, good or not"`
	}
}

// session lets a page that knows nothing of this browser find out whether a
// refresh is worth asking for: a refused one stands in the console as an error.
func (a *API) session(ctx context.Context, _ harang.Identity, _ *none) (*sessionOutput, error) {
	c, _ := ctx.Value(callerKey{}).(caller)
	out := &sessionOutput{}
	out.Body.Held = c.cookie != ""
	return out, nil
}

func granted(g auth.Grant, c caller) *grantOutput {
	return &grantOutput{
		SetCookie: cookie(g.Refresh, int(g.RefreshIn.Seconds()), c.tls),
		Body: grantBody{
			AccessToken: g.AccessToken, ExpiresIn: int64(g.ExpiresIn.Seconds()), User: userOf(g.Identity),
		},
	}
}

func cookie(value string, seconds int, tls bool) http.Cookie {
	return http.Cookie{
		Name: refreshCookie, Value: value, Path: cookiePath, MaxAge: seconds,
		HttpOnly: true, Secure: tls, SameSite: http.SameSiteStrictMode,
	}
}

type logoutOutput struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
}

// logout ends the session of the access token and of the cookie, whichever is
// there. Neither good: the answer is what is wrong with the token.
func (a *API) logout(ctx context.Context, _ harang.Identity, _ *none) (*logoutOutput, error) {
	c, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	id, notToken := a.Auth.Authenticate(ctx, c.bearer)
	if notToken == nil {
		notToken = a.Auth.Logout(ctx, id)
	}
	var notCookie error
	if c.cookie != "" {
		notCookie = a.Auth.LogoutCookie(ctx, c.cookie)
	}
	if notToken != nil && (c.cookie == "" || notCookie != nil) {
		return nil, notToken
	}
	return &logoutOutput{SetCookie: cookie("", -1, c.tls)}, nil
}

type userOutput struct{ Body userBody }

func (a *API) me(_ context.Context, id harang.Identity, _ *none) (*userOutput, error) {
	return &userOutput{Body: userOf(id)}, nil
}
