package auth

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"math"
	"net/netip"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"harang.dev/harang"
)

// limit is how failed logins of one kind are slowed down: after free failures within failureAge of each other, each
// further one makes the next attempt wait, first for a second, then twice as long each time, up to maxDelay.
type limit struct {
	free     int
	maxDelay time.Duration
}

// The limits. A login from a browser that signed in to the account before counts against that browser's own limit
// and against no other, so that failures from elsewhere cannot lock it out.
//
// The others share two limits of the account. A network with newcomerFailures or fewer failures for the account counts
// as a newcomer. Who attacks the account from a few networks uses up the limit of the others, and keeps no newcomer
// waiting; only who has a new network every few seconds delays newcomers, by limitNewcomers.maxDelay at most.
var (
	limitPair      = limit{free: 10, maxDelay: time.Minute}       // one host, one account
	limitNewcomers = limit{free: 50, maxDelay: 10 * time.Second}  // all networks without failures before, one account
	limitAccount   = limit{free: 50, maxDelay: 30 * time.Second}  // all other networks, one account
	limitHost      = limit{free: 100, maxDelay: 30 * time.Second} // one host, all accounts
	limitBrowser   = limit{free: 10, maxDelay: time.Minute}       // one known browser, one account
	limitLinks     = limit{free: 20, maxDelay: 30 * time.Second}  // one host, wrong links of displays
	limitTakeovers = limit{free: 30, maxDelay: 10 * time.Second}  // one display's link, openings
)

const (
	// newcomerFailures is how many failures for an account a newcomer's network may have: people mistype.
	newcomerFailures = 2
	// failureAge is how long after the newest failure a count is forgotten.
	failureAge = 15 * time.Minute
	// maxCounts bounds the table. Only a login whose password was checked, or waits to be, has counts, so that the
	// bound is reached by more than 70 failed logins per second for failureAge only. Then the oldest are dropped.
	maxCounts = 256 << 10
)

func (l limit) delay(failures int) time.Duration {
	over := failures - l.free
	if over < 0 {
		return 0
	}
	return min(time.Second<<min(over, 10), l.maxDelay)
}

// limiter counts failed logins. An attempt counts as failed from its beginning and is taken back when it succeeds or is
// not carried out, so that concurrent attempts count too.
type limiter struct {
	clock func() time.Time
	// secret makes the keys unpredictable: nobody can choose names that collide.
	secret [32]byte

	// mu guards counts, in the order of their newest failure.
	mu     sync.Mutex
	counts *simplelru.LRU[countKey, *failures]
}

// countKey is a hash of what is counted.
type countKey [16]byte

type failures struct {
	n      int
	newest time.Time
}

func newLimiter(clock func() time.Time) *limiter {
	counts, err := simplelru.NewLRU[countKey, *failures](maxCounts, nil)
	if err != nil {
		panic(err) // maxCounts is above 0
	}
	l := &limiter{clock: clock, counts: counts}
	_, _ = rand.Read(l.secret[:]) // never fails
	return l
}

func (l *limiter) key(kind, a, b string) (key countKey) {
	m := hmac.New(sha256.New, l.secret[:])
	for _, part := range []string{kind, a, b} {
		m.Write([]byte{byte(len(part) >> 8), byte(len(part))})
		m.Write([]byte(part))
	}
	copy(key[:], m.Sum(nil))
	return key
}

// attempt is one login that counts as failed unless it is taken back.
type attempt struct {
	limiter *limiter
	keys    []countKey
}

