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

// DisplayPrefix begins the secret of a display's link, so that people and secret scanners recognise one.
const DisplayPrefix = "hd_"

// maxDisplaySecret is more than the longest secret that CreateDisplay makes.
const maxDisplaySecret = 128

var (
	errNoDisplay        = harang.Errorf(harang.CodeInvalidCredentials, "this link opens no display")
	errDisplayRevoked   = harang.Errorf(harang.CodeDisplayRevoked, "the display was revoked")
	errDisplayTakenOver = harang.Errorf(harang.CodeDisplayTakenOver, "the display was opened on another screen")
)

// CreateDisplay makes a display of the caller's tenant, for one location or for all (""). The second result is the
// secret of its link, which is stored nowhere. Codes: FORBIDDEN, INVALID_REQUEST.
func (s *Service) CreateDisplay(
	ctx context.Context, caller harang.Identity, name, locationID string,
) (harang.Display, string, error) {
	var none harang.Display
	if err := caller.Can(harang.ActionAdminister); err != nil {
		return none, "", err
	}
	var wrong []harang.FieldError
	if detail := harang.CheckName(name); detail != "" {
		wrong = append(wrong, harang.FieldError{Field: "name", Detail: detail})
	}
	if detail := harang.CheckText(locationID, harang.MaxIDRunes); locationID != "" && detail != "" {
		wrong = append(wrong, harang.FieldError{Field: "locationId", Detail: detail})
	}
	if len(wrong) > 0 {
		return none, "", harang.Invalid(wrong...)
	}
	random := make([]byte, 32)
	_, _ = rand.Read(random) // never fails
	secret := DisplayPrefix + base64.RawURLEncoding.EncodeToString(random)
	d := harang.Display{
		ID: s.newID(), Tenant: caller.Tenant, Name: name, LocationID: locationID, Created: s.now(),
	}
	created := harang.AuditState{"name": name}
	if locationID != "" {
		created["locationId"] = locationID
	}
	entry, _ := harang.NewAuditEntry(ctx, caller, d.Created, harang.AuditDisplayCreate, displaySubject(d), nil, created)
	err := s.store.CreateDisplay(ctx, d, sha256.Sum256([]byte(secret)), entry)
	if harang.ErrorCode(err) == harang.CodeNotFound && locationID != "" {
		return none, "", harang.Invalid(harang.FieldError{Field: "locationId", Detail: "is no location of yours"})
	}
	if err != nil {
		return none, "", err
	}
	return d, secret, nil
}

// FindDisplays lists the displays of the caller's tenant that are not revoked, those after afterID.
func (s *Service) FindDisplays(
	ctx context.Context, caller harang.Identity, afterID string, limit int,
) ([]harang.Display, error) {
	if err := caller.Can(harang.ActionAdminister); err != nil {
		return nil, err
	}
	return s.store.FindDisplays(ctx, caller.Tenant, afterID, limit)
}

// RevokeDisplay ends a display for good: its connections are closed and its access tokens refused on every node. A
// revoked one stays as it is. Codes: FORBIDDEN, NOT_FOUND.
func (s *Service) RevokeDisplay(ctx context.Context, caller harang.Identity, id string) error {
	if err := caller.Can(harang.ActionAdminister); err != nil {
		return err
	}
	now := s.now()
	var ended string
	err := s.store.UpdateDisplay(ctx, caller.Tenant, id, func(d *harang.Display) (Trail, error) {
		ended = ""
		if !d.Revoked.IsZero() {
			return Trail{}, nil
		}
		d.Revoked, ended = now, d.Screen
		entry, _ := harang.NewAuditEntry(ctx, caller, now, harang.AuditDisplayRevoke, displaySubject(*d), nil, nil)
		trail := Trail{Audit: []harang.AuditEntry{entry}}
		return trail, s.closeScreen(&trail, *d, now)
	})
	if harang.ErrorCode(err) == harang.CodeNotFound {
		return harang.Wrap(harang.CodeNotFound, err, "there is no such display")
	}
	if err == nil && ended != "" {
		s.last.recordEnded(caller.Tenant, harang.DisplayPrefix+id, ended)
	}
	return err
}

// closeScreen adds the end of a display's screen, if it has one, to a trail.
func (s *Service) closeScreen(trail *Trail, d harang.Display, now time.Time) error {
	if d.Screen == "" {
		return nil
	}
	e, err := harang.NewEvent(harang.LogoutType, s.newID(), d.Tenant, now,
		harang.Logout{SessionID: d.Screen, UserID: d.Subject()})
	if err == nil {
		trail.Events = append(trail.Events, e)
	}
	return err
}

// displaySubject is a display as the subject of an action.
func displaySubject(d harang.Display) harang.AuditSubject {
	return harang.AuditSubject{Kind: harang.AuditDisplay, ID: d.ID, Name: d.Name}
}

