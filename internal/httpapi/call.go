package httpapi

import (
	"context"
	"net/http"
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

// prefix is the path of the interface.
const prefix = "/api/v1"

// routeDoc documents a route beyond what its Go types say.
type routeDoc struct {
	// id is the operation's name for programs, summary its name for people.
	id, summary string
	// text is a longer description. Empty means none.
	text string
	// codes are the errors of this call besides the common ones.
	codes []harang.Code
	// status is the status of success. 0 means 200, or 204 without a body.
	status int
	// schemes are the credentials of a public call, any of which is enough. Nil
	// means that none is needed.
	schemes []string
	// limit is the size of the largest body, in bytes.
	limit int64
	// media is the media type of success. Empty means JSON.
	media string
	// confirm is whether the caller must have proved the password lately.
	confirm confirmation
	// anyID is true when an unknown id is answered as a known one.
	anyID bool
}

func about(id, summary string, codes ...harang.Code) routeDoc {
	return routeDoc{id: id, summary: summary, codes: codes, limit: MaxBodyBytes}
}

func (d routeDoc) answers(status int) routeDoc { d.status = status; return d }

func (d routeDoc) details(text string) routeDoc { d.text = text; return d }

func (d routeDoc) authenticatedBy(schemes ...string) routeDoc { d.schemes = schemes; return d }

func (d routeDoc) sendsCSV() routeDoc {
	d.media, d.codes = csvMedia, append(d.codes, harang.CodeRateLimited)
	return d
}

// confirmation says whether a call needs a recent proof of the password.
type confirmation int

const (
	// confirmSettings: when it changes users, keys or settings, that is anything under /admin and /settings.
	confirmSettings confirmation = iota
	confirmNever
	confirmAlways
)

func (d routeDoc) needsConfirmation() routeDoc { d.confirm = confirmAlways; return d }

func (d routeDoc) needsNoConfirmation() routeDoc { d.confirm = confirmNever; return d }

// needsConfirmationOn reports whether a call of this method and path needs a recent proof of the password.
func (d routeDoc) needsConfirmationOn(method, path string) bool {
	switch {
	case d.confirm != confirmSettings:
		return d.confirm == confirmAlways
	case method == http.MethodGet:
		return false
	}
	return strings.HasPrefix(path, prefix+"/admin/") || strings.HasPrefix(path, prefix+"/settings/")
}

func (d routeDoc) takesAnyID() routeDoc { d.anyID = true; return d }

func (d routeDoc) maxBody(bytes int64) routeDoc { d.limit = bytes; return d }

// noCredential is the security requirement of a call that needs no credential.
func noCredential() []map[string][]string { return []map[string][]string{} }

// call registers a route, e.g. "GET /me", that callers allowed the action may use.
func call[I, O any](a *API, route string, action harang.Action,
	answer func(context.Context, harang.Identity, *I) (*O, error), d routeDoc,
) {
	_, takesBody := reflect.TypeFor[I]().FieldByName("Body")
	op := a.operation(route, action, d, takesBody)
	huma.Register(a.huma, op, func(ctx context.Context, in *I) (*O, error) {
		caller, _ := ctx.Value(identityKey{}).(harang.Identity)
		out, err := answer(ctx, caller, in)
		if err != nil {
			return nil, fail(ctx, err)
		}
		return out, nil
	})
}

// raw registers a route whose handler reads the request and writes the response
// itself. describe completes the operation's documentation.
func (a *API) raw(route string, action harang.Action,
	answer func(http.ResponseWriter, *http.Request, harang.Identity), d routeDoc, describe func(*huma.Operation),
) {
	op := a.operation(route, action, d, true)
	op.Responses = responses(op.Errors)
	describe(&op)
	a.huma.OpenAPI().AddOperation(&op)
	a.mux.HandleFunc(op.Method+" "+op.Path, func(w http.ResponseWriter, r *http.Request) {
		caller, end, err := a.begin(r, access{action, d.needsConfirmationOn(op.Method, op.Path)})
		defer end()
		if err == nil {
			err = checkRequest(r, &op)
		}
		if err != nil {
			fail(r.Context(), err).write(w)
			return
		}
		answer(w, r.WithContext(withCaller(r.Context(), caller, addressOf(r))), caller)
	})
}

func (a *API) operation(route string, action harang.Action, d routeDoc, takesBody bool) huma.Operation {
	method, path, _ := strings.Cut(route, " ")
	path = prefix + strings.TrimSpace(path)
	a.methods[path] = append(a.methods[path], method)
	noun, _, _ := strings.Cut(strings.TrimPrefix(path, prefix+"/"), "/")
	op := huma.Operation{
		OperationID: d.id, Method: method, Path: path, DefaultStatus: d.status,
		Summary: d.summary, Description: d.text, Tags: []string{noun},
		MaxBodyBytes:    d.limit + 1, // the library refuses at its limit, not above
		BodyReadTimeout: bodyTimeout,
	}
	access := access{action: action, confirmed: d.needsConfirmationOn(method, path)}
	op.Middlewares = huma.Middlewares{a.authorized(access, d.limit)}
	codes := append([]harang.Code{harang.CodeInvalidRequest, harang.CodeInternal, harang.CodeUnavailable}, d.codes...)
	op.Security = noCredential()
	for _, scheme := range d.schemes {
		op.Security = append(op.Security, map[string][]string{scheme: {}})
	}
	forbidden := method != http.MethodGet // public calls that change something refuse pages of other sites
	if action != public {
		forbidden = action.Scope() != "" ||
			slices.ContainsFunc(allRoles(), func(r harang.Role) bool { return !r.May(action) })
	}
	if forbidden {
		codes = append(codes, harang.CodeForbidden)
	}
	if action != public {
		codes = append(codes, harang.CodeUnauthenticated, harang.CodeTokenExpired, harang.CodeRateLimited) // callers
		if action != harang.ActionReadOwnIdentity && action != harang.ActionChangeOwnPassword {
			codes = append(codes, harang.CodePasswordChangeRequired)
		}
		if access.confirmed {
			codes = append(codes, harang.CodeReauthenticationRequired)
		}
		if harang.RoleOperator.May(action) || harang.RoleAdmin.May(action) {
			op.Security = append(op.Security, map[string][]string{"accessToken": {}})
		}
		if harang.RoleService.May(action) {
			op.Security = append(op.Security, map[string][]string{"apiKey": {string(action.Scope())}})
		}
		op.Description = strings.TrimSpace(op.Description + "\n\nAllowed for: " + rolesAllowed(action) + ".")
	}
	if strings.Contains(path, "{") && method != http.MethodPut && !d.anyID { // PUT creates what does not exist
		codes = append(codes, harang.CodeNotFound)
	}
	if takesBody {
		codes = append(codes, harang.CodeTooLarge, harang.CodeUnsupportedMedia)
	}
	op.Errors = statusesOf(codes)
	op.Responses = map[string]*huma.Response{}
	if d.media != "" {
		op.Responses["200"] = answers("The file", d.media, textSchema("the file"))
	}
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

// allRoles are the roles of users and those of API keys and displays.
func allRoles() []harang.Role { return append(harang.Roles(), harang.RoleService, harang.RoleDisplay) }

func rolesAllowed(a harang.Action) string {
	var names []string
	for _, r := range allRoles() {
		if r.May(a) {
			name := string(r)
			switch r {
			case harang.RoleService:
				name = "API key with the scope " + string(a.Scope())
			case harang.RoleDisplay:
				name = "display"
			}
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

// responses documents the errors of a raw route as the library does for others.
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

// withCaller returns the context of a call from an address.
func withCaller(ctx context.Context, caller harang.Identity, address string) context.Context {
	return context.WithValue(harang.ForCall(ctx, caller.Tenant, address), identityKey{}, caller)
}

// authorized is the middleware that refuses callers without a valid credential or
// without the permission, before anything else of the request is read; then
// queries and bodies that must not reach the library.
func (a *API) authorized(needed access, limit int64) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		r, w := humago.Unwrap(ctx)
		op := ctx.Operation()
		caller, end, err := a.begin(r, needed)
		defer end()
		if err == nil {
			err = checkRequest(r, op)
		}
		if err == nil && op.RequestBody != nil {
			err = a.checkBody(w, r, op, limit)
		}
		if err != nil {
			fail(r.Context(), err).write(w)
			return
		}
		next(huma.WithContext(ctx, withCaller(ctx.Context(), caller, addressOf(r))))
	}
}

// access is what a call asks of its caller.
type access struct {
	action harang.Action
	// confirmed: the caller must have proved the password within harang.ConfirmationLife.
	confirmed bool
}

// begin identifies the caller and waits until the caller may make a call, which ends with
// end, whatever the error.
func (a *API) begin(r *http.Request, needed access) (caller harang.Identity, end func(), err error) {
	if caller, err = a.authorize(r, needed.action); err != nil || needed.action == public {
		return caller, func() {}, err
	}
	if needed.confirmed {
		if err := caller.CheckConfirmed(a.Clock()); err != nil {
			return caller, func() {}, err
		}
	}
	end, waited, err := a.userCalls.acquire(r.Context(), caller)
	if err == nil && waited {
		err = a.recheckCall(r, caller, needed.action)
	}
	return caller, end, err
}

// recheckCall refuses a caller whose credential has ended, or whose rights have changed, while the call waited.
func (a *API) recheckCall(r *http.Request, caller harang.Identity, action harang.Action) error {
	if caller.Role != harang.RoleService {
		return a.recheck(r.Context(), caller)
	}
	now, err := a.Auth.AuthenticateKey(r.Context(), bearer(r))
	if err != nil {
		return err
	}
	return now.Can(action)
}

func (a *API) authorize(r *http.Request, action harang.Action) (harang.Identity, error) {
	if action == public {
		return harang.Identity{}, nil
	}
	caller, err := a.authenticate(r)
	if err != nil {
		return harang.Identity{}, err
	}
	noteCaller(r.Context(), caller)
	a.Auth.NoteUse(caller, addressOf(r), r.UserAgent())
	return caller, caller.Can(action)
}

// authenticate identifies the caller by access token or API key.
func (a *API) authenticate(r *http.Request) (harang.Identity, error) {
	credential := bearer(r)
	if auth.IsAPIKey(credential) {
		return a.Auth.AdmitKey(r.Context(), credential)
	}
	return a.Auth.Authenticate(r.Context(), credential)
}

// bearer returns the credential of the Authorization header, "" without one.
func bearer(r *http.Request) string {
	scheme, credential, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(credential)
}

// fail turns an error into a problem and records it for the log.
func fail(ctx context.Context, err error) *problem {
	p := problemOf(err)
	noteProblem(ctx, p)
	return p
}
