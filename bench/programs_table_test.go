package main

import (
	"strings"
	"testing"
	"time"

	"harang.dev/harang/internal/loadtest"
)

// programRounds are rounds of a program whose CPU was so many ms each, at 100
// events and 1,000 deliveries in a second.
func programRounds(t *testing.T, plan, program string, cpu ...int) rounds {
	t.Helper()
	r := rounds{}
	for _, p := range programScenarios {
		if p.name == plan {
			r.plan = p
		}
	}
	for _, p := range programSpecs {
		if p.name == program {
			r.program = p
		}
	}
	if r.plan.name == "" || r.program.name == "" {
		t.Fatalf("there is no %s or no %s", plan, program)
	}
	r.plan.rate, r.plan.connections, r.plan.rooms = 100, 20, 2
	for _, ms := range cpu {
		r.all = append(r.all, round{
			tally:  tally{received: 1000, latencies: loadtest.Latencies{1000, 2000}},
			lasted: time.Second, posted: 100, cpu: time.Duration(ms) * time.Millisecond, resident: 64 << 20,
		})
	}
	return r
}

func TestProgramTables(t *testing.T) {
	one := programRounds(t, "publish400", centrifugo, 30, 10, 20)
	two := programRounds(t, "two400", "harang-two", 20)
	two.all[0].parts = []partCPU{{"publishing node", 50 * time.Millisecond}, {"Redis", 10 * time.Millisecond}}
	text := programTables([]rounds{one, two})
	for _, want := range []string{
		"### 400 events a second, 50 listeners each",
		"|  | CPU per delivery | all else, CPU per event | p50 | p99 | delivered | resident |",
		"| Centrifugo 6.9.1, history in memory | 20.0 (10.0–30.0) µs | – | 1.0 (1.0–1.0) ms | 2.0 (2.0–2.0) ms | " +
			"100 % | 64 MB |",
		"### Two nodes: 400 events a second by one",
		"|  | CPU per delivery, node of the listeners | all else",
		"| 600 (600–600) µs: publishing node 500, Redis 100 |",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%s\nis not in\n%s", want, text)
		}
	}
	single := programRounds(t, "single400", harangOne, 10)
	single.plan.connections, single.plan.rooms = 2, 2
	if text := programTables([]rounds{single}); !strings.Contains(text, "CPU per event | all else") ||
		!strings.Contains(text, "| 100.0 (100.0–100.0) µs |") {
		t.Errorf("with one listener each the event counts:\n%s", text)
	}
}

func TestProgramAimTable(t *testing.T) {
	got := programAimTable([]rounds{
		programRounds(t, "publish400", centrifugo, 20, 20, 20),
		programRounds(t, "publish400", story, 40),
		programRounds(t, "publish400", harangOne, 18, 30, 22),
	})
	want := []string{
		"400 × 50: CPU per delivery ÷ Centrifugo|≤ 0.95|1.10|no",
		"400 × 50: CPU per delivery ÷ the story's plan|≤ 0.70|0.55|yes",
		"400 × 50: p99 ÷ Centrifugo|≤ 1.00|1.00|yes",
	}
	if len(got) != len(want)+1 {
		t.Fatalf("%d rows:\n%s", len(got)-1, got)
	}
	for i, row := range want {
		if g := strings.Join(got[i+1], "|"); g != row {
			t.Errorf("%s, want %s", g, row)
		}
	}
}

// TestPrograms: each aim names a scenario and programs that exist, with the same
// number of nodes.
func TestPrograms(t *testing.T) {
	for _, a := range programAims {
		nodes := map[string]int{}
		for _, p := range programSpecs {
			nodes[p.name] = p.nodes
		}
		plans, err := choose(a.scenario, programScenarios, scenario.id)
		if err != nil {
			t.Errorf("%s: %v", a.what, err)
			continue
		}
		for _, name := range []string{a.program, a.against} {
			if name != "" && nodes[name] != plans[0].nodes {
				t.Errorf("%s: %s has %d nodes, the scenario %d", a.what, name, nodes[name], plans[0].nodes)
			}
		}
	}
}
