package httpapi

import "harang.dev/harang"

// routes is the whole interface on one screen: the call, who may, what answers.
func (a *API) routes() {
	a.huma.UseMiddleware(a.withCaller)

	call(a, "POST /auth/login", public, a.login, says("login", "Log in with e-mail address and password", harang.CodeInvalidCredentials, harang.CodeRateLimited))
	call(a, "POST /auth/refresh", public, a.refresh, says("refresh", "Get a new access token for the refresh cookie", harang.CodeUnauthenticated))
	call(a, "POST /auth/logout", public, a.logout, says("logout", "End the session and everything that hangs on it", harang.CodeUnauthenticated))
	call(a, "GET /me", harang.ActionReadOwnIdentity, a.me, says("me", "Who the access token names"))
}
