package httpapi

import (
	"context"
	"time"

	"harang.dev/harang"
)

// DeliveryTrace has the times at which one event passed each step of its delivery on this node. A zero time means that
// the step has not happened.
type DeliveryTrace struct {
	Type                           string
	Committed, Relayed, Sent, Seen time.Time
	Listeners, SeenBy              int
}

type deliveryTraceInput struct {
	ID string `path:"id" maxLength:"128"`
}

type deliveryTraceOutput struct {
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

// deliveryTrace answers NOT_FOUND for an event that this node has not delivered, or that is not among the newest 4096.
func (a *API) deliveryTrace(
	_ context.Context, caller harang.Identity, in *deliveryTraceInput,
) (*deliveryTraceOutput, error) {
	var trace DeliveryTrace
	found := false
	if a.DeliveryTrace != nil {
		trace, found = a.DeliveryTrace(caller.Tenant, in.ID)
	}
	if !found {
		return nil, harang.Errorf(harang.CodeNotFound, "this node has not recently delivered this event")
	}
	since := func(t time.Time) *int64 {
		if t.IsZero() {
			return nil
		}
		return new(t.Sub(trace.Committed).Milliseconds())
	}
	out := &deliveryTraceOutput{}
	b := &out.Body
	b.EventID, b.Type, b.Listeners, b.SeenBy = in.ID, trace.Type, trace.Listeners, trace.SeenBy
	b.CommittedAt, b.RelayedAt = instant(trace.Committed), timeOrNull(trace.Relayed)
	b.SentAt, b.SeenAt = timeOrNull(trace.Sent), timeOrNull(trace.Seen)
	b.RelayedMs, b.SentMs, b.SeenMs = since(trace.Relayed), since(trace.Sent), since(trace.Seen)
	return out, nil
}
