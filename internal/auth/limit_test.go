package auth

import (
	"fmt"
	"testing"
	"time"

	"harang.dev/harang"
)

func newTestLimiter() (*limiter, *time.Time) {
	now := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	return newLimiter(func() time.Time { return now }), &now
}

func (l *limiter) mustBegin(t *testing.T, email, host string) *attempt {
	t.Helper()
	a, err := l.begin(email, host, "")
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// Refused attempts of one host, with a new name each time, leave nothing behind and change no count.
func TestLimiter_RefusedAttempts(t *testing.T) {
	l, now := newTestLimiter()
	for i := range limitHost.free {
		l.mustBegin(t, fmt.Sprintf("user%d@shop.example", i), "192.0.2.1")
	}
	entries := l.counts.Len()
	for i := range 60_000 {
		_, err := l.begin(fmt.Sprintf("other%d@shop.example", i), "192.0.2.1", "")
		if harang.ErrorCode(err) != harang.CodeRateLimited {
			t.Fatalf("attempt %d after the limit: %v", i, err)
		}
	}
	if l.counts.Len() != entries {
		t.Errorf("%d entries, want %d", l.counts.Len(), entries)
	}
	*now = now.Add(failureAge)
	l.mustBegin(t, "user0@shop.example", "192.0.2.1")
	if l.counts.Len() != 3 {
		t.Errorf("%d entries after all have expired, want 3", l.counts.Len())
	}
}

// Logins that are abandoned, each with a new name from a new host, leave nothing behind and clear nothing.
func TestLimiter_AbandonedAttempts(t *testing.T) {
	l, _ := newTestLimiter()
	for range limitPair.free {
		l.mustBegin(t, "owner@shop.example", "192.0.2.1")
	}
	for i := range 60_000 {
		l.mustBegin(t, fmt.Sprintf("new%d@shop.example", i), fmt.Sprintf("host%d", i)).takeBack()
	}
	if l.counts.Len() != 3 {
		t.Errorf("%d entries, want 3", l.counts.Len())
	}
	if _, err := l.begin("owner@shop.example", "192.0.2.1", ""); harang.ErrorCode(err) != harang.CodeRateLimited {
		t.Errorf("the count is lost: %v", err)
	}
}

// The table is bounded, and drops the oldest counts alone.
func TestLimiter_Bounded(t *testing.T) {
	l, _ := newTestLimiter()
	const most = 300
	l.counts.Resize(most)
	for range limitPair.free {
		l.mustBegin(t, "first@shop.example", "192.0.2.1")
	}
	for i := range most/3 - 1 {
		l.mustBegin(t, fmt.Sprintf("new%d@shop.example", i), fmt.Sprintf("host%d", i))
	}
	if _, err := l.begin("first@shop.example", "192.0.2.1", ""); harang.ErrorCode(err) != harang.CodeRateLimited {
		t.Errorf("the count is lost before the table is full: %v", err)
	}
	for i := range 10 {
		l.mustBegin(t, fmt.Sprintf("last%d@shop.example", i), fmt.Sprintf("last%d", i))
	}
	if n := l.counts.Len(); n != most {
		t.Errorf("%d entries", n)
	}
	l.mustBegin(t, "first@shop.example", "192.0.2.1")
}

// An attempt that succeeds takes back its own count and no other.
func TestLimiter_TakeBack(t *testing.T) {
	l, _ := newTestLimiter()
	var all []*attempt
	for range limitPair.free {
		all = append(all, l.mustBegin(t, "a@b.hu", "192.0.2.1"))
	}
	if _, err := l.begin("a@b.hu", "192.0.2.1", ""); err == nil {
		t.Fatal("concurrent attempts do not count")
	}
	all[3].takeBack()
	all[4].takeBack()
	l.mustBegin(t, "a@b.hu", "192.0.2.1")
	for i, a := range all {
		if i != 3 && i != 4 {
			a.takeBack()
		}
	}
	if l.counts.Len() != 3 {
		t.Errorf("%d entries, want those of one attempt", l.counts.Len())
	}
}

// A clock that is set back does not make anybody wait longer.
func TestLimiter_ClockSetBack(t *testing.T) {
	l, now := newTestLimiter()
	for range limitPair.free {
		l.mustBegin(t, "a@b.hu", "192.0.2.1")
	}
	*now = now.Add(-time.Hour)
	if _, err := l.begin("a@b.hu", "192.0.2.1", ""); harang.ErrorCode(err) != harang.CodeRateLimited {
		t.Fatal(err)
	}
	*now = now.Add(time.Second)
	l.mustBegin(t, "a@b.hu", "192.0.2.1")
}

func TestPrefixes(t *testing.T) {
	for address, want := range map[string][2]string{
		"192.0.2.7":         {"192.0.2.7/32", "192.0.2.0/24"},
		"::ffff:192.0.2.7":  {"192.0.2.7/32", "192.0.2.0/24"},
		"2001:db8:1:2:3::4": {"2001:db8:1:2::/64", "2001:db8:1::/48"},
		"fe80::1%eth0":      {"fe80::/64", "fe80::/48"},
		"no address":        {"no address", "no address"},
		"":                  {"", ""},
	} {
		if got := [2]string{hostOf(address), networkOf(address)}; got != want {
			t.Errorf("%s: %v, want %v", address, got, want)
		}
	}
}
