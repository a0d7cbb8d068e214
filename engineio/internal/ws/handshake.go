package ws

import (
	"crypto/sha1"
	"encoding/base64"
	"net/http"
	"strings"
)

// acceptGUID is the constant that RFC 6455, section 1.3, appends to the client's key.
const acceptGUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

// Handshake validates a WebSocket handshake (RFC 6455, section 4.2.1) and returns the response of section 4.2.2, nil if
// the request is not a valid handshake. Of the subprotocols that the client offers it selects the first: a client that
// offers some fails if none is selected. It declines all extensions.
func Handshake(r *http.Request) []byte {
	accept := acceptKey(r)
	protocol, ok := firstSubprotocol(r.Header)
	if accept == "" || !ok {
		return nil
	}
	b := append(make([]byte, 0, 320), "HTTP/1.1 101 Switching Protocols\r\n"+
		"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "+accept+"\r\n"...)
	if protocol != "" {
		b = append(b, "Sec-WebSocket-Protocol: "+protocol+"\r\n"...)
	}
	return append(b, "\r\n"...)
}

// acceptKey returns the Sec-WebSocket-Accept of a handshake, "" if the request is not a valid one.
func acceptKey(r *http.Request) string {
	if r.Method != http.MethodGet || r.ProtoMajor != 1 || r.ProtoMinor < 1 ||
		!HasToken(r.Header, "Connection", "upgrade") ||
		!HasToken(r.Header, "Upgrade", "websocket") ||
		r.Header.Get("Sec-Websocket-Version") != "13" {
		return ""
	}
	key := strings.TrimSpace(r.Header.Get("Sec-Websocket-Key"))
	if nonce, err := base64.StdEncoding.DecodeString(key); err != nil || len(nonce) != 16 {
		return ""
	}
	sum := sha1.Sum([]byte(key + acceptGUID))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// firstSubprotocol returns the first element of Sec-WebSocket-Protocol, "" if the header is absent. It is not ok if an
// element is not a token or is repeated (RFC 6455, section 4.1).
func firstSubprotocol(h http.Header) (first string, ok bool) {
	lines := h.Values("Sec-Websocket-Protocol")
	if len(lines) == 0 {
		return "", true
	}
	seen := map[string]bool{}
	for _, line := range lines {
		for element := range strings.SplitSeq(line, ",") {
			element = strings.Trim(element, " \t")
			if !isToken(element) || seen[element] {
				return "", false
			}
			if seen[element] = true; first == "" {
				first = element
			}
		}
	}
	return first, true
}

// isToken reports whether s is a token (RFC 7230, section 3.2.6).
func isToken(s string) bool {
	for i := range len(s) {
		c := s[i]
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9') &&
			!strings.ContainsRune("!#$%&'*+-.^_`|~", rune(c)) {
			return false
		}
	}
	return s != ""
}

// HasToken reports whether a header that is a list of tokens contains one, compared without case.
func HasToken(h http.Header, name, token string) bool {
	for _, line := range h.Values(name) {
		for part := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.TrimSpace(part), token) {
				return true
			}
		}
	}
	return false
}
