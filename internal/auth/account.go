package auth

import (
	"context"
	"crypto/rand"
	"time"

	"harang.dev/harang"
)

// NewUser describes a user to create.
type NewUser struct {
	Email    string
	Name     string
	Role     harang.Role
	Password string
	// Temporary means that another person chose the password: a common one is refused, and the user must replace
	// it after the next login. The command line sets lasting ones, for scripts.
	Temporary bool
}

// UserChange describes a change of a user; nil members stay as they are.
type UserChange struct {
	Role     *harang.Role
	Disabled *bool
	Password *string
	// Temporary is that of a new password, as for NewUser.
	Temporary bool
}

// CreateUser creates a user of the caller's tenant. Codes: FORBIDDEN, INVALID_REQUEST, CONFLICT when the address is
// taken, PASSWORD_TOO_COMMON.
func (s *Service) CreateUser(ctx context.Context, caller harang.Identity, n NewUser) (harang.User, error) {
	if err := caller.Can(harang.ActionAdminister); err != nil {
		return harang.User{}, err
	}
	n.Email = CanonicalEmail(n.Email)
	var wrong []harang.FieldError
	check := func(field, detail string) {
		if detail != "" {
			wrong = append(wrong, harang.FieldError{Field: field, Detail: detail})
		}
	}
	check("email", CheckEmail(n.Email))
	check("name", harang.CheckName(n.Name))
	check("password", CheckPassword(n.Password))
	check("role", checkRole(n.Role))
	if len(wrong) > 0 {
		return harang.User{}, harang.Invalid(wrong...)
	}
	if n.Temporary {
		if err := checkUncommon("password", n.Password, caller.Tenant, caller.TenantName, n.Name,
			localPart(n.Email)); err != nil {
			return harang.User{}, err
		}
	}
	switch _, err := s.findCredentials(ctx, n.Email); harang.ErrorCode(err) {
	case harang.CodeNotFound:
	case "":
		return harang.User{}, harang.Errorf(harang.CodeConflict, "another user has this e-mail address")
	default:
		return harang.User{}, err
	}
	hash, err := s.hasher.hash(ctx, signedIn(caller), n.Password)
	if err != nil {
		return harang.User{}, err
	}
	c := Credentials{
		User: harang.User{
			ID: s.newID(), Tenant: caller.Tenant, Name: n.Name, Email: n.Email, Role: n.Role,
			Created: s.now(), PasswordTemporary: n.Temporary,
		},
		PasswordHash: hash,
	}
	entry, _ := harang.NewAuditEntry(ctx, caller, c.Created, harang.AuditUserCreate, subjectOf(c.User), nil,
		harang.AuditState{"email": c.Email, "role": c.Role})
	if err := s.store.CreateUser(ctx, c, entry); err != nil {
		return harang.User{}, err
	}
	return c.User, nil
}

func checkRole(r harang.Role) string {
	if r.Valid() {
		return ""
	}
	return "must be one of OPERATOR, STORE_MANAGER, ADMIN"
}

// UpdateUser changes a user of the caller's tenant. A new password and disabling end all sessions of the user; a
// changed role or state is appended to the control feed. Administrators cannot disable or demote themselves, and
// nobody can disable or demote the tenant's last enabled administrator. Codes: FORBIDDEN, NOT_FOUND, INVALID_REQUEST,
// LAST_ADMIN, PASSWORD_TOO_COMMON.
func (s *Service) UpdateUser(
	ctx context.Context, caller harang.Identity, userID string, change UserChange,
) (harang.User, error) {
	if err := caller.Can(harang.ActionAdminister); err != nil {
		return harang.User{}, err
	}
	var wrong []harang.FieldError
	if change.Role != nil {
		if detail := checkRole(*change.Role); detail != "" {
			wrong = append(wrong, harang.FieldError{Field: "role", Detail: detail})
		} else if userID == caller.UserID && *change.Role != caller.Role {
			wrong = append(wrong, harang.FieldError{Field: "role",
				Detail: "administrators cannot change their own role"})
		}
	}
	if change.Disabled != nil && *change.Disabled && userID == caller.UserID {
		wrong = append(wrong, harang.FieldError{Field: "disabled", Detail: "administrators cannot disable themselves"})
	}
	var hash string
	if change.Password != nil {
		if detail := CheckPassword(*change.Password); detail != "" {
			wrong = append(wrong, harang.FieldError{Field: "password", Detail: detail})
		}
	}
	if len(wrong) > 0 {
		return harang.User{}, harang.Invalid(wrong...)
	}
	if change.Password != nil {
		if err := s.checkTemporary(ctx, caller, userID, change); err != nil {
			return harang.User{}, err
		}
		var err error
		if hash, err = s.hasher.hash(ctx, signedIn(caller), *change.Password); err != nil {
			return harang.User{}, err
		}
	}
	now := s.now()
	var after harang.User
	err := s.store.UpdateUser(ctx, caller.Tenant, userID,
		func(c *Credentials, live []harang.Session, otherAdmins CountAdmins) (Trail, error) {
			before := c.User
			if change.Role != nil {
				c.Role = *change.Role
			}
			if change.Disabled != nil {
				c.Disabled = *change.Disabled
			}
			if hash != "" {
				c.PasswordHash, c.PasswordTemporary = hash, change.Temporary
			}
			after = c.User
			if isEnabledAdmin(before) && !isEnabledAdmin(after) {
				if err := checkNotLast(otherAdmins); err != nil {
					return Trail{}, err
				}
			}
			events, err := s.applyUserChange(before, c, live, hash != "", now)
			return Trail{Events: events, Audit: userAudit(ctx, caller, before, after, hash != "", now)}, err
		})
	if err != nil {
		return harang.User{}, err
	}
	return after, nil
}

