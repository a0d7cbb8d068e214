package httpapi

import (
	"encoding/base64"
	"encoding/json"
	"reflect"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"harang.dev/harang"
)

// instant is a time in JSON: RFC 3339, UTC, milliseconds.
type instant time.Time

// MarshalJSON writes the time.
func (i instant) MarshalJSON() ([]byte, error) {
	return time.Time(i).UTC().AppendFormat(nil, `"`+harang.TimeFormat+`"`), nil
}

// Schema describes the time in the OpenAPI document.
func (instant) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Format: "date-time", Description: "RFC 3339, UTC, milliseconds"}
}

// instantText is an instant as callers write it.
type instantText string

// parse reads the value of a field.
func (i instantText) parse(field string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339, string(i))
	if err != nil {
		return t, harang.Invalid(harang.FieldError{Field: field, Detail: "must be an RFC 3339 time"})
	}
	return t, nil
}

// Schema describes the text in the OpenAPI document. Without a format: its check of a long text costs too much.
func (instantText) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, MaxLength: new(64)}
}

// orNull is a member of an answer that may be null.
type orNull[T any] struct{ value *T }

// MarshalJSON writes the value or null.
func (o orNull[T]) MarshalJSON() ([]byte, error) { return json.Marshal(o.value) }

// Schema describes the member in the OpenAPI document.
func (orNull[T]) Schema(r huma.Registry) *huma.Schema {
	s := r.Schema(reflect.TypeFor[T](), true, "")
	if s.Ref == "" {
		s.Nullable = true
		return s
	}
	return &huma.Schema{OneOf: []*huma.Schema{s, {Type: "null"}}}
}

// timeOrNull is null for the zero time.
func timeOrNull(t time.Time) orNull[instant] {
	if t.IsZero() {
		return orNull[instant]{}
	}
	return orNull[instant]{new(instant(t))}
}

// textOrNull is null for the empty text.
func textOrNull(text string) orNull[string] {
	if text == "" {
		return orNull[string]{}
	}
	return orNull[string]{&text}
}

// optionalText is a member that distinguishes absent, null and a text.
type optionalText struct {
	set  bool
	null bool
	text string
}

// UnmarshalJSON records that the member was present.
func (o *optionalText) UnmarshalJSON(b []byte) error {
	o.set = true
	if string(b) == "null" {
		o.null = true
		return nil
	}
	return json.Unmarshal(b, &o.text)
}

// Schema describes the member in the OpenAPI document.
func (optionalText) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{
		Type:        huma.TypeString,
		Nullable:    true,
		Description: "a day (2026-03-02) or an RFC 3339 time, at most 90 days ahead (OPERATOR: 14); null clears",
	}
}

// optional is a member that distinguishes absent, null and a value.
type optional[T any] struct {
	set bool
	// value is nil when the member is absent or null.
	value *T
}

// UnmarshalJSON records that the member was present.
func (o *optional[T]) UnmarshalJSON(b []byte) error {
	o.set = true
	return json.Unmarshal(b, &o.value)
}

// MarshalJSON writes the value, an absent one as null.
func (o optional[T]) MarshalJSON() ([]byte, error) { return json.Marshal(o.value) }

// Schema describes the member in the OpenAPI document.
func (optional[T]) Schema(r huma.Registry) *huma.Schema {
	s := *r.Schema(reflect.TypeFor[T](), false, "")
	s.Nullable = true
	return &s
}

// ListInput are the parameters of every list.
type ListInput struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"largest number of items"`
	Cursor string `query:"cursor" maxLength:"8192" doc:"nextCursor of the previous part"`
}

// SearchInput are the parameters of a list that can be searched.
type SearchInput struct {
	ListInput
	Search string `query:"search" maxLength:"200" doc:"words of names and ids; accents are ignored"`
}

// ArchivedInput is the parameter of a list that leaves out what is archived.
type ArchivedInput struct {
	Archived bool `query:"archived" doc:"true: what is archived, instead of the others"`
}

// CodeInput is the parameter of a list that finds what a scanner reads.
type CodeInput struct {
	Code string `query:"code" maxLength:"128" doc:"the product with exactly this barcode or id, archived or not; not with search"`
}

// List is one part of a list.
type List[T any] struct {
	Items      []T     `json:"items" nullable:"false"`
	NextCursor *string `json:"nextCursor" doc:"cursor of the next part, null at the end"`
}

type listOutput[T any] struct{ Body List[T] }

// listOf shapes a page of a use case as an answer.
func listOf[T, S any](p harang.Page[T], shape func(T) S) List[S] {
	l := List[S]{Items: make([]S, len(p.Items))}
	for i, item := range p.Items {
		l.Items[i] = shape(item)
	}
	if p.Next != "" {
		l.NextCursor = &p.Next
	}
	return l
}

// cursorOf encodes the list's name and its last key; keyOf decodes the key.
func cursorOf(list, key string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(list + " " + key))
}

func keyOf(list, cursor string) (string, error) {
	if cursor == "" {
		return "", nil
	}
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	key, sameList := strings.CutPrefix(string(text), list+" ")
	if err != nil || !sameList {
		return "", harang.Invalid(harang.FieldError{Field: "cursor", Detail: "is not a cursor of this list"})
	}
	return key, nil
}

// personBody names a user.
type personBody struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// claimBody says who claimed an event.
type claimBody struct {
	EventID string             `json:"eventId"`
	By      orNull[personBody] `json:"by" doc:"null when nobody does"`
	At      instant            `json:"at"`
}

func claimOf(c harang.Claim) claimBody {
	b := claimBody{EventID: c.EventID, At: instant(c.At)}
	if c.By != nil {
		b.By.value = &personBody{ID: c.By.ID, Name: c.By.Name}
	}
	return b
}

func claimOrNull(c *harang.Claim) orNull[claimBody] {
	if c == nil {
		return orNull[claimBody]{}
	}
	return orNull[claimBody]{new(claimOf(*c))}
}
