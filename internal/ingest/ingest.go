// Package ingest accepts events of other applications: it reads CloudEvents 1.0,
// validates their payloads against the registered event types, and appends them.
//
// A batch is accepted whole or not at all. An event is identified by (tenant,
// source, id): sending it again is harmless and returns the event that the first
// one became. The tenant comes from the caller's API key. Products, partners and
// transactions that an event names need not exist here.
package ingest

import (
	"context"
	"errors"
	"time"

	"harang.dev/harang"
)

// ownSources is the prefix of the sources of Harang's own events. Other
// applications may not use it: with an event of such a source, a later one of
// Harang would count as a duplicate.
const ownSources = "harang:"

// Store keeps events. The package store implements it.
type Store interface {
	// AppendEvents appends events in one transaction, all or none, and returns
	// the results in the order of the events.
	AppendEvents(ctx context.Context, events []harang.Event) ([]Appended, error)
}

// Appended is the result of appending an event.
type Appended struct {
	// EventID is the stored event's id: for a repeat, that of the first one.
	EventID string
	// Duplicate says that the event was known already and was not stored again.
	Duplicate bool
}

// Intake accepts other applications' events.
type Intake struct {
	store Store
	newID func() string
}

// New builds an Intake over a store.
func New(store Store, newID func() string) *Intake { return &Intake{store: store, newID: newID} }

// Accepted is the answer for one event.
type Accepted struct {
	// ID is the event's id at its source, EventID its id here.
	ID, EventID string
	// Duplicate says that the event was known already.
	Duplicate bool
}

// Accept validates the payloads and appends the events, all or none. The answers
// are in the order of the events. Codes: FORBIDDEN, INVALID_REQUEST naming the
// field, EVENT_TOO_LARGE, UNAVAILABLE.
func (i *Intake) Accept(ctx context.Context, caller harang.Identity, incoming []Incoming) ([]Accepted, error) {
	if err := caller.Can(harang.ActionSendEvents); err != nil {
		return nil, err
	}
	events := make([]harang.Event, len(incoming))
	for n, in := range incoming {
		e, err := i.event(caller.Tenant, in)
		if err != nil {
			return nil, err
		}
		events[n] = e
	}
	if len(events) == 0 {
		return nil, nil
	}
	appended, err := i.store.AppendEvents(ctx, events)
	if err != nil {
		return nil, err
	}
	accepted := make([]Accepted, len(events))
	for n, a := range appended {
		accepted[n] = Accepted{ID: incoming[n].ID, EventID: a.EventID, Duplicate: a.Duplicate}
	}
	return accepted, nil
}

// event builds the event to append. The commit sets its time.
func (i *Intake) event(tenant string, in Incoming) (harang.Event, error) {
	t, ok := harang.FindEventType(in.Type)
	if !ok || t.Control() {
		return harang.Event{}, invalid(in.path+"type", "is not known")
	}
	payload, err := t.Parse(in.Data)
	if err != nil {
		return harang.Event{}, prefixFields(err, in.path)
	}
	e, err := harang.NewEvent(t, i.newID(), tenant, time.Time{}, payload)
	if err != nil {
		return harang.Event{}, prefixFields(err, in.path)
	}
	e.Source, e.SourceID = in.Source, in.ID
	return e, nil
}

// prefixFields puts the path of the event in its batch before the fields.
func prefixFields(err error, path string) error {
	var e *harang.Error
	if path == "" || !errors.As(err, &e) {
		return err
	}
	fields := make([]harang.FieldError, len(e.Fields))
	for n, f := range e.Fields {
		fields[n] = harang.FieldError{Field: path + f.Field, Detail: f.Detail}
	}
	if e.Code == harang.CodeInvalidRequest {
		return harang.Invalid(fields...)
	}
	return err
}
