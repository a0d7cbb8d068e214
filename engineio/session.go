package engineio

import (
	"errors"
	"net/http"
	"sync"
	"time"

	"harang.dev/harang/engineio/internal/ws"
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
	inWheel wheelEntry // guarded by srv.wheel.mu

	// recv serializes the handling of received packets. It is taken before mu.
	recv sync.Mutex

	// mu guards the fields below. Those that Send needs come first, beside each other.
	mu      sync.Mutex
	state   state
	conn    *wsConn // nil on polling
	out     outbox
	upgrade upgrade
	polling polling
	meter   meter // of received frames
	timers  timers
	peer    peer
	value   any // of the application
}

// peer is what the handshake says of the client. Only header changes.
type peer struct {
	id, remote string
	header     http.Header // nil after ForgetHeader
}

// upgrade is an upgrade in progress.
type upgrade struct {
	candidate *wsConn // nil for none
	probed    bool    // the candidate's probe has been answered
	deadline  int64   // time at which the candidate is closed
}

// polling has the requests of the polling transport.
type polling struct {
	poll    *poll         // the waiting GET
	posting bool          // a POST is being handled
	wanted  chan struct{} // if not nil, closed when a GET arrives
}

// timers are times in nanoseconds of Server.now.
type timers struct {
	lastPong     int64  // time of the handshake or of the last pong
	pinged       bool   // a ping is unanswered
	pingAt       int64  // time at which it was due
	expireAt     int64  // time at which the session ends unconditionally, 0 for never
	expireReason string // the reason then
	pending      bool   // counted in srv.pending
}

var (
	pingFrame  = control(PacketPing, "")
	probeFrame = control(PacketPong, "probe")
)

// newSession returns a session that pending.acquire has counted. Server.startSession publishes it.
func (s *Server) newSession(r *http.Request, q query) *Session {
	now := s.now()
	return &Session{
		srv: s, peer: peer{id: s.opts.NewID(), remote: r.RemoteAddr, header: r.Header},
		out: outbox{base64: q.base64}, meter: newMeter(&s.opts, now), timers: timers{lastPong: now, pending: true},
	}
}

// ID returns the session id, which the client knows as sid.
func (s *Session) ID() string { return s.peer.id }

// RemoteAddr returns http.Request.RemoteAddr of the handshake.
func (s *Session) RemoteAddr() string { return s.peer.remote }

// Header returns the header of the handshake request, nil after ForgetHeader.
func (s *Session) Header() http.Header {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.peer.header
}

// ForgetHeader releases the memory of the handshake's header.
func (s *Session) ForgetHeader() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.peer.header = nil
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
	if s.conn != nil {
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
	s.timers.expireAt, s.timers.expireReason = 0, reason
	s.setPendingLocked(d > 0)
	if d > 0 {
		now := s.srv.now()
		s.timers.expireAt = now + int64(d)
		s.scheduleLocked(now)
	}
}

// Close ends the session with ReasonForcedClose after everything sent before: a WebSocket with a close frame of code
// 1000, polling with a close packet alone in its payload, after the poll before it was answered. Handler.Close is
// called at once, and Send fails with ErrClosed from now on.
func (s *Session) Close() { s.close(ReasonForcedClose, ws.CloseNormal) }

// Abort ends the session at once with reason. The queue is dropped.
func (s *Session) Abort(reason string) { s.terminate(reason, finalClose) }

func (s *Session) close(reason string, code ws.CloseCode) {
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
func (s *Session) sealLocked(code ws.CloseCode) (stale *wsConn) {
	s.out.sealed, s.out.code = true, code
	now := s.srv.now()
	s.timers.expireAt = now + int64(s.srv.opts.CloseTimeout)
	s.scheduleLocked(now)
	if s.upgrade.candidate != nil && !s.upgrade.probed {
		stale, s.upgrade.candidate = s.upgrade.candidate, nil
	}
	if s.conn != nil {
		s.out.closeSent = true
		s.writeLocked(ws.AppendClose(nil, code))
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
	conn, candidate := s.conn, s.upgrade.candidate
	if conn != nil && wasOpen && s.out.bytes == 0 && !s.out.closeSent && conn.raw != nil {
		conn.tryWrite(ws.AppendClose(nil, ws.CloseNormal)) // best effort
	}
	s.state = stateClosed
	s.setPendingLocked(false)
	s.upgrade.candidate, s.peer.header = nil, nil
	s.out.drop()
	if s.polling.poll != nil {
		s.polling.poll.final = final
		s.wakePollLocked()
	}
	s.mu.Unlock()
	s.srv.remove(s)
	s.srv.wheel.cancel(s)
	if conn != nil {
		conn.closeNow()
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
	s.timers.lastPong, s.timers.pinged = s.srv.now(), false
}

// overdue reports whether the session has ended. It ends the session if its pong is late.
func (s *Session) overdue() bool {
	s.mu.Lock()
	closed := s.state == stateClosed
	late := s.state == stateOpen && s.timers.pinged && s.srv.now() >= s.timers.pingAt+int64(s.srv.opts.PingTimeout)
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
	if s.timers.expireAt != 0 && now >= s.timers.expireAt {
		reason := s.timers.expireReason
		s.mu.Unlock()
		s.terminate(reason, finalClose)
		return
	}
	var stale *wsConn
	if s.upgrade.candidate != nil && now >= s.upgrade.deadline {
		stale, s.upgrade.candidate, s.upgrade.probed = s.upgrade.candidate, nil, false
	}
	late, slow := false, false
	if s.state == stateOpen {
		interval, timeout := int64(s.srv.opts.PingInterval), int64(s.srv.opts.PingTimeout)
		if !s.timers.pinged && now >= s.timers.lastPong+interval {
			// PingTimeout counts from the time at which the ping was due, so that the heartbeat is exact. A busy
			// machine may shorten it by a quarter, not more.
			s.timers.pinged, s.timers.pingAt = true, max(s.timers.lastPong+interval, now-timeout/4)
			slow = errors.Is(s.writeLocked(pingFrame.b), ErrSlowConsumer)
		}
		late = s.timers.pinged && now >= s.timers.pingAt+timeout
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
	at := s.timers.lastPong + interval
	if s.timers.pinged {
		// If the pong arrives at once, the next ping is due an interval later.
		at = min(s.timers.pingAt+timeout, now+interval)
	}
	if s.state != stateOpen {
		at = s.timers.expireAt
	}
	if s.timers.expireAt != 0 {
		at = min(at, s.timers.expireAt)
	}
	if s.upgrade.candidate != nil {
		at = min(at, s.upgrade.deadline)
	}
	s.srv.wheel.schedule(s, at)
}
