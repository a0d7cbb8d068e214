package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
)

// A section is the markers between which writeBetween writes.
type section struct{ begin, end string }

var (
	librarySection = section{"<!-- race: written by make race -->", "<!-- race: end -->"}
	programSection = section{"<!-- programs: written by make race -->", "<!-- programs: end -->"}
)

// table is rows of cells, the first of them the heading.
type table [][]string

func (t table) String() string {
	var b strings.Builder
	for i, row := range t {
		b.WriteString("| " + strings.Join(row, " | ") + " |\n")
		if i == 0 {
			b.WriteString("|" + strings.Repeat("---|", len(row)) + "\n")
		}
	}
	return b.String()
}

// tables is one table per scenario.
func tables(plans []scenario, results [][]result) string {
	var b strings.Builder
	for i, plan := range plans {
		fmt.Fprintf(&b, "\n### %s: %s\n\n", strings.ToUpper(plan.name[:1])+plan.name[1:], plan.title)
		switch {
		case plan.rate > 0:
			b.WriteString(deliveryTable(results[i]).String())
		case plan.replay > 0:
			b.WriteString(stormTable(results[i]).String())
		default:
			b.WriteString(idleTable(results[i]).String())
		}
	}
	return b.String()[1:]
}

// floorOf is the floor's result, one of zeroes when it did not run.
func floorOf(results []result) result {
	for _, r := range results {
		if r.peer.name == floor {
			return r
		}
	}
	return result{}
}

func deliveryTable(results []result) table {
	base := floorOf(results)
	t := table{{"", "deliveries a second", "× floor", "CPU per delivery", "× floor", "p50", "p99", "× floor",
		"CPU of peer, of load program", "lost"}}
	for _, r := range results {
		p99 := r.latencies.Quantile(.99)
		t = append(t, []string{
			r.peer.title,
			fmt.Sprintf("%.0f", r.perSecond()), ratio(r.perSecond(), base.perSecond()),
			micros(r.perDelivery()), ratio(float64(r.perDelivery()), float64(base.perDelivery())),
			millis(r.latencies.Quantile(.5)), millis(p99), ratio(float64(p99), float64(base.latencies.Quantile(.99))),
			fmt.Sprintf("%.2f, %.2f cores", r.cpu.Seconds()/r.lasted.Seconds(), r.load.Seconds()/r.lasted.Seconds()),
			fmt.Sprint(r.lost),
		})
		if len(r.sinceCommit) > 0 {
			p99 := r.sinceCommit.Quantile(.99)
			t = append(t, []string{
				"the same, from the event's time stamp (whole milliseconds)", "", "", "", "",
				millis(r.sinceCommit.Quantile(.5)), millis(p99),
				ratio(float64(p99), float64(base.latencies.Quantile(.99))), "", "",
			})
		}
	}
	return t
}

func (r result) perSecond() float64 {
	if r.lasted == 0 {
		return 0
	}
	return float64(r.received) / r.lasted.Seconds()
}

func idleTable(results []result) table {
	base := floorOf(results)
	t := table{{"", "resident memory per connection", "× floor", "heap and stacks per connection"}}
	for _, r := range results {
		t = append(t, []string{r.peer.title, r.kilobytes(r.resident),
			ratio(float64(r.resident), float64(base.resident)), r.kilobytes(r.inUse)})
	}
	return t
}

func (r result) kilobytes(all int64) string {
	return fmt.Sprintf("%.1f KB", float64(all)/1024/float64(r.connections))
}

func stormTable(results []result) table {
	base := floorOf(results)
	t := table{{"", "CPU per connection", "× floor", "connections a second", "CPU when they come back", "× floor",
		"replayed to each"}}
	for _, r := range results {
		t = append(t, []string{
			r.peer.title, micros(r.cpu / time.Duration(r.connections)), ratio(float64(r.cpu), float64(base.cpu)),
			fmt.Sprintf("%.0f", float64(r.connections)/r.lasted.Seconds()),
			micros(r.again / time.Duration(r.connections)), ratio(float64(r.again), float64(base.again)),
			fmt.Sprint(r.received / int64(r.connections)),
		})
	}
	return t
}

func ratio(value, base float64) string {
	if base <= 0 {
		return "-"
	}
	return fmt.Sprintf("%.2f", value/base)
}

func micros(d time.Duration) string { return fmt.Sprintf("%.1f µs", float64(d)/1e3) }
func millis(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d)/1e6) }

// writeBetween replaces the text between the markers of a file.
func (m section) writeBetween(path, text string) error {
	old, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	updated, err := m.between(string(old), text)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return os.WriteFile(path, []byte(updated), 0o644)
}

func (m section) between(page, text string) (string, error) {
	before, rest, begun := strings.Cut(page, m.begin)
	_, after, ended := strings.Cut(rest, m.end)
	if !begun || !ended {
		return "", errors.New("the markers are missing")
	}
	return before + m.begin + "\n\n" + text + "\n" + m.end + after, nil
}
