package auth

import (
	"net/netip"
	"sync"
	"time"

	"harang.dev/harang"
)

// The limits of failed logins within limitWindow. An attempt counts from its beginning and is taken back when it
// succeeds, so that concurrent attempts count too.
const (
	limitWindow      = 5 * time.Minute
	failuresPerPair  = 10  // one address guessing one user
	failuresPerEmail = 100 // everybody guessing one user
	failuresPerHost  = 200 // one address guessing many users
	// limitEntries bounds the table; beyond it what is over is swept, and if
	// that does not help, everything is forgotten.
	limitEntries = 100_000
)

// limiter counts failed logins in windows that begin with the first failure.
type limiter struct {
	clock func() time.Time
	// mu guards counts.
	mu     sync.Mutex
	counts map[string]*window
}

type window struct {
	ends time.Time
	n    int
}

func newLimiter(clock func() time.Time) *limiter {
	return &limiter{clock: clock, counts: map[string]*window{}}
}

// attempt is one login that counts as failed until it is forgotten.
type attempt struct {
	limiter *limiter
	windows []*window
}

// begin counts an attempt, or refuses it with RATE_LIMITED.
func (l *limiter) begin(email, address string) (*attempt, error) {
	host := limitHost(address)
	now := l.clock()
	keys := []string{"p:" + host + " " + email, "e:" + email, "h:" + host}
	most := []int{failuresPerPair, failuresPerEmail, failuresPerHost}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.counts) > limitEntries {
		l.sweepLocked(now)
	}
	// Who is refused leaves nothing behind: else one address that goes on with
	// ever new names would fill the table, and everybody's count be forgotten.
	var wait time.Duration
	for i, key := range keys {
		if w := l.counts[key]; w != nil && now.Before(w.ends) && w.n >= most[i] {
			wait = max(wait, w.ends.Sub(now))
		}
	}
	if wait > 0 {
		return nil, &harang.Error{Code: harang.CodeRateLimited, Message: "too many failed logins", RetryAfter: wait}
	}
	a := &attempt{limiter: l}
	for _, key := range keys {
		w := l.counts[key]
		if w == nil || !now.Before(w.ends) {
			w = &window{ends: now.Add(limitWindow)}
			l.counts[key] = w
		}
		w.n++
		a.windows = append(a.windows, w)
	}
	return a, nil
}

// forget takes the attempt back: it did not fail.
func (a *attempt) forget() {
	a.limiter.mu.Lock()
	defer a.limiter.mu.Unlock()
	for _, w := range a.windows {
		w.n--
	}
}

func (l *limiter) sweepLocked(now time.Time) {
	for key, w := range l.counts {
		if !now.Before(w.ends) {
			delete(l.counts, key)
		}
	}
	if len(l.counts) > limitEntries {
		clear(l.counts)
	}
}

// limitHost is what one caller can hardly change: an IPv4 address, or the first
// 64 bits of an IPv6 one.
func limitHost(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	ip = ip.Unmap().WithZone("")
	if ip.Is6() {
		if p, err := ip.Prefix(64); err == nil {
			return p.String()
		}
	}
	return ip.String()
}
