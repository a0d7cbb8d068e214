package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"time"

	"harang.dev/harang"
)

// APIKeyPrefix begins every API key, so that people and secret scanners recognise one.
const APIKeyPrefix = "hk_"

// IsAPIKey reports whether a bearer credential has the form of an API key.
func IsAPIKey(credential string) bool { return strings.HasPrefix(credential, APIKeyPrefix) }

const (
	// keyAge is how long a key is used without another look-up. A revocation by another process takes effect within it.
	keyAge = 500 * time.Millisecond
	// maxCachedKeys bounds the cache; a caller with more keys pays for the look-ups.
	maxCachedKeys = 10_000
)

// cachedKey is the identity of a key and when it must be looked up again.
type cachedKey struct {
	caller harang.Identity
	until  time.Time
}

// AuthenticateKey returns the identity of an API key. Codes: UNAUTHENTICATED, UNAVAILABLE.
func (s *Service) AuthenticateKey(ctx context.Context, key string) (harang.Identity, error) {
	if !IsAPIKey(key) || len(key) > 128 {
		return harang.Identity{}, errNoKey
	}
	hash := sha256.Sum256([]byte(key))
	now := s.clock()
	if cached, ok := s.keys.get(hash); ok && now.Before(cached.until) {
		return cached.caller, nil
	}
	stored, err := s.store.FindAPIKey(ctx, hash)
	if harang.ErrorCode(err) == harang.CodeNotFound {
		return harang.Identity{}, errNoKey
	}
	if err != nil {
		return harang.Identity{}, err
	}
	if !stored.Revoked.IsZero() {
		return harang.Identity{}, errNoKey
	}
	caller := harang.Identity{
		Tenant: stored.Tenant, UserID: "key:" + stored.ID, Name: stored.Name, Role: harang.RoleService,
	}
	s.keys.put(hash, cachedKey{caller: caller, until: now.Add(keyAge)})
	return caller, nil
}

var errNoKey = harang.Errorf(harang.CodeUnauthenticated, "a valid API key is needed")

// CreateAPIKey makes a key for the caller's tenant. The second result is its text, which is stored nowhere. Codes:
// FORBIDDEN, INVALID_REQUEST.
func (s *Service) CreateAPIKey(ctx context.Context, caller harang.Identity, name string) (harang.APIKey, string,
	error) {
	if err := caller.Can(harang.ActionAdminister); err != nil {
		return harang.APIKey{}, "", err
	}
	if detail := harang.CheckName(name); detail != "" {
		return harang.APIKey{}, "", harang.Invalid(harang.FieldError{Field: "name", Detail: detail})
	}
	random := make([]byte, 32)
	_, _ = rand.Read(random) // never fails
	text := APIKeyPrefix + base64.RawURLEncoding.EncodeToString(random)
	key := harang.APIKey{ID: s.newID(), Tenant: caller.Tenant, Name: name, Created: s.now()}
	entry, _ := harang.NewAuditEntry(ctx, caller, key.Created, harang.AuditKeyCreate, keySubject(key), nil, nil)
	if err := s.store.CreateAPIKey(ctx, key, sha256.Sum256([]byte(text)), entry); err != nil {
		return harang.APIKey{}, "", err
	}
	return key, text, nil
}

// FindAPIKeys lists the keys of the caller's tenant, revoked ones included.
func (s *Service) FindAPIKeys(
	ctx context.Context, caller harang.Identity, afterID string, limit int,
) ([]harang.APIKey, error) {
	if err := caller.Can(harang.ActionAdminister); err != nil {
		return nil, err
	}
	return s.store.FindAPIKeys(ctx, caller.Tenant, afterID, limit)
}

// RevokeAPIKey ends a key for good: on this node at once, elsewhere within keyAge. A revoked key stays revoked.
func (s *Service) RevokeAPIKey(ctx context.Context, caller harang.Identity, keyID string) error {
	if err := caller.Can(harang.ActionAdminister); err != nil {
		return err
	}
	now := s.now()
	if err := s.store.RevokeAPIKey(ctx, caller.Tenant, keyID, now, func(k harang.APIKey) Trail {
		entry, _ := harang.NewAuditEntry(ctx, caller, now, harang.AuditKeyRevoke, keySubject(k), nil, nil)
		return Trail{Audit: []harang.AuditEntry{entry}}
	}); err != nil {
		return err
	}
	s.keys.clear()
	return nil
}

// keySubject is a key as the subject of an action.
func keySubject(k harang.APIKey) harang.AuditSubject {
	return harang.AuditSubject{Kind: harang.AuditKey, ID: k.ID, Name: k.Name}
}
