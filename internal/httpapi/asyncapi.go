package httpapi

import (
	"encoding/json"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"harang.dev/harang"
)

// payloadSchema describes the payload of an event type, by reflection over its
// struct.
func payloadSchema(r huma.Registry, t harang.EventType) *huma.Schema {
	return r.Schema(reflect.TypeOf(t.Payload()), true, "")
}

// asyncAPI builds the AsyncAPI 3 document of the socket from the registry of
// events, so that a new event type describes itself.
func asyncAPI(version string) ([]byte, error) {
	registry := huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer)
	messages := map[string]any{}
	inChannel := map[string]any{}
	receive := []any{}
	text := func(d string) map[string]any { return map[string]any{"type": "string", "description": d} }
	// Schemas are those of AsyncAPI, JSON Schema draft 7 with additions: the
	// members of a list by their places are items.
	add := func(name, summary string, args []any) {
		payload := map[string]any{
			"type": "array", "description": "the arguments of the Socket.IO event, in order",
			"minItems": len(args), "maxItems": len(args),
		}
		if len(args) > 0 {
			payload["items"] = args
		}
		messages[name] = map[string]any{
			"name": name, "title": name, "summary": summary, "contentType": "application/json",
			"payload": payload,
		}
		inChannel[name] = map[string]any{"$ref": "#/components/messages/" + name}
	}
	channel := map[string]any{"$ref": "#/channels/dashboard"}
	reference := func(name string) any { return map[string]any{"$ref": "#/channels/dashboard/messages/" + name} }
	object := func(members map[string]any) map[string]any {
		names := make([]string, 0, len(members))
		for name := range members {
			names = append(names, name)
		}
		return map[string]any{"type": "object", "properties": members, "required": sorted(names)}
	}
	number := func(d string) map[string]any { return map[string]any{"type": "integer", "description": d} }
	position := text("position: <epoch>:<o|m>:<number>; the offset of a reconnect")

	for _, t := range harang.EventTypes() {
		summary := "For the feeds"
		for _, audience := range t.Audiences {
			summary += " " + string(audience)
		}
		add(t.Name, summary+".", []any{object(map[string]any{
			"eventId": text("the event's id"), "timestamp": text("commit time, RFC 3339, UTC, milliseconds"),
			"type": map[string]any{"const": t.Name}, "data": payloadSchema(registry, t),
		}), position})
		receive = append(receive, reference(t.Name))
	}
	add("session", "First, always. The next replayed events are the replay, oldest first.", []any{object(map[string]any{
		"connectionId": text("this connection"), "tenantId": text("the tenant"), "role": text("the role that is judged"),
		"rooms":    map[string]any{"type": "array", "items": text("a room of the story")},
		"position": text("the place before the first thing that follows"), "head": text("the feed's head"),
		"recovered": map[string]any{"type": "boolean", "description": "true exactly when nothing is missing"},
		"replayed":  number("how many events follow as replay"),
		"gap": map[string]any{"oneOf": []any{map[string]any{"type": "null"}, object(map[string]any{
			"reason": map[string]any{"enum": []string{"epoch", "ahead", "expired", "overflow"}},
			"missed": map[string]any{"type": []string{"integer", "null"}},
		})}},
		"version": number("number of the control feed"), "serverTime": text("RFC 3339"), "tokenExpiresAt": text("RFC 3339"),
	}), position})
	add("notifications", "To the user's own connections on every read.", []any{object(map[string]any{
		"unreadCount": number("what the badge shows"), "head": text("position that the count includes"), "version": number("a higher one is later"),
	})})
	add("claim", "To those who may see the event: who deals with it.", []any{object(map[string]any{
		"eventId": text("the event"), "at": text("RFC 3339"),
		"by": map[string]any{"oneOf": []any{map[string]any{"type": "null"}, object(map[string]any{"id": text("user"), "name": text("name")})}},
	})})
	add("test_alert", "To the connections of the person who asked for it with POST /api/v1/self-check/alert. Not in a feed, not counted, not replayed.", []any{object(map[string]any{
		"id": text("as the request was answered"), "at": text("commit time, RFC 3339, UTC, milliseconds"),
		"sentAt": text("when the node of this connection wrote it, by its clock"),
		"by":     object(map[string]any{"id": text("user"), "name": text("name")}),
	})})
	add("goodbye", "Before the server ends a connection.", []any{object(map[string]any{
		"code": map[string]any{"enum": []string{
			"LOGGED_OUT", "USER_DISABLED", "TOKEN_EXPIRED", "ROLE_CHANGED", "SLOW_CONSUMER", "SERVER_DRAINING", "RATE_LIMITED",
		}},
		"reconnect": map[string]any{"type": "boolean"}, "retryAfterMs": number("milliseconds to wait before trying again"),
	})})
	for _, name := range []string{"session", "notifications", "claim", "test_alert", "goodbye"} {
		receive = append(receive, reference(name))
	}
	// What the client asks, each with its acknowledgement.
	operations := map[string]any{
		"hear": map[string]any{
			"action": "send", "title": "The server tells", "channel": channel, "messages": receive,
			"description": "session comes first; then what is replayed, then what happens.",
		},
	}
	yes := map[string]any{"const": true}
	list := func(d string) map[string]any { return map[string]any{"type": "array", "items": text(d)} }
	refused := object(map[string]any{"ok": map[string]any{"const": false}, "error": object(map[string]any{"code": text("FORBIDDEN, INVALID_REQUEST …")})})
	or := func(answer map[string]any) map[string]any { return map[string]any{"oneOf": []any{answer, refused}} }
	ask := func(name, summary string, args []any, answer map[string]any) {
		add(name, summary, args)
		add(name+"Answer", "The acknowledgement of "+name+".", []any{answer})
		operations[name] = map[string]any{
			"action": "receive", "title": "The client asks: " + name, "description": summary, "channel": channel, "messages": []any{reference(name)},
			"reply": map[string]any{"channel": channel, "messages": []any{reference(name + "Answer")}},
		}
	}
	ask("subscribe", "Name a room. One's own rooms change nothing, all else is FORBIDDEN.",
		[]any{object(map[string]any{"room": text("a room")})},
		or(object(map[string]any{"ok": yes, "rooms": list("a room of one's own"), "position": text("the last one that was handed over")})))
	ask("refresh", "Go on with a new access token of the same user.",
		[]any{object(map[string]any{"token": text("a new access token")})},
		or(object(map[string]any{"ok": yes, "tokenExpiresAt": text("RFC 3339")})))
	ask("clock", "Ask for the time, and whether the connection lives.", []any{},
		object(map[string]any{"serverTime": text("RFC 3339")}))
	ask("seen", "Tell which events are on screen in a visible tab, 200 at most.",
		[]any{object(map[string]any{"eventIds": list("an event")})},
		or(object(map[string]any{"ok": yes})))

	for _, s := range registry.Map() {
		open(s)
	}
	return json.Marshal(map[string]any{
		"asyncapi": "3.0.0",
		"info": map[string]any{
			"title": "Harang", "version": version, "license": map[string]any{"name": "Apache-2.0"},
			"description": "The live connection of the dashboard: Socket.IO 5 (Engine.IO 4) at /socket.io/, namespace /ws/dashboard. " +
				"CONNECT carries {token}, and {pid, offset} on a reconnect.",
		},
		"defaultContentType": "application/json",
		"servers": map[string]any{"this": map[string]any{
			"host": "{host}", "pathname": "/socket.io/", "protocol": "socketio", "description": "Over HTTP; over HTTPS behind a proxy that ends TLS.",
			"variables": map[string]any{"host": map[string]any{"default": "127.0.0.1:8080", "description": "where the server listens"}},
		}},
		"channels": map[string]any{"dashboard": map[string]any{
			"address": "/ws/dashboard", "title": "dashboard", "messages": inChannel,
		}},
		"operations": operations,
		"components": map[string]any{"messages": messages, "schemas": registry.Map()},
	})
}
