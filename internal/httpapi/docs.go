package httpapi

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"harang.dev/harang"
)

//go:embed docs.html
var docsPage string

//go:embed docs.css
var docsStyle []byte

// documents describe the interface; they are built once at start.
type documents struct {
	openAPI, asyncAPI, page []byte
}

// Documents returns /openapi.json and /asyncapi.json as a server with the same
// Version, SocketMessages and Webhooks serves them; it needs no other option.
func Documents(o Options) (openAPI, asyncAPI []byte, err error) {
	a, err := assemble(o)
	if err != nil {
		return nil, nil, err
	}
	return a.docs.openAPI, a.docs.asyncAPI, nil
}

func (a *API) documents() (*documents, error) {
	spec := a.huma.OpenAPI()
	if err := a.complete(spec); err != nil {
		return nil, fmt.Errorf("openapi: %w", err)
	}
	openAPI, err := json.Marshal(spec)
	if err != nil {
		return nil, fmt.Errorf("openapi: %w", err)
	}
	async, err := asyncAPI(a.Version, a.SocketMessages)
	if err != nil {
		return nil, fmt.Errorf("asyncapi: %w", err)
	}
	page, err := renderDocs(spec)
	if err != nil {
		return nil, fmt.Errorf("docs: %w", err)
	}
	return &documents{openAPI: openAPI, asyncAPI: async, page: page}, nil
}

// document serves a document that does not change.
func document(contentType string, body []byte) http.HandlerFunc {
	etag := `"` + etagOf(body) + `"`
	return func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Type", contentType)
		h.Set("Cache-Control", "no-cache")
		h.Set("ETag", etag)
		if isCached(r, etag) {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		h.Set("Content-Length", strconv.Itoa(len(body)))
		_, _ = w.Write(body)
	}
}

// isCached reports whether the client has the content with this ETag. A proxy that
// compresses makes it a weak one.
func isCached(r *http.Request, etag string) bool {
	return strings.Contains(r.Header.Get("If-None-Match"), etag)
}

// The data of the page.
type (
	docsView struct {
		Title, Version, About string
		Nouns                 []docsNoun
		Events                []docsEvent
		Codes                 []docsCode
	}
	docsNoun struct {
		Name       string
		Operations []docsOperation
	}
	docsOperation struct {
		ID, Method, Path, Summary, About string
		Fields                           []docsField // path, query and header
		Body, Answer                     []docsField
		Status                           string
		Codes                            []string
		// Request and Response are examples of the bodies, "" without one.
		Request, Response string
	}
	docsField struct {
		Name, Type, About string
		Required          bool
		Depth             int
	}
	docsEvent struct {
		Name, Audiences string
		Fields          []docsField
	}
	docsCode struct {
		Code, About string
		Status      int
	}
)

func renderDocs(spec *huma.OpenAPI) ([]byte, error) {
	view := docsView{
		Title:   spec.Info.Title,
		Version: spec.Info.Version,
		About:   strings.ReplaceAll(spec.Info.Description, "**", ""),
	}
	nouns := map[string]int{}
	for i, tag := range spec.Tags {
		nouns[tag.Name] = i
		view.Nouns = append(view.Nouns, docsNoun{Name: tag.Name})
	}
	for _, path := range slices.Sorted(maps.Keys(spec.Paths)) {
		item := spec.Paths[path]
		for _, op := range operations(item) {
			at, ok := nouns[op.Tags[0]]
			if !ok {
				return nil, fmt.Errorf("docs: the tag %s of %s is not described", op.Tags[0], op.OperationID)
			}
			view.Nouns[at].Operations = append(view.Nouns[at].Operations, describe(spec, op))
		}
	}
	for _, t := range harang.EventTypes() {
		e := docsEvent{Name: t.Name}
		for _, audience := range t.Audiences {
			e.Audiences = strings.TrimPrefix(e.Audiences+", "+string(audience), ", ")
		}
		e.Fields = fields(spec, payloadSchema(spec.Components.Schemas, t), 0)
		view.Events = append(view.Events, e)
	}
	for code, a := range codes {
		view.Codes = append(view.Codes, docsCode{string(code), a.means, a.status})
	}
	sort.Slice(view.Codes, func(i, j int) bool {
		a, b := view.Codes[i], view.Codes[j]
		return a.Status < b.Status || a.Status == b.Status && a.Code < b.Code
	})
	page, err := template.New("docs").Parse(docsPage)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = page.Execute(&out, view)
	return out.Bytes(), err
}

