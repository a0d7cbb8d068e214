package main

import (
	"strings"
	"testing"
	"time"

	"harang.dev/harang/internal/loadtest"
)

func TestBetween(t *testing.T) {
	m := librarySection
	page := "# Title\n" + m.begin + "\nold\n" + m.end + "\nend\n"
	got, err := m.between(page, "new\n")
	if want := "# Title\n" + m.begin + "\n\nnew\n\n" + m.end + "\nend\n"; err != nil || got != want {
		t.Errorf("%q, %v", got, err)
	}
	again, err := m.between(got, "new\n")
	if err != nil || again != got {
		t.Errorf("writing again changed the page: %q, %v", again, err)
	}
	for _, bad := range []string{"", m.begin, m.end + m.begin} {
		if _, err := m.between(bad, "new"); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func TestTables(t *testing.T) {
	second := func(e peerSpec, received int64, cpu time.Duration, l loadtest.Latencies) result {
		return result{peer: e, lasted: time.Second, cpu: cpu, load: 250 * time.Millisecond,
			tally: tally{received: received, latencies: l}, connections: 100}
	}
	other := second(peerSpecs[1], 1000, 30*time.Millisecond, loadtest.Latencies{3000, 6000})
	other.sinceCommit = loadtest.Latencies{1000}
	back := second(peerSpecs[1], 5000, 40*time.Millisecond, nil)
	back.again = 25 * time.Millisecond
	results := [][]result{
		{second(peerSpecs[0], 2000, 20*time.Millisecond, loadtest.Latencies{1000, 2000}), other},
		{{peer: peerSpecs[0], connections: 10, resident: 10 << 10},
			{peer: peerSpecs[1], connections: 10, resident: 30 << 10, inUse: 20 << 10}},
		{second(peerSpecs[0], 0, 10*time.Millisecond, nil), back},
	}
	text := tables([]scenario{scenarios[0], newScenario("idle", "idle", 10, 0, 0),
		newScenario("storm", "storm", 100, 0, 50)}, results)
	for _, want := range []string{
		"### Steady: 2,000 connections",
		"| bare TCP write loop in Go (the floor) | 2000 | 1.00 | 10.0 µs | 1.00 | 1.0 ms | 2.0 ms | 1.00 | 0.02, " +
			"0.25 cores | 0 |",
		"| Socket.IO 4.8 on Node.js | 1000 | 0.50 | 30.0 µs | 3.00 | 3.0 ms | 6.0 ms | 3.00 | 0.03, 0.25 cores | 0 |",
		"| the same, from the event's time stamp (whole milliseconds) |  |  |  |  | 1.0 ms | 1.0 ms | 0.50 |  |  |",
		"| Socket.IO 4.8 on Node.js | 3.0 KB | 3.00 | 2.0 KB |",
		"| Socket.IO 4.8 on Node.js | 400.0 µs | 4.00 | 100 | 250.0 µs | - | 50 |",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%s\nis not in\n%s", want, text)
		}
	}
	// Without the floor there is nothing to compare with.
	if text := deliveryTable([]result{other}).String(); !strings.Contains(text, "| 1000 | - |") {
		t.Error(text)
	}
}

func TestChoose(t *testing.T) {
	chosen, err := choose("storm,steady", scenarios, scenario.id)
	if got := strings.Join(names(chosen, scenario.id), ","); err != nil || got != "steady,storm" {
		t.Errorf("%s, %v", got, err)
	}
	if _, err := choose("steady,quiet", scenarios, scenario.id); err == nil {
		t.Error("an unknown name was taken")
	}
}

func TestAimTable(t *testing.T) {
	of := func(name string, received, micros int64) result {
		for _, e := range peerSpecs {
			if e.name == name {
				return result{peer: e, lasted: time.Second, cpu: time.Duration(micros) * time.Microsecond,
					tally: tally{received: received}, connections: 10}
			}
		}
		t.Fatal(name)
		panic("unreachable")
	}
	memory := of("harang", 0, 0)
	memory.resident = 95 << 10
	got := aimTable(
		[]scenario{{name: "steady"}, {name: "flood"}, {name: "idle"}, {name: "storm"}},
		[][]result{
			{of(floor, 100, 100), of("feed", 100, 110), of("node", 100, 300), of("harang", 100, 200)},
			{of(floor, 100, 1), of("feed", 250, 1)},
			{memory},
			{of("harang", 0, 0)}, // nothing to compare with
		},
	)
	want := []string{
		"CPU per delivery, fan-out alone ÷ floor|≤ 1.15|1.10|yes",
		"CPU per delivery, from POST through the outbox ÷ Socket.IO on Node.js|≤ 0.80|0.67|yes",
		"deliveries a second in the flood, fan-out alone ÷ floor|≥ 2.00|2.50|yes",
		"memory per idle connection, signed in, KB|≤ 10.00|9.50|yes",
	}
	if len(got) != len(want)+1 {
		t.Fatalf("%d rows:\n%s", len(got)-1, got)
	}
	for i, row := range want {
		if g := strings.Join(got[i+1], "|"); g != row {
			t.Errorf("%s, want %s", g, row)
		}
	}
	slow := aimTable([]scenario{{name: "steady"}}, [][]result{{of(floor, 1, 100), of("feed", 1, 116)}})
	if len(slow) != 2 || slow[1][3] != "no" {
		t.Errorf("a missed aim:\n%s", slow)
	}
}
