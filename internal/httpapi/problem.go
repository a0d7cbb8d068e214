package httpapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"math"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"harang.dev/harang"
)

// problem is an error as callers see it (RFC 9457): type, title, status, detail
// and our members code, errors and those of the error's Details.
type problem struct {
	code       harang.Code
	detail     string
	fields     []harang.FieldError
	details    map[string]any
	retryAfter time.Duration
	cause      error
}

// problemOf turns any error into what the caller may know of it. What has no
// code is INTERNAL and says nothing.
func problemOf(err error) *problem {
	var p *problem
	if errors.As(err, &p) {
		return p
	}
	var e *harang.Error
	if !errors.As(err, &e) {
		return &problem{code: harang.CodeInternal, detail: "something went wrong here", cause: err}
	}
	p = &problem{
		code: e.Code, detail: e.Message, fields: e.Fields, details: e.Details, retryAfter: e.RetryAfter, cause: err,
	}
	if statusOf(p.code) == http.StatusInternalServerError {
		p.detail, p.details = "something went wrong here", nil
	}
	if p.retryAfter == 0 && (p.code == harang.CodeUnavailable || p.code == harang.CodeRateLimited) {
		p.retryAfter = time.Second
	}
	return p
}

// Error makes a problem an error, for huma.
func (p *problem) Error() string {
	if p.cause != nil {
		return p.cause.Error()
	}
	return string(p.code) + ": " + p.detail
}

// GetStatus is the HTTP status, for huma.
func (p *problem) GetStatus() int { return statusOf(p.code) }

// GetHeaders are the headers of the answer, for huma.
func (p *problem) GetHeaders() http.Header {
	h := http.Header{}
	if p.retryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int(math.Ceil(p.retryAfter.Seconds()))))
	}
	if p.GetStatus() == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", "Bearer")
	}
	if p.code == harang.CodeUnsupportedMedia {
		h.Set("Accept-Encoding", "identity") // RFC 9110, section 15.5.16
	}
	return h
}

// ContentType is the media type of the answer, for huma.
func (p *problem) ContentType(string) string { return "application/problem+json" }

// MarshalJSON writes the members in the order in which people read them.
func (p *problem) MarshalJSON() ([]byte, error) {
	status := p.GetStatus()
	b := []byte(`{"type":"about:blank"`)
	add := func(name string, value any) error {
		var v bytes.Buffer
		e := json.NewEncoder(&v)
		e.SetEscapeHTML(false)
		if err := e.Encode(value); err != nil {
			return err
		}
		b = append(b, ',', '"')
		b = append(append(b, name...), '"', ':')
		b = append(b, bytes.TrimRight(v.Bytes(), "\n")...)
		return nil
	}
	errs := []error{
		add("title", http.StatusText(status)), add("status", status),
		add("code", p.code), add("detail", p.detail),
	}
	if len(p.fields) > 0 {
		errs = append(errs, add("errors", p.fields))
	}
	for _, name := range slices.Sorted(maps.Keys(p.details)) {
		errs = append(errs, add(name, p.details[name]))
	}
	return append(b, '}'), errors.Join(errs...)
}

// Schema describes a problem in the OpenAPI document.
func (p *problem) Schema(r huma.Registry) *huma.Schema {
	const name = "Problem"
	if r.Map()[name] == nil {
		text := func(d string) *huma.Schema { return &huma.Schema{Type: "string", Description: d} }
		var names []any
		for _, c := range slices.Sorted(maps.Keys(codes)) {
			names = append(names, string(c))
		}
		r.Map()[name] = &huma.Schema{
			Type:        "object",
			Description: "An error (RFC 9457). Programs read code; further members depend on it.",
			Properties: map[string]*huma.Schema{
				"type":   text("always about:blank: the code says more than a link could"),
				"title":  text("the status in words"),
				"status": {Type: "integer", Description: "the HTTP status"},
				"code":   {Type: "string", Description: "what went wrong, stable", Enum: names},
				"detail": text("a sentence for developers"),
				"errors": {
					Type: "array", Description: "the fields that are wrong, with INVALID_REQUEST",
					Items: &huma.Schema{
						Type: "object", Required: []string{"field", "detail"},
						Properties: map[string]*huma.Schema{
							"field":  text("dotted path as the caller wrote it, e.g. lines.0.quantity"),
							"detail": text("what is wrong with it"),
						},
					},
				},
				"line":          {Type: "integer", Description: "the line of the rental, from 0, with INSUFFICIENT_STOCK"},
				"available":     {Type: "integer", Description: "how many pieces there are, with INSUFFICIENT_STOCK"},
				"transactionId": text("the payment's id, with PAYMENT_DECLINED and PAYMENT_TIMEOUT"),
				"paymentStatus": text("DECLINED or PENDING, with PAYMENT_DECLINED and PAYMENT_TIMEOUT"),
				"errorCode":     text("why the card was declined, with its table: ipc:13, iso:51"),
				"errorMessage":  text("the same as a Hungarian sentence for people"),
				"nextStep":      text("what the clerk should do now, in Hungarian"),
				"retry":         {Type: "boolean", Description: "whether the same card may be tried again"},
				"by":            {Ref: r.Schema(reflect.TypeFor[personBody](), true, "").Ref},
				"at":            text("since when, with ALREADY_CLAIMED"),
				"action":        text("what the role may not do, with FORBIDDEN"),
			},
			Required: []string{"type", "title", "status", "code", "detail"},
		}
	}
	return &huma.Schema{Ref: "#/components/schemas/" + name}
}

