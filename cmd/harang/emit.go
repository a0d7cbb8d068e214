package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"

	"harang.dev/harang"
	"harang.dev/harang/internal/cli"
	"harang.dev/harang/internal/config"
	"harang.dev/harang/internal/emit"
)

type emitCommand struct {
	config.UnusedDatabaseFlags
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
		id = config.NewID()
	}
	accepted, err := emit.Send(ctx, base, key, emit.Event{Source: c.Source, ID: id, Type: c.Type, Data: data})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(s.out, accepted)
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
