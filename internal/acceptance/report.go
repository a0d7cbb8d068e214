package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

type outcome string

const (
	passed  outcome = "passed"
	failed  outcome = "failed"
	skipped outcome = "skipped"
)

// results are the outcomes by the name that docs/sprint-status.yaml uses.
type results map[string]outcome

func (r results) count() (passes, failures, skips int) {
	for _, o := range r {
		switch o {
		case passed:
			passes++
		case failed:
			failures++
		case skipped:
			skips++
		}
	}
	return passes, failures, skips
}

func readReports(dir string) (results, error) {
	r := results{}
	err := errors.Join(
		r.readGo(filepath.Join(dir, "go.json")),
		r.readVitest("client", filepath.Join(dir, "client.json")),
		r.readVitest("web", filepath.Join(dir, "web.json")),
		r.readPlaywright(filepath.Join(dir, "e2e.json")),
	)
	return r, err
}

// goEvent is one line of go test -json.
type goEvent struct {
	Action  string
	Package string
	Test    string
	Output  string
	// ImportPath is the package of a build-output line.
	ImportPath string
}

func eachGoEvent(file string, do func(goEvent)) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var e goEvent
		if json.Unmarshal(lines.Bytes(), &e) == nil {
			do(e)
		}
	}
	return lines.Err()
}

func goName(e goEvent) string {
	pkg := strings.TrimPrefix(strings.TrimPrefix(e.Package, "harang.dev/harang"), "/")
	if pkg == "" {
		pkg = "."
	}
	return "go " + pkg + " " + e.Test
}

func (r results) readGo(file string) error {
	return eachGoEvent(file, func(e goEvent) {
		name := goName(e)
		if e.Test == "" {
			// A package that fails without a failing test did not build or crashed.
			if e.Action == "fail" {
				r[name+"(package)"] = failed
			}
			return
		}
		switch e.Action {
		case "pass":
			if r[name] != failed { // a pass after it makes no failure good
				r[name] = passed
			}
		case "fail":
			r[name] = failed
		case "skip":
			r[name] = skipped
		}
	})
}

// printFailures shows the output of what failed, in the order it came.
func printFailures(file string, out io.Writer) error {
	output := map[string][]string{}
	var broken []string
	err := eachGoEvent(file, func(e goEvent) {
		name := goName(e)
		switch e.Action {
		case "build-output":
			fmt.Fprint(out, e.Output)
		case "output":
			output[name] = append(output[name], e.Output)
		case "fail":
			broken = append(broken, name)
		case "pass":
			delete(output, name)
		}
	})
	if err != nil {
		return err
	}
	for _, name := range broken {
		fmt.Fprintf(out, "--- %s\n%s", name, strings.Join(output[name], ""))
	}
	return fmt.Errorf("%d tests or packages failed", len(broken))
}

// vitestReport is the part of Vitest's JSON report that is read here.
type vitestReport struct {
	TestResults []struct {
		Name             string
		Status           string
		Message          string
		AssertionResults []struct {
			FullName string
			Status   string
		}
	}
}

func (r results) readVitest(side, file string) error {
	var report vitestReport
	if err := readJSON(file, &report); err != nil {
		return err
	}
	for _, f := range report.TestResults {
		base := filepath.Base(f.Name)
		if len(f.AssertionResults) == 0 && f.Status == "failed" {
			r[side+" "+base] = failed
		}
		for _, a := range f.AssertionResults {
			name := side + " " + base + " > " + strings.TrimSpace(a.FullName)
			switch a.Status {
			case "passed":
				r[name] = passed
			case "failed":
				r[name] = failed
			default:
				r[name] = skipped
			}
		}
	}
	return nil
}

// playwrightSuite is the part of Playwright's JSON report that is read here.
type playwrightSuite struct {
	Title  string
	Suites []playwrightSuite
	Specs  []struct {
		Title string
		Tests []struct{ Status string }
	}
}

func (r results) readPlaywright(file string) error {
	var report struct{ Suites []playwrightSuite }
	if err := readJSON(file, &report); err != nil {
		return err
	}
	var walk func(playwrightSuite)
	walk = func(s playwrightSuite) {
		for _, spec := range s.Specs {
			for _, test := range spec.Tests {
				name := "e2e " + spec.Title
				switch test.Status {
				case "expected":
					r[name] = passed
				case "skipped":
					r[name] = skipped
				default:
					r[name] = failed
				}
			}
		}
		for _, inner := range s.Suites {
			walk(inner)
		}
	}
	for _, s := range report.Suites {
		walk(s)
	}
	return nil
}

func readJSON(file string, into any) error {
	b, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, into); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}
