package engineio

import (
	"net"
	"net/http"
	"time"

	"harang.dev/harang/engineio/internal/ws"
)

// hijack takes the connection from the HTTP server and returns it with the bytes that the client sent after its
// handshake. The HTTP server's buffers become garbage.
func hijack(w http.ResponseWriter) (net.Conn, []byte, error) {
	conn, buffers, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return nil, nil, err
	}
	conn.SetDeadline(time.Time{})
	var first []byte
	if n := buffers.Reader.Buffered(); n > 0 {
		peeked, _ := buffers.Reader.Peek(n)
		first = append(first, peeked...)
	}
	return conn, first, nil
}

// newWSConn prepares a hijacked connection for its first write.
func (s *Server) newWSConn(session *Session, conn net.Conn) *wsConn {
	c := &wsConn{conn: conn, session: session, in: ws.Assembler{Limit: s.opts.MaxPayload}}
	c.kept.of = &s.buffered
	if tcp, ok := conn.(*net.TCPConn); ok && s.opts.SendBuffer > 0 {
		tcp.SetWriteBuffer(s.opts.SendBuffer)
	}
	c.initDirect()
	return c
}

// openWebSocket opens a session on a WebSocket. The session has been counted as pending.
func (s *Server) openWebSocket(w http.ResponseWriter, r *http.Request, q query) {
	response := ws.Handshake(r)
	if response == nil {
		s.pending.release(r.RemoteAddr)
		s.refuseWebSocket(w, r)
		return
	}
	conn, first, err := hijack(w)
	if err != nil {
		s.pending.release(r.RemoteAddr)
		s.refuse(w, CodeBadRequest)
		return
	}
	session := s.newSession(r, q)
	c := s.newWSConn(session, conn)
	response = append(response, control(PacketOpen, s.openPacket(session.peer.id, WebSocket)).b...)
	if err := c.writeNow(response); err != nil || !s.track() {
		s.pending.release(r.RemoteAddr)
		conn.Close()
		return
	}
	session.conn = c
	if !s.startSession(session, WebSocket) {
		s.wg.Done()
		return
	}
	go c.run(first)
}

// refuseWebSocket answers an invalid handshake, with the supported version if it has another (RFC 6455, section 4.4).
func (s *Server) refuseWebSocket(w http.ResponseWriter, r *http.Request) {
	if ws.HasToken(r.Header, "Upgrade", "websocket") && r.Header.Get("Sec-Websocket-Version") != "13" {
		w.Header().Set("Sec-WebSocket-Version", "13")
	}
	s.refuse(w, CodeBadRequest)
}

// serveUpgrade accepts a WebSocket as the upgrade candidate of an existing session (Engine.IO protocol, "Upgrade").
func (s *Server) serveUpgrade(w http.ResponseWriter, r *http.Request, session *Session, q query) {
	response := ws.Handshake(r)
	if response == nil || s.opts.DisableUpgrade {
		s.refuseWebSocket(w, r)
		return
	}
	conn, first, err := hijack(w)
	if err != nil {
		s.refuse(w, CodeBadRequest)
		return
	}
	c := s.newWSConn(session, conn)
	c.base64 = q.base64
	flood := session.charge(1) != nil
	session.mu.Lock()
	accepted := !flood && session.state == stateOpen && session.conn == nil &&
		session.upgrade.candidate == nil && s.track()
	if accepted {
		session.upgrade.candidate, session.upgrade.probed = c, false
		now := s.now()
		session.upgrade.deadline = now + int64(s.opts.UpgradeTimeout)
		session.scheduleLocked(now)
	}
	session.mu.Unlock()
	if !accepted {
		s.rejectUpgrade(c, response)
		if flood {
			session.terminate(ReasonTransportError, finalClose)
		}
		return
	}
	if err := c.writeNow(response); err != nil {
		c.handleReadError(err)
		s.wg.Done()
		return
	}
	go c.run(first)
}

// rejectUpgrade closes a WebSocket whose session already has one or has ended. It completes the handshake first, so
// that the client receives a close frame with a code.
func (s *Server) rejectUpgrade(c *wsConn, response []byte) {
	defer c.closeNow()
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return
	}
	s.wg.Add(1)
	s.lingering[c] = struct{}{}
	s.mu.Unlock()
	defer s.wg.Done()
	if f := s.opts.Observer.Refused; f != nil {
		f(CodeBadRequest)
	}
	c.writeNow(ws.AppendClose(response, ws.ClosePolicy))
	linger(c.conn)
	s.mu.Lock()
	delete(s.lingering, c)
	s.mu.Unlock()
}

// probe handles the packets of an upgrade candidate: a ping with the data "probe", then the upgrade packet.
func (c *wsConn) probe(op ws.Opcode, data []byte) error {
	s := c.session
	s.mu.Lock()
	switch {
	case op == ws.Text && string(data) == "2probe" && !s.upgrade.probed:
		s.upgrade.probed = true
		if s.polling.poll != nil {
			s.answerNoopSoonLocked(s.polling.poll)
		}
		s.mu.Unlock()
		return c.writeNow(probeFrame.b)
	case op == ws.Text && string(data) == "5" && s.upgrade.probed && s.state != stateClosed:
		s.completeUpgradeLocked(c)
		s.mu.Unlock()
		if f := s.srv.opts.Observer.Upgraded; f != nil {
			f()
		}
		return nil
	}
	s.mu.Unlock()
	return errUpgrade
}

// completeUpgradeLocked moves the session to its candidate. The queue moves unchanged, so that nothing is lost or
// reordered, whichever transport it was queued for.
func (s *Session) completeUpgradeLocked(c *wsConn) {
	s.conn, s.upgrade.candidate, s.upgrade.probed = c, nil, false
	s.wakePollLocked()
	s.out.upgraded(c.base64, s.srv.now())
	if s.out.sealed {
		s.out.closeSent = true
		s.writeLocked(ws.AppendClose(nil, s.out.code))
	}
	if s.out.bytes > 0 {
		s.startWriterLocked()
	}
}