func describe(spec *huma.OpenAPI, op *huma.Operation) docsOperation {
	d := docsOperation{ID: op.OperationID, Method: op.Method, Path: op.Path, Summary: op.Summary, About: op.Description}
	for _, p := range op.Parameters {
		d.Fields = append(d.Fields, docsField{
			Name: p.Name, Type: p.In + ", " + typeName(spec, p.Schema), About: aboutOf(p.Description, p.Schema),
			Required: p.Required,
		})
	}
	if op.RequestBody != nil {
		for _, mediaType := range slices.Sorted(maps.Keys(op.RequestBody.Content)) {
			d.Body = fields(spec, op.RequestBody.Content[mediaType].Schema, 0)
			if len(d.Body) > 0 {
				break
			}
		}
		for _, mediaType := range slices.Sorted(maps.Keys(op.RequestBody.Content)) {
			if d.Request = exampleIn(op.RequestBody.Content[mediaType]); d.Request != "" {
				break
			}
		}
		if op.RequestBody.Description != "" {
			d.About = strings.TrimSpace(op.RequestBody.Description + "\n" + d.About)
		}
	}
	for _, status := range slices.Sorted(maps.Keys(op.Responses)) {
		if strings.HasPrefix(status, "2") {
			d.Status = status
			if m := op.Responses[status].Content["application/json"]; m != nil {
				d.Answer, d.Response = fields(spec, m.Schema, 0), exampleIn(m)
			}
			break
		}
	}
	if codes, ok := op.Extensions["x-codes"].([]string); ok {
		d.Codes = codes
	}
	return d
}

// exampleIn returns the first example of a body, by name, indented; "" without one.
func exampleIn(m *huma.MediaType) string {
	for _, name := range slices.Sorted(maps.Keys(m.Examples)) {
		var out bytes.Buffer
		if raw, ok := m.Examples[name].Value.(json.RawMessage); ok && json.Indent(&out, raw, "", "  ") == nil {
			return out.String()
		}
	}
	return ""
}

// fields lists the members of a schema, each followed by its own members.
func fields(spec *huma.OpenAPI, s *huma.Schema, depth int) []docsField {
	s = resolve(spec, s)
	if s == nil || depth > 4 {
		return nil
	}
	if s.Type == huma.TypeArray {
		return fields(spec, s.Items, depth)
	}
	if s.Discriminator != nil {
		s = common(spec, s)
	}
	var all []docsField
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		p := s.Properties[name]
		all = append(all, docsField{
			Name: name, Type: typeName(spec, p), About: aboutOf(p.Description, resolve(spec, p)),
			Required: slices.Contains(s.Required, name), Depth: depth,
		})
		all = append(all, fields(spec, p, depth+1)...)
	}
	return all
}

// common describes the members of a union's variants together: type has the values of all, and a
// member that refers to a schema of its variant is an object.
func common(spec *huma.OpenAPI, union *huma.Schema) *huma.Schema {
	key := union.Discriminator.PropertyName
	kinds := &huma.Schema{Type: huma.TypeString}
	all := &huma.Schema{Type: huma.TypeObject, Properties: map[string]*huma.Schema{}}
	for _, variant := range union.OneOf {
		s := resolve(spec, variant)
		all.Required = s.Required
		for name, p := range s.Properties {
			if other := all.Properties[name]; other != nil && other.Ref != p.Ref {
				p = &huma.Schema{Type: huma.TypeObject, Description: "the payload of the type, see live events"}
			}
			all.Properties[name] = p
		}
		kinds.Enum = append(kinds.Enum, s.Properties[key].Enum...)
	}
	all.Properties[key] = kinds
	return all
}

// resolve follows references and drops the alternative null.
func resolve(spec *huma.OpenAPI, s *huma.Schema) *huma.Schema {
	if mayBeNull(s) && len(s.OneOf) > 0 {
		s = s.OneOf[0]
	}
	for s != nil && s.Ref != "" {
		s = spec.Components.Schemas.Map()[strings.TrimPrefix(s.Ref, "#/components/schemas/")]
	}
	return s
}

// mayBeNull reports whether a schema allows null.
func mayBeNull(s *huma.Schema) bool {
	return s != nil && (s.Nullable || len(s.OneOf) == 2 && s.OneOf[1].Type == "null")
}

func typeName(spec *huma.OpenAPI, s *huma.Schema) string {
	null := mayBeNull(s)
	s = resolve(spec, s)
	switch {
	case s == nil:
		return ""
	case s.Type == huma.TypeArray:
		return "list of " + typeName(spec, s.Items)
	}
	name := s.Type
	if s.Format == "date-time" {
		name = "time"
	}
	if name == "" {
		name = "any"
	}
	if null || s.Nullable {
		name += " or null"
	}
	return name
}

// aboutOf returns the description and the limits of a field as text.
func aboutOf(description string, s *huma.Schema) string {
	if s == nil {
		return description
	}
	words := []string{}
	if description == "" {
		description = s.Description
	}
	if description != "" {
		words = append(words, description)
	}
	if len(s.Enum) > 0 {
		values := make([]string, len(s.Enum))
		for i, v := range s.Enum {
			values[i] = fmt.Sprint(v)
		}
		values = slices.DeleteFunc(values, func(v string) bool { return v == "<nil>" })
		words = append(words, "one of "+strings.Join(values, ", "))
	}
	if s.Minimum != nil {
		words = append(words, "at least "+strconv.FormatFloat(*s.Minimum, 'f', -1, 64))
	}
	if s.Maximum != nil {
		words = append(words, "at most "+strconv.FormatFloat(*s.Maximum, 'f', -1, 64))
	}
	if s.MaxLength != nil {
		words = append(words, fmt.Sprintf("at most %d characters", *s.MaxLength))
	}
	if s.Default != nil {
		words = append(words, fmt.Sprintf("default %v", s.Default))
	}
	return strings.Join(words, "; ")
}
