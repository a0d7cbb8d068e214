package engineio

import (
	"errors"
	"net/http"
	"sync"
	"time"
)

// Transport is how a session's packets travel.
type Transport string

// The transports of the protocol.
const (
	Polling   Transport = "polling"
	WebSocket Transport = "websocket"
)

// state is where a session is in its life.
type state uint8

const (
	stateOpen    state = iota
	stateClosing       // over for the application; what waits is still being sent
	stateClosed
)

// verdict is what a waiting poll is answered when its session ends.
type verdict uint8

const (
	verdictNone  verdict = iota
	verdictClose         // a close packet
	verdictNoop          // a noop packet: the client closed by itself
)

// Session is one client, whichever transport it is on. All methods may be called from
// any goroutine.
type Session struct {
	srv    *Server
	id     string
	remote string
	place  place // guarded by srv.wheel.mu

	// recv makes messages come one at a time. It is taken before mu.
	recv sync.Mutex

	mu         sync.Mutex
	state      state
	sealed     bool // closing, and nothing is queued any more but what is there
	pending    bool // counted in srv.pending
	value      any
	header     http.Header
	queue      []segment
	queued     int  // bytes in queue
	inflight   int  // segments the writer goroutine is writing
	partial    bool // the first segment is partly on the wire
	writing    bool // the writer goroutine lives
	ws         *wsConn
	candidate  *wsConn // a WebSocket that is being probed
	probed     bool    // the candidate's probe was answered
	posting    bool
	closeSent  bool // a close frame was written or queued
	pinged     bool // a ping is unanswered
	code       closeCode
	poll       *poll
	pollWanted chan struct{} // closed when a poll comes

	lastBeat  int64 // opening or last pong
	pingAt    int64 // when the unanswered ping was due
	upgradeAt int64 // when the candidate is given up
	expireAt  int64 // when the session ends whatever happens, 0 never
	expiry    string
}

// segment is a part of the queue: frames in their WebSocket form.
type segment struct {
	b  []byte
	at int64 // when it was queued
}

var (
	pingFrame  = control(PacketPing, "")
	probeFrame = control(PacketPong, "probe")
)

// newSession makes a session that pending.begin has counted. Nothing else knows it
// before Server.begin.
func (s *Server) newSession(r *http.Request) *Session {
	return &Session{
		srv: s, id: s.opts.NewID(), remote: r.RemoteAddr, header: r.Header, lastBeat: s.now(), pending: true,
	}
}

// ID is the session id, unguessable and known to the client.
func (s *Session) ID() string { return s.id }

// RemoteAddr is http.Request.RemoteAddr of the handshake.
func (s *Session) RemoteAddr() string { return s.remote }

// Header is the header of the handshake request, nil after ForgetHeader.
func (s *Session) Header() http.Header {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.header
}

// ForgetHeader gives the memory of the handshake's header back.
func (s *Session) ForgetHeader() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.header = nil
}

// SetValue keeps a value of the application with the session.
func (s *Session) SetValue(v any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.value = v
}

// Value is what SetValue was given, nil before.
func (s *Session) Value() any {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.value
}

// Transport is the present transport.
func (s *Session) Transport() Transport {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.transportLocked()
}

func (s *Session) transportLocked() Transport {
	if s.ws != nil {
		return WebSocket
	}
	return Polling
}

// Expire ends the session with reason after d, however alive it is; zero takes that
// back. Until then the session is pending: see Options.PendingPerAddress. The precision
// is that of the heartbeat: a twentieth of its shorter time, 250 ms at most.
func (s *Session) Expire(d time.Duration, reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state != stateOpen {
		return
	}
	s.expireAt, s.expiry = 0, reason
	s.setPendingLocked(d > 0)
	if d > 0 {
		now := s.srv.now()
		s.expireAt = now + int64(d)
		s.scheduleLocked(now)
	}
}

// Close ends the session with ReasonForcedClose once everything sent before has
// reached the client: a WebSocket with a close frame of code 1000, polling with a close
// packet that travels alone in its payload, after the poll before it was taken. The
// application is told at once, and sending fails with ErrClosed from now on.
func (s *Session) Close() { s.close(ReasonForcedClose, closeNormal) }

// Abort ends the session at once. What waits is lost.
func (s *Session) Abort(reason string) { s.finish(reason, verdictClose) }

func (s *Session) close(reason string, code closeCode) {
	s.mu.Lock()
	if s.state != stateOpen {
		s.mu.Unlock()
		return
	}
	s.state = stateClosing
	transport := s.transportLocked()
	dropped := s.sealLocked(code)
	s.mu.Unlock()
	if dropped != nil {
		dropped.drop()
	}
	s.tell(transport, reason)
}

// sealLocked ends the queue with the transport's way of closing and answers the
// candidate that is to be closed. A candidate whose probe was answered goes on: its
// client may have stopped polling already.
func (s *Session) sealLocked(code closeCode) (dropped *wsConn) {
	s.sealed, s.code = true, code
	now := s.srv.now()
	s.expireAt = now + int64(s.srv.opts.CloseTimeout)
	s.scheduleLocked(now)
	if s.candidate != nil && !s.probed {
		dropped, s.candidate = s.candidate, nil
	}
	if s.ws != nil {
		s.closeSent = true
		s.writeLocked(appendClose(nil, code))
	} else {
		s.wakePollLocked()
	}
	return dropped
}

