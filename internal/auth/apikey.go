package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"harang.dev/harang"
)

// APIKeyPrefix begins every API key, so that people and secret scanners recognise one.
const APIKeyPrefix = "hk_"

// IsAPIKey reports whether a bearer credential has the form of an API key.
func IsAPIKey(credential string) bool { return strings.HasPrefix(credential, APIKeyPrefix) }

const (
	// keyAge is how long a key is used without another look-up, unless ForgetKeys is called. A change by another
	// process takes effect within it.
	keyAge = 500 * time.Millisecond
	// maxCachedKeys bounds the cache; a caller with more keys pays for the look-ups.
	maxCachedKeys = 10_000
)

// cachedKey is the identity of a key and when it must be looked up again.
type cachedKey struct {
	caller harang.Identity
	// limiter is nil for a key without a rate limit.
	limiter *rate.Limiter
	until   time.Time
	// generation is keyChanges before the key was read.
	generation uint64
}

// AuthenticateKey returns the identity of an API key. Codes: UNAUTHENTICATED, UNAVAILABLE.
func (s *Service) AuthenticateKey(ctx context.Context, key string) (harang.Identity, error) {
	cached, err := s.findKey(ctx, key)
	return cached.caller, err
}

// AdmitKey is AuthenticateKey for a call, which counts against the rate limit of the key. Codes: RATE_LIMITED with
// RetryAfter, too.
func (s *Service) AdmitKey(ctx context.Context, key string) (harang.Identity, error) {
	cached, err := s.findKey(ctx, key)
	if err != nil || cached.limiter == nil {
		return cached.caller, err
	}
	now := s.clock()
	reserved := cached.limiter.ReserveN(now, 1)
	if wait := reserved.DelayFrom(now); wait > 0 {
		reserved.CancelAt(now)
		return cached.caller, &harang.Error{
			Code: harang.CodeRateLimited, RetryAfter: wait,
			Message: fmt.Sprintf("the rate limit of the API key is %d calls a minute; try again later",
				cached.limiter.Burst()),
		}
	}
	return cached.caller, nil
}

func (s *Service) findKey(ctx context.Context, key string) (cachedKey, error) {
	if !IsAPIKey(key) || len(key) > 128 {
		return cachedKey{}, errNoKey
	}
	hash := sha256.Sum256([]byte(key))
	now, generation := s.clock(), s.keyChanges.Load()
	if cached, ok := s.keys.get(hash); ok && now.Before(cached.until) && cached.generation == generation {
		return cached, nil
	}
	stored, err := s.store.FindAPIKey(ctx, hash)
	if harang.ErrorCode(err) == harang.CodeNotFound {
		return cachedKey{}, errNoKey
	}
	if err != nil {
		return cachedKey{}, err
	}
	until := now.Add(keyAge)
	switch stored.Status(now) {
	case harang.KeyRevoked:
		return cachedKey{}, errNoKey
	case harang.KeyExpired:
		return cachedKey{}, errKeyExpired
	case harang.KeyExpiring:
		if stored.Expires.Before(until) {
			until = stored.Expires
		}
	case harang.KeyActive:
	}
	s.keyUses.add(stored, now)
	cached := cachedKey{
		caller: harang.Identity{
			Tenant: stored.Tenant, UserID: "key:" + stored.ID, Name: stored.Name, Role: harang.RoleService,
			Scopes: stored.Scopes,
		},
		limiter: s.limiterOf(stored, now), until: until, generation: generation,
	}
	s.keys.put(hash, cached)
	return cached, nil
}

// limiterOf returns the limiter of a key, nil when it has no rate limit. A key keeps its limiter from one look-up to
// the next.
func (s *Service) limiterOf(k harang.APIKey, now time.Time) *rate.Limiter {
	if k.RateLimit == 0 {
		return nil
	}
	perSecond, burst := rate.Limit(k.RateLimit)/60, int(k.RateLimit)
	limiter := s.rates.getOrPut(k.ID, func() *rate.Limiter { return rate.NewLimiter(perSecond, burst) })
	if limiter.Burst() != burst {
		limiter.SetLimitAt(now, perSecond)
		limiter.SetBurstAt(now, burst)
	}
	return limiter
}

var (
	errNoKey      = harang.Errorf(harang.CodeUnauthenticated, "a valid API key is needed")
	errKeyExpired = harang.Errorf(harang.CodeUnauthenticated, "the API key has expired; an administrator can renew it")
)

