package harang

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// MaxEventBytes is the size of an event's JSON, as clients get it, above which
// it is refused with EVENT_TOO_LARGE.
const MaxEventBytes = 16 << 10

// TimeFormat is how instants are written for callers: RFC 3339, UTC, always
// three digits of milliseconds.
const TimeFormat = "2006-01-02T15:04:05.000Z"

// Event is something that happened and that people (or nodes) must hear of. It
// is appended in the transaction that made it true.
type Event struct {
	// ID is ours, a UUIDv7.
	ID string
	// Tenant is whose event it is.
	Tenant string
	// Type is a registered event type.
	Type string
	// Time is the commit time, UTC, to the millisecond.
	Time time.Time
	// Data is the payload: the type's struct as JSON.
	Data json.RawMessage
	// Source and SourceID name the event where it came from; a second event of
	// the same (tenant, source, id) is a repeat and is dropped. Both empty: no
	// such check.
	Source, SourceID string
}

// JSON is the event as clients get it: {eventId, timestamp, type, data}.
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

// Payload is the data of one event type, a struct. Check returns the fields that are
// wrong, nil when all are right.
type Payload interface{ Check() []FieldError }

// EventType is one registered kind of event.
type EventType struct {
	// Name is the type's name on every wire.
	Name string
	// Audiences are the feeds that get the event. The filter works when the
	// event is written, so no feed ever holds what its readers may not see.
	Audiences []Audience
	// payload is the payload's zero value.
	payload Payload
	// parse reads and checks a payload, strictly.
	parse func(json.RawMessage) (Payload, error)
}

// Control reports whether the type is of the control feed: it is neither
// accepted from outside nor shown to people.
func (t EventType) Control() bool { return slices.Contains(t.Audiences, AudienceControl) }

// Payload returns the zero value of the type's payload, for descriptions.
func (t EventType) Payload() Payload { return t.payload }

// In reports whether feeds of audience a hold the type.
func (t EventType) In(a Audience) bool { return slices.Contains(t.Audiences, a) }

// Parse reads a payload strictly: unknown, missing or wrong fields are an
// INVALID_REQUEST that names them. A control payload may lack fields: a node of
// an older version, which does not know them, may have written it.
func (t EventType) Parse(data json.RawMessage) (Payload, error) { return t.parse(data) }

var (
	eventTypes     = map[string]EventType{}
	eventTypeNames []string
)

// registerEvent makes an event type known. It is called from the variable
// declarations of the event's file; a second type of the same name panics at
// start.
func registerEvent[P Payload](name string, audiences ...Audience) EventType {
	if _, taken := eventTypes[name]; taken {
		panic("harang: event type " + name + " is registered twice")
	}
	var zero P
	control := slices.Contains(audiences, AudienceControl)
	t := EventType{Name: name, Audiences: audiences, payload: zero, parse: func(data json.RawMessage) (Payload, error) {
		var p P
		if err := decodeStrict(data, &p); err != nil {
			return nil, err
		}
		var wrong []FieldError
		if !control {
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
	}}
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

// EventTypes returns the types that people hear, by name.
func EventTypes() []EventType {
	var types []EventType
	for _, name := range eventTypeNames {
		if t := eventTypes[name]; !t.Control() {
			types = append(types, t)
		}
	}
	return types
}

// NewEvent builds an event of type t. The payload is checked, so that nothing
// that a reader could trip over is ever appended; the size too.
func NewEvent(t EventType, id, tenant string, at time.Time, payload Payload) (Event, error) {
	if wrong := payload.Check(); len(wrong) > 0 {
		return Event{}, Invalid(wrong...)
	}
	data, err := json.Marshal(payload)
	if err != nil {
		return Event{}, Wrap(CodeInvalidRequest, err, "the event cannot be written as JSON")
	}
	e := Event{ID: id, Tenant: tenant, Type: t.Name, Time: at.UTC().Truncate(time.Millisecond), Data: data}
	if len(e.JSON()) > MaxEventBytes {
		return Event{}, Errorf(CodeEventTooLarge, "an event's JSON may have %d bytes at most", MaxEventBytes)
	}
	return e, nil
}

func decodeStrict(data json.RawMessage, into any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		var wrongType *json.UnmarshalTypeError
		switch {
		case errors.As(err, &wrongType):
			field := "data"
			if wrongType.Field != "" {
				field += "." + wrongType.Field
			}
			return Invalid(FieldError{field, "must be " + jsonName(wrongType.Type.Kind().String()) + ", not " + wrongType.Value})
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

// missing returns the members that a payload of type t must have and data has
// not, or has as null: 0 and "" are said, never assumed.
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

// The limits of texts that callers give.
const (
	// MaxIDRunes is the length of an id that a caller chooses.
	MaxIDRunes = 128
	// MaxNameRunes is the length of a name shown to people.
	MaxNameRunes = 200
	// MaxMessageRunes is the length of a sentence shown to people.
	MaxMessageRunes = 500
	// MaxAmount is the largest sum of money, in forints, and MaxQuantity the
	// largest number of pieces.
	MaxAmount   = 1_000_000_000_000
	MaxQuantity = 1_000_000_000
)

// checker collects wrong fields; its methods say nothing when all is right.
type checker []FieldError

func (c *checker) add(field, format string, args ...any) {
	*c = append(*c, FieldError{field, fmt.Sprintf(format, args...)})
}

// text checks a required text of limited length without control characters.
func (c *checker) text(field, value string, maxRunes int) {
	if detail := CheckText(value, maxRunes); detail != "" {
		c.add(field, "%s", detail)
	}
}

func (c *checker) between(field string, value, least, most int64) {
	if value < least || value > most {
		c.add(field, "must be from %d to %d", least, most)
	}
}

func (c *checker) oneOf(field, value string, allowed ...string) {
	if !slices.Contains(allowed, value) {
		c.add(field, "must be one of %s", strings.Join(allowed, ", "))
	}
}

// CheckText returns what is wrong with a required text: empty or blank, longer
// than maxRunes, not UTF-8, or holding control characters. "" when it is right.
func CheckText(value string, maxRunes int) string {
	switch {
	case strings.TrimSpace(value) == "":
		return "must not be empty"
	case !utf8.ValidString(value):
		return "must be UTF-8"
	case utf8.RuneCountInString(value) > maxRunes:
		return fmt.Sprintf("may have %d characters at most", maxRunes)
	case strings.ContainsFunc(value, unicode.IsControl):
		return "must not hold control characters"
	}
	return ""
}
