package engineio

import (
	"errors"
	"net/http"
	"sync"
	"time"
)

// Transport is the transport of a session's packets.
type Transport string

// The transports of the protocol.
const (
	Polling   Transport = "polling"
	WebSocket Transport = "websocket"
)

// state is a session's state; the package documentation has the table of transitions.
type state uint8

const (
	stateOpen    state = iota
	stateClosing       // Handler.Close was called; the queue is still being sent
	stateClosed
)

// finalPacket is the response to the last poll of a session that has ended.
type finalPacket uint8

const (
	finalNone  finalPacket = iota // CodeUnknownSession
	finalClose                    // a close packet
	finalNoop                     // a noop packet: the client itself closed the session
)

// Session is one client, on whichever transport. All methods may be called from any goroutine.
type Session struct {
	srv     *Server
	id      string
	remote  string
	inWheel wheelEntry // guarded by srv.wheel.mu

	// recv serializes the handling of received packets. It is taken before mu.
	recv sync.Mutex

	mu         sync.Mutex
	state      state
	sealed     bool // closing, and the queue takes no further frame
	pending    bool // counted in srv.pending
	base64     bool // binary messages are sent as base64 on WebSocket, too
	value      any
	header     http.Header
	queue      []segment
	queued     int           // bytes in queue
	inflight   int           // segments that the writer goroutine is writing
	partial    bool          // a part of the first segment has been written
	writing    bool          // the writer goroutine is running
	ws         *wsConn       // nil on polling
	candidate  *wsConn       // the WebSocket of an upgrade in progress
	probed     bool          // the candidate's probe has been answered
	posting    bool          // a POST is being handled
	closeSent  bool          // a close frame was written or queued
	pinged     bool          // a ping is unanswered
	code       closeCode     // of the close frame, when sealed
	poll       *poll         // the waiting GET
	pollWanted chan struct{} // closed when a GET arrives

	meter meter // of received frames

	// Times are nanoseconds of Server.now.
	lastPong  int64  // time of the handshake or of the last pong
	pingAt    int64  // time at which the unanswered ping was due
	upgradeAt int64  // time at which the candidate is closed
	expireAt  int64  // time at which the session ends unconditionally, 0 for never
	expiry    string // the reason then
}

// segment is an entry of the queue: one or more complete WebSocket frames, or the unwritten rest of them.
type segment struct {
	b  []byte
	at int64 // time at which it was queued
}

var (
	pingFrame  = control(PacketPing, "")
	probeFrame = control(PacketPong, "probe")
)

// newSession returns a session that pending.acquire has counted. Server.startSession publishes it.
func (s *Server) newSession(r *http.Request, q query) *Session {
	now := s.now()
	return &Session{
		srv: s, id: s.opts.NewID(), remote: r.RemoteAddr, header: r.Header, lastPong: now, pending: true,
		base64: q.base64, meter: newMeter(&s.opts, now),
	}
}

// ID returns the session id, which the client knows as sid.
func (s *Session) ID() string { return s.id }

// RemoteAddr returns http.Request.RemoteAddr of the handshake.
func (s *Session) RemoteAddr() string { return s.remote }

// Header returns the header of the handshake request, nil after ForgetHeader.
func (s *Session) Header() http.Header {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.header
}

// ForgetHeader releases the memory of the handshake's header.
func (s *Session) ForgetHeader() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.header = nil
}

// SetValue stores a value of the application with the session.
func (s *Session) SetValue(v any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.value = v
}

// Value returns the value stored by SetValue, nil before.
func (s *Session) Value() any {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.value
}

// Transport returns the current transport.
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

// Expire ends the session with reason after d, whatever happens until then; zero cancels it. While d runs the session
// is pending: see Options.PendingPerAddress. The precision is a twentieth of the shorter of PingInterval and
// PingTimeout, at most 250 ms.
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

// Close ends the session with ReasonForcedClose after everything sent before: a WebSocket with a close frame of code
// 1000, polling with a close packet alone in its payload, after the poll before it was answered. Handler.Close is
// called at once, and Send fails with ErrClosed from now on.
func (s *Session) Close() { s.close(ReasonForcedClose, closeNormal) }

// Abort ends the session at once with reason. The queue is dropped.
func (s *Session) Abort(reason string) { s.terminate(reason, finalClose) }

func (s *Session) close(reason string, code closeCode) {
	s.mu.Lock()
	if s.state != stateOpen {
		s.mu.Unlock()
		return
	}
	s.state = stateClosing
	transport := s.transportLocked()
	stale := s.sealLocked(code)
	s.mu.Unlock()
	if stale != nil {
		stale.closeNow()
	}
	s.notifyClosed(transport, reason)
}

