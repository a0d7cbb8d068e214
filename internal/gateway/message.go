package gateway

import (
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/feed"
)

// This file has every JSON object that the namespace sends or receives, apart from the feed events themselves, which
// package harang registers. The struct tags are the reference for clients: json names the member, doc describes it,
// enum lists its values, format is JSON Schema's. A pointer is a member that may be null; omitempty is a member that
// may be absent.

// Sender is who sends a message.
type Sender string

// The senders.
const (
	Server Sender = "server"
	Client Sender = "client"
)

// Message describes one event of the namespace for documents.
type Message struct {
	// Name is the Socket.IO event's name.
	Name   string
	Sender Sender
	// Summary is one or two sentences.
	Summary string
	// Body is a zero value of the event's first argument, a struct; nil when the event has no argument.
	Body any
	// Position is true when the event ends in a second argument: the position after it, a string.
	Position bool
	// Answer is a zero value of the acknowledgement's only argument, a struct; nil when none is asked for.
	Answer any
	// Refusable is true when the acknowledgement can be a RefusedAnswer instead of Answer.
	Refusable bool
}

// Messages describes the events of the namespace in the order of the documents: those of the server first. The feed
// events of harang.EventTypes are not among them: each has the body {eventId, timestamp, type, data} and ends in a
// position.
func Messages() []Message {
	return []Message{
		{
			Name: "session", Sender: Server, Body: SessionMessage{}, Position: true,
			Summary: "The first event of every connection. The next `replayed` events are the replay, oldest first.",
		},
		{
			Name: "notifications", Sender: Server, Body: NotificationsMessage{},
			Summary: "Sent to all connections of a user whenever that user reads notifications.",
		},
		{
			Name: "claim", Sender: Server, Body: ClaimMessage{},
			Summary: "Sent to everybody who may see the event when somebody takes it over or gives it back.",
		},
		{
			Name: "test_alert", Sender: Server, Body: TestAlertMessage{},
			Summary: "Sent to the connections of the user who called POST /api/v1/self-check/alert. " +
				"It is in no feed, not counted and not replayed.",
		},
		{
			Name: "new_login", Sender: Server, Body: NewLoginMessage{},
			Summary: "Sent to the user's other connections after a login with a browser in which the account had " +
				"not signed in before. It is in no feed, not counted and not replayed.",
		},
		{
			Name: "goodbye", Sender: Server, Body: GoodbyeMessage{},
			Summary: "Sent before the server ends a connection.",
		},
		{
			Name: "subscribe", Sender: Client, Body: SubscribeRequest{}, Answer: SubscribeAnswer{}, Refusable: true,
			Summary: "Name a room. The connection's own rooms change nothing; any other room is FORBIDDEN.",
		},
		{
			Name: "refresh", Sender: Client, Body: RefreshRequest{}, Answer: RefreshAnswer{}, Refusable: true,
			Summary: "Continue with a newer access token of the same user.",
		},
		{
			Name: "clock", Sender: Client, Answer: ClockAnswer{},
			Summary: "Ask for the server's time, and so whether the connection works.",
		},
		{
			Name: "seen", Sender: Client, Body: SeenRequest{}, Answer: SeenAnswer{}, Refusable: true,
			Summary: "Report which events are on screen in a visible tab.",
		},
	}
}

// ConnectPayload is the payload of CONNECT. The stock client adds pid and offset on a reconnect.
type ConnectPayload struct {
	Token  string `json:"token" doc:"access token, without a prefix"`
	PID    string `json:"pid,omitempty" doc:"pid of the earlier connection, as CONNECT answered it"`
	Offset string `json:"offset,omitempty" doc:"last position received"`
}

// ConnectError is the data of a CONNECT_ERROR. Its message is the code.
type ConnectError struct {
	Code         harang.Code `json:"code" enum:"UNAUTHENTICATED,TOKEN_EXPIRED,FORBIDDEN,PASSWORD_CHANGE_REQUIRED,TENANT_CONNECTION_LIMIT,USER_CONNECTION_LIMIT"`
	Limit        int         `json:"limit,omitempty" doc:"the limit that is reached"`
	RetryAfterMs int64       `json:"retryAfterMs,omitempty" doc:"milliseconds to wait before the next CONNECT"`
}

