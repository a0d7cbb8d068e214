package harang_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// wall is one row of the table "who may import whom".
type wall struct {
	pkg    string   // import path below the module, "" for the root; "/..." for all below
	may    []string // what of ours it may import, same notation
	reason string
}

const module = "harang.dev/harang"

// walls is the table of the packages of this module that each package may import,
// with the reason. A package without a row fails the test. Test packages and test
// files are free.
var walls = []wall{
	{"", nil, "the domain depends on nothing"},
	{"engineio", nil, "a protocol library that others can import"},
	{"engineio/...", nil, "helpers of the library stay in the library"},
	{"socketio", []string{"engineio"}, "a protocol library that others can import"},
	{"socketio/...", []string{"socketio", "engineio"}, "the conformance server shows the library alone"},
	{"internal/outbox", []string{""}, "what a commit gives the feeds: words shared by store, relay, logs and windows"},
	{"internal/shop", []string{""}, "use cases know the business, not the technology"},
	{"internal/feed", []string{"", "internal/outbox"}, "a mechanism over root types; ports are its own"},
	{"internal/relay", []string{"", "internal/outbox"}, "no SQL and no Redis inside; ports are its own"},
	{"internal/ingest", []string{""}, "other applications' events become ours; the store behind its port"},
	{"internal/auth", []string{"", "internal/secretfile"}, "verifies identities; users come through a port"},
	{
		"internal/gateway",
		[]string{"", "internal/feed", "internal/auth", "socketio"},
		"speaks the socket; reads no SQL",
	},
	{"contract", nil, "golden files, no code to speak of"},
	{
		"internal/httpapi",
		[]string{"", "contract", "internal/shop", "internal/auth", "internal/ingest", "internal/health",
			"internal/origin"},
		"speaks HTTP; reads no SQL; shows the golden calls as examples",
	},
	{
		"internal/payments",
		[]string{"", "internal/shop", "internal/mypos", "internal/sandbox"},
		"chooses among the payment providers; the settings come through a port",
	},
	{"internal/mypos", []string{"", "internal/shop", "internal/secretfile"}, "a payment provider behind shop's port"},
	{"internal/sandbox", []string{"", "internal/shop"}, "a payment provider behind shop's port"},
	{
		"internal/store",
		[]string{"", "internal/outbox", "internal/shop", "internal/ingest", "internal/auth"},
		"SQL behind the ports; it names the types of the ports it serves",
	},
	{
		"internal/store/...",
		[]string{"", "internal/outbox", "internal/store", "internal/shop", "internal/ingest", "internal/auth"},
		"one engine each, and the suite that runs on all",
	},
	{"internal/feed/...", []string{"", "internal/outbox"}, "the log that nodes share, behind relay's port"},
	{"internal/relay/...", []string{"", "internal/outbox", "internal/relay"}, "the conformance cases of the port"},
	{
		"internal/watermark",
		[]string{"", "internal/outbox", "internal/relay"},
		"records beside the database how far numbers were delivered; the database comes through a port",
	},
	{"internal/demo", []string{"", "internal/shop", "internal/auth"}, "demo data goes through the use cases"},
	{
		"internal/canary",
		[]string{"", "internal/outbox", "internal/feed"},
		"passes marks through the hub as a listener does; knows no socket and no SQL",
	},
	{"internal/seat", []string{""}, "seats across nodes behind the gateway's port; knows no socket"},
	{"internal/sioclient", nil, "a small Socket.IO client for tests and the load program"},
	{"internal/health", []string{""}, "calls checks that are handed in"},
	{"internal/admin", nil, "serves what operators see; the metrics are handed in"},
	{"internal/descriptors", nil, "wraps any listener"},
	{"internal/secretfile", nil, "reads a file"},
	{"internal/inflight", nil, "counts the requests of any handler"},
	{"internal/cli", []string{"", "internal/secretfile"}, "what commands share; it knows no command"},
	{
		"internal/doctor",
		[]string{"", "internal/store", "internal/auth", "internal/admin"},
		"reads what a server needs; the databases come as functions",
	},
	{"internal/loadtest", []string{"internal/sioclient"}, "loads a server from outside, as clients do"},
	{"internal/testserver", nil, "starts real PostgreSQL and Redis for tests"},
	{"internal/acceptance", nil, "reads test reports, not the program"},
	{"internal/origin", nil, "who may call from a browser, and what proxies say; knows HTTP only"},
	{"internal/logging", nil, "the program's slog handler; knows nothing of what is logged"},
	{"web", nil, "embeds the built page, knows nothing"},
	{"cmd/harang", []string{"..."}, "the only place where technologies meet"},
}

