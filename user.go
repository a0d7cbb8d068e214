package harang

import "time"

// User is a person of one tenant.
type User struct {
	ID       string
	Tenant   string
	Name     string
	Email    string
	Role     Role
	Disabled bool
	Created  time.Time
}

// Identity is who is calling, as proved by a verified credential and judged
// against the present state of the user. It is the only source of the tenant.
type Identity struct {
	Tenant     string
	TenantName string
	// UserID is the subject: a user's id, "cli:<role>" for a token without a
	// user, "key:<id>" for an API key.
	UserID string
	Name   string
	Email  string
	Role   Role
	// SessionID is the login this identity belongs to, which a logout ends: a
	// session, or for a token without a user the token itself; "" for an API key.
	SessionID string
	// Expires is when the credential ends; zero for an API key.
	Expires time.Time
	// Unverified is set when the database was away, so that the present state
	// of the user could not be asked for: it is the one of a moment ago, or the
	// token's. It has to be judged again when the database is back.
	Unverified bool
}

// Can returns nil when the identity may do a, else FORBIDDEN.
func (i Identity) Can(a Action) error {
	if i.Role.May(a) {
		return nil
	}
	return &Error{Code: CodeForbidden, Message: "your role may not do this", Details: map[string]any{"action": string(a)}}
}
