package httpapi

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"reflect"
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
	// about is what else there is to know, "" for nothing.
	about string
	// codes are the errors that this call has besides the usual ones.
	codes []harang.Code
	// status is the status of success; 0 means 200, or 204 without a body.
	status int
	// schemes prove the caller of a public call, any of them; nil: none needed.
	schemes []string
}

// says writes a route's doc on one line.
func says(id, summary string, codes ...harang.Code) doc {
	return doc{id: id, summary: summary, codes: codes}
}

func (d doc) answering(status int) doc { d.status = status; return d }

func (d doc) telling(about string) doc { d.about = about; return d }

func (d doc) provenBy(schemes ...string) doc { d.schemes = schemes; return d }

// noCredential says that a call needs none.
func noCredential() []map[string][]string { return []map[string][]string{} }

// call registers one route: "GET /me", who may, what answers, what it says.
func call[I, O any](a *API, route string, may harang.Action,
	answer func(context.Context, harang.Identity, *I) (*O, error), d doc,
) {
	_, takesBody := reflect.TypeFor[I]().FieldByName("Body")
	op := a.operation(route, may, d, takesBody)
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
	op := a.operation(route, may, d, true)
	op.Responses = responses(op.Errors)
	more(&op)
	a.huma.OpenAPI().AddOperation(&op)
	a.mux.HandleFunc(op.Method+" "+op.Path, func(w http.ResponseWriter, r *http.Request) {
		id, err := a.authorize(r, may)
		if err == nil && r.URL.RawQuery != "" {
			err = harang.Invalid(harang.FieldError{Field: "query", Detail: "this call has no query parameters"})
		}
		if err == nil {
			err = readable(r, true)
		}
		if err != nil {
			fail(r.Context(), err).write(w)
			return
		}
		answer(w, r, id)
	})
}

func (a *API) operation(route string, may harang.Action, d doc, takesBody bool) huma.Operation {
	method, path, _ := strings.Cut(route, " ")
	path = prefix + strings.TrimSpace(path)
	a.known[path] = append(a.known[path], method)
	noun, _, _ := strings.Cut(strings.TrimPrefix(path, prefix+"/"), "/")
	op := huma.Operation{
		OperationID: d.id, Method: method, Path: path, DefaultStatus: d.status,
		Summary: d.summary, Description: d.about, Tags: []string{noun},
		MaxBodyBytes:    MaxBodyBytes + 1, // the library refuses at its limit, not above
		BodyReadTimeout: bodyLimit,
		Middlewares:     huma.Middlewares{a.authorized(may)},
	}
	codes := append([]harang.Code{harang.CodeInvalidRequest, harang.CodeInternal, harang.CodeUnavailable}, d.codes...)
	op.Security = noCredential()
	for _, scheme := range d.schemes {
		op.Security = append(op.Security, map[string][]string{scheme: {}})
	}
	forbidden := method != http.MethodGet // a public call that changes something refuses other sites' pages
	if may != public {
		forbidden = slices.ContainsFunc(callers(), func(r harang.Role) bool { return !r.May(may) })
	}
	if forbidden {
		codes = append(codes, harang.CodeForbidden)
	}
	if may != public {
		codes = append(codes, harang.CodeUnauthenticated, harang.CodeTokenExpired)
		if harang.RoleOperator.May(may) || harang.RoleAdmin.May(may) {
			op.Security = append(op.Security, map[string][]string{"accessToken": {}})
		}
		if harang.RoleService.May(may) {
			op.Security = append(op.Security, map[string][]string{"apiKey": {}})
		}
		op.Description = strings.TrimSpace(op.Description + "\n\nWho may: " + whoMay(may) + ".")
	}
	if strings.Contains(path, "{") && method != http.MethodPut { // which creates what is not there
		codes = append(codes, harang.CodeNotFound)
	}
	if takesBody {
		codes = append(codes, harang.CodeTooLarge, harang.CodeUnsupportedMedia)
	}
	op.Errors = statusesOf(codes)
	op.Responses = map[string]*huma.Response{}
	op.Extensions = map[string]any{"x-codes": codeNames(codes)}
	return op
}

// statusesOf are the statuses of codes, in order.
func statusesOf(codes []harang.Code) []int {
	var all []int
	for _, c := range codes {
		all = append(all, statusOf(c))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func codeNames(codes []harang.Code) []string {
	var names []string
	for _, c := range codes {
		names = append(names, string(c))
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// callers are all who may call anything.
func callers() []harang.Role { return append(harang.Roles(), harang.RoleService) }

func whoMay(a harang.Action) string {
	var who []string
	for _, r := range callers() {
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

// authorized is the middleware that refuses callers without a valid credential or
// without the permission, before anything else of the request is read.
func (a *API) authorized(may harang.Action) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		r, w := humago.Unwrap(ctx)
		id, err := a.authorize(r, may)
		if err == nil {
			err = readable(r, ctx.Operation().RequestBody != nil)
		}
		if err != nil {
			fail(r.Context(), err).write(w)
			return
		}
		next(huma.WithValue(ctx, identityKey{}, id))
	}
}

func (a *API) authorize(r *http.Request, may harang.Action) (harang.Identity, error) {
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

// readable refuses what would be read otherwise than it was meant: a compressed
// body, a query that is none, a parameter that stands there twice.
func readable(r *http.Request, takesBody bool) error {
	if encoding := r.Header.Get("Content-Encoding"); takesBody && encoding != "" && !strings.EqualFold(encoding, "identity") {
		return harang.Errorf(harang.CodeUnsupportedMedia, "the body must not be compressed (Content-Encoding)")
	}
	if r.URL.RawQuery == "" {
		return nil
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return harang.Invalid(harang.FieldError{Field: "query", Detail: "cannot be read"})
	}
	for _, name := range slices.Sorted(maps.Keys(query)) {
		if len(query[name]) > 1 {
			return harang.Invalid(harang.FieldError{Field: name, Detail: "stands there twice"})
		}
	}
	return nil
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
