package httpapi

import (
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"harang.dev/harang"
)

// This file documents what the library does not serve: health.go, docs.go, and the
// payment provider's webhook.

func answers(description, mediaType string, s *huma.Schema) *huma.Response {
	return &huma.Response{Description: description, Content: map[string]*huma.MediaType{mediaType: {Schema: s}}}
}

func textSchema(d string) *huma.Schema { return &huma.Schema{Type: huma.TypeString, Description: d} }

func (a *API) describeHealth(spec *huma.OpenAPI) {
	one := func(values ...any) *huma.Schema { return &huma.Schema{Type: huma.TypeString, Enum: values} }
	spec.Components.Schemas.Map()["Health"] = &huma.Schema{
		Type: huma.TypeObject, Required: []string{"status"}, Properties: map[string]*huma.Schema{"status": one("ok")},
	}
	spec.Components.Schemas.Map()["Readiness"] = &huma.Schema{
		Type: huma.TypeObject, Required: []string{"status", "dependencies", "version", "time"},
		Properties: map[string]*huma.Schema{
			"status": one("ok", "degraded", "down", "draining"),
			"dependencies": {
				Type: huma.TypeObject, Description: "each dependency by name: database, redis, isolation",
				AdditionalProperties: &huma.Schema{
					Type: huma.TypeObject, AdditionalProperties: true,
					Required: []string{"status", "required", "millis", "ageMillis"},
					Properties: map[string]*huma.Schema{
						"status": one("ok", "down"),
						"required": {
							Type: huma.TypeBoolean, Description: "whether the node is unready without it, " +
								"and not only degraded",
						},
						"millis":    {Type: huma.TypeNumber, Description: "milliseconds that the last check took"},
						"ageMillis": {Type: huma.TypeNumber, Description: "milliseconds since the last check"},
						"detail":    textSchema("what is wrong when it is down"),
					},
				},
			},
			"version": textSchema("the program's version"),
			"time":    {Type: huma.TypeString, Format: "date-time"},
		},
	}
	health := &huma.Schema{Ref: "#/components/schemas/Health"}
	readiness := &huma.Schema{Ref: "#/components/schemas/Readiness"}
	spec.AddOperation(&huma.Operation{
		OperationID: "alive", Method: http.MethodGet, Path: "/healthz", Tags: []string{"health"},
		Security:    noCredential(),
		Summary:     "Whether the program runs",
		Description: "For supervisors: restart the program when this is not answered.",
		Responses:   map[string]*huma.Response{"200": answers("It runs", "application/json", health)},
	})
	spec.AddOperation(&huma.Operation{
		OperationID: "ready", Method: http.MethodGet, Path: "/readyz", Tags: []string{"health"},
		Security: noCredential(),
		Summary:  "Whether the program should get calls, and the state of its dependencies",
		Description: "For load balancers. Each dependency is checked every 2 seconds in the background; a result " +
			"older than 10 seconds counts as down. degraded means that the node serves without an optional dependency.",
		Parameters: []*huma.Param{{
			Name: "strict", In: "query", Description: "1: 503 also when degraded",
			Schema: &huma.Schema{Type: huma.TypeString},
		}},
		Responses: map[string]*huma.Response{
			"200": answers("Ready", "application/json", readiness),
			"503": answers("A required dependency is down, or the program is ending", "application/json", readiness),
		},
	})
}

func (a *API) describeDocuments(spec *huma.OpenAPI) {
	object := func() *huma.Schema { return &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true} }
	for _, d := range []struct{ id, path, summary string }{
		{"openAPI", "/openapi.json", "This document (OpenAPI 3.1)"},
		{"asyncAPI", "/asyncapi.json", "The description of the live connection (AsyncAPI 3)"},
	} {
		ok := answers("The document", "application/json", object())
		ok.Headers = map[string]*huma.Header{"ETag": {Schema: textSchema("identifies this content")}}
		spec.AddOperation(&huma.Operation{
			OperationID: d.id, Method: http.MethodGet, Path: d.path, Tags: []string{"documents"},
			Security: noCredential(), Summary: d.summary,
			Description: "It changes only with the program's version.",
			Parameters:  []*huma.Param{{Name: "If-None-Match", In: "header", Schema: textSchema("an ETag")}},
			Responses:   map[string]*huma.Response{"200": ok, "304": {Description: "It has not changed"}},
		})
	}
}

// webhook is the route for notifications of myPOS, if the program has it.
const webhook = "POST " + prefix + "/payments/mypos/{tenant}"

func (a *API) describeWebhook(spec *huma.OpenAPI) {
	if a.Webhooks[webhook] == nil {
		return
	}
	method, path, _ := strings.Cut(webhook, " ")
	all := []harang.Code{
		harang.CodeUnauthenticated, harang.CodeNotFound, harang.CodeTooLarge, harang.CodeInvalidRequest,
		harang.CodeUnavailable,
	}
	op := &huma.Operation{
		OperationID: "myposNotification", Method: method, Path: path, Tags: []string{"payments"},
		Security: noCredential(),
		Summary:  "A signed notification of myPOS",
		Description: "Called by myPOS only: a form (IPC, signed with its certificate) or JSON (signed in the header " +
			"X-myPOS-Signature with the merchant's secret). A repeat gets the answer of the first one. At most 64 KiB.",
		Parameters: []*huma.Param{
			{Name: "tenant", In: "path", Required: true, Schema: textSchema("the tenant's id")},
			{Name: "X-myPOS-Signature", In: "header", Schema: textSchema("of JSON: t=<unix seconds>,v1=<signature>")},
			{Name: "X-myPOS-Event", In: "header", Schema: textSchema("of JSON: the event's name")},
		},
		RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
			"application/x-www-form-urlencoded": {Schema: &huma.Schema{
				Type: huma.TypeObject, Description: "further fields as IPC defines them",
				Properties: map[string]*huma.Schema{
					"IPCmethod": textSchema("the kind of notification"),
					"Signature": textSchema("of the other fields, in base64; the last one"),
				},
			}},
			"application/json": {
				Schema: &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true},
			},
		}},
		Errors:     statusesOf(all),
		Extensions: map[string]any{"x-codes": codeNames(all)},
	}
	op.Responses = responses(op.Errors)
	op.Responses["200"] = answers("Accepted, now or before", "text/plain",
		&huma.Schema{Type: huma.TypeString, Enum: []any{"OK"}})
	spec.AddOperation(op)
}
