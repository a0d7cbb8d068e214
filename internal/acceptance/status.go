package main

import (
	"fmt"
	"os"

	"go.yaml.in/yaml/v3"
)

// status is docs/sprint-status.yaml.
type status struct {
	Story  string  `yaml:"story"`
	Claims []claim `yaml:"claims"`
}

// claim is one criterion, task or point of the definition of done that tests must
// prove.
type claim struct {
	ID string `yaml:"id"`
	// Title is the claim in a few words.
	Title string `yaml:"title"`
	// Status is done, partial or open. Only done and partial claims need tests.
	Status string `yaml:"status"`
	// Missing says what a partial or open claim still lacks.
	Missing string `yaml:"missing"`
	// Tests name what proves the claim: "go internal/feed TestX/sub",
	// "client file > name", "web file > name", "e2e name".
	Tests []string `yaml:"tests"`
}

func readStatus(file string) (status, error) {
	var s status
	b, err := os.ReadFile(file)
	if err != nil {
		return s, err
	}
	if err := yaml.Unmarshal(b, &s); err != nil {
		return s, fmt.Errorf("%s: %w", file, err)
	}
	if len(s.Claims) == 0 {
		return s, fmt.Errorf("%s names no claim", file)
	}
	return s, nil
}

func (s status) tests() int {
	n := 0
	for _, c := range s.Claims {
		n += len(c.Tests)
	}
	return n
}

// check returns a sentence for every claim that the reports do not prove.
func (s status) check(ran results) []string {
	var wrong []string
	seen := map[string]bool{}
	for _, c := range s.Claims {
		if seen[c.ID] {
			wrong = append(wrong, c.ID+" is listed twice")
		}
		seen[c.ID] = true
		switch c.Status {
		case "done", "partial":
			if len(c.Tests) == 0 {
				wrong = append(wrong, c.ID+" is "+c.Status+" but names no test")
			}
		case "open":
		default:
			wrong = append(wrong, fmt.Sprintf("%s has the unknown status %q", c.ID, c.Status))
		}
		if c.Status != "done" && c.Missing == "" {
			wrong = append(wrong, c.ID+" is "+c.Status+" but does not say what is missing")
		}
		for _, test := range c.Tests {
			switch ran[test] {
			case passed:
			case failed:
				wrong = append(wrong, c.ID+": failed: "+test)
			case skipped:
				wrong = append(wrong, c.ID+": skipped: "+test)
			default:
				wrong = append(wrong, c.ID+": did not run: "+test)
			}
		}
	}
	return wrong
}
