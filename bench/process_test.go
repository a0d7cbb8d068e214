package main

import (
	"os"
	"os/exec"
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

// TestCPUOfTree: children count, those that have ended too.
func TestCPUOfTree(t *testing.T) {
	stat := []byte("4321 (a (b) c) S 77 4321 4321 0 -1 4194560 2107 0 3 0 150 27 12 8 20 0 9 0 1234 1 2 3")
	if got, err := parseEndedChildren(stat); err != nil || got != 200*time.Millisecond {
		t.Errorf("ended children: %v, %v", got, err)
	}
	if got := parentIn(stat); got != 77 {
		t.Errorf("parent %d, want 77", got)
	}
	if got := parentIn([]byte("1 (x")); got != 0 {
		t.Errorf("parent %d of a broken line, want 0", got)
	}
	// A child that computes until its input ends.
	child := exec.Command("/bin/sh", "-c", `while [ $((i += 1)) -lt 300000 ]; do :; done; read -r _`)
	in, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	before, err := cpuOfTree(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	if err := in.Close(); err != nil {
		t.Fatal(err)
	}
	if err := child.Wait(); err == nil {
		t.Fatal("read returned at the end of its input, so the shell should have failed")
	}
	after, err := cpuOfTree(os.Getpid())
	if err != nil || after-before < 20*time.Millisecond {
		t.Errorf("%v before, %v after, %v", before, after, err)
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
