package engineio

import (
	"crypto/sha1"
	"encoding/base64"
	"net"
	"net/http"
	"strings"
	"time"
)

// acceptGUID is the constant that RFC 6455, section 1.3, appends to the client's key.
const acceptGUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

// handshakeResponse validates a WebSocket handshake (RFC 6455, section 4.2.1) and returns the response of section
// 4.2.2, nil if the request is not a valid handshake. Of the subprotocols that the client offers it selects the first:
// Engine.IO has none of its own, but a client that offers some fails if none is selected.
func handshakeResponse(r *http.Request) []byte {
	accept := acceptKey(r)
	protocol, ok := firstSubprotocol(r.Header)
	if accept == "" || !ok {
		return nil
	}
	b := append(make([]byte, 0, 320), "HTTP/1.1 101 Switching Protocols\r\n"+
		"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "+accept+"\r\n"...)
	if protocol != "" {
		b = append(b, "Sec-WebSocket-Protocol: "+protocol+"\r\n"...)
	}
	return append(b, "\r\n"...)
}

// acceptKey returns the Sec-WebSocket-Accept of a handshake, "" if the request is not a valid one.
func acceptKey(r *http.Request) string {
	if r.Method != http.MethodGet || r.ProtoMajor != 1 || r.ProtoMinor < 1 ||
		!hasToken(r.Header, "Connection", "upgrade") ||
		!hasToken(r.Header, "Upgrade", "websocket") ||
		r.Header.Get("Sec-Websocket-Version") != "13" {
		return ""
	}
	key := strings.TrimSpace(r.Header.Get("Sec-Websocket-Key"))
	if nonce, err := base64.StdEncoding.DecodeString(key); err != nil || len(nonce) != 16 {
		return ""
	}
	sum := sha1.Sum([]byte(key + acceptGUID))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// firstSubprotocol returns the first element of Sec-WebSocket-Protocol, "" if the header is absent. It is not ok if an
// element is not a token or is repeated (RFC 6455, section 4.1).
func firstSubprotocol(h http.Header) (first string, ok bool) {
	lines := h.Values("Sec-Websocket-Protocol")
	if len(lines) == 0 {
		return "", true
	}
	seen := map[string]bool{}
	for _, line := range lines {
		for element := range strings.SplitSeq(line, ",") {
			element = strings.Trim(element, " \t")
			if !isToken(element) || seen[element] {
				return "", false
			}
			if seen[element] = true; first == "" {
				first = element
			}
		}
	}
	return first, true
}

// isToken reports whether s is a token (RFC 7230, section 3.2.6).
func isToken(s string) bool {
	for i := range len(s) {
		c := s[i]
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9') &&
			!strings.ContainsRune("!#$%&'*+-.^_`|~", rune(c)) {
			return false
		}
	}
	return s != ""
}

func hasToken(h http.Header, name, token string) bool {
	for _, line := range h.Values(name) {
		for part := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.TrimSpace(part), token) {
				return true
			}
		}
	}
	return false
}

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
	c := &wsConn{conn: conn, session: session, in: assembler{limit: s.opts.MaxPayload}}
	if tcp, ok := conn.(*net.TCPConn); ok && s.opts.SendBuffer > 0 {
		tcp.SetWriteBuffer(s.opts.SendBuffer)
	}
	c.initDirect()
	return c
}

// openWebSocket opens a session on a WebSocket. The session has been counted as pending.
func (s *Server) openWebSocket(w http.ResponseWriter, r *http.Request, q query) {
	response := handshakeResponse(r)
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
	response = append(response, control(PacketOpen, s.openPacket(session.id, WebSocket)).b...)
	if err := c.writeNow(response); err != nil || !s.track() {
		s.pending.release(r.RemoteAddr)
		conn.Close()
		return
	}
	session.ws = c
	if !s.startSession(session, WebSocket) {
		s.wg.Done()
		return
	}
	go c.run(first)
}

// refuseWebSocket answers an invalid handshake, with the supported version if it has another (RFC 6455, section 4.4).
func (s *Server) refuseWebSocket(w http.ResponseWriter, r *http.Request) {
	if upgrade := hasToken(r.Header, "Upgrade", "websocket"); upgrade && r.Header.Get("Sec-Websocket-Version") != "13" {
		w.Header().Set("Sec-WebSocket-Version", "13")
	}
	s.refuse(w, CodeBadRequest)
}

// serveUpgrade accepts a WebSocket as the upgrade candidate of an existing session (Engine.IO protocol, "Upgrade").
func (s *Server) serveUpgrade(w http.ResponseWriter, r *http.Request, session *Session, q query) {
	response := handshakeResponse(r)
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
	accepted := !flood && session.state == stateOpen && session.ws == nil && session.candidate == nil && s.track()
	if accepted {
		session.candidate, session.probed = c, false
		now := s.now()
		session.upgradeAt = now + int64(s.opts.UpgradeTimeout)
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
	c.writeNow(appendClose(response, closePolicy))
	linger(c.conn)
	s.mu.Lock()
	delete(s.lingering, c)
	s.mu.Unlock()
}

// probe handles the packets of an upgrade candidate: a ping with the data "probe", then the upgrade packet.
func (c *wsConn) probe(op opcode, data []byte) error {
	s := c.session
	s.mu.Lock()
	switch {
	case op == opText && string(data) == "2probe" && !s.probed:
		s.probed = true
		if s.poll != nil {
			s.answerNoopSoonLocked(s.poll)
		}
		s.mu.Unlock()
		return c.writeNow(probeFrame.b)
	case op == opText && string(data) == "5" && s.probed && s.state != stateClosed:
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
	s.ws, s.candidate, s.probed = c, nil, false
	s.wakePollLocked()
	now := s.srv.now()
	s.base64 = s.base64 || c.base64
	for i := range s.queue {
		s.queue[i].at = now // QueueAge limits the time on the WebSocket only
		if c.base64 {
			b := toBase64(s.queue[i].b)
			s.queued += len(b) - len(s.queue[i].b)
			s.queue[i].b = b
		}
	}
	if s.sealed {
		s.closeSent = true
		s.writeLocked(appendClose(nil, s.code))
	}
	if s.queued > 0 {
		s.startWriterLocked()
	}
}
