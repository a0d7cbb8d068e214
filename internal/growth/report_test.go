package growth_test

import (
	"database/sql"
	"errors"
	"fmt"
	"math"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"harang.dev/harang/internal/loadtest"
)

const (
	beginMark = "<!-- growth: written by make growth -->"
	endMark   = "<!-- growth: end -->"
	// barWidth is the length of the longest bar of a plot.
	barWidth = 30
)

// report is everything that one run measured.
type report struct {
	machine                         string
	connections, listeners, tenants []load
	events                          []eventFigures
	lasted                          time.Duration
}

// machine describes where and with what it was measured.
func (m *measuring) machine() string {
	m.tb.Helper()
	line := func(file, prefix string) string {
		text, err := os.ReadFile(file)
		if err != nil {
			return "unknown"
		}
		for l := range strings.Lines(string(text)) {
			if rest, ok := strings.CutPrefix(l, prefix); ok {
				return strings.Trim(rest, " \t:\n")
			}
		}
		return strings.TrimSpace(string(text))
	}
	version := func(driver, name, query string) (v string) {
		db, err := sql.Open(driver, name)
		if err != nil {
			m.tb.Fatal(err)
		}
		defer func() { _ = db.Close() }()
		if err := db.QueryRowContext(m.tb.Context(), query).Scan(&v); err != nil {
			m.tb.Fatal(err)
		}
		return v
	}
	return fmt.Sprintf("%s: %d cores (%s), %s of memory, Linux %s, %s, SQLite %s, PostgreSQL %s on the same machine "+
		"(fsync off, shared_buffers 512 MB). The load program shares the cores.",
		time.Now().UTC().Format(time.DateOnly), runtime.NumCPU(), line("/proc/cpuinfo", "model name"),
		line("/proc/meminfo", "MemTotal"), line("/proc/sys/kernel/osrelease", "-"), runtime.Version(),
		version("sqlite", ":memory:", "SELECT sqlite_version()"),
		version("pgx", m.postgres.URL("postgres"), "SHOW server_version"))
}

// point is one measured value at a size.
type point struct{ size, value float64 }

// slope says in words how a value grows between the first and the last point.
func slope(points []point) string {
	if len(points) < 2 {
		return "one size only"
	}
	first, last := points[0], points[len(points)-1]
	if first.value <= 0 || last.value <= 0 {
		return "too small to say"
	}
	times, grown := last.size/first.size, last.value/first.value
	exponent := math.Log(grown) / math.Log(times)
	words := "faster than in proportion"
	switch {
	case grown < .67:
		words = "falls"
	case grown <= 1.5:
		words = "does not grow"
	case exponent < .4:
		words = "grows little"
	case exponent < .85:
		words = "grows less than in proportion"
	case exponent <= 1.15:
		words = "grows in proportion"
	}
	return fmt.Sprintf("%s (× %s for × %s)", words, short(grown), short(times))
}

