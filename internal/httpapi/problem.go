package httpapi

import (
	"bytes"
	"context"
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
	"github.com/danielgtaylor/huma/v2/validation"

	"harang.dev/harang"
)

// Bounds of a problem, so that the answer to a request is never larger than what a
// person reads: the bytes of the whole body, the entries of errors, and the bytes
// of one text in it.
const (
	maxProblemBytes = 16 << 10
	maxFieldErrors  = 20
	maxTextBytes    = 512
)

// problem is an error as callers see it (RFC 9457): type, title, status, detail
// and the members code, errors and those of the error's Details.
type problem struct {
	code       harang.Code
	detail     string
	fields     []harang.FieldError
	truncated  bool // there were more fields
	details    map[string]any
	retryAfter time.Duration
	cause      error
}

// internalDetail is all that a caller learns of an INTERNAL error.
const internalDetail = "the server failed; the cause is in its log"

// problemOf turns any error into what the caller may know of it. An error without
// a code is INTERNAL and its text is not shown.
func problemOf(err error) *problem {
	var p *problem
	if errors.As(err, &p) {
		return p
	}
	var e *harang.Error
	switch {
	case errors.As(err, &e):
	case errors.Is(err, context.Canceled):
		// The caller has gone or the program is ending.
		e = &harang.Error{Code: harang.CodeUnavailable, Message: "the call was cancelled"}
	default:
		return &problem{code: harang.CodeInternal, detail: internalDetail, cause: err}
	}
	p = &problem{
		code: e.Code, detail: e.Message, details: e.Details, retryAfter: e.RetryAfter, cause: err,
	}
	p.setFields(e.Fields)
	if statusOf(p.code) == http.StatusInternalServerError {
		p.detail, p.details = internalDetail, nil
	}
	if p.retryAfter == 0 && (p.code == harang.CodeUnavailable || p.code == harang.CodeRateLimited) {
		p.retryAfter = time.Second
	}
	return p
}

// setFields keeps the first maxFieldErrors fields, and says what is wrong with the
// first one in the detail.
func (p *problem) setFields(fields []harang.FieldError) {
	if len(fields) == 0 {
		return
	}
	p.truncated = len(fields) > maxFieldErrors
	p.fields = slices.Clone(fields[:min(len(fields), maxFieldErrors)])
	for i, f := range p.fields {
		p.fields[i] = harang.FieldError{
			Field:  cut(f.Field, maxTextBytes/2),
			Detail: cut(plainDetail(f.Detail), maxTextBytes),
		}
	}
	p.detail = p.fields[0].Field + ": " + p.fields[0].Detail
}

