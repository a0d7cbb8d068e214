package httpapi

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"harang.dev/harang"
	"harang.dev/harang/contract"
)

const apiDescription = `The live operations dashboard of equipment-rental shops.

**Who calls.** POST /api/v1/auth/login gives an access token for ten minutes and a refresh cookie for two weeks; other programs have an API key. Either goes into Authorization: Bearer. The tenant is that of the credential; only the payment provider's signed notifications name it in the path.

**Values.** Times are RFC 3339, UTC, with milliseconds. Money is whole forints. A member that may be null is always present; a member that is not required may be absent. Answers may get further members: ignore those that you do not know.

**Lists** answer {"items": [...], "nextCursor": "…" or null}. limit is 1 to 200, 50 when absent; pass nextCursor as cursor to get the next part. A cursor is valid for its own list only.

**Requests.** Bodies are JSON in UTF-8, not compressed, at most 64 KiB (4 KiB for a login, 1 MiB for events). Unknown and repeated members and query parameters are refused. Other methods of a path that exists are 405 with Allow; HEAD is answered wherever GET is.

**Errors** are application/problem+json (RFC 9457) with a stable code. Programs read the code, people the detail. errors lists the fields that are wrong, at most 20; then errorsTruncated is true. 429 and 503 say in Retry-After how many seconds to wait.

**Repeats.** POST /api/v1/rentals, what changes a rental, /api/v1/payments and /api/v1/inventory/adjustments take an Idempotency-Key; events are identified by source and id; every PUT may be repeated.

**Elsewhere:** the live connection under /socket.io/ (see /asyncapi.json); this description for people at /docs; /metrics and /debug/pprof, which only the admin listener serves.`

