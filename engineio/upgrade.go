package engineio

import (
	"crypto/sha1"
	"encoding/base64"
	"net"
	"net/http"
	"strings"
	"time"
)

// acceptGUID is the constant of RFC 6455, section 1.3.
const acceptGUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

// acceptKey checks a WebSocket handshake (RFC 6455, section 4.2.1) and answers its
// Sec-WebSocket-Accept, "" when the request is none.
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

// hijack takes the connection from the HTTP server, whose buffers are given back with
// it, and answers what the client sent behind its handshake.
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

func switching(accept string) []byte {
	return append(make([]byte, 0, 320), "HTTP/1.1 101 Switching Protocols\r\n"+
		"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "+accept+"\r\n\r\n"...)
}

// prepare sets the connection up before its first write.
func (s *Server) prepare(session *Session, conn net.Conn) *wsConn {
	c := &wsConn{conn: conn, session: session, in: assembler{limit: s.opts.MaxPayload}}
	if tcp, ok := conn.(*net.TCPConn); ok && s.opts.SendBuffer > 0 {
		tcp.SetWriteBuffer(s.opts.SendBuffer)
	}
	c.initDirect()
	return c
}

// openWebSocket begins a session on a WebSocket.
func (s *Server) openWebSocket(w http.ResponseWriter, r *http.Request) {
	accept := acceptKey(r)
	if accept == "" {
		s.pending.add(r.RemoteAddr, -1)
		s.refuse(w, CodeBadRequest)
		return
	}
	conn, first, err := hijack(w)
	if err != nil {
		s.pending.add(r.RemoteAddr, -1)
		s.refuse(w, CodeBadRequest)
		return
	}
	session := s.newSession(r)
	c := s.prepare(session, conn)
	hello := append(switching(accept), control(PacketOpen, s.openPacket(session.id, WebSocket)).b...)
	if err := c.writeNow(hello); err != nil || !s.track() {
		s.pending.add(r.RemoteAddr, -1)
		conn.Close()
		return
	}
	session.ws = c
	if !s.begin(session, WebSocket) {
		s.wg.Done()
		return
	}
	go c.run(first)
}

// serveUpgrade takes a WebSocket for a session that exists.
func (s *Server) serveUpgrade(w http.ResponseWriter, r *http.Request, session *Session) {
	accept := acceptKey(r)
	if accept == "" || s.opts.DisableUpgrade {
		s.refuse(w, CodeBadRequest)
		return
	}
	conn, first, err := hijack(w)
	if err != nil {
		s.refuse(w, CodeBadRequest)
		return
	}
	c := s.prepare(session, conn)
	session.mu.Lock()
	free := session.state == stateOpen && session.ws == nil && session.candidate == nil && s.track()
	if free {
		session.candidate, session.probed = c, false
		now := s.now()
		session.upgradeAt = now + int64(s.opts.UpgradeTimeout)
		session.scheduleLocked(now)
	}
	session.mu.Unlock()
	if !free {
		s.turnAway(c, accept)
		return
	}
	if err := c.writeNow(switching(accept)); err != nil {
		c.end(err)
		s.wg.Done()
		return
	}
	go c.run(first)
}

// turnAway closes a WebSocket for a session that has one or is over. The handshake is
// completed first: only then can the client be told by a close frame.
func (s *Server) turnAway(c *wsConn, accept string) {
	defer c.drop()
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
	c.writeNow(appendClose(switching(accept), closePolicy))
	linger(c.conn)
	s.mu.Lock()
	delete(s.lingering, c)
	s.mu.Unlock()
}

// probe handles the packets of a WebSocket before the session moved to it: a probing
// ping, then the upgrade.
func (c *wsConn) probe(op opcode, data []byte) error {
	s := c.session
	s.mu.Lock()
	switch {
	case op == opText && string(data) == "2probe" && !s.probed:
		s.probed = true
		if s.poll != nil {
			s.releaseSoonLocked(s.poll)
		}
		s.mu.Unlock()
		return c.writeNow(probeFrame.b)
	case op == opText && string(data) == "5" && s.probed && s.state != stateClosed:
		s.promoteLocked(c)
		s.mu.Unlock()
		if f := s.srv.opts.Observer.Upgraded; f != nil {
			f()
		}
		return nil
	}
	s.mu.Unlock()
	return errUpgrade
}

// promoteLocked moves the session to its candidate. The queue moves with it: nothing
// is lost or overtaken, whichever transport it was queued for.
func (s *Session) promoteLocked(c *wsConn) {
	s.ws, s.candidate, s.probed = c, nil, false
	s.wakePollLocked()
	now := s.srv.now()
	for i := range s.queue {
		s.queue[i].at = now // its time on the WebSocket begins now
	}
	if s.sealed {
		s.closeSent = true
		s.writeLocked(appendClose(nil, s.code))
	}
	if s.queued > 0 {
		s.startWriterLocked()
	}
}
