package httpapi

import (
	"context"
	"encoding/json"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"harang.dev/harang"
	"harang.dev/harang/internal/shop"
)

// notificationBody is an event as it was sent, with its read mark and claim.
type notificationBody struct {
	EventID   string            `json:"eventId"`
	Timestamp instant           `json:"timestamp"`
	Type      string            `json:"type"`
	Data      json.RawMessage   `json:"data"`
	ReadAt    orNull[instant]   `json:"readAt" doc:"null while unread"`
	Claim     orNull[claimBody] `json:"claim" doc:"who claimed it; null when nobody did"`
	// ResolvedAt is of failed payments that were made here.
	ResolvedAt orNull[instant] `json:"resolvedAt" doc:"since when nothing is left to do: the failed payment succeeded after all, or its rental is paid otherwise or cancelled; else null"`
}

// Schema describes the notification in the OpenAPI document by event type. Its payloads
// have schemas of their own: an answer may get further members, a request may not.
func (notificationBody) Schema(r huma.Registry) *huma.Schema {
	type members notificationBody // without this method
	return eventUnion(r, "Notification", "An event as it was sent, with its read mark, its claim and "+
		"whether it is resolved. "+
		"Later versions add types: ignore those that you do not know.",
		func(t harang.EventType) *huma.Schema {
			payload := reflect.TypeOf(t.Payload())
			name := payload.Name() + "Data"
			r.Map()[name] = huma.SchemaFromType(r, payload)
			s := huma.SchemaFromType(r, reflect.TypeFor[members]())
			s.Properties["data"] = &huma.Schema{Ref: "#/components/schemas/" + name}
			return s
		})
}

func notificationOf(n harang.Notification) notificationBody {
	return notificationBody{
		EventID: n.Event.ID, Timestamp: instant(n.Event.Time), Type: n.Event.Type, Data: n.Event.Data,
		ReadAt: timeOrNull(n.ReadAt), Claim: claimOrNull(n.Claim),
		ResolvedAt: timeOrNull(n.Resolved),
	}
}

// NotificationFilterInput is what limits a list of notifications.
type NotificationFilterInput struct {
	Type       string `query:"type" maxLength:"64" doc:"only events of this type"`
	LocationID string `query:"locationId" maxLength:"128" doc:"without the events about another location: its stock alerts, its rentals and their failed payments. Events about a rental or payment that is unknown here are at every location; a list then has locationUnreadCount"`
	Severity   string `query:"severity" enum:"INFO,WARNING,CRITICAL" doc:"only events of this severity: that of an alert, CRITICAL for a failed payment and INFO for a rental. With it or with search a page may have less items than limit, even none, although it has a nextCursor: about 1000 events are examined at a time"`
	Search     string `query:"search" maxLength:"200" doc:"only events with all of these words in their sentence, which names partner, product and location; accents and case don't matter"`
	Unread     bool   `query:"unread" doc:"only unread ones"`
	Since      string `query:"since" maxLength:"64" doc:"only events after this position (from session or an event) or RFC 3339 time"`
}

func (in NotificationFilterInput) query() (harang.NotificationQuery, error) {
	q := harang.NotificationQuery{
		Type: in.Type, LocationID: in.LocationID, Severity: in.Severity, Search: in.Search, Unread: in.Unread,
	}
	if in.Since == "" {
		return q, nil
	}
	if p, ok := harang.ParsePosition(in.Since); ok {
		q.After = &p
		return q, nil
	}
	t, err := time.Parse(time.RFC3339, in.Since)
	if err != nil {
		return q, harang.Invalid(harang.FieldError{Field: "since", Detail: "must be a position or an RFC 3339 time"})
	}
	q.Since = t
	return q, nil
}

type notificationsInput struct {
	ListInput
	NotificationFilterInput
}

type notificationsOutput struct {
	Body struct {
		List[notificationBody]
		UnreadCount         int64  `json:"unreadCount" doc:"of all locations"`
		FilteredUnreadCount *int64 `json:"filteredUnreadCount,omitempty" doc:"on the first page with type, severity, locationId or search: how many of the unread ones are listed; 1000 for more than 999. With severity or search, among the newest 1000 of the others"`
		LocationUnreadCount *int64 `json:"locationUnreadCount,omitempty" doc:"with locationId: how many unread ones are listed for this location; 1000 for more than 999"`
		Head                string `json:"head" doc:"position up to which unreadCount counts"`
		Version             int64  `json:"version" doc:"of two answers, the one with the higher version is newer"`
	}
}

