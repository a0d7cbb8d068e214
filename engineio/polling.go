package engineio

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	// upgradeGrace is how long a poll is still held once a probe was answered. The
	// client's upgrade packet is usually already on its way then, and a poll that
	// overtook it can be told so.
	upgradeGrace = 50 * time.Millisecond
	// closeGrace is how long a close packet waits for the poll that was sent with it,
	// on another connection.
	closeGrace = 50 * time.Millisecond
)

// poll is a waiting GET. Its fields are guarded by the session's mu.
type poll struct {
	wake    chan struct{} // buffered; something changed
	noop    bool          // an upgrade wants it out of the way
	late    bool          // it came while a WebSocket was being probed
	verdict verdict       // what it is answered when the session ended
}

func (s *Server) openPolling(w http.ResponseWriter, r *http.Request) {
	session := s.newSession(r)
	if !s.begin(session, Polling) {
		s.refuse(w, CodeBadRequest)
		return
	}
	answer(w, append([]byte{byte(PacketOpen)}, s.openPacket(session.id, Polling)...))
}

// begin gives a new session its heartbeat, tells the application of it and puts it on
// the table.
func (s *Server) begin(session *Session, t Transport) bool {
	s.wheel.schedule(session, session.lastBeat+int64(s.opts.PingInterval))
	if f := s.opts.Observer.Opened; f != nil {
		f(t)
	}
	if s.handler.Open != nil {
		s.handler.Open(session)
	}
	session.mu.Lock()
	if session.expireAt == 0 {
		session.setPendingLocked(false)
	}
	// One that is over already, by the application or by its other goroutine, has
	// been taken off the table before it was on it. Inside mu, so that it cannot be
	// over between the two.
	added := session.state == stateClosed || s.add(session)
	session.mu.Unlock()
	if !added {
		session.finish(ReasonShutdown, verdictClose)
		return false
	}
	return true
}

// answer is a 200 with a payload; errors go through problem answers of their own.
func answer(w http.ResponseWriter, body []byte) {
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=UTF-8")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Cache-Control", "no-store")
	w.Write(body)
}

// servePoll answers a GET with what is queued, waiting for it if need be.
func (s *Session) servePoll(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	switch {
	case s.state == stateClosed:
		s.mu.Unlock()
		s.srv.refuse(w, CodeUnknownSession)
		return
	case s.ws != nil:
		s.mu.Unlock()
		s.srv.refuse(w, CodeBadRequest)
		return
	case s.poll != nil:
		s.mu.Unlock()
		s.finish(ReasonTransportError, verdictClose)
		s.srv.refuse(w, CodeBadRequest)
		return
	}
	p := &poll{wake: make(chan struct{}, 1), late: s.candidate != nil}
	s.poll = p
	if s.pollWanted != nil {
		close(s.pollWanted)
		s.pollWanted = nil
	}
	if s.candidate != nil && s.probed {
		s.releaseSoonLocked(p)
	}
	unlimited := false
	for {
		body, code, end, ok := s.pollAnswerLocked(p)
		if ok {
			s.poll = nil
			s.mu.Unlock()
			if end {
				s.finish(ReasonForcedClose, verdictClose)
			}
			s.answerPoll(w, body, code)
			return
		}
		s.mu.Unlock()
		if !unlimited {
			unlimited = true // the server's WriteTimeout is not meant for a poll
			http.NewResponseController(w).SetWriteDeadline(time.Time{})
		}
		select {
		case <-p.wake:
		case <-r.Context().Done():
			s.mu.Lock()
			left := s.ws != nil // the session has left polling behind
			if left {
				s.poll = nil
			}
			s.mu.Unlock()
			if !left {
				s.finish(ReasonTransportError, verdictNone)
			}
			return
		}
		s.mu.Lock()
	}
}

