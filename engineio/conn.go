package engineio

import (
	"errors"
	"io"
	"net"
	"sync"
	"syscall"
	"time"
)

// wsConn is the WebSocket of a session, or one that is being probed. One goroutine at a
// time reads it; what is written is guarded by the session's mu.
type wsConn struct {
	conn    net.Conn
	session *Session
	in      assembler // of the reader

	// raw is set for plain TCP only. It lets the reader wait without a buffer and
	// writers write without waiting.
	raw   syscall.RawConn
	write directWrite
	read  directRead
}

var (
	errPeerClosed = errors.New("engineio: the client closed the WebSocket")
	errUpgrade    = errors.New("engineio: the upgrade failed")
)

// readBuffers are held only while data is being handled.
var readBuffers = sync.Pool{New: func() any { return new([4096]byte) }}

// run handles what the client sent behind its handshake and then reads until the
// connection or the session ends.
func (c *wsConn) run(first []byte) {
	err := c.in.push(first, c.visit)
	switch {
	case err != nil:
	case c.raw != nil:
		go c.idle()
		return
	default:
		err = c.readBlocking()
	}
	c.done(err)
}

// idle waits for the client. Goroutines keep the stack they once grew, twice what
// waiting takes, so the waiting is left to one that has handled nothing yet: whoever has
// read everything starts another and ends.
func (c *wsConn) idle() {
	b, n, err := c.readReady(true)
	c.work(b, n, err)
}

// work handles b and all that can be read without waiting.
func (c *wsConn) work(b *[4096]byte, n int, err error) {
	for err == nil {
		if b == nil {
			go c.idle()
			return
		}
		err = c.in.push(b[:n], c.visit)
		readBuffers.Put(b)
		if err == nil {
			b, n, err = c.readReady(false)
		}
	}
	c.done(err)
}

// done ends the reading.
func (c *wsConn) done(err error) {
	defer c.session.srv.wg.Done()
	c.in = assembler{}
	c.end(err)
}

// readBlocking is for connections that can only be read with a buffer in hand.
func (c *wsConn) readBlocking() error {
	var buf [512]byte
	for {
		n, err := c.conn.Read(buf[:])
		if n > 0 {
			if err := c.in.push(buf[:n], c.visit); err != nil {
				return err
			}
		}
		if err != nil {
			return err
		}
	}
}

// visit handles one message or control frame.
func (c *wsConn) visit(op opcode, data []byte) error {
	s := c.session
	switch op {
	case opPing:
		pong := append(appendHeader(make([]byte, 0, 2+len(data)), opPong, len(data)), data...)
		return c.reply(pong)
	case opPong:
		return nil
	case opClose:
		code, _ := parseClose(data)
		c.sendClose(code)
		return errPeerClosed
	}
	s.mu.Lock()
	probing, gone := s.candidate == c, s.ws != c
	s.mu.Unlock()
	if probing {
		return c.probe(op, data)
	}
	if gone {
		return errUpgrade
	}
	if op == opBinary {
		return s.receive(Packet{Type: PacketMessage, Data: data, Binary: true})
	}
	if len(data) > 0 && data[0] == 'b' {
		return ErrPacket // base64 is for polling
	}
	p, err := DecodePacket(data)
	if err != nil {
		return err
	}
	return s.receive(p)
}

// reply sends a control frame in turn.
func (c *wsConn) reply(b []byte) error {
	s := c.session
	s.mu.Lock()
	if s.candidate == c {
		s.mu.Unlock()
		return c.writeNow(b)
	}
	var err error
	if s.ws == c && s.state == stateOpen {
		err = s.writeLocked(b)
	}
	s.mu.Unlock()
	if errors.Is(err, ErrSlowConsumer) {
		s.overflow()
	}
	return err
}

// sendClose sends a close frame, unless there was one or something else is on its way.
func (c *wsConn) sendClose(code closeCode) {
	s := c.session
	s.mu.Lock()
	send := s.candidate == c || s.ws == c && s.queued == 0 && !s.closeSent
	if send && s.ws == c {
		s.closeSent = true
	}
	s.mu.Unlock()
	if send {
		c.writeNow(appendClose(nil, code))
	}
}

// writeNow writes a few bytes that the send buffer surely has room for; where it has
// not, the connection is as good as broken. Only the reader calls it, and never with
// the session's mu held: a TLS connection may make it wait.
func (c *wsConn) writeNow(b []byte) error {
	if c.raw == nil {
		c.conn.SetWriteDeadline(time.Now().Add(time.Second))
		_, err := c.conn.Write(b)
		c.conn.SetWriteDeadline(time.Time{})
		return err
	}
	s := c.session
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ws == c && s.queued > 0 {
		return io.ErrShortWrite
	}
	n, err := c.tryWrite(b)
	if err == nil && n < len(b) {
		err = io.ErrShortWrite
	}
	return err
}

// drop closes the connection at once. TLS would first send an alert and wait for it to
// be taken.
func (c *wsConn) drop() {
	if t, ok := c.conn.(interface{ NetConn() net.Conn }); ok {
		t.NetConn().Close()
		return
	}
	c.conn.Close()
}

// end is what the reader does when it is through.
func (c *wsConn) end(err error) {
	s := c.session
	s.mu.Lock()
	if s.ws != c { // a candidate: the session stays where it is
		if s.candidate == c {
			s.candidate, s.probed = nil, false
		}
		s.mu.Unlock()
		c.drop()
		return
	}
	s.mu.Unlock()
	var wire *wireError
	switch {
	case errors.As(err, &wire):
		c.reject(wire.code, ReasonTransportError)
	case errors.Is(err, ErrPacket):
		c.reject(closeProtocol, ReasonParseError)
	case errors.Is(err, errPeerClosed), errors.Is(err, io.EOF):
		s.finish(ReasonTransportClose, verdictClose)
	default:
		s.finish(ReasonTransportError, verdictClose)
	}
}

// reject closes with a code and gives the client a second to read it: closing with
// unread bytes would reset the connection and take the close frame with it.
func (c *wsConn) reject(code closeCode, reason string) {
	s := c.session
	s.mu.Lock()
	open := s.state == stateOpen
	if open {
		s.state = stateClosing
	}
	if s.state == stateClosing {
		now := s.srv.now()
		s.expireAt = now + int64(time.Second)
		s.scheduleLocked(now)
	}
	s.mu.Unlock()
	c.sendClose(code)
	if open {
		s.tell(WebSocket, reason)
	}
	linger(c.conn)
	s.finish(reason, verdictClose)
}

// linger ends the sending side and reads what still comes, for a second and a
// megabyte at most.
func linger(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		tcp.CloseWrite()
	}
	conn.SetReadDeadline(time.Now().Add(time.Second))
	io.Copy(io.Discard, io.LimitReader(conn, 1<<20))
}
