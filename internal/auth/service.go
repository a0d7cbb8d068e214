package auth

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/golang-jwt/jwt/v5"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/time/rate"

	"harang.dev/harang"
)

// Options tune a Service. The zero value is right for production.
type Options struct {
	// AccessTTL is the life of an access token. Zero means 10 minutes.
	AccessTTL time.Duration
	// SessionTTL is how long a session lives without being refreshed. Zero
	// means 14 days.
	SessionTTL time.Duration
	// HashParams are the costs of new password hashes. Zero means
	// DefaultHashParams.
	HashParams argon2id.Params
	// Clock is this node's clock. Nil means time.Now.
	Clock func() time.Time
	// NewID makes ids of sessions, users and events. Required.
	NewID func() string
	// Registry gets the metrics. Nil means no metrics.
	Registry prometheus.Registerer
}

// refreshGrace is how long the previous cookie stays good.
const refreshGrace = 30 * time.Second

// Service authenticates callers. See the package's documentation.
type Service struct {
	store  UserStore
	key    *Key
	tokens *tokens
	hasher *hasher
	limits *limiter
	keys   *lru[[32]byte, cachedKey]
	// keyChanges counts the changes of keys that this node knows of: an earlier look-up is not used any more.
	keyChanges atomic.Uint64
	rates      *lru[string, *rate.Limiter] // by the id of the key
	keyUses    keyUses
	last       *outcomes
	failed     *failedLogins
	uses       *sessionUses
	metrics    *metrics
	clock      func() time.Time
	newID      func() string
	access     time.Duration
	session    time.Duration
	// maxSessions is MaxSessions, less in tests.
	maxSessions int
}

