package auth

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"harang.dev/harang"
)

// Grant is the result of a login or a refresh.
type Grant struct {
	AccessToken string
	// ExpiresIn is the life of the access token.
	ExpiresIn time.Duration
	// Refresh is the refresh cookie's value and RefreshIn its life.
	Refresh   string
	RefreshIn time.Duration
	// Browser is the browser cookie's value after a login, to be kept for BrowserLife; "" after a refresh.
	Browser string
	// Identity is that of the token's user.
	Identity harang.Identity
}

var errCredentials = harang.Errorf(harang.CodeInvalidCredentials, "the e-mail address or the password is wrong")

// MaxSessions is how many sessions a user has at most; one more ends the least recently used one. Without a bound, to
// end all of them at once, for a new password or a disabled user, could take too long.
const MaxSessions = 1000

// LoginRequest is what a login brings.
type LoginRequest struct {
	Email, Password string
	// Address is the caller's IP address, for the limits.
	Address string
	// Browser is the value of the browser cookie, "" for none.
	Browser string
	// Refresh is the refresh cookie that the browser brings, "" for none. The login ends its session.
	Refresh string
	// UserAgent is the header of that name.
	UserAgent string
}

// Login checks a password and creates a session. Codes: INVALID_CREDENTIALS, RATE_LIMITED with RetryAfter,
// INVALID_REQUEST for an address that is too long, UNAVAILABLE.
func (s *Service) Login(ctx context.Context, r LoginRequest) (Grant, error) {
	if len(r.Email) > MaxEmailBytes {
		return Grant{}, harang.Invalid(harang.FieldError{
			Field: "email", Detail: fmt.Sprintf("must have at most %d bytes", MaxEmailBytes),
		})
	}
	ctx = harang.ForCall(ctx, harang.TenantOf(ctx), r.Address)
	email, host := CanonicalEmail(r.Email), hostOf(r.Address)
	from := s.readBrowser(r.Browser)
	mark := s.accountMark(email)
	by, known := requester{network: networkOf(r.Address), host: host}, ""
	if from.knows(mark) {
		by, known = requester{trusted: true, network: "account " + email, host: from.id}, from.id
	}
	attempt, err := s.limits.begin(email, r.Address, known)
	if err != nil {
		s.metrics.logins.WithLabelValues("limited").Inc()
		return Grant{}, err
	}
	c, err := s.findCredentials(ctx, r.Email)
	if err != nil && harang.ErrorCode(err) != harang.CodeNotFound {
		attempt.takeBack()
		return Grant{}, err
	}
	// An unknown user has no hash, which takes the same time and never matches.
	match, outdated, err := s.hasher.matches(ctx, by, r.Password, c.PasswordHash)
	if err != nil {
		attempt.takeBack()
		if harang.ErrorCode(err) == harang.CodeRateLimited {
			s.metrics.logins.WithLabelValues("busy").Inc()
		}
		return Grant{}, err
	}
	if !match || c.Disabled {
		s.metrics.logins.WithLabelValues("refused").Inc()
		s.failed.add(c.User, networkOf(r.Address), s.now())
		return Grant{}, errCredentials
	}
	attempt.takeBack()
	if outdated {
		c.PasswordHash = s.rehash(ctx, c, by, r.Password)
	}
	knownBrowser := from.knows(mark)
	if tenant, id, _, ok := s.readCookie(r.Refresh); ok {
		before, err := s.endSession(ctx, harang.Identity{}, tenant, id, "login")
		if err != nil {
			return Grant{}, err
		}
		knownBrowser = knownBrowser || before == c.ID // version 0.1.0 set no other cookie
	}
	now := s.now()
	session := harang.Session{
		ID: s.newID(), Tenant: c.Tenant, UserID: c.ID, Generation: 1, Rotated: now, Expires: now.Add(s.session),
		Device: deviceOf(r.UserAgent), Network: networkOf(r.Address), Used: now, Confirmed: now,
	}
	session, err = s.createSession(ctx, session, func(u Credentials, session *harang.Session) (Trail, error) {
		switch {
		case !u.SessionsFrom.Equal(c.SessionsFrom): // an administrator's new password, or a disabling
			return Trail{}, errCredentials
		case u.PasswordHash != c.PasswordHash:
			return Trail{}, errPasswordChanged
		}
		session.NewDevice = !knownBrowser && !u.SignedIn.IsZero()
		return s.loginTrail(ctx, u, *session, now)
	})
	if errors.Is(err, errPasswordChanged) {
		return s.Login(ctx, r)
	}
	if harang.ErrorCode(err) == harang.CodeNotFound { // erased during the check
		err = errCredentials
	}
	if err != nil {
		return Grant{}, err
	}
	s.uses.noted.put(session.ID, now)
	s.metrics.logins.WithLabelValues("ok").Inc()
	g, err := s.grant(Subject{User: c.User, TenantName: c.TenantName, Confirmed: now}, session, now)
	g.Browser = s.browserCookie(from.with(mark))
	return g, err
}

