package main

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// side is the coverage of one side of the program, in percent of statements.
type side struct {
	name    string
	percent float64
}

func readCoverage(dir string) ([]side, error) {
	goSide, err := readGoCoverage(dir + "/.test/go.cover")
	if err != nil {
		return nil, err
	}
	sides := []side{{"Go", goSide}}
	for _, web := range []struct{ name, file string }{
		{"clients", dir + "/clients/coverage/coverage-summary.json"},
		{"web", dir + "/web/coverage/coverage-summary.json"},
	} {
		var summary struct {
			Total struct {
				Statements struct{ Pct float64 }
			}
		}
		if err := readJSON(web.file, &summary); err != nil {
			return nil, err
		}
		sides = append(sides, side{web.name, summary.Total.Statements.Pct})
	}
	return sides, nil
}

// readGoCoverage adds up a cover profile. A block that several test programs
// report counts once, as reached if any of them reached it.
func readGoCoverage(file string) (float64, error) {
	f, err := os.Open(file)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	statements, reached := map[string]int{}, map[string]bool{}
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) != 3 || strings.HasPrefix(lines.Text(), "mode:") {
			continue
		}
		n, err := strconv.Atoi(fields[1])
		if err != nil {
			return 0, fmt.Errorf("%s: %w", file, err)
		}
		statements[fields[0]] = n
		reached[fields[0]] = reached[fields[0]] || fields[2] != "0"
	}
	if err := lines.Err(); err != nil {
		return 0, err
	}
	all, hit := 0, 0
	for block, n := range statements {
		all += n
		if reached[block] {
			hit += n
		}
	}
	if all == 0 {
		return 0, fmt.Errorf("%s names no statement", file)
	}
	return 100 * float64(hit) / float64(all), nil
}
