package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/cli"
)

type emitCommand struct {
	sameFlags
	URL     string `name:"url" default:"http://127.0.0.1:8080" help:"The server."`
	KeyFile string `required:"" placeholder:"FILE" help:"File that holds an API key."`
	Type    string `required:"" help:"The event's type, e.g. stock_alert."`
	Data    string `required:"" placeholder:"JSON" help:"The event's data, or @FILE, or @- for standard input."`
	Source  string `default:"/harang/emit" help:"The event's source; with --id it makes repeats harmless."`
	ID      string `name:"id" help:"The event's id at its source; a new one when absent."`
}

// Run sends one event as a structured CloudEvent and prints the server's id of it.
func (c *emitCommand) Run(ctx context.Context, s *streams) error {
	base, err := url.Parse(c.URL)
	if err != nil || base.Host == "" || (base.Scheme != "http" && base.Scheme != "https") {
		return cli.Usagef("--url", "%q is not an address", c.URL).Cure("write e.g. http://127.0.0.1:8080")
	}
	key, err := cli.ReadSecret("--key-file", c.KeyFile)
	if err != nil {
		return err
	}
	if t, ok := harang.FindEventType(c.Type); !ok || t.Control() {
		return cli.Usagef("--type", "%q is not an event type", c.Type).Cure("use %s", eventTypes())
	}
	data, err := c.data(s.in)
	if err != nil {
		return err
	}
	id := c.ID
	if id == "" {
		id = newID()
	}
	body, err := json.Marshal(map[string]any{
		"specversion": "1.0", "id": id, "source": c.Source, "type": c.Type,
		"datacontenttype": "application/json", "data": data,
	})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, base.JoinPath("/api/v1/events").String(),
		bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/cloudevents+json")
	r.Header.Set("Authorization", "Bearer "+key)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return fmt.Errorf("--url: %w: check that harang serve runs there", err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, 1<<20))
	if err != nil {
		return err
	}
	if answer.StatusCode != http.StatusAccepted {
		return refusedEvent(answer.StatusCode, text)
	}
	var accepted struct {
		Accepted []struct {
			EventID   string `json:"eventId"`
			Duplicate bool   `json:"duplicate"`
		} `json:"accepted"`
	}
	if err := json.Unmarshal(text, &accepted); err != nil || len(accepted.Accepted) != 1 {
		return fmt.Errorf("unexpected answer of the server: %.200s", text)
	}
	_, err = fmt.Fprintln(s.out, accepted.Accepted[0].EventID)
	return err
}

// eventTypes lists the types that can be sent: "a, b or c".
func eventTypes() string {
	var names []string
	for _, t := range harang.EventTypes() {
		names = append(names, t.Name)
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " or " + names[last]
}

// data returns the event's payload.
func (c *emitCommand) data(in io.Reader) (json.RawMessage, error) {
	text := []byte(c.Data)
	if name, ok := strings.CutPrefix(c.Data, "@"); ok {
		var err error
		if name == "-" {
			text, err = io.ReadAll(io.LimitReader(in, 1<<20))
		} else {
			text, err = os.ReadFile(name)
		}
		if err != nil {
			return nil, cli.Usagef("--data", "%w", err).Cure("name a file that can be read")
		}
	}
	if !json.Valid(text) {
		return nil, cli.Usagef("--data", "is not JSON").Cure(`write e.g. '{"productId": …}' or @FILE`)
	}
	return text, nil
}

// refusedEvent turns the server's problem document into one line. A refused event
// or key is a usage error.
func refusedEvent(status int, body []byte) error {
	var p struct {
		Code   string              `json:"code"`
		Detail string              `json:"detail"`
		Errors []harang.FieldError `json:"errors"`
	}
	if err := json.Unmarshal(body, &p); err != nil || p.Code == "" {
		return fmt.Errorf("the server answered %d: %.200s", status, body)
	}
	text := p.Code + ": " + p.Detail
	for _, f := range p.Errors {
		if !strings.Contains(text, f.Field) {
			text += "; " + f.Field + ": " + f.Detail
		}
	}
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return cli.Usagef("--key-file", "%s", text).Cure("create a key with harang apikey add")
	case http.StatusUnprocessableEntity, http.StatusRequestEntityTooLarge:
		return cli.Usagef("--data", "%s", text)
	}
	return fmt.Errorf("%s", text)
}