// errPasswordChanged means that the password's hash changed while it was checked: the login begins again.
var errPasswordChanged = errors.New("auth: the password changed during the check")

// identityOf is a user as the author of what a login does.
func identityOf(u harang.User) harang.Identity {
	return harang.Identity{Tenant: u.Tenant, UserID: u.ID, Name: u.Name, Role: u.Role}
}

// loginTrail is what a login leaves behind: a row of the audit log, and of a new device a message to the user, if the
// user has another session to receive it in.
func (s *Service) loginTrail(
	ctx context.Context, u Credentials, session harang.Session, now time.Time,
) (Trail, error) {
	state := harang.AuditState{}
	if session.Device != "" {
		state["device"] = session.Device
	}
	if session.NewDevice {
		state["newDevice"] = true
	}
	if len(state) == 0 {
		state = nil
	}
	entry, _ := harang.NewAuditEntry(ctx, identityOf(u.User), now, harang.AuditSessionCreate, subjectOf(u.User), nil,
		state)
	trail := Trail{Audit: []harang.AuditEntry{entry}}
	if !session.NewDevice || !u.SignedInElsewhere {
		return trail, nil
	}
	event, err := harang.NewEvent(harang.NewLoginType, s.newID(), u.Tenant, now,
		harang.NewLogin{UserID: u.ID, SessionID: session.ID, Device: session.Device})
	trail.Events = []harang.Event{event}
	return trail, err
}

// createSession stores a session with the trail that prepare returns unless that returns an error, and ends the user's
// least recently used ones when there are more than MaxSessions. prepare may change the session, which is returned.
func (s *Service) createSession(
	ctx context.Context, session harang.Session, prepare func(u Credentials, session *harang.Session) (Trail, error),
) (harang.Session, error) {
	now := session.Rotated
	var ended []harang.Session
	err := s.store.CreateSession(ctx, session.Tenant, session.UserID, s.maxSessions, func(
		u Credentials, surplus []harang.Session,
	) (harang.Session, Trail, error) {
		session.Created, ended = firstAfter(u.SessionsFrom, now), surplus
		trail, err := prepare(u, &session)
		if err != nil {
			return session, Trail{}, err
		}
		for i := range surplus {
			e, err := s.closeSession(&surplus[i], now)
			if err != nil {
				return session, Trail{}, err
			}
			trail.Events = append(trail.Events, e)
			trail.Audit = append(trail.Audit, endAudit(ctx, identityOf(u.User), surplus[i], now, "limit"))
		}
		return session, trail, nil
	})
	s.recordEnded(ended, err)
	return session, err
}