// pollAnswerLocked decides what p is answered now: a body, or an error code when body
// is nil. end says that the session is over with it.
func (s *Session) pollAnswerLocked(p *poll) (body []byte, code int, end, ok bool) {
	switch {
	case s.state == stateClosed:
		switch p.verdict {
		case verdictClose:
			return []byte{byte(PacketClose)}, 0, false, true
		case verdictNoop:
			return []byte{byte(PacketNoop)}, 0, false, true
		}
		return nil, CodeUnknownSession, false, true
	case s.ws != nil && p.late:
		return nil, CodeBadRequest, false, true
	case s.ws != nil:
		return []byte{byte(PacketNoop)}, 0, false, true
	case s.queued > 0:
		body = make([]byte, 0, s.queued)
		for _, g := range s.queue {
			body = appendPayload(body, g.b)
		}
		s.popLocked(len(s.queue))
		return body, 0, false, true
	case s.sealed:
		return []byte{byte(PacketClose)}, 0, true, true
	case p.noop:
		return []byte{byte(PacketNoop)}, 0, false, true
	}
	return nil, 0, false, false
}

func (s *Session) answerPoll(w http.ResponseWriter, body []byte, code int) {
	if body == nil {
		s.srv.refuse(w, code)
		return
	}
	// A client that does not read it must not hold it for ever.
	control := http.NewResponseController(w)
	control.SetWriteDeadline(time.Now().Add(s.srv.opts.CloseTimeout))
	answer(w, body)
	err := control.Flush()
	control.SetWriteDeadline(time.Time{})
	// A noop that is lost is no loss, and often the session's client has left polling.
	if err != nil && !errors.Is(err, http.ErrNotSupported) && body[0] != byte(PacketNoop) {
		s.finish(ReasonTransportError, verdictNone)
	}
}

func (s *Session) wakePollLocked() {
	if s.poll == nil {
		return
	}
	select {
	case s.poll.wake <- struct{}{}:
	default:
	}
}

// releaseSoonLocked has a poll answered with a noop after upgradeGrace, so that the
// client can pause polling.
func (s *Session) releaseSoonLocked(p *poll) {
	time.AfterFunc(upgradeGrace, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.poll == p {
			p.noop = true
			s.wakePollLocked()
		}
	})
}

// awaitPoll waits a moment for a poll, if none is there.
func (s *Session) awaitPoll() {
	s.mu.Lock()
	if s.poll != nil || s.state == stateClosed || s.ws != nil {
		s.mu.Unlock()
		return
	}
	wanted := make(chan struct{})
	s.pollWanted = wanted
	s.mu.Unlock()
	patience := time.NewTimer(closeGrace)
	defer patience.Stop()
	select {
	case <-wanted:
	case <-patience.C:
	}
}

// servePost handles the packets a client sent.
func (s *Session) servePost(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	switch {
	case s.state == stateClosed:
		s.mu.Unlock()
		s.srv.refuse(w, CodeUnknownSession)
		return
	case s.ws != nil:
		s.mu.Unlock()
		s.srv.refuse(w, CodeBadRequest)
		return
	case s.posting:
		s.mu.Unlock()
		s.finish(ReasonTransportError, verdictClose)
		s.srv.refuse(w, CodeBadRequest)
		return
	}
	s.posting = true
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.posting = false
		s.mu.Unlock()
	}()

	limit := s.srv.opts.MaxPayload
	if r.ContentLength > int64(limit) {
		s.refuseTooLarge(w)
		return
	}
	if strings.HasPrefix(strings.ToLower(r.Header.Get("Content-Type")), "application/octet-stream") {
		s.finish(ReasonParseError, verdictClose) // binary is base64 in protocol 4
		s.srv.refuse(w, CodeBadRequest)
		return
	}
	var body bytes.Buffer
	if r.ContentLength > 0 {
		body.Grow(int(min(r.ContentLength, 64<<10)) + bytes.MinRead)
	}
	n, err := body.ReadFrom(io.LimitReader(r.Body, int64(limit)+1))
	if err != nil {
		s.finish(ReasonTransportError, verdictClose)
		s.srv.refuse(w, CodeBadRequest)
		return
	}
	if n > int64(limit) {
		s.refuseTooLarge(w)
		return
	}
	http.NewResponseController(w).SetReadDeadline(time.Time{}) // it was for the body
	err = DecodePayload(body.Bytes(), s.receive)
	if errors.Is(err, ErrPacket) {
		s.finish(ReasonParseError, verdictClose)
		s.srv.refuse(w, CodeBadRequest)
		return
	}
	answer(w, []byte("ok"))
}

func (s *Session) refuseTooLarge(w http.ResponseWriter) {
	s.finish(ReasonTransportError, verdictClose)
	s.srv.refuseStatus(w, http.StatusRequestEntityTooLarge, CodeBadRequest, "Payload too large")
}