// short writes a number with two digits that count.
func short(v float64) string {
	switch {
	case v >= 10:
		return grouped(int64(math.Round(v)))
	case v >= 1:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

// grouped writes a number in groups of three digits.
func grouped(n int64) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return grouped(n/1000) + fmt.Sprintf(",%03d", n%1000)
}

// table is a Markdown table, the first row being its head.
func table(rows [][]string) string {
	var b strings.Builder
	for i, row := range rows {
		fmt.Fprintf(&b, "| %s |\n", strings.Join(row, " | "))
		if i == 0 {
			b.WriteString(strings.Repeat("|---", len(row)) + "|\n")
		}
	}
	return b.String()
}

// column is one measured figure of a part of the report.
type column struct {
	name, unit string
	value      func(load) float64
	// text is how the table writes it; nil: by short.
	text func(load) string
}

// part writes a table, a plot and the slopes of one part.
func part(title, intro, what string, loads []load, columns []column) string {
	if len(loads) == 0 {
		return "### " + title + "\n\nNot measured."
	}
	head := []string{what}
	for _, c := range columns {
		head = append(head, c.name)
	}
	rows := [][]string{head}
	var measured []load
	for _, l := range loads {
		if l.left != "" {
			row := make([]string, 1+len(columns))
			row[0], row[1] = grouped(int64(l.n)), "not measured: "+l.left
			rows = append(rows, row)
			continue
		}
		measured = append(measured, l)
		row := []string{grouped(int64(l.n))}
		for _, c := range columns {
			text := ""
			if c.text != nil {
				text = c.text(l)
			} else {
				text = short(c.value(l)) + " " + c.unit
			}
			row = append(row, text)
		}
		rows = append(rows, row)
	}
	var plots, slopes strings.Builder
	for _, c := range columns {
		var points []point
		for _, l := range measured {
			points = append(points, point{float64(l.n), c.value(l)})
		}
		plot(&plots, c.name, c.unit, points)
		fmt.Fprintf(&slopes, "- %s: %s.\n", c.name, slope(points))
	}
	return fmt.Sprintf("### %s\n\n%s\n\n%s\n```\n%s```\n\n%s", title, intro, table(rows), plots.String(), slopes.String())
}

// plot draws a bar for each point.
func plot(b *strings.Builder, name, unit string, points []point) {
	most := 0.0
	for _, p := range points {
		most = max(most, p.value)
	}
	fmt.Fprintf(b, "%s\n", name)
	for _, p := range points {
		fmt.Fprintf(b, "%12s %s %s %s\n", grouped(int64(p.size)), bar(p.value, most), short(p.value), unit)
	}
}

func bar(value, most float64) string {
	if most <= 0 {
		return "▏"
	}
	return strings.Repeat("█", int(math.Round(value/most*barWidth))) + "▏"
}

func perUnit(d time.Duration, n int64) float64 {
	if n == 0 {
		return 0
	}
	return float64(d.Nanoseconds()) / 1e3 / float64(n)
}

func ms(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e6 }

// The figures of a load.
func kilobytes(r *loadtest.Result) float64 {
	return float64(r.Idle.Resident-r.Before.Resident) / 1024 / float64(r.Connections)
}
func accepting(r *loadtest.Result) float64 {
	return perUnit(r.Idle.CPU-r.Before.CPU, int64(r.Connections))
}
func perDelivery(r *loadtest.Result) float64 {
	return perUnit(r.End.CPU-r.Rested.CPU, r.Delivered)
}
func perEvent(r *loadtest.Result) float64 { return perUnit(r.End.CPU-r.Rested.CPU, r.Sent) }
func idle(r *loadtest.Result) float64 {
	return 100 * (r.Rested.CPU - r.Idle.CPU).Seconds() / rest.Seconds()
}

// latency is a column with the median, and the 99th percentile as its spread.
func latency(name string, of func(load) *loadtest.Result) column {
	return column{name, "ms", func(l load) float64 {
		after := of(l).AfterPost
		after.Sort()
		return ms(after.Quantile(.5))
	}, func(l load) string {
		after := of(l).AfterPost
		after.Sort()
		return fmt.Sprintf("%s (%s) ms", short(ms(after.Quantile(.5))), short(ms(after.Quantile(.99))))
	}}
}

func figure(name, unit string, of func(load) *loadtest.Result, value func(*loadtest.Result) float64) column {
	return column{name, unit, func(l load) float64 { return value(of(l)) }, nil}
}

func onSQLite(l load) *loadtest.Result   { return l.sqlite }
func onPostgres(l load) *loadtest.Result { return l.postgres }

// text is the whole report in Markdown.
func (r report) text() string {
	parts := []string{
		r.machine + fmt.Sprintf(" The run took %s.", r.lasted.Round(time.Second)),
		part("Connections", "In rooms of 50, on SQLite; 200 events a second (10,000 deliveries), each by "+
			"`POST /api/v1/events`. Latency from the POST to the client: median (99th percentile).",
			"connections", r.connections, []column{
				figure("memory of one", "KB", onSQLite, kilobytes),
				figure("CPU to accept one", "µs", onSQLite, accepting),
				figure("CPU per delivery", "µs", onSQLite, perDelivery),
				latency("latency", onSQLite),
			}),
		part("Listeners of one feed", "One tenant, on SQLite; 200 events a second, fewer where they would be "+
			"more than 20,000 deliveries.",
			"listeners", r.listeners, []column{
				figure("CPU per event", "µs", onSQLite, perEvent),
				figure("CPU per delivery", "µs", onSQLite, perDelivery),
				latency("latency", onSQLite),
			}),
		part("Tenants", "One listener each. At rest for five seconds, in percent of one core; then 200 events "+
			"a second for at most a hundred of them.",
			"tenants", r.tenants, []column{
				figure("memory of one", "KB", onSQLite, kilobytes),
				figure("at rest, SQLite", "%", onSQLite, idle),
				figure("at rest, PostgreSQL", "%", onPostgres, idle),
				figure("CPU per event, SQLite", "µs", onSQLite, perEvent),
				figure("CPU per event, PostgreSQL", "µs", onPostgres, perEvent),
				latency("latency, SQLite", onSQLite),
				latency("latency, PostgreSQL", onPostgres),
			}),
		r.eventsText(),
	}
	for i, text := range parts {
		parts[i] = strings.TrimRight(text, "\n")
	}
	return strings.Join(parts, "\n\n")
}

// eventsText is the part about the events behind the lists.
func (r report) eventsText() string {
	var measured []eventFigures
	left := ""
	for _, f := range r.events {
		if f.left != "" {
			left = fmt.Sprintf("\n\n%s events were not measured: %s.", grouped(f.n), f.left)
			continue
		}
		measured = append(measured, f)
	}
	names := make([]string, 0, len(operations)+1)
	for _, op := range operations {
		names = append(names, op.name)
	}
	names = append(names, startOperation)
	engines := []string{"SQLite", "PostgreSQL"}
	head := []string{"milliseconds"}
	for _, engine := range engines {
		for _, f := range measured {
			head = append(head, engine+", "+grouped(f.n))
		}
	}
	rows, plots, slopes := [][]string{head}, &strings.Builder{}, [][]string{{"", engines[0], engines[1]}}
	for _, name := range names {
		row, grows := []string{name}, []string{name}
		lines := make([]string, len(measured))
		most := 0.0
		for _, f := range measured {
			for engine := range engines {
				most = max(most, ms(f.times[name][engine].quantile(.5)))
			}
		}
		for engine := range engines {
			var points []point
			for i, f := range measured {
				times := f.times[name][engine]
				median := ms(times.quantile(.5))
				points = append(points, point{float64(f.n), median})
				row = append(row, fmt.Sprintf("%.2f (%.2f)", median, ms(times.quantile(.95))))
				lines[i] += fmt.Sprintf("  %-38s", bar(median, most)+fmt.Sprintf(" %.2f", median))
			}
			grows = append(grows, slope(points))
		}
		rows, slopes = append(rows, row), append(slopes, grows)
		fmt.Fprintf(plots, "%s\n", name)
		for i, f := range measured {
			fmt.Fprintf(plots, "%12s%s\n", grouped(f.n), strings.TrimRight(lines[i], " "))
		}
	}
	size := ""
	if len(measured) > 0 {
		last := measured[len(measured)-1]
		size = fmt.Sprintf(" At %s events the SQLite file has %.1f GB.", grouped(last.n), float64(last.bytes)/1e9)
	}
	intro := fmt.Sprintf("One tenant, one event every three seconds, with the rentals, payments, reads and sessions "+
		"beside them. The two weeks of the summary and the week of the failed payments are full from 400,000 and "+
		"200,000 events on; until then these grow. Times of the use cases without HTTP: median (95th percentile) "+
		"of %d; of %d for the start.%s%s", repeats, starts, size, left)
	return fmt.Sprintf("### Events in the database\n\n%s\n\n%s\nSQLite left, PostgreSQL right:\n\n```\n%s```\n\n%s",
		intro, table(rows), plots, table(slopes))
}

// writeBetween replaces the text between the marks of a file.
func writeBetween(path, text string) error {
	page, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	before, rest, begun := strings.Cut(string(page), beginMark)
	_, after, ended := strings.Cut(rest, endMark)
	if !begun || !ended {
		return errors.New(path + ": the marks of the growth report are missing")
	}
	return os.WriteFile(path, []byte(before+beginMark+"\n\n"+text+"\n"+endMark+after), 0o644)
}

// TestSlope: the words match the figures.
func TestSlope(t *testing.T) {
	for _, tc := range []struct {
		last float64
		want string
	}{
		{.5, "falls (× 0.50 for × 100)"},
		{1.2, "does not grow (× 1.2 for × 100)"},
		{3, "grows little (× 3.0 for × 100)"},
		{20, "grows less than in proportion (× 20 for × 100)"},
		{100, "grows in proportion (× 100 for × 100)"},
		{1000, "faster than in proportion (× 1,000 for × 100)"},
	} {
		if got := slope([]point{{10, 1}, {1000, tc.last}}); got != tc.want {
			t.Errorf("%g: %q, want %q", tc.last, got, tc.want)
		}
	}
}
