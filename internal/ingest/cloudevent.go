package ingest

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"harang.dev/harang"
)

// The media types of the three ways to send events (CloudEvents 1.0.2, HTTP
// protocol binding, section 3).
const (
	structuredType = "application/cloudevents+json"
	batchType      = "application/cloudevents-batch+json"
)

// MaxBatch is how many events one batch may hold.
const MaxBatch = 1000

// maxSourceRunes is the length of a source.
const maxSourceRunes = 512

// Incoming is one event as another application sent it.
type Incoming struct {
	// Source and ID name it where it came from.
	Source, ID string
	Type       string
	// Data is the payload, unchecked.
	Data json.RawMessage
	// path is the path of the event in the request, for field names: "" or "3.".
	path string
}

// envelope is a structured event. Extension attributes are ignored.
type envelope struct {
	SpecVersion     string          `json:"specversion"`
	ID              string          `json:"id"`
	Source          string          `json:"source"`
	Type            string          `json:"type"`
	DataContentType *string         `json:"datacontenttype"`
	Time            *string         `json:"time"`
	Data            json.RawMessage `json:"data"`
	DataBase64      *string         `json:"data_base64"`
}

// Parse reads the events of a request: one (structured or binary) or several
// (batch). A body of plain JSON without ce- headers is read as structured, or as
// a batch when it is an array. Codes: INVALID_REQUEST naming the attribute,
// EVENT_TOO_LARGE, UNSUPPORTED_MEDIA_TYPE.
func Parse(header http.Header, body []byte) ([]Incoming, error) {
	mediaType, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil && header.Get("Content-Type") != "" {
		return nil, unsupported()
	}
	_, isBinary := header["Ce-Specversion"]
	switch {
	case mediaType == structuredType:
		return parseOne(body)
	case mediaType == batchType:
		return parseBatch(body)
	case isBinary:
		return parseBinary(header, mediaType, body)
	case mediaType == "application/json" && bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("[")):
		return parseBatch(body)
	case mediaType == "application/json":
		return parseOne(body)
	}
	return nil, unsupported()
}

func parseOne(body []byte) ([]Incoming, error) {
	in, err := parseStructured(body, "")
	if err != nil {
		return nil, err
	}
	return []Incoming{in}, nil
}

func parseBatch(body []byte) ([]Incoming, error) {
	var raw []json.RawMessage
	if err := json.Unmarshal(body, &raw); err != nil || raw == nil {
		return nil, invalid("body", "must be a JSON array of events")
	}
	if len(raw) > MaxBatch {
		return nil, invalid("body", fmt.Sprintf("may hold %d events at most", MaxBatch))
	}
	all := make([]Incoming, 0, len(raw))
	for i, one := range raw {
		in, err := parseStructured(one, strconv.Itoa(i)+".")
		if err != nil {
			return nil, err
		}
		all = append(all, in)
	}
	return all, nil
}

func parseStructured(raw []byte, path string) (Incoming, error) {
	if len(raw) > harang.MaxEventBytes {
		return Incoming{}, tooLarge()
	}
	var e envelope
	if err := json.Unmarshal(raw, &e); err != nil {
		var wrong *json.UnmarshalTypeError
		if errors.As(err, &wrong) && wrong.Field != "" {
			return Incoming{}, invalid(path+wrong.Field, "must not be "+wrong.Value)
		}
		return Incoming{}, invalid(eventField(path), "must be an event as JSON")
	}
	in := Incoming{Source: e.Source, ID: e.ID, Type: e.Type, Data: e.Data, path: path}
	contentType := ""
	if e.DataContentType != nil {
		contentType = *e.DataContentType
	}
	if e.DataBase64 != nil {
		if len(e.Data) > 0 {
			return Incoming{}, invalid(path+"data_base64", "must not be sent together with data")
		}
		data, err := base64.StdEncoding.DecodeString(*e.DataBase64)
		if err != nil {
			return Incoming{}, invalid(path+"data_base64", "must be base64")
		}
		in.Data = data
	}
	return in, in.check(e.SpecVersion, contentType, e.Time, "")
}

func parseBinary(header http.Header, mediaType string, body []byte) ([]Incoming, error) {
	if len(body) > harang.MaxEventBytes {
		return nil, tooLarge()
	}
	get := func(name string) string {
		// Values are percent-encoded (section 3.1.3.2); others are taken as sent.
		value := header.Get("ce-" + name)
		if decoded, err := url.PathUnescape(value); err == nil {
			return decoded
		}
		return value
	}
	in := Incoming{Source: get("source"), ID: get("id"), Type: get("type"), Data: body}
	var sent *string
	if _, ok := header["Ce-Time"]; ok {
		sent = new(get("time"))
	}
	return []Incoming{in}, in.check(get("specversion"), mediaType, sent, "ce-")
}

// check validates the attributes; prefix is "ce-" where they are headers.
func (in Incoming) check(specVersion, contentType string, sent *string, prefix string) error {
	var wrong []harang.FieldError
	add := func(name, detail string) {
		if detail != "" {
			wrong = append(wrong, harang.FieldError{Field: in.path + prefix + name, Detail: detail})
		}
	}
	if specVersion != "1.0" {
		add("specversion", "must be 1.0")
	}
	add("id", harang.CheckText(in.ID, harang.MaxIDRunes))
	add("source", checkSource(in.Source))
	if t, ok := harang.FindEventType(in.Type); !ok || t.Control() {
		add("type", "must be one of "+strings.Join(typeNames(), ", "))
	}
	if sent != nil {
		if _, err := time.Parse(time.RFC3339, *sent); err != nil {
			add("time", "must be an RFC 3339 time")
		}
	}
	if !isJSON(contentType) {
		wrong = append(wrong, harang.FieldError{Field: in.path + "datacontenttype", Detail: "must be application/json"})
	}
	if len(in.Data) == 0 {
		wrong = append(wrong, harang.FieldError{Field: in.path + "data", Detail: "is required"})
	}
	if len(wrong) > 0 {
		return harang.Invalid(wrong...)
	}
	return nil
}

func checkSource(source string) string {
	if detail := harang.CheckText(source, maxSourceRunes); detail != "" {
		return detail
	}
	if _, err := url.Parse(source); err != nil {
		return "must be a URI reference"
	}
	if strings.HasPrefix(source, ownSources) {
		return "must not begin with " + ownSources + ", which is reserved"
	}
	return ""
}

func isJSON(contentType string) bool {
	if contentType == "" {
		return true
	}
	mediaType, _, err := mime.ParseMediaType(contentType)
	return err == nil && (mediaType == "application/json" || strings.HasSuffix(mediaType, "+json"))
}

func typeNames() []string {
	var names []string
	for _, t := range harang.EventTypes() {
		names = append(names, t.Name)
	}
	return names
}

func invalid(field, detail string) error {
	return harang.Invalid(harang.FieldError{Field: field, Detail: detail})
}

// eventField is the field name of the event itself.
func eventField(path string) string {
	if path == "" {
		return "body"
	}
	return strings.TrimSuffix(path, ".")
}

func unsupported() error {
	return harang.Errorf(harang.CodeUnsupportedMedia, "Content-Type must be %s, %s or application/json",
		structuredType, batchType)
}

func tooLarge() error {
	return harang.Errorf(harang.CodeEventTooLarge, "an event's JSON may have %d bytes at most", harang.MaxEventBytes)
}