// SessionMessage is the body of session.
type SessionMessage struct {
	ConnectionID   string      `json:"connectionId" doc:"id of this connection"`
	TenantID       string      `json:"tenantId" doc:"id of the tenant"`
	Role           harang.Role `json:"role" enum:"OPERATOR,STORE_MANAGER,ADMIN,DISPLAY" doc:"role of the user now; DISPLAY for a display, which reads the operators' feed"`
	Rooms          []string    `json:"rooms" doc:"rooms that the connection is in"`
	Position       string      `json:"position" doc:"position before the first event that follows"`
	Head           string      `json:"head" doc:"position of the feed's newest event"`
	Recovered      bool        `json:"recovered" doc:"true exactly when no event is missing"`
	Replayed       int         `json:"replayed" doc:"how many events follow as replay"`
	Gap            *feed.Gap   `json:"gap" doc:"what is missing; null when nothing is"`
	Version        int64       `json:"version" doc:"number of the newest control entry applied"`
	ServerTime     string      `json:"serverTime" format:"date-time" doc:"the server's time, RFC 3339, UTC"`
	TokenExpiresAt *string     `json:"tokenExpiresAt" format:"date-time" doc:"when the access token expires, or null"`
}

// NotificationsMessage is the body of notifications.
type NotificationsMessage struct {
	UnreadCount int64  `json:"unreadCount" doc:"how many notifications are unread"`
	Head        string `json:"head" doc:"position up to which unreadCount counts"`
	Version     int64  `json:"version" doc:"of two messages, the one with the higher version is newer"`
}

// ClaimMessage is the body of claim.
type ClaimMessage struct {
	EventID string         `json:"eventId" doc:"id of the event"`
	By      *harang.Person `json:"by" doc:"who takes care of it; null when given back"`
	At      string         `json:"at" format:"date-time" doc:"when it was taken over or given back"`
}

// TestAlertMessage is the body of test_alert.
type TestAlertMessage struct {
	ID     string        `json:"id" doc:"id that the POST answered"`
	At     string        `json:"at" format:"date-time" doc:"commit time, RFC 3339, UTC, milliseconds"`
	SentAt string        `json:"sentAt" format:"date-time" doc:"when it was sent, by the sending node's clock"`
	By     harang.Person `json:"by" doc:"who asked for it"`
}

// NewLoginMessage is the body of new_login.
type NewLoginMessage struct {
	Device string `json:"device" doc:"browser and system, e.g. Firefox, Linux; empty when unknown"`
	At     string `json:"at" format:"date-time" doc:"when, RFC 3339, UTC, milliseconds"`
}

// GoodbyeMessage is the body of goodbye.
type GoodbyeMessage struct {
	Code harang.Code `json:"code" doc:"why the connection ends" enum:"LOGGED_OUT,USER_DISABLED,TOKEN_EXPIRED,ROLE_CHANGED,SLOW_CONSUMER,SERVER_DRAINING,RATE_LIMITED,CLOSED_BY_ADMIN,FEEDS_RESET"`
	// Reconnect is false when the client must not come back by itself.
	Reconnect    bool  `json:"reconnect" doc:"whether the client should connect again by itself"`
	RetryAfterMs int64 `json:"retryAfterMs" doc:"milliseconds to wait before connecting again"`
}

// SubscribeRequest is the body of subscribe.
type SubscribeRequest struct {
	Room string `json:"room" doc:"name of a room"`
}

// SubscribeAnswer acknowledges subscribe.
type SubscribeAnswer struct {
	OK       bool     `json:"ok" enum:"true"`
	Rooms    []string `json:"rooms" doc:"rooms that the connection is in"`
	Position string   `json:"position" doc:"position of the last event sent to the connection"`
}

// RefreshRequest is the body of refresh.
type RefreshRequest struct {
	Token string `json:"token" doc:"a newer access token of the same user"`
}

// RefreshAnswer acknowledges refresh.
type RefreshAnswer struct {
	OK             bool    `json:"ok" enum:"true"`
	TokenExpiresAt *string `json:"tokenExpiresAt" format:"date-time" doc:"when the access token expires, or null"`
}

// ClockAnswer acknowledges clock.
type ClockAnswer struct {
	ServerTime string `json:"serverTime" format:"date-time" doc:"the server's time, RFC 3339, UTC"`
}

// SeenRequest is the body of seen.
type SeenRequest struct {
	EventIDs []string `json:"eventIds" maxItems:"200" doc:"ids of the events on screen"`
}

// SeenAnswer acknowledges seen.
type SeenAnswer struct {
	OK bool `json:"ok" enum:"true"`
}

// RefusedAnswer acknowledges a request that was refused.
type RefusedAnswer struct {
	OK    bool         `json:"ok" enum:"false"`
	Error RefusedError `json:"error"`
}

// RefusedError is why.
type RefusedError struct {
	Code harang.Code `json:"code" doc:"FORBIDDEN, INVALID_REQUEST, UNAUTHENTICATED, TOKEN_EXPIRED, PASSWORD_CHANGE_REQUIRED or UNAVAILABLE"`
}

func formatTime(at time.Time) string { return at.UTC().Format(harang.TimeFormat) }

// formatExpiry returns nil, JSON's null, for a credential that never expires.
func formatExpiry(at time.Time) *string {
	if at.IsZero() {
		return nil
	}
	s := formatTime(at)
	return &s
}
