package harang

import "time"

// Notification is an event as one person sees it in their list.
type Notification struct {
	Event Event
	// Number is its place among all of the tenant's events for people: the
	// managers' number, whoever asks.
	Number int64
	// ReadAt is when this person read it; zero while unread.
	ReadAt time.Time
	// Claim is nil when nobody has taken it.
	Claim *Claim
}

// NotificationQuery asks for a part of a person's notifications, newest first.
type NotificationQuery struct {
	// Type narrows to one event type; "" for all.
	Type string
	// Unread leaves out what this person has read.
	Unread bool
	// After leaves out everything up to a position of the tenant's feeds; nil
	// for no such limit. A position of another epoch means nothing here and
	// leaves nothing out.
	After *Position
	// Since leaves out what was committed at or before it; zero for no limit.
	Since time.Time
	// Cursor is Page.Next of the part before; "" for the first.
	Cursor string
	// Limit is how many items to return at most, from 1 to MaxPageLimit.
	Limit int
}

// ReadState is what a person has not read yet, as of one moment.
type ReadState struct {
	UnreadCount int64
	// Head is the position of the person's feed that UnreadCount includes.
	Head Position
	// Version is the number of the tenant's control feed at that moment; a
	// higher version is a later state.
	Version int64
}

// Reader is whose list of notifications is meant.
type Reader struct {
	Tenant   string
	UserID   string
	Audience Audience
}
