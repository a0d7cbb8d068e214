package main

import (
	"slices"
	"time"
)

// latencies are how long deliveries took, in microseconds.
type latencies []uint32

func (l *latencies) add(d time.Duration) {
	*l = append(*l, uint32(max(0, min(d.Microseconds(), 1<<32-1))))
}

// quantile is the smallest latency that at least the share q of all do not
// exceed, 0 for none. The latencies must be sorted.
func (l latencies) quantile(q float64) time.Duration {
	if len(l) == 0 {
		return 0
	}
	at := int(q*float64(len(l)) + 0.999999)
	return time.Duration(l[min(max(at, 1), len(l))-1]) * time.Microsecond
}

func (l latencies) sort() { slices.Sort(l) }
