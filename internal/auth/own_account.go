package auth

import (
	"context"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"harang.dev/harang"
)

// AccountChange describes what a user changes of the own account; nil members stay as they are.
type AccountChange struct {
	Name     *string
	Language *string
}

// ChangeAccount changes the caller's own name or language, and returns the caller as it is then. Codes: FORBIDDEN for
// callers without an account, INVALID_REQUEST.
func (s *Service) ChangeAccount(
	ctx context.Context, caller harang.Identity, change AccountChange,
) (harang.Identity, error) {
	if err := ownAccount(caller, harang.ActionManageOwnAccount); err != nil {
		return harang.Identity{}, err
	}
	var wrong []harang.FieldError
	if change.Name != nil {
		if detail := harang.CheckName(*change.Name); detail != "" {
			wrong = append(wrong, harang.FieldError{Field: "name", Detail: detail})
		}
	}
	if l := change.Language; l != nil && *l != harang.LanguageHungarian && *l != harang.LanguageEnglish {
		wrong = append(wrong, harang.FieldError{Field: "language", Detail: "must be one of hu, en"})
	}
	if len(wrong) > 0 {
		return harang.Identity{}, harang.Invalid(wrong...)
	}
	now := s.now()
	var after harang.User
	err := s.store.UpdateUser(ctx, caller.Tenant, caller.UserID,
		func(c *Credentials, _ []harang.Session, _ CountAdmins) (Trail, error) {
			before := c.User
			if change.Name != nil {
				c.Name = *change.Name
			}
			if change.Language != nil {
				c.Language = *change.Language
			}
			after = c.User
			entry, changed := harang.NewAuditEntry(ctx, caller, now, harang.AuditUserUpdate, subjectOf(after),
				accountState(before), accountState(after))
			if !changed {
				return Trail{}, nil
			}
			return Trail{Audit: []harang.AuditEntry{entry}}, nil
		})
	if err != nil {
		return harang.Identity{}, err
	}
	caller.Name, caller.Language = after.Name, after.Language
	return caller, nil
}

func accountState(u harang.User) harang.AuditState {
	return harang.AuditState{"name": u.Name, "language": u.Language}
}

// ownAccount returns FORBIDDEN for callers that are no user: API keys and tokens without one.
func ownAccount(caller harang.Identity, action harang.Action) error {
	if err := caller.Can(action); err != nil {
		return err
	}
	if strings.HasPrefix(caller.UserID, CommandPrefix) {
		return harang.Errorf(harang.CodeForbidden, "a token of the command line without a user has no account")
	}
	return nil
}

// ChangePassword replaces the caller's own password and ends all other sessions of the user. It is a proof of the
// password, too. Codes: FORBIDDEN for callers without an account, PASSWORD_WRONG when present is not the present
// password, INVALID_REQUEST, PASSWORD_TOO_COMMON, RATE_LIMITED as at a login.
func (s *Service) ChangePassword(ctx context.Context, caller harang.Identity, present, password string) error {
	if err := ownAccount(caller, harang.ActionChangeOwnPassword); err != nil {
		return err
	}
	if detail := CheckPassword(password); detail != "" {
		return harang.Invalid(harang.FieldError{Field: "newPassword", Detail: detail})
	}
	if err := checkUncommon("newPassword", password, namesOf(caller)...); err != nil {
		return err
	}
	known, err := s.provePassword(ctx, caller, passwordProof{field: "currentPassword", password: present})
	if err != nil {
		return err
	}
	if norm.NFC.String(password) == norm.NFC.String(present) {
		return harang.Invalid(harang.FieldError{Field: "newPassword", Detail: "must differ from the present one"})
	}
	hash, err := s.hasher.hash(ctx, signedIn(caller), password)
	if err != nil {
		return err
	}
	now := s.now()
	var ended []harang.Session
	err = s.store.UpdateUser(ctx, caller.Tenant, caller.UserID,
		func(c *Credentials, live []harang.Session, _ CountAdmins) (Trail, error) {
			if c.PasswordHash != known.PasswordHash { // another change was first
				return Trail{}, wrongPassword("currentPassword")
			}
			c.PasswordHash, c.PasswordTemporary = hash, false
			var trail Trail
			var err error
			if ended, trail, err = s.endOthers(caller, live, now); err != nil {
				return Trail{}, err
			}
			entry, _ := harang.NewAuditEntry(ctx, caller, now, harang.AuditUserPassword, subjectOf(c.User), nil,
				harang.AuditState{"endedSessions": len(ended)})
			trail.Audit, trail.ConfirmedSession = append(trail.Audit, entry), caller.SessionID
			return trail, nil
		})
	s.recordEnded(ended, err)
	return err
}

