package main

import (
	"os"
	"testing"
	"time"
)

func TestParseCPU(t *testing.T) {
	// The name may hold blanks and parentheses.
	stat := "4321 (a (b) c) S 1 4321 4321 0 -1 4194560 2107 0 3 0 150 27 0 0 20 0 9 0 1234 1 2 3"
	if got, err := parseCPU([]byte(stat)); err != nil || got != 1770*time.Millisecond {
		t.Errorf("%v, %v", got, err)
	}
	for _, bad := range []string{"", "1 (x", "1 (x) S 1 2 3", "1 (x) S 1 2 3 4 5 6 7 8 9 10 a b"} {
		if _, err := parseCPU([]byte(bad)); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func TestParseResident(t *testing.T) {
	if got, err := parseResident([]byte("5000 321 100 1 0 50 0\n"), 4096); err != nil || got != 321*4096 {
		t.Errorf("%v, %v", got, err)
	}
	for _, bad := range []string{"", "5000", "5000 x"} {
		if _, err := parseResident([]byte(bad), 4096); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

// TestProc reads this very process.
func TestProc(t *testing.T) {
	before, err := cpuOf(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	sum := 0
	for began := time.Now(); time.Since(began) < 50*time.Millisecond; {
		sum++
	}
	if after, err := cpuOf(os.Getpid()); err != nil || after <= before {
		t.Errorf("%v after %v, %v (counted to %d)", after, before, err, sum)
	}
	if resident, err := residentOf(os.Getpid()); err != nil || resident < 1<<20 {
		t.Errorf("%d bytes resident, %v", resident, err)
	}
}