// finish ends the session for good, and tells the application unless it knows.
func (s *Session) finish(reason string, v verdict) {
	s.mu.Lock()
	if s.state == stateClosed {
		s.mu.Unlock()
		return
	}
	wasOpen := s.state == stateOpen
	transport := s.transportLocked()
	ws, candidate := s.ws, s.candidate
	if ws != nil && wasOpen && s.queued == 0 && !s.closeSent && ws.raw != nil {
		ws.tryWrite(appendClose(nil, closeNormal)) // a courtesy
	}
	s.state = stateClosed
	s.setPendingLocked(false)
	s.candidate, s.queue, s.queued, s.inflight, s.header = nil, nil, 0, 0, nil
	if s.poll != nil {
		s.poll.verdict = v
		s.wakePollLocked()
	}
	s.mu.Unlock()
	s.srv.remove(s)
	s.srv.wheel.cancel(s)
	if ws != nil {
		ws.drop()
	}
	if candidate != nil {
		candidate.drop()
	}
	if wasOpen {
		s.tell(transport, reason)
	}
}

func (s *Session) tell(t Transport, reason string) {
	if s.srv.handler.Close != nil {
		s.srv.handler.Close(s, reason)
	}
	if f := s.srv.opts.Observer.Closed; f != nil {
		f(t, reason)
	}
}

// receive handles one packet that came over the present transport. It answers an error
// when the session is over.
func (s *Session) receive(p Packet) error {
	s.recv.Lock()
	defer s.recv.Unlock()
	s.mu.Lock()
	st, transport := s.state, s.transportLocked()
	s.mu.Unlock()
	if st == stateClosed {
		return ErrClosed
	}
	if st == stateClosing && p.Type != PacketClose {
		return nil
	}
	switch p.Type {
	case PacketMessage:
		if f := s.srv.opts.Observer.Received; f != nil {
			f(transport, len(p.Data))
		}
		if s.srv.handler.Message != nil {
			s.srv.handler.Message(s, p.Data, p.Binary)
		}
	case PacketPong:
		s.pong()
	case PacketPing: // only the server pings
		s.finish(ReasonTransportError, verdictClose)
		return ErrPacket
	case PacketClose:
		if transport == Polling {
			s.awaitPoll()
		}
		s.finish(ReasonTransportClose, verdictNoop)
		return ErrClosed
	}
	return nil
}

func (s *Session) pong() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lastBeat, s.pinged = s.srv.now(), false
}

// overdue reports whether the session is over, ending it when its pong is too late.
func (s *Session) overdue() bool {
	s.mu.Lock()
	over := s.state == stateClosed
	late := s.state == stateOpen && s.pinged && s.srv.now() >= s.pingAt+int64(s.srv.opts.PingTimeout)
	s.mu.Unlock()
	if late {
		s.finish(ReasonPingTimeout, verdictClose)
	}
	return over || late
}

// beat does what is due: the ping, the end of one that waits too long for its pong, of
// an upgrade that takes too long, of a session whose time is up.
func (s *Session) beat(now int64) {
	s.mu.Lock()
	if s.state == stateClosed {
		s.mu.Unlock()
		return
	}
	if s.expireAt != 0 && now >= s.expireAt {
		reason := s.expiry
		s.mu.Unlock()
		s.finish(reason, verdictClose)
		return
	}
	var dropped *wsConn
	if s.candidate != nil && now >= s.upgradeAt {
		dropped, s.candidate, s.probed = s.candidate, nil, false
	}
	late, slow := false, false
	if s.state == stateOpen {
		interval, timeout := int64(s.srv.opts.PingInterval), int64(s.srv.opts.PingTimeout)
		if !s.pinged && now >= s.lastBeat+interval {
			// The client's time counts from when the ping was due, so that the heartbeat is
			// exact. A busy machine may take a quarter of it away, not more.
			s.pinged, s.pingAt = true, max(s.lastBeat+interval, now-timeout/4)
			slow = errors.Is(s.writeLocked(pingFrame.b), ErrSlowConsumer)
		}
		late = s.pinged && now >= s.pingAt+timeout
	}
	if !late && !slow {
		s.scheduleLocked(now)
	}
	s.mu.Unlock()
	if dropped != nil {
		dropped.drop()
	}
	if slow {
		s.overflow()
	}
	if late {
		s.finish(ReasonPingTimeout, verdictClose)
	}
}

// scheduleLocked puts the session into the wheel for the next thing that is due.
func (s *Session) scheduleLocked(now int64) {
	interval, timeout := int64(s.srv.opts.PingInterval), int64(s.srv.opts.PingTimeout)
	at := s.lastBeat + interval
	if s.pinged {
		// The pong may come at once, and the next ping is due an interval after it.
		at = min(s.pingAt+timeout, now+interval)
	}
	if s.state != stateOpen {
		at = s.expireAt
	}
	if s.expireAt != 0 {
		at = min(at, s.expireAt)
	}
	if s.candidate != nil {
		at = min(at, s.upgradeAt)
	}
	s.srv.wheel.schedule(s, at)
}
