package shop

import (
	"context"
	"fmt"
	"slices"
	"time"

	"harang.dev/harang"
)

// maxReadIDs is how many events one request may mark as read.
const maxReadIDs = 1000

// Notifications is the use cases of what a person was told.
type Notifications struct{ *service }

// List returns a part of the person's notifications, newest first, and what is
// unread. INVALID_REQUEST for an unknown type or a bad cursor.
func (n *Notifications) List(ctx context.Context, who harang.Identity, q harang.NotificationQuery) (harang.Page[harang.Notification], harang.ReadState, error) {
	var (
		none  harang.Page[harang.Notification]
		state harang.ReadState
	)
	r, err := reader(who, harang.ActionReadNotifications)
	if err != nil {
		return none, state, err
	}
	if q.Type != "" {
		if t, ok := harang.FindEventType(q.Type); !ok || t.Control() {
			return none, state, harang.Invalid(harang.FieldError{Field: "type", Detail: "is not an event type"})
		}
	}
	if q.After != nil && q.After.Audience == harang.AudienceControl {
		return none, state, harang.Invalid(harang.FieldError{Field: "since", Detail: "is not a position in a feed of people"})
	}
	if q.Limit, err = page(q.Limit); err != nil {
		return none, state, err
	}
	return n.store.FindNotifications(ctx, r, q)
}

// ReadRequest names what a person has read: single events, or everything up to
// one. Exactly one of the two is given; no ids at all (empty, not nil) are fine.
type ReadRequest struct {
	EventIDs []string
	UpTo     string
}

// MarkRead marks events as read, tells the person's own connections, and
// returns what is still unread. Events that the person cannot see are ignored.
func (n *Notifications) MarkRead(ctx context.Context, who harang.Identity, req ReadRequest) (harang.ReadState, error) {
	r, err := reader(who, harang.ActionReadNotifications)
	if err != nil {
		return harang.ReadState{}, err
	}
	switch {
	case req.EventIDs == nil && req.UpTo == "", len(req.EventIDs) > 0 && req.UpTo != "":
		return harang.ReadState{}, harang.Invalid(harang.FieldError{Field: "eventIds", Detail: "give either eventIds or upTo"})
	case len(req.EventIDs) > maxReadIDs:
		return harang.ReadState{}, harang.Invalid(harang.FieldError{Field: "eventIds", Detail: fmt.Sprintf("may have %d ids at most", maxReadIDs)})
	}
	var state harang.ReadState
	err = n.store.Within(ctx, func(tx Tx) error {
		// The tenant's numbers stay as they are from here to the commit, so
		// count, head and version belong together.
		if _, err := tx.LockReadState(ctx, r); err != nil {
			return err
		}
		changed, err := markRead(ctx, tx, r, req)
		if err != nil {
			return err
		}
		if state, err = tx.LockReadState(ctx, r); err != nil || !changed {
			return err
		}
		e, err := harang.NewEvent(harang.ReadType, n.newID(), who.Tenant, time.Time{}, harang.Read{
			UserID: r.UserID, UnreadCount: state.UnreadCount, Head: state.Head.String(),
		})
		if err != nil {
			return err
		}
		tx.Append(e)
		state.Version++ // the number that this entry gets
		return nil
	})
	return state, err
}

func markRead(ctx context.Context, tx Tx, r harang.Reader, req ReadRequest) (bool, error) {
	if req.UpTo != "" {
		_, number, err := tx.FindEvent(ctx, r, req.UpTo)
		switch {
		case harang.ErrorCode(err) == harang.CodeNotFound:
			return false, nil
		case err != nil:
			return false, err
		}
		return tx.CreateReadMark(ctx, r, number)
	}
	changed := false
	for _, id := range req.EventIDs {
		_, number, err := tx.FindEvent(ctx, r, id)
		switch {
		case harang.ErrorCode(err) == harang.CodeNotFound:
			continue
		case err != nil:
			return false, err
		}
		fresh, err := tx.CreateRead(ctx, r, number)
		if err != nil {
			return false, err
		}
		changed = changed || fresh
	}
	return changed, nil
}

// Claim takes an event ("Intézem"), tells all who may see it, and returns the
// claim. Claiming again what one has already changes nothing. NOT_FOUND for an
// event that the person cannot see, ALREADY_CLAIMED with "by" and "at" when
// somebody else has it.
func (n *Notifications) Claim(ctx context.Context, who harang.Identity, eventID string) (harang.Claim, error) {
	return n.changeClaim(ctx, who, eventID, func(tx Tx, claim *harang.Claim) (bool, error) {
		me := person(who)
		claim.By = &me
		created, err := tx.CreateClaim(ctx, who.Tenant, *claim)
		if err != nil || created {
			return created, err
		}
		present, err := tx.FindClaim(ctx, who.Tenant, eventID)
		if err != nil {
			return false, err
		}
		claim.By, claim.At = present.By, present.At
		if present.By.ID != who.UserID {
			return false, claimed(present)
		}
		return false, nil
	})
}

// Unclaim gives a claim back, tells all who may see the event, and returns the
// event without a claim. What is not claimed stays so. NOT_FOUND for an event
// that the person cannot see, ALREADY_CLAIMED when the claim is another's.
func (n *Notifications) Unclaim(ctx context.Context, who harang.Identity, eventID string) (harang.Claim, error) {
	return n.changeClaim(ctx, who, eventID, func(tx Tx, _ *harang.Claim) (bool, error) {
		present, err := tx.FindClaim(ctx, who.Tenant, eventID)
		switch {
		case harang.ErrorCode(err) == harang.CodeNotFound:
			return false, nil
		case err != nil:
			return false, err
		case present.By.ID != who.UserID:
			return false, claimed(present)
		}
		return true, tx.DeleteClaim(ctx, who.Tenant, eventID)
	})
}

// changeClaim finds the event, lets change decide, and appends the new state if
// it did change.
func (n *Notifications) changeClaim(ctx context.Context, who harang.Identity, eventID string,
	change func(tx Tx, claim *harang.Claim) (bool, error),
) (harang.Claim, error) {
	r, err := reader(who, harang.ActionClaim)
	if err != nil {
		return harang.Claim{}, err
	}
	var claim harang.Claim
	err = n.store.Within(ctx, func(tx Tx) error {
		event, _, err := tx.FindEvent(ctx, r, eventID)
		if err != nil {
			return err
		}
		claim = harang.Claim{EventID: eventID, At: n.now()}
		if t, ok := harang.FindEventType(event.Type); ok {
			claim.Audiences = slices.Clone(t.Audiences)
		}
		changed, err := change(tx, &claim)
		if err != nil || !changed {
			return err
		}
		e, err := harang.NewEvent(harang.ClaimType, n.newID(), who.Tenant, time.Time{}, claim)
		if err != nil {
			return err
		}
		tx.Append(e)
		return nil
	})
	return claim, err
}

func claimed(c harang.Claim) error {
	return &harang.Error{Code: harang.CodeAlreadyClaimed, Message: c.By.Name + " deals with this already",
		Details: map[string]any{"by": c.By, "at": c.At.UTC().Format(harang.TimeFormat)}}
}

// reader is whose list it is, if the role has one.
func reader(who harang.Identity, a harang.Action) (harang.Reader, error) {
	return harang.Reader{Tenant: who.Tenant, UserID: who.UserID, Audience: who.Role.Audience()}, who.Can(a)
}
