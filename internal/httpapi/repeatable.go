package httpapi

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"harang.dev/harang"
)

// KeyInput is the header that makes a request repeatable.
type KeyInput struct {
	IdempotencyKey string `header:"Idempotency-Key" maxLength:"257" doc:"a name of this request, e.g. a UUID, bare or in quotes: the same request under the same key is carried out once and answered the same for 7 days"`
}

// key is the header's value; its quotes, which a structured header has, left
// out.
func (k KeyInput) key() string {
	if text, ok := strings.CutPrefix(k.IdempotencyKey, `"`); ok {
		if text, ok = strings.CutSuffix(text, `"`); ok {
			return text
		}
	}
	return k.IdempotencyKey
}

// answer is the body of an answer that may be a stored one.
type answer[T any] struct {
	value T
	// stored is the body as it was sent the first time; nil for a new one.
	stored json.RawMessage
}

// MarshalJSON writes the body.
func (b answer[T]) MarshalJSON() ([]byte, error) {
	if b.stored != nil {
		return b.stored, nil
	}
	return json.Marshal(b.value)
}

// Schema describes the body in the OpenAPI document.
func (b answer[T]) Schema(r huma.Registry) *huma.Schema {
	return r.Schema(reflect.TypeFor[T](), true, "")
}

// answerOutput is an answer with its status.
type answerOutput[T any] struct {
	Status int
	Body   answer[T]
}

// repeatable carries out a request, once for each Idempotency-Key. make gets
// the id of what it makes, "" when there is no key; it is the same one when a
// request is taken up that a process left behind.
//
// Stored are the answers of requests that did something: what was made, and
// payments that were declined or ran out of time. A request that was refused
// did nothing, and its key is free again.
func repeatable[T any](ctx context.Context, a *API, id harang.Identity, route string, in KeyInput, asked any, made func(resource string) (T, error)) (*answerOutput[T], error) {
	if in.IdempotencyKey == "" {
		value, err := made("")
		return &answerOutput[T]{Status: http.StatusCreated, Body: answer[T]{value: value}}, err
	}
	text, err := json.Marshal(asked)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(text)
	request, err := a.Requests.Begin(ctx, id, route, in.key(), hex.EncodeToString(sum[:]))
	if err != nil {
		return nil, err
	}
	if request.Status != 0 {
		if request.Status >= http.StatusBadRequest {
			return nil, storedProblem(request.Body)
		}
		return &answerOutput[T]{Status: request.Status, Body: answer[T]{stored: request.Body}}, nil
	}
	value, err := made(request.ResourceID)
	out := &answerOutput[T]{Status: http.StatusCreated, Body: answer[T]{value: value}}
	if err == nil {
		body, broken := json.Marshal(value)
		if broken != nil {
			return nil, broken
		}
		return out, a.Requests.Finish(ctx, request, out.Status, body)
	}
	p := problemOf(err)
	switch status := p.GetStatus(); {
	case p.code == harang.CodePaymentDeclined, p.code == harang.CodePaymentTimeout:
		body, broken := p.MarshalJSON()
		if broken != nil {
			return nil, broken
		}
		return nil, errors.Join(p, a.Requests.Finish(ctx, request, status, body))
	case status < http.StatusInternalServerError:
		return nil, errors.Join(p, a.Requests.Forget(ctx, request))
	default:
		// Nobody knows what was done: the next try finds out, under the same id.
		return nil, errors.Join(p, a.Requests.Release(ctx, request))
	}
}

// storedProblem makes a problem of one that was sent before.
func storedProblem(body []byte) error {
	var members map[string]any
	if err := json.Unmarshal(body, &members); err != nil {
		return err
	}
	p := &problem{details: map[string]any{}}
	for name, value := range members {
		text, _ := value.(string)
		switch name {
		case "code":
			p.code = harang.Code(text)
		case "detail":
			p.detail = text
		case "type", "title", "status":
		default:
			p.details[name] = value
		}
	}
	return p
}
