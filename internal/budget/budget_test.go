//go:build !race

package budget

import (
	"encoding/json"
	"flag"
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"testing"
)

var update = flag.Bool("update", false, "write what was measured into budgets.json")

const file = "budgets.json"

// cost is what one operation of a step costs. The last three are of an event, 0
// where the step sends nothing.
type cost struct {
	Allocations     int64 `json:"allocations"`
	Bytes           int64 `json:"bytes"`
	Statements      int64 `json:"statements,omitempty"`
	RoundTrips      int64 `json:"roundTrips,omitempty"`
	RedisRoundTrips int64 `json:"redisRoundTrips,omitempty"`
}

// tolerance is how much more memory than its budget a step may take: maps and the
// operating system make the figures differ a little from run to run, and a version of Go
// does. Statements and round trips have none.
const tolerance = 0.05

// over names what exceeds the budget.
func (c cost) over(budget cost) (names []string) {
	few := func(n int64) int64 { return n + max(1, int64(float64(n)*tolerance)) }
	for _, figure := range []struct {
		name          string
		measured, may int64
	}{
		{"allocations", c.Allocations, few(budget.Allocations)},
		{"bytes", c.Bytes, few(budget.Bytes)},
		{"statements", c.Statements, budget.Statements},
		{"round trips", c.RoundTrips, budget.RoundTrips},
		{"Redis round trips", c.RedisRoundTrips, budget.RedisRoundTrips},
	} {
		if figure.measured > figure.may {
			names = append(names, figure.name)
		}
	}
	return names
}

// measure is the cheapest of three rounds: what runs beside the operation, such as
// a heartbeat, only adds to one. It runs on one processor and collects garbage between
// the rounds only: a pool has objects for each processor and loses them to the collector,
// so that the cores of the machine and the moment of a collection would count.
func measure(operation func(), database, redis *counter) cost {
	const rounds, count = 3, 100
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	for range count { // connections are open, statements prepared, pools filled
		operation()
	}
	least := cost{math.MaxInt64, math.MaxInt64, math.MaxInt64, math.MaxInt64, math.MaxInt64}
	per := func(n int64) int64 { return (n + count/2) / count }
	for range rounds {
		var before, after runtime.MemStats
		counters := func() (statements, trips, redisTrips int64) {
			if database != nil {
				statements, trips = database.statements.Load(), database.trips.Load()
			}
			if redis != nil {
				redisTrips = redis.trips.Load()
			}
			return statements, trips, redisTrips
		}
		runtime.GC()
		statements, trips, redisTrips := counters()
		runtime.ReadMemStats(&before)
		for range count {
			operation()
		}
		runtime.ReadMemStats(&after)
		statementsAfter, tripsAfter, redisTripsAfter := counters()
		least.Allocations = min(least.Allocations, per(int64(after.Mallocs-before.Mallocs)))
		least.Bytes = min(least.Bytes, per(int64(after.TotalAlloc-before.TotalAlloc)))
		least.Statements = min(least.Statements, per(statementsAfter-statements))
		least.RoundTrips = min(least.RoundTrips, per(tripsAfter-trips))
		least.RedisRoundTrips = min(least.RedisRoundTrips, per(redisTripsAfter-redisTrips))
	}
	return least
}

func readBudgets(t *testing.T) map[string]cost {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	budgets := map[string]cost{}
	if err := json.Unmarshal(text, &budgets); err != nil {
		t.Fatal(err)
	}
	return budgets
}

// TestBudgets: no step costs more than its budget, and every budget has a step.
func TestBudgets(t *testing.T) {
	measured := map[string]cost{}
	for _, s := range steps {
		t.Run(s.name, func(t *testing.T) {
			operation, database, redis := s.prepare(t)
			measured[s.name] = measure(operation, database, redis)
			t.Logf("%+v", measured[s.name])
			if *update {
				return
			}
			budget, ok := readBudgets(t)[s.name]
			if !ok {
				t.Fatalf("%s has no budget; it costs %+v", s.name, measured[s.name])
			}
			if over := measured[s.name].over(budget); len(over) > 0 {
				t.Errorf("above the budget: %v\nbudget   %+v\nmeasured %+v", over, budget, measured[s.name])
			}
		})
	}
	if *update && !t.Failed() {
		text, err := json.MarshalIndent(measured, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, append(text, '\n'), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	for name := range readBudgets(t) {
		if _, ok := measured[name]; !ok && len(measured) == len(steps) {
			t.Errorf("no step has the budget %q", name)
		}
	}
}

// TestBudgets_Exceeded: one more statement or round trip is too many, memory has a
// tolerance.
func TestBudgets_Exceeded(t *testing.T) {
	budget := cost{Allocations: 100, Bytes: 10_000, Statements: 3, RoundTrips: 4, RedisRoundTrips: 1}
	within := cost{Allocations: 105, Bytes: 10_500, Statements: 3, RoundTrips: 4, RedisRoundTrips: 1}
	if over := within.over(budget); len(over) > 0 {
		t.Errorf("within the budget: %v", over)
	}
	above := cost{Allocations: 106, Bytes: 10_501, Statements: 4, RoundTrips: 5, RedisRoundTrips: 2}
	if over := above.over(budget); len(over) != 5 {
		t.Errorf("above the budget in everything: %v", over)
	}
}

// BenchmarkStep measures the same steps in time.
func BenchmarkStep(b *testing.B) {
	for _, s := range steps {
		b.Run(s.name, func(b *testing.B) {
			operation, _, _ := s.prepare(b)
			b.ReportAllocs()
			for b.Loop() {
				operation()
			}
		})
	}
}
