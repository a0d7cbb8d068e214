package auth

import (
	"time"

	"harang.dev/harang"
)

const (
	// outcomeAge is how long the last outcome counts while the database is unavailable.
	outcomeAge = time.Minute
	// maxOutcomes bounds the logins that are remembered.
	maxOutcomes = 32 << 10
)

// outcomes remembers how each login was last authenticated, for when the database is unavailable.
type outcomes struct {
	byLogin *lru[loginKey, outcome]
}

// loginKey is a user in one login.
type loginKey struct{ tenant, user, login string }

// outcome is an identity, or an error when the login was refused.
type outcome struct {
	caller harang.Identity
	at     time.Time
	err    error
	// ended is set for a login that ended on this node; an authentication that was in progress does not replace it.
	ended bool
}

func newOutcomes() *outcomes { return &outcomes{byLogin: newLRU[loginKey, outcome](maxOutcomes)} }

func loginOf(c *Claims) loginKey { return loginKey{c.Tenant, c.Subject, c.login()} }

func (o *outcomes) record(k loginKey, last outcome) {
	o.byLogin.putUnless(func(present outcome) bool { return present.ended }, k, last)
}

func (o *outcomes) recordAccepted(c *Claims, caller harang.Identity, now time.Time) {
	o.record(loginOf(c), outcome{caller: caller, at: now})
}

func (o *outcomes) recordRefused(c *Claims, err error) { o.record(loginOf(c), outcome{err: err}) }

func (o *outcomes) recordEnded(tenant, user, login string) {
	o.record(loginKey{tenant, user, login}, outcome{err: errNoToken, ended: true})
}

// trustToken returns the identity of a verified token as far as it is known without the database: the last outcome when
// it is young, else what the token says. A login that was refused last is refused again.
func (o *outcomes) trustToken(c *Claims, now time.Time) (harang.Identity, error) {
	last, known := o.byLogin.get(loginOf(c))
	if last.err != nil {
		return harang.Identity{}, last.err
	}
	caller := last.caller
	if !known || now.Sub(last.at) > outcomeAge {
		caller.Tenant, caller.UserID, caller.Role, caller.SessionID = c.Tenant, c.Subject, c.Role, c.login()
	}
	caller.Expires, caller.Unverified = c.ExpiresAt.Time, true
	return caller, nil
}