// checkTemporary returns PASSWORD_TOO_COMMON for a temporary password that is common or a name.
func (s *Service) checkTemporary(
	ctx context.Context, caller harang.Identity, userID string, change UserChange,
) error {
	if !change.Temporary {
		return nil
	}
	u, err := s.store.FindSubject(ctx, caller.Tenant, userID, "", s.now())
	if err != nil {
		return err
	}
	return checkUncommon("password", *change.Password, u.Tenant, u.TenantName, u.Name, localPart(u.Email))
}

// subjectOf is a user as the subject of an action.
func subjectOf(u harang.User) harang.AuditSubject {
	return harang.AuditSubject{Kind: harang.AuditUser, ID: u.ID, Name: u.Name}
}

// userAudit are the rows of a user's change: one for each of role, state and password.
func userAudit(
	ctx context.Context, caller harang.Identity, before, after harang.User, newPassword bool, now time.Time,
) []harang.AuditEntry {
	var all []harang.AuditEntry
	add := func(action harang.AuditAction, was, is harang.AuditState) {
		if e, ok := harang.NewAuditEntry(ctx, caller, now, action, subjectOf(after), was, is); ok {
			all = append(all, e)
		}
	}
	add(harang.AuditUserRole, harang.AuditState{"role": before.Role}, harang.AuditState{"role": after.Role})
	if before.Disabled != after.Disabled {
		action := harang.AuditUserEnable
		if after.Disabled {
			action = harang.AuditUserDisable
		}
		add(action, nil, nil)
	}
	if newPassword {
		add(harang.AuditUserPassword, nil, nil)
	}
	return all
}

func isEnabledAdmin(u harang.User) bool { return u.Role == harang.RoleAdmin && !u.Disabled }

// checkNotLast returns LAST_ADMIN when there is no other enabled administrator.
func checkNotLast(otherAdmins CountAdmins) error {
	others, err := otherAdmins()
	if err == nil && others == 0 {
		err = harang.Errorf(harang.CodeLastAdmin,
			"this is the last enabled administrator: add or enable another one first")
	}
	return err
}

// applyUserChange returns the control events of a user's change, and ends the user's sessions when the user has a new
// password or is disabled.
func (s *Service) applyUserChange(
	before harang.User, c *Credentials, live []harang.Session, newPassword bool, now time.Time,
) ([]harang.Event, error) {
	var events []harang.Event
	if c.Role != before.Role || c.Disabled != before.Disabled {
		e, err := harang.NewEvent(harang.UserChangedType, s.newID(), c.Tenant, now,
			harang.UserChanged{UserID: c.ID, Role: c.Role, Disabled: c.Disabled})
		if err != nil {
			return nil, err
		}
		events = append(events, e)
	}
	if !newPassword && (!c.Disabled || before.Disabled) {
		return events, nil
	}
	c.SessionsFrom = firstAfter(c.SessionsFrom, now)
	for _, session := range live {
		if session.Created.After(c.SessionsFrom) { // by a clock that was ahead
			c.SessionsFrom = session.Created
		}
		e, err := harang.NewEvent(harang.LogoutType, s.newID(), c.Tenant, now,
			harang.Logout{SessionID: session.ID, UserID: c.ID})
		if err != nil {
			return nil, err
		}
		events = append(events, e)
	}
	return events, nil
}

// FindUsers lists the users of the caller's tenant after afterEmail, ordered by e-mail address.
func (s *Service) FindUsers(
	ctx context.Context, caller harang.Identity, afterEmail string, limit int,
) ([]harang.User, error) {
	if err := caller.Can(harang.ActionAdminister); err != nil {
		return nil, err
	}
	return s.store.FindUsers(ctx, caller.Tenant, afterEmail, limit)
}

// FindUserByEmail finds a user of any tenant, for commands. Code: NOT_FOUND.
func (s *Service) FindUserByEmail(ctx context.Context, email string) (harang.User, error) {
	c, err := s.findCredentials(ctx, email)
	return c.User, err
}

// findCredentials finds a user of any tenant by an address in whatever way it is written. It always looks all ways up,
// so that its time does not depend on the user.
func (s *Service) findCredentials(ctx context.Context, email string) (found Credentials, err error) {
	missing := true
	for _, form := range storedForms(email) {
		c, err := s.store.FindCredentials(ctx, form)
		switch code := harang.ErrorCode(err); {
		case code == "" && missing:
			found, missing = c, false
		case code != "" && code != harang.CodeNotFound:
			return Credentials{}, err
		}
	}
	if missing {
		return found, harang.Errorf(harang.CodeNotFound, "no user has this e-mail address")
	}
	return found, nil
}

// signedIn is a caller with a credential in the queue for password hashes.
func signedIn(caller harang.Identity) requester {
	name := caller.Tenant + " " + caller.UserID
	return requester{trusted: true, network: name, host: name}
}

// RandomPassword returns a password of 20 letters and digits that are hard to confuse (115 bits).
func RandomPassword() string {
	const letters = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
	b := make([]byte, 20)
	for i := range b {
		for {
			var r [1]byte
			_, _ = rand.Read(r[:]) // never fails
			if int(r[0]) < 256/len(letters)*len(letters) {
				b[i] = letters[int(r[0])%len(letters)]
				break
			}
		}
	}
	return string(b)
}
