package engineio

import (
	"errors"
	"io"
	"net"
	"sync"
	"syscall"
	"time"

	"harang.dev/harang/engineio/internal/ws"
)

// wsConn is the WebSocket of a session, or its upgrade candidate. One goroutine at a time reads it. Writes are guarded
// by the session's mu.
type wsConn struct {
	conn    net.Conn
	session *Session
	in      ws.Assembler // used by the reader only
	kept    share        // bytes that in keeps; used by the reader only
	base64  bool         // the upgrade request has the parameter b64

	// raw is set for plain TCP only. With it the reader waits without a buffer and writers never block.
	raw   syscall.RawConn
	write directWrite
	read  directRead
}

var (
	errPeerClosed = errors.New("engineio: the client closed the WebSocket")
	errUpgrade    = errors.New("engineio: the upgrade failed")
)

// readBuffers are taken from the pool only while data is handled.
var readBuffers = sync.Pool{New: func() any { return new([4096]byte) }}

// run handles the bytes that followed the handshake and then reads until the connection or the session ends.
func (c *wsConn) run(first []byte) {
	err := c.receive(first)
	switch {
	case err != nil:
	case c.raw != nil:
		go c.waitReadable()
		return
	default:
		err = c.readBlocking()
	}
	c.readerDone(err)
}

// waitReadable waits for data and handles it. A goroutine keeps the stack it has once grown, twice what waiting needs.
// A reader that has handled all data therefore starts a new goroutine to wait, and ends.
func (c *wsConn) waitReadable() {
	b, n, err := c.readReady(true)
	c.readAvailable(b, n, err)
}

// readAvailable handles b and everything that can be read without blocking.
func (c *wsConn) readAvailable(b *[4096]byte, n int, err error) {
	for err == nil {
		if b == nil {
			go c.waitReadable()
			return
		}
		err = c.receive(b[:n])
		readBuffers.Put(b)
		if err == nil {
			b, n, err = c.readReady(false)
		}
	}
	c.readerDone(err)
}

// readerDone is called by the last reader goroutine.
func (c *wsConn) readerDone(err error) {
	defer c.session.srv.wg.Done()
	c.in = ws.Assembler{}
	c.kept.set(0)
	c.handleReadError(err)
}

// readBlocking reads connections that are not plain TCP.
func (c *wsConn) readBlocking() error {
	var buf [512]byte
	for {
		n, err := c.conn.Read(buf[:])
		if n > 0 {
			if err := c.receive(buf[:n]); err != nil {
				return err
			}
		}
		if err != nil {
			return err
		}
	}
}

// receive handles the next bytes of the client.
func (c *wsConn) receive(b []byte) error {
	if err := c.in.Push(b, c.handle); err != nil {
		return err
	}
	if err := c.kept.set(c.in.Kept()); err != nil {
		return err
	}
	return c.charge() // for fragments, which handle has not seen yet
}

// charge counts the frames received since the last call.
func (c *wsConn) charge() error {
	n := c.in.Frames
	if n == 0 {
		return nil
	}
	c.in.Frames = 0
	return c.session.charge(n)
}

// handle handles one message or control frame (RFC 6455, sections 5.5 and 5.6).
func (c *wsConn) handle(op ws.Opcode, data []byte) error {
	if err := c.charge(); err != nil {
		return err
	}
	s := c.session
	switch op {
	case ws.Ping:
		pong := append(ws.AppendHeader(make([]byte, 0, 2+len(data)), ws.Pong, len(data)), data...)
		return c.sendControl(pong)
	case ws.Pong:
		return nil
	case ws.Close:
		code, _ := ws.ParseClose(data)
		c.sendClose(code)
		return errPeerClosed
	}
	s.mu.Lock()
	probing, current := s.upgrade.candidate == c, s.conn == c
	s.mu.Unlock()
	if probing {
		return c.probe(op, data)
	}
	if !current {
		return errUpgrade
	}
	if op == ws.Binary {
		return s.receive(Packet{Type: PacketMessage, Data: data, Binary: true})
	}
	p, err := DecodePacket(data)
	if err != nil {
		return err
	}
	return s.receive(p)
}

