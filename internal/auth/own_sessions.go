package auth

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"harang.dev/harang"
)

// FindOwnSessions returns the caller's sessions, the present one first, then the last used. Codes: FORBIDDEN for
// callers without an account, UNAVAILABLE.
func (s *Service) FindOwnSessions(ctx context.Context, caller harang.Identity) ([]harang.Session, error) {
	if err := ownAccount(caller, harang.ActionManageOwnAccount); err != nil {
		return nil, err
	}
	now := s.now()
	all, err := s.store.FindSessions(ctx, caller.Tenant, caller.UserID, now)
	if err != nil {
		return nil, err
	}
	for i := range all {
		if all[i].Used.IsZero() { // of a node of an older version: its last refresh
			all[i].Used = all[i].Rotated
		}
		all[i].NewDevice = all[i].NewDevice && now.Sub(all[i].Created) < harang.NewDeviceAge
	}
	slices.SortFunc(all, func(a, b harang.Session) int {
		switch {
		case a.ID == b.ID:
			return 0
		case a.ID == caller.SessionID:
			return -1
		case b.ID == caller.SessionID:
			return 1
		}
		return cmp.Or(b.Used.Compare(a.Used), strings.Compare(a.ID, b.ID))
	})
	return all, nil
}

// EndOwnSession ends one of the caller's sessions, which may be the present one. Codes: FORBIDDEN for callers without
// an account, NOT_FOUND for what is no live session of the caller.
func (s *Service) EndOwnSession(ctx context.Context, caller harang.Identity, id string) error {
	if err := ownAccount(caller, harang.ActionManageOwnAccount); err != nil {
		return err
	}
	now := s.now()
	var ended harang.Session
	err := s.store.UpdateSession(ctx, caller.Tenant, id, func(stored *harang.Session) (Trail, error) {
		if stored.UserID != caller.UserID || !stored.Live(now) {
			return Trail{}, errUnknownSession
		}
		event, err := s.closeSession(stored, now)
		ended = *stored
		entry, _ := harang.NewAuditEntry(ctx, caller, now, harang.AuditSessionEnd,
			harang.AuditSubject{Kind: harang.AuditUser, ID: caller.UserID, Name: caller.Name}, nil,
			harang.AuditState{"reason": "account", "device": stored.Device})
		return Trail{Events: []harang.Event{event}, Audit: []harang.AuditEntry{entry}}, err
	})
	if harang.ErrorCode(err) == harang.CodeNotFound {
		return errUnknownSession
	}
	s.recordEnded([]harang.Session{ended}, err)
	return err
}

var errUnknownSession = harang.Errorf(harang.CodeNotFound, "you have no such session")

// EndOtherSessions ends all the caller's sessions but the present one. Codes: FORBIDDEN for callers without an account,
// UNAUTHENTICATED when the present one has ended meanwhile.
func (s *Service) EndOtherSessions(ctx context.Context, caller harang.Identity) error {
	if err := ownAccount(caller, harang.ActionManageOwnAccount); err != nil {
		return err
	}
	now := s.now()
	var ended []harang.Session
	err := s.store.UpdateUser(ctx, caller.Tenant, caller.UserID,
		func(c *Credentials, live []harang.Session, _ CountAdmins) (trail Trail, err error) {
			if ended, trail, err = s.endOthers(caller, live, now); err != nil || len(ended) == 0 {
				return trail, err
			}
			entry, _ := harang.NewAuditEntry(ctx, caller, now, harang.AuditSessionEnd, subjectOf(c.User), nil,
				harang.AuditState{"reason": "account", "endedSessions": len(ended)})
			trail.Audit = append(trail.Audit, entry)
			return trail, nil
		})
	s.recordEnded(ended, err)
	return err
}
