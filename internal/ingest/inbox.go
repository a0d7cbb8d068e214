package ingest

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"harang.dev/harang"
)

const (
	// inboxEvery is the time between two looks into the inbox.
	inboxEvery = 200 * time.Millisecond
	// inboxBatch is how many events one transaction takes.
	inboxBatch = 100
)

// Inbox is the table where other applications leave events in their own
// transactions: the event is there exactly when what it tells of is.
type Inbox interface {
	// TakeInbox makes events of at most limit queued ones, oldest first, as
	// judge says: an event, or why it is none.
	TakeInbox(ctx context.Context, limit int, judge func(Queued) (harang.Event, string)) (InboxCounts, error)
}

// Queued is an event that another application left in the inbox, unchecked.
type Queued struct {
	Tenant string
	// Source and ID name it where it came from.
	Source, ID string
	Type       string
	// Data is the payload's JSON.
	Data string
}

// InboxCounts count queued events by their outcome.
type InboxCounts struct {
	// Accepted became events, Duplicates had become one before, Refused stay in
	// the inbox with the reason.
	Accepted, Duplicates, Refused int
}

// All is the number of events counted.
func (c InboxCounts) All() int { return c.Accepted + c.Duplicates + c.Refused }

// Clerk takes queued events out of an inbox and makes them ours. Any number of
// clerks may work at the same inbox.
type Clerk struct {
	intake  *Intake
	inbox   Inbox
	log     *slog.Logger
	events  *prometheus.CounterVec
	failing bool // belongs to Run
}

// NewClerk builds a clerk. A nil registry means no metrics.
func NewClerk(intake *Intake, inbox Inbox, log *slog.Logger, r prometheus.Registerer) *Clerk {
	c := &Clerk{intake: intake, inbox: inbox, log: log, events: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "harang_ingest_inbox_events_total", Help: "Events that other applications queued in the database, by what became of them.",
	}, []string{"result"})}
	if r != nil {
		r.MustRegister(c.events)
	}
	return c
}

// Run looks into the inbox five times a second until ctx ends, and returns nil
// then. What fails is logged and tried again.
func (c *Clerk) Run(ctx context.Context) error {
	ticker := time.NewTicker(inboxEvery)
	defer ticker.Stop()
	for {
		c.round(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// round takes everything that waits.
func (c *Clerk) round(ctx context.Context) {
	for ctx.Err() == nil {
		counts, err := c.Take(ctx)
		if err != nil {
			if ctx.Err() == nil && !c.failing {
				c.failing = true
				c.log.WarnContext(ctx, "queued events cannot be taken; it will be tried again", "err", err)
			}
			return
		}
		c.failing = false
		if counts.All() < inboxBatch {
			return
		}
	}
}

// Take takes one batch.
func (c *Clerk) Take(ctx context.Context) (InboxCounts, error) {
	counts, err := c.inbox.TakeInbox(ctx, inboxBatch, c.judge)
	if err != nil {
		return counts, err
	}
	for result, n := range map[string]int{"accepted": counts.Accepted, "duplicate": counts.Duplicates, "refused": counts.Refused} {
		if n > 0 {
			c.events.WithLabelValues(result).Add(float64(n))
		}
	}
	if counts.Refused > 0 {
		c.log.WarnContext(ctx, "queued events were refused; the reason stands beside them in event_inbox", "events", counts.Refused)
	}
	return counts, nil
}

// judge holds a queued event to the rules of those that come by HTTP.
func (c *Clerk) judge(q Queued) (harang.Event, string) {
	in := Incoming{Source: q.Source, ID: q.ID, Type: q.Type, Data: []byte(q.Data)}
	err := in.check("1.0", "", nil, "")
	if err == nil && len(q.Data) > harang.MaxEventBytes {
		err = tooLarge()
	}
	var event harang.Event
	if err == nil {
		event, err = c.intake.event(q.Tenant, in)
	}
	return event, problem(err)
}

// problem is what is wrong in one line, "" for nothing.
func problem(err error) string {
	var e *harang.Error
	if !errors.As(err, &e) {
		if err == nil {
			return ""
		}
		return err.Error()
	}
	parts := make([]string, len(e.Fields))
	for i, f := range e.Fields {
		parts[i] = f.Field + " " + f.Detail
	}
	if len(parts) == 0 {
		return e.Message
	}
	return strings.Join(parts, "; ")
}
