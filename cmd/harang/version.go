package main

import (
	"fmt"
	"runtime"

	"harang.dev/harang"
	"harang.dev/harang/internal/cli"
	"harang.dev/harang/internal/config"
)

// revision is set by the linker where the source has no version control.
var revision = ""

type versionCommand struct {
	config.UnusedDatabaseFlags
}

// Run prints the version.
func (versionCommand) Run(s *streams) error {
	_, err := fmt.Fprintln(s.out, versionLine())
	return err
}

func versionLine() string {
	return fmt.Sprintf("harang %s %s %s/%s", buildVersion(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

func buildVersion() string { return cli.Version(harang.Version, revision) }
