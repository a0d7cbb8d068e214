package harang

import "time"

// Session is one login of a user on one device. It ends by logout, by an
// administrator's change, or when it was not refreshed for long.
type Session struct {
	ID     string
	Tenant string
	UserID string
	// Generation counts the refresh cookies that were issued, from 1. Only the
	// newest is valid, and for a short time the one before it. It is 0 for the
	// session of a token from the command line, which has none.
	Generation int64
	// Rotated is when the newest generation was issued.
	Rotated time.Time
	Created time.Time
	// Expires is when the session ends unless it is refreshed.
	Expires time.Time
	// Ended is when it was ended; zero before.
	Ended time.Time
}

// Live reports whether the session is valid at now.
func (s Session) Live(now time.Time) bool { return s.Ended.IsZero() && now.Before(s.Expires) }

// Credentials are a user with the members that only login and administration need.
type Credentials struct {
	User
	TenantName string
	// PasswordHash is an argon2id hash in its encoded form. It is never sent to callers.
	PasswordHash string
	// SessionsFrom invalidates every session made at or before it: set when the
	// password changes or the user is disabled. Zero invalidates none.
	SessionsFrom time.Time
}

// Subject is the present state of the user whom a token names.
type Subject struct {
	User
	TenantName string
	// SessionLive says that the requested session is neither ended nor expired;
	// true when none was requested.
	SessionLive bool
}

// APIKey is the key of another application. Only its SHA-256 is stored.
type APIKey struct {
	ID      string
	Tenant  string
	Name    string
	Created time.Time
	// Revoked is when the key was revoked; zero while it is valid.
	Revoked time.Time
}