// ForgetKeys makes this node look every API key up again: one was changed or revoked.
func (s *Service) ForgetKeys() { s.keyChanges.Add(1) }

// NewAPIKey describes a key to create.
type NewAPIKey struct {
	Name string
	// Scopes are the rights of the key. 0 means harang.DefaultScopes.
	Scopes harang.Scopes
	// Expires is when the key ends. Zero means never.
	Expires time.Time
	// RateLimit is how many calls a minute each node takes. 0 means any number.
	RateLimit int64
}

// APIKeyChange describes a change of a key; nil members stay as they are. A zero Expires and a RateLimit of 0 clear.
type APIKeyChange struct {
	Name      *string
	Scopes    *harang.Scopes
	Expires   *time.Time
	RateLimit *int64
}

// CreateAPIKey makes a key for the caller's tenant. The second result is its text, which is stored nowhere. Codes:
// FORBIDDEN, INVALID_REQUEST.
func (s *Service) CreateAPIKey(ctx context.Context, caller harang.Identity, n NewAPIKey) (harang.APIKey, string,
	error) {
	if err := caller.Can(harang.ActionAdminister); err != nil {
		return harang.APIKey{}, "", err
	}
	if n.Scopes == 0 {
		n.Scopes = harang.DefaultScopes
	}
	now := s.now()
	if wrong := (APIKeyChange{Name: &n.Name, Expires: &n.Expires, RateLimit: &n.RateLimit}).check(now); wrong != nil {
		return harang.APIKey{}, "", harang.Invalid(wrong...)
	}
	random := make([]byte, 32)
	_, _ = rand.Read(random) // never fails
	text := APIKeyPrefix + base64.RawURLEncoding.EncodeToString(random)
	key := harang.APIKey{
		ID: s.newID(), Tenant: caller.Tenant, Name: n.Name, Scopes: n.Scopes, Created: now,
		Expires: truncated(n.Expires), RateLimit: n.RateLimit,
	}
	entry, _ := harang.NewAuditEntry(ctx, caller, now, harang.AuditKeyCreate, keySubject(key), nil, keyState(key))
	if err := s.store.CreateAPIKey(ctx, key, sha256.Sum256([]byte(text)), entry); err != nil {
		return harang.APIKey{}, "", err
	}
	return key, text, nil
}

// check returns the fields that are wrong.
func (c APIKeyChange) check(now time.Time) (wrong []harang.FieldError) {
	add := func(field, detail string) {
		if detail != "" {
			wrong = append(wrong, harang.FieldError{Field: field, Detail: detail})
		}
	}
	if c.Name != nil {
		add("name", harang.CheckName(*c.Name))
	}
	if c.Expires != nil && !c.Expires.IsZero() {
		switch {
		case !c.Expires.After(now):
			add("expiresAt", "must be in the future")
		case c.Expires.After(now.Add(harang.MaxKeyLife)):
			add("expiresAt", "must be at most ten years ahead")
		}
	}
	if c.RateLimit != nil && (*c.RateLimit < 0 || *c.RateLimit > harang.MaxKeyRateLimit) {
		add("rateLimit", fmt.Sprintf("must be from 1 to %d calls a minute", harang.MaxKeyRateLimit))
	}
	return wrong
}

