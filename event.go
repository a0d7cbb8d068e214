package harang

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"slices"
	"strings"
	"time"
)

// MaxEventBytes is the largest size of an event's JSON as clients receive it;
// EVENT_TOO_LARGE above it.
const MaxEventBytes = 16 << 10

// TimeFormat is the format of instants in answers and events: RFC 3339, UTC,
// always three digits of milliseconds.
const TimeFormat = "2006-01-02T15:04:05.000Z"

// Event is something that happened and that people (or nodes) are notified of. It
// is appended in the transaction that caused it.
type Event struct {
	// ID identifies the event in Harang, a UUIDv7.
	ID string
	// Tenant is the id of the tenant to which the event belongs.
	Tenant string
	// Type is a registered event type.
	Type string
	// Time is the commit time, UTC, to the millisecond.
	Time time.Time
	// Data is the payload: the type's struct as JSON.
	Data json.RawMessage
	// Source and SourceID identify the event at its origin; a second event with
	// the same (tenant, source, id) is a repeat and is dropped. Both empty: no
	// such check.
	Source, SourceID string
	// LocationID is the location that the event is about; "" for none. NewEvent sets it from
	// a payload that names it; the commit sets it when the payload names a rental or a
	// payment that was made here.
	LocationID string
}

// JSON is the event as clients receive it: {eventId, timestamp, type, data}.
func (e Event) JSON() []byte {
	b := make([]byte, 0, len(e.Data)+160)
	b = append(b, `{"eventId":`...)
	b = appendString(b, e.ID)
	b = append(b, `,"timestamp":"`...)
	b = e.Time.UTC().AppendFormat(b, TimeFormat)
	b = append(b, `","type":`...)
	b = appendString(b, e.Type)
	b = append(b, `,"data":`...)
	b = append(b, e.Data...)
	return append(b, '}')
}

func appendString(b []byte, s string) []byte {
	q, _ := json.Marshal(s) //nolint:errchkjson // a string always marshals
	return append(b, q...)
}

// Payload is the data of one event type, a struct. Check returns the errors in its
// fields, nil when it is valid.
type Payload interface{ Check() []FieldError }

// placed is a payload that names its location.
type placed interface{ Location() string }

// EventType is one registered kind of event.
type EventType struct {
	// Name is the type's name on every wire.
	Name string
	// Audiences are the feeds to which the event is appended. The filter is
	// applied on writing, so no feed contains what its readers may not see.
	Audiences []Audience
	// payload is the payload's zero value.
	payload Payload
	// parse decodes and validates a payload; strict refuses unknown and missing
	// members.
	parse   func(data json.RawMessage, strict bool) (Payload, error)
	revokes bool
}

// Control reports whether the type belongs to the control feed. Such events are
// neither accepted from other applications nor shown to people.
func (t EventType) Control() bool { return slices.Contains(t.Audiences, AudienceControl) }

// Payload returns the zero value of the type's payload, for descriptions.
func (t EventType) Payload() Payload { return t.payload }

// Revoking reports whether entries of the control type revoke a right.
func (t EventType) Revoking() bool { return t.revokes }

// revoking registers a control type as revoking.
func (t EventType) revoking() EventType {
	t.revokes = true
	eventTypes[t.Name] = t
	return t
}

// In reports whether feeds of audience a contain the type.
func (t EventType) In(a Audience) bool { return slices.Contains(t.Audiences, a) }

// Parse reads a payload from outside strictly: unknown, missing or wrong fields
// are an INVALID_REQUEST that names them.
func (t EventType) Parse(data json.RawMessage) (Payload, error) { return t.parse(data, true) }

// ParseStored reads a payload that this or another version has stored: unknown and
// missing fields are ignored. Wrong ones are an INVALID_REQUEST that names them.
func (t EventType) ParseStored(data json.RawMessage) (Payload, error) { return t.parse(data, false) }

var (
	eventTypes     = map[string]EventType{}
	eventTypeNames []string
)

