package loadtest

import (
	"testing"
	"time"
)

func TestParseGauges(t *testing.T) {
	want := Gauges{CPU: 1500 * time.Millisecond, Resident: 30_000_000, InUse: 2_000_000}
	got := parseGauges(`# HELP go_memstats_heap_inuse_bytes x
go_memstats_heap_inuse_bytes 1.5e+06
go_memstats_heap_sys_bytes 9e+06
go_memstats_stack_inuse_bytes 500000
process_cpu_seconds_total 1.5
process_resident_memory_bytes 3e+07
`)
	if got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}
