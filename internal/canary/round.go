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

// ear is a listener that notes which marks it heard.
type ear struct {
	// mu guards the following: Reset may come at any time.
	mu    sync.Mutex
	feed  harang.FeedID
	heard []string
	reset bool
}

// Feed is what the ear may hear now.
func (e *ear) Feed() harang.FeedID {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.feed
}

// Deliver notes the marks.
func (e *ear) Deliver(r *feed.Run) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, it := range r.Items {
		e.heard = append(e.heard, it.EventID)
	}
}

// Reset notes that the numbering began anew, which nobody may make it do.
func (e *ear) Reset() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.reset = true
}

// turn makes the ear one of another feed.
func (e *ear) turn(to harang.FeedID) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.feed = to
}

// want returns what is wrong unless the ear heard exactly these marks.
func (e *ear) want(who string, marks ...string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.reset || !slices.Equal(e.heard, marks) {
		return fmt.Errorf("%s heard %q, reset %t, want %q", who, e.heard, e.reset, marks)
	}
	return nil
}

// round passes a mark through each feed and tries what must not work. It
// returns everything that was wrong.
func (c *Canary) round(ctx context.Context, hub Hub) error {
	rehearsed := hub.Isolation().Rehearsed
	ears := map[harang.FeedID]*ear{}
	for _, id := range feeds() {
		ears[id] = &ear{feed: id}
		m, start, err := hub.Join(ctx, id, feed.Start{}, ears[id])
		if err != nil {
			return fmt.Errorf("join %s: %w", id, err)
		}
		defer m.Leave()
		if len(start.Replay) > 0 || start.Gap != nil {
			return fmt.Errorf("a first connection to %s was replayed %d entries, gap %v", id, len(start.Replay), start.Gap)
		}
	}
	first, second := feeds()[1], feeds()[3]
	var wrong []error

	// Of another tenant by the time of the delivery: the comparison before the
	// write must stop it.
	turncoat := &ear{feed: first}
	m, _, err := hub.Join(ctx, first, feed.Start{}, turncoat)
	if err != nil {
		return fmt.Errorf("join %s: %w", first, err)
	}
	defer m.Leave()
	turncoat.turn(second)

	// Of another tenant from the beginning: it must not get in.
	intruder := &ear{feed: second}
	if m, _, err := hub.Join(ctx, first, feed.Start{}, intruder); err == nil {
		defer m.Leave()
		wrong = append(wrong, fmt.Errorf("a listener of %s was let into %s", second, first))
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
		wrong = append(wrong, ears[id].want("the listener of "+id.String(), marks[id]))
	}
	wrong = append(wrong,
		turncoat.want("a listener of "+second.String()+" within "+first.String()),
		intruder.want("a listener of "+second.String()+" that asked for "+first.String()))
	for _, id := range feeds() {
		wrong = append(wrong, replays(ctx, hub, id, before, marks[id]))
	}
	// One stopped at the door, one before the write.
	if n := hub.Isolation().Rehearsed - rehearsed; n != 2 {
		wrong = append(wrong, fmt.Errorf("%d forbidden tries were stopped, want 2", n))
	}
	return errors.Join(wrong...)
}

// replays comes back to a feed with the position of before the mark, and with
// those of the other feeds, which mean nothing there.
func replays(ctx context.Context, hub Hub, id harang.FeedID, before map[harang.FeedID]harang.Position, mark string) error {
	var wrong []error
	for of, position := range before {
		m, start, err := hub.Join(ctx, id, feed.Start{Resume: true, Readable: true, Position: position}, &ear{feed: id})
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
			wrong = append(wrong, fmt.Errorf("%s was replayed %q, recovered %t, want %q", id, got, start.Recovered, mark))
		case of != id && (start.Recovered || len(got) > 0 || start.Gap == nil || start.Gap.Reason != feed.ReasonEpoch):
			wrong = append(wrong, fmt.Errorf("%s was replayed %q for a position of %s", id, got, of))
		}
	}
	return errors.Join(wrong...)
}
