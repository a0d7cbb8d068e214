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

// keyHeader is the header of KeyInput.
const keyHeader = "Idempotency-Key"

// KeyInput is the header that makes a request idempotent.
type KeyInput struct {
	IdempotencyKey string `header:"Idempotency-Key" maxLength:"257" doc:"a unique name of this request, e.g. a UUID, with or without quotes: for 7 days the same request with the same key is executed once and gets the same answer"`
}

// key returns the header's value without the quotes of a structured header.
func (k KeyInput) key() string {
	if text, ok := strings.CutPrefix(k.IdempotencyKey, `"`); ok {
		if text, ok = strings.CutSuffix(text, `"`); ok {
			return text
		}
	}
	return k.IdempotencyKey
}

// answer is the body of an answer, new or stored.
type answer[T any] struct {
	value T
	// stored is the body of the first answer; nil for a new one.
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

// runIdempotent executes a request once for each Idempotency-Key. create gets the id of
// the resource to create, "" without a key; a request that another process left
// unfinished is continued with the same id. success is the status of a successful answer.
//
// The answers of requests that changed something are stored: created resources, and
// payments that were declined or timed out. A refused request changed nothing, and
// its key can be used again.
func runIdempotent[T any](ctx context.Context, a *API, caller harang.Identity, route string, in KeyInput, body any,
	success int, create func(resource string) (T, error),
) (*answerOutput[T], error) {
	if in.IdempotencyKey == "" {
		value, err := create("")
		return &answerOutput[T]{Status: success, Body: answer[T]{value: value}}, err
	}
	text, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(text)
	request, err := a.Requests.Begin(ctx, caller, route, in.key(), hex.EncodeToString(sum[:]))
	if err != nil {
		return nil, err
	}
	if request.Status != 0 {
		if request.Status >= http.StatusBadRequest {
			return nil, storedProblem(request.Body)
		}
		return &answerOutput[T]{Status: request.Status, Body: answer[T]{stored: request.Body}}, nil
	}
	value, err := create(request.ResourceID)
	out := &answerOutput[T]{Status: success, Body: answer[T]{value: value}}
	if err == nil {
		answer, err := json.Marshal(value)
		if err != nil {
			return nil, err
		}
		return out, a.Requests.Finish(ctx, request, out.Status, answer)
	}
	p := problemOf(err)
	switch status := p.GetStatus(); {
	case p.code == harang.CodePaymentDeclined, p.code == harang.CodePaymentTimeout:
		answer, err := p.MarshalJSON()
		if err != nil {
			return nil, err
		}
		return nil, errors.Join(p, a.Requests.Finish(ctx, request, status, answer))
	case status < http.StatusInternalServerError:
		return nil, errors.Join(p, a.Requests.Forget(ctx, request))
	default:
		// The outcome is unknown: the next try continues with the same id.
		return nil, errors.Join(p, a.Requests.Release(ctx, request))
	}
}

// storedProblem reads a problem that was the first answer.
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
