package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const goReport = `{"Action":"run","Package":"harang.dev/harang/internal/feed","Test":"TestFeed_Resume"}
{"Action":"pass","Package":"harang.dev/harang/internal/feed","Test":"TestFeed_Resume/Overflow"}
{"Action":"pass","Package":"harang.dev/harang/internal/feed","Test":"TestFeed_Resume"}
{"Action":"output","Package":"harang.dev/harang","Test":"TestBroken","Output":"it broke\n"}
{"Action":"GOACTION","Package":"harang.dev/harang","Test":"TestBroken"}
{"Action":"pass","Package":"harang.dev/harang"}
`

const vitestJSON = `{"testResults":[{"name":"/x/src/ladder.test.ts","status":"passed","assertionResults":[
 {"fullName":"ladder climbs","status":"passed"},{"fullName":"ladder pending","status":"VITEST"}]}]}`

const e2eReport = `{"suites":[{"title":"a.spec.ts","specs":[{"title":"rings","tests":[{"status":"E2E"}]}],
 "suites":[{"title":"inner","specs":[{"title":"rings inside","tests":[{"status":"expected"}]}]}]}]}`

const goCover = `mode: atomic
harang.dev/harang/a.go:1.1,2.2 8 1
harang.dev/harang/a.go:3.1,4.2 2 0
harang.dev/harang/a.go:3.1,4.2 2 HITS
`

const good = `story: "35-7"
claims:
  - {id: AC1, title: connection, status: done, tests: ["go internal/feed TestFeed_Resume/Overflow",
      "client ladder.test.ts > ladder climbs",
      "e2e rings", "e2e rings inside"]}
  - {id: AC2, title: later, status: open, missing: everything}
`

// project writes a project with these reports and returns its directory.
func project(t *testing.T, status string, replace ...string) string {
	t.Helper()
	dir := t.TempDir()
	defaults := []string{"GOACTION", "pass", "VITEST", "passed", "E2E", "expected", "HITS", "0", "PCT", "90"}
	r := strings.NewReplacer(append(replace, defaults...)...)
	for file, content := range map[string]string{
		"docs/sprint-status.yaml": status, ".test/go.json": goReport, ".test/client.json": vitestJSON,
		".test/web.json": `{"testResults":[]}`, ".test/e2e.json": e2eReport, ".test/go.cover": goCover,
		"clients/coverage/coverage-summary.json": `{"total":{"statements":{"pct":PCT}}}`,
		"web/coverage/coverage-summary.json":     `{"total":{"statements":{"pct":95}}}`,
	} {
		path := filepath.Join(dir, file)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(r.Replace(content)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestCheck(t *testing.T) {
	for name, tc := range map[string]struct {
		status  string
		replace []string
		want    string // in the output or error; "" means all is well
	}{
		"all is well": {status: good},
		"an unknown test": {status: strings.Replace(good, "e2e rings\"", "e2e sings\"", 1),
			want: "did not run: e2e sings"},
		"done without a test": {status: good + "  - {id: AC3, title: x, status: done}\n",
			want: "AC3 is done but names no test"},
		"open without what": {status: good + "  - {id: AC3, title: x, status: open}\n",
			want: "AC3 is open but does not say what is missing"},
		"unknown status": {status: good + "  - {id: AC3, title: x, status: maybe, missing: y}\n",
			want: `unknown status "maybe"`},
		"listed twice": {status: good + "  - {id: AC2, title: x, status: open, missing: y}\n",
			want: "listed twice"},
		"a failed test elsewhere": {status: good, replace: []string{"GOACTION", "fail"}, want: "1 tests failed"},
		"a failed named test": {status: good, replace: []string{"E2E", "unexpected"},
			want: "AC1: failed: e2e rings"},
		"a skipped test": {status: good, replace: []string{"VITEST", "pending"},
			want: "1 tests were skipped"},
		"too little Go coverage": {status: good, replace: []string{"8 1", "8 0"}, want: "coverage of Go is 0.0 %"},
		"too little web coverage": {status: good, replace: []string{"PCT", "70"},
			want: "coverage of clients is 70.0 %"},
		"passed at the second try": {status: good, want: "1 tests failed",
			replace: []string{"GOACTION",
				"fail\",\"Package\":\"harang.dev/harang\",\"Test\":\"TestBroken\"}\n{\"Action\":\"pass"}},
		"passed at the second try, in the browser": {status: good, replace: []string{"E2E", "flaky"},
			want: "AC1: failed: e2e rings"},
		"a block reached anywhere": {status: good, replace: []string{"HITS", "4"}},
		"no claims":                {status: "story: x\n", want: "names no claim"},
		"not YAML":                 {status: "\t", want: "yaml"},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			err := run([]string{"check", "--dir", project(t, tc.status, tc.replace...)}, &out)
			if tc.want == "" {
				if err != nil {
					t.Fatalf("%v\n%s", err, &out)
				}
				return
			}
			if err == nil || !strings.Contains(out.String()+err.Error(), tc.want) {
				t.Errorf("want %q, got error %v and\n%s", tc.want, err, &out)
			}
		})
	}
}

func TestCheck_MissingReport(t *testing.T) {
	for _, file := range []string{".test/go.json", ".test/e2e.json", "docs/sprint-status.yaml", ".test/go.cover",
		"web/coverage/coverage-summary.json"} {
		dir := project(t, good)
		if err := os.Remove(filepath.Join(dir, file)); err != nil {
			t.Fatal(err)
		}
		if err := run([]string{"check", "--dir", dir}, &bytes.Buffer{}); err == nil {
			t.Errorf("the check passes without %s", file)
		}
	}
}

func TestFailures(t *testing.T) {
	dir := project(t, good, "GOACTION", "fail")
	var out bytes.Buffer
	if err := run([]string{"failures", filepath.Join(dir, ".test/go.json")}, &out); err == nil ||
		!strings.Contains(out.String(), "it broke") {
		t.Errorf("error %v, output %q", err, out.String())
	}
}

func TestUsage(t *testing.T) {
	for _, args := range [][]string{nil, {"dance"}, {"failures"}, {"check", "--nonsense"}} {
		if err := run(args, &bytes.Buffer{}); err == nil {
			t.Errorf("%v is accepted", args)
		}
	}
}
