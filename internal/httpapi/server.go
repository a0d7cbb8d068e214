package httpapi

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/prometheus/client_golang/prometheus"

	"harang.dev/harang/internal/auth"
	"harang.dev/harang/internal/ingest"
	"harang.dev/harang/internal/shop"
)

// MaxBodyBytes is the size of a request body above which it is TOO_LARGE.
const MaxBodyBytes = 1 << 20

// drainBytes is how much of a refused body is taken in.
const drainBytes = 4 * MaxBodyBytes

// The time that a call has: to send its body, and until its answer has been
// taken. A card payment takes 15 s at most.
const (
	bodyLimit   = 10 * time.Second
	answerLimit = time.Minute
)

// Dependency is something that the program needs to be ready.
type Dependency struct {
	Name string
	// Check returns nil when it works. It is given two seconds.
	Check func(context.Context) error
	// Facts are further members of its part of /readyz. Nil means none.
	Facts func() map[string]any
}

// Options are what a handler is built from.
type Options struct {
	// Auth proves callers; the use cases do what they ask. All required.
	Auth          *auth.Service
	Inventory     *shop.Inventory
	Catalogue     *shop.Catalogue
	Notifications *shop.Notifications
	Dashboard     *shop.Dashboard
	Rentals       *shop.Rentals
	Payments      *shop.Payments
	Requests      *shop.Requests
	SelfCheck     *shop.SelfCheck
	Intake        *ingest.Intake
	// Connections are a tenant's open connections on this node. Nil means none.
	Connections func(tenant string) []Connection
	// DeliveryTrace finds the trace of an event that this node delivered. Nil: none is
	// ever found.
	DeliveryTrace func(tenant, eventID string) (DeliveryTrace, bool)
	// Dependencies are what /readyz asks.
	Dependencies []Dependency
	// Draining tells that the program is about to end; /readyz then says so.
	// Nil means never.
	Draining func() bool
	// Page is the built dashboard, nil when the program was built without one.
	Page fs.FS
	// PagePolicy is the page's Content-Security-Policy.
	PagePolicy string
	// AllowedOrigins are the other origins whose pages may call.
	AllowedOrigins []string
	// TrustedProxies are the addresses whose X-Forwarded-For is believed, for
	// the limits of logins and of the socket: requests get the RemoteAddr that
	// it tells. None: the connection's own address counts.
	TrustedProxies []netip.Prefix
	// Socket answers everything under /socket.io/. Nil means not found.
	Socket http.Handler
	// Webhooks answer other paths as they are given, e.g. "POST
	// /api/v1/payments/mypos/{tenant}".
	Webhooks map[string]http.Handler
	// Clock tells the time. Nil means time.Now.
	Clock func() time.Time
	// Logger gets one line for every call that failed here. Nil means silence.
	Logger *slog.Logger
	// Registry gets the metrics. Nil means none are shown.
	Registry prometheus.Registerer
	// Version is the program's.
	Version string
}

// API answers calls.
type API struct {
	Options
	huma    huma.API
	mux     *mux
	known   map[string][]string // path pattern -> methods
	origins *http.CrossOriginProtection
}

// mux remembers what it was given, so that a test can hold the description to
// it.
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

// New builds the handler of everything that the program serves publicly.
func New(o Options) (http.Handler, error) {
	a, err := build(o)
	if err != nil {
		return nil, err
	}
	return a.middleware(a.mux), nil
}

func build(o Options) (*API, error) {
	if o.Auth == nil || o.Inventory == nil || o.Catalogue == nil || o.Notifications == nil || o.Dashboard == nil ||
		o.Rentals == nil || o.Payments == nil || o.Requests == nil || o.SelfCheck == nil || o.Intake == nil {
		return nil, errors.New("httpapi: Auth and every use case are required")
	}
	configureLibrary()
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	a := &API{Options: o, mux: &mux{ServeMux: http.NewServeMux()}, known: map[string][]string{}, origins: http.NewCrossOriginProtection()}
	for _, origin := range o.AllowedOrigins {
		if err := a.origins.AddTrustedOrigin(origin); err != nil {
			return nil, err
		}
	}
	a.huma = humago.New(a.mux, config(o.Version))
	a.routes()
	return a, a.rest()
}

// config is how the library is used: our errors, our documents, strict queries,
// and nothing added to answers.
func config(version string) huma.Config {
	c := huma.DefaultConfig("Harang", version)
	c.OpenAPIPath, c.DocsPath, c.SchemasPath = "", "", ""
	c.CreateHooks = nil
	c.RejectUnknownQueryParameters = true
	c.NoFormatFallback = false
	c.Info.Description = apiDescription
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"accessToken": {Type: "http", Scheme: "bearer", BearerFormat: "JWT", Description: "what a login gives, 10 minutes long"},
		"apiKey":      {Type: "http", Scheme: "bearer", Description: "an API key (hk_…) of another application"},
		"cookie":      {Type: "apiKey", In: "cookie", Name: refreshCookie, Description: "the refresh cookie"},
	}
	return c
}

// around is what every call goes through.
func (a *API) middleware(next http.Handler) http.Handler {
	m := newMetrics(a.Registry)
	api := a.observe(m, a.secure(a.crossOrigin(limitBody(next, bodyLimit))))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if address, ok := a.forwarded(r); ok {
			r = r.WithContext(r.Context()) // a copy: the server's own is not ours to change
			r.RemoteAddr = address
		}
		// Who reads too slowly is let go. A connection may serve a poll next,
		// which has its own time.
		deadlines := http.NewResponseController(w)
		// The socket writes to the connection itself: nothing stands around it.
		if a.Socket != nil && isSocket(r.URL.Path) {
			_ = deadlines.SetWriteDeadline(time.Time{}) // not every writer has one
			a.Socket.ServeHTTP(w, r)
			return
		}
		_ = deadlines.SetWriteDeadline(time.Now().Add(answerLimit))
		api.ServeHTTP(w, r)
	})
}

// limitBody cuts off who sends a body byte by byte, where nobody reads it too: the
// server waits for its end before it answers. What was not read of a body that
// is refused is taken in, up to drainBytes, because a client that is still
// sending would see its connection reset instead of the answer. Who waits for
// leave to send it (Expect) needs none.
func limitBody(next http.Handler, patience time.Duration) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength == 0 {
			next.ServeHTTP(w, r)
			return
		}
		end, deadline := http.NewResponseController(w), time.Now().Add(patience)
		_ = end.SetReadDeadline(deadline) // a test's recorder has none
		next.ServeHTTP(w, r)
		if r.Header.Get("Expect") == "" {
			_ = end.SetReadDeadline(deadline)
			_, _ = io.CopyN(io.Discard, r.Body, drainBytes) // it may be cut off
		}
	})
}

func isSocket(path string) bool {
	const prefix = "/socket.io/"
	return len(path) >= len(prefix) && path[:len(prefix)] == prefix
}
