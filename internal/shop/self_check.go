package shop

import (
	"context"
	"slices"
	"sync"
	"time"

	"harang.dev/harang"
)

// testAlerts is how many test alerts one person may ask this node for within
// testAlertWindow.
const (
	testAlerts      = 5
	testAlertWindow = time.Minute
	// testAlertPeople is how many people are remembered before those are
	// forgotten whose window is over.
	testAlertPeople = 1000
)

// SelfCheck is the use case of a person who wants to know whether alerts
// arrive.
type SelfCheck struct {
	*service
	// mu guards asked: when each person asked, the oldest first.
	mu    sync.Mutex
	asked map[harang.Reader][]time.Time
}

// SendTestAlert sends a test alert to the person's own connections, on the way that
// every event goes, and returns its id and commit time. It is in no feed of
// people, so it is neither counted nor replayed. RATE_LIMITED, with RetryAfter,
// for the sixth within a minute.
func (s *SelfCheck) SendTestAlert(ctx context.Context, who harang.Identity) (id string, at time.Time, err error) {
	if err := who.Can(harang.ActionCheckSelf); err != nil {
		return "", at, err
	}
	if wait := s.take(who); wait > 0 {
		return "", at, &harang.Error{Code: harang.CodeRateLimited, Message: "too many test alerts", RetryAfter: wait}
	}
	id = s.newID()
	err = s.store.Within(ctx, func(tx Tx) error {
		at = s.now()
		e, err := harang.NewEvent(harang.TestAlertType, id, who.Tenant, at, harang.TestAlert{UserID: who.UserID, Name: who.Name})
		if err != nil {
			return err
		}
		tx.Append(e)
		return nil
	})
	return id, at, err
}

// take notes that the person asks, or returns how long they must wait.
func (s *SelfCheck) take(who harang.Identity) time.Duration {
	now := s.now()
	over := func(at time.Time) bool { return now.Sub(at) >= testAlertWindow }
	key := harang.Reader{Tenant: who.Tenant, UserID: who.UserID}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.asked) > testAlertPeople {
		for k, times := range s.asked {
			if over(times[len(times)-1]) {
				delete(s.asked, k)
			}
		}
	}
	times := slices.DeleteFunc(s.asked[key], over)
	if len(times) >= testAlerts {
		return testAlertWindow - now.Sub(times[0])
	}
	s.asked[key] = append(times, now)
	return 0
}