// DisplayGrant is the result of opening a display's link, or of going on with it.
type DisplayGrant struct {
	AccessToken string
	// ExpiresIn is the life of the access token.
	ExpiresIn time.Duration
	Display   harang.Display
	// Identity is that of the token.
	Identity harang.Identity
}

// OpenDisplay exchanges the secret of a display's link for an access token. Without a screen it takes the display over:
// the tokens and connections of the screen before end on every node. With the screen of an earlier grant it goes on
// with that one. Codes: INVALID_CREDENTIALS, DISPLAY_REVOKED, DISPLAY_TAKEN_OVER when the screen is not the newest,
// RATE_LIMITED with RetryAfter, UNAVAILABLE.
func (s *Service) OpenDisplay(ctx context.Context, secret, screen, address string) (DisplayGrant, error) {
	d, err := s.openDisplay(ctx, secret, screen, address)
	if harang.ErrorCode(err) == harang.CodeInvalidCredentials {
		// Nobody can guess a link: a screen that has the right one does not wait for others behind its address.
		if limited := s.limits.countLink(address); limited != nil {
			err = limited
		}
	}
	if err != nil {
		return DisplayGrant{}, err
	}
	now := s.now()
	claims := s.claims(d.Tenant, d.Subject(), harang.RoleDisplay, d.Screen, now, s.access)
	token, err := s.tokens.sign(claims)
	if err != nil {
		return DisplayGrant{}, err
	}
	caller, err := s.Authenticate(ctx, token)
	if harang.ErrorCode(err) == harang.CodeUnauthenticated { // opened or revoked elsewhere at the same time
		return DisplayGrant{}, errDisplayTakenOver
	}
	return DisplayGrant{AccessToken: token, ExpiresIn: s.access, Display: d, Identity: caller}, err
}

func (s *Service) openDisplay(ctx context.Context, secret, screen, address string) (opened harang.Display, err error) {
	if !strings.HasPrefix(secret, DisplayPrefix) || len(secret) > maxDisplaySecret {
		return opened, errNoDisplay
	}
	found, err := s.store.FindDisplayByHash(ctx, sha256.Sum256([]byte(secret)))
	switch {
	case harang.ErrorCode(err) == harang.CodeNotFound:
		return opened, errNoDisplay
	case err != nil:
		return opened, err
	case screen == "":
		if _, err := s.limits.beginTakeover(found.ID); err != nil {
			return opened, err
		}
	case screen == found.Screen && found.Revoked.IsZero() && s.now().Sub(found.LastUsed).Abs() < useInterval:
		return found, nil // nothing to write
	}
	now, network := s.now(), networkOf(address)
	var ended string
	err = s.store.UpdateDisplay(ctx, found.Tenant, found.ID, func(d *harang.Display) (Trail, error) {
		ended = ""
		switch {
		case !d.Revoked.IsZero():
			return Trail{}, errDisplayRevoked
		case screen != "" && screen != d.Screen:
			return Trail{}, errDisplayTakenOver
		}
		d.LastUsed = now
		trail := Trail{}
		if screen == "" {
			if err := s.closeScreen(&trail, *d, now); err != nil {
				return Trail{}, err
			}
			if network != d.Network {
				trail.Audit = append(trail.Audit, openedAudit(harang.ForCall(ctx, d.Tenant, address), *d, network, now))
			}
			ended, d.Screen, d.Network = d.Screen, s.newID(), network
		}
		opened = *d
		return trail, nil
	})
	if err == nil && ended != "" {
		s.last.recordEnded(opened.Tenant, opened.Subject(), ended)
	}
	return opened, err
}

// openedAudit is the row of a display whose link was opened in another network than before. The display itself is the
// author: the link knows no person.
func openedAudit(ctx context.Context, d harang.Display, network string, now time.Time) harang.AuditEntry {
	caller := harang.Identity{Tenant: d.Tenant, UserID: d.Subject(), Name: d.Name, Role: harang.RoleDisplay}
	var before harang.AuditState
	if d.Network != "" {
		before = harang.AuditState{"network": d.Network}
	}
	entry, _ := harang.NewAuditEntry(ctx, caller, now, harang.AuditDisplayOpen, displaySubject(d), before,
		harang.AuditState{"network": network})
	return entry
}

// authorizeDisplay reads the present state of the display that a verified token names.
func (s *Service) authorizeDisplay(ctx context.Context, c *Claims, id string) (harang.Identity, error) {
	d, tenantName, err := s.store.FindDisplay(ctx, c.Tenant, id)
	if err != nil {
		return harang.Identity{}, unknownIsUnauthenticated(err)
	}
	if !d.Revoked.IsZero() || d.Screen != c.SessionID {
		return harang.Identity{}, errNoToken
	}
	return harang.Identity{
		Tenant: d.Tenant, TenantName: tenantName, UserID: c.Subject, Name: d.Name, Role: harang.RoleDisplay,
		SessionID: c.SessionID, LocationID: d.LocationID, Expires: c.ExpiresAt.Time,
	}, nil
}
