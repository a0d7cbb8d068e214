package harang_test

import (
	"os"
	"regexp"
	"testing"

	"harang.dev/harang"
)

// TestVersion_Changelog: the newest release of the changelog is this version.
func TestVersion_Changelog(t *testing.T) {
	text, err := os.ReadFile("CHANGELOG.md")
	if err != nil {
		t.Fatal(err)
	}
	newest := regexp.MustCompile(`(?m)^## \[(\d+\.\d+\.\d+)\] - \d{4}-\d{2}-\d{2}$`).FindSubmatch(text)
	if newest == nil || string(newest[1]) != harang.Version {
		t.Errorf("the newest release in CHANGELOG.md is %q, VERSION is %q", newest, harang.Version)
	}
}
