package httpapi

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"
	"github.com/go-json-experiment/json/jsontext"

	"harang.dev/harang"
)

// Limits of requests. They bound what a request can cost before anything is known
// of its caller; the server bounds headers and path, see MaxHeaderBytes there.
const (
	// MaxBodyBytes is the largest body of most calls, in bytes.
	MaxBodyBytes = 64 << 10
	// MaxEventsBytes is the largest body of POST /events, in bytes.
	MaxEventsBytes = 1 << 20
	// maxLoginBytes is the largest body of POST /auth/login, in bytes.
	maxLoginBytes = 4 << 10

	maxQueryBytes      = 16 << 10
	maxQueryParameters = 32

	// maxDepth is how deep arrays and objects may be nested, maxMembers how many
	// members one object may have, maxNameBytes how long a member's name may be.
	maxDepth     = 32
	maxMembers   = 256
	maxNameBytes = 256
)

// checkRequest refuses what would be read otherwise than it was meant: a compressed
// body, an empty or a second idempotency key, a malformed query, a repeated or an unknown
// parameter, a switch without a value. The library reports unknown parameters too, but one
// error for each of any number.
func checkRequest(r *http.Request, op *huma.Operation) error {
	encoding := r.Header.Get("Content-Encoding")
	if op.RequestBody != nil && encoding != "" && !strings.EqualFold(encoding, "identity") {
		return harang.Errorf(harang.CodeUnsupportedMedia, "the body must not be compressed (Content-Encoding)")
	}
	if keys := r.Header.Values(keyHeader); len(keys) > 1 {
		return invalid(keyHeader, "is given more than once")
	} else if len(keys) == 1 && strings.Trim(keys[0], `" `) == "" {
		return invalid(keyHeader, "is empty; leave it out, or name the request")
	}
	raw := r.URL.RawQuery
	if raw == "" {
		return nil
	}
	if len(raw) > maxQueryBytes || strings.Count(raw, "&") >= maxQueryParameters {
		return invalid("query", "has more than "+strconv.Itoa(maxQueryParameters)+" parameters or 16 KiB")
	}
	query, err := url.ParseQuery(raw)
	if err != nil {
		return invalid("query", "is not a valid query string")
	}
	var errs []harang.FieldError
	for name, values := range query {
		switch {
		case !takesParameter(op, name):
			errs = append(errs, harang.FieldError{Field: name, Detail: "is not a parameter of this call"})
		case len(values) > 1:
			errs = append(errs, harang.FieldError{Field: name, Detail: "is given more than once"})
		case values[0] == "" && isSwitch(op, name):
			errs = append(errs, harang.FieldError{Field: name, Detail: "must be true or false"})
		}
	}
	if len(errs) == 0 {
		return nil
	}
	return harang.Invalid(sortedFields(errs)...)
}

func takesParameter(op *huma.Operation, name string) bool { return queryParameter(op, name) != nil }

// isSwitch: a parameter that is true or false. An empty one is no answer, not "false".
func isSwitch(op *huma.Operation, name string) bool {
	p := queryParameter(op, name)
	return p.Schema != nil && p.Schema.Type == huma.TypeBoolean
}

func queryParameter(op *huma.Operation, name string) *huma.Param {
	i := slices.IndexFunc(op.Parameters, func(p *huma.Param) bool { return p.In == "query" && p.Name == name })
	if i < 0 {
		return nil
	}
	return op.Parameters[i]
}

func invalid(field, detail string) error {
	return harang.Invalid(harang.FieldError{Field: field, Detail: detail})
}

func sortedFields(errs []harang.FieldError) []harang.FieldError {
	slices.SortStableFunc(errs, func(a, b harang.FieldError) int { return strings.Compare(a.Field, b.Field) })
	return errs
}

