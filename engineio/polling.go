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
	// upgradeGrace is how long a poll stays open after a probe was answered. Usually the client's upgrade packet
	// arrives within it, which answers the poll as well.
	upgradeGrace = 50 * time.Millisecond
	// closeGrace is how long a client's close packet waits for a poll that the client sent at the same time on
	// another connection.
	closeGrace = 50 * time.Millisecond
)

// poll is a waiting GET. Its fields are guarded by the session's mu.
type poll struct {
	wake  chan struct{} // buffered; the session has changed
	noop  bool          // to be answered with a noop packet, because of an upgrade
	late  bool          // arrived while an upgrade was in progress
	final finalPacket   // the response if the session has ended
}

// openPolling opens a session on polling. The session has been counted as pending. A client that has disconnected
// before it could read the open packet does not know the session, which ends then.
func (s *Server) openPolling(w http.ResponseWriter, r *http.Request, q query) {
	session := s.newSession(r, q)
	if !s.startSession(session, Polling) {
		s.refuse(w, CodeBadRequest)
		return
	}
	// The context is not asked after the response: a client without keep-alive, such as a proxy, closes the connection
	// as soon as it has read it.
	err := r.Context().Err()
	if err == nil {
		open := append([]byte{byte(PacketOpen)}, s.openPacket(session.peer.id, Polling)...)
		err = session.writeWithin(w, func() { writePayload(w, open) })
	}
	if err != nil {
		session.terminate(ReasonTransportError, finalClose)
	}
}

// startSession starts the heartbeat of a new session, calls Handler.Open and adds the session to the table. It returns
// false when the server is closed.
func (s *Server) startSession(session *Session, t Transport) bool {
	s.wheel.schedule(session, session.timers.lastPong+int64(s.opts.PingInterval))
	if f := s.opts.Observer.Opened; f != nil {
		f(t)
	}
	if s.handler.Open != nil {
		s.handler.Open(session)
	}
	session.mu.Lock()
	if session.timers.expireAt == 0 {
		session.setPendingLocked(false)
	}
	// A session that has ended in the meantime was removed from the table before it was added. While mu is held it
	// cannot end between the check and the addition.
	added := session.state == stateClosed || s.add(session)
	session.mu.Unlock()
	if !added {
		session.terminate(ReasonShutdown, finalClose)
		return false
	}
	return true
}

// writePayload answers 200 with a payload (Engine.IO protocol, "HTTP long-polling").
func writePayload(w http.ResponseWriter, body []byte) {
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=UTF-8")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Cache-Control", "no-store")
	w.Write(body)
}

// servePoll answers a GET with the queue. It waits while the queue is empty.
func (s *Session) servePoll(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	switch {
	case s.state == stateClosed:
		s.mu.Unlock()
		s.srv.refuse(w, CodeUnknownSession)
		return
	case s.conn != nil:
		s.mu.Unlock()
		s.srv.refuse(w, CodeBadRequest)
		return
	case s.polling.poll != nil:
		s.mu.Unlock()
		s.rejectRequest(w, ReasonTransportError, http.StatusBadRequest)
		return
	}
	p := &poll{wake: make(chan struct{}, 1), late: s.upgrade.candidate != nil}
	s.polling.poll = p
	if s.polling.wanted != nil {
		close(s.polling.wanted)
		s.polling.wanted = nil
	}
	if s.upgrade.candidate != nil && s.upgrade.probed {
		s.answerNoopSoonLocked(p)
	}
	unlimited := false
	for {
		body, code, last, ok := s.pollResponseLocked(p)
		if ok {
			s.polling.poll = nil
			s.mu.Unlock()
			if last {
				s.terminate(ReasonForcedClose, finalClose)
			}
			s.writePollResponse(w, body, code)
			return
		}
		s.mu.Unlock()
		if !unlimited {
			unlimited = true // http.Server.WriteTimeout must not end a waiting poll
			http.NewResponseController(w).SetWriteDeadline(time.Time{})
		}
		select {
		case <-p.wake:
		case <-r.Context().Done():
			s.mu.Lock()
			upgraded := s.conn != nil
			if upgraded {
				s.polling.poll = nil
			}
			s.mu.Unlock()
			if !upgraded {
				s.terminate(ReasonTransportError, finalNone)
			}
			return
		}
		s.mu.Lock()
	}
}

// pollResponseLocked returns the response to p: a body, or an error code when body is nil. ok is false while there is
// none yet. last means that the session ends with it.
func (s *Session) pollResponseLocked(p *poll) (body []byte, code int, last, ok bool) {
	switch {
	case s.state == stateClosed:
		switch p.final {
		case finalClose:
			return []byte{byte(PacketClose)}, 0, false, true
		case finalNoop:
			return []byte{byte(PacketNoop)}, 0, false, true
		}
		return nil, CodeUnknownSession, false, true
	case s.conn != nil && p.late:
		return nil, CodeBadRequest, false, true
	case s.conn != nil:
		return []byte{byte(PacketNoop)}, 0, false, true
	case s.out.bytes > 0:
		return s.out.takePayload(), 0, false, true
	case s.out.sealed:
		return []byte{byte(PacketClose)}, 0, true, true
	case p.noop:
		return []byte{byte(PacketNoop)}, 0, false, true
	}
	return nil, 0, false, false
}

