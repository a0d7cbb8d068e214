package auth

import (
	"context"
	"slices"
	"sync"
	"time"

	"harang.dev/harang"
)

const (
	// flushEvery is the time between two writes of failed logins.
	flushEvery = time.Second
	// flushTimeout limits the last write, when the server ends.
	flushTimeout = 5 * time.Second
	// maxFailedLogins bounds the accounts and networks that wait to be written; more are dropped. Password checks are
	// far too slow for so many within flushEvery.
	maxFailedLogins = 4096
)

// failedLogins counts the failed logins to existing accounts until Run writes them. They are not written at once: the
// time of an answer must not depend on whether the account exists.
type failedLogins struct {
	mu     sync.Mutex // guards counts
	counts map[failedKey]*harang.FailedLogins
}

// failedKey is what has one row of the audit log.
type failedKey struct {
	tenant, user, network string
	hour                  time.Time
}

func newFailedLogins() *failedLogins {
	return &failedLogins{counts: map[failedKey]*harang.FailedLogins{}}
}

// add counts a failed login; one to an unknown account is not counted.
func (f *failedLogins) add(u harang.User, network string, now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	key := failedKey{u.Tenant, u.ID, network, now.Truncate(time.Hour)}
	known := f.counts[key]
	switch {
	case known != nil:
		known.Count++
	case u.ID != "" && len(f.counts) < maxFailedLogins:
		f.counts[key] = &harang.FailedLogins{
			Tenant: u.Tenant, User: harang.Person{ID: u.ID, Name: u.Name}, Network: network,
			Hour: key.hour, First: now, Count: 1,
		}
	}
}

// take removes and returns what was counted, the oldest first.
func (f *failedLogins) take() []harang.FailedLogins {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := make([]harang.FailedLogins, 0, len(f.counts))
	for _, counted := range f.counts {
		all = append(all, *counted)
	}
	clear(f.counts)
	slices.SortFunc(all, func(a, b harang.FailedLogins) int { return a.First.Compare(b.First) })
	return all
}

// putBack counts again what could not be written.
func (f *failedLogins) putBack(failed []harang.FailedLogins) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, old := range failed {
		key := failedKey{old.Tenant, old.User.ID, old.Network, old.Hour}
		if known := f.counts[key]; known != nil {
			known.First = old.First
			known.Count += old.Count
		} else if len(f.counts) < maxFailedLogins {
			f.counts[key] = &old
		}
	}
}

// WriteFailedLogins writes the failed logins that were counted to the audit log. What cannot be written is counted
// again.
func (s *Service) WriteFailedLogins(ctx context.Context) error {
	failed := s.failed.take()
	if len(failed) == 0 {
		return nil
	}
	err := s.store.CountFailedLogins(ctx, failed)
	if err != nil {
		s.failed.putBack(failed)
	}
	return err
}

// Run writes failed logins and the last uses of sessions and API keys every second until ctx ends, then once more, and
// returns nil. A failure is retried.
func (s *Service) Run(ctx context.Context) error {
	ticker := time.NewTicker(flushEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			s.flush(ctx)
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushTimeout)
			defer cancel()
			s.flush(last)
			return nil
		}
	}
}

// flush writes what waits. The store's health check reports a database that is away.
func (s *Service) flush(ctx context.Context) {
	_ = s.WriteFailedLogins(ctx)
	_ = s.WriteSessionUses(ctx)
	_ = s.WriteKeyUses(ctx)
}
