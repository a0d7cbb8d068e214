package engineio

import (
	"bytes"
	"errors"
	"net"
	"sync"
	"time"

	"harang.dev/harang/engineio/internal/ws"
)

// joinBuffers are taken from the pool only while SendAll joins frames.
var joinBuffers = sync.Pool{New: func() any { return new([]byte) }}

// Send sends a frame and never blocks: what the connection does not accept now is queued. It fails with ErrClosed when
// the session is not open, and with ErrSlowConsumer when the queue is full, which also ends the session.
func (s *Session) Send(f *Frame) error { return s.send(f.b, false) }

// SendAll sends frames in order in one write, like Send of Join, but copies them to the heap only if they have to be
// queued. It is for frames that go together to this session only. Nil frames are skipped. It fails like Send.
func (s *Session) SendAll(frames ...*Frame) error {
	if len(frames) == 1 && frames[0] != nil {
		return s.Send(frames[0])
	}
	p := joinBuffers.Get().(*[]byte)
	b := (*p)[:0]
	for _, f := range frames {
		if f != nil {
			b = append(b, f.b...)
		}
	}
	err := s.send(b, true)
	if cap(b) <= batchSize { // a longer one is rare, and not worth keeping
		*p = b
		joinBuffers.Put(p)
	}
	return err
}

// send sends b. A borrowed b is copied if it has to be queued.
func (s *Session) send(b []byte, borrowed bool) error {
	s.mu.Lock()
	if s.state != stateOpen {
		s.mu.Unlock()
		return ErrClosed
	}
	b = s.out.encode(b)
	rest, err := s.tryLocked(b)
	if err == nil && len(rest) > 0 {
		if borrowed {
			rest = bytes.Clone(rest)
		}
		err = s.queueLocked(rest)
	}
	transport := s.transportLocked()
	s.mu.Unlock()
	if err != nil {
		if errors.Is(err, ErrSlowConsumer) {
			s.overflow()
		}
		return err
	}
	if sent := s.srv.opts.Observer.Sent; sent != nil {
		sent(transport, len(b))
	}
	return nil
}

// Queued returns how many bytes are queued, besides those that the kernel has accepted.
func (s *Session) Queued() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.out.bytes
}

// writeLocked writes b to the WebSocket if the queue is empty, and queues the rest.
func (s *Session) writeLocked(b []byte) error {
	rest, err := s.tryLocked(b)
	if err != nil || len(rest) == 0 {
		return err
	}
	return s.queueLocked(rest)
}

// tryLocked writes b to the WebSocket if the queue is empty, and returns the rest.
func (s *Session) tryLocked(b []byte) (rest []byte, err error) {
	if s.out.bytes > 0 || s.conn == nil || s.conn.raw == nil {
		return b, nil
	}
	n, err := s.conn.tryWrite(b)
	if err != nil {
		s.conn.interruptReader() // the reader ends the session
		return nil, ErrClosed
	}
	if n < len(b) {
		s.out.partial = n > 0
	}
	return b[n:], nil
}

// queueLocked appends b to the queue. It fails with ErrSlowConsumer when an open session's queue is full.
func (s *Session) queueLocked(b []byte) error {
	if s.state == stateOpen && s.out.full(len(b), s.srv.opts.QueueLimit) {
		return ErrSlowConsumer
	}
	s.out.push(b, s.srv.now())
	if s.conn != nil {
		s.startWriterLocked()
	} else {
		s.wakePollLocked()
	}
	return nil
}

// startWriterLocked starts the writer goroutine, unless it is running.
func (s *Session) startWriterLocked() {
	if s.out.writing || s.state == stateClosed {
		return
	}
	s.out.writing = true
	s.srv.mu.Lock()
	s.srv.backlog[s] = struct{}{}
	s.srv.mu.Unlock()
	s.srv.wg.Add(1)
	go s.writeQueue(s.conn)
}

// writeQueue is the writer goroutine. It ends when the queue is empty.
func (s *Session) writeQueue(c *wsConn) {
	defer s.srv.wg.Done()
	var batch net.Buffers
	for {
		s.mu.Lock()
		s.out.written()
		if s.out.bytes == 0 || s.state == stateClosed {
			s.out.writing = false
			// While mu is held, so that a writer started later is not removed from the backlog.
			s.srv.mu.Lock()
			delete(s.srv.backlog, s)
			s.srv.mu.Unlock()
			s.mu.Unlock()
			return
		}
		batch = s.out.begin(batch[:0])
		s.mu.Unlock()
		if err := c.writeAll(batch); err != nil {
			c.interruptReader() // writing stays set: a broken connection gets no other writer
			return
		}
	}
}

// checkAge ends a WebSocket session whose oldest queued byte is older than QueueAge.
func (s *Session) checkAge(now int64) {
	s.mu.Lock()
	at, ok := s.out.oldest()
	old := ok && s.state == stateOpen && s.conn != nil && now-at > int64(s.srv.opts.QueueAge)
	s.mu.Unlock()
	if old {
		s.overflow()
	}
}

// overflow closes a session that reads too slowly. It first drops all queued frames except those being written, so
// that only the frame of Options.Overflow can follow the gap.
func (s *Session) overflow() {
	s.mu.Lock()
	if s.state != stateOpen {
		s.mu.Unlock()
		return
	}
	s.state = stateClosing
	transport := s.transportLocked()
	s.out.dropUnwritten()
	now := s.srv.now()
	s.timers.expireAt = now + int64(s.srv.opts.CloseTimeout)
	s.scheduleLocked(now)
	s.srv.wg.Add(1)
	s.mu.Unlock()
	go func() {
		defer s.srv.wg.Done()
		if f := s.srv.opts.Observer.SlowConsumer; f != nil {
			f(transport)
		}
		s.closeWithLast(transport, s.srv.opts.Overflow, ReasonSlowConsumer)
	}()
}

// closeWithLast sends the frame that last returns, nil for none, and the close to a session that its caller has moved
// to stateClosing, and calls Handler.Close.
func (s *Session) closeWithLast(t Transport, last func(*Session) *Frame, reason string) {
	var frame *Frame
	if last != nil {
		frame = last(s)
	}
	s.mu.Lock()
	var stale *wsConn
	if s.state == stateClosing {
		if frame != nil {
			s.writeLocked(s.out.encode(frame.b))
		}
		stale = s.sealLocked(ws.ClosePolicy)
	}
	s.mu.Unlock()
	if stale != nil {
		stale.closeNow()
	}
	s.notifyClosed(t, reason)
}

// writeAll writes a batch completely and may block. It does not modify the bytes, which other sessions share.
func (c *wsConn) writeAll(batch net.Buffers) error {
	if c.raw != nil {
		buffers := batch // WriteTo consumes its receiver
		_, err := buffers.WriteTo(c.conn)
		return err
	}
	// One write, hence as few TLS records as possible, instead of one for each segment.
	if len(batch) == 1 {
		_, err := c.conn.Write(batch[0])
		return err
	}
	var joined []byte
	for _, b := range batch {
		joined = append(joined, b...)
	}
	_, err := c.conn.Write(joined)
	return err
}

// interruptReader makes the reader of a broken connection return.
func (c *wsConn) interruptReader() { c.conn.SetDeadline(time.Unix(1, 0)) }
