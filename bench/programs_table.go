package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// spread is the median of some rounds with their least and greatest.
type spread struct{ low, median, high float64 }

// over is the spread of a figure; of an even number the greater middle counts.
func (r rounds) over(figure func(round) float64) spread {
	values := make([]float64, len(r.all))
	for i, one := range r.all {
		values[i] = figure(one)
	}
	if len(values) == 0 {
		return spread{}
	}
	slices.SortFunc(values, cmp.Compare)
	return spread{values[0], values[len(values)/2], values[len(values)-1]}
}

// text is the median with the spread behind it.
func (s spread) text(format string) string {
	return fmt.Sprintf(format+" ("+format+"–"+format+")", s.median, s.low, s.high)
}

func cpuPerEvent(r round) float64    { return perOne(r.cpu, r.posted) }
func cpuPerReceived(r round) float64 { return perOne(r.cpu, r.received) }
func othersPerEvent(r round) float64 {
	var sum time.Duration
	for _, p := range r.parts {
		sum += p.cpu
	}
	return perOne(sum, r.posted)
}

func partPerEvent(i int) func(round) float64 {
	return func(r round) float64 { return perOne(r.parts[i].cpu, r.posted) }
}

// perOne is microseconds for each.
func perOne(d time.Duration, n int64) float64 {
	if n == 0 {
		return 0
	}
	return float64(d) / float64(time.Microsecond) / float64(n)
}

func middleOf(r round) float64 { return float64(r.latencies.Quantile(.5)) / 1e6 }
func tailOf(r round) float64   { return float64(r.latencies.Quantile(.99)) / 1e6 }

// delivered is the share of what the offered events would have been.
func (r rounds) delivered(one round) float64 {
	offered := float64(r.plan.rate) * one.lasted.Seconds() * float64(r.plan.connections/r.plan.rooms)
	return 100 * float64(one.received) / offered
}

func megabytes(r round) float64 { return float64(r.resident) / (1 << 20) }

// programTables is one table per scenario.
func programTables(results []rounds) string {
	var b strings.Builder
	for i, r := range results {
		if i == 0 || results[i-1].plan.name != r.plan.name {
			title := strings.ToUpper(r.plan.title[:1]) + r.plan.title[1:]
			fmt.Fprintf(&b, "\n### %s\n\n", title)
			b.WriteString(programHeading(r.plan))
		}
		b.WriteString(programRow(r))
	}
	return b.String()
}

func programHeading(plan scenario) string {
	node := "CPU per delivery"
	if plan.connections == plan.rooms {
		node = "CPU per event"
	}
	if plan.nodes > 1 {
		node += ", node of the listeners"
	}
	heading := table{{"", node, "all else, CPU per event", "p50", "p99", "delivered", "resident"}}
	return heading.String()
}

func programRow(r rounds) string {
	figure := cpuPerReceived
	if r.plan.connections == r.plan.rooms {
		figure = cpuPerEvent
	}
	others := "–"
	if len(r.all) > 0 && len(r.all[0].parts) > 0 {
		others = r.over(othersPerEvent).text("%.0f") + " µs"
		var parts []string
		for i, p := range r.all[0].parts {
			parts = append(parts, fmt.Sprintf("%s %.0f", p.name, r.over(partPerEvent(i)).median))
		}
		others += ": " + strings.Join(parts, ", ")
	}
	row := []string{
		r.program.title, r.over(figure).text("%.1f") + " µs", others,
		r.over(middleOf).text("%.1f") + " ms", r.over(tailOf).text("%.1f") + " ms",
		fmt.Sprintf("%.0f %%", r.over(r.delivered).median), fmt.Sprintf("%.0f MB", r.over(megabytes).median),
	}
	return "| " + strings.Join(row, " | ") + " |\n"
}

// programAim is what Harang's figure should be, as a share of another program's
// in the same scenario; against "" it is a limit by itself.
type programAim struct {
	what, scenario, program, against string
	figure                           func(round) float64
	most                             float64
}

var programAims = []programAim{
	{"400 × 50: CPU per delivery ÷ Centrifugo", "publish400", harangOne, centrifugo, cpuPerReceived, .95},
	{"400 × 50: CPU per delivery ÷ the story's plan", "publish400", harangOne, story, cpuPerReceived, .70},
	{"400 × 50: p99 ÷ Centrifugo", "publish400", harangOne, centrifugo, tailOf, 1},
	{"2,000 × 50: CPU per delivery ÷ Centrifugo", "publish2000", harangOne, centrifugo, cpuPerReceived, .8},
	{"2,000 × 50: p99 ÷ Centrifugo", "publish2000", harangOne, centrifugo, tailOf, .6},
	{"400 × 1: CPU per event ÷ Centrifugo", "single400", harangOne, centrifugo, cpuPerEvent, 1.2},
	{"2,000 × 1: CPU per event ÷ Centrifugo", "single2000", harangOne, centrifugo, cpuPerEvent, 1.5},
	{"2,000 × 1: p99 in ms", "single2000", harangOne, "", tailOf, 2},
	{"two nodes, 400 × 50: CPU per delivery ÷ Centrifugo", "two400", "harang-two", "centrifugo-two",
		cpuPerReceived, .8},
	{"two nodes, 400 × 50: all else, µs per event", "two400", "harang-two", "", othersPerEvent, 800},
}

func programAimTable(results []rounds) table {
	find := func(scenario, program string) (rounds, bool) {
		i := slices.IndexFunc(results, func(r rounds) bool {
			return r.plan.name == scenario && r.program.name == program && len(r.all) > 0
		})
		if i < 0 {
			return rounds{}, false
		}
		return results[i], true
	}
	t := table{{"", "aim", "measured", "met"}}
	for _, a := range programAims {
		r, ok := find(a.scenario, a.program)
		if !ok {
			continue
		}
		value := r.over(a.figure).median
		if a.against != "" {
			base, ok := find(a.scenario, a.against)
			if !ok || base.over(a.figure).median == 0 {
				continue
			}
			value /= base.over(a.figure).median
		}
		t = append(t, []string{a.what, fmt.Sprintf("≤ %.2f", a.most), fmt.Sprintf("%.2f", value),
			map[bool]string{true: "yes", false: "no"}[value <= a.most]})
	}
	return t
}

// programReport is all tables of the whole programs.
func programReport(s settings, results []rounds, where string, took time.Duration) string {
	var b strings.Builder
	b.WriteString(where + " Medians of " + fmt.Sprint(s.Rounds) + " rounds by turns, " + fmt.Sprint(s.Seconds) +
		" seconds each; the least and the greatest in parentheses.\n")
	b.WriteString(programTables(results))
	if t := programAimTable(results); len(t) > 1 {
		b.WriteString("\n### Aims of the whole programs\n\n" + t.String())
	}
	fmt.Fprintf(&b, "\nThe comparison took %.1f minutes.\n", took.Minutes())
	return b.String()
}
