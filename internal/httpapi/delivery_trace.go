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
		SentAt      orNull[instant] `json:"sentAt" doc:"when it was written to the last of this node's connections"`
		SeenAt      orNull[instant] `json:"seenAt" doc:"when it was first reported as seen"`
		Listeners   int             `json:"listeners" doc:"number of connections of this node to which it was sent live"`
		SeenBy      int             `json:"seenBy" doc:"number of reports that it was on a screen"`
		RelayedMs   *int64          `json:"relayedMs" doc:"milliseconds from commit to the start of delivery"`
		SentMs      *int64          `json:"sentMs" doc:"milliseconds from commit to the last connection"`
		SeenMs      *int64          `json:"seenMs" doc:"milliseconds from commit to the first report"`
	}
}

// deliveryTrace answers NOT_FOUND for an event that this node did not deliver or
// delivered before the newest 4096.
func (a *API) deliveryTrace(_ context.Context, caller harang.Identity, in *journeyInput) (*journeyOutput, error) {
	var j DeliveryTrace
	found := false
	if a.DeliveryTrace != nil {
		j, found = a.DeliveryTrace(caller.Tenant, in.ID)
	}
	if !found {
		return nil, harang.Errorf(harang.CodeNotFound, "this node has not delivered this event lately")
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
	b.CommittedAt, b.RelayedAt, b.SentAt, b.SeenAt = instant(
		j.Committed,
	), timeOrNull(
		j.Relayed,
	), timeOrNull(
		j.Sent,
	), timeOrNull(
		j.Seen,
	)
	b.RelayedMs, b.SentMs, b.SeenMs = since(j.Relayed), since(j.Sent), since(j.Seen)
	return out, nil
}