func (a *API) listNotifications(
	ctx context.Context, caller harang.Identity, in *notificationsInput,
) (*notificationsOutput, error) {
	q, err := in.query()
	if err != nil {
		return nil, err
	}
	q.Cursor, q.Limit = in.Cursor, in.Limit
	page, state, err := a.Notifications.List(ctx, caller, q)
	if err != nil {
		return nil, err
	}
	out := &notificationsOutput{}
	if in.LocationID != "" {
		at := harang.NotificationQuery{LocationID: in.LocationID}
		unread, err := a.Notifications.Unread(ctx, caller, at)
		if err != nil {
			return nil, err
		}
		out.Body.LocationUnreadCount = &unread
	}
	if q.Filtered() && in.Cursor == "" {
		unread := out.Body.LocationUnreadCount
		if unread == nil || q.Type != "" || q.ByText() {
			n, err := a.Notifications.Unread(ctx, caller, q)
			if err != nil {
				return nil, err
			}
			unread = &n
		}
		out.Body.FilteredUnreadCount = unread
	}
	out.Body.List = listOf(page, notificationOf)
	out.Body.UnreadCount, out.Body.Head, out.Body.Version = state.UnreadCount, state.Head.String(), state.Version
	return out, nil
}

type markReadInput struct {
	Body struct {
		EventIDs []string    `json:"eventIds,omitempty" nullable:"false" maxItems:"1000" doc:"the events to mark; or upTo, or filter"`
		UpTo     string      `json:"upTo,omitempty" maxLength:"128" doc:"mark all events up to this one"`
		Filter   *readFilter `json:"filter,omitempty" doc:"mark what a list with this filter has, everything with an empty one; 1000 events at most, the newest"`
	}
}

// readFilter is what limits a list that is marked as read.
type readFilter struct {
	Type       string `json:"type,omitempty" maxLength:"64"`
	Severity   string `json:"severity,omitempty" enum:"INFO,WARNING,CRITICAL"`
	LocationID string `json:"locationId,omitempty" maxLength:"128"`
	Search     string `json:"search,omitempty" maxLength:"200"`
}

type readOutput struct {
	Body struct {
		UnreadCount int64 `json:"unreadCount"`
		Version     int64 `json:"version"`
		More        bool  `json:"more" doc:"with a filter: more unread ones may be meant; send it again"`
	}
}

func (a *API) markRead(ctx context.Context, caller harang.Identity, in *markReadInput) (*readOutput, error) {
	req := shop.ReadRequest{EventIDs: in.Body.EventIDs, UpTo: in.Body.UpTo}
	if f := in.Body.Filter; f != nil {
		req.Filter = &harang.NotificationQuery{
			Type: f.Type, Severity: f.Severity, LocationID: f.LocationID, Search: f.Search,
		}
	}
	done, err := a.Notifications.MarkRead(ctx, caller, req)
	out := &readOutput{}
	out.Body.UnreadCount, out.Body.Version, out.Body.More = done.UnreadCount, done.Version, done.More
	return out, err
}

type eventPath struct {
	EventID string `path:"eventId" maxLength:"128"`
}

const lapsedDetails = "A claim lapses when its user is disabled or gets a role that does not receive the event: " +
	"lists leave it out, and whoever may see the event may claim or release it."

type claimOutput struct{ Body claimBody }

func (a *API) claim(ctx context.Context, caller harang.Identity, in *eventPath) (*claimOutput, error) {
	c, err := a.Notifications.Claim(ctx, caller, in.EventID)
	return &claimOutput{claimOf(c)}, err
}

func (a *API) unclaim(ctx context.Context, caller harang.Identity, in *eventPath) (*claimOutput, error) {
	c, err := a.Notifications.Unclaim(ctx, caller, in.EventID)
	return &claimOutput{claimOf(c)}, err
}
