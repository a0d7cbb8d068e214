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

// importRule is one row of the table "who may import whom".
type importRule struct {
	pkg    string   // import path below the module, "" for the root; "/..." for all below
	may    []string // packages of this module that it may import, same notation
	reason string
}

const module = "harang.dev/harang"

// importRules lists which packages of this module each package may import, with the reason. A package without a row
// fails the test. Test files may import anything.
var importRules = []importRule{
	{"", nil, "the domain depends on nothing"},
	{"engineio", []string{"engineio/internal/ws"}, "a protocol library that others can import"},
	{"engineio/...", nil, "helpers of the library stay in the library"},
	{"socketio", []string{"engineio"}, "a protocol library that others can import"},
	{"socketio/...", []string{"socketio", "engineio"}, "the conformance server shows the library alone"},
	{
		"internal/outbox",
		[]string{""},
		"what a commit appended to the feeds: types shared by store, relay, logs and windows",
	},
	{"internal/shop", []string{""}, "use cases; the database and providers come through ports"},
	{"internal/feed", []string{"", "internal/outbox"}, "works on root types; it defines its own ports"},
	{"internal/relay", []string{"", "internal/outbox"}, "has no SQL and no Redis; it defines its own ports"},
	{"internal/ingest", []string{""}, "accepts other applications' events; the store comes through a port"},
	{"internal/auth", []string{"", "internal/secretfile"}, "verifies identities; users come through a port"},
	{
		"internal/gateway",
		[]string{"", "internal/feed", "internal/auth", "socketio"},
		"serves Socket.IO; has no SQL",
	},
	{"contract", nil, "golden files and their reader"},
	{
		"internal/httpapi",
		[]string{"", "contract", "internal/shop", "internal/auth", "internal/ingest", "internal/health",
			"internal/origin"},
		"serves HTTP; has no SQL; shows the golden calls as examples",
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
		"internal/store/sqlite/sqlitetest",
		[]string{"internal/store", "internal/store/sqlite"},
		"new databases for tests",
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
		"passes marks through the hub as a listener does; has no socket and no SQL",
	},
	{"internal/seat", []string{""}, "seats across nodes behind the gateway's port"},
	{"internal/sioclient", nil, "a small Socket.IO client for tests and the load program"},
	{"internal/health", []string{""}, "runs checks that it is given"},
	{"internal/admin", nil, "serves metrics and profiles that it is given"},
	{"internal/descriptors", nil, "wraps any listener"},
	{
		"internal/config",
		[]string{"", "internal/auth", "internal/cli", "internal/store", "internal/store/...", "internal/watermark"},
		"opens what flags name, for every command",
	},
	{"internal/emit", []string{"", "internal/cli"}, "a client of the HTTP interface"},
	{"internal/secretfile", nil, "reads a file"},
	{"internal/inflight", nil, "counts the requests of any handler"},
	{"internal/cli", []string{"", "internal/secretfile"}, "what commands share"},
	{
		"internal/doctor",
		[]string{"", "internal/store", "internal/auth", "internal/admin"},
		"reads what a server needs; the databases come as functions",
	},
	{"internal/loadtest", []string{"internal/sioclient"}, "loads a server from outside, as clients do"},
	{"internal/growth", nil, "measures from its tests alone"},
	{"internal/testserver", []string{"internal/testtime"}, "starts real PostgreSQL and Redis for tests"},
	{"internal/testtime", nil, "how tests wait"},
	{"internal/budget", nil, "what each step of an event may cost; its tests measure all packages"},
	{"internal/acceptance", nil, "reads test reports, not the program"},
	{"internal/licenses", nil, "reads modules and packages, not the program"},
	{"internal/origin", nil, "who may call from a browser, and the headers of proxies"},
	{"internal/logging", nil, "the program's slog handler"},
	{"web", nil, "embeds the built page"},
	{"cmd/harang", []string{"..."}, "connects all packages; the only one that imports every technology"},
}

// TestImports: every package imports only what its row permits, and every permission is used.
func TestImports(t *testing.T) {
	type permission struct{ pkg, may string }
	used := map[permission]bool{}
	for _, pkg := range listPackages(t) {
		row, ok := findRule(pkg.name())
		if !ok {
			t.Errorf("%s has no row in importRules: add one with its reason", pkg.ImportPath)
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
	for _, row := range importRules {
		for _, may := range row.may {
			if !used[permission{row.pkg, may}] {
				t.Errorf("%q may import %q and does not: delete the permission", row.pkg, may)
			}
		}
	}
}

var update = flag.Bool("update", false, "write the table of imports into docs/architecture.md")

// TestImports_Documented compares docs/architecture.md with importRules;
// go test -run TestImports_Documented . -update writes it.
func TestImports_Documented(t *testing.T) {
	const page, begin, end = "docs/architecture.md", "<!-- imports -->\n", "<!-- /imports -->"
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begins := strings.Cut(string(text), begin)
	present, after, ends := strings.Cut(rest, end)
	if !begins || !ends {
		t.Fatalf("%s has no markers for the table of imports", page)
	}
	want := importTable()
	if *update {
		if err := os.WriteFile(page, []byte(before+begin+want+end+after), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, present); diff != "" {
		t.Errorf("%s differs from imports_test.go: run go test -run TestImports_Documented . -update\n%s", page, diff)
	}
}

// importTable is the table in Markdown.
func importTable() string {
	var b strings.Builder
	b.WriteString("| package | may import | because |\n|---|---|---|\n")
	for _, row := range importRules {
		may := make([]string, len(row.may))
		for i, pattern := range row.may {
			may[i] = patternName(pattern)
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", patternName(row.pkg), strings.Join(may, ", "), row.reason)
	}
	return b.String()
}

// patternName is a pattern of the table in Markdown.
func patternName(pattern string) string {
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

func findRule(name string) (importRule, bool) {
	var best importRule
	found := false
	for _, row := range importRules {
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
func permitted(row importRule, name string) (pattern string, ok bool) {
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