// firstAfter returns now, or the next millisecond after an instant that the clock has not passed yet: sessions are
// compared by instants, and clocks are set back and differ between nodes.
func firstAfter(instant, now time.Time) time.Time {
	if next := instant.Add(time.Millisecond); now.Before(next) {
		return next
	}
	return now
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// rehash stores the hash of a password in its normal form, and returns the hash that is stored for this password then.
// A failure changes nothing: the next login tries again.
func (s *Service) rehash(ctx context.Context, c Credentials, by requester, password string) string {
	before := c.PasswordHash
	hash, err := s.hasher.hash(ctx, by, password)
	if err != nil {
		return before
	}
	decide := func(c *Credentials, _ []harang.Session, _ CountAdmins) (Trail, error) {
		if c.PasswordHash != before { // changed meanwhile
			return Trail{}, errCredentials
		}
		c.PasswordHash = hash
		return Trail{}, nil
	}
	if s.store.UpdateUser(ctx, c.Tenant, c.ID, decide) != nil {
		return before
	}
	return hash
}

// Refresh exchanges a refresh cookie for the next one and a new access token. The previous cookie yields the newest for
// 30 s; an older one ends the session. Codes: UNAUTHENTICATED, UNAVAILABLE.
func (s *Service) Refresh(ctx context.Context, cookie string) (Grant, error) {
	tenant, id, generation, ok := s.readCookie(cookie)
	if !ok {
		return Grant{}, errNoSession
	}
	var session harang.Session
	var refused bool
	var user string
	now := s.now()
	err := s.store.UpdateSession(ctx, tenant, id, func(stored *harang.Session) (Trail, error) {
		refused, user = false, stored.UserID
		switch {
		case !stored.Live(now):
			return Trail{}, errNoSession
		case generation == stored.Generation:
			stored.Generation++
			stored.Rotated = now
			stored.Expires = earlier(now.Add(s.session), stored.Ends())
		case generation == stored.Generation-1 && now.Sub(stored.Rotated).Abs() <= refreshGrace: // or set back
		default:
			// The cookie was copied: whoever has the newer one got it by refreshing with this one.
			refused = true
			event, err := s.closeSession(stored, now)
			return Trail{
				Events: []harang.Event{event},
				Audit:  []harang.AuditEntry{endAudit(ctx, harang.Identity{}, *stored, now, "cookie_reuse")},
			}, err
		}
		session = *stored
		return Trail{}, nil
	})
	if err != nil {
		return Grant{}, noSession(err)
	}
	if refused {
		s.last.recordEnded(tenant, user, id)
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

var errNoSession = harang.Errorf(harang.CodeUnauthenticated, "the session has ended; log in again")

func noSession(err error) error {
	if harang.ErrorCode(err) == harang.CodeNotFound {
		return errNoSession
	}
	return err
}

// Logout ends the caller's login: the session, or the access token when it has no user. Its connections are closed and
// its access tokens refused on every node. For an API key it does nothing.
func (s *Service) Logout(ctx context.Context, caller harang.Identity) error {
	switch {
	case caller.SessionID == "":
		return nil
	case caller.Role == harang.RoleDisplay:
		return caller.Can(harang.ActionAdminister) // an administrator revokes it
	case caller.UserID == commandSubject(caller.Role):
		return s.endToken(ctx, caller)
	}
	_, err := s.endSession(ctx, caller, caller.Tenant, caller.SessionID, "logout")
	return err
}

func (s *Service) endToken(ctx context.Context, caller harang.Identity) error {
	event, err := harang.NewEvent(harang.LogoutType, s.newID(), caller.Tenant, s.now(),
		harang.Logout{SessionID: caller.SessionID, UserID: caller.UserID})
	if err != nil {
		return err
	}
	entry, _ := harang.NewAuditEntry(ctx, caller, event.Time, harang.AuditSessionEnd,
		harang.AuditSubject{Kind: harang.AuditToken, ID: caller.SessionID, Name: caller.Name}, nil,
		harang.AuditState{"reason": "logout"})
	if err := s.store.EndToken(ctx, caller.Tenant, caller.SessionID, caller.Expires, event, entry); err != nil {
		return err
	}
	s.last.recordEnded(caller.Tenant, caller.UserID, caller.SessionID)
	return nil
}

// LogoutCookie ends the session of a refresh cookie, for callers without an access token. A forged cookie is
// UNAUTHENTICATED; a session that has ended stays as it is.
func (s *Service) LogoutCookie(ctx context.Context, cookie string) error {
	tenant, id, _, ok := s.readCookie(cookie)
	if !ok {
		return errNoSession
	}
	_, err := s.endSession(ctx, harang.Identity{}, tenant, id, "logout")
	return err
}

// endSession ends a session, for a reason that the audit log shows, and returns its user, "" when it is unknown.
// Without a caller the session's user has ended it.
func (s *Service) endSession(
	ctx context.Context, caller harang.Identity, tenant, id, reason string,
) (user string, err error) {
	now := s.now()
	err = s.store.UpdateSession(ctx, tenant, id, func(stored *harang.Session) (Trail, error) {
		user = stored.UserID
		if !stored.Ended.IsZero() {
			return Trail{}, nil
		}
		event, err := s.closeSession(stored, now)
		by := caller
		if by.UserID == "" {
			by.UserID = stored.UserID // the store knows the name
		}
		return Trail{
			Events: []harang.Event{event}, Audit: []harang.AuditEntry{endAudit(ctx, by, *stored, now, reason)},
		}, err
	})
	switch harang.ErrorCode(err) {
	case "":
		s.last.recordEnded(tenant, user, id)
	case harang.CodeNotFound:
		return "", nil
	}
	return user, err
}

// endAudit is the row of the end of a session.
func endAudit(
	ctx context.Context, by harang.Identity, session harang.Session, now time.Time, reason string,
) harang.AuditEntry {
	subject := harang.AuditSubject{Kind: harang.AuditUser, ID: session.UserID}
	if by.UserID == session.UserID {
		subject.Name = by.Name
	}
	entry, _ := harang.NewAuditEntry(ctx, by, now, harang.AuditSessionEnd, subject, nil,
		harang.AuditState{"reason": reason})
	return entry
}

// closeSession marks a session as ended and returns its control event.
func (s *Service) closeSession(session *harang.Session, now time.Time) (harang.Event, error) {
	session.Ended = now
	return harang.NewEvent(harang.LogoutType, s.newID(), session.Tenant, now,
		harang.Logout{SessionID: session.ID, UserID: session.UserID})
}

func (s *Service) grant(u Subject, session harang.Session, now time.Time) (Grant, error) {
	life := min(s.access, session.Ends().Sub(now))
	claims := s.claims(u.Tenant, u.ID, u.Role, session.ID, now, life)
	token, err := s.tokens.sign(claims)
	if err != nil {
		return Grant{}, err
	}
	return Grant{
		AccessToken: token, ExpiresIn: life,
		Refresh: s.cookie(session), RefreshIn: session.Expires.Sub(now),
		Identity: harang.Identity{
			Tenant: u.Tenant, TenantName: u.TenantName, UserID: u.ID, Name: u.Name, Email: u.Email,
			Role: u.Role, SessionID: session.ID, Expires: claims.ExpiresAt.Time,
			Language: u.Language, Confirmed: u.Confirmed, PasswordChangeRequired: mustChangePassword(u),
		},
	}, nil
}

func (s *Service) claims(
	tenant, subject string, role harang.Role, sessionID string, now time.Time, ttl time.Duration,
) *Claims {
	return &Claims{
		Tenant: tenant, Role: role, SessionID: sessionID,
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer: Issuer, Audience: jwt.ClaimStrings{Audience}, Subject: subject, ID: s.newID(),
			IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(ttl)),
		},
	}
}

// cookie is the refresh cookie of a session's newest generation: tenant.session.generation.mac.
func (s *Service) cookie(session harang.Session) string {
	content := session.Tenant + "." + session.ID + "." + strconv.FormatInt(session.Generation, 10)
	return content + "." + base64.RawURLEncoding.EncodeToString(s.mac(content))
}

func (s *Service) mac(content string) []byte {
	m := hmac.New(sha256.New, s.key.cookie)
	m.Write([]byte(content))
	return m.Sum(nil)
}

// NewerCookie returns other when it is of a later generation of the same session, else cookie.
func (s *Service) NewerCookie(cookie, other string) string {
	tenant, id, generation, ok := s.readCookie(cookie)
	otherTenant, otherID, otherGeneration, otherOK := s.readCookie(other)
	if ok && otherOK && tenant == otherTenant && id == otherID && otherGeneration > generation {
		return other
	}
	return cookie
}

func (s *Service) readCookie(cookie string) (tenant, id string, generation int64, ok bool) {
	if len(cookie) > 512 {
		return "", "", 0, false
	}
	end := strings.LastIndexByte(cookie, '.')
	if end < 0 {
		return "", "", 0, false
	}
	content := cookie[:end]
	mac, err := base64.RawURLEncoding.Strict().DecodeString(cookie[end+1:])
	if err != nil || !hmac.Equal(mac, s.mac(content)) {
		return "", "", 0, false
	}
	parts := strings.Split(content, ".")
	if len(parts) != 3 {
		return "", "", 0, false
	}
	generation, err = strconv.ParseInt(parts[2], 10, 64)
	return parts[0], parts[1], generation, err == nil
}
