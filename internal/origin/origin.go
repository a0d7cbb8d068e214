package origin

import (
	"errors"
	"net/netip"
	"strconv"
	"strings"

	"golang.org/x/net/idna"
)

// Origin is an origin (RFC 6454) in canonical form: lower case, the host in ASCII
// (IDNA), no default port. Two are the same when they are equal.
type Origin struct {
	Scheme, Host string
	// Port is empty for the default port of http and https.
	Port string
}

// String returns the origin as browsers send it.
func (o Origin) String() string {
	if o == (Origin{}) {
		return ""
	}
	text := o.Scheme + "://" + o.Host
	if o.Port != "" {
		text += ":" + o.Port
	}
	return text
}

// isWeb reports whether a server can have the origin. Others are those of apps, e.g.
// capacitor://localhost.
func (o Origin) isWeb() bool { return o.Scheme == "http" || o.Scheme == "https" }

// hosts maps names as browsers do: to lower case and ASCII, underscores allowed.
var hosts = idna.New(idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(false))

// Parse reads an origin: scheme, host and perhaps a port. The error says what can
// never be part of an Origin header.
func Parse(text string) (Origin, error) {
	scheme, rest, ok := strings.Cut(text, "://")
	scheme = strings.ToLower(scheme)
	switch {
	case !ok || !isScheme(scheme):
		return Origin{}, errors.New("has no scheme")
	case rest == "":
		return Origin{}, errors.New("has no host")
	case strings.Contains(rest, "*"):
		return Origin{}, errors.New("has a wildcard")
	case strings.Contains(rest, "@"):
		return Origin{}, errors.New("has a user")
	case strings.Contains(rest, "/"):
		return Origin{}, errors.New("has a path")
	case strings.ContainsAny(rest, "?#"):
		return Origin{}, errors.New("has a query or a fragment")
	}
	o := Origin{Scheme: scheme}
	host, port, err := splitPort(rest)
	if err != nil {
		return Origin{}, err
	}
	if o.Host, err = canonicalHost(host, o.isWeb()); err != nil {
		return Origin{}, err
	}
	if o.isWeb() && (port == "80" && scheme == "http" || port == "443" && scheme == "https") {
		port = ""
	}
	o.Port = port
	return o, nil
}

// ParseWeb reads the origin of a server, with or without a slash at its end.
func ParseWeb(text string) (Origin, error) {
	o, err := Parse(strings.TrimSuffix(text, "/"))
	if err == nil && !o.isWeb() {
		return Origin{}, errors.New("has a scheme other than http and https")
	}
	return o, err
}

func isScheme(s string) bool {
	if s == "" || s[0] < 'a' || s[0] > 'z' {
		return false
	}
	return strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789+-.") == ""
}

// splitPort splits host:port, [v6]:port, host or [v6]. The port is in decimal without
// leading zeros.
func splitPort(text string) (host, port string, err error) {
	colon := strings.LastIndexByte(text, ':')
	if colon < strings.LastIndexByte(text, ']') {
		colon = -1
	}
	if colon < 0 {
		return text, "", nil
	}
	n, err := strconv.ParseUint(text[colon+1:], 10, 16)
	if err != nil || n == 0 {
		return "", "", errors.New("has a port that is not from 1 to 65535")
	}
	return text[:colon], strconv.FormatUint(n, 10), nil
}

func canonicalHost(host string, web bool) (string, error) {
	if inner, ok := strings.CutPrefix(host, "["); ok {
		inner, ok = strings.CutSuffix(inner, "]")
		ip, err := netip.ParseAddr(inner)
		if !ok || err != nil || !ip.Is6() || ip.Zone() != "" {
			return "", errors.New("has a malformed IPv6 address")
		}
		return "[" + ip.String() + "]", nil
	}
	for _, r := range host {
		if r <= ' ' || r == 0x7f || strings.ContainsRune(`"%<>[\]^{|}:,;`, r) {
			return "", errors.New("has a malformed host")
		}
	}
	if !web {
		if host == "" {
			return "", errors.New("has no host")
		}
		return strings.ToLower(host), nil
	}
	ascii, err := hosts.ToASCII(host)
	if err != nil || ascii == "" || ascii == "." {
		return "", errors.New("has a malformed host")
	}
	ascii = strings.ToLower(ascii)
	if again, err := hosts.ToASCII(ascii); err != nil || again != ascii { // not every mapping is final
		return "", errors.New("has a malformed host")
	}
	return ascii, nil
}
