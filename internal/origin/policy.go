package origin

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
)

// Options are what a Policy is built from. The zero value allows the server's own
// origin only and trusts no proxy.
type Options struct {
	// Allowed are other origins whose pages may call.
	Allowed []string
	// TrustedProxies are the addresses whose X-Forwarded headers are used.
	TrustedProxies []netip.Prefix
	// Logger gets a warning for each refusal, and one for each header that a trusted
	// proxy sends and that cannot be read. Nil means none.
	Logger *slog.Logger
	// Registry gets the metrics. Nil means none.
	Registry prometheus.Registerer
}

// The parts of the server that check origins, for the metric.
const (
	PartREST   = "rest"
	PartSocket = "socket"
)

// Policy decides about origins.
type Policy struct {
	allowed map[Origin]bool
	trusted []netip.Prefix
	log     *slog.Logger
	refused *prometheus.CounterVec
	warned  map[string]*sync.Once // by header
}

// New builds a Policy. An allowed origin that no browser can send is an error.
func New(o Options) (*Policy, error) {
	p := &Policy{
		allowed: map[Origin]bool{}, trusted: o.TrustedProxies, log: o.Logger,
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "harang_origin_refused_total",
			Help: "Requests refused because of their Origin, by part of the server (rest, socket).",
		}, []string{"part"}),
		warned: map[string]*sync.Once{headerFor: {}, headerProto: {}, headerHost: {}},
	}
	for _, text := range o.Allowed {
		allowed, err := Parse(text)
		if err != nil {
			return nil, fmt.Errorf("origin %q %w", text, err)
		}
		p.allowed[allowed] = true
	}
	if p.log == nil {
		p.log = slog.New(slog.DiscardHandler)
	}
	if o.Registry != nil {
		o.Registry.MustRegister(p.refused)
	}
	return p, nil
}

// The headers of proxies.
const (
	headerFor   = "X-Forwarded-For"
	headerProto = "X-Forwarded-Proto"
	headerHost  = "X-Forwarded-Host"
)

// forwarded is what a trusted proxy said about a request.
type forwarded struct {
	tls   bool
	hosts []string
}

type forwardedKey struct{}

// Forward returns the request as the client sent it to the first proxy: RemoteAddr is
// the client's address, without a port, and what Secure and Check need is in its
// context. A request that no trusted proxy sent is returned unchanged.
func (p *Policy) Forward(r *http.Request) *http.Request {
	peer := addressOf(r.RemoteAddr)
	if !p.trusts(peer) {
		return r
	}
	f := forwarded{tls: p.forwardedTLS(r), hosts: p.forwardedHosts(r)}
	r = r.WithContext(context.WithValue(r.Context(), forwardedKey{}, f)) // a copy: the server owns r
	if client, ok := p.client(r, peer); ok {
		r.RemoteAddr = client
	}
	return r
}

// client is the last address in X-Forwarded-For that is not a trusted proxy's. Those
// before it could be the client's own invention.
func (p *Policy) client(r *http.Request, peer netip.Addr) (string, bool) {
	hops, found := elements(r.Header, headerFor), false
	for i := len(hops) - 1; i >= 0 && p.trusts(peer); i-- {
		hop := addressOf(hops[i])
		if !hop.IsValid() {
			p.warn(headerFor, hops[i])
			break
		}
		peer, found = hop, true
	}
	return peer.String(), found
}

func (p *Policy) forwardedTLS(r *http.Request) bool {
	protos := elements(r.Header, headerProto)
	if len(protos) == 0 {
		return false
	}
	switch first := strings.ToLower(protos[0]); first { // the first proxy's, where several append
	case "https", "wss":
		return true
	case "http", "ws":
	default:
		p.warn(headerProto, first)
	}
	return false
}

// forwardedHosts are the hosts that can be read. A page of any scheme may have called
// them, so only their form is checked here.
func (p *Policy) forwardedHosts(r *http.Request) []string {
	return slices.DeleteFunc(elements(r.Header, headerHost), func(host string) bool {
		_, err := Parse("https://" + host)
		if err != nil {
			p.warn(headerHost, host)
		}
		return err != nil
	})
}

func (p *Policy) warn(header, value string) {
	p.warned[header].Do(func() {
		p.log.Warn("header of a trusted proxy unreadable", "header", header, "value", value,
			"cure", "let the proxy replace the header instead of passing it on")
	})
}

