package shop

import (
	"context"
	"slices"
	"sync"
	"time"

	"harang.dev/harang"
)

// The limits of test alerts on this node.
const (
	// testAlerts is how many test alerts one person may send in testAlertWindow.
	testAlerts      = 5
	testAlertWindow = time.Minute
	// testAlertPeople is the number of remembered people from which expired
	// entries are deleted.
	testAlertPeople = 1000
)

// SelfCheck is the use case of a person who checks whether alerts arrive.
type SelfCheck struct {
	*service
	mu sync.Mutex
	// sent are the times of each person's test alerts, the oldest first. Guarded
	// by mu.
	sent map[harang.Reader][]time.Time
}

// SendTestAlert sends a test alert to the caller's own connections, on the path of
// every event, and returns its id and commit time. It is in no feed that people
// read, so it is neither counted nor replayed. RATE_LIMITED, with RetryAfter, for
// the sixth within a minute.
func (s *SelfCheck) SendTestAlert(ctx context.Context, caller harang.Identity) (id string, at time.Time, err error) {
	if err := caller.Can(harang.ActionCheckSelf); err != nil {
		return "", at, err
	}
	if wait := s.allow(caller); wait > 0 {
		return "", at, &harang.Error{
			Code:       harang.CodeRateLimited,
			Message:    "too many test alerts, try again in a minute",
			RetryAfter: wait,
		}
	}
	id = s.newID()
	err = s.store.Within(ctx, func(tx Tx) error {
		at = s.now()
		e, err := harang.NewEvent(harang.TestAlertType, id, caller.Tenant, at,
			harang.TestAlert{UserID: caller.UserID, Name: caller.Name})
		if err != nil {
			return err
		}
		tx.Append(e)
		return nil
	})
	return id, at, err
}

// allow records a test alert of the caller, or returns how long the caller has
// to wait.
func (s *SelfCheck) allow(caller harang.Identity) time.Duration {
	now := s.now()
	expired := func(at time.Time) bool { return now.Sub(at) >= testAlertWindow }
	key := harang.Reader{Tenant: caller.Tenant, UserID: caller.UserID}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.sent) > testAlertPeople {
		for k, times := range s.sent {
			if expired(times[len(times)-1]) {
				delete(s.sent, k)
			}
		}
	}
	times := slices.DeleteFunc(s.sent[key], expired)
	if len(times) >= testAlerts {
		return testAlertWindow - now.Sub(times[0])
	}
	s.sent[key] = append(times, now)
	return 0
}
