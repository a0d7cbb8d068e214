// Package web holds the dashboard: the page's sources (TypeScript, React) and,
// once they are built, the files that the program serves.
//
// Vite writes the built page to dist/app, which is embedded here. A clean clone
// has only dist/README, so the package always compiles and FS reports whether
// there is a page. Every text file is stored three times when that is shorter:
// as it is, as NAME.br and as NAME.gz, so that a server never compresses while
// it serves. Files under assets/ carry a hash of their content in their name
// and may be cached for ever; everything else must be revalidated.
//
// The page loads nothing from other hosts and has no inline script and no
// inline style element: ContentSecurityPolicy is the policy it is built for.
package web

import (
	"embed"
	"io/fs"
)

// ContentSecurityPolicy is the strictest policy that the page works under.
// Style attributes are set through the CSSOM, which style-src does not govern,
// so 'unsafe-inline' is needed nowhere. connect-src 'self' covers the WebSocket
// of the same origin.
const ContentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; " +
	"img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; " +
	"base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

//go:embed all:dist
var dist embed.FS

// FS returns the built page, with index.html at its root, and true; or nil and
// false when the program was compiled without one (run "make build").
func FS() (page fs.FS, ok bool) {
	app, err := fs.Sub(dist, "dist/app")
	if err != nil {
		return nil, false
	}
	if _, err := fs.Stat(app, "index.html"); err != nil {
		return nil, false
	}
	return app, true
}