// endOthers returns the caller's live sessions but the present one, and the trail that ends them. UNAUTHENTICATED when
// the present one has ended meanwhile.
func (s *Service) endOthers(
	caller harang.Identity, live []harang.Session, now time.Time,
) (ended []harang.Session, trail Trail, err error) {
	present := false
	for _, session := range live {
		if session.ID == caller.SessionID {
			present = true
			continue
		}
		event, err := s.closeSession(&session, now)
		if err != nil {
			return nil, Trail{}, err
		}
		ended = append(ended, session)
		trail.Events, trail.EndedSessions = append(trail.Events, event), append(trail.EndedSessions, session.ID)
	}
	if !present {
		return nil, Trail{}, errNoSession
	}
	return ended, trail, nil
}

// recordEnded records the ends of sessions that were stored without an error.
func (s *Service) recordEnded(ended []harang.Session, err error) {
	if err != nil {
		return
	}
	for _, session := range ended {
		s.last.recordEnded(session.Tenant, session.UserID, session.ID)
	}
}

// passwordProof is a password that a signed-in user has entered again.
type passwordProof struct {
	// field is the name of the field, for the error.
	field, password string
	// browser is the value of the browser cookie, "" for none.
	browser string
}

func wrongPassword(field string) error {
	return &harang.Error{
		Code: harang.CodePasswordWrong, Message: "this is not your present password",
		Fields: []harang.FieldError{{Field: field, Detail: "is not your present password"}},
	}
}

// provePassword checks the caller's own password, and counts a wrong one as a failed login. Codes: PASSWORD_WRONG,
// RATE_LIMITED, UNAVAILABLE.
func (s *Service) provePassword(
	ctx context.Context, caller harang.Identity, proof passwordProof,
) (Credentials, error) {
	if err := caller.CheckVerified(); err != nil {
		return Credentials{}, err
	}
	email, address := CanonicalEmail(caller.Email), harang.AddressOf(ctx)
	known := ""
	if from := s.readBrowser(proof.browser); from.knows(s.accountMark(email)) {
		known = from.id
	}
	attempt, err := s.limits.begin(email, address, known)
	if err != nil {
		return Credentials{}, err
	}
	c, err := s.findCredentials(ctx, caller.Email)
	if err != nil {
		attempt.takeBack()
		return Credentials{}, err
	}
	match, _, err := s.hasher.matches(ctx, signedIn(caller), proof.password, c.PasswordHash)
	switch {
	case err != nil:
		attempt.takeBack()
		return Credentials{}, err
	case !match || c.ID != caller.UserID:
		s.failed.add(c.User, networkOf(address), s.now())
		return Credentials{}, wrongPassword(proof.field)
	}
	attempt.takeBack()
	return c, nil
}

// Reauthentication is the proof that the caller is still the user.
type Reauthentication struct {
	Password string
	// Code is that of a second factor, which no user has yet.
	Code string
	// Browser is the value of the browser cookie, "" for none.
	Browser string
}

// Reauthenticate records a proof of the password in the caller's session, where it counts for
// harang.ConfirmationLife on every node. Codes: FORBIDDEN for callers without an account, INVALID_REQUEST,
// PASSWORD_WRONG, RATE_LIMITED as at a login, UNAUTHENTICATED when the session has ended meanwhile.
func (s *Service) Reauthenticate(ctx context.Context, caller harang.Identity, proof Reauthentication) error {
	if err := ownAccount(caller, harang.ActionManageOwnAccount); err != nil {
		return err
	}
	switch {
	case proof.Password == "" && proof.Code != "":
		return harang.Invalid(harang.FieldError{Field: "code",
			Detail: "the account has no second factor; send the password"})
	case proof.Password == "":
		return harang.Invalid(harang.FieldError{Field: "password", Detail: "is required"})
	}
	if _, err := s.provePassword(ctx, caller, passwordProof{"password", proof.Password, proof.Browser}); err != nil {
		return err
	}
	now := s.now()
	err := s.store.UpdateSession(ctx, caller.Tenant, caller.SessionID, func(stored *harang.Session) (Trail, error) {
		if !stored.Live(now) {
			return Trail{}, errNoSession
		}
		stored.Confirmed = now
		entry, _ := harang.NewAuditEntry(ctx, caller, now, harang.AuditSessionConfirm,
			harang.AuditSubject{Kind: harang.AuditUser, ID: caller.UserID, Name: caller.Name}, nil, nil)
		return Trail{Audit: []harang.AuditEntry{entry}}, nil
	})
	return noSession(err)
}
