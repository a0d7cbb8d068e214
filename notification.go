package harang

import "time"

// Notification is an event in the list of one person.
type Notification struct {
	Event Event
	// Number is the event's number in the managers' feed, which contains all of
	// the tenant's events for people, whoever the reader is.
	Number int64
	// ReadAt is when this person read it; zero while unread.
	ReadAt time.Time
	// Claim is nil when nobody has claimed it.
	Claim *Claim
	// Resolved is when nothing was left to do about it, of a failed payment that was made
	// here; zero before, and for all others.
	Resolved time.Time
}

// NotificationQuery selects a part of a person's notifications, newest first.
type NotificationQuery struct {
	// Type narrows to one event type; "" for all.
	Type string
	// LocationID leaves out the events that are about another location, a rental there or
	// its payment; "" for none. Those about no location are in every list.
	LocationID string
	// Severity narrows to INFO, WARNING or CRITICAL (EventText.Severity); "" for all.
	Severity string
	// Search narrows to events with all of these words in their EventText, in any language;
	// "" for all.
	Search string
	// Unread leaves out what this person has read.
	Unread bool
	// After leaves out everything up to a position of the tenant's feeds; nil
	// for no such limit. A position of another epoch leaves nothing out.
	After *Position
	// Since leaves out events committed at or before it; zero for no limit.
	Since time.Time
	// Cursor is Page.Next of the previous page; "" for the first.
	Cursor string
	// Limit is the largest number of items to return, from 1 to MaxPageLimit.
	Limit int
}

// Filtered reports whether the query leaves out events by what they are, not by where the
// list begins or who has read them.
func (q NotificationQuery) Filtered() bool {
	return q.Type != "" || q.LocationID != "" || q.ByText()
}

// ByText reports whether an event must be put in words to know whether it is listed.
func (q NotificationQuery) ByText() bool { return q.Severity != "" || q.Search != "" }

// ReadState is the number of a person's unread notifications at one moment.
type ReadState struct {
	UnreadCount int64
	// Head is the position of the person's feed that UnreadCount includes.
	Head Position
	// Version is the number of the tenant's control feed at that moment; a
	// higher version is a later state.
	Version int64
}

// Reader identifies a person's list of notifications.
type Reader struct {
	Tenant   string
	UserID   string
	Audience Audience
}
