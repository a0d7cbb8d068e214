package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"harang.dev/harang"
)

// revision is set by the linker where the source has no version control.
var revision = ""

type versionCommand struct {
	sameFlags
}

// Run prints the version.
func (versionCommand) Run(s *streams) error {
	_, err := fmt.Fprintln(s.out, versionLine())
	return err
}

func versionLine() string {
	return fmt.Sprintf("harang %s %s %s/%s", buildVersion(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// buildVersion is the release with the source's revision as build metadata, as
// in 0.1.0+c9187d0a1b2c.dirty.
func buildVersion() string {
	from, modified := revision, false
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			switch s.Key {
			case "vcs.revision":
				from = s.Value
			case "vcs.modified":
				modified = s.Value == "true"
			}
		}
	}
	if from == "" {
		return harang.Version
	}
	version := harang.Version + "+" + from[:min(12, len(from))]
	if modified {
		version += ".dirty"
	}
	return version
}
