package httpapi

import (
	"io/fs"
	"mime"
	"net/http"
	"path"
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

// pages serves the built dashboard: its files, and index.html for every other path,
// because the page has client-side routes.
type pages struct {
	files  map[string]file
	policy string
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
	return p, err
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
	f, ok := p.files[name]
	h := w.Header()
	switch {
	case ok && f.plain != nil && name != "index.html":
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
	case strings.HasPrefix(name, "assets/") || path.Ext(name) != "" && name != "index.html":
		// A missing file is no route of the page: after a deployment an old page must
		// not get HTML instead of a script.
		fail(r.Context(), harang.Errorf(harang.CodeNotFound, "the page has no such file")).write(w)
		return
	default:
		f = p.files["index.html"]
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
	h.Set("ETag", etag)
	if isCached(r, etag) {
		h.Del("Content-Type")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
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
