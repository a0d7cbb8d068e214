package canary

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"harang.dev/harang"
	"harang.dev/harang/internal/feed"
	"harang.dev/harang/internal/outbox"
)

// feeds are the four feeds of a round.
func feeds() []harang.FeedID {
	return []harang.FeedID{
		{Tenant: firstTenant, Audience: harang.AudienceOperators},
		{Tenant: firstTenant, Audience: harang.AudienceManagers},
		{Tenant: secondTenant, Audience: harang.AudienceOperators},
		{Tenant: secondTenant, Audience: harang.AudienceManagers},
	}
}

// probe is a listener that records the marks it received.
type probe[F any] struct {
	// mu guards the following: Reset may come at any time.
	mu       sync.Mutex
	feed     harang.FeedID
	received []string
	reset    bool
}

// Feed is the feed that the probe may receive now.
func (p *probe[F]) Feed() harang.FeedID {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.feed
}

// Deliver records the marks.
func (p *probe[F]) Deliver(r *feed.Run[F]) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, it := range r.Items {
		p.received = append(p.received, it.EventID)
	}
}

// Reset records a new epoch, which the canary's feeds never begin.
func (p *probe[F]) Reset() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.reset = true
}

// switchTo makes the probe a listener of another feed.
func (p *probe[F]) switchTo(to harang.FeedID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.feed = to
}

// want returns an error unless the probe received exactly these marks.
func (p *probe[F]) want(name string, marks ...string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.reset || !slices.Equal(p.received, marks) {
		return fmt.Errorf("%s received %q, reset %t, want %q", name, p.received, p.reset, marks)
	}
	return nil
}

// round sends a mark through each feed and tries what must be blocked. It returns
// everything that went wrong.
func (c *Canary[F]) round(ctx context.Context, hub Hub[F]) error {
	blockedBefore := hub.Isolation().CanaryBlocked
	probes := map[harang.FeedID]*probe[F]{}
	for _, id := range feeds() {
		probes[id] = &probe[F]{feed: id}
		m, start, err := hub.Join(ctx, id, feed.Start{}, probes[id])
		if err != nil {
			return fmt.Errorf("join %s: %w", id, err)
		}
		defer m.Leave()
		if len(start.Replay) > 0 || start.Gap != nil {
			return fmt.Errorf("a first connection to %s was replayed %d entries, gap %v",
				id, len(start.Replay), start.Gap)
		}
	}
	first, second := feeds()[1], feeds()[3]
	var wrong []error

	// A listener that belongs to another tenant by the time of the delivery: the
	// comparison before the delivery must block it.
	switchedListener := &probe[F]{feed: first}
	m, _, err := hub.Join(ctx, first, feed.Start{}, switchedListener)
	if err != nil {
		return fmt.Errorf("join %s: %w", first, err)
	}
	defer m.Leave()
	switchedListener.switchTo(second)

	// A listener of another tenant: Join must refuse it.
	intruder := &probe[F]{feed: second}
	if m, _, err := hub.Join(ctx, first, feed.Start{}, intruder); err == nil {
		defer m.Leave()
		wrong = append(wrong, fmt.Errorf("a listener of %s joined %s", second, first))
	} else if harang.ErrorCode(err) != harang.CodeForbidden {
		return fmt.Errorf("join %s as %s: %w", first, second, err)
	}

	before, marks := map[harang.FeedID]harang.Position{}, map[harang.FeedID]string{}
	for _, id := range feeds() {
		before[id], marks[id] = c.next(id), c.o.NewID()
		after := before[id]
		after.Number++
		event := harang.Event{ID: marks[id], Tenant: id.Tenant, Type: "canary", Time: c.o.Clock(), Data: []byte("{}")}
		head, fork, err := hub.Append(ctx, id, after.Epoch, after.Number, []outbox.Entry{{
			Number: after.Number, EventID: event.ID, Type: event.Type, Time: event.Time, Body: event.JSON(),
		}})
		if err != nil || fork || head != after {
			return errors.Join(fmt.Errorf("append to %s: head %s, want %s, fork %t", id, head, after, fork), err)
		}
	}
	for _, id := range feeds() {
		wrong = append(wrong, probes[id].want("the listener of "+id.String(), marks[id]))
	}
	wrong = append(wrong,
		switchedListener.want("a listener of "+second.String()+" within "+first.String()),
		intruder.want("a listener of "+second.String()+" that asked for "+first.String()))
	for _, id := range feeds() {
		wrong = append(wrong, replays(ctx, hub, id, before, marks[id]))
	}
	// One blocked by Join, one before the delivery.
	if n := hub.Isolation().CanaryBlocked - blockedBefore; n != 2 {
		wrong = append(wrong, fmt.Errorf("%d forbidden tries were blocked, want 2", n))
	}
	return errors.Join(wrong...)
}

// replays joins a feed with the position before the mark, and with those of the
// other feeds, which mean nothing there.
func replays[F any](
	ctx context.Context, hub Hub[F], id harang.FeedID, before map[harang.FeedID]harang.Position, mark string,
) error {
	var wrong []error
	for of, position := range before {
		m, start, err := hub.Join(
			ctx, id, feed.Start{Resume: true, Readable: true, Position: position}, &probe[F]{feed: id},
		)
		if err != nil {
			return fmt.Errorf("join %s again: %w", id, err)
		}
		m.Leave()
		var got []string
		for _, it := range start.Replay {
			if it.Feed != id {
				wrong = append(wrong, fmt.Errorf("%s was replayed an entry of %s", id, it.Feed))
			}
			got = append(got, it.EventID)
		}
		switch {
		case of == id && (!start.Recovered || !slices.Equal(got, []string{mark})):
			wrong = append(wrong, fmt.Errorf("%s was replayed %q, recovered %t, want %q",
				id, got, start.Recovered, mark))
		case of != id && (start.Recovered || len(got) > 0 || start.Gap == nil || start.Gap.Reason != feed.ReasonEpoch):
			wrong = append(wrong, fmt.Errorf("%s was replayed %q for a position of %s", id, got, of))
		}
	}
	return errors.Join(wrong...)
}