// cut shortens a text to at most n bytes of whole characters.
func cut(text string, n int) string {
	if len(text) <= n {
		return text
	}
	return strings.ToValidUTF8(text[:n-len("…")], "") + "…"
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

// MarshalJSON writes the members in the order in which people read them, at most
// maxProblemBytes in all: fields, then further members are left out where they do
// not fit.
func (p *problem) MarshalJSON() ([]byte, error) {
	b, err := p.marshal()
	for small := *p; err == nil && len(b) > maxProblemBytes; b, err = small.marshal() {
		switch {
		case len(small.fields) > 1:
			small.fields, small.truncated = small.fields[:len(small.fields)/2], true
		case small.details != nil:
			small.details = nil
		default:
			small.fields, small.detail = nil, http.StatusText(small.GetStatus())
		}
	}
	return b, err
}

func (p *problem) marshal() ([]byte, error) {
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
		add("code", p.code), add("detail", cut(p.detail, 2*maxTextBytes)),
	}
	if len(p.fields) > 0 {
		errs = append(errs, add("errors", p.fields))
	}
	if p.truncated {
		errs = append(errs, add("errorsTruncated", true))
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
				"type":   text("always about:blank; read code instead"),
				"title":  text("the status as text"),
				"status": {Type: "integer", Description: "the HTTP status"},
				"code":   {Type: "string", Description: "what went wrong, stable", Enum: names},
				"detail": text("one sentence for developers"),
				"errors": {
					Type: "array", Description: "the fields that are wrong, with INVALID_REQUEST, PASSWORD_WRONG and " +
						"PASSWORD_TOO_COMMON",
					MaxItems: new(maxFieldErrors),
					Items: &huma.Schema{
						Type: "object", Required: []string{"field", "detail"},
						Properties: map[string]*huma.Schema{
							"field":  text("dotted path of the field, e.g. lines.0.quantity"),
							"detail": text("what is wrong with it"),
						},
					},
				},
				"errorsTruncated": {Type: "boolean", Description: "true when more fields are wrong than errors lists"},
				"expected": {
					Type: huma.TypeInteger, Description: "the sum that the request named (PRICE_CHANGED)",
				},
				"actual": {Type: huma.TypeInteger, Description: "the sum that it is (PRICE_CHANGED)"},
				"line": {
					Type:        "integer",
					Description: "the line of the rental, from 0, with INSUFFICIENT_STOCK and ARCHIVED",
				},
				"available": {Type: "integer", Description: "how many pieces there are, with INSUFFICIENT_STOCK"},
				"kind":      text("partner, location or product, with ARCHIVED and ERASED"),
				"id":        text("the id of what is archived or erased, with ARCHIVED and ERASED"),
				"rentals": {
					Type: "array", Items: &huma.Schema{Type: "string"},
					Description: "ids of rentals that are to be finished first, with UNFINISHED",
				},
				"barcode":       text("the barcode that another product has, with BARCODE_TAKEN"),
				"productId":     text("the product that has it, with BARCODE_TAKEN"),
				"productName":   text("the same product's name, with BARCODE_TAKEN"),
				"transactionId": text("the payment's id, with PAYMENT_DECLINED and PAYMENT_TIMEOUT"),
				"paymentStatus": text("DECLINED or PENDING, with PAYMENT_DECLINED and PAYMENT_TIMEOUT"),
				"errorCode":     text("why the card was declined, with its table: ipc:13, iso:51"),
				"errorMessage":  text("the same as a Hungarian sentence for people"),
				"nextStep":      text("what the clerk should do next, in Hungarian"),
				"retry":         {Type: "boolean", Description: "whether the same card may be tried again"},
				"by":            {Ref: r.Schema(reflect.TypeFor[personBody](), true, "").Ref},
				"at":            text("when the claim was made, with ALREADY_CLAIMED"),
				"origin":        text("the origin of the page, with FORBIDDEN because of it"),
				"ownOrigin": text(
					"the server's origin as the request names it, with FORBIDDEN because of the page's origin",
				),
				"action": text("the action that the caller is not allowed, with FORBIDDEN"),
				"scope":  text("the scope that the API key lacks, with FORBIDDEN"),
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
		p = &problem{code: harang.CodeInternal, detail: internalDetail}
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

// problemFromLibrary gives what the library found wrong with a request one of the
// codes.
func problemFromLibrary(status int, message string, errs []error) *problem {
	switch {
	case status == http.StatusRequestEntityTooLarge:
		return &problem{code: harang.CodeTooLarge, detail: "the body is too large"}
	case status == http.StatusUnsupportedMediaType:
		return &problem{
			code:   harang.CodeUnsupportedMedia,
			detail: "the body must be JSON: Content-Type: application/json",
		}
	case status == http.StatusRequestTimeout:
		return &problem{code: harang.CodeInvalidRequest, detail: "the body took longer than 10 seconds"}
	case status >= 500 || status < 400:
		return problemOf(errors.Join(append(errs, errors.New(message))...))
	}
	p := &problem{code: harang.CodeInvalidRequest, detail: "the request is not valid"}
	var fields []harang.FieldError
	for _, err := range errs {
		var d huma.ErrorDetailer
		if errors.As(err, &d) {
			fields = append(fields, fieldError(d.ErrorDetail()))
		} else if err != nil {
			fields = append(fields, harang.FieldError{Field: "body", Detail: err.Error()})
		}
		if len(fields) > maxFieldErrors {
			break
		}
	}
	if len(fields) == 0 {
		fields = []harang.FieldError{{Field: "body", Detail: message}}
	}
	p.setFields(sortedFields(fields))
	return p
}

var (
	index    = regexp.MustCompile(`\[(\d+)\]`)
	required = regexp.MustCompile(`^expected required property (\S+) to be present$`)
	tooBig   = regexp.MustCompile(`^json: cannot unmarshal number \S+ into Go struct field \w*\.(\S+) of type`)
)

// fieldError turns the library's location ("body.lines[0].quantity") into the
// dotted path of the field ("lines.0.quantity").
func fieldError(d *huma.ErrorDetail) harang.FieldError {
	path := index.ReplaceAllString(cut(d.Location, maxTextBytes), ".$1")
	detail := d.Message
	if m := required.FindStringSubmatch(detail); m != nil {
		path, detail = path+"."+m[1], "is required"
	} else if m := tooBig.FindStringSubmatch(cut(detail, maxTextBytes)); m != nil {
		path, detail = "body."+m[1], "must be a whole number of at most 64 bits, without an exponent"
	}
	for _, part := range []string{"body.", "query.", "path.", "header.", "cookie."} {
		if rest, ok := strings.CutPrefix(path, part); ok {
			path = rest
			break
		}
	}
	if path == "" {
		path = "body"
	}
	return harang.FieldError{Field: path, Detail: detail}
}

// details says what the library's messages mean, where they begin like this.
var details = strings.NewReplacer(
	validation.MsgUnexpectedProperty, "is not a member of this request",
	validation.MsgExpectedRFC3339DateTime, "must be an RFC 3339 time, e.g. 2026-03-02T13:00:00Z",
	validation.MsgExpectedBoolean, "must be true or false",
	validation.MsgExpectedObject, "must be an object",
	"expected value to be one of ", "must be one of ",
	"expected number ", "must be ",
	"expected array length <= ", "must have at most this many items: ",
	"expected array length >= ", "must have at least this many items: ",
	"expected length <= ", "must be at most this many characters long: ",
	"expected length >= ", "must be at least this many characters long: ",
	"expected string to match pattern ", "must match the pattern ",
	validation.MsgExpectedString, "must be a string",
	validation.MsgExpectedInteger, "must be a whole number",
	validation.MsgExpectedNumber, "must be a number",
	validation.MsgExpectedArray, "must be a list",
)

// plainDetail writes a message of the library as a sentence about its field.
func plainDetail(message string) string {
	message = cut(message, maxTextBytes)
	if !strings.HasPrefix(message, "expected ") && message != validation.MsgUnexpectedProperty {
		return message
	}
	return details.Replace(message)
}
