package auth

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"harang.dev/harang"
)

func newTestLimiter() (*limiter, *time.Time) {
	now := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	return newLimiter(func() time.Time { return now }), &now
}

func (l *limiter) mustBegin(t *testing.T, email, address string) *attempt {
	t.Helper()
	a, err := l.begin(email, address, "")
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
	if l.counts.Len() != 4 {
		t.Errorf("%d entries after all have expired, want 4", l.counts.Len())
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
	if l.counts.Len() != 5 {
		t.Errorf("%d entries, want 5", l.counts.Len())
	}
	if _, err := l.begin("owner@shop.example", "192.0.2.1", ""); harang.ErrorCode(err) != harang.CodeRateLimited {
		t.Errorf("the count is lost: %v", err)
	}
}

// The table is bounded, and drops the oldest counts alone.
func TestLimiter_Bounded(t *testing.T) {
	l, _ := newTestLimiter()
	const most = 400
	l.counts.Resize(most)
	for range limitPair.free {
		l.mustBegin(t, "first@shop.example", "192.0.2.1")
	}
	for i := range most/4 - 2 {
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
	if l.counts.Len() != 4 {
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

// Whoever takes every attempt that an account's delay leaves keeps nobody in another network waiting.
func TestLimiter_NewcomersDoNotWait(t *testing.T) {
	const email = "owner@shop.example"
	l, now := newTestLimiter()
	// attack has each of n hosts of a network try whenever it may, for a quarter of an hour.
	attack := func(network, hosts int) (tries int, most time.Duration) {
		for second := range 15 * 60 {
			for host := range hosts {
				_, err := l.begin(email, fmt.Sprintf("198.51.%d.%d", network, host), "")
				if err == nil {
					tries++
				}
				var limited *harang.Error
				if errors.As(err, &limited) && second > 5*60 {
					most = max(most, limited.RetryAfter)
				}
			}
			*now = now.Add(time.Second)
		}
		return tries, most
	}
	tries, wait := attack(1, 40)
	if wait < 29*time.Second || tries > newcomerFailures+1+limitAccount.free+5+15*60/30 {
		t.Errorf("the attacker tried %d times, waited %s at most", tries, wait)
	}
	// A person in another network mistypes twice and gets in at once, as often as it takes.
	for range newcomerFailures + 1 {
		l.mustBegin(t, email, "203.0.113.9")
	}
	// From then on it is one of those that failed.
	if _, err := l.begin(email, "203.0.113.9", ""); harang.ErrorCode(err) != harang.CodeRateLimited {
		t.Errorf("the fourth attempt of the network: %v", err)
	}
	// Fourteen networks take turns as newcomers: all of them together keep nobody waiting.
	for network := range 14 {
		for range newcomerFailures + 1 {
			l.mustBegin(t, email, fmt.Sprintf("192.0.%d.1", network))
		}
	}
	// With a new network for every attempt newcomers wait, but for seconds only.
	for network := range 60 {
		address := fmt.Sprintf("10.0.%d.1", network)
		if _, err := l.begin(email, address, ""); err != nil {
			*now = now.Add(limitNewcomers.maxDelay)
			l.mustBegin(t, email, address)
		}
	}
	var limited *harang.Error
	if _, err := l.begin(email, "203.0.114.1", ""); !errors.As(err, &limited) ||
		limited.RetryAfter > limitNewcomers.maxDelay {
		t.Errorf("a newcomer among a new network for every attempt: %v", err)
	}
	*now = now.Add(limitNewcomers.maxDelay)
	l.mustBegin(t, email, "203.0.114.1")
}
