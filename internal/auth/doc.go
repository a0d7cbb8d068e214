// Package auth proves who is calling: passwords, sessions, access tokens and
// API keys, and the limits that keep guessing slow.
//
// # Overview
//
// A login checks a password (argon2id) and makes a Session. The caller gets a
// short access token (a JWT signed with Ed25519, 10 minutes) and a refresh
// cookie. The cookie of a session's generation n is derived from the signing
// key, the session and n, so the database keeps no secret at all: only n and
// when it was issued. Refreshing issues generation n+1; the cookie before the
// newest stays good for 30 s and yields the same successor, so two tabs that
// refresh at once do not log each other out. Any older cookie is a stolen or a
// copied one: the session is ended.
//
// A token from the command line that names a user has a session too, without a
// cookie. One that names nobody ("cli:<role>") is a login of its own: the
// database knows of it only when it was logged out, and until it is over.
//
// API keys are 256 random bits, kept as their SHA-256.
//
// # Invariants
//
// A token proves only whom it was issued to. What the user may do is judged
// anew at every Authenticate from the database: disabled users, ended sessions
// and changed roles count at once, on every node, however long the token lives.
// The tenant comes from the verified token and from nowhere else.
//
// Every end of a session and every change of a user's role or state is appended
// to the tenant's control feed in the transaction that makes it true.
//
// Whether an e-mail address is known cannot be told from the answer or its
// timing: an unknown one is checked against a hash of the same cost.
//
// # Concurrency
//
// Everything is safe for concurrent use. Password checks take turns (half the
// cores, at least one), so that a storm of logins cannot starve the rest; who
// would wait too long gets RATE_LIMITED.
//
// # Lifecycle
//
// A Service has no goroutine of its own and nothing to close.
//
// # Failure
//
// A passing fault must not sign anybody out. Without its database Authenticate
// believes how a user was judged within the last minute, and after that the
// unexpired token, but nobody whom this node has refused before; such an
// identity is Unverified; who keeps it for longer than one call, as the gateway
// does, has the token judged again as soon as the database answers. Logins,
// refreshes and API keys answer UNAVAILABLE.
// Revoked API keys are good for at most half a second more (the age of the key
// cache).
//
// # Dependencies
//
// The root package, golang-jwt, argon2id. The store is reached through UserStore.
package auth
