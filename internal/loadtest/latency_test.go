package loadtest

import (
	"testing"
	"time"
)

func TestLatencies_Quantile(t *testing.T) {
	hundred := make(Latencies, 0, 100)
	for i := 100; i > 0; i-- {
		hundred.Add(time.Duration(i) * time.Millisecond)
	}
	hundred.Sort()
	for _, tc := range []struct {
		name string
		all  Latencies
		q    float64
		want time.Duration
	}{
		{"none", nil, .99, 0},
		{"one", Latencies{7}, .99, 7 * time.Microsecond},
		{"median", hundred, .5, 50 * time.Millisecond},
		{"99 of 100 do not exceed it", hundred, .99, 99 * time.Millisecond},
		{"most", hundred, 1, 100 * time.Millisecond},
		{"least", hundred, 0, time.Millisecond},
		{"rounded up", Latencies{1, 2, 3}, .5, 2 * time.Microsecond},
	} {
		if got := tc.all.Quantile(tc.q); got != tc.want {
			t.Errorf("%s: %v, want %v", tc.name, got, tc.want)
		}
	}
	var l Latencies
	l.Add(-time.Second) // a clock that was set back
	l.Add(100 * time.Hour)
	if l[0] != 0 || l[1] != 1<<32-1 {
		t.Errorf("out of range: %v", l)
	}
}
