package engineio

import (
	"sync"
	"time"
)

const wheelSlots = 256

// wheel knows when each session is next due: one timer for all of them. A session
// sits in the slot of its due time, or in the farthest one, and is looked at then;
// being looked at too early costs a look and nothing else, so a due time that moves
// back needs no move.
type wheel struct {
	tick int64 // nanoseconds

	mu    sync.Mutex
	hand  int64 // guarded by mu; number of the last slot looked at
	slots [wheelSlots]*Session
}

// place is a session's place in the wheel, guarded by wheel.mu.
type place struct {
	next, prev *Session
	slot       int64 // its number plus one, 0 when the session is in no slot
}

func (w *wheel) init(shortest time.Duration) {
	w.tick = int64(min(max(shortest/20, 5*time.Millisecond), 250*time.Millisecond))
}

// schedule puts a session into the slot of a time, out of the one it was in.
func (w *wheel) schedule(s *Session, at int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.unlinkLocked(s)
	n := (at + w.tick - 1) / w.tick
	n = min(max(n, w.hand+1), w.hand+wheelSlots-1)
	head := &w.slots[n%wheelSlots]
	s.place = place{next: *head, slot: n + 1}
	if *head != nil {
		(*head).place.prev = s
	}
	*head = s
}

func (w *wheel) cancel(s *Session) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.unlinkLocked(s)
}

func (w *wheel) unlinkLocked(s *Session) {
	if s.place.slot == 0 {
		return
	}
	if s.place.prev != nil {
		s.place.prev.place.next = s.place.next
	} else {
		w.slots[(s.place.slot-1)%wheelSlots] = s.place.next
	}
	if s.place.next != nil {
		s.place.next.place.prev = s.place.prev
	}
	s.place = place{}
}

// advance moves the hand to now and appends the sessions it passed to due. They are in
// no slot afterwards.
func (w *wheel) advance(now int64, due []*Session) []*Session {
	w.mu.Lock()
	defer w.mu.Unlock()
	to := now / w.tick
	if to-w.hand > wheelSlots {
		w.hand = to - wheelSlots
	}
	for w.hand < to {
		w.hand++
		for head := &w.slots[w.hand%wheelSlots]; *head != nil; {
			due = append(due, *head)
			w.unlinkLocked(*head)
		}
	}
	return due
}

// turn is the server's background goroutine: it sends pings, ends what is overdue and
// closes sessions that do not take their queue.
func (s *Server) turn() {
	defer s.wg.Done()
	ticker := time.NewTicker(time.Duration(s.wheel.tick))
	defer ticker.Stop()
	var due []*Session
	for {
		select {
		case <-s.quit:
			return
		case <-ticker.C:
		}
		now := s.now()
		due = s.wheel.advance(now, due[:0])
		for _, session := range due {
			session.beat(now)
		}
		clear(due)
		s.checkBacklog(now)
	}
}

// checkBacklog closes the sessions whose oldest queued byte is too old.
func (s *Server) checkBacklog(now int64) {
	s.mu.Lock()
	if len(s.backlog) == 0 {
		s.mu.Unlock()
		return
	}
	all := make([]*Session, 0, len(s.backlog))
	for session := range s.backlog {
		all = append(all, session)
	}
	s.mu.Unlock()
	for _, session := range all {
		session.checkAge(now)
	}
}
