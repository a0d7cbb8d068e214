package engineio

import (
	"bytes"
	"errors"
	"net"
	"sync"
	"time"
)

// batchSize is how much the writer goroutine takes at once, in bytes.
const batchSize = 64 << 10

// joinBuffers are held only while several frames leave as one write.
var joinBuffers = sync.Pool{New: func() any { return new([]byte) }}

// Send sends a frame, without ever blocking: what the connection does not take now
// waits in the queue. It fails with ErrClosed when the session is over, and with
// ErrSlowConsumer when the queue is full, which also ends the session.
func (s *Session) Send(f *Frame) error { return s.send(f.b, false) }

// SendAll sends frames in their order in one write, like Send of Join, but without
// keeping them joined when the connection takes everything at once. It is for frames
// that together go to one session only; nil frames are left out.
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

// send sends b; what is lent is copied if it has to wait.
func (s *Session) send(b []byte, lent bool) error {
	s.mu.Lock()
	if s.state != stateOpen {
		s.mu.Unlock()
		return ErrClosed
	}
	rest, err := s.tryLocked(b)
	if err == nil && len(rest) > 0 {
		if lent {
			rest = bytes.Clone(rest)
		}
		err = s.queueLocked(rest)
	}
	ws := s.ws != nil
	s.mu.Unlock()
	if err != nil {
		if errors.Is(err, ErrSlowConsumer) {
			s.overflow()
		}
		return err
	}
	if sent := s.srv.opts.Observer.Sent; sent != nil {
		if ws {
			sent(WebSocket, len(b))
		} else {
			sent(Polling, len(b))
		}
	}
	return nil
}

// Queued is how many bytes wait for the client, beside what the kernel took.
func (s *Session) Queued() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.queued
}

// writeLocked writes b to the WebSocket if nothing waits, and queues what is left.
func (s *Session) writeLocked(b []byte) error {
	rest, err := s.tryLocked(b)
	if err != nil || len(rest) == 0 {
		return err
	}
	return s.queueLocked(rest)
}

// tryLocked writes b to the WebSocket if nothing waits, and answers what is left.
func (s *Session) tryLocked(b []byte) (rest []byte, err error) {
	if s.queued > 0 || s.ws == nil || s.ws.raw == nil {
		return b, nil
	}
	n, err := s.ws.tryWrite(b)
	if err != nil {
		s.ws.kick() // the reader ends the session
		return nil, ErrClosed
	}
	if n < len(b) {
		s.partial = n > 0
	}
	return b[n:], nil
}

// queueLocked has b wait.
func (s *Session) queueLocked(b []byte) error {
	if s.queued > 0 && s.queued+len(b) > s.srv.opts.QueueLimit && s.state == stateOpen {
		return ErrSlowConsumer
	}
	s.queue = append(s.queue, segment{b: b, at: s.srv.now()})
	s.queued += len(b)
	if s.ws != nil {
		s.startWriterLocked()
	} else {
		s.wakePollLocked()
	}
	return nil
}

// startWriterLocked starts the goroutine that writes the queue, unless it lives.
func (s *Session) startWriterLocked() {
	if s.writing || s.state == stateClosed {
		return
	}
	s.writing = true
	s.srv.mu.Lock()
	s.srv.backlog[s] = struct{}{}
	s.srv.mu.Unlock()
	s.srv.wg.Add(1)
	go s.drain(s.ws)
}

// drain writes the queue and ends when it is empty.
func (s *Session) drain(c *wsConn) {
	defer s.srv.wg.Done()
	var batch net.Buffers
	for {
		s.mu.Lock()
		if s.inflight > 0 {
			s.popLocked(s.inflight)
		}
		if s.queued == 0 || s.state == stateClosed {
			s.writing = false
			// Inside mu, so that the next writer comes after it.
			s.srv.mu.Lock()
			delete(s.srv.backlog, s)
			s.srv.mu.Unlock()
			s.mu.Unlock()
			return
		}
		batch = batch[:0]
		for size := 0; s.inflight < len(s.queue) && size < batchSize; s.inflight++ {
			b := s.queue[s.inflight].b
			batch, size = append(batch, b), size+len(b)
		}
		s.mu.Unlock()
		if err := c.writeAll(batch); err != nil {
			c.kick() // writing stays set: there is nothing to write to any more
			return
		}
	}
}

// popLocked takes n written segments off the queue.
func (s *Session) popLocked(n int) {
	n = min(n, len(s.queue))
	for _, g := range s.queue[:n] {
		s.queued -= len(g.b)
	}
	clear(s.queue[:n]) // the frames are free to go
	s.queue = s.queue[n:]
	if len(s.queue) == 0 {
		s.queue = nil
	}
	s.inflight, s.partial = 0, false
}

// checkAge ends a WebSocket session whose oldest queued byte is too old.
func (s *Session) checkAge(now int64) {
	s.mu.Lock()
	old := s.state == stateOpen && s.ws != nil && len(s.queue) > 0 &&
		now-s.queue[0].at > int64(s.srv.opts.QueueAge)
	s.mu.Unlock()
	if old {
		s.overflow()
	}
}

// overflow closes a session that does not take what it is sent. Everything that is not
// partly on the wire is dropped first, so that nothing can follow a hole but the
// farewell.
func (s *Session) overflow() {
	s.mu.Lock()
	if s.state != stateOpen {
		s.mu.Unlock()
		return
	}
	s.state = stateClosing
	transport := s.transportLocked()
	keep := s.inflight
	if keep == 0 && s.partial {
		keep = 1
	}
	for _, g := range s.queue[keep:] {
		s.queued -= len(g.b)
	}
	clear(s.queue[keep:])
	s.queue = s.queue[:keep]
	now := s.srv.now()
	s.expireAt = now + int64(s.srv.opts.CloseTimeout)
	s.scheduleLocked(now)
	s.srv.wg.Add(1)
	s.mu.Unlock()
	go func() {
		defer s.srv.wg.Done()
		o := &s.srv.opts.Observer
		if o.SlowConsumer != nil {
			o.SlowConsumer(transport)
		}
		var farewell *Frame
		if s.srv.opts.Overflow != nil {
			farewell = s.srv.opts.Overflow(s)
		}
		s.mu.Lock()
		var dropped *wsConn
		if s.state == stateClosing {
			if farewell != nil {
				s.writeLocked(farewell.b)
			}
			dropped = s.sealLocked(closePolicy)
		}
		s.mu.Unlock()
		if dropped != nil {
			dropped.drop()
		}
		s.tell(transport, ReasonSlowConsumer)
	}()
}

// writeAll writes a batch to the end, waiting where the connection makes it wait. The
// bytes are shared with other sessions and stay as they are.
func (c *wsConn) writeAll(batch net.Buffers) error {
	if c.raw != nil {
		buffers := batch // WriteTo uses its receiver up
		_, err := buffers.WriteTo(c.conn)
		return err
	}
	// One write, hence one TLS record where it fits, instead of one for each segment.
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

// kick makes the reader of a broken connection end.
func (c *wsConn) kick() { c.conn.SetDeadline(time.Unix(1, 0)) }
