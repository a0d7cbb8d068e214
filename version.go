package harang

import (
	_ "embed"
	"strings"
)

//go:embed VERSION
var versionFile string

// Version is the release that this source is, or becomes: a semantic version
// without build metadata. It is in the file VERSION.
var Version = strings.TrimSpace(versionFile)
