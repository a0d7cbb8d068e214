// Package admin serves metrics and profiles on the admin listener, to operators
// only. A page in a browser on the same machine is no operator: requests for other
// hosts and from other sites are refused, and beyond loopback a token is required.
package admin

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"net/netip"
	"os"
	"regexp"
	"strconv"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Options are what a handler is built from.
type Options struct {
	// Metrics are shown at /metrics.
	Metrics prometheus.Gatherer
	// Loopback means that the listener is bound to a loopback address: only
	// requests for a loopback host are answered.
	Loopback bool
	// Token is the bearer token that requests need, "" for none.
	Token string
}

// IsLoopback reports whether an address, host:port as for net.Listen, is reachable
// from this machine only.
func IsLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	return err == nil && isLoopbackHost(host)
}

func isLoopbackHost(host string) bool {
	if strings.EqualFold(strings.TrimSuffix(host, "."), "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && ip.Unmap().IsLoopback()
}

// New returns the handler of /metrics and /debug/pprof/.
func New(o Options) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(o.Metrics, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /debug/pprof/", limitSeconds(pprof.Index)) // deltas of heap, goroutine and others
	mux.HandleFunc("GET /debug/pprof/cmdline", cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", limitSeconds(pprof.Profile))
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", limitSeconds(pprof.Trace))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case o.Loopback && !isLoopbackHost(hostOf(r)):
			http.Error(w, "the admin listener answers for 127.0.0.1, [::1] and localhost only", http.StatusForbidden)
		case !sameSite(r):
			http.Error(w, "the admin listener answers no requests of other sites' pages", http.StatusForbidden)
		case !o.authorized(r):
			w.Header().Set("WWW-Authenticate", `Bearer realm="harang admin"`)
			http.Error(w, "the admin listener needs the token in Authorization: Bearer", http.StatusUnauthorized)
		default:
			mux.ServeHTTP(w, r)
		}
	})
}

// maxProfileSeconds is how long a profile or trace may take, in seconds.
const maxProfileSeconds = 120

// limitSeconds refuses profiles that would record for longer than
// maxProfileSeconds: nothing else ends them.
func limitSeconds(profile http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if text := r.URL.Query().Get("seconds"); text != "" {
			if seconds, err := strconv.ParseFloat(text, 64); err != nil || !(seconds <= maxProfileSeconds) {
				text := fmt.Sprintf("seconds must be a number up to %d", maxProfileSeconds)
				http.Error(w, text, http.StatusBadRequest)
				return
			}
		}
		profile(w, r)
	}
}

// hostOf is the request's host without its port.
func hostOf(r *http.Request) string {
	if host, _, err := net.SplitHostPort(r.Host); err == nil {
		return host
	}
	return r.Host
}

// sameSite is false for a request that a browser sends for a page of another
// origin. Programs send none of these headers.
func sameSite(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
	default:
		return false
	}
	origin := r.Header.Get("Origin")
	return origin == "" || origin == "http://"+r.Host
}

func (o Options) authorized(r *http.Request) bool {
	if o.Token == "" {
		return true
	}
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	want, got := sha256.Sum256([]byte(o.Token)), sha256.Sum256([]byte(strings.TrimSpace(token)))
	return strings.EqualFold(scheme, "Bearer") && subtle.ConstantTimeCompare(want[:], got[:]) == 1
}

// cmdline is pprof.Cmdline without passwords.
func cmdline(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	fmt.Fprint(w, strings.Join(MaskPasswords(os.Args), "\x00"))
}

var (
	userinfo = regexp.MustCompile(`(?s)(//[^:/?#\s]*):.*@`)
	// withoutSlashes is a URL that is mistyped.
	withoutSlashes = regexp.MustCompile(`(?is)^((?:-[^=]*=)?(?:rediss?|unix|postgres(?:ql)?):)[^/].*@`)
	parameter      = regexp.MustCompile(`(?i)([?&\s]\w*password=)[^&\s]*`)
)

// MaskPasswords returns the arguments with the passwords of URLs replaced, also of
// URLs that cannot be parsed.
func MaskPasswords(args []string) []string {
	masked := make([]string, len(args))
	for i, arg := range args {
		arg = withoutSlashes.ReplaceAllString(userinfo.ReplaceAllString(arg, "$1:xxxxx@"), "${1}xxxxx@")
		masked[i] = parameter.ReplaceAllString(arg, "${1}xxxxx")
	}
	return masked
}
