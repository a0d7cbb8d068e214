package gateway

import (
	"encoding/json"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/feed"
	"harang.dev/harang/socketio"
)

// sessionMessage is the first event of every connection; its position follows
// as the second argument.
type sessionMessage struct {
	ConnectionID   string      `json:"connectionId"`
	TenantID       string      `json:"tenantId"`
	Role           harang.Role `json:"role"`
	Rooms          []string    `json:"rooms"`
	Position       string      `json:"position"`
	Head           string      `json:"head"`
	Recovered      bool        `json:"recovered"`
	Replayed       int         `json:"replayed"`
	Gap            *feed.Gap   `json:"gap"`
	Version        int64       `json:"version"`
	ServerTime     string      `json:"serverTime"`
	TokenExpiresAt *string     `json:"tokenExpiresAt"`
}

type readMessage struct {
	UnreadCount int64  `json:"unreadCount"`
	Head        string `json:"head"`
	Version     int64  `json:"version"`
}

type claimMessage struct {
	EventID string         `json:"eventId"`
	By      *harang.Person `json:"by"`
	At      string         `json:"at"`
}

type testAlertMessage struct {
	ID     string        `json:"id"`
	At     string        `json:"at"`
	SentAt string        `json:"sentAt"`
	By     harang.Person `json:"by"`
}

type goodbyeMessage struct {
	Code         harang.Code `json:"code"`
	Reconnect    bool        `json:"reconnect"`
	RetryAfterMs int64       `json:"retryAfterMs"`
}

func stamp(at time.Time) string { return at.UTC().Format(harang.TimeFormat) }

// stampOrNull is null for a credential that does not end.
func stampOrNull(at time.Time) *string {
	if at.IsZero() {
		return nil
	}
	s := stamp(at)
	return &s
}

// frame encodes a message of ours. It cannot fail for what we send; if it did,
// nothing would be sent and the log would say so.
func (g *Gateway) frame(event string, args ...any) *socketio.Frame {
	raw := make([]json.RawMessage, len(args))
	for i, arg := range args {
		b, err := json.Marshal(arg)
		if err != nil {
			g.unsendable(event, err)
			return nil
		}
		raw[i] = b
	}
	f, err := g.namespace.Encode(event, raw...)
	if err != nil {
		g.unsendable(event, err)
		return nil
	}
	return f
}

func (g *Gateway) unsendable(what string, err error) {
	g.metrics.unsendable.Inc()
	g.log.Error("a message cannot be encoded", "event", what, "err", err)
}

// encode is how every listener of a feed gets an entry: the event's name, the
// event, the position after it. It is called once per entry and feed.
func (g *Gateway) encode(it *feed.Item) any {
	position := make([]byte, 0, 48)
	position = append(position, '"')
	position = append(position, it.Position().String()...)
	position = append(position, '"')
	f, err := g.namespace.Encode(it.Type, json.RawMessage(it.Body), json.RawMessage(position))
	if err != nil {
		g.unsendable(it.EventID, err)
		return (*socketio.Frame)(nil)
	}
	return f
}

func (g *Gateway) encoded(it *feed.Item) *socketio.Frame {
	return it.Encoded(g.encodeItem).(*socketio.Frame)
}

// join is a round as one frame, made once per round.
func (g *Gateway) join(items []*feed.Item) any {
	if len(items) == 1 {
		return g.encoded(items[0])
	}
	frames := make([]*socketio.Frame, len(items))
	for i, it := range items {
		frames[i] = g.encoded(it)
	}
	return socketio.Join(frames...)
}
