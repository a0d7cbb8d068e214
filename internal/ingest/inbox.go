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
	// inboxEvery is the time between two polls of the inbox.
	inboxEvery = 200 * time.Millisecond
	// inboxBatch is how many events one transaction takes.
	inboxBatch = 100
)

// Inbox is the table into which other applications insert events in their own
// transactions: an event is queued exactly when its cause is committed.
type Inbox interface {
	// TakeInbox removes at most limit queued events, a tenant's oldest first, and appends
	// those that validate turns into events. Those for which it returns a reason
	// instead stay in the inbox with that reason. validate may be called again
	// for the same event.
	TakeInbox(ctx context.Context, limit int, validate func(Queued) (harang.Event, string)) (InboxCounts, error)
}

// Queued is an event that another application left in the inbox, unchecked.
type Queued struct {
	Tenant string
	// Source and ID name it where it came from.
	Source, ID string
	Type       string
	// Data is the payload's JSON, and Size its bytes in the inbox: what is far too large for an event is left out.
	Data string
	Size int
}

// InboxCounts count queued events by their outcome.
type InboxCounts struct {
	// Accepted became events, Duplicates had become one before, Refused stay in
	// the inbox with the reason.
	Accepted, Duplicates, Refused int
}

// All is the number of events counted.
func (c InboxCounts) All() int { return c.Accepted + c.Duplicates + c.Refused }

// InboxWorker moves queued events from an inbox into the feeds. Any number of
// workers may run on the same inbox.
type InboxWorker struct {
	intake  *Intake
	inbox   Inbox
	log     *slog.Logger
	events  *prometheus.CounterVec
	failing bool // belongs to Run
}

// NewInboxWorker builds a worker. A nil registry means no metrics.
func NewInboxWorker(intake *Intake, inbox Inbox, log *slog.Logger, r prometheus.Registerer) *InboxWorker {
	w := &InboxWorker{intake: intake, inbox: inbox, log: log, events: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "harang_ingest_inbox_events_total",
		Help: "Events queued by other applications in the database, by outcome.",
	}, []string{"result"})}
	if r != nil {
		r.MustRegister(w.events)
	}
	return w
}

// Run polls the inbox five times a second until ctx ends, and returns nil then.
// Failures are logged once per outage and retried.
func (w *InboxWorker) Run(ctx context.Context) error {
	ticker := time.NewTicker(inboxEvery)
	defer ticker.Stop()
	for {
		w.drain(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// drain takes batches until the inbox is empty.
func (w *InboxWorker) drain(ctx context.Context) {
	for ctx.Err() == nil {
		counts, err := w.Take(ctx)
		if err != nil {
			if ctx.Err() == nil && !w.failing {
				w.failing = true
				w.log.WarnContext(ctx, "inbox read failed; retrying", "err", err)
			}
			return
		}
		w.failing = false
		if counts.All() == 0 {
			return
		}
	}
}

// Take takes one batch.
func (w *InboxWorker) Take(ctx context.Context) (InboxCounts, error) {
	counts, err := w.inbox.TakeInbox(ctx, inboxBatch, w.validate)
	if err != nil {
		return counts, err
	}
	for result, n := range map[string]int{
		"accepted": counts.Accepted, "duplicate": counts.Duplicates, "refused": counts.Refused,
	} {
		if n > 0 {
			w.events.WithLabelValues(result).Add(float64(n))
		}
	}
	if counts.Refused > 0 {
		w.log.WarnContext(ctx, "queued events refused; see the column problem of event_inbox", "events", counts.Refused)
	}
	return counts, nil
}

// validate applies the rules of events sent by HTTP to a queued event.
func (w *InboxWorker) validate(q Queued) (harang.Event, string) {
	in := Incoming{Source: q.Source, ID: q.ID, Type: q.Type, Data: []byte(q.Data)}
	err := in.check("1.0", "", nil, "")
	if err == nil && max(q.Size, len(q.Data)) > harang.MaxEventBytes {
		err = tooLarge()
	}
	var event harang.Event
	if err == nil {
		event, err = w.intake.event(q.Tenant, in)
	}
	return event, problem(err)
}

// problem is an error in one line, "" for nil.
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
