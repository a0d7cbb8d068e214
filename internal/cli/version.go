package cli

import "runtime/debug"

// Version is the release with the revision that the program was built from as build
// metadata, as in 0.1.0+c9187d0a1b2c.dirty. The given revision counts where the
// build had no version control.
func Version(release, revision string) string {
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
		return release
	}
	version := release + "+" + from[:min(12, len(from))]
	if modified {
		version += ".dirty"
	}
	return version
}
