// Package auth authenticates callers: passwords, sessions, access tokens and API keys, and the limits that slow down
// guessing.
//
// # Overview
//
// A login checks a password (argon2id) and creates a Session. The caller gets a short-lived access token (a JWT signed
// with Ed25519, 10 minutes) and a refresh cookie. The cookie of a session's generation n is derived from the signing
// key, the session and n, so the database has no secret of it: only n and when it was issued. A refresh issues
// generation n+1. The previous cookie stays good for 30 s and yields the same successor, so that two tabs that refresh
// at once do not log each other out. Any older cookie was stolen or copied: it ends the session.
//
// A session ends 30 days after its login, whatever happens, and no access token outlives it. It keeps when the user
// last proved the password (harang.Identity.Confirmed), by the login or again: calls that change users, keys and
// settings ask for it. Device, network and time of its last use are noted by calls and written by Run, for the user's
// list of sessions. A password that an administrator sets is temporary: a login with it may do nothing but replace it.
//
// A token from the command line that names a user has a session too, without a cookie. One without a user
// ("cli:<role>") is a login of its own: the database knows it only from its logout until it expires.
//
// API keys are 256 random bits, stored as their SHA-256.
//
// # Invariants
//
//   - A token proves only its subject. Authenticate reads the user's present state from the database: disabled users,
//     ended sessions and changed roles count at once, on every node, however long the token lives.
//   - The tenant comes from the verified token and from nowhere else.
//   - Every end of a session, and every change of a user's role or state, is appended to the tenant's control feed in
//     the same transaction.
//   - Neither the answer nor its timing shows whether an e-mail address exists: an unknown one is checked against a
//     hash of the same cost.
//
// # Limits
//
// A failed login is counted for its host and account together, for the account and for the host; each failure beyond a
// free number makes the next attempt wait longer, up to a minute. Networks that failed for the account before share
// one limit of it and the others another one, so that an attacker with few networks keeps nobody else waiting. A
// browser that signed in to the account before brings a signed cookie that says so, and has a count of its own:
// failures from other browsers do not delay it. The counts are keyed by a hash, forgotten after a time without failure
// and removed when they are zero; a login that is abandoned before its password is checked leaves nothing.
//
// Few password hashes are computed at once (half the cores, at least one), so that a burst of logins cannot starve the
// rest. Networks and their hosts take turns in a bounded queue. Known browsers and signed-in administrators come first,
// by turns of their accounts; of four turns at least one is for the others, so that no account can keep them out.
//
// # Names and passwords
//
// An e-mail address has one canonical form (CanonicalEmail). Users that are stored under another form, by version
// 0.1.0, are found by all of them. Passwords are hashed in Unicode's NFC.
//
// # Concurrency
//
// Everything is safe for concurrent use.
//
// # Lifecycle
//
// A Service has no goroutine of its own and nothing to close.
//
// # Failure
//
// A temporary failure must not sign anybody out. Without its database, Authenticate trusts the last outcome for a
// minute and the unexpired token after that, unless this node has refused the login before. Such an identity is
// Unverified; a caller that keeps it for longer than one request, as the gateway does, authenticates the token again
// as soon as the database answers. Logins, refreshes and API keys return UNAVAILABLE.
//
// # Dependencies
//
// The root package, golang-jwt, argon2id and golang-lru. The database is reached through UserStore.
package auth
