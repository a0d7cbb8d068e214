package shop

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"harang.dev/harang"
)

const (
	// maxReadIDs is how many events one request may mark as read.
	maxReadIDs = 1000
	// maxReadPages is how many pages of unread notifications a request with a filter reads.
	maxReadPages = 10
)

// Notifications is the use cases of a person's notifications.
type Notifications struct{ *service }

// List returns a part of the caller's notifications, newest first, and their
// read state. INVALID_REQUEST for an unknown type or a bad cursor.
func (n *Notifications) List(
	ctx context.Context, caller harang.Identity, q harang.NotificationQuery,
) (harang.Page[harang.Notification], harang.ReadState, error) {
	var (
		none  harang.Page[harang.Notification]
		state harang.ReadState
	)
	r, err := reader(caller, harang.ActionReadNotifications)
	if err != nil {
		return none, state, err
	}
	if err := checkFilter(q); err != nil {
		return none, state, err
	}
	if q.After != nil && q.After.Audience == harang.AudienceControl {
		return none, state, harang.Invalid(
			harang.FieldError{Field: "since", Detail: "is not a position of an operators' or managers' feed"},
		)
	}
	if q.Limit, err = page(q.Limit); err != nil {
		return none, state, err
	}
	list, state, err := n.store.FindNotifications(ctx, r, q)
	if err == nil {
		err = n.addResolutions(ctx, caller.Tenant, list.Items)
	}
	return list, state, err
}

// checkFilter returns INVALID_REQUEST for what is no event type.
func checkFilter(q harang.NotificationQuery) error {
	if q.Type == "" {
		return nil
	}
	if t, ok := harang.FindEventType(q.Type); !ok || t.Control() {
		return harang.Invalid(harang.FieldError{Field: "type", Detail: "is not an event type"})
	}
	return nil
}

// Unread counts the caller's unread notifications that List returns for a query, up to
// 1000; with a severity or a search, among the newest 1000 of the others.
func (n *Notifications) Unread(
	ctx context.Context, caller harang.Identity, q harang.NotificationQuery,
) (int64, error) {
	r, err := reader(caller, harang.ActionReadNotifications)
	if err != nil {
		return 0, err
	}
	return n.store.CountUnread(ctx, r, q)
}

// addResolutions sets Resolved of the failed payments in a list.
func (n *Notifications) addResolutions(ctx context.Context, tenant string, list []harang.Notification) error {
	payments := map[int]string{} // ids, by position in the list
	for i, item := range list {
		if item.Event.Type != harang.PaymentErrorType.Name {
			continue
		}
		var about struct{ TransactionID string }
		if err := json.Unmarshal(item.Event.Data, &about); err != nil {
			return err
		}
		payments[i] = about.TransactionID
	}
	if len(payments) == 0 {
		return nil
	}
	resolved, err := n.store.FindResolutions(ctx, tenant, slices.Collect(maps.Values(payments)))
	for i, id := range payments {
		list[i].Resolved = resolved[id]
	}
	return err
}

// ReadRequest marks single events as read, everything up to one, or what a filter lists.
// Exactly one of the three is given; an empty list of ids (not nil) is allowed.
type ReadRequest struct {
	EventIDs []string
	UpTo     string
	// Filter is Type, Severity, Search and LocationID of a query; without any of them
	// everything is marked.
	Filter *harang.NotificationQuery
}

// ReadResult is what MarkRead has done.
type ReadResult struct {
	harang.ReadState
	// More is whether a filter may mean more that is unread: MarkRead is called again.
	More bool
}

// MarkRead marks events as read, notifies the caller's own connections, and
// returns the new read state. Events that the caller cannot see are ignored. By a filter
// it marks the newest maxReadIDs that are meant among the newest unread ones, so that it
// costs the same however many there are.
func (n *Notifications) MarkRead(
	ctx context.Context, caller harang.Identity, req ReadRequest,
) (ReadResult, error) {
	r, err := reader(caller, harang.ActionReadNotifications)
	if err != nil {
		return ReadResult{}, err
	}
	given := 0
	for _, is := range []bool{len(req.EventIDs) > 0, req.UpTo != "", req.Filter != nil} {
		if is {
			given++
		}
	}
	switch {
	case given > 1, given == 0 && req.EventIDs == nil:
		return ReadResult{}, harang.Invalid(
			harang.FieldError{Field: "eventIds", Detail: "give eventIds, upTo or filter"},
		)
	case len(req.EventIDs) > maxReadIDs:
		return ReadResult{}, harang.Invalid(
			harang.FieldError{Field: "eventIds", Detail: fmt.Sprintf("may have %d ids at most", maxReadIDs)},
		)
	}
	more := false
	if req.Filter != nil {
		if req, more, err = n.filtered(ctx, r, *req.Filter); err != nil {
			return ReadResult{}, err
		}
	}
	state, err := n.markRead(ctx, r, req)
	return ReadResult{state, more}, err
}

