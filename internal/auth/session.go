package auth

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/mail"
	"strconv"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"harang.dev/harang"
)

// Grant is what a login or a refresh gives.
type Grant struct {
	AccessToken string
	// ExpiresIn is the life of the access token.
	ExpiresIn time.Duration
	// Refresh is the refresh cookie's value and RefreshIn its life.
	Refresh   string
	RefreshIn time.Duration
	// Identity is whom the token names.
	Identity harang.Identity
}

var errCredentials = harang.Errorf(harang.CodeInvalidCredentials, "the e-mail address or the password is wrong")

// Login checks a password and begins a session. address is where the caller
// comes from (host, without port), for the limits. Codes: INVALID_CREDENTIALS,
// RATE_LIMITED with RetryAfter, UNAVAILABLE.
func (s *Service) Login(ctx context.Context, email, password, address string) (Grant, error) {
	email = NormalEmail(email)
	attempt, err := s.limits.begin(email, address)
	if err != nil {
		s.metrics.logins.WithLabelValues("limited").Inc()
		return Grant{}, err
	}
	// The session counts as begun before its password was read: a new password,
	// or a disabling, that comes while this one is checked ends it too.
	began := s.clock().UTC().Truncate(time.Millisecond)
	c, err := s.store.FindCredentials(ctx, email)
	if err != nil && harang.ErrorCode(err) != harang.CodeNotFound {
		attempt.forget()
		return Grant{}, err
	}
	// An unknown user has no hash, which costs the same and never matches.
	match, err := s.hasher.matches(ctx, password, c.PasswordHash)
	if err != nil {
		attempt.forget()
		return Grant{}, err
	}
	if !match || c.Disabled {
		s.metrics.logins.WithLabelValues("refused").Inc()
		return Grant{}, errCredentials
	}
	attempt.forget()
	now := s.clock().UTC().Truncate(time.Millisecond)
	session := harang.Session{
		ID: s.newID(), Tenant: c.Tenant, UserID: c.ID, Generation: 1,
		Rotated: now, Created: began, Expires: now.Add(s.session),
	}
	if err := s.store.CreateSession(ctx, session); err != nil {
		return Grant{}, err
	}
	s.metrics.logins.WithLabelValues("ok").Inc()
	return s.grant(harang.Subject{User: c.User, TenantName: c.TenantName}, session, now)
}

// Refresh takes a refresh cookie and gives the next one with a new access
// token. The cookie before the newest yields the newest for 30 s; an older one
// ends the session. Codes: UNAUTHENTICATED, UNAVAILABLE.
func (s *Service) Refresh(ctx context.Context, cookie string) (Grant, error) {
	tenant, id, generation, ok := s.readCookie(cookie)
	if !ok {
		return Grant{}, errNoSession
	}
	var session harang.Session
	var refused bool
	var user string
	now := s.clock().UTC().Truncate(time.Millisecond)
	err := s.store.UpdateSession(ctx, tenant, id, func(kept *harang.Session) ([]harang.Event, error) {
		refused, user = false, kept.UserID
		switch {
		case !kept.Live(now):
			return nil, errNoSession
		case generation == kept.Generation:
			kept.Generation++
			kept.Rotated = now
			kept.Expires = now.Add(s.session)
		case generation == kept.Generation-1 && now.Sub(kept.Rotated) <= refreshGrace:
		default:
			// Two hold a cookie that only one can have been given.
			refused = true
			event, err := s.end(kept, now)
			return []harang.Event{event}, err
		}
		session = *kept
		return nil, nil
	})
	if err != nil {
		return Grant{}, noSession(err)
	}
	if refused {
		s.judged.end(tenant, user, id)
		s.metrics.reuses.Inc()
		return Grant{}, errNoSession
	}
	u, err := s.store.FindSubject(ctx, session.Tenant, session.UserID, session.ID, now)
	if err != nil {
		return Grant{}, noSession(err)
	}
	if u.Disabled || !u.SessionLive {
		return Grant{}, errNoSession
	}
	return s.grant(u, session, now)
}

var errNoSession = harang.Errorf(harang.CodeUnauthenticated, "the session is over: log in again")

func noSession(err error) error {
	if harang.ErrorCode(err) == harang.CodeNotFound {
		return errNoSession
	}
	return err
}

// Logout ends the login of an identity: a session, or the one access token of
// somebody without a user. Its connections are closed and its access tokens
// refused on every node. An API key has nothing to end.
func (s *Service) Logout(ctx context.Context, id harang.Identity) error {
	switch {
	case id.SessionID == "":
		return nil
	case id.UserID == commandSubject(id.Role):
		return s.endToken(ctx, id)
	}
	return s.endSession(ctx, id.Tenant, id.SessionID)
}

