package httpapi

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"slices"
	"strings"

	"harang.dev/harang"
)

// otherRoutes registers what is not part of the REST interface: health, documents, the
// page, and the answers for paths and methods that do not exist.
func (a *API) otherRoutes() error {
	for pattern, handler := range a.Webhooks {
		a.mux.Handle(pattern, handler)
		method, path, _ := strings.Cut(pattern, " ")
		a.methods[path] = append(a.methods[path], method)
	}
	a.mux.HandleFunc("GET /healthz", a.alive)
	a.mux.HandleFunc("GET /readyz", a.ready)
	docs, err := a.documents()
	if err != nil {
		return err
	}
	a.docs = docs
	a.mux.HandleFunc("GET /openapi.json", document("application/json", docs.openAPI))
	a.mux.HandleFunc("GET /asyncapi.json", document("application/json", docs.asyncAPI))
	a.mux.HandleFunc("GET /docs", document("text/html; charset=utf-8", docs.page))
	a.mux.HandleFunc("GET /docs/{$}", document("text/html; charset=utf-8", docs.page))
	a.mux.HandleFunc("GET /docs/style.css", document("text/css; charset=utf-8", docsStyle))
	for path, methods := range a.methods {
		a.mux.HandleFunc(path, notAllowed(methods...))
	}
	for _, path := range []string{"/healthz", "/readyz", "/openapi.json", "/asyncapi.json", "/docs"} {
		a.mux.HandleFunc(path, notAllowed("GET"))
	}
	notFound := func(w http.ResponseWriter, r *http.Request) {
		fail(r.Context(), harang.Errorf(harang.CodeNotFound, "this path does not exist")).write(w)
	}
	a.mux.HandleFunc("/api/", notFound)
	a.mux.HandleFunc("/socket.io/", notFound)
	var page http.Handler = http.HandlerFunc(noPage)
	if a.Page != nil {
		built, err := newPages(a.Page, a.PagePolicy)
		if err != nil {
			return err
		}
		page = built
	}
	a.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			notAllowed("GET")(w, r)
			return
		}
		page.ServeHTTP(w, r)
	})
	return nil
}

// notAllowed answers the other methods of a path with 405. HEAD is allowed where
// GET is.
func notAllowed(methods ...string) http.HandlerFunc {
	if slices.Contains(methods, http.MethodGet) {
		methods = append(methods, http.MethodHead)
	}
	slices.Sort(methods)
	allow := strings.Join(methods, ", ")
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Allow", allow)
		fail(r.Context(), harang.Errorf(codeMethodNotAllowed, "this path allows only %s", allow)).write(w)
	}
}

// etagOf returns the entity tag of a content, without quotes.
func etagOf(body []byte) string {
	sum := sha256.Sum256(body)
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}
