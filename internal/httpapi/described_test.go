package httpapi_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// description is the OpenAPI document; the tests of this package compare every call
// with it.
type description struct {
	paths    map[string]map[string]operation
	compiler *jsonschema.Compiler

	mu sync.Mutex // guards compiler
}

type operation struct {
	OperationID string              `json:"operationId"`
	Codes       []string            `json:"x-codes"`
	RequestBody answered            `json:"requestBody"`
	Responses   map[string]answered `json:"responses"`
}

type answered struct {
	Content map[string]json.RawMessage      `json:"content"`
	Headers map[string]struct{ Schema any } `json:"headers"`
}

// described holds each description by its text: tests run in any order, with and without
// the routes that a server can have.
var described struct {
	mu     sync.Mutex // guards byText
	byText map[string]*description
}

func describe(t testing.TB, handler http.Handler) *description {
	t.Helper()
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/openapi.json", nil))
	text := w.Body.String()
	described.mu.Lock()
	defer described.mu.Unlock()
	if d := described.byText[text]; d != nil {
		return d
	}
	d, err := readDescription([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if described.byText == nil {
		described.byText = map[string]*description{}
	}
	described.byText[text] = d
	return d
}

// closeObjects lets objects have nothing but what they are said to have, unless
// they are said to have more.
func closeObjects(v any) {
	switch v := v.(type) {
	case map[string]any:
		if v["type"] == "object" && v["properties"] != nil && v["additionalProperties"] == nil {
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

func readDescription(document []byte) (*description, error) {
	d := &description{compiler: jsonschema.NewCompiler()}
	d.compiler.AssertFormat()
	whole, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
	if err != nil {
		return nil, err
	}
	var spec struct {
		Paths map[string]map[string]operation `json:"paths"`
	}
	if err := json.Unmarshal(document, &spec); err != nil {
		return nil, err
	}
	d.paths = spec.Paths
	closeObjects(whole) // so that nothing is said that is not described
	return d, d.compiler.AddResource("openapi.json", whole)
}

// find is the operation that answers a path, of several the one with the fewest
// parameters.
func (d *description) find(method, path string) (template string, op operation, ok bool) {
	parts := strings.Split(path, "/")
	for candidate, methods := range d.paths {
		same := slices.EqualFunc(strings.Split(candidate, "/"), parts, func(p, part string) bool {
			return p == part || strings.HasPrefix(p, "{") && part != ""
		})
		found, answers := methods[strings.ToLower(method)]
		if same && answers && (!ok || strings.Count(candidate, "{") < strings.Count(template, "{")) {
			template, op, ok = candidate, found, true
		}
	}
	return template, op, ok
}

// check compares one call with the description: its status and body must be
// described, and an accepted request body must be allowed. It returns the operation's
// id, "" for a call that is not described.
func (d *description) check(
	r *http.Request, asked []byte, status int, header http.Header, body []byte,
) (name string, err error) {
	path := r.URL.EscapedPath()
	template, op, ok := d.find(r.Method, path)
	if !ok || strings.HasSuffix(path, "/") || status == http.StatusNotModified && len(body) == 0 {
		return "", nil
	}
	at := []string{"paths", template, strings.ToLower(r.Method)}
	answer, known := op.Responses[strconv.Itoa(status)]
	if !known {
		return op.OperationID, fmt.Errorf("%s answers %d, which is not described: %s", op.OperationID, status, body)
	}
	mediaType, _, _ := mime.ParseMediaType(header.Get("Content-Type"))
	switch {
	case len(answer.Content) == 0 && len(body) > 0:
		return op.OperationID, fmt.Errorf("%s answers %d with a body, which is not described: %s",
			op.OperationID, status, body)
	case len(answer.Content) > 0:
		if answer.Content[mediaType] == nil {
			return op.OperationID, fmt.Errorf("%s answers %d with %q, which is not described",
				op.OperationID, status, mediaType)
		}
		if !strings.HasSuffix(mediaType, "json") {
			break
		}
		if err := d.valid(body, append(at, "responses", strconv.Itoa(status), "content", mediaType,
			"schema")...); err != nil {
			return op.OperationID, fmt.Errorf("%s answers %d otherwise than described: %w\n%s",
				op.OperationID, status, err, body)
		}
	}
	var p struct{ Code string }
	if status >= 400 && json.Unmarshal(body, &p) == nil && p.Code != "" && !slices.Contains(op.Codes, p.Code) {
		return op.OperationID, fmt.Errorf("%s answers with the code %s, which is not described", op.OperationID, p.Code)
	}
	if wait := header.Get("Retry-After"); wait != "" && answer.Headers["Retry-After"].Schema == nil {
		return op.OperationID, fmt.Errorf("%s answers %d with Retry-After, which is not described", op.OperationID,
			status)
	}
	mediaType, _, _ = mime.ParseMediaType(r.Header.Get("Content-Type"))
	if status < 300 && len(asked) > 0 && json.Valid(asked) && op.RequestBody.Content[mediaType] != nil {
		if err := d.valid(asked, append(at, "requestBody", "content", mediaType, "schema")...); err != nil {
			return op.OperationID, fmt.Errorf("%s takes what is not described: %w\n%s", op.OperationID, err, asked)
		}
	}
	return op.OperationID, nil
}

// valid validates a JSON text with the schema at a path of the document.
func (d *description) valid(body []byte, at ...string) error {
	for i, part := range at {
		at[i] = url.PathEscape(strings.NewReplacer("~", "~0", "/", "~1").Replace(part))
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	schema, err := d.compiler.Compile("openapi.json#/" + strings.Join(at, "/"))
	if err != nil {
		return err
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return err
	}
	return schema.Validate(value)
}
