package harang

import "time"

// Session is one login of a user on one device. It lives from login until
// logout, until it is ended by an administrator's change, or until nobody has
// refreshed it for long.
type Session struct {
	ID     string
	Tenant string
	UserID string
	// Generation counts the refresh cookies that were issued, from 1. Only the
	// newest one is good, and for a short time the one before it. It is 0 where
	// there are none: the session of a token from the command line.
	Generation int64
	// Rotated is when the newest generation was issued.
	Rotated time.Time
	Created time.Time
	// Expires is when the session ends by itself unless it is refreshed.
	Expires time.Time
	// Ended is when it was ended; zero while it lives.
	Ended time.Time
}

// Live reports whether the session may still be used at now.
func (s Session) Live(now time.Time) bool { return s.Ended.IsZero() && now.Before(s.Expires) }

// Credentials are a user with what only logins and administration need.
type Credentials struct {
	User
	TenantName string
	// PasswordHash is an argon2id hash in its encoded form. It is never shown.
	PasswordHash string
	// SessionsFrom ends every session made at or before it: set when the
	// password changes or the user is disabled. Zero: none was ended so.
	SessionsFrom time.Time
}

// Subject is the present state of whom a token names.
type Subject struct {
	User
	TenantName string
	// SessionLive tells whether the session that was asked for is neither ended
	// nor expired; true when none was asked for.
	SessionLive bool
}

// APIKey is another application's key. The key itself is never kept, only its
// SHA-256.
type APIKey struct {
	ID      string
	Tenant  string
	Name    string
	Created time.Time
	// Revoked is when the key stopped to be good; zero while it is.
	Revoked time.Time
}