// checkBody reads the body and compares it with the outline of its schema, so that
// the library gets only known members, each once, and no more items than allowed. The
// body can be read again afterwards.
func (a *API) checkBody(w http.ResponseWriter, r *http.Request, op *huma.Operation, limit int64) error {
	if !isJSON(r.Header.Get("Content-Type")) {
		return harang.Errorf(harang.CodeUnsupportedMedia, "the body must be JSON: Content-Type: application/json")
	}
	body, err := readBody(w, r, limit)
	if err != nil {
		return err
	}
	if !op.RequestBody.Required && string(bytes.TrimSpace(body)) == "null" {
		body = nil // a call that took no body when its client was written
	}
	if len(body) == 0 && op.RequestBody.Required {
		return invalid("body", "is missing: the call needs a JSON object")
	}
	if len(body) > 0 {
		schema := op.RequestBody.Content["application/json"].Schema
		if err := checkJSON(body, schema, a.huma.OpenAPI().Components.Schemas); err != nil {
			return err
		}
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	r.ContentLength = int64(len(body))
	return nil
}

// isJSON accepts a missing type, which means JSON here.
func isJSON(contentType string) bool {
	if contentType == "" {
		return true
	}
	media, _, err := mime.ParseMediaType(contentType)
	return err == nil && (media == "application/json" || strings.HasSuffix(media, "+json"))
}

// readBody reads a body of at most limit bytes.
func readBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	tooLarge := harang.Errorf(harang.CodeTooLarge, "the body is larger than %d KiB", limit>>10)
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyTimeout)) // a test's recorder has none
	limited := http.MaxBytesReader(w, r.Body, limit)
	var body []byte
	var err error
	switch n := r.ContentLength; {
	case n > limit:
		return nil, tooLarge
	case n >= 0:
		body = make([]byte, n)
		_, err = io.ReadFull(limited, body)
	default:
		body, err = io.ReadAll(limited)
	}
	var over *http.MaxBytesError
	switch {
	case errors.As(err, &over):
		return nil, tooLarge
	case err != nil:
		return nil, harang.Wrap(harang.CodeInvalidRequest, err, "the body ended early or took longer than 10 seconds")
	}
	return body, nil
}

// checkJSON reads one JSON value: syntax, UTF-8, unique names, depth, and, where a
// schema describes it, kinds, known and required members and the length of lists.
// A nil schema describes nothing. It stops at the first error of syntax and after
// maxFieldErrors others.
func checkJSON(body []byte, schema *huma.Schema, schemas huma.Registry) error {
	c := checker{d: jsontext.NewDecoder(bytes.NewBuffer(body)), schemas: schemas}
	err := c.value(schema, 0)
	if err == nil {
		if _, err = c.d.ReadToken(); err == nil {
			err = invalid("body", "must be one JSON value with nothing after it")
		} else if errors.Is(err, io.EOF) {
			err = nil
		}
	}
	var syntax *jsontext.SyntacticError
	switch {
	case errors.As(err, &syntax) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF):
		return syntaxError(err, syntax)
	case err != nil && !errors.Is(err, errEnough):
		return err
	case len(c.errs) > 0:
		return harang.Invalid(sortedFields(c.errs)...)
	}
	return nil
}

// errEnough ends the check after maxFieldErrors errors.
var errEnough = errors.New("enough errors")

func syntaxError(err error, syntax *jsontext.SyntacticError) error {
	field, cause, at := "body", "unexpected end", int64(-1)
	if syntax != nil {
		if errors.Is(err, jsontext.ErrDuplicateName) {
			return invalid(dotted(syntax.JSONPointer), "is given more than once")
		}
		cause, at = syntax.Err.Error(), syntax.ByteOffset
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		cause = "unexpected end"
	}
	detail := "is not valid JSON: " + cause
	if at >= 0 {
		detail = fmt.Sprintf("is not valid JSON at byte %d: %s", at, cause)
	}
	return invalid(field, detail)
}

// dotted writes a JSON pointer as field names are written here: lines.0.quantity.
func dotted(p jsontext.Pointer) string {
	var b strings.Builder
	for token := range p.Tokens() {
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		b.WriteString(token)
	}
	if b.Len() == 0 {
		return "body"
	}
	return b.String()
}

type checker struct {
	d       *jsontext.Decoder
	schemas huma.Registry
	errs    []harang.FieldError
}

// add notes that the value just read is wrong.
func (c *checker) add(detail string) error { return c.addAt(dotted(c.d.StackPointer()), detail) }

