package loadtest

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// Latencies are durations in microseconds, each cut to what 32 bits hold.
type Latencies []uint32

// Add appends a duration. A negative one, from a clock that was set back, counts
// as zero.
func (l *Latencies) Add(d time.Duration) {
	*l = append(*l, uint32(max(0, min(d.Microseconds(), math.MaxUint32)))) //nolint:gosec // it is within the range
}

// Sort sorts them, ascending.
func (l Latencies) Sort() { slices.Sort(l) }

// Quantile is the smallest latency that at least the share q of all do not
// exceed, 0 for none. The latencies must be sorted.
func (l Latencies) Quantile(q float64) time.Duration {
	if len(l) == 0 {
		return 0
	}
	at := int(math.Ceil(q * float64(len(l))))
	return time.Duration(l[min(max(at, 1), len(l))-1]) * time.Microsecond
}

// Summary sorts the latencies and returns their median, 99th percentile and
// maximum in words.
func (l Latencies) Summary() string {
	if len(l) == 0 {
		return "-"
	}
	l.Sort()
	ms := func(q float64) float64 { return l.Quantile(q).Seconds() * 1000 }
	return fmt.Sprintf("p50 %.1f ms, p99 %.1f ms, max %.1f ms", ms(.5), ms(.99), ms(1))
}
