package engineio

import (
	"net/http"
	"strings"
)

// checkOrigin compares the Origin header with the allowed origins and sets the CORS headers. It returns false when it
// has answered the request itself: a preflight request, or an origin that may not connect.
func (s *Server) checkOrigin(w http.ResponseWriter, r *http.Request) bool {
	origin := r.Header.Get("Origin")
	h := w.Header()
	if origin != "" {
		h.Add("Vary", "Origin")
	}
	same := sameOrigin(origin, r.Host)
	if s.opts.CheckOrigin != nil {
		if err := s.opts.CheckOrigin(r); err != nil {
			s.writeError(w, http.StatusForbidden, CodeForbidden, err.Error())
			return false
		}
	} else if origin != "" && !same && !s.anyOrigin && !s.origins[strings.ToLower(origin)] {
		s.refuse(w, CodeForbidden)
		return false
	}
	if origin != "" && !same {
		h.Set("Access-Control-Allow-Origin", origin)
		h.Set("Access-Control-Allow-Credentials", "true")
	}
	if r.Method != http.MethodOptions {
		return true
	}
	h.Set("Access-Control-Allow-Methods", "GET, POST")
	if requested := r.Header.Get("Access-Control-Request-Headers"); requested != "" {
		h.Add("Vary", "Access-Control-Request-Headers")
		h.Set("Access-Control-Allow-Headers", requested)
	}
	h.Set("Access-Control-Max-Age", "600")
	w.WriteHeader(http.StatusNoContent)
	return false
}

// sameOrigin reports whether an origin has the given host. The scheme is not compared: behind a proxy that terminates
// TLS the server does not know its own.
func sameOrigin(origin, host string) bool {
	_, rest, ok := strings.Cut(origin, "://")
	return ok && host != "" && strings.EqualFold(rest, host)
}
