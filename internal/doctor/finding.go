package doctor

import (
	"fmt"
	"io"
)

// Finding is the result of one check.
type Finding struct {
	// Subject is what was looked at, in a word or two.
	Subject string
	// State is what was found. It is a problem when Cure is not empty.
	State string
	// Cure is what the operator can do about the problem.
	Cure string
	// Warning means that the problem is a risk and keeps nothing from working.
	Warning bool
}

// problem returns the finding of a problem.
func problem(subject, state, cure string) Finding {
	return Finding{Subject: subject, State: state, Cure: cure}
}

// Report writes the findings, a line each. The error says how many are
// problems; warnings are not counted.
func Report(out io.Writer, findings []Finding) error {
	wrong := 0
	for _, f := range findings {
		mark, text := "ok   ", f.State
		switch {
		case f.Warning:
			mark, text = "WARN ", f.State+": "+f.Cure
		case f.Cure != "":
			wrong++
			mark, text = "WRONG", f.State+": "+f.Cure
		}
		fmt.Fprintf(out, "%s  %-12s  %s\n", mark, f.Subject, text)
	}
	if wrong > 0 {
		return fmt.Errorf("%d of %d checks found a problem", wrong, len(findings))
	}
	return nil
}