// Longer descriptions of single calls.
const (
	loginDetails = "Sets the refresh cookie harang_refresh and the cookie harang_known, which says that this browser " +
		"signed in " +
		"to the account: HttpOnly, SameSite=Strict, sent to /api/v1/auth only; over TLS Secure and named __Secure-…. " +
		"Ends the " +
		"session of a refresh cookie that the request brings. After 10 failed logins from one address for one user " +
		"(50 for one " +
		"user, 100 from one address) each further one makes the next wait longer, from 1 second to 1 minute at most: " +
		"429 with " +
		"Retry-After. 15 minutes without a failure end that. Logins of a browser that signed in to the account " +
		"before have a " +
		"limit of their own. When too many log in at once, 429 with Retry-After, too."
	refreshDetails = "Takes the refresh cookie and sets the next one. The previous cookie stays valid for 30 seconds " +
		"and gives the same next " +
		"one; an older one ends the session, because two clients seem to have it."
	sessionDetails = "Tells only whether the request had a refresh cookie, not whether it is still valid. The page " +
		"asks this " +
		"first, because browsers log a refused refresh as an error."
	reauthenticateDetails = "Calls that change users, API keys and settings need a proof of the password within the " +
		"last 5 minutes in the same session, else they are REAUTHENTICATION_REQUIRED. A login is one, and so is this " +
		"call. Wrong passwords count as failed logins do: 429 with Retry-After. code is for second factors, which no " +
		"account has yet."
	passwordDetails = "The session goes on, all others end at once on every node. newPassword must have at least 8 " +
		"characters, differ from the present one, and be neither a common password nor a name of the user or the " +
		"shop. Wrong present passwords count as failed logins do: 429 with Retry-After."
	sessionsDetails = "lastUsedAt and network are written once a minute at most. device is what the browser says of " +
		"itself. A session ends 30 days after its login, 14 days after its last refresh, by logout, and here."
	changeUserDetails = "A password that is set here is temporary: all sessions of the user end, and after the next " +
		"login everything but GET /me, POST /me/password, refresh and logout is PASSWORD_CHANGE_REQUIRED."
	logoutDetails = "Ends the sessions of the access token and of the cookie, whichever are sent, on every node at " +
		"once; their " +
		"connections get goodbye LOGGED_OUT."
	openDisplayDetails = "The link of a display is this server's /counter with #d= and the secret. One display is " +
		"one screen: without screen the display is taken over, and the tokens and connections of the screen before " +
		"end on every node. With the screen of an earlier answer it gets the next access token, or " +
		"DISPLAY_TAKEN_OVER. Wrong secrets and repeated openings are slowed down as logins are: 429 with Retry-After."
	counterDetails = "A display gets what is at its location. Customers are initials: the screen hangs where others " +
		"read it. At most 50 items of each list, the counts are those of all."
	closeConnectionDetails = "The client gets goodbye CLOSED_BY_ADMIN and does not reconnect by itself; the user " +
		"stays " +
		"signed in. An id that no node has changes nothing: the answer is 204, too."
	keyDetails = "Scopes: events:write sends events, catalogue:write puts locations, partners, products and cards, " +
		"stock:write puts and adjusts stock. No call needs events:read or tokens:issue yet. A call without its scope " +
		"is FORBIDDEN. A key that expires is UNAUTHENTICATED from then on. With a rate limit as many calls a minute " +
		"may be made on each node, all at once or spread; a further one is RATE_LIMITED. Changes take effect on " +
		"every node within a second."

	partnerListDetails = "search finds words of names, ids and e-mail addresses, and parts of phone numbers: " +
		"06 30 123, +36 30 123 and 30/123 find the same. phone finds who has exactly this number, to ask before " +
		"somebody is created twice."
	partnerDetails = "Two partners may have one phone number, as people of one company do; samePhone names the " +
		"others. Numbers are compared by their digits, +36, 0036 and 06 being the same; a number without a country " +
		"is Hungarian."

	checkoutDetails = "A declined card is 201, too: the pieces are reserved, the rental is AWAITING_PAYMENT for 30 " +
		"minutes, and " +
		"payment has the error. Without payment the rental is OPEN at once."
	returnDetails = "Without a body everything that is out comes back and the rental is RETURNED. With lines the " +
		"rest stays out. The price was agreed for the period and stays, unless credit is true; refunds says who " +
		"gets what back. Cash is handed over by the caller; a card's refund is PENDING until the provider has made it."
	extendDetails = "dryRun=true answers the new dueAt, totalValue and owedAmount, to be shown before they are asked " +
		"for with expectedTotal. The present dueAt changes nothing."
	cancelDetails = "Possible while the payment is awaited, and until the dueAt of the checkout: from then on, also " +
		"when the rental was extended, it is CONFLICT. All that was paid is refunded; refunds says who gets what " +
		"back. Cash is handed over by the caller; a card's refund is PENDING until the provider has made it."
	paymentDetails = "402 and 504 have a transactionId, too. After 504 the payment is PENDING until the provider " +
		"reports its " +
		"outcome; do not charge again before GET /api/v1/rentals/{id} shows it."
)

// auditDetails documents GET /audit.
const auditDetails = "A STORE_MANAGER reads it with subject, of a stock item, a product or a rental; an ADMIN reads " +
	"all of it. Rows are written in the transaction of the change, never changed, and kept for 400 days. before and " +
	"after have only what changed. Changes of quantities are movements, which the history of a stock item has."

// clientErrorDetails documents POST /client-errors.
const clientErrorDetails = "The page reports what it could not handle; the server counts it and writes a bounded " +
	"number of log lines. No login is needed. Send no personal data, tokens, query strings or input of a form."

