package harang

import (
	"fmt"
	"time"
)

// User is a person of one tenant.
type User struct {
	ID       string
	Tenant   string
	Name     string
	Email    string
	Role     Role
	Disabled bool
	Created  time.Time
	// Language is the one that the user chose, LanguageHungarian or LanguageEnglish; "" before.
	Language string
	// PasswordTemporary means that an administrator chose the password: the user must replace it.
	PasswordTemporary bool
}

// The languages of the page.
const (
	LanguageHungarian = "hu"
	LanguageEnglish   = "en"
)

// Identity is the caller: the verified credential together with the present state
// of the user. It is the only source of the tenant.
type Identity struct {
	Tenant     string
	TenantName string
	// UserID is the subject: a user's id, "cli:<role>" for a token without a
	// user, "key:<id>" for an API key, "display:<id>" for a display.
	UserID string
	Name   string
	Email  string
	Role   Role
	// Language is the user's choice; "" for none.
	Language string
	// PasswordChangeRequired means that the caller may do nothing but read who it is and choose a password.
	PasswordChangeRequired bool
	// Confirmed is when the caller last proved the password in this session; zero for credentials that were
	// issued without one: API keys and tokens of the command line.
	Confirmed time.Time
	// Scopes are the rights of an API key; none for a person.
	Scopes Scopes
	// SessionID is the session that a logout ends; for a token without a user it
	// is the token's own id; "" for an API key. Of a display it is the screen.
	SessionID string
	// LocationID is the location to which a display is restricted; "" for all
	// locations, and for every other caller.
	LocationID string
	// Expires is when the credential ends; zero for an API key.
	Expires time.Time
	// Unverified means that the database was unavailable, so the state of the
	// user is a recent one or the token's. It is checked again when the database
	// is back.
	Unverified bool
}

// Can returns nil when the identity may do a, else PASSWORD_CHANGE_REQUIRED or FORBIDDEN.
func (i Identity) Can(a Action) error {
	if i.PasswordChangeRequired && a != ActionReadOwnIdentity && a != ActionChangeOwnPassword {
		return Errorf(CodePasswordChangeRequired, "choose a password of your own first: POST /api/v1/me/password")
	}
	if !i.Role.May(a) {
		message := "your role may not do this"
		if i.Role == RoleDisplay {
			message = "a display only reads what its screen shows"
		}
		return &Error{
			Code:    CodeForbidden,
			Message: message,
			Details: map[string]any{"action": string(a)},
		}
	}
	if scope := a.Scope(); i.Role == RoleService && !i.Scopes.Has(scope) {
		return &Error{
			Code:    CodeForbidden,
			Message: fmt.Sprintf("the API key lacks the scope %s", scope),
			Details: map[string]any{"action": string(a), "scope": string(scope)},
		}
	}
	return nil
}

// ConfirmationLife is how long a proof of the password counts.
const ConfirmationLife = 5 * time.Minute

// CheckVerified returns UNAVAILABLE when the database did not say what the caller may do at present.
func (i Identity) CheckVerified() error {
	if i.Unverified {
		return Errorf(CodeUnavailable, "the server cannot reach its database; try again")
	}
	return nil
}

// CheckConfirmed returns REAUTHENTICATION_REQUIRED when the caller's last proof of the password is
// ConfirmationLife old. Credentials that were issued without a password need none. UNAVAILABLE when the database did
// not say how old it is.
func (i Identity) CheckConfirmed(now time.Time) error {
	if err := i.CheckVerified(); err != nil {
		return err
	}
	if i.Confirmed.IsZero() || now.Sub(i.Confirmed).Abs() < ConfirmationLife { // or the clock was set back
		return nil
	}
	return Errorf(CodeReauthenticationRequired,
		"the last proof of your password is %d minutes old: POST /api/v1/auth/reauthenticate, then repeat",
		ConfirmationLife/time.Minute)
}
