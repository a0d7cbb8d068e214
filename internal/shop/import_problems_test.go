package shop_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"harang.dev/harang/internal/store/storetest"
)

// importProblem is one case of contract/import-problems.json: a file and what is wrong in its last bad cell.
type importProblem struct {
	File   string `json:"file"`
	Column string `json:"column"`
	Detail string `json:"detail"`
}

// TestImport_Problems: the sentences about the errors of a file are those that the page translates.
func TestImport_Problems(t *testing.T) {
	const path = "../../contract/import-problems.json"
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var want []importProblem
	if err := json.Unmarshal(raw, &want); err != nil {
		t.Fatal(err)
	}
	if len(want) == 0 {
		t.Fatal("no cases")
	}
	env := newEnv(t)
	got := make([]importProblem, len(want))
	for i, c := range want {
		// "…" is a text that is too long for every cell, "␀" a byte that is in no encoding.
		file := strings.NewReplacer("…", strings.Repeat("x", 2000), "␀", "\x00").Replace(c.File)
		report, err := env.Catalogue.PreviewImport(t.Context(), storetest.Admin(), strings.NewReader(file))
		if err != nil {
			t.Fatalf("%s: %v", c.File, err)
		}
		if len(report.Problems.First) == 0 {
			t.Errorf("%q has no problem", c.File)
			continue
		}
		last := report.Problems.First[len(report.Problems.First)-1]
		got[i] = importProblem{c.File, last.Column, last.Detail}
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s differs (-want +got):\n%s", path, d)
	}
}