func (s *Service) endToken(ctx context.Context, id harang.Identity) error {
	told, err := harang.NewEvent(harang.LogoutType, s.newID(), id.Tenant, s.clock().UTC().Truncate(time.Millisecond),
		harang.Logout{SessionID: id.SessionID, UserID: id.UserID})
	if err != nil {
		return err
	}
	if err := s.store.EndToken(ctx, id.Tenant, id.SessionID, id.Expires, told); err != nil {
		return err
	}
	s.judged.end(id.Tenant, id.UserID, id.SessionID)
	return nil
}

// LogoutCookie ends the session that a refresh cookie belongs to, so that who
// holds only the cookie can log out too. A cookie that is not ours is
// UNAUTHENTICATED; one whose session is over already changes nothing.
func (s *Service) LogoutCookie(ctx context.Context, cookie string) error {
	tenant, id, _, ok := s.readCookie(cookie)
	if !ok {
		return errNoSession
	}
	return s.endSession(ctx, tenant, id)
}

func (s *Service) endSession(ctx context.Context, tenant, id string) error {
	now := s.clock().UTC().Truncate(time.Millisecond)
	var user string
	err := s.store.UpdateSession(ctx, tenant, id, func(kept *harang.Session) ([]harang.Event, error) {
		user = kept.UserID
		if !kept.Ended.IsZero() {
			return nil, nil
		}
		event, err := s.end(kept, now)
		return []harang.Event{event}, err
	})
	switch harang.ErrorCode(err) {
	case "":
		s.judged.end(tenant, user, id)
	case harang.CodeNotFound:
		return nil
	}
	return err
}

// end marks a session as over and returns the control event that tells it.
func (s *Service) end(kept *harang.Session, now time.Time) (harang.Event, error) {
	kept.Ended = now
	return harang.NewEvent(harang.LogoutType, s.newID(), kept.Tenant, now,
		harang.Logout{SessionID: kept.ID, UserID: kept.UserID})
}

func (s *Service) grant(u harang.Subject, session harang.Session, now time.Time) (Grant, error) {
	claims := s.claims(u.Tenant, u.ID, u.Role, session.ID, now, s.access)
	token, err := s.tokens.sign(claims)
	if err != nil {
		return Grant{}, err
	}
	return Grant{
		AccessToken: token, ExpiresIn: s.access,
		Refresh: s.cookie(session), RefreshIn: session.Expires.Sub(now),
		Identity: harang.Identity{
			Tenant: u.Tenant, TenantName: u.TenantName, UserID: u.ID, Name: u.Name, Email: u.Email,
			Role: u.Role, SessionID: session.ID, Expires: claims.ExpiresAt.Time,
		},
	}, nil
}

func (s *Service) claims(tenant, subject string, role harang.Role, sessionID string, now time.Time, ttl time.Duration) *Claims {
	return &Claims{
		Tenant: tenant, Role: role, SessionID: sessionID,
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer: Issuer, Subject: subject, ID: s.newID(),
			IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(ttl)),
		},
	}
}

// cookie is the refresh cookie of a session's newest generation:
// tenant.session.generation.mac. The mac is what nobody else can make.
func (s *Service) cookie(session harang.Session) string {
	said := session.Tenant + "." + session.ID + "." + strconv.FormatInt(session.Generation, 10)
	return said + "." + base64.RawURLEncoding.EncodeToString(s.mac(said))
}

func (s *Service) mac(said string) []byte {
	m := hmac.New(sha256.New, s.key.cookie)
	m.Write([]byte(said))
	return m.Sum(nil)
}

func (s *Service) readCookie(cookie string) (tenant, id string, generation int64, ok bool) {
	if len(cookie) > 512 {
		return "", "", 0, false
	}
	end := strings.LastIndexByte(cookie, '.')
	if end < 0 {
		return "", "", 0, false
	}
	said := cookie[:end]
	mac, err := base64.RawURLEncoding.Strict().DecodeString(cookie[end+1:])
	if err != nil || !hmac.Equal(mac, s.mac(said)) {
		return "", "", 0, false
	}
	parts := strings.Split(said, ".")
	if len(parts) != 3 {
		return "", "", 0, false
	}
	generation, err = strconv.ParseInt(parts[2], 10, 64)
	return parts[0], parts[1], generation, err == nil
}

// NormalEmail is the form in which an address is kept and looked up: without
// blanks around it, in lower case.
func NormalEmail(email string) string { return strings.ToLower(strings.TrimSpace(email)) }

// CheckEmail returns what is wrong with a new user's address, "" when it is a
// bare address of at most 254 bytes.
func CheckEmail(email string) string {
	parsed, err := mail.ParseAddress(email)
	if err != nil || parsed.Address != email || parsed.Name != "" || len(email) > 254 {
		return "must be an e-mail address like name@example.com"
	}
	return ""
}
