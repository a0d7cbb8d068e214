package httpapi

import (
	"encoding/json"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"harang.dev/harang"
)

// SocketMessage describes one Socket.IO event of the live connection for the
// AsyncAPI document. The structs' tags are huma's: json, doc, enum, format.
type SocketMessage struct {
	// Name is the event's name, Summary one or two sentences about it.
	Name, Summary string
	// FromClient is true when the client sends it.
	FromClient bool
	// Body is a value of the struct that is the first argument. Nil means no argument.
	Body any
	// Position is true when a position follows as the last argument.
	Position bool
	// Answer is a value of the struct that acknowledges it, Refusal of the one that
	// refuses it. Nil means none.
	Answer, Refusal any
}

// feedEvent is the first argument of a feed event.
type feedEvent struct {
	EventID   string `json:"eventId" doc:"id of the event"`
	Timestamp string `json:"timestamp" format:"date-time" doc:"commit time, RFC 3339, UTC, milliseconds"`
	Type      string `json:"type"`
	Data      any    `json:"data"`
}

// payloadSchema describes the payload of an event type by reflection.
func payloadSchema(r huma.Registry, t harang.EventType) *huma.Schema {
	return r.Schema(reflect.TypeOf(t.Payload()), true, "")
}

// asyncAPI builds the AsyncAPI 3 document of the live connection from the registered
// event types and the other messages. Its schemas are JSON Schema draft 7.
func asyncAPI(version string, others []SocketMessage) ([]byte, error) {
	d := asyncDocument{
		schemas:  huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer),
		messages: map[string]any{}, inChannel: map[string]any{}, operations: map[string]any{},
	}
	for _, t := range harang.EventTypes() {
		audiences := make([]string, len(t.Audiences))
		for i, a := range t.Audiences {
			audiences[i] = string(a)
		}
		body := d.structSchema(feedEvent{})
		body.Properties["type"] = &huma.Schema{Type: huma.TypeString, Enum: []any{t.Name}}
		body.Properties["data"] = payloadSchema(d.schemas, t)
		d.fromServer(t.Name, "Feed event for "+strings.Join(audiences, " and ")+".", body, positionSchema())
	}
	for _, m := range others {
		var args []*huma.Schema
		if m.Body != nil {
			args = append(args, d.structSchema(m.Body))
		}
		if m.Position {
			args = append(args, positionSchema())
		}
		if m.FromClient {
			d.fromClient(m, args)
		} else {
			d.fromServer(m.Name, m.Summary, args...)
		}
	}
	d.operations["events"] = map[string]any{
		"action": "send", "title": "Server to client", "channel": reference("#/channels/dashboard"), "messages": d.sent,
		"description": "session is always first; the replayed events follow it, then live ones.",
	}
	for _, s := range d.schemas.Map() {
		allowMoreMembers(s)
	}
	return json.Marshal(map[string]any{
		"asyncapi": "3.0.0",
		"info": map[string]any{
			"title": "Harang", "version": version, "license": map[string]any{"name": "Apache-2.0"},
			"description": "The live connection of the dashboard: Socket.IO 5 (Engine.IO 4) at /socket.io/, " +
				"namespace /ws/dashboard. " +
				"CONNECT carries {token}, and {pid, offset} on a reconnect.",
		},
		"defaultContentType": "application/json",
		"servers": map[string]any{"this": map[string]any{
			"host": "{host}", "pathname": "/socket.io/", "protocol": "socketio",
			"description": "Over HTTP; over HTTPS behind a proxy that ends TLS.",
			"variables": map[string]any{
				"host": map[string]any{"default": "127.0.0.1:8080", "description": "host and port of the server"},
			},
		}},
		"channels": map[string]any{"dashboard": map[string]any{
			"address": "/ws/dashboard", "title": "dashboard", "messages": d.inChannel,
		}},
		"operations": d.operations,
		"components": map[string]any{"messages": d.messages, "schemas": d.schemas.Map()},
	})
}

type asyncDocument struct {
	schemas    huma.Registry
	messages   map[string]any // components
	inChannel  map[string]any
	operations map[string]any
	sent       []any // references to the server's messages
}

func reference(to string) map[string]any { return map[string]any{"$ref": to} }

func positionSchema() *huma.Schema {
	return textSchema("position: <epoch>:<o|m>:<number>; the offset of a reconnect")
}

// add describes a message by its arguments. In draft 7 the members of a list by
// index are items.
func (d *asyncDocument) add(name, summary string, args []*huma.Schema) any {
	payload := map[string]any{
		"type": "array", "description": "the arguments of the Socket.IO event, in order",
		"minItems": len(args), "maxItems": len(args),
	}
	if len(args) > 0 {
		payload["items"] = args
	}
	d.messages[name] = map[string]any{
		"name": name, "title": name, "summary": summary, "contentType": "application/json", "payload": payload,
	}
	d.inChannel[name] = reference("#/components/messages/" + name)
	return reference("#/channels/dashboard/messages/" + name)
}

func (d *asyncDocument) fromServer(name, summary string, args ...*huma.Schema) {
	d.sent = append(d.sent, d.add(name, summary, args))
}

func (d *asyncDocument) fromClient(m SocketMessage, args []*huma.Schema) {
	message := d.add(m.Name, m.Summary, args)
	operation := map[string]any{
		"action": "receive", "title": "Client to server: " + m.Name, "description": m.Summary,
		"channel": reference("#/channels/dashboard"), "messages": []any{message},
	}
	if m.Answer != nil {
		answer := d.structSchema(m.Answer)
		if m.Refusal != nil {
			answer = &huma.Schema{OneOf: []*huma.Schema{answer, d.structSchema(m.Refusal)}}
		}
		reply := d.add(m.Name+"Answer", "The acknowledgement of "+m.Name+".", []*huma.Schema{answer})
		operation["reply"] = map[string]any{"channel": reference("#/channels/dashboard"), "messages": []any{reply}}
	}
	d.operations[m.Name] = operation
}

// structSchema describes a struct's members. A list is never null, a pointer without
// omitempty may be.
func (d *asyncDocument) structSchema(v any) *huma.Schema {
	t := reflect.TypeOf(v)
	s := huma.SchemaFromType(d.schemas, t)
	for f := range t.Fields() {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		p := s.Properties[name]
		switch {
		case p == nil:
		case f.Type.Kind() == reflect.Slice:
			p.Nullable = false
		case f.Type.Kind() == reflect.Pointer && f.Type.Elem().Kind() == reflect.Struct && options != "omitempty":
			null := &huma.Schema{OneOf: []*huma.Schema{{Ref: p.Ref}, {Type: "null"}}, Description: p.Description}
			s.Properties[name] = null
		}
	}
	allowMoreMembers(s)
	return s
}
