// Command acceptance checks docs/sprint-status.yaml: each criterion,
// task and point of the definition of done names the tests that prove it, and
// every named test must exist, have run and have passed in this run of the
// tests. It also prints failures readably and checks the minimum coverage.
//
// It reads reports only: .test/go.json (go test -json), .test/client.json and
// .test/web.json (Vitest), .test/e2e.json (Playwright), .test/go.cover and the
// coverage summaries of the two npm packages.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "acceptance:", err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	if len(args) == 0 {
		return errors.New("usage: acceptance check|failures")
	}
	switch args[0] {
	case "failures":
		if len(args) != 2 {
			return errors.New("usage: acceptance failures FILE")
		}
		return printFailures(args[1], out)
	case "check":
		flags := flag.NewFlagSet("check", flag.ContinueOnError)
		flags.SetOutput(out)
		least := flags.Float64("least-coverage", 80, "percent of statements that the tests have to reach, on each side")
		dir := flags.String("dir", ".", "the project's root")
		if err := flags.Parse(args[1:]); err != nil {
			return err
		}
		return check(*dir, *least, out)
	}
	return fmt.Errorf("unknown command %q", args[0])
}

// check prints the findings and fails when there are any.
func check(dir string, least float64, out io.Writer) error {
	status, err := readStatus(dir + "/docs/sprint-status.yaml")
	if err != nil {
		return err
	}
	ran, err := readReports(dir + "/.test")
	if err != nil {
		return err
	}
	wrong := status.check(ran)
	covered, err := readCoverage(dir)
	if err != nil {
		return err
	}
	for _, side := range covered {
		fmt.Fprintf(out, "coverage %-14s %5.1f %%\n", side.name, side.percent)
		if side.percent < least {
			wrong = append(wrong, fmt.Sprintf("coverage of %s is %.1f %%, at least %.0f %% is required", side.name,
				side.percent, least))
		}
	}
	fmt.Fprintf(out, "acceptance: %d claims, %d named tests\n", len(status.Claims), status.tests())
	for _, w := range wrong {
		fmt.Fprintln(out, "  ✗", w)
	}
	passed, failed, skipped := ran.count()
	fmt.Fprintf(out, "%d passed, %d failed, %d skipped\n", passed, failed, skipped)
	if skipped > 0 {
		return fmt.Errorf("%d tests were skipped: a test fails or passes here, it never skips", skipped)
	}
	if len(wrong) > 0 || failed > 0 {
		return fmt.Errorf("%d claims are not proven, %d tests failed", len(wrong), failed)
	}
	return nil
}
