package httpapi

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"harang.dev/harang"
	"harang.dev/harang/internal/auth"
)

// public marks a call that needs no credential.
const public harang.Action = ""

// prefix is where the interface begins.
const prefix = "/api/v1"

// doc is what a route says about itself besides its types.
type doc struct {
	// id is the operation's name for programs, summary its name for people.
	id, summary string
	// codes are the errors that this call has besides the usual ones.
	codes []harang.Code
	// status is the status of success; 0 means 200, or 204 without a body.
	status int
}

// says writes a route's doc on one line.
func says(id, summary string, codes ...harang.Code) doc {
	return doc{id: id, summary: summary, codes: codes}
}

func (d doc) answering(status int) doc { d.status = status; return d }

// call registers one route: "GET /me", who may, what answers, what it says.
func call[I, O any](a *API, route string, may harang.Action,
	answer func(context.Context, harang.Identity, *I) (*O, error), d doc,
) {
	op := a.operation(route, may, d)
	huma.Register(a.huma, op, func(ctx context.Context, in *I) (*O, error) {
		id, _ := ctx.Value(identityKey{}).(harang.Identity)
		out, err := answer(ctx, id, in)
		if err != nil {
			return nil, fail(ctx, err)
		}
		return out, nil
	})
}

// raw registers a route whose handler reads and writes by itself.
func (a *API) raw(route string, may harang.Action,
	answer func(http.ResponseWriter, *http.Request, harang.Identity), d doc, more func(*huma.Operation),
) {
	op := a.operation(route, may, d)
	op.Responses = responses(op.Errors)
	more(&op)
	a.huma.OpenAPI().AddOperation(&op)
	a.mux.HandleFunc(op.Method+" "+op.Path, func(w http.ResponseWriter, r *http.Request) {
		id, err := a.judge(r, may)
		if err != nil {
			fail(r.Context(), err).write(w)
			return
		}
		answer(w, r, id)
	})
}

func (a *API) operation(route string, may harang.Action, d doc) huma.Operation {
	method, path, _ := strings.Cut(route, " ")
	path = prefix + strings.TrimSpace(path)
	a.known[path] = append(a.known[path], method)
	noun, _, _ := strings.Cut(strings.TrimPrefix(path, prefix+"/"), "/")
	op := huma.Operation{
		OperationID: d.id, Method: method, Path: path, DefaultStatus: d.status,
		Summary: d.summary, Tags: []string{noun},
		MaxBodyBytes:    MaxBodyBytes + 1, // the library refuses at its limit, not above
		BodyReadTimeout: bodyLimit,
		Middlewares:     huma.Middlewares{a.judged(may)},
	}
	codes := append([]harang.Code{harang.CodeInvalidRequest, harang.CodeInternal, harang.CodeUnavailable}, d.codes...)
	if may != public {
		codes = append(codes, harang.CodeUnauthenticated, harang.CodeTokenExpired, harang.CodeForbidden)
		if harang.RoleOperator.May(may) || harang.RoleAdmin.May(may) {
			op.Security = append(op.Security, map[string][]string{"accessToken": {}})
		}
		if harang.RoleService.May(may) {
			op.Security = append(op.Security, map[string][]string{"apiKey": {}})
		}
		op.Description = strings.TrimSpace(op.Description + "\n\nWho may: " + whoMay(may) + ".")
	}
	if strings.Contains(path, "{") {
		codes = append(codes, harang.CodeNotFound)
	}
	if method == http.MethodPost || method == http.MethodPut || method == http.MethodPatch {
		codes = append(codes, harang.CodeTooLarge)
	}
	for _, c := range codes {
		if s := statusOf(c); !slices.Contains(op.Errors, s) {
			op.Errors = append(op.Errors, s)
		}
	}
	slices.Sort(op.Errors)
	op.Responses = map[string]*huma.Response{}
	op.Extensions = map[string]any{"x-codes": codeNames(codes)}
	return op
}

func codeNames(codes []harang.Code) []string {
	var names []string
	for _, c := range codes {
		names = append(names, string(c))
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func whoMay(a harang.Action) string {
	var who []string
	for _, r := range append(harang.Roles(), harang.RoleService) {
		if r.May(a) {
			name := string(r)
			if r == harang.RoleService {
				name = "API key"
			}
			who = append(who, name)
		}
	}
	return strings.Join(who, ", ")
}

// responses documents a raw route's errors as the library does it for others.
func responses(statuses []int) map[string]*huma.Response {
	all := map[string]*huma.Response{}
	for _, s := range statuses {
		all[strconv.Itoa(s)] = &huma.Response{
			Description: http.StatusText(s),
			Content: map[string]*huma.MediaType{
				"application/problem+json": {Schema: &huma.Schema{Ref: "#/components/schemas/Problem"}},
			},
		}
	}
	return all
}

type identityKey struct{}

// judged is the door of a route: it lets callers in whose credential is good
// and whose role may, before anything of the request is read.
func (a *API) judged(may harang.Action) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		r, w := humago.Unwrap(ctx)
		id, err := a.judge(r, may)
		if err != nil {
			fail(r.Context(), err).write(w)
			return
		}
		next(huma.WithValue(ctx, identityKey{}, id))
	}
}

func (a *API) judge(r *http.Request, may harang.Action) (harang.Identity, error) {
	if may == public {
		return harang.Identity{}, nil
	}
	id, err := a.identify(r)
	if err != nil {
		return harang.Identity{}, err
	}
	noteCaller(r.Context(), id)
	return id, id.Can(may)
}

// identify proves who calls, by access token or API key.
func (a *API) identify(r *http.Request) (harang.Identity, error) {
	credential := bearer(r)
	if auth.IsAPIKey(credential) {
		return a.Auth.AuthenticateKey(r.Context(), credential)
	}
	return a.Auth.Authenticate(r.Context(), credential)
}

// bearer is the credential of the Authorization header, "" without one.
func bearer(r *http.Request) string {
	scheme, credential, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(credential)
}

// fail turns an error into a problem and notes it for the log.
func fail(ctx context.Context, err error) *problem {
	p := problemOf(err)
	noteProblem(ctx, p)
	return p
}
