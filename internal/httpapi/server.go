package httpapi

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/prometheus/client_golang/prometheus"

	"harang.dev/harang"
	"harang.dev/harang/internal/auth"
	"harang.dev/harang/internal/health"
	"harang.dev/harang/internal/ingest"
	"harang.dev/harang/internal/origin"
	"harang.dev/harang/internal/shop"
)

// drainBytes is how much of a refused body is read, so that the caller gets the
// answer: a client that is still sending would see its connection reset.
const drainBytes = 4 << 20

// Timeouts of a call: until its body has arrived, and until its answer has been
// read. A card payment takes 15 s at most.
const (
	bodyTimeout   = 10 * time.Second
	answerTimeout = time.Minute
)

// Options are what a handler is built from.
type Options struct {
	// Auth and every use case are required.
	Auth          *auth.Service
	Inventory     *shop.Inventory
	Catalogue     *shop.Catalogue
	Notifications *shop.Notifications
	Dashboard     *shop.Dashboard
	Counter       *shop.Counter
	Rentals       *shop.Rentals
	Payments      *shop.Payments
	Requests      *shop.Requests
	SelfCheck     *shop.SelfCheck
	Exports       *shop.Exports
	Audit         *shop.Audit
	Erasures      *shop.Erasures
	Intake        *ingest.Intake
	// Connections lists a tenant's open connections on this node. Nil means none.
	Connections func(tenant string) []Connection
	// ConnectedUsers returns the users who have a connection of the tenant on any node. Nil means those of Connections.
	ConnectedUsers func(ctx context.Context, tenant string) map[string]bool
	// PublicURL is the origin at which browsers reach the server, for links. "" means that of the request.
	PublicURL string
	// CloseConnection closes a connection of the caller's tenant on whichever node it is. Required.
	CloseConnection func(ctx context.Context, caller harang.Identity, id string) error
	// DeliveryTrace finds the trace of an event that this node delivered. Nil: none is
	// ever found.
	DeliveryTrace func(tenant, eventID string) (DeliveryTrace, bool)
	// Health has the dependencies that /readyz reports. Nil means none.
	Health *health.Monitor
	// Draining reports that the program is ending; /readyz is then 503. Nil means
	// never.
	Draining func() bool
	// Page is the built dashboard, nil when the program was built without one.
	Page fs.FS
	// PagePolicy is the page's Content-Security-Policy.
	PagePolicy string
	// Origins decides whose pages may call and reads the headers of trusted proxies.
	// Nil means the server's own origin only, and no proxy.
	Origins *origin.Policy
	// Socket serves everything under /socket.io/. Nil means 404.
	Socket http.Handler
	// SocketMessages are the events of the socket, besides the feed events, for the
	// AsyncAPI document.
	SocketMessages []SocketMessage
	// Webhooks are further routes by pattern, e.g. "POST
	// /api/v1/payments/mypos/{tenant}".
	Webhooks map[string]http.Handler
	// Clock returns the time. Nil means time.Now.
	Clock func() time.Time
	// Logger gets one line for each call that the server failed. Nil means none.
	Logger *slog.Logger
	// Registry gets the metrics. Nil means none.
	Registry prometheus.Registerer
	// Version is the release, for the documents; Build also names the source's
	// revision, for /readyz.
	Version, Build string
}

// API holds what the calls share.
type API struct {
	Options
	huma    huma.API
	mux     *mux
	methods map[string][]string // of each path pattern
	docs    *documents
	// clientErrors takes what pages report.
	clientErrors *clientErrors
	imports      *slots
	exports      *slots
	userCalls    *userCalls
}

// mux records its patterns, so that a test can compare them with the OpenAPI
// document.
type mux struct {
	*http.ServeMux
	patterns []string
}

// Handle registers a pattern.
func (m *mux) Handle(pattern string, h http.Handler) {
	m.patterns = append(m.patterns, pattern)
	m.ServeMux.Handle(pattern, h)
}

// HandleFunc registers a pattern.
func (m *mux) HandleFunc(pattern string, h func(http.ResponseWriter, *http.Request)) {
	m.Handle(pattern, http.HandlerFunc(h))
}

// New builds the handler of everything on the public listener.
func New(o Options) (http.Handler, error) {
	a, err := build(o)
	if err != nil {
		return nil, err
	}
	return a.middleware(a.mux), nil
}

func build(o Options) (*API, error) {
	if o.Auth == nil || o.Inventory == nil || o.Catalogue == nil || o.Notifications == nil || o.Dashboard == nil ||
		o.Rentals == nil || o.Exports == nil || o.Payments == nil || o.Requests == nil || o.SelfCheck == nil ||
		o.Intake == nil || o.Audit == nil || o.Erasures == nil || o.CloseConnection == nil {
		return nil, errors.New("httpapi: Auth and every use case are required")
	}
	return assemble(o)
}

