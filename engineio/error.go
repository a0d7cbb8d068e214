package engineio

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"
)

// The error codes of the protocol, as the reference server sends them. The response is {"code":…,"message":…} with
// status 400, for CodeForbidden 403.
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

// The reasons passed to Handler.Close and Observer.Closed. The first five are those of the reference server.
const (
	ReasonTransportClose = "transport close"      // the client closed the transport
	ReasonTransportError = "transport error"      // the connection broke, or the client violated the transport's rules
	ReasonPingTimeout    = "ping timeout"         // no pong within PingTimeout
	ReasonParseError     = "parse error"          // the client sent an invalid packet
	ReasonForcedClose    = "forced close"         // Session.Close
	ReasonSlowConsumer   = "SLOW_CONSUMER"        // the client read too slowly: QueueLimit or QueueAge was exceeded
	ReasonRateLimited    = "RATE_LIMITED"         // the client sent too much: FrameRate was exceeded
	ReasonShutdown       = "server shutting down" // Server.Close
)

// The errors of Session.Send and Session.SendAll.
var (
	ErrClosed       = errors.New("engineio: session is closed")
	ErrSlowConsumer = errors.New("engineio: client reads too slowly")
)

// refuse answers a request with an error code of the protocol.
func (s *Server) refuse(w http.ResponseWriter, code int) {
	status := http.StatusBadRequest
	if code == CodeForbidden {
		status = http.StatusForbidden
	}
	s.writeError(w, status, code, codeMessages[code])
}

// refuseTemporarily answers a handshake that the client may repeat after Options.RetryAfter.
func (s *Server) refuseTemporarily(w http.ResponseWriter, status int, message string) {
	seconds := (s.opts.RetryAfter + time.Second - 1) / time.Second
	w.Header().Set("Retry-After", strconv.Itoa(int(seconds)))
	s.writeError(w, status, CodeBadRequest, message)
}

func (s *Server) writeError(w http.ResponseWriter, status, code int, message string) {
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
