package httpapi

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"

	"harang.dev/harang"
)

// file is one file of the page with its compressed forms, in memory.
type file struct {
	contentType string
	etag        string
	plain       []byte
	brotli      []byte // nil when there is none
	gzip        []byte
}

// routesFile has the page's client-side routes, which its build writes: a JSON array of
// paths, in which a segment that begins with "$" is any segment.
const routesFile = "routes.json"

// licensesFile has the licences of what the program contains; it is also at /licenses.
const licensesFile = "licenses.txt"

// pages serves the built dashboard: its files, and index.html for its client-side routes. A route NAME with a file
// NAME.html is that page, which is no part of the dashboard.
// Every other path is 404: with index.html, which says so to people, unless no route
// could have its form.
type pages struct {
	files  map[string]file
	policy string
	// routes are the page's routes by segment; nil when the page does not name them, and
	// every path that could be one is.
	routes [][]string
}

// newPages reads the whole page into memory.
func newPages(page fs.FS, policy string) (*pages, error) {
	p := &pages{files: map[string]file{}, policy: policy}
	err := fs.WalkDir(page, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := fs.ReadFile(page, name)
		if err != nil {
			return err
		}
		base, form := name, ""
		if ext := path.Ext(name); ext == ".br" || ext == ".gz" {
			base, form = strings.TrimSuffix(name, ext), ext
		}
		f := p.files[base]
		switch form {
		case ".br":
			f.brotli = body
		case ".gz":
			f.gzip = body
		default:
			f.plain = body
			f.contentType = typeOf(name)
			f.etag = etagOf(body)
		}
		p.files[base] = f
		return nil
	})
	if err != nil {
		return nil, err
	}
	if f, ok := p.files[routesFile]; ok {
		delete(p.files, routesFile)
		var paths []string
		if err := json.Unmarshal(f.plain, &paths); err != nil {
			return nil, fmt.Errorf("page: %s: %w", routesFile, err)
		}
		for _, path := range paths {
			p.routes = append(p.routes, strings.Split(strings.Trim(path, "/"), "/"))
		}
	}
	return p, nil
}

// isRoute reports whether a path, without its first slash, is a route of the page.
func (p *pages) isRoute(name string) bool {
	segments := strings.Split(name, "/")
	return p.routes == nil || name == "index.html" || slices.ContainsFunc(p.routes, func(route []string) bool {
		return slices.EqualFunc(route, segments, func(want, have string) bool {
			return want == have || strings.HasPrefix(want, "$") && have != ""
		})
	})
}

func typeOf(name string) string {
	switch path.Ext(name) {
	case ".webmanifest":
		return "application/manifest+json"
	case ".woff2":
		return "font/woff2"
	case ".map":
		return "application/json"
	}
	if t := mime.TypeByExtension(path.Ext(name)); t != "" {
		return t
	}
	return "application/octet-stream"
}

// ServeHTTP answers GET and HEAD.
func (p *pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
	if name == "licenses" {
		name = licensesFile
	}
	f, ok := p.files[name]
	h, status := w.Header(), http.StatusOK
	switch {
	case ok && f.plain != nil && path.Ext(name) != ".html":
		if strings.HasPrefix(name, "assets/") {
			// The name contains a hash of the content.
			h.Set("Cache-Control", "public, max-age=31536000, immutable")
		} else {
			h.Set("Cache-Control", "no-cache")
		}
	case name == "healthz" || name == "readyz" || strings.HasPrefix(name, "docs/"):
		// A load balancer that asks for /readyz/ must not get the page's 200.
		fail(r.Context(), harang.Errorf(harang.CodeNotFound, "this path does not exist")).write(w)
		return
	case name == "metrics" || name == "debug" || strings.HasPrefix(name, "debug/"):
		// A scraper of the admin listener's paths must not get the page's 200.
		fail(r.Context(), harang.Errorf(harang.CodeNotFound, "only the admin listener serves this path")).write(w)
		return
	case strings.HasPrefix(name, "assets/") || strings.Contains(name, ".") && name != "index.html":
		// A missing file is no route of the page: after a deployment an old page must
		// not get HTML instead of a script, nor a program that asks for /.well-known/x.
		fail(r.Context(), harang.Errorf(harang.CodeNotFound, "the page has no such file")).write(w)
		return
	default:
		if !p.isRoute(name) {
			status = http.StatusNotFound
		}
		if own, ok := p.files[name+".html"]; ok && name != "index" {
			f = own
		} else {
			f = p.files["index.html"]
		}
		h.Set("Cache-Control", "no-cache")
		h.Set("Content-Security-Policy", p.policy)
		h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
	}
	h.Set("Content-Type", f.contentType)
	h.Add("Vary", "Accept-Encoding")
	body, etag := f.plain, f.etag
	switch accepted := r.Header.Get("Accept-Encoding"); {
	case f.brotli != nil && accepts(accepted, "br"):
		body, etag = f.brotli, f.etag+"b"
		h.Set("Content-Encoding", "br")
	case f.gzip != nil && accepts(accepted, "gzip"):
		body, etag = f.gzip, f.etag+"g"
		h.Set("Content-Encoding", "gzip")
	}
	etag = `"` + etag + `"`
	if status == http.StatusOK {
		h.Set("ETag", etag)
		if isCached(r, etag) {
			h.Del("Content-Type")
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body)
	}
}

// accepts reports whether an Accept-Encoding header names a coding without
// refusing it (q=0).
func accepts(header, coding string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, q, _ := strings.Cut(part, ";")
		if strings.TrimSpace(name) == coding {
			q = strings.ReplaceAll(q, " ", "")
			return q != "q=0" && q != "q=0.0" && q != "q=0.00" && q != "q=0.000"
		}
	}
	return false
}

// noPage answers when the program was built without its page. That is no failure of
// the server: anybody may ask, and the log would fill.
func noPage(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusNotFound)
	_, _ = w.Write(
		[]byte("This program was built without its page: run make build. The REST interface is described at /docs.\n"),
	)
}