// filtered is the request that marks what a filter lists, and whether it may leave some.
func (n *Notifications) filtered(
	ctx context.Context, r harang.Reader, filter harang.NotificationQuery,
) (ReadRequest, bool, error) {
	if err := checkFilter(filter); err != nil {
		return ReadRequest{}, false, err
	}
	req := ReadRequest{EventIDs: []string{}}
	q := harang.NotificationQuery{Type: filter.Type, Severity: filter.Severity, Search: filter.Search,
		LocationID: filter.LocationID, Unread: true, Limit: harang.MaxPageLimit}
	if !q.Filtered() {
		q.Limit = 1
	}
	for range maxReadPages {
		list, _, err := n.store.FindNotifications(ctx, r, q)
		switch {
		case err != nil:
			return req, false, err
		case !q.Filtered() && len(list.Items) > 0:
			return ReadRequest{UpTo: list.Items[0].Event.ID}, false, nil
		}
		for _, item := range list.Items {
			req.EventIDs = append(req.EventIDs, item.Event.ID)
		}
		q.Cursor = list.Next
		if q.Cursor == "" || len(req.EventIDs)+q.Limit > maxReadIDs {
			break
		}
	}
	return req, q.Cursor != "", nil
}

// markRead marks events, or everything up to one.
func (n *Notifications) markRead(ctx context.Context, r harang.Reader, req ReadRequest) (harang.ReadState, error) {
	var state harang.ReadState
	err := n.store.Within(ctx, func(tx Tx) error {
		// The tenant's feed numbers cannot change from here to the commit, so
		// count, head and version are of one moment.
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
		e, err := harang.NewEvent(harang.ReadType, n.newID(), r.Tenant, time.Time{}, harang.Read{
			UserID: r.UserID, UnreadCount: state.UnreadCount, Head: state.Head.String(),
		})
		if err != nil {
			return err
		}
		tx.Append(e)
		state.Version++ // the number that this entry will get
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
	if len(req.EventIDs) == 0 {
		return false, nil
	}
	return tx.CreateReads(ctx, r, req.EventIDs)
}

// Claim claims an event for the caller ("Intézem"), notifies everybody who may
// see it, and returns the claim. Claiming one's own claim again changes nothing.
// It replaces a claim that has lapsed: one of a user who is disabled, or whose role
// does not receive the event; lists leave such a claim out. NOT_FOUND for an event
// that the caller cannot see, ALREADY_CLAIMED with "by" and "at" when somebody else
// has claimed it.
func (n *Notifications) Claim(ctx context.Context, caller harang.Identity, eventID string) (harang.Claim, error) {
	return n.changeClaim(ctx, caller, eventID, func(tx Tx, claim *harang.Claim) (bool, error) {
		me := person(caller)
		claim.By = &me
		var present harang.Claim
		for {
			created, err := tx.CreateClaim(ctx, caller.Tenant, *claim)
			if err != nil || created {
				return created, err
			}
			var lapsed bool
			present, lapsed, err = tx.LockClaim(ctx, caller.Tenant, eventID)
			if err == nil && !lapsed {
				break
			}
			if err == nil {
				err = tx.DeleteClaim(ctx, caller.Tenant, eventID)
			}
			if err != nil && harang.ErrorCode(err) != harang.CodeNotFound { // else Unclaim came between
				return false, err
			}
		}
		claim.By, claim.At = present.By, present.At
		if present.By.ID != caller.UserID {
			return false, alreadyClaimed(present)
		}
		return false, nil
	})
}

// Unclaim removes the caller's claim, notifies everybody who may see the event,
// and returns the empty claim. An event without a claim stays so. NOT_FOUND for
// an event that the caller cannot see, ALREADY_CLAIMED when the claim is somebody
// else's and has not lapsed.
func (n *Notifications) Unclaim(ctx context.Context, caller harang.Identity, eventID string) (harang.Claim, error) {
	return n.changeClaim(ctx, caller, eventID, func(tx Tx, _ *harang.Claim) (bool, error) {
		present, lapsed, err := tx.LockClaim(ctx, caller.Tenant, eventID)
		switch {
		case harang.ErrorCode(err) == harang.CodeNotFound:
			return false, nil
		case err != nil:
			return false, err
		case !lapsed && present.By.ID != caller.UserID:
			return false, alreadyClaimed(present)
		}
		return true, tx.DeleteClaim(ctx, caller.Tenant, eventID)
	})
}

// changeClaim finds the event, calls change, and appends the new state when
// change reports that there is one.
func (n *Notifications) changeClaim(ctx context.Context, caller harang.Identity, eventID string,
	change func(tx Tx, claim *harang.Claim) (bool, error),
) (harang.Claim, error) {
	r, err := reader(caller, harang.ActionClaim)
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
		e, err := harang.NewEvent(harang.ClaimType, n.newID(), caller.Tenant, time.Time{}, claim)
		if err != nil {
			return err
		}
		tx.Append(e)
		return nil
	})
	return claim, err
}

func alreadyClaimed(c harang.Claim) error {
	return &harang.Error{Code: harang.CodeAlreadyClaimed, Message: "this is already claimed by " + c.By.Name,
		Details: map[string]any{"by": c.By, "at": c.At.UTC().Format(harang.TimeFormat)}}
}

// reader identifies the caller's list of notifications. FORBIDDEN when the
// caller's role may not do the action.
func reader(caller harang.Identity, a harang.Action) (harang.Reader, error) {
	return harang.Reader{Tenant: caller.Tenant, UserID: caller.UserID, Audience: caller.Role.Audience()}, caller.Can(a)
}
