package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"sync"
	"time"

	"harang.dev/harang"
)

// APIKeyPrefix begins every API key, so that people and scanners recognise one.
const APIKeyPrefix = "hk_"

// IsAPIKey reports whether a bearer credential has the form of an API key.
func IsAPIKey(credential string) bool { return strings.HasPrefix(credential, APIKeyPrefix) }

// keyAge is how long a looked-up key is believed. A revocation by another
// process takes effect within it.
const keyAge = 500 * time.Millisecond

// keyCache keeps the identities of keys that were looked up just now.
type keyCache struct {
	// mu guards known.
	mu    sync.Mutex
	known map[[32]byte]knownKey
}

type knownKey struct {
	identity harang.Identity
	until    time.Time
}

func newKeyCache() *keyCache { return &keyCache{known: map[[32]byte]knownKey{}} }

// maxKnownKeys bounds the cache; who has more keys in half a second pays for
// the look-ups.
const maxKnownKeys = 10_000

// AuthenticateKey judges an API key. Codes: UNAUTHENTICATED, UNAVAILABLE.
func (s *Service) AuthenticateKey(ctx context.Context, key string) (harang.Identity, error) {
	if !IsAPIKey(key) || len(key) > 128 {
		return harang.Identity{}, errNoKey
	}
	hash := sha256.Sum256([]byte(key))
	now := s.clock()
	s.keys.mu.Lock()
	known, ok := s.keys.known[hash]
	s.keys.mu.Unlock()
	if ok && now.Before(known.until) {
		return known.identity, nil
	}
	kept, err := s.store.FindAPIKey(ctx, hash)
	if harang.ErrorCode(err) == harang.CodeNotFound {
		return harang.Identity{}, errNoKey
	}
	if err != nil {
		return harang.Identity{}, err
	}
	if !kept.Revoked.IsZero() {
		return harang.Identity{}, errNoKey
	}
	identity := harang.Identity{
		Tenant: kept.Tenant, UserID: "key:" + kept.ID, Name: kept.Name, Role: harang.RoleService,
	}
	s.keys.mu.Lock()
	defer s.keys.mu.Unlock()
	if len(s.keys.known) >= maxKnownKeys {
		clear(s.keys.known)
	}
	s.keys.known[hash] = knownKey{identity: identity, until: now.Add(keyAge)}
	return identity, nil
}

var errNoKey = harang.Errorf(harang.CodeUnauthenticated, "a valid API key is needed")

// CreateAPIKey makes a key for the identity's tenant and returns it with its
// text, which is shown this once.
func (s *Service) CreateAPIKey(ctx context.Context, id harang.Identity, name string) (harang.APIKey, string, error) {
	if err := id.Can(harang.ActionAdminister); err != nil {
		return harang.APIKey{}, "", err
	}
	if detail := harang.CheckText(name, harang.MaxNameRunes); detail != "" {
		return harang.APIKey{}, "", harang.Invalid(harang.FieldError{Field: "name", Detail: detail})
	}
	random := make([]byte, 32)
	_, _ = rand.Read(random) // never fails
	text := APIKeyPrefix + base64.RawURLEncoding.EncodeToString(random)
	key := harang.APIKey{ID: s.newID(), Tenant: id.Tenant, Name: name, Created: s.clock().UTC().Truncate(time.Millisecond)}
	if err := s.store.CreateAPIKey(ctx, key, sha256.Sum256([]byte(text))); err != nil {
		return harang.APIKey{}, "", err
	}
	return key, text, nil
}

// FindAPIKeys lists the keys of the identity's tenant, revoked ones included.
func (s *Service) FindAPIKeys(ctx context.Context, id harang.Identity, afterID string, limit int) ([]harang.APIKey, error) {
	if err := id.Can(harang.ActionAdminister); err != nil {
		return nil, err
	}
	return s.store.FindAPIKeys(ctx, id.Tenant, afterID, limit)
}

// RevokeAPIKey ends a key for good: here at once, elsewhere within half a
// second. Revoking twice is no error.
func (s *Service) RevokeAPIKey(ctx context.Context, id harang.Identity, keyID string) error {
	if err := id.Can(harang.ActionAdminister); err != nil {
		return err
	}
	if err := s.store.RevokeAPIKey(ctx, id.Tenant, keyID, s.clock().UTC().Truncate(time.Millisecond)); err != nil {
		return err
	}
	s.keys.mu.Lock()
	defer s.keys.mu.Unlock()
	clear(s.keys.known)
	return nil
}