// tags are the nouns of the interface, in the order of /docs.
var tags = []*huma.Tag{
	{Name: "auth", Description: "Login, refresh, logout"},
	{Name: "me", Description: "The user of the credential: name, password, sessions"},
	{Name: "dashboard", Description: "Figures"},
	{Name: "counter", Description: "The screen on the wall"},
	{Name: "inventory", Description: "Stock, alerts, adjustments"},
	{Name: "imports", Description: "A catalogue and its stock from a CSV file"},
	{Name: "reports", Description: "Revenue"},
	{Name: "exports", Description: "Lists as files for spreadsheets"},
	{Name: "rentals", Description: "Checkouts, returns, cancellations"},
	{Name: "payments", Description: "Payments, failed payments"},
	{Name: "refunds", Description: "Money that is given back"},
	{Name: "notifications", Description: "Notifications and claims"},
	{Name: "locations", Description: "Locations"},
	{Name: "partners", Description: "Partners and their cards"},
	{Name: "products", Description: "Products that can be rented"},
	{Name: "events", Description: "Events of other applications"},
	{Name: "self-check", Description: "The test alert"},
	{Name: "client-errors", Description: "Errors of the page"},
	{Name: "audit", Description: "Who did what"},
	{Name: "admin", Description: "Users, API keys, displays, connections, delivery traces"},
	{Name: "health", Description: "For supervisors and load balancers; no credential"},
	{Name: "documents", Description: "Documents that describe the interface; no credential"},
}

// operations returns the calls of a path.
func operations(item *huma.PathItem) []*huma.Operation {
	all := []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete}
	return slices.DeleteFunc(all, func(op *huma.Operation) bool { return op == nil })
}

// complete adds to the OpenAPI document what the library cannot derive.
func (a *API) complete(spec *huma.OpenAPI) error {
	spec.Info.License = &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"}
	spec.Servers = []*huma.Server{{URL: "/", Description: "the server that this document comes from"}}
	spec.Tags = tags
	spec.Components.Examples = map[string]*huma.Example{}
	a.describeHealth(spec)
	a.describeDocuments(spec)
	a.describeWebhook(spec)
	for _, item := range spec.Paths {
		for _, op := range operations(item) {
			describeErrors(spec, op)
			for _, p := range op.Parameters {
				allowNull(p.Schema)
			}
		}
	}
	requests := map[*huma.Schema]bool{}
	for _, item := range spec.Paths {
		for _, op := range operations(item) {
			if op.RequestBody != nil {
				for _, content := range op.RequestBody.Content {
					collectSchemas(spec, content.Schema, requests)
				}
			}
		}
	}
	for _, s := range spec.Components.Schemas.Map() {
		allowNull(s)
		if !requests[s] {
			allowMoreMembers(s)
		}
	}
	return addExamples(spec)
}

// collectSchemas marks a schema and all schemas that it refers to.
func collectSchemas(spec *huma.OpenAPI, s *huma.Schema, reached map[*huma.Schema]bool) {
	if s = resolve(spec, s); s == nil || reached[s] {
		return
	}
	reached[s] = true
	for _, p := range s.Properties {
		collectSchemas(spec, p, reached)
	}
	for _, p := range slices.Concat(s.OneOf, s.AnyOf, []*huma.Schema{s.Items}) {
		collectSchemas(spec, p, reached)
	}
}

// allowMoreMembers allows further members in an answer: members are added over time, and a
// client that validates answers must not fail then.
func allowMoreMembers(s *huma.Schema) {
	if s == nil {
		return
	}
	if s.AdditionalProperties == false {
		s.AdditionalProperties = nil
	}
	for _, p := range s.Properties {
		allowMoreMembers(p)
	}
	allowMoreMembers(s.Items)
}

// allowNull adds null to the enum of a member that may be null.
func allowNull(s *huma.Schema) {
	if s == nil {
		return
	}
	if s.Nullable && len(s.Enum) > 0 && !slices.Contains(s.Enum, nil) {
		s.Enum = append(s.Enum, nil)
	}
	for _, p := range s.Properties {
		allowNull(p)
	}
	allowNull(s.Items)
}

