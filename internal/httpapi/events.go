package httpapi

import (
	"encoding/json"
	"net/http"
	"reflect"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"harang.dev/harang"
	"harang.dev/harang/internal/ingest"
)

// eventsOutline is what is checked of a body before package ingest reads it.
var eventsOutline = &huma.Schema{MaxItems: new(ingest.MaxBatch)}

// sendEvents accepts events of other applications. It is the busiest call, so it
// reads the request and writes the response itself, without the library.
func (a *API) sendEvents(w http.ResponseWriter, r *http.Request, caller harang.Identity) {
	accepted, err := a.acceptEvents(w, r, caller)
	if err != nil {
		fail(r.Context(), err).write(w)
		return
	}
	answer := make([]byte, 0, 32+len(accepted)*128)
	answer = append(answer, `{"accepted":[`...)
	for i, e := range accepted {
		if i > 0 {
			answer = append(answer, ',')
		}
		answer = append(answer, `{"id":`...)
		answer = appendJSON(answer, e.ID)
		answer = append(answer, `,"eventId":`...)
		answer = appendJSON(answer, e.EventID)
		answer = append(answer, `,"duplicate":`...)
		answer = strconv.AppendBool(answer, e.Duplicate)
		answer = append(answer, '}')
	}
	answer = append(answer, "]}\n"...)
	h := w.Header()
	h["Content-Type"] = []string{"application/json"}
	h["Content-Length"] = []string{strconv.Itoa(len(answer))}
	w.WriteHeader(http.StatusAccepted)
	_, _ = w.Write(answer)
}

func (a *API) acceptEvents(w http.ResponseWriter, r *http.Request, caller harang.Identity) ([]ingest.Accepted, error) {
	body, err := readBody(w, r, MaxEventsBytes)
	if err != nil {
		return nil, err
	}
	if isJSON(r.Header.Get("Content-Type")) {
		if err := checkJSON(body, eventsOutline, nil); err != nil {
			return nil, err
		}
	}
	incoming, err := ingest.Parse(r.Header, body)
	if err != nil {
		return nil, err
	}
	return a.Intake.Accept(r.Context(), caller, incoming)
}

func appendJSON(b []byte, s string) []byte {
	quoted, _ := json.Marshal(s) //nolint:errchkjson // a string always marshals
	return append(b, quoted...)
}

// eventUnion describes an object that differs by event type: one schema for each type,
// named by its payload and the union, and the union, which tells them apart by type.
func eventUnion(
	r huma.Registry, name, description string, variant func(harang.EventType) *huma.Schema,
) *huma.Schema {
	all := r.Map()
	union := &huma.Schema{
		Description:   description,
		Discriminator: &huma.Discriminator{PropertyName: "type", Mapping: map[string]string{}},
	}
	for _, t := range harang.EventTypes() {
		s := variant(t)
		s.Properties["type"] = &huma.Schema{Type: huma.TypeString, Enum: []any{t.Name}}
		variantName := reflect.TypeOf(t.Payload()).Name() + name
		all[variantName] = s
		ref := "#/components/schemas/" + variantName
		union.OneOf = append(union.OneOf, &huma.Schema{Ref: ref})
		union.Discriminator.Mapping[t.Name] = ref
	}
	all[name] = union
	return &huma.Schema{Ref: "#/components/schemas/" + name}
}

// describeEvents documents POST /events, whose body the library does not read.
func (a *API) describeEvents(op *huma.Operation) {
	text := textSchema
	schemas := a.huma.OpenAPI().Components.Schemas
	ref := eventUnion(schemas, "CloudEvent", "A CloudEvent 1.0. Extension attributes are allowed and ignored.",
		func(t harang.EventType) *huma.Schema {
			return &huma.Schema{
				Type: huma.TypeObject,
				Properties: map[string]*huma.Schema{
					"specversion": {Type: huma.TypeString, Enum: []any{"1.0"}},
					"id": text(
						"the event's id at its source; an event with the same source and id is a duplicate",
					),
					"source":          text("URI reference of where the event comes from; must not begin with harang:"),
					"datacontenttype": text("application/json, also when absent"),
					"time":            text("RFC 3339; ignored: the event's timestamp is its commit time here"),
					"data":            payloadSchema(schemas, t),
					"data_base64":     text("data as base64, instead of data"),
				},
				Required: []string{"specversion", "id", "source", "type"}, AdditionalProperties: true,
			}
		})
	batch := &huma.Schema{Type: huma.TypeArray, Items: ref}
	// Without a type: generators of clients have no name for an object or a list.
	binary := &huma.Schema{Description: "With ce- headers the payload alone, for example a StockAlert; " +
		"without them a CloudEvent or a list of them."}
	op.RequestBody = &huma.RequestBody{
		Required: true,
		Description: "One event (application/cloudevents+json), a batch that is accepted whole or not at all " +
			"(application/cloudevents-batch+json), or a payload with the attributes in ce- headers " +
			"(application/json; without ce- headers it is read as one of the others). " +
			"At most 1000 events; an event's JSON has at most 16 KiB.",
		Content: map[string]*huma.MediaType{
			"application/cloudevents+json":       {Schema: ref},
			"application/cloudevents-batch+json": {Schema: batch},
			"application/json":                   {Schema: binary},
		},
	}
	op.Responses["202"] = &huma.Response{
		Description: "Accepted and committed, in the order of the events",
		Content: map[string]*huma.MediaType{"application/json": {Schema: &huma.Schema{
			Type: huma.TypeObject, Required: []string{"accepted"},
			Properties: map[string]*huma.Schema{"accepted": {Type: huma.TypeArray, Items: &huma.Schema{
				Type: huma.TypeObject, Required: []string{"id", "eventId", "duplicate"},
				Properties: map[string]*huma.Schema{
					"id":      text("the event's id at its source"),
					"eventId": text("the event's id here"),
					"duplicate": {
						Type:        huma.TypeBoolean,
						Description: "it was accepted before; eventId is that of the first",
					},
				},
			}}},
		}}},
	}
}