func (c *checker) addAt(field, detail string) error {
	c.errs = append(c.errs, harang.FieldError{Field: cut(field, maxNameBytes), Detail: detail})
	if len(c.errs) > maxFieldErrors { // one more, so that the answer says there are more
		return errEnough
	}
	return nil
}

func (c *checker) value(s *huma.Schema, depth int) error {
	for s != nil && s.Ref != "" {
		s = c.schemas.SchemaFromRef(s.Ref)
	}
	t, err := c.d.ReadToken()
	if err != nil {
		return err
	}
	kind := t.Kind()
	want, wrong := kindError(s, kind)
	if wrong {
		if err := c.add(want); err != nil {
			return err
		}
		s = nil
	}
	switch {
	case kind != jsontext.KindBeginObject && kind != jsontext.KindBeginArray:
		return nil
	case depth == maxDepth:
		return invalid(dotted(c.d.StackPointer()), fmt.Sprintf("is nested deeper than %d levels", maxDepth))
	case kind == jsontext.KindBeginObject:
		return c.object(s, depth)
	}
	return c.array(s, depth)
}

// kindError compares a value's kind with its schema's type.
func kindError(s *huma.Schema, kind jsontext.Kind) (detail string, wrong bool) {
	if s == nil || kind == jsontext.KindNull && s.Nullable {
		return "", false
	}
	switch s.Type {
	case huma.TypeString:
		return validation.MsgExpectedString, kind != jsontext.KindString
	case huma.TypeBoolean:
		return validation.MsgExpectedBoolean, kind != jsontext.KindTrue && kind != jsontext.KindFalse
	case huma.TypeInteger:
		return validation.MsgExpectedInteger, kind != jsontext.KindNumber
	case huma.TypeNumber:
		return validation.MsgExpectedNumber, kind != jsontext.KindNumber
	case huma.TypeArray:
		return validation.MsgExpectedArray, kind != jsontext.KindBeginArray
	case huma.TypeObject:
		return validation.MsgExpectedObject, kind != jsontext.KindBeginObject
	}
	return "", false
}

func (c *checker) object(s *huma.Schema, depth int) error {
	strict := false
	if s != nil {
		more, isBool := s.AdditionalProperties.(bool)
		strict = isBool && !more
	}
	var seen []string
	for n := 0; c.d.PeekKind() != jsontext.KindEndObject; n++ {
		if n == maxMembers {
			return invalid(dotted(c.d.StackPointer().Parent()), fmt.Sprintf("has more than %d members", maxMembers))
		}
		t, err := c.d.ReadToken()
		if err != nil {
			return err
		}
		name := t.String()
		if len(name) > maxNameBytes {
			return invalid(cut(name, 32), fmt.Sprintf("is a member name longer than %d bytes", maxNameBytes))
		}
		var member *huma.Schema
		if s != nil {
			member = s.Properties[name]
		}
		switch {
		case member != nil:
			seen = append(seen, name)
			if c.d.PeekKind() == jsontext.KindNull && !slices.Contains(s.Required, name) {
				member = nil // an optional member may be null
			}
		case strict:
			if err := c.add(validation.MsgUnexpectedProperty); err != nil {
				return err
			}
		}
		if err := c.value(member, depth+1); err != nil {
			return err
		}
	}
	if _, err := c.d.ReadToken(); err != nil {
		return err
	}
	if s == nil {
		return nil
	}
	at := dotted(c.d.StackPointer()) + "."
	if at == "body." {
		at = ""
	}
	for _, name := range s.Required {
		if !slices.Contains(seen, name) {
			if err := c.addAt(at+name, "is required"); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *checker) array(s *huma.Schema, depth int) error {
	var items *huma.Schema
	most := -1
	if s != nil {
		items = s.Items
		if s.MaxItems != nil {
			most = *s.MaxItems
		}
	}
	for n := 0; c.d.PeekKind() != jsontext.KindEndArray; n++ {
		if n == most {
			field := dotted(c.d.StackPointer().Parent())
			return invalid(field, fmt.Sprintf(validation.MsgExpectedMaxItems, most))
		}
		if err := c.value(items, depth+1); err != nil {
			return err
		}
	}
	_, err := c.d.ReadToken()
	return err
}