func (p *Policy) trusts(address netip.Addr) bool {
	return address.IsValid() && slices.ContainsFunc(p.trusted, func(t netip.Prefix) bool { return t.Contains(address) })
}

// elements are the values of a header that is a list.
func elements(h http.Header, name string) []string {
	var all []string
	for _, value := range h.Values(name) {
		for element := range strings.SplitSeq(value, ",") {
			if element = strings.TrimSpace(element); element != "" {
				all = append(all, element)
			}
		}
	}
	return all
}

// addressOf reads an address as proxies write it: alone, with a port, an IPv6 address
// in brackets or not. The zero Addr means that it cannot be read.
func addressOf(text string) netip.Addr {
	text = strings.Trim(text, `"`)
	if host, _, err := net.SplitHostPort(text); err == nil {
		text = host
	}
	address, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(text, "["), "]"))
	if err != nil {
		return netip.Addr{}
	}
	return address.Unmap().WithZone("")
}

// Secure reports whether the client's connection is encrypted, here or at a trusted
// proxy.
func (p *Policy) Secure(r *http.Request) bool {
	f, _ := r.Context().Value(forwardedKey{}).(forwarded)
	return r.TLS != nil || f.tls
}

// CORS returns the request's Origin when it is one of the allowed ones.
func (p *Policy) CORS(r *http.Request) (origin string, ok bool) {
	if len(p.allowed) == 0 {
		return "", false
	}
	origin = r.Header.Get("Origin")
	o, err := Parse(origin)
	return origin, err == nil && p.allowed[o]
}

// RefusedError is the error of a request of another origin.
type RefusedError struct {
	// Origin is the request's, Own this server's as far as the request shows it.
	Origin, Own string
}

// Error says what to do.
func (e *RefusedError) Error() string {
	return fmt.Sprintf("pages of %s may not call %s: let the proxy pass the browser's Host, or allow the origin with "+
		"--allowed-origin", e.Origin, e.Own)
}

// Check refuses requests of other origins with a *RefusedError, logs and counts them. Part
// is PartREST or PartSocket.
func (p *Policy) Check(r *http.Request, part string) error {
	refused := p.check(r)
	if refused == nil {
		return nil
	}
	p.refused.WithLabelValues(part).Inc()
	p.log.WarnContext(r.Context(), "origin refused", "origin", refused.Origin, "own", refused.Own, "part", part,
		"cure", "let the proxy pass the browser's Host, or use --allowed-origin")
	return refused
}

// maxShown is how much of a refused origin is repeated, in bytes.
const maxShown = 256

func (p *Policy) check(r *http.Request) *RefusedError {
	site, text := r.Header.Get("Sec-Fetch-Site"), r.Header.Get("Origin")
	if site == "same-origin" {
		return nil
	}
	if text == "" {
		if site == "cross-site" || site == "same-site" {
			return p.refuse(r, "another site")
		}
		return nil
	}
	o, err := Parse(text)
	if err != nil {
		return p.refuse(r, text)
	}
	if p.allowed[o] || p.isOwn(r, o) {
		return nil
	}
	return p.refuse(r, text)
}

// isOwn reports whether an origin has the host and port of the request.
func (p *Policy) isOwn(r *http.Request, o Origin) bool {
	if !o.isWeb() || p.Secure(r) && o.Scheme == "http" {
		return false
	}
	f, _ := r.Context().Value(forwardedKey{}).(forwarded)
	for _, host := range append([]string{r.Host}, f.hosts...) {
		if own, err := Parse(o.Scheme + "://" + host); err == nil && own == o {
			return true
		}
	}
	return false
}

func (p *Policy) refuse(r *http.Request, origin string) *RefusedError {
	return &RefusedError{Origin: shown(origin), Own: shown(p.Own(r))}
}

// Own is this server's origin as far as the request shows it.
func (p *Policy) Own(r *http.Request) string {
	scheme := "http"
	if p.Secure(r) {
		scheme = "https"
	}
	host := r.Host
	if f, _ := r.Context().Value(forwardedKey{}).(forwarded); len(f.hosts) > 0 {
		host = f.hosts[0]
	}
	own := scheme + "://" + host
	if o, err := Parse(own); err == nil {
		own = o.String()
	}
	return own
}

func shown(text string) string {
	if len(text) > maxShown {
		text = text[:maxShown] + "…"
	}
	return strings.ToValidUTF8(text, "?")
}
