package httpapi

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"slices"
	"strings"

	"harang.dev/harang"
)

// rest registers what is not of the interface: health, documents, the page, and
// the answers for what does not exist.
func (a *API) rest() error {
	for pattern, handler := range a.Webhooks {
		a.mux.Handle(pattern, handler)
		method, path, _ := strings.Cut(pattern, " ")
		a.known[path] = append(a.known[path], method)
	}
	a.mux.HandleFunc("GET /healthz", a.alive)
	a.mux.HandleFunc("GET /readyz", a.ready)
	docs, err := a.documents()
	if err != nil {
		return err
	}
	a.mux.HandleFunc("GET /openapi.json", document("application/json", docs.openAPI))
	a.mux.HandleFunc("GET /asyncapi.json", document("application/json", docs.asyncAPI))
	a.mux.HandleFunc("GET /docs", document("text/html; charset=utf-8", docs.page))
	a.mux.HandleFunc("GET /docs/{$}", document("text/html; charset=utf-8", docs.page))
	a.mux.HandleFunc("GET /docs/style.css", document("text/css; charset=utf-8", docsStyle))
	for path, methods := range a.known {
		a.mux.HandleFunc(path, notAllowed(methods...))
	}
	for _, path := range []string{"/healthz", "/readyz", "/openapi.json", "/asyncapi.json", "/docs"} {
		a.mux.HandleFunc(path, notAllowed("GET"))
	}
	notFound := func(w http.ResponseWriter, r *http.Request) {
		fail(r.Context(), harang.Errorf(harang.CodeNotFound, "nothing is here")).write(w)
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

// notAllowed answers a path that exists for other methods. What answers GET
// answers HEAD, too.
func notAllowed(methods ...string) http.HandlerFunc {
	if slices.Contains(methods, http.MethodGet) {
		methods = append(methods, http.MethodHead)
	}
	slices.Sort(methods)
	allow := strings.Join(methods, ", ")
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Allow", allow)
		fail(r.Context(), harang.Errorf(codeMethodNotAllowed, "this path answers %s", allow)).write(w)
	}
}

// etagOf names a content.
func etagOf(body []byte) string {
	sum := sha256.Sum256(body)
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}
