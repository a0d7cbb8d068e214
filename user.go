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

// Identity is the caller: the verified credential together with the present state
// of the user. It is the only source of the tenant.
type Identity struct {
	Tenant     string
	TenantName string
	// UserID is the subject: a user's id, "cli:<role>" for a token without a
	// user, "key:<id>" for an API key.
	UserID string
	Name   string
	Email  string
	Role   Role
	// SessionID is the session that a logout ends; for a token without a user it
	// is the token's own id; "" for an API key.
	SessionID string
	// Expires is when the credential ends; zero for an API key.
	Expires time.Time
	// Unverified means that the database was unavailable, so the state of the
	// user is a recent one or the token's. It is checked again when the database
	// is back.
	Unverified bool
}

// Can returns nil when the identity may do a, else FORBIDDEN.
func (i Identity) Can(a Action) error {
	if i.Role.May(a) {
		return nil
	}
	return &Error{
		Code:    CodeForbidden,
		Message: "your role may not do this",
		Details: map[string]any{"action": string(a)},
	}
}
