package harang

import (
	"fmt"
	"strings"
	"time"
)

// APIKey is the key of another application. Only its SHA-256 is stored.
type APIKey struct {
	ID      string
	Tenant  string
	Name    string
	Scopes  Scopes
	Created time.Time
	// Expires is when the key ends by itself; zero means never.
	Expires time.Time
	// Revoked is when the key was revoked; zero while it is not.
	Revoked time.Time
	// LastUsed is when the key was last used, to the minute; zero before the first use.
	LastUsed time.Time
	// RateLimit is how many calls a minute each node takes; 0 means any number.
	RateLimit int64
}

// The bounds of a key.
const (
	MaxKeyRateLimit = 60_000
	// MaxKeyLife is how far ahead a key can expire.
	MaxKeyLife = 10 * 366 * 24 * time.Hour
	// keyExpiryNotice is how long before its end a key counts as expiring.
	keyExpiryNotice = 14 * 24 * time.Hour
)

// KeyStatus is what has become of an API key.
type KeyStatus string

// The states of a key. Only an active or expiring one is accepted.
const (
	KeyActive   KeyStatus = "ACTIVE"
	KeyExpiring KeyStatus = "EXPIRING" // ends within 14 days
	KeyExpired  KeyStatus = "EXPIRED"
	KeyRevoked  KeyStatus = "REVOKED"
)

// Status is the state of the key at now.
func (k APIKey) Status(now time.Time) KeyStatus {
	switch {
	case !k.Revoked.IsZero():
		return KeyRevoked
	case k.Expires.IsZero():
		return KeyActive
	case !now.Before(k.Expires):
		return KeyExpired
	case k.Expires.Sub(now) <= keyExpiryNotice:
		return KeyExpiring
	}
	return KeyActive
}

// Scope is a right of an API key.
type Scope string

// The scopes. No action needs ScopeEventsRead or ScopeTokensIssue in this version.
const (
	ScopeEventsWrite    Scope = "events:write"
	ScopeEventsRead     Scope = "events:read"
	ScopeCatalogueWrite Scope = "catalogue:write"
	ScopeStockWrite     Scope = "stock:write"
	ScopeTokensIssue    Scope = "tokens:issue"
)

// allScopes has the scope of each bit of Scopes.
var allScopes = []Scope{
	ScopeEventsWrite, ScopeEventsRead, ScopeCatalogueWrite, ScopeStockWrite, ScopeTokensIssue,
}

// DefaultScopes are those of a key that was made without any, and of every key of a version that had none.
var DefaultScopes = scopesOf(ScopeEventsWrite, ScopeCatalogueWrite, ScopeStockWrite)

// Scopes is a set of scopes. The zero value allows nothing.
type Scopes uint8

func scopesOf(all ...Scope) (set Scopes) {
	for _, s := range all {
		set |= s.bit()
	}
	return set
}

// bit is 0 for an unknown scope.
func (s Scope) bit() Scopes {
	for i, known := range allScopes {
		if s == known {
			return 1 << i
		}
	}
	return 0
}

// NewScopes returns the set of some scopes, at least one, each known and named once; else what is wrong with them.
func NewScopes(names []Scope) (set Scopes, detail string) {
	if len(names) == 0 {
		return 0, "must have at least one scope"
	}
	for _, name := range names {
		switch bit := name.bit(); {
		case bit == 0:
			return 0, fmt.Sprintf("%q is not one of %s", clip(string(name), 40), Scopes(1<<len(allScopes)-1))
		case set&bit != 0:
			return 0, fmt.Sprintf("has %s twice", name)
		default:
			set |= bit
		}
	}
	return set, ""
}

// ParseScopes reads what String wrote. Scopes of a newer version are left out.
func ParseScopes(text string) (set Scopes) {
	for name := range strings.FieldsSeq(text) {
		set |= Scope(name).bit()
	}
	return set
}

// Has reports whether the set has a scope.
func (set Scopes) Has(s Scope) bool { return set&s.bit() != 0 }

// List returns the scopes in their fixed order.
func (set Scopes) List() []Scope {
	list := []Scope{}
	for _, s := range allScopes {
		if set.Has(s) {
			list = append(list, s)
		}
	}
	return list
}

// String returns the scopes with spaces between them.
func (set Scopes) String() string {
	var all []string
	for _, s := range set.List() {
		all = append(all, string(s))
	}
	return strings.Join(all, " ")
}