// truncated is an instant as the database stores it; zero stays zero.
func truncated(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.UTC().Truncate(time.Millisecond)
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

// UpdateAPIKey changes a key that is not revoked, also one that has expired: on this node at once, elsewhere within
// keyAge. Codes: FORBIDDEN, INVALID_REQUEST, NOT_FOUND, CONFLICT when it is revoked.
func (s *Service) UpdateAPIKey(
	ctx context.Context, caller harang.Identity, keyID string, change APIKeyChange,
) (harang.APIKey, error) {
	if err := caller.Can(harang.ActionAdminister); err != nil {
		return harang.APIKey{}, err
	}
	now := s.now()
	if wrong := change.check(now); wrong != nil {
		return harang.APIKey{}, harang.Invalid(wrong...)
	}
	var changed harang.APIKey
	err := s.store.UpdateAPIKey(ctx, caller.Tenant, keyID, func(k *harang.APIKey) (Trail, error) {
		if !k.Revoked.IsZero() {
			return Trail{}, harang.Errorf(harang.CodeConflict, "the API key is revoked")
		}
		before := keyState(*k)
		if change.Name != nil {
			k.Name = *change.Name
		}
		if change.Scopes != nil {
			k.Scopes = *change.Scopes
		}
		if change.Expires != nil {
			k.Expires = truncated(*change.Expires)
		}
		if change.RateLimit != nil {
			k.RateLimit = *change.RateLimit
		}
		changed = *k
		entry, ok := harang.NewAuditEntry(ctx, caller, now, harang.AuditKeyUpdate, keySubject(*k), before, keyState(*k))
		if !ok {
			return Trail{}, nil
		}
		return s.keyTrail(*k, now, entry)
	})
	if err != nil {
		return harang.APIKey{}, err
	}
	s.ForgetKeys()
	return changed, nil
}

// RevokeAPIKey ends a key for good: on this node at once, elsewhere within keyAge. A revoked key stays revoked.
func (s *Service) RevokeAPIKey(ctx context.Context, caller harang.Identity, keyID string) error {
	if err := caller.Can(harang.ActionAdminister); err != nil {
		return err
	}
	now := s.now()
	if err := s.store.UpdateAPIKey(ctx, caller.Tenant, keyID, func(k *harang.APIKey) (Trail, error) {
		if !k.Revoked.IsZero() {
			return Trail{}, nil
		}
		k.Revoked = now
		entry, _ := harang.NewAuditEntry(ctx, caller, now, harang.AuditKeyRevoke, keySubject(*k), nil, nil)
		return s.keyTrail(*k, now, entry)
	}); err != nil {
		return err
	}
	s.ForgetKeys()
	return nil
}

// keyTrail is the trail of a change of a key: a row of the audit log, and a control entry for the other nodes.
func (s *Service) keyTrail(k harang.APIKey, now time.Time, entry harang.AuditEntry) (Trail, error) {
	event, err := harang.NewEvent(harang.KeyChangedType, s.newID(), k.Tenant, now, harang.KeyChanged{KeyID: k.ID})
	return Trail{Events: []harang.Event{event}, Audit: []harang.AuditEntry{entry}}, err
}

// keySubject is a key as the subject of an action.
func keySubject(k harang.APIKey) harang.AuditSubject {
	return harang.AuditSubject{Kind: harang.AuditKey, ID: k.ID, Name: k.Name}
}

// keyState is what the audit log shows of a key.
func keyState(k harang.APIKey) harang.AuditState {
	state := harang.AuditState{
		"name": k.Name, "scopes": k.Scopes.String(), "expiresAt": nil, "rateLimit": nil,
	}
	if !k.Expires.IsZero() {
		state["expiresAt"] = k.Expires.UTC().Format(harang.TimeFormat)
	}
	if k.RateLimit != 0 {
		state["rateLimit"] = k.RateLimit
	}
	return state
}

// KeyUse is the last use of an API key.
type KeyUse struct {
	Tenant, KeyID string
	At            time.Time
}

// keyUseEvery is the time between two writes of the last use of a key.
const keyUseEvery = time.Minute

// keyUses are the last uses of keys until Run writes them: a call never waits for that.
type keyUses struct {
	mu   sync.Mutex // guards uses
	uses map[string]KeyUse
}

// add notes the use of a key whose stored last use is a minute old. It is called when a key is looked up, at most
// every keyAge while the key is used.
func (u *keyUses) add(k harang.APIKey, now time.Time) {
	if !k.LastUsed.IsZero() && now.Sub(k.LastUsed) < keyUseEvery {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if len(u.uses) < maxCachedKeys {
		u.uses[k.ID] = KeyUse{k.Tenant, k.ID, now}
	}
}

// take removes and returns what was noted, ordered by key.
func (u *keyUses) take() []KeyUse {
	u.mu.Lock()
	defer u.mu.Unlock()
	all := make([]KeyUse, 0, len(u.uses))
	for _, use := range u.uses {
		all = append(all, use)
	}
	clear(u.uses)
	slices.SortFunc(all, func(a, b KeyUse) int { return strings.Compare(a.KeyID, b.KeyID) })
	return all
}

// WriteKeyUses writes the last uses of API keys, each at most once a minute. What cannot be written is lost: the next
// use is noted again.
func (s *Service) WriteKeyUses(ctx context.Context) error {
	uses := s.keyUses.take()
	if len(uses) == 0 {
		return nil
	}
	return s.store.RecordKeyUses(ctx, uses, keyUseEvery)
}
