package httpapi

import (
	"context"
	"time"

	"harang.dev/harang"
)

// DeliveryTrace is when one event passed each step of delivery on this node. A zero time:
// the step has not happened yet.
type DeliveryTrace struct {
	Type                           string
	Committed, Relayed, Sent, Seen time.Time
	Listeners, SeenBy              int
}

type journeyInput struct {
	ID string `path:"id" maxLength:"128"`
}

type journeyOutput struct {
	Body struct {
		EventID     string          `json:"eventId"`
		Type        string          `json:"type"`
		CommittedAt instant         `json:"committedAt"`
		RelayedAt   orNull[instant] `json:"relayedAt" doc:"when this node began to deliver it"`
		SentAt      orNull[instant] `json:"sentAt" doc:"when it had been written to this node's last listener"`
		SeenAt      orNull[instant] `json:"seenAt" doc:"when it first stood on somebody's screen"`
		Listeners   int             `json:"listeners" doc:"to how many connections of this node it was written live"`
		SeenBy      int             `json:"seenBy" doc:"how often a page said that it was on the screen"`
		RelayedMs   *int64          `json:"relayedMs" doc:"milliseconds from commit to the start of delivery"`
		SentMs      *int64          `json:"sentMs" doc:"milliseconds from commit to the last listener"`
		SeenMs      *int64          `json:"seenMs" doc:"milliseconds from commit to the first screen"`
	}
}

// journey answers NOT_FOUND for an event that this node did not deliver, or
// delivered too long ago: the newest 4096 are remembered.
func (a *API) journey(_ context.Context, id harang.Identity, in *journeyInput) (*journeyOutput, error) {
	var j DeliveryTrace
	known := false
	if a.DeliveryTrace != nil {
		j, known = a.DeliveryTrace(id.Tenant, in.ID)
	}
	if !known {
		return nil, harang.Errorf(harang.CodeNotFound, "this node remembers no such event")
	}
	since := func(t time.Time) *int64 {
		if t.IsZero() {
			return nil
		}
		return new(t.Sub(j.Committed).Milliseconds())
	}
	out := &journeyOutput{}
	b := &out.Body
	b.EventID, b.Type, b.Listeners, b.SeenBy = in.ID, j.Type, j.Listeners, j.SeenBy
	b.CommittedAt, b.RelayedAt, b.SentAt, b.SeenAt = instant(j.Committed), maybe(j.Relayed), maybe(j.Sent), maybe(j.Seen)
	b.RelayedMs, b.SentMs, b.SeenMs = since(j.Relayed), since(j.Sent), since(j.Seen)
	return out, nil
}
