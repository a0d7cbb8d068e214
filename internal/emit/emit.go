// Package emit sends events to a server as another application does.
package emit

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/cli"
)

// timeout is how long a server may take to answer.
const timeout = 30 * time.Second

// Event is a CloudEvent.
type Event struct {
	Source, ID, Type string
	Data             json.RawMessage
}

// Send sends one event with an API key and returns the id that the server gave it.
// The error of a refused event or key is a usage error of --data or --key-file.
func Send(ctx context.Context, server *url.URL, key string, event Event) (string, error) {
	body, err := json.Marshal(map[string]any{
		"specversion": "1.0", "id": event.ID, "source": event.Source, "type": event.Type,
		"datacontenttype": "application/json", "data": event.Data,
	})
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, server.JoinPath("/api/v1/events").String(),
		bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	r.Header.Set("Content-Type", "application/cloudevents+json")
	r.Header.Set("Authorization", "Bearer "+key)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", fmt.Errorf("--url: %w: check that harang serve runs there", err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, 1<<20))
	if err != nil {
		return "", err
	}
	if answer.StatusCode != http.StatusAccepted {
		return "", refused(answer.StatusCode, text)
	}
	var accepted struct {
		Accepted []struct {
			EventID string `json:"eventId"`
		} `json:"accepted"`
	}
	if err := json.Unmarshal(text, &accepted); err != nil || len(accepted.Accepted) != 1 {
		return "", fmt.Errorf("unexpected answer of the server: %.200s", text)
	}
	return accepted.Accepted[0].EventID, nil
}

// refused turns the server's problem document into one line. A refused event
// or key is a usage error.
func refused(status int, body []byte) error {
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