// sealLocked appends the transport's close to the queue and returns the candidate that the caller has to close. A
// candidate whose probe was answered is kept, because its client may have stopped polling.
func (s *Session) sealLocked(code closeCode) (stale *wsConn) {
	s.sealed, s.code = true, code
	now := s.srv.now()
	s.expireAt = now + int64(s.srv.opts.CloseTimeout)
	s.scheduleLocked(now)
	if s.candidate != nil && !s.probed {
		stale, s.candidate = s.candidate, nil
	}
	if s.ws != nil {
		s.closeSent = true
		s.writeLocked(appendClose(nil, code))
	} else {
		s.wakePollLocked()
	}
	return stale
}

// terminate moves the session to stateClosed and calls Handler.Close unless it was called before.
func (s *Session) terminate(reason string, final finalPacket) {
	s.mu.Lock()
	if s.state == stateClosed {
		s.mu.Unlock()
		return
	}
	wasOpen := s.state == stateOpen
	transport := s.transportLocked()
	ws, candidate := s.ws, s.candidate
	if ws != nil && wasOpen && s.queued == 0 && !s.closeSent && ws.raw != nil {
		ws.tryWrite(appendClose(nil, closeNormal)) // best effort
	}
	s.state = stateClosed
	s.setPendingLocked(false)
	s.candidate, s.queue, s.queued, s.inflight, s.header = nil, nil, 0, 0, nil
	if s.poll != nil {
		s.poll.final = final
		s.wakePollLocked()
	}
	s.mu.Unlock()
	s.srv.remove(s)
	s.srv.wheel.cancel(s)
	if ws != nil {
		ws.closeNow()
	}
	if candidate != nil {
		candidate.closeNow()
	}
	if wasOpen {
		s.notifyClosed(transport, reason)
	}
}

func (s *Session) notifyClosed(t Transport, reason string) {
	if s.srv.handler.Close != nil {
		s.srv.handler.Close(s, reason)
	}
	if f := s.srv.opts.Observer.Closed; f != nil {
		f(t, reason)
	}
}

// errPing is the error of a ping packet of a client: only the server sends pings in protocol 4.
var errPing = errors.New("engineio: the client sent a ping")

// receive handles one packet of the current transport. It fails when the session has ended, or ends by the packet.
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
	case PacketPing:
		return errPing
	case PacketClose:
		if transport == Polling {
			s.awaitPoll()
		}
		s.terminate(ReasonTransportClose, finalNoop)
		return ErrClosed
	}
	return nil
}

func (s *Session) pong() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lastPong, s.pinged = s.srv.now(), false
}

// overdue reports whether the session has ended. It ends the session if its pong is late.
func (s *Session) overdue() bool {
	s.mu.Lock()
	closed := s.state == stateClosed
	late := s.state == stateOpen && s.pinged && s.srv.now() >= s.pingAt+int64(s.srv.opts.PingTimeout)
	s.mu.Unlock()
	if late {
		s.terminate(ReasonPingTimeout, finalClose)
	}
	return closed || late
}

// checkDue sends the ping, ends a session whose pong is late or whose expiry has passed, and closes a late candidate.
func (s *Session) checkDue(now int64) {
	s.mu.Lock()
	if s.state == stateClosed {
		s.mu.Unlock()
		return
	}
	if s.expireAt != 0 && now >= s.expireAt {
		reason := s.expiry
		s.mu.Unlock()
		s.terminate(reason, finalClose)
		return
	}
	var stale *wsConn
	if s.candidate != nil && now >= s.upgradeAt {
		stale, s.candidate, s.probed = s.candidate, nil, false
	}
	late, slow := false, false
	if s.state == stateOpen {
		interval, timeout := int64(s.srv.opts.PingInterval), int64(s.srv.opts.PingTimeout)
		if !s.pinged && now >= s.lastPong+interval {
			// PingTimeout counts from the time at which the ping was due, so that the heartbeat is exact. A busy
			// machine may shorten it by a quarter, not more.
			s.pinged, s.pingAt = true, max(s.lastPong+interval, now-timeout/4)
			slow = errors.Is(s.writeLocked(pingFrame.b), ErrSlowConsumer)
		}
		late = s.pinged && now >= s.pingAt+timeout
	}
	if !late && !slow {
		s.scheduleLocked(now)
	}
	s.mu.Unlock()
	if stale != nil {
		stale.closeNow()
	}
	if slow {
		s.overflow()
	}
	if late {
		s.terminate(ReasonPingTimeout, finalClose)
	}
}

// scheduleLocked puts the session into the wheel at its next due time.
func (s *Session) scheduleLocked(now int64) {
	interval, timeout := int64(s.srv.opts.PingInterval), int64(s.srv.opts.PingTimeout)
	at := s.lastPong + interval
	if s.pinged {
		// If the pong arrives at once, the next ping is due an interval later.
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
