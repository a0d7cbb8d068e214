package httpapi

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"harang.dev/harang"
	"harang.dev/harang/internal/auth"
	"harang.dev/harang/internal/origin"
)

// requestInfo is what the calls under /auth and /exports need of a request besides its body.
type requestInfo struct {
	method  string
	query   url.Values
	address string
	agent   string // the User-Agent header
	bearer  string
	cookies cookies
	// ownOrigin is the server's origin as far as the request shows it.
	ownOrigin string
	// checkOrigin refuses pages of other origins.
	checkOrigin func() error
}

type requestInfoKey struct{}

// withRequestInfo stores requestInfo in the context.
func (a *API) withRequestInfo(ctx huma.Context, next func(huma.Context)) {
	r, _ := humago.Unwrap(ctx)
	info := requestInfo{
		method: r.Method, query: r.URL.Query(),
		cookies: readCookies(r, a.Origins.Secure(r)), bearer: bearer(r), address: addressOf(r), agent: r.UserAgent(),
		ownOrigin:   a.Origins.Own(r),
		checkOrigin: func() error { return a.Origins.Check(r, origin.PartREST) },
	}
	next(huma.WithValue(ctx, requestInfoKey{}, info))
}

// addressOf returns the remote address without the port.
func addressOf(r *http.Request) string {
	if address, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
		return address
	}
	return r.RemoteAddr
}

// requestInfoOf returns the request's info, or FORBIDDEN for a page of another origin.
func requestInfoOf(ctx context.Context) (requestInfo, error) {
	info, _ := ctx.Value(requestInfoKey{}).(requestInfo)
	var refused *origin.RefusedError
	if err := info.checkOrigin(); errors.As(err, &refused) {
		return info, &harang.Error{
			Code: harang.CodeForbidden, Message: refused.Error(),
			Details: map[string]any{"origin": refused.Origin, "ownOrigin": refused.Own},
		}
	}
	return info, nil
}

type userBody struct {
	ID         string      `json:"id" doc:"the user's id, cli:ROLE for a token without a user, or display:ID"`
	Name       string      `json:"name"`
	Email      string      `json:"email"`
	Role       harang.Role `json:"role" enum:"OPERATOR,STORE_MANAGER,ADMIN,SERVICE,DISPLAY"`
	TenantID   string      `json:"tenantId"`
	TenantName string      `json:"tenantName"`
	Language   string      `json:"language,omitempty" enum:"hu,en" doc:"the user's choice; absent before one"`

	PasswordChangeRequired bool `json:"passwordChangeRequired,omitempty" doc:"true when the user must choose a password before anything else; absent otherwise"`
}

func userOf(caller harang.Identity) userBody {
	return userBody{
		ID: caller.UserID, Name: caller.Name, Email: auth.CanonicalEmail(caller.Email), Role: caller.Role,
		TenantID: caller.Tenant, TenantName: caller.TenantName,
		Language: caller.Language, PasswordChangeRequired: caller.PasswordChangeRequired,
	}
}

type loginInput struct {
	Body struct {
		Email    string `json:"email" maxLength:"254" example:"manager@budapest.demo"`
		Password string `json:"password" maxLength:"256" example:"harang-demo"`
	}
}

type grantOutput struct {
	SetCookie []http.Cookie `header:"Set-Cookie"`
	Body      grantBody
}

type grantBody struct {
	AccessToken string   `json:"accessToken" doc:"a JWT for the Authorization header"`
	ExpiresIn   int64    `json:"expiresIn" doc:"seconds"`
	User        userBody `json:"user"`
}

type none struct{}

func (a *API) login(ctx context.Context, _ harang.Identity, in *loginInput) (*grantOutput, error) {
	c, err := requestInfoOf(ctx)
	if err != nil {
		return nil, err
	}
	g, err := a.Auth.Login(ctx, auth.LoginRequest{
		Email: in.Body.Email, Password: in.Body.Password,
		Address: c.address, Browser: c.cookies.value(browserCookie), Refresh: a.refreshCookie(c),
		UserAgent: c.agent,
	})
	if err != nil {
		return nil, err
	}
	return grantOf(g, c), nil
}

func (a *API) refresh(ctx context.Context, _ harang.Identity, _ *none) (*grantOutput, error) {
	c, err := requestInfoOf(ctx)
	if err != nil {
		return nil, err
	}
	if c.cookies.value(refreshCookie) == "" {
		return nil, errNoCookie
	}
	g, err := a.Auth.Refresh(ctx, a.refreshCookie(c))
	if err != nil {
		return nil, err
	}
	a.Auth.NoteUse(g.Identity, c.address, c.agent)
	return grantOf(g, c), nil
}

// errNoCookie names SameSite=Strict as a cause: a page of another site can log in, but its browser does not send the
// cookie.
var errNoCookie = harang.Errorf(harang.CodeUnauthenticated, "the request has no refresh cookie; log in again, "+
	"from a page of the server's own site (localhost and 127.0.0.1 are two sites)")

// refreshCookie is the refresh cookie that counts: the newer one, when a node of version 0.1.0 has replaced the one
// without the prefix.
func (a *API) refreshCookie(c requestInfo) string {
	return a.Auth.NewerCookie(c.cookies.value(refreshCookie), c.cookies.values[refreshCookie])
}

type sessionOutput struct {
	Body struct {
		Held bool `json:"held" doc:"whether the request had a refresh cookie, valid or not"`
	}
}

// session lets a page find out whether a refresh is worth trying: browsers write a
// refused one to the console as an error.
func (a *API) session(ctx context.Context, _ harang.Identity, _ *none) (*sessionOutput, error) {
	c, _ := ctx.Value(requestInfoKey{}).(requestInfo)
	out := &sessionOutput{}
	out.Body.Held = c.cookies.value(refreshCookie) != ""
	return out, nil
}

func grantOf(g auth.Grant, c requestInfo) *grantOutput {
	var set []http.Cookie
	if g.Browser == "" { // a refresh
		set = c.cookies.setBoth(refreshCookie, g.Refresh, g.RefreshIn)
	} else {
		set = c.cookies.set(refreshCookie, g.Refresh, g.RefreshIn)
		set = append(set, c.cookies.set(browserCookie, g.Browser, auth.BrowserLife)...)
	}
	return &grantOutput{
		SetCookie: set,
		Body: grantBody{
			AccessToken: g.AccessToken, ExpiresIn: int64(g.ExpiresIn.Seconds()), User: userOf(g.Identity),
		},
	}
}

type logoutOutput struct {
	SetCookie []http.Cookie `header:"Set-Cookie"`
}

// logout ends the sessions of the access token and of the cookie, whichever are sent.
// When neither is valid, the error is that of the token.
func (a *API) logout(ctx context.Context, _ harang.Identity, _ *none) (*logoutOutput, error) {
	c, err := requestInfoOf(ctx)
	if err != nil {
		return nil, err
	}
	caller, tokenErr := a.Auth.Authenticate(ctx, c.bearer)
	if tokenErr == nil {
		tokenErr = a.Auth.Logout(ctx, caller)
	}
	var cookieErr error
	cookie := a.refreshCookie(c)
	if cookie != "" {
		cookieErr = a.Auth.LogoutCookie(ctx, cookie)
	}
	if tokenErr != nil && (cookie == "" || cookieErr != nil) {
		return nil, tokenErr
	}
	return &logoutOutput{SetCookie: c.cookies.set(refreshCookie, "", -time.Second)}, nil
}
