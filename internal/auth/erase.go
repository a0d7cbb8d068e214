package auth

import (
	"context"

	"harang.dev/harang"
)

// ErasedEmail is what replaces the e-mail address of an erased user: unique, and nobody's.
func ErasedEmail(userID string) string { return userID + "@erased.invalid" }

// EraseUser erases a user of the caller's tenant for good, and returns the erasing: the name is replaced, the e-mail
// address is free again, nobody can sign in as the user any more, and open connections end. API keys that the user
// made stay. One that was erased before stays as it is. Administrators cannot erase themselves, and nobody can erase
// the tenant's last enabled administrator. Codes: FORBIDDEN, NOT_FOUND, CONFLICT, LAST_ADMIN.
func (s *Service) EraseUser(ctx context.Context, caller harang.Identity, userID string) (harang.Erasure, error) {
	if err := caller.Can(harang.ActionAdminister); err != nil {
		return harang.Erasure{}, err
	}
	if userID == caller.UserID {
		return harang.Erasure{}, harang.Errorf(harang.CodeConflict,
			"administrators cannot erase themselves; ask another administrator")
	}
	return s.store.EraseUser(ctx, caller.Tenant, userID,
		func(u harang.User, otherAdmins CountAdmins) (harang.Erasure, Trail, error) {
			if isEnabledAdmin(u) {
				if err := checkNotLast(otherAdmins); err != nil {
					return harang.Erasure{}, Trail{}, err
				}
			}
			now := s.now()
			e := harang.Erasure{Tenant: caller.Tenant, Kind: harang.AuditUser, ID: userID, At: now, Due: now}
			changed, err := harang.NewEvent(harang.UserChangedType, s.newID(), caller.Tenant, now,
				harang.UserChanged{UserID: userID, Role: u.Role, Disabled: true})
			if err != nil {
				return e, Trail{}, err
			}
			entry, _ := harang.NewAuditEntry(ctx, caller, now, harang.AuditUserErase, e.Subject(), nil, nil)
			return e, Trail{Events: []harang.Event{changed}, Audit: []harang.AuditEntry{entry}}, nil
		})
}
