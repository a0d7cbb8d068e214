package httpapi

import (
	"net/http"
	"strings"
)

// documentPolicy is the Content-Security-Policy of everything but the page.
const documentPolicy = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors " +
	"'none'"

// secure sets the security headers of every answer. The page's policy replaces the
// strict one where the page is served.
func (a *API) secure(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h["X-Content-Type-Options"] = []string{"nosniff"}
		h["Referrer-Policy"] = []string{"no-referrer"}
		h["X-Frame-Options"] = []string{"DENY"}
		h["Cross-Origin-Opener-Policy"] = []string{"same-origin"}
		h["Content-Security-Policy"] = []string{documentPolicy}
		if strings.HasPrefix(r.URL.Path, "/api/") {
			h["Cache-Control"] = []string{"no-store"}
		}
		if a.Origins.Secure(r) {
			h["Strict-Transport-Security"] = []string{"max-age=31536000"}
		}
		next.ServeHTTP(w, r)
	})
}

// crossOrigin answers preflight requests of the allowed origins and lets their pages
// read answers (CORS). Other requests need nothing.
func (a *API) crossOrigin(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Origin") != "" {
			h := w.Header()
			h.Add("Vary", "Origin")
			if allowed, ok := a.Origins.CORS(r); ok {
				h.Set("Access-Control-Allow-Origin", allowed)
				h.Set("Access-Control-Allow-Credentials", "true")
				h.Set("Access-Control-Expose-Headers", "Retry-After")
				if r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "" {
					h.Set("Access-Control-Allow-Methods", "GET, POST, PUT, PATCH, DELETE")
					h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, Idempotency-Key")
					h.Set("Access-Control-Max-Age", "600")
					w.WriteHeader(http.StatusNoContent)
					return
				}
			}
		}
		next.ServeHTTP(w, r)
	})
}