// New returns a Service that signs with key.
func New(store UserStore, key *Key, o Options) (*Service, error) {
	if o.NewID == nil {
		return nil, errors.New("auth: Options.NewID is required")
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.AccessTTL == 0 {
		o.AccessTTL = 10 * time.Minute
	}
	if o.SessionTTL == 0 {
		o.SessionTTL = 14 * 24 * time.Hour
	}
	if o.HashParams == (argon2id.Params{}) {
		o.HashParams = DefaultHashParams
	}
	h, err := newHasher(o.HashParams)
	if err != nil {
		return nil, err
	}
	return &Service{
		store: store, key: key, tokens: newTokens(key, o.Clock), hasher: h,
		limits: newLimiter(o.Clock), keys: newLRU[[32]byte, cachedKey](maxCachedKeys), last: newOutcomes(),
		failed: newFailedLogins(), uses: newSessionUses(),
		rates: newLRU[string, *rate.Limiter](maxCachedKeys), keyUses: keyUses{uses: map[string]KeyUse{}},
		metrics: newMetrics(o.Registry),
		clock:   o.Clock, newID: o.NewID, access: o.AccessTTL, session: o.SessionTTL,
		maxSessions: MaxSessions,
	}, nil
}

// now is the clock's time as the database stores it.
func (s *Service) now() time.Time { return s.clock().UTC().Truncate(time.Millisecond) }

// Authenticate verifies an access token and reads the present state of its user. Codes: UNAUTHENTICATED (not signed
// by this key, unknown or disabled user, ended session), TOKEN_EXPIRED, UNAVAILABLE. The role is the user's present
// one, which may differ from the token's; only a token without a user ("cli:<role>") carries its own. The error of a
// disabled user is ErrDisabled too.
//
// While the database is unavailable, the last outcome counts for a minute and the unexpired token after that, unless
// this node
// has refused the login before. Such an identity is Unverified.
func (s *Service) Authenticate(ctx context.Context, token string) (harang.Identity, error) {
	c, err := s.tokens.verify(token)
	if err != nil {
		return harang.Identity{}, err
	}
	now := s.clock()
	caller, err := s.authorize(ctx, c, now)
	switch harang.ErrorCode(err) {
	case "":
		s.last.recordAccepted(c, caller, now)
		return caller, nil
	case harang.CodeUnauthenticated:
		s.last.recordRefused(c, err)
		return harang.Identity{}, err
	case harang.CodeUnavailable:
		if ctx.Err() != nil {
			return harang.Identity{}, err // the caller is gone
		}
		caller, err := s.last.trustToken(c, now)
		if err != nil {
			return harang.Identity{}, err
		}
		s.metrics.trusted.Inc()
		return caller, nil
	}
	return harang.Identity{}, err
}

// authorize reads the present state of a verified token's user, or of the token when it has none.
func (s *Service) authorize(ctx context.Context, c *Claims, now time.Time) (harang.Identity, error) {
	if c.Subject == commandSubject(c.Role) {
		tenant, ended, err := s.store.FindTenantOfToken(ctx, c.Tenant, c.ID)
		switch {
		case err != nil:
			return harang.Identity{}, unknownIsUnauthenticated(err)
		case ended:
			return harang.Identity{}, errNoToken
		}
		return harang.Identity{
			Tenant: tenant.ID, TenantName: tenant.Name, UserID: c.Subject, Name: c.Subject,
			Role: c.Role, SessionID: c.login(), Expires: c.ExpiresAt.Time,
		}, nil
	}
	if c.SessionID == "" {
		return harang.Identity{}, errNoToken // no logout could end it
	}
	if id, ok := harang.DisplayID(c.Subject); ok {
		return s.authorizeDisplay(ctx, c, id)
	}
	u, err := s.store.FindSubject(ctx, c.Tenant, c.Subject, c.SessionID, now)
	if err != nil {
		return harang.Identity{}, unknownIsUnauthenticated(err)
	}
	switch {
	case u.Disabled:
		return harang.Identity{}, harang.Wrap(harang.CodeUnauthenticated, ErrDisabled, errNoToken.Message)
	case !u.SessionLive:
		return harang.Identity{}, errNoToken
	}
	return harang.Identity{
		Tenant: u.Tenant, TenantName: u.TenantName, UserID: u.ID, Name: u.Name, Email: u.Email,
		Role: u.Role, SessionID: c.SessionID, Expires: c.ExpiresAt.Time,
		Language: u.Language, Confirmed: u.Confirmed, PasswordChangeRequired: mustChangePassword(u),
	}, nil
}

// mustChangePassword reports whether the user of a login has a password that another person chose. A token of the
// command line is no login: no password was used.
func mustChangePassword(u Subject) bool { return u.PasswordTemporary && !u.Confirmed.IsZero() }

// Recheck reads the present state of the login that Authenticate accepted for a caller, for answers that take long. The
// access token may have expired since. Codes: UNAUTHENTICATED (disabled user, ended login), UNAVAILABLE. It does not
// know API keys.
func (s *Service) Recheck(ctx context.Context, caller harang.Identity) (harang.Identity, error) {
	return s.authorize(ctx, &Claims{
		Tenant: caller.Tenant, Role: caller.Role, SessionID: caller.SessionID,
		RegisteredClaims: jwt.RegisteredClaims{
			Subject: caller.UserID, ID: caller.SessionID, ExpiresAt: jwt.NewNumericDate(caller.Expires),
		},
	}, s.clock())
}

// ErrDisabled is wrapped in the UNAUTHENTICATED of a disabled user's token, for the gateway's goodbye. The answer to
// the caller does not show it.
var ErrDisabled = errors.New("auth: the user is disabled")

// CommandPrefix begins the subject of a token without a user, which the command line made; the role follows.
const CommandPrefix = "cli:"

func commandSubject(r harang.Role) string { return CommandPrefix + string(r) }

func unknownIsUnauthenticated(err error) error {
	if harang.ErrorCode(err) == harang.CodeNotFound {
		return harang.Wrap(harang.CodeUnauthenticated, err, errNoToken.Message)
	}
	return err
}

// IssueToken makes an access token without a login, for commands. Without a user its subject is "cli:<role>", and the
// token carries the role. With one, the user must exist, be enabled and have that role, else NOT_FOUND, FORBIDDEN or
// INVALID_REQUEST; the token then has a session of the same life, which cannot be refreshed and ends as those of logins
// do.
func (s *Service) IssueToken(
	ctx context.Context, tenant string, role harang.Role, userID string, ttl time.Duration,
) (string, error) {
	if !role.Valid() {
		return "", harang.Invalid(harang.FieldError{Field: "role",
			Detail: "must be one of OPERATOR, STORE_MANAGER, ADMIN"})
	}
	if ttl > MaxTokenLife {
		return "", harang.Invalid(harang.FieldError{Field: "ttl", Detail: "must be at most 24h"})
	}
	if _, err := s.store.FindTenant(ctx, tenant); err != nil {
		return "", err
	}
	now := s.now()
	command := harang.Identity{
		Tenant: tenant, UserID: commandSubject(harang.RoleAdmin), Name: "harang", Role: harang.RoleAdmin,
	}
	issued := harang.AuditState{"role": role, "ttl": ttl.String()}
	if userID == "" {
		c := s.claims(tenant, commandSubject(role), role, "", now, ttl)
		entry, _ := harang.NewAuditEntry(ctx, command, now, harang.AuditTokenCreate,
			harang.AuditSubject{Kind: harang.AuditToken, ID: c.ID, Name: c.Subject}, nil, issued)
		if err := s.store.CreateAudit(ctx, tenant, entry); err != nil {
			return "", err
		}
		return s.tokens.sign(c)
	}
	u, err := s.store.FindSubject(ctx, tenant, userID, "", now)
	switch {
	case err != nil:
		return "", err
	case u.Role != role:
		return "", harang.Invalid(harang.FieldError{Field: "role",
			Detail: "must be the user's role, " + string(u.Role)})
	}
	session := harang.Session{
		ID: s.newID(), Tenant: tenant, UserID: u.ID, Rotated: now, Expires: now.Add(ttl), Device: commandDevice,
	}
	entry, _ := harang.NewAuditEntry(ctx, command, now, harang.AuditTokenCreate, subjectOf(u.User), nil, issued)
	if _, err := s.createSession(ctx, session, func(u Credentials, _ *harang.Session) (Trail, error) {
		if u.Disabled {
			return Trail{}, harang.Errorf(harang.CodeForbidden, "the user %s is disabled", userID)
		}
		return Trail{Audit: []harang.AuditEntry{entry}}, nil
	}); err != nil {
		return "", err
	}
	return s.tokens.sign(s.claims(tenant, u.ID, role, session.ID, now, ttl))
}
