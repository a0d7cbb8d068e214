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

// APIKey is the key of another application. Only its SHA-256 is stored.
type APIKey struct {
	ID      string
	Tenant  string
	Name    string
	Created time.Time
	// Revoked is when the key was revoked; zero while it is valid.
	Revoked time.Time
}