// sendControl sends a control frame in order with the session's other frames.
func (c *wsConn) sendControl(b []byte) error {
	s := c.session
	s.mu.Lock()
	if s.upgrade.candidate == c {
		s.mu.Unlock()
		return c.writeNow(b)
	}
	var err error
	if s.conn == c && s.state == stateOpen {
		err = s.writeLocked(b)
	}
	s.mu.Unlock()
	if errors.Is(err, ErrSlowConsumer) {
		s.overflow()
	}
	return err
}

// sendClose sends a close frame, unless one was sent before or other frames are queued.
func (c *wsConn) sendClose(code ws.CloseCode) {
	s := c.session
	s.mu.Lock()
	send := s.upgrade.candidate == c || s.conn == c && s.out.bytes == 0 && !s.out.closeSent
	if send && s.conn == c {
		s.out.closeSent = true
	}
	s.mu.Unlock()
	if send {
		c.writeNow(ws.AppendClose(nil, code))
	}
}

// writeNow writes a few bytes, for which the send buffer of a working connection has room; it fails otherwise. Only the
// reader calls it, and never with the session's mu held: a TLS connection may block for up to 1 s.
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
	if s.conn == c && s.out.bytes > 0 {
		return io.ErrShortWrite
	}
	n, err := c.tryWrite(b)
	if err == nil && n < len(b) {
		err = io.ErrShortWrite
	}
	return err
}

// closeNow closes the connection at once, of TLS the one underneath: closing TLS would block on sending an alert.
func (c *wsConn) closeNow() {
	if t, ok := c.conn.(interface{ NetConn() net.Conn }); ok {
		t.NetConn().Close()
		return
	}
	c.conn.Close()
}

// handleReadError ends the session, or the candidate, for the reason for which its reader stopped.
func (c *wsConn) handleReadError(err error) {
	s := c.session
	s.mu.Lock()
	if s.conn != c { // a candidate: the session stays on polling
		if s.upgrade.candidate == c {
			s.upgrade.candidate, s.upgrade.probed = nil, false
		}
		s.mu.Unlock()
		c.closeNow()
		return
	}
	s.mu.Unlock()
	var violation *ws.Error
	switch {
	case errors.As(err, &violation):
		c.reject(violation.Code, ReasonTransportError)
	case errors.Is(err, errBufferLimit):
		c.reject(ws.CloseTryAgainLater, ReasonTransportError)
	case errors.Is(err, ErrPacket):
		c.reject(ws.CloseProtocol, ReasonParseError)
	case errors.Is(err, errFlood): // the last frame and the close frame are on their way
		linger(c.conn)
		s.terminate(ReasonTransportError, finalClose)
	case errors.Is(err, errPeerClosed), errors.Is(err, io.EOF):
		s.terminate(ReasonTransportClose, finalClose)
	default:
		s.terminate(ReasonTransportError, finalClose)
	}
}

// reject ends the session with a close frame and gives the client a second to read it. Closing a connection with
// unread bytes would reset it, and the client would lose the close frame.
func (c *wsConn) reject(code ws.CloseCode, reason string) {
	s := c.session
	s.mu.Lock()
	open := s.state == stateOpen
	if open {
		s.state = stateClosing
	}
	if s.state == stateClosing {
		now := s.srv.now()
		s.timers.expireAt = now + int64(time.Second)
		s.scheduleLocked(now)
	}
	s.mu.Unlock()
	c.sendClose(code)
	if open {
		s.notifyClosed(WebSocket, reason)
	}
	linger(c.conn)
	s.terminate(reason, finalClose)
}

// linger closes the sending side and discards what the client still sends, for at most 1 s and 1 MiB.
func linger(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		tcp.CloseWrite()
	}
	conn.SetReadDeadline(time.Now().Add(time.Second))
	io.Copy(io.Discard, io.LimitReader(conn, 1<<20))
}
