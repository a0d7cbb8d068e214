package auth

import (
	"context"
	"strings"
	"sync"
	"time"

	"harang.dev/harang"
)

const (
	// useInterval is how often the last use of a session is written at most.
	useInterval = time.Minute
	// maxPendingUses bounds the uses that wait to be written; a use beyond it is noted by a later call.
	maxPendingUses = 4096
	// maxUseBatch is how many are written in one transaction.
	maxUseBatch = 200
)

// sessionUses are the uses of sessions until Run writes them, so that no call waits for that.
type sessionUses struct {
	// noted is when a session's use was last noted.
	noted *lru[string, time.Time]

	mu      sync.Mutex // guards pending
	pending map[string]harang.SessionUse
}

func newSessionUses() *sessionUses {
	return &sessionUses{noted: newLRU[string, time.Time](maxOutcomes), pending: map[string]harang.SessionUse{}}
}

// NoteUse notes that a caller used a session, at most once a minute, to be written by Run. Callers without a session
// have none to note.
func (s *Service) NoteUse(caller harang.Identity, address, userAgent string) {
	if caller.SessionID == "" || caller.Unverified || strings.HasPrefix(caller.UserID, CommandPrefix) {
		return
	}
	now := s.now()
	if last, ok := s.uses.noted.get(caller.SessionID); ok && now.Sub(last).Abs() < useInterval {
		return
	}
	s.uses.mu.Lock()
	defer s.uses.mu.Unlock()
	if len(s.uses.pending) >= maxPendingUses {
		return
	}
	s.uses.pending[caller.SessionID] = harang.SessionUse{
		Tenant: caller.Tenant, SessionID: caller.SessionID, At: now, Network: networkOf(address),
		Device: deviceOf(userAgent),
	}
	s.uses.noted.put(caller.SessionID, now)
}

// take removes and returns at most maxUseBatch uses.
func (u *sessionUses) take() []harang.SessionUse {
	u.mu.Lock()
	defer u.mu.Unlock()
	all := make([]harang.SessionUse, 0, min(len(u.pending), maxUseBatch))
	for id, use := range u.pending {
		if len(all) == maxUseBatch {
			break
		}
		all = append(all, use)
		delete(u.pending, id)
	}
	return all
}

// putBack adds what could not be written, unless there is a newer use.
func (u *sessionUses) putBack(uses []harang.SessionUse) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, use := range uses {
		if _, newer := u.pending[use.SessionID]; !newer && len(u.pending) < maxPendingUses {
			u.pending[use.SessionID] = use
		}
	}
}

// WriteSessionUses writes the uses that were noted. What cannot be written is kept for the next time.
func (s *Service) WriteSessionUses(ctx context.Context) error {
	for {
		uses := s.uses.take()
		if len(uses) == 0 {
			return nil
		}
		if err := s.store.RecordSessionUses(ctx, uses); err != nil {
			s.uses.putBack(uses)
			return err
		}
	}
}