// describeErrors documents the codes of each error status, with an example of each.
func describeErrors(spec *huma.OpenAPI, op *huma.Operation) {
	names, _ := op.Extensions["x-codes"].([]string)
	byStatus := map[string][]harang.Code{}
	for _, name := range names {
		status := strconv.Itoa(statusOf(harang.Code(name)))
		byStatus[status] = append(byStatus[status], harang.Code(name))
	}
	for status, all := range byStatus {
		r := op.Responses[status]
		var lines []string
		examples := map[string]*huma.Example{}
		for _, code := range all {
			lines = append(lines, fmt.Sprintf("`%s`: %s", code, codes[code].means))
			spec.Components.Examples[string(code)] = exampleOf(code)
			examples[string(code)] = &huma.Example{Ref: "#/components/examples/" + string(code)}
		}
		r.Description = strings.Join(lines, "\n\n")
		r.Headers = headersOf(status)
		for _, content := range r.Content {
			content.Examples = examples
		}
	}
}

// headersOf returns the headers of an error status.
func headersOf(status string) map[string]*huma.Header {
	text := func(d string) *huma.Header {
		return &huma.Header{Description: d, Schema: &huma.Schema{Type: huma.TypeString}}
	}
	seconds := &huma.Header{
		Description: "seconds to wait before trying again",
		Schema:      &huma.Schema{Type: huma.TypeInteger},
	}
	switch status {
	case "401":
		return map[string]*huma.Header{"WWW-Authenticate": text("Bearer")}
	case "415":
		return map[string]*huma.Header{"Accept-Encoding": text("identity: bodies are not compressed")}
	case "409", "429", "503":
		return map[string]*huma.Header{"Retry-After": seconds}
	}
	return nil
}

// exampleOf returns a problem with a code.
func exampleOf(code harang.Code) *huma.Example {
	p := &problem{code: code, detail: codes[code].means}
	if code == harang.CodeInvalidRequest {
		p.setFields([]harang.FieldError{{Field: "limit", Detail: "must be <= 200"}})
	}
	body, err := p.MarshalJSON()
	if err != nil {
		return &huma.Example{}
	}
	return &huma.Example{Value: json.RawMessage(body)}
}

// addExamples adds the golden calls of package contract as examples.
func addExamples(spec *huma.OpenAPI) error {
	calls, err := contract.Calls()
	if err != nil {
		return err
	}
	for _, c := range calls {
		op := operationOf(spec, c.Method, c.Path)
		if op == nil {
			return fmt.Errorf("contract/http/%s.json: there is no %s %s", c.Name, c.Method, c.Path)
		}
		r := op.Responses[strconv.Itoa(c.Status)]
		if r == nil || r.Content[c.Type] == nil {
			return fmt.Errorf("contract/http/%s.json: %s does not answer %d %s", c.Name,
				op.OperationID, c.Status, c.Type)
		}
		show(r.Content[c.Type], c.Name, c.Answer)
		// A refused request is no example of a request.
		if op.RequestBody == nil || c.Body == nil || c.Status == http.StatusUnprocessableEntity {
			continue
		}
		content := op.RequestBody.Content["application/cloudevents+json"]
		if content == nil {
			content = op.RequestBody.Content["application/json"]
		}
		show(content, c.Name, c.Body)
	}
	return nil
}

func show(content *huma.MediaType, name string, value json.RawMessage) {
	examples := maps.Clone(content.Examples) // it may be shared
	if examples == nil {
		examples = map[string]*huma.Example{}
	}
	examples[name] = &huma.Example{Value: value}
	content.Examples = examples
}

// operationOf finds the call of a path; of several, the one with the fewest
// parameters.
func operationOf(spec *huma.OpenAPI, method, path string) *huma.Operation {
	path, _, _ = strings.Cut(path, "?")
	parts := strings.Split(path, "/")
	var best *huma.Operation
	for template, item := range spec.Paths {
		pattern := strings.Split(template, "/")
		same := slices.EqualFunc(pattern, parts,
			func(p, part string) bool { return p == part || strings.HasPrefix(p, "{") })
		if !same {
			continue
		}
		for _, op := range operations(item) {
			if op.Method == method && (best == nil || strings.Count(template, "{") < strings.Count(best.Path, "{")) {
				best = op
			}
		}
	}
	return best
}
