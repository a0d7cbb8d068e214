package harang

import "time"

// MaxSessionLife is how long after its login a session ends, whatever happens.
const MaxSessionLife = 30 * 24 * time.Hour

// NewDeviceAge is how long a session counts as that of a new device.
const NewDeviceAge = 7 * 24 * time.Hour

// Session is one login of a user on one device. It ends by logout, by an
// administrator's change, when it was not refreshed for long, and MaxSessionLife after
// the login.
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
	// Device is the browser and system, e.g. "Firefox, Linux"; "" when unknown.
	Device string
	// Network is the address prefix of the last use, and Used when that was; "" and zero when unknown.
	Network string
	Used    time.Time
	// Confirmed is when the user last proved the password in this session; zero for the session of a token from
	// the command line.
	Confirmed time.Time
	// NewDevice means that the account had not signed in with this browser before, nor was it its first login.
	NewDevice bool
}

// Live reports whether the session is valid at now.
func (s Session) Live(now time.Time) bool {
	return s.Ended.IsZero() && now.Before(s.Expires) && now.Before(s.Ends())
}

// Ends is when the session ends however often it is refreshed.
func (s Session) Ends() time.Time { return s.Created.Add(MaxSessionLife) }

// SessionUse is a use of a session, for the list of a user's sessions.
type SessionUse struct {
	Tenant    string
	SessionID string
	At        time.Time
	// Network is the address prefix that it came from.
	Network string
	// Device is that of the request; it counts when that of the session is unknown.
	Device string
}