// registerEvent registers an event type. It is called from the variable
// declarations of the event's file and panics for a second type of the same name.
func registerEvent[P Payload](name string, audiences ...Audience) EventType {
	if _, taken := eventTypes[name]; taken {
		panic("harang: event type " + name + " is registered twice")
	}
	parse := func(data json.RawMessage, strict bool) (Payload, error) {
		var p P
		if err := decodeOne(data, &p, strict); err != nil {
			return nil, err
		}
		var wrong []FieldError
		if strict {
			wrong = missing(data, reflect.TypeFor[P]())
		}
		for _, w := range p.Check() {
			if !slices.ContainsFunc(wrong, func(m FieldError) bool { return m.Field == w.Field }) {
				wrong = append(wrong, w)
			}
		}
		if len(wrong) > 0 {
			for i := range wrong {
				wrong[i].Field = "data." + wrong[i].Field
			}
			return nil, Invalid(wrong...)
		}
		return p, nil
	}
	var zero P
	t := EventType{Name: name, Audiences: audiences, payload: zero, parse: parse}
	eventTypes[name] = t
	eventTypeNames = append(eventTypeNames, name)
	slices.Sort(eventTypeNames)
	return t
}

// FindEventType returns the registered type of that name.
func FindEventType(name string) (EventType, bool) {
	t, ok := eventTypes[name]
	return t, ok
}

// ControlTypes returns the types of the control feed, by name.
func ControlTypes() []EventType {
	var types []EventType
	for _, name := range eventTypeNames {
		if t := eventTypes[name]; t.Control() {
			types = append(types, t)
		}
	}
	return types
}

// EventTypes returns the types of the feeds that people read, by name.
func EventTypes() []EventType {
	var types []EventType
	for _, name := range eventTypeNames {
		if t := eventTypes[name]; !t.Control() {
			types = append(types, t)
		}
	}
	return types
}

// NewEvent builds an event of type t. INVALID_REQUEST when the payload is not
// valid, EVENT_TOO_LARGE when its JSON is larger than MaxEventBytes. An empty id
// and a zero time are set at the commit.
func NewEvent(t EventType, id, tenant string, at time.Time, payload Payload) (Event, error) {
	if wrong := payload.Check(); len(wrong) > 0 {
		return Event{}, Invalid(wrong...)
	}
	data, err := json.Marshal(payload)
	if err != nil {
		return Event{}, Wrap(CodeInvalidRequest, err, "the event cannot be written as JSON")
	}
	e := Event{ID: id, Tenant: tenant, Type: t.Name, Time: at.UTC().Truncate(time.Millisecond), Data: data}
	if p, ok := payload.(placed); ok {
		e.LocationID = p.Location()
	}
	if len(e.JSON()) > MaxEventBytes {
		return Event{}, Errorf(CodeEventTooLarge, "an event's JSON may have %d bytes at most", MaxEventBytes)
	}
	return e, nil
}

// decodeOne decodes exactly one JSON value; strict refuses unknown members.
func decodeOne(data json.RawMessage, into any, strict bool) error {
	d := json.NewDecoder(bytes.NewReader(data))
	if strict {
		d.DisallowUnknownFields()
	}
	if err := d.Decode(into); err != nil {
		var wrongType *json.UnmarshalTypeError
		switch {
		case errors.As(err, &wrongType):
			field := "data"
			if wrongType.Field != "" {
				field += "." + wrongType.Field
			}
			return Invalid(
				FieldError{field, "must be " + jsonName(wrongType.Type.Kind().String()) + ", not " + wrongType.Value},
			)
		case strings.HasPrefix(err.Error(), "json: unknown field "):
			name := strings.Trim(strings.TrimPrefix(err.Error(), "json: unknown field "), `"`)
			return Invalid(FieldError{"data." + name, "is not a field of this event"})
		default:
			return Invalid(FieldError{"data", "is not JSON of the right shape"})
		}
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Invalid(FieldError{"data", "has something after its JSON"})
	}
	return nil
}

// missing returns the members of a payload of type t that data lacks or has as
// null: 0 and "" have to be sent.
func missing(data json.RawMessage, t reflect.Type) (wrong []FieldError) {
	var members map[string]json.RawMessage
	_ = json.Unmarshal(data, &members) // it was decoded before; null has no members
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		if value, there := members[name]; !there || string(value) == "null" {
			wrong = append(wrong, FieldError{name, "is missing"})
		}
	}
	return wrong
}

func jsonName(kind string) string {
	switch {
	case strings.HasPrefix(kind, "int"), strings.HasPrefix(kind, "uint"):
		return "a whole number"
	case kind == "string":
		return "a string"
	case kind == "struct", kind == "map":
		return "an object"
	}
	return "of type " + kind
}