// writePollResponse writes a body, or an error code when body is nil, and ends the session if the client does not read
// it within Options.CloseTimeout.
func (s *Session) writePollResponse(w http.ResponseWriter, body []byte, code int) {
	if body == nil {
		s.srv.refuse(w, code)
		return
	}
	err := s.writeWithin(w, func() { writePayload(w, body) })
	// A lost noop loses no message, and the client has often moved to its WebSocket by then.
	if err != nil && body[0] != byte(PacketNoop) {
		s.terminate(ReasonTransportError, finalNone)
	}
}

func (s *Session) wakePollLocked() {
	if s.polling.poll == nil {
		return
	}
	select {
	case s.polling.poll.wake <- struct{}{}:
	default:
	}
}

// answerNoopSoonLocked makes p be answered with a noop packet after upgradeGrace, so that the client can pause polling.
func (s *Session) answerNoopSoonLocked(p *poll) {
	time.AfterFunc(upgradeGrace, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.polling.poll == p {
			p.noop = true
			s.wakePollLocked()
		}
	})
}

// awaitPoll waits up to closeGrace for a poll, if none is waiting.
func (s *Session) awaitPoll() {
	s.mu.Lock()
	if s.polling.poll != nil || s.state == stateClosed || s.conn != nil {
		s.mu.Unlock()
		return
	}
	wanted := make(chan struct{})
	s.polling.wanted = wanted
	s.mu.Unlock()
	timeout := time.NewTimer(closeGrace)
	defer timeout.Stop()
	select {
	case <-wanted:
	case <-timeout.C:
	}
}

// servePost handles the packets of a POST body.
func (s *Session) servePost(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	switch {
	case s.state == stateClosed:
		s.mu.Unlock()
		s.srv.refuse(w, CodeUnknownSession)
		return
	case s.conn != nil:
		s.mu.Unlock()
		s.srv.refuse(w, CodeBadRequest)
		return
	case s.polling.posting:
		s.mu.Unlock()
		s.rejectRequest(w, ReasonTransportError, http.StatusBadRequest)
		return
	}
	s.polling.posting = true
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.polling.posting = false
		s.mu.Unlock()
	}()

	limit := s.srv.opts.MaxPayload
	if r.ContentLength > int64(limit) {
		s.rejectRequest(w, ReasonTransportError, http.StatusRequestEntityTooLarge)
		return
	}
	if strings.HasPrefix(strings.ToLower(r.Header.Get("Content-Type")), "application/octet-stream") {
		s.rejectRequest(w, ReasonParseError, http.StatusBadRequest) // binary is base64 in protocol 4
		return
	}
	var body bytes.Buffer
	if r.ContentLength > 0 {
		body.Grow(int(min(r.ContentLength, 64<<10)) + bytes.MinRead)
	}
	counted := countedReader{Reader: io.LimitReader(r.Body, int64(limit)+1), share: share{of: &s.srv.buffered}}
	defer counted.share.set(0)
	n, err := body.ReadFrom(&counted)
	if errors.Is(err, errBufferLimit) {
		s.rejectRequest(w, ReasonTransportError, http.StatusServiceUnavailable)
		return
	}
	if err != nil {
		s.rejectRequest(w, ReasonTransportError, http.StatusBadRequest)
		return
	}
	if n > int64(limit) {
		s.rejectRequest(w, ReasonTransportError, http.StatusRequestEntityTooLarge)
		return
	}
	http.NewResponseController(w).SetReadDeadline(time.Time{}) // set by ServeHTTP for the body
	err = DecodePayload(body.Bytes(), func(p Packet) error {
		if err := s.charge(1); err != nil {
			return err
		}
		return s.receive(p)
	})
	switch {
	case errors.Is(err, ErrPacket):
		s.rejectRequest(w, ReasonParseError, http.StatusBadRequest)
	case errors.Is(err, errPing):
		s.rejectRequest(w, ReasonTransportError, http.StatusBadRequest)
	case errors.Is(err, errFlood):
		s.rejectRequest(w, ReasonTransportError, http.StatusTooManyRequests)
	default:
		writePayload(w, []byte("ok"))
	}
}

// rejectRequest ends a session because of a request, with status 400, 413, 429 or 503. The response is written first,
// so that a close packet on another connection does not overtake it.
func (s *Session) rejectRequest(w http.ResponseWriter, reason string, status int) {
	s.mu.Lock()
	open := s.state == stateOpen
	if open {
		s.state = stateClosing
		now := s.srv.now()
		s.timers.expireAt = now + int64(s.srv.opts.CloseTimeout)
		s.scheduleLocked(now)
	}
	s.mu.Unlock()
	message := codeMessages[CodeBadRequest]
	switch status {
	case http.StatusRequestEntityTooLarge:
		message = "Payload too large"
	case http.StatusTooManyRequests:
		message = "Too many packets"
	case http.StatusServiceUnavailable:
		message = "Too much data is being received"
	}
	s.writeWithin(w, func() { s.srv.writeError(w, status, CodeBadRequest, message) })
	s.terminate(reason, finalClose)
	if open {
		s.notifyClosed(Polling, reason)
	}
}

// writeWithin writes a response and fails if the client does not read it within Options.CloseTimeout.
func (s *Session) writeWithin(w http.ResponseWriter, write func()) error {
	control := http.NewResponseController(w)
	control.SetWriteDeadline(time.Now().Add(s.srv.opts.CloseTimeout))
	write()
	err := control.Flush()
	control.SetWriteDeadline(time.Time{})
	if errors.Is(err, http.ErrNotSupported) {
		return nil
	}
	return err
}
