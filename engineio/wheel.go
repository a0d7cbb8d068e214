package engineio

import (
	"sync"
	"time"
)

const wheelSlots = 256

// wheel is a hashed timing wheel: one timer for the due times of all sessions. A session is in the slot of its due
// time, or in the last slot if that is too far ahead. A session that comes up too early is merely scheduled again, so
// that a due time that moves back needs no update.
type wheel struct {
	tick int64 // nanoseconds

	mu      sync.Mutex
	current int64 // guarded by mu; number of the last slot that was emptied
	slots   [wheelSlots]*Session
}

// wheelEntry is a session's link in the list of its slot. Guarded by wheel.mu.
type wheelEntry struct {
	next, prev *Session
	slot       int64 // number of the slot plus one, 0 if the session is in none
}

func (w *wheel) init(shortest time.Duration) {
	w.tick = int64(min(max(shortest/20, 5*time.Millisecond), 250*time.Millisecond))
}

// schedule moves a session into the slot of the time at, in nanoseconds of Server.now.
func (w *wheel) schedule(s *Session, at int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.unlinkLocked(s)
	n := (at + w.tick - 1) / w.tick
	n = min(max(n, w.current+1), w.current+wheelSlots-1)
	head := &w.slots[n%wheelSlots]
	s.inWheel = wheelEntry{next: *head, slot: n + 1}
	if *head != nil {
		(*head).inWheel.prev = s
	}
	*head = s
}

func (w *wheel) cancel(s *Session) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.unlinkLocked(s)
}

func (w *wheel) unlinkLocked(s *Session) {
	if s.inWheel.slot == 0 {
		return
	}
	if s.inWheel.prev != nil {
		s.inWheel.prev.inWheel.next = s.inWheel.next
	} else {
		w.slots[(s.inWheel.slot-1)%wheelSlots] = s.inWheel.next
	}
	if s.inWheel.next != nil {
		s.inWheel.next.inWheel.prev = s.inWheel.prev
	}
	s.inWheel = wheelEntry{}
}

// advance empties all slots up to the time now and appends their sessions to due.
func (w *wheel) advance(now int64, due []*Session) []*Session {
	w.mu.Lock()
	defer w.mu.Unlock()
	last := now / w.tick
	if last-w.current > wheelSlots {
		w.current = last - wheelSlots
	}
	for w.current < last {
		w.current++
		for head := &w.slots[w.current%wheelSlots]; *head != nil; {
			due = append(due, *head)
			w.unlinkLocked(*head)
		}
	}
	return due
}

// runWheel is the server's background goroutine: it sends pings, ends overdue sessions and closes sessions whose
// queue is too old.
func (s *Server) runWheel() {
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
			session.checkDue(now)
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
