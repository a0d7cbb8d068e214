package main

import (
	"fmt"
	"strings"
	"time"
)

// aim is what one peer's figure should be, as a share of another's.
type aim struct {
	what, scenario  string
	peer, against   string
	figure, compare func(result) float64 // compare is nil when it is figure
	most            float64              // as a share, or in KB when against is ""
	least           bool                 // most is the least
}

func cpuPerDelivery(r result) float64 { return float64(r.perDelivery()) }
func p99(r result) float64            { return float64(r.latencies.Quantile(.99)) }

func p99SinceCommit(r result) float64 { return float64(r.sinceCommit.Quantile(.99)) }
func cpuFirst(r result) float64       { return float64(r.cpu) }

func residentKB(r result) float64 { return float64(r.resident) / 1024 / float64(r.connections) }

// aims are the project's own, for the ratios that hold from machine to machine.
var aims = []aim{
	{"CPU per delivery, fan-out alone ÷ floor", "steady", "feed", floor, cpuPerDelivery, nil, 1.15, false},
	{"CPU per delivery, from POST through the outbox ÷ centrifuge", "steady", "harang", "centrifuge", cpuPerDelivery,
		nil, 1, false},
	{"CPU per delivery, from POST through the outbox ÷ Socket.IO on Node.js", "steady", "harang", "node",
		cpuPerDelivery, nil, .8, false},
	{"p99, fan-out alone ÷ floor", "steady", "feed", floor, p99, nil, 1.2, false},
	{"p99, from commit ÷ floor", "steady", "harang", floor, p99SinceCommit, p99, 1.2, false},
	{"deliveries a second in the flood, fan-out alone ÷ floor", "flood", "feed", floor, result.perSecond, nil, 2, true},
	{"memory per idle connection, signed in, KB", "idle", "harang", "", residentKB, nil, 10, false},
	{"CPU per connection, token verified and 50 replayed ÷ centrifuge's bare connect", "storm", "harang", "centrifuge",
		cpuFirst, nil, 1, false},
}

// aimTable compares what was measured with the aims; aims whose peers did not
// run are left out.
func aimTable(plans []scenario, results [][]result) table {
	find := func(scenario, peer string) (result, bool) {
		for i, plan := range plans {
			for _, r := range results[i] {
				if plan.name == scenario && r.peer.name == peer {
					return r, true
				}
			}
		}
		return result{}, false
	}
	t := table{{"", "aim", "measured", "met"}}
	for _, a := range aims {
		r, ok := find(a.scenario, a.peer)
		if !ok {
			continue
		}
		value, sign := a.figure(r), "≤"
		if a.against != "" {
			base, ok := find(a.scenario, a.against)
			if !ok {
				continue
			}
			compare := a.compare
			if compare == nil {
				compare = a.figure
			}
			if compare(base) <= 0 {
				continue
			}
			value /= compare(base)
		}
		met := value <= a.most
		if a.least {
			met, sign = value >= a.most, "≥"
		}
		t = append(t, []string{a.what, fmt.Sprintf("%s %.2f", sign, a.most), fmt.Sprintf("%.2f", value),
			map[bool]string{true: "yes", false: "no"}[met]})
	}
	return t
}

// report returns all tables and the duration of the run.
func report(plans []scenario, results [][]result, took time.Duration) string {
	var b strings.Builder
	b.WriteString(tables(plans, results))
	if t := aimTable(plans, results); len(t) > 1 {
		b.WriteString("\n### Aims\n\n" + t.String())
	}
	fmt.Fprintf(&b, "\nThe comparison took %.1f minutes.\n", took.Minutes())
	return b.String()
}
