package auth

import (
	"fmt"
	"testing"
	"time"

	"harang.dev/harang"
)

// Refused attempts of one address, with a new name each time, neither grow the table nor clear its counts.
func TestLimiter_RefusedAttemptsLeaveNothing(t *testing.T) {
	now := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	l := newLimiter(func() time.Time { return now })
	for i := range failuresPerHost {
		if _, err := l.begin(fmt.Sprintf("user%d@shop.example", i), "192.0.2.1"); err != nil {
			t.Fatal(i, err)
		}
	}
	entries := len(l.counts)
	for i := range limitEntries {
		_, err := l.begin(fmt.Sprintf("other%d@shop.example", i), "192.0.2.1")
		if harang.ErrorCode(err) != harang.CodeRateLimited {
			t.Fatalf("attempt %d after the limit: %v", i, err)
		}
	}
	if len(l.counts) != entries {
		t.Errorf("%d entries, want %d", len(l.counts), entries)
	}
	now = now.Add(limitWindow)
	if _, err := l.begin("user0@shop.example", "192.0.2.1"); err != nil {
		t.Errorf("after the window: %v", err)
	}
}
