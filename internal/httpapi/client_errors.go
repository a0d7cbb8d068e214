package httpapi

import (
	"context"
	"log/slog"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/time/rate"

	"harang.dev/harang"
)

// Bounds of POST /client-errors, which needs no login.
const (
	// maxClientErrorBytes is the largest body, in bytes.
	maxClientErrorBytes = 4 << 10
	// clientErrorBurst is how many reports an address may send at once; one more is allowed every clientErrorInterval.
	clientErrorBurst    = 10
	clientErrorInterval = 6 * time.Second
	// clientErrorLines and clientErrorLineInterval bound the log lines of all addresses together.
	clientErrorLines        = 10
	clientErrorLineInterval = 10 * time.Second
	// maxClientErrorAddresses bounds the table; the address that reported the longest time ago is dropped.
	maxClientErrorAddresses = 10_000
	// maxClientErrorValue is the longest value in the log, in bytes.
	maxClientErrorValue = 256
)

// clientErrors counts and logs what pages report.
type clientErrors struct {
	clock  func() time.Time
	logger *slog.Logger
	total  *prometheus.CounterVec

	// mu guards the following.
	mu         sync.Mutex
	addresses  *simplelru.LRU[netip.Prefix, *rate.Limiter]
	lines      *rate.Limiter
	suppressed int
}

func newClientErrors(clock func() time.Time, logger *slog.Logger, r prometheus.Registerer) *clientErrors {
	addresses, err := simplelru.NewLRU[netip.Prefix, *rate.Limiter](maxClientErrorAddresses, nil)
	if err != nil {
		panic(err) // the size is above 0
	}
	c := &clientErrors{
		clock: clock, logger: logger, addresses: addresses,
		total: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "harang_client_errors_total",
			Help: "Reports of pages by kind. limited: refused, from an address that sends too many.",
		}, []string{"kind"}),
		lines: rate.NewLimiter(rate.Every(clientErrorLineInterval), clientErrorLines),
	}
	for _, kind := range []string{"error", "rejection", "component", "limited"} {
		c.total.WithLabelValues(kind)
	}
	if r != nil {
		r.MustRegister(c.total)
	}
	return c
}

type clientErrorInput struct {
	Body struct {
		Kind    string `json:"kind" enum:"error,rejection,component" doc:"component: a part of the page failed to draw"`
		Message string `json:"message" minLength:"1" maxLength:"1000" example:"TypeError: rows is undefined"`
		// Neither a query string nor a fragment can be in it.
		Page    string   `json:"page" maxLength:"200" pattern:"^/[A-Za-z0-9/_-]*$" example:"/stock" doc:"its path"`
		Stack   []string `json:"stack,omitempty" maxItems:"5" nullable:"false" doc:"frames, files without query"`
		Version string   `json:"version,omitempty" maxLength:"100" doc:"of the page"`
	}
}

// clientError takes a report of the page. It answers RATE_LIMITED for an address that reports too many.
func (a *API) clientError(ctx context.Context, _ harang.Identity, in *clientErrorInput) (*none, error) {
	info, err := requestInfoOf(ctx)
	if err != nil {
		return nil, err
	}
	return nil, a.clientErrors.report(ctx, info.address, in)
}

func (c *clientErrors) report(ctx context.Context, address string, in *clientErrorInput) error {
	now := c.clock()
	c.mu.Lock()
	defer c.mu.Unlock()
	limiter := c.limiterLocked(networkOf(address))
	if !limiter.AllowN(now, 1) {
		c.total.WithLabelValues("limited").Inc()
		return &harang.Error{
			Code: harang.CodeRateLimited, Message: "too many error reports; send fewer",
			RetryAfter: clientErrorInterval,
		}
	}
	c.total.WithLabelValues(in.Body.Kind).Inc()
	if !c.lines.AllowN(now, 1) {
		c.suppressed++
		return nil
	}
	attrs := []slog.Attr{
		slog.String("kind", in.Body.Kind),
		slog.String("error", safeText(in.Body.Message)),
		slog.String("page", in.Body.Page),
		slog.String("at", safeText(strings.Join(in.Body.Stack, " < "))),
		slog.String("version", safeText(in.Body.Version)),
	}
	if c.suppressed > 0 {
		attrs = append(attrs, slog.Int("suppressed", c.suppressed))
		c.suppressed = 0
	}
	c.logger.LogAttrs(ctx, slog.LevelWarn, "page reported an error", attrs...)
	return nil
}

func (c *clientErrors) limiterLocked(network netip.Prefix) *rate.Limiter {
	if limiter, ok := c.addresses.Get(network); ok {
		return limiter
	}
	limiter := rate.NewLimiter(rate.Every(clientErrorInterval), clientErrorBurst)
	c.addresses.Add(network, limiter)
	return limiter
}

// networkOf is what is limited together: an IPv4 address, or the /64 of an IPv6 address, which one caller has whole.
func networkOf(address string) netip.Prefix {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return netip.Prefix{}
	}
	bits := 64
	if ip = ip.Unmap(); ip.Is4() {
		bits = 32
	}
	network, _ := ip.WithZone("").Prefix(bits) // bits fit the address
	return network
}

// secretText matches what may be a token, a key or a query string. The page removes these itself; this is for callers
// that are not the page.
var secretText = regexp.MustCompile(`\?[^\s'")]*|[A-Za-z0-9_.-]{32,}`)

// safeText removes what may be secret, escapes what cannot be printed, and cuts to maxClientErrorValue.
func safeText(text string) string {
	quoted := strconv.QuoteToGraphic(strings.ToValidUTF8(secretText.ReplaceAllString(text, "…"), "\uFFFD"))
	text = strings.ReplaceAll(quoted[1:len(quoted)-1], `\"`, `"`)
	if len(text) > maxClientErrorValue {
		text = strings.ToValidUTF8(text[:maxClientErrorValue-len("…")], "") + "…"
	}
	return text
}