// write sends the problem outside huma.
func (p *problem) write(w http.ResponseWriter) {
	for name, values := range p.GetHeaders() {
		w.Header()[name] = values
	}
	body, err := p.MarshalJSON()
	if err != nil {
		p = &problem{code: harang.CodeInternal, detail: "something went wrong here"}
		body, _ = p.MarshalJSON()
	}
	w.Header().Set("Content-Type", p.ContentType(""))
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(p.GetStatus())
	_, _ = w.Write(body)
}

// configureLibrary sets huma's process-wide variables: how it makes errors and
// that member names are case-sensitive. New calls it; the values never change.
var configureLibrary = sync.OnceFunc(func() {
	huma.ValidateStrictCasing = true
	huma.NewErrorWithContext = func(_ huma.Context, status int, message string, errs ...error) huma.StatusError {
		return problemFromLibrary(status, message, errs)
	}
	huma.NewError = func(status int, message string, errs ...error) huma.StatusError {
		return problemFromLibrary(status, message, errs)
	}
})

// problemFromLibrary turns what the library found wrong with a request into one
// of our codes.
func problemFromLibrary(status int, message string, errs []error) *problem {
	switch {
	case status == http.StatusRequestEntityTooLarge:
		return &problem{code: harang.CodeTooLarge, detail: "the body is larger than 1 MiB"}
	case status == http.StatusUnsupportedMediaType:
		return &problem{code: harang.CodeUnsupportedMedia, detail: "the body must be JSON: Content-Type: application/json"}
	case status == http.StatusRequestTimeout:
		return &problem{code: harang.CodeInvalidRequest, detail: "the body did not come in time"}
	case status >= 500 || status < 400:
		return problemOf(errors.Join(append(errs, errors.New(message))...))
	}
	p := &problem{code: harang.CodeInvalidRequest, detail: "the request is not valid"}
	for _, err := range errs {
		var d huma.ErrorDetailer
		if errors.As(err, &d) {
			p.fields = append(p.fields, fieldError(d.ErrorDetail()))
		} else if err != nil {
			p.fields = append(p.fields, harang.FieldError{Field: "body", Detail: err.Error()})
		}
	}
	if len(p.fields) == 0 {
		p.fields = []harang.FieldError{{Field: "body", Detail: message}}
	}
	slices.SortStableFunc(p.fields, func(a, b harang.FieldError) int { return strings.Compare(a.Field, b.Field) })
	p.detail = p.fields[0].Field + ": " + p.fields[0].Detail
	return p
}

var (
	index    = regexp.MustCompile(`\[(\d+)\]`)
	required = regexp.MustCompile(`^expected required property (\S+) to be present$`)
	tooBig   = regexp.MustCompile(`^json: cannot unmarshal number \S+ into Go struct field \w*\.(\S+) of type`)
)

// fieldError turns the library's location ("body.lines[0].quantity") into the
// path as the caller wrote it ("lines.0.quantity").
func fieldError(d *huma.ErrorDetail) harang.FieldError {
	path := index.ReplaceAllString(d.Location, ".$1")
	detail := d.Message
	if m := required.FindStringSubmatch(detail); m != nil {
		path, detail = path+"."+m[1], "is required"
	} else if m := tooBig.FindStringSubmatch(detail); m != nil {
		path, detail = "body."+m[1], "must be a whole number, written out, of at most 64 bits"
	}
	for _, place := range []string{"body.", "query.", "path.", "header.", "cookie."} {
		if rest, ok := strings.CutPrefix(path, place); ok {
			path = rest
			break
		}
	}
	if path == "" {
		path = "body"
	}
	return harang.FieldError{Field: path, Detail: detail}
}