// assemble registers the routes and builds the documents.
func assemble(o Options) (*API, error) {
	configureLibrary()
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Origins == nil {
		var err error
		if o.Origins, err = origin.New(origin.Options{Logger: o.Logger}); err != nil {
			return nil, err
		}
	}
	a := &API{
		Options: o,
		mux:     &mux{ServeMux: http.NewServeMux()},
		methods: map[string][]string{},
		imports: newSlots(maxImports, maxTenantImports),
		exports: newSlots(maxExports, maxTenantExports),

		userCalls: newUserCalls(),
	}
	a.huma = humago.New(a.mux, config(o.Version))
	a.clientErrors = newClientErrors(o.Clock, o.Logger, o.Registry)
	a.routes()
	return a, a.otherRoutes()
}

// config switches off what the library would add to answers and its own documents.
func config(version string) huma.Config {
	c := huma.DefaultConfig("Harang", version)
	c.OpenAPIPath, c.DocsPath, c.SchemasPath = "", "", ""
	c.CreateHooks = nil
	c.RejectUnknownQueryParameters = true
	c.NoFormatFallback = false
	c.Info.Description = apiDescription
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"accessToken": {
			Type:         "http",
			Scheme:       "bearer",
			BearerFormat: "JWT",
			Description:  "from a login, valid for 10 minutes",
		},
		"apiKey": {Type: "http", Scheme: "bearer", Description: "an API key (hk_…) of another application"},
		"cookie": {Type: "apiKey", In: "cookie", Name: refreshCookie, Description: "the refresh cookie"},
	}
	return c
}

// middleware wraps the handler of every call.
func (a *API) middleware(next http.Handler) http.Handler {
	m := newMetrics(a.Registry)
	api := a.observe(m, a.secure(a.crossOrigin(limitBody(next, bodyTimeout))))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r = a.Origins.Forward(r)
		// That of the connection's last call. The answer of this one gets its own when it
		// begins; a poll sets its own.
		_ = http.NewResponseController(w).SetWriteDeadline(time.Time{}) // not every writer has one
		// The socket needs the server's own ResponseWriter.
		if a.Socket != nil && isSocket(r.URL.Path) {
			a.Socket.ServeHTTP(w, r)
			return
		}
		api.ServeHTTP(w, r)
	})
}

// limitBody sets a deadline for the body. An answer that does not need the body is sent
// at once, and says that it ends the connection; the rest of the body is then read, up
// to drainBytes, so that a client that is still sending gets the answer. A client that
// waits for leave to send the body (Expect) sends none.
func limitBody(next http.Handler, timeout time.Duration) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength == 0 {
			next.ServeHTTP(w, r)
			return
		}
		c, deadline := http.NewResponseController(w), time.Now().Add(timeout)
		_ = c.SetReadDeadline(deadline) // a test's recorder has none
		body := &countedBody{ReadCloser: r.Body, left: r.ContentLength}
		r.Body = body // handlers may replace it
		next.ServeHTTP(&earlyAnswer{w, body}, r)
		if body.done() {
			return
		}
		if w.Header().Get("Content-Length") != "" {
			_ = c.Flush() // without a length it ends with the handler
		}
		if r.Header.Get("Expect") == "" {
			_ = c.SetReadDeadline(deadline)
			_, _ = io.CopyN(io.Discard, body, drainBytes) // the deadline may end it
		}
	})
}

// countedBody is a body that knows whether it has been read to its end.
type countedBody struct {
	io.ReadCloser
	left int64 // -1 when the length is unknown
	end  bool
}

// Read reads a part of the body.
func (b *countedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if b.left > 0 {
		b.left -= int64(n)
	}
	b.end = b.end || errors.Is(err, io.EOF)
	return n, err
}

func (b *countedBody) done() bool { return b.end || b.left == 0 }

// earlyAnswer is the answer to a request whose body may not have been read yet: then it
// ends the connection, and net/http does not read the body before it sends it.
type earlyAnswer struct {
	http.ResponseWriter
	body *countedBody
}

// WriteHeader sends the status.
func (a *earlyAnswer) WriteHeader(status int) {
	if !a.body.done() {
		a.Header().Set("Connection", "close")
	}
	a.ResponseWriter.WriteHeader(status)
}

// Write sends a part of the answer.
func (a *earlyAnswer) Write(b []byte) (int, error) {
	if !a.body.done() {
		a.Header().Set("Connection", "close") // no effect after WriteHeader
	}
	return a.ResponseWriter.Write(b)
}

// Unwrap is for http.ResponseController.
func (a *earlyAnswer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

func isSocket(path string) bool {
	const prefix = "/socket.io/"
	return len(path) >= len(prefix) && path[:len(prefix)] == prefix
}