// begin counts an attempt from an IP address, or refuses it with RATE_LIMITED and RetryAfter. browser is the id of a
// browser that signed in to the account before, "" for none. A refused attempt changes nothing.
func (l *limiter) begin(email, address, browser string) (*attempt, error) {
	now := l.clock()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sweepLocked(now)
	var all []counted
	if browser != "" {
		all = []counted{{l.key("browser", browser, email), limitBrowser}}
	} else {
		host, network := hostOf(address), l.key("network", networkOf(address), email)
		account := counted{l.key("newcomers", email, ""), limitNewcomers}
		if f, ok := l.counts.Peek(network); ok && f.n > newcomerFailures {
			account = counted{l.key("account", email, ""), limitAccount}
		}
		all = []counted{
			{l.key("pair", host, email), limitPair},
			account,
			{l.key("host", host, ""), limitHost},
			{network, limit{free: math.MaxInt}},
		}
	}
	return l.countLocked(now, all, "too many failed logins; try again later")
}

// countLink counts a wrong link of a display from an IP address, or refuses it with RATE_LIMITED and RetryAfter.
func (l *limiter) countLink(address string) error {
	_, err := l.count(counted{l.key("link", hostOf(address), ""), limitLinks}, "too many wrong links; try again later")
	return err
}

// beginTakeover counts that a display's link is opened, or refuses it with RATE_LIMITED and RetryAfter: two screens
// that take the display from each other must not keep the server busy.
func (l *limiter) beginTakeover(display string) (*attempt, error) {
	return l.count(counted{l.key("takeover", display, ""), limitTakeovers},
		"the link is opened again and again; try again later")
}

func (l *limiter) count(c counted, refusal string) (*attempt, error) {
	now := l.clock()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sweepLocked(now)
	return l.countLocked(now, []counted{c}, refusal)
}

// counted is a count with its limit.
type counted struct {
	key countKey
	limit
}

// countLocked adds a failure to all counts, unless one of them is to wait.
func (l *limiter) countLocked(now time.Time, all []counted, refusal string) (*attempt, error) {
	var wait time.Duration
	for _, c := range all {
		f, ok := l.counts.Peek(c.key)
		if !ok {
			continue
		}
		if f.newest.After(now) { // the clock was set back
			f.newest = now
		}
		wait = max(wait, c.delay(f.n)-now.Sub(f.newest))
	}
	if wait > 0 {
		return nil, &harang.Error{
			Code: harang.CodeRateLimited, Message: refusal, RetryAfter: wait,
		}
	}
	a := &attempt{limiter: l}
	for _, c := range all {
		f, ok := l.counts.Get(c.key)
		if !ok {
			f = new(failures)
			l.counts.Add(c.key, f)
		}
		f.n++
		f.newest = now
		a.keys = append(a.keys, c.key)
	}
	return a, nil
}

// takeBack uncounts the attempt: it succeeded, or was not carried out.
func (a *attempt) takeBack() {
	l := a.limiter
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, key := range a.keys {
		f, ok := l.counts.Peek(key)
		if !ok {
			continue // dropped meanwhile
		}
		if f.n--; f.n <= 0 {
			l.counts.Remove(key)
		}
	}
}

// sweepLocked removes the counts whose newest failure is older than failureAge. They are at the old end of the order.
func (l *limiter) sweepLocked(now time.Time) {
	for {
		key, f, ok := l.counts.GetOldest()
		if !ok || now.Sub(f.newest) < failureAge {
			return
		}
		l.counts.Remove(key)
	}
}

// hostOf is the part of a caller's address that the caller can hardly change: an IPv4 address, or the first 64 bits of
// an IPv6 address.
func hostOf(address string) string { return prefixOf(address, 32, 64) }

// networkOf is the network that an address probably belongs to: the first 24 bits of an IPv4 address, or the first 48
// of an IPv6 address.
func networkOf(address string) string { return prefixOf(address, 24, 48) }

// prefixOf is the address itself when it is no IP address.
func prefixOf(address string, bits4, bits6 int) string {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	ip = ip.Unmap().WithZone("")
	bits := bits6
	if ip.Is4() {
		bits = bits4
	}
	p, err := ip.Prefix(bits)
	if err != nil {
		return address
	}
	return p.String()
}
