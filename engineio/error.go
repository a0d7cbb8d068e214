package engineio

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The error codes of the protocol. A request that fails is answered
// {"code":…,"message":…} with status 400, CodeForbidden with 403.
const (
	CodeUnknownTransport   = 0
	CodeUnknownSession     = 1
	CodeBadMethod          = 2
	CodeBadRequest         = 3
	CodeForbidden          = 4
	CodeUnsupportedVersion = 5
)

var codeMessages = [...]string{
	CodeUnknownTransport:   "Transport unknown",
	CodeUnknownSession:     "Session ID unknown",
	CodeBadMethod:          "Bad handshake method",
	CodeBadRequest:         "Bad request",
	CodeForbidden:          "Forbidden",
	CodeUnsupportedVersion: "Unsupported protocol version",
}

// Why a session ended, as told to Handler.Close and Observer.Closed. The first five
// are the words of the reference implementation.
const (
	ReasonTransportClose = "transport close"      // the client closed it
	ReasonTransportError = "transport error"      // the connection broke, or the client broke the transport's rules
	ReasonPingTimeout    = "ping timeout"         // no pong in time
	ReasonParseError     = "parse error"          // the client sent what is no packet
	ReasonForcedClose    = "forced close"         // Session.Close
	ReasonSlowConsumer   = "SLOW_CONSUMER"        // the client did not take what was sent
	ReasonShutdown       = "server shutting down" // Server.Close
)

// What sending fails with.
var (
	ErrClosed       = errors.New("engineio: session is closed")
	ErrSlowConsumer = errors.New("engineio: client is too slow")
)

// refuse answers a request with an error of the protocol.
func (s *Server) refuse(w http.ResponseWriter, code int) {
	status := http.StatusBadRequest
	if code == CodeForbidden {
		status = http.StatusForbidden
	}
	s.refuseStatus(w, status, code, codeMessages[code])
}

// refuseForNow answers a handshake that may be tried again later.
func (s *Server) refuseForNow(w http.ResponseWriter, status int, message string) {
	seconds := (s.opts.RetryAfter + time.Second - 1) / time.Second
	w.Header().Set("Retry-After", strconv.Itoa(int(seconds)))
	s.refuseStatus(w, status, CodeBadRequest, message)
}

func (s *Server) refuseStatus(w http.ResponseWriter, status, code int, message string) {
	body, _ := json.Marshal(struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	}{code, message})
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	w.Write(body)
	if f := s.opts.Observer.Refused; f != nil {
		f(code)
	}
}

// admit checks the Origin header and sets the CORS headers. It answers false when the
// request has been answered already: a preflight, or an origin that may not connect.
func (s *Server) admit(w http.ResponseWriter, r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin != "" {
		h := w.Header()
		h.Add("Vary", "Origin")
		if !sameOrigin(origin, r.Host) {
			if !s.anyOrigin && !s.origins[strings.ToLower(origin)] {
				s.refuse(w, CodeForbidden)
				return false
			}
			h.Set("Access-Control-Allow-Origin", origin)
			h.Set("Access-Control-Allow-Credentials", "true")
		}
	}
	if r.Method != http.MethodOptions {
		return true
	}
	h := w.Header()
	h.Set("Access-Control-Allow-Methods", "GET, POST")
	if asked := r.Header.Get("Access-Control-Request-Headers"); asked != "" {
		h.Add("Vary", "Access-Control-Request-Headers")
		h.Set("Access-Control-Allow-Headers", asked)
	}
	h.Set("Access-Control-Max-Age", "600")
	w.WriteHeader(http.StatusNoContent)
	return false
}

// sameOrigin compares the host of an origin. The scheme is not compared: behind a
// proxy that ends TLS the server does not know its own.
func sameOrigin(origin, host string) bool {
	_, rest, ok := strings.Cut(origin, "://")
	return ok && host != "" && strings.EqualFold(rest, host)
}