// TestWalls: every package imports what its row permits, and every permission is
// used, so that the table is the true diagram.
func TestWalls(t *testing.T) {
	type permission struct{ pkg, may string }
	used := map[permission]bool{}
	for _, pkg := range listPackages(t) {
		row, ok := findWall(pkg.name())
		if !ok {
			t.Errorf("%s has no row in the table of walls: add one with its reason", pkg.ImportPath)
			continue
		}
		for _, imported := range pkg.Imports {
			if imported != module && !strings.HasPrefix(imported, module+"/") {
				continue
			}
			may, ok := permitted(row, relative(imported))
			if !ok {
				t.Errorf("%s imports %s: %s", pkg.ImportPath, imported, row.reason)
			}
			used[permission{row.pkg, may}] = true
		}
	}
	for _, row := range walls {
		for _, may := range row.may {
			if !used[permission{row.pkg, may}] {
				t.Errorf("%q may import %q and does not: delete the permission", row.pkg, may)
			}
		}
	}
}

var update = flag.Bool("update", false, "write the table of walls into docs/architecture.md")

// TestWalls_Documented compares docs/architecture.md with the table; go test -run
// TestWalls_Documented . -update writes it.
func TestWalls_Documented(t *testing.T) {
	const page, begin, end = "docs/architecture.md", "<!-- walls -->\n", "<!-- /walls -->"
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begins := strings.Cut(string(text), begin)
	present, after, ends := strings.Cut(rest, end)
	if !begins || !ends {
		t.Fatalf("%s has no markers for the table of walls", page)
	}
	want := wallsTable()
	if *update {
		if err := os.WriteFile(page, []byte(before+begin+want+end+after), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, present); diff != "" {
		t.Errorf("%s differs from walls_test.go: run go test -run TestWalls_Documented . -update\n%s", page, diff)
	}
}

// wallsTable is the table in Markdown.
func wallsTable() string {
	var b strings.Builder
	b.WriteString("| package | may import | because |\n|---|---|---|\n")
	for _, row := range walls {
		may := make([]string, len(row.may))
		for i, pattern := range row.may {
			may[i] = wallName(pattern)
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", wallName(row.pkg), strings.Join(may, ", "), row.reason)
	}
	return b.String()
}

// wallName is a pattern of the table in Markdown.
func wallName(pattern string) string {
	switch pattern {
	case "":
		return "`harang`"
	case "...":
		return "everything"
	}
	return "`" + pattern + "`"
}

// TestPackageDocs fails for a package without a package comment.
func TestPackageDocs(t *testing.T) {
	for _, pkg := range listPackages(t) {
		if pkg.Doc == "" {
			t.Errorf("%s has no package comment", pkg.ImportPath)
		}
	}
}

// TestPackageNames: no package has a name that says nothing about its content.
func TestPackageNames(t *testing.T) {
	for _, pkg := range listPackages(t) {
		switch path.Base(pkg.ImportPath) {
		case "util", "utils", "common", "helper", "helpers", "types", "model", "models", "base", "pkg", "misc":
			t.Errorf("%s: the name says nothing about the content", pkg.ImportPath)
		}
	}
}

// TestRootImportsStandardLibraryOnly: the domain has no dependency at all.
func TestRootImportsStandardLibraryOnly(t *testing.T) {
	for _, pkg := range listPackages(t) {
		if pkg.ImportPath != module {
			continue
		}
		for _, imported := range pkg.Imports {
			if first, _, _ := strings.Cut(imported, "/"); strings.Contains(first, ".") {
				t.Errorf("the root imports %s", imported)
			}
		}
	}
}

type listed struct {
	ImportPath string
	Doc        string
	Imports    []string
	GoFiles    []string
}

func (l listed) name() string { return relative(l.ImportPath) }

func relative(importPath string) string {
	return strings.TrimPrefix(strings.TrimPrefix(importPath, module), "/")
}

func findWall(name string) (wall, bool) {
	var best wall
	found := false
	for _, row := range walls {
		if matches(row.pkg, name) && (!found || len(row.pkg) > len(best.pkg)) {
			best, found = row, true
		}
	}
	return best, found
}

func matches(pattern, name string) bool {
	if pattern == "..." {
		return true
	}
	if prefix, ok := strings.CutSuffix(pattern, "/..."); ok {
		return strings.HasPrefix(name, prefix+"/")
	}
	return pattern == name
}

// permitted returns the first pattern of the row that permits importing name.
func permitted(row wall, name string) (pattern string, ok bool) {
	for _, pattern := range row.may {
		if matches(pattern, name) {
			return pattern, true
		}
	}
	return "", false
}

func listPackages(t *testing.T) []listed {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Doc,Imports,GoFiles", "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []listed
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var pkg listed
		if err := d.Decode(&pkg); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if len(pkg.GoFiles) > 0 {
			all = append(all, pkg)
		}
	}
	if len(all) == 0 {
		t.Fatal("go list found no package")
	}
	return all
}
