package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"path/filepath"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"harang.dev/harang/internal/gateway"
	"harang.dev/harang/internal/sioclient"
)

// TestAsyncAPI_Messages compares the socket's messages, acknowledgements included,
// with /asyncapi.json: each described message is exchanged at least once and has
// only described members.
func TestAsyncAPI_Messages(t *testing.T) {
	s := newServer(t, "sqlite:"+filepath.Join(t.TempDir(), "harang.db"), withDemo)
	described := describedMessages(t, s)
	receive := func(c *sioclient.Client) sioclient.Event {
		t.Helper()
		e := s.next(c)
		described.check(t, e.Name, e.Args)
		return e
	}
	ask := func(c *sioclient.Client, name string, args ...any) {
		t.Helper()
		asked := make([]json.RawMessage, len(args))
		for i, a := range args {
			asked[i], _ = json.Marshal(a) //nolint:errchkjson // maps of plain values always marshal
		}
		described.check(t, name, asked)
		answer, err := c.EmitAck(t.Context(), name, args...)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		described.check(t, name+"Answer", answer)
	}
	connect := func(auth map[string]string) *sioclient.Client {
		t.Helper()
		c, err := sioclient.Dial(t.Context(), s.URL())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		if err := c.Connect(t.Context(), gateway.Namespace, auth); err != nil {
			t.Fatal(err)
		}
		return c
	}
	call := func(token, method, path, body string) {
		t.Helper()
		if status, answer := s.call(token, method, path, body); status >= 300 {
			t.Fatalf("%s %s: %d %v", method, path, status, answer)
		}
	}

	token := s.login("manager@budapest.demo")
	c := connect(map[string]string{"token": token})
	receive(c) // session
	ask(c, "subscribe", map[string]string{"room": "tenant:budapest:managers"})
	ask(c, "subscribe", map[string]string{"room": "tenant:debrecen:managers"})
	ask(c, "refresh", map[string]string{"token": token})
	ask(c, "refresh", map[string]string{"token": "none"})
	ask(c, "clock")
	ask(c, "seen", map[string][]string{"eventIds": {"e"}})

	key := s.command("apikey", "add", "--tenant", "budapest", "--name", "erp")
	call(key, "POST", "/api/v1/events", `[
		{"specversion":"1.0","id":"1","source":"/erp","type":"stock_alert","data":{"productId":"p","productName":"P",
			"currentQuantity":1,"threshold":2,"locationId":"l","locationName":"L","severity":"CRITICAL"}},
		{"specversion":"1.0","id":"2","source":"/erp","type":"payment_error","data":{"transactionId":"t",
			"errorCode":"iso:51","errorMessage":"M","partnerId":"p","partnerName":"P","amount":5,"currency":"HUF"}},
		{"specversion":"1.0","id":"3","source":"/erp","type":"rental_created","data":{"rentalId":"r","partnerId":"p","partnerName":"P","equipmentCount":1,"totalValue":1,"currency":"HUF"}}]`)
	var event struct{ EventID string }
	for range 3 {
		if err := json.Unmarshal(receive(c).Args[0], &event); err != nil {
			t.Fatal(err)
		}
	}
	call(token, "POST", "/api/v1/notifications/"+event.EventID+"/claim", "")
	receive(c)
	call(token, "DELETE", "/api/v1/notifications/"+event.EventID+"/claim", "")
	receive(c)
	call(token, "POST", "/api/v1/notifications/read", `{"eventIds":["`+event.EventID+`"]}`)
	receive(c)
	call(token, "POST", "/api/v1/self-check/alert", "")
	receive(c)
	s.login("manager@budapest.demo") // with another browser
	receive(c)
	receive(connect(map[string]string{"token": token, "pid": "p", "offset": "unreadable"})) // a session with a gap
	call(token, "POST", "/api/v1/auth/logout", "")
	receive(c) // goodbye
	for name := range described.schemas {
		if !described.seen[name] {
			t.Errorf("%s was never exchanged", name)
		}
	}
}

// messages are the schemas of /asyncapi.json by message.
type messages struct {
	schemas map[string]*jsonschema.Schema
	seen    map[string]bool
}

func describedMessages(t *testing.T, s *testServer) *messages {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL()+"/asyncapi.json", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	closeObjects(document)
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft7)
	if err := compiler.AddResource("asyncapi.json", document); err != nil {
		t.Fatal(err)
	}
	var names struct {
		Components struct{ Messages map[string]any }
	}
	if err := json.Unmarshal(text, &names); err != nil {
		t.Fatal(err)
	}
	m := &messages{schemas: map[string]*jsonschema.Schema{}, seen: map[string]bool{}}
	for name := range names.Components.Messages {
		if m.schemas[name], err = compiler.Compile("asyncapi.json#/components/messages/" + name +
			"/payload"); err != nil {
			t.Fatal(err)
		}
	}
	return m
}

// closeObjects refuses members that a schema does not describe.
func closeObjects(v any) {
	switch v := v.(type) {
	case map[string]any:
		if v["type"] == "object" && v["properties"] != nil {
			v["additionalProperties"] = false
		}
		for _, member := range v {
			closeObjects(member)
		}
	case []any:
		for _, item := range v {
			closeObjects(item)
		}
	}
}

// check validates the arguments of a message by its schema.
func (m *messages) check(t *testing.T, name string, args []json.RawMessage) {
	t.Helper()
	schema := m.schemas[name]
	if schema == nil {
		t.Fatalf("%s is not described: %s", name, args)
	}
	if args == nil {
		args = []json.RawMessage{}
	}
	text, err := json.Marshal(args)
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(value); err != nil {
		t.Errorf("%s differs from its description: %v\n%s", name, err, text)
	}
	m.seen[name] = true
}
