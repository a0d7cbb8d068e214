package socketio

import (
	"context"
	"encoding/json"
	"sync"
	"sync/atomic"

	"harang.dev/harang/engineio"
)

// The states of a socket.
const (
	stateCorked uint32 = iota // not yet accepted, or corked: frames are kept
	stateOpen                 // frames are sent
	stateClosed
)

// Socket is a client in a namespace. All methods may be called from any goroutine.
type Socket struct {
	ns    *Namespace
	conn  *conn
	id    string
	state atomic.Uint32 // changed only while mu is held

	// rooms is guarded by ns.mu.
	rooms map[string]struct{}

	mu            sync.Mutex
	pid           string
	value         any
	decided       bool // Accept, Refuse or Drop was called
	accepted      bool
	corked        []*Frame
	corkedBytes   int
	cancelConnect context.CancelFunc
	ctx           context.Context // of Handler.Event; created with the first event
	cancel        context.CancelFunc
	inbox         []inboxItem
	working       bool          // the worker goroutine is running
	inboxFree     chan struct{} // if not nil, closed when the inbox is no longer full
	acks          map[uint64]chan<- Reply
	lastAck       uint64
}

// inboxItem is an event, or the reason of the disconnect.
type inboxItem struct {
	event  *Event
	reason string
}

// ID returns the id of the socket, which is new for each CONNECT. The client knows it as socket.id.
func (s *Socket) ID() string { return s.id }

// PID returns the pid passed to Accept, "" before.
func (s *Socket) PID() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pid
}

// Namespace returns the namespace of the socket.
func (s *Socket) Namespace() *Namespace { return s.ns }

// RemoteAddr returns http.Request.RemoteAddr of the handshake request.
func (s *Socket) RemoteAddr() string { return s.conn.session.RemoteAddr() }

// Transport returns the session's current transport.
func (s *Socket) Transport() engineio.Transport { return s.conn.session.Transport() }

// SetValue stores a value of the application with the socket.
func (s *Socket) SetValue(v any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.value = v
}

// Value returns the value stored by SetValue, nil before.
func (s *Socket) Value() any {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.value
}

// Deliver sends a frame and never blocks: what the connection does not accept now is queued. It fails with ErrClosed
// when the socket has closed, and with ErrSlowConsumer when the queue is full, which also ends the session.
func (s *Socket) Deliver(f *Frame) error {
	if s.state.Load() == stateOpen {
		return s.conn.session.Send(f)
	}
	s.mu.Lock()
	switch s.state.Load() {
	case stateOpen:
		s.mu.Unlock()
		return s.conn.session.Send(f)
	case stateClosed:
		s.mu.Unlock()
		return ErrClosed
	}
	if s.corkedBytes > 0 && s.corkedBytes+f.Len() > s.ns.srv.opts.Engine.QueueLimit {
		s.mu.Unlock()
		s.conn.session.Abort(ReasonSlowConsumer)
		return ErrSlowConsumer
	}
	s.corked = append(s.corked, f)
	s.corkedBytes += f.Len()
	s.mu.Unlock()
	return nil
}

// Queued returns how many bytes are queued for the session, besides those that the kernel has accepted and those that
// are corked.
func (s *Socket) Queued() int { return s.conn.session.Queued() }

// Cork keeps frames delivered from now on until Uncork.
func (s *Socket) Cork() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state.Load() == stateOpen {
		s.state.Store(stateCorked)
	}
}

// Uncork sends the kept frames in one write, before any frame delivered later. It does nothing if the socket is not
// corked. It fails like Deliver.
func (s *Socket) Uncork() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.accepted || s.state.Load() != stateCorked {
		return nil
	}
	corked := s.corked
	s.corked, s.corkedBytes = nil, 0
	s.state.Store(stateOpen)
	if len(corked) == 0 {
		return nil
	}
	return s.conn.session.SendAll(corked...)
}

// Emit encodes and sends an event. It fails like Namespace.Encode and Deliver.
func (s *Socket) Emit(event string, args ...json.RawMessage) error {
	f, err := s.ns.Encode(event, args...)
	if err != nil {
		return err
	}
	return s.Deliver(f)
}

// EmitBinary encodes and sends an event with attachments. Placeholder(n) in an argument represents attachment n.
func (s *Socket) EmitBinary(event string, attachments [][]byte, args ...json.RawMessage) error {
	f, err := s.ns.EncodeBinary(event, attachments, args...)
	if err != nil {
		return err
	}
	return s.Deliver(f)
}

// Disconnect sends a DISCONNECT packet and closes the socket; the session stays open. The official client does not
// reconnect by itself after it.
func (s *Socket) Disconnect() {
	s.mu.Lock()
	accepted := s.accepted && s.state.Load() != stateClosed
	if accepted {
		frames := append(s.corked, engineio.Text([]byte{typeDisconnect}, []byte(s.ns.prefix)))
		s.conn.session.SendAll(frames...)
	}
	s.mu.Unlock()
	if accepted {
		s.conn.closeSocket(s, ReasonServerDisconnect)
	}
}

// CloseTransport closes the session with all its sockets after the frames delivered before: a WebSocket with a close
// frame, polling with a close packet alone in its payload, after the poll before it was answered. The official client
// reconnects by itself after it.
func (s *Socket) CloseTransport() {
	s.Uncork()
	s.conn.session.Close()
}

// undecided reports whether none of Accept, Refuse and Drop has completed.
func (s *Socket) undecided() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.accepted && s.state.Load() == stateCorked
}

// close closes the socket and queues the call of Handler.Disconnect behind the events received before.
func (s *Socket) close(reason string) {
	s.mu.Lock()
	if s.state.Load() == stateClosed {
		s.mu.Unlock()
		return
	}
	accepted := s.accepted
	s.closeLocked()
	if s.cancel != nil && reason != ReasonClientDisconnect {
		s.cancel() // otherwise the worker does, after the events received before
	}
	if accepted {
		s.pushLocked(inboxItem{reason: reason})
	}
	s.mu.Unlock()
	if accepted {
		s.ns.remove(s)
	}
}

// closeLocked marks the socket as closed and wakes the goroutines that wait for it.
func (s *Socket) closeLocked() {
	s.state.Store(stateClosed)
	s.corked, s.corkedBytes = nil, 0
	s.cancelConnect()
	for id, reply := range s.acks {
		close(reply)
		delete(s.acks, id)
	}
	if s.inboxFree != nil {
		close(s.inboxFree)
		s.inboxFree = nil
	}
}

// enqueue adds an event to the inbox and blocks while the inbox is full.
func (s *Socket) enqueue(e *Event) {
	s.mu.Lock()
	for s.state.Load() != stateClosed && len(s.inbox) >= s.ns.srv.opts.MaxInbox {
		if s.inboxFree == nil {
			s.inboxFree = make(chan struct{})
		}
		free := s.inboxFree
		s.mu.Unlock()
		<-free
		s.mu.Lock()
	}
	defer s.mu.Unlock()
	if s.state.Load() == stateClosed || s.ns.handler.Event == nil {
		return
	}
	if s.ctx == nil {
		s.ctx, s.cancel = context.WithCancel(context.Background())
	}
	s.pushLocked(inboxItem{event: e})
}

// pushLocked adds an item to the inbox and starts the worker goroutine, unless it is running.
func (s *Socket) pushLocked(item inboxItem) {
	s.inbox = append(s.inbox, item)
	if !s.working {
		s.working = s.ns.srv.start(s.work)
	}
}

// work is the worker goroutine: it calls the handlers for the items of the inbox and ends when it is empty.
func (s *Socket) work() {
	for {
		s.mu.Lock()
		if len(s.inbox) == 0 {
			s.inbox, s.working = nil, false
			s.mu.Unlock()
			return
		}
		item := s.inbox[0]
		s.inbox[0] = inboxItem{}
		s.inbox = s.inbox[1:]
		ctx, cancel := s.ctx, s.cancel
		if s.inboxFree != nil {
			close(s.inboxFree)
			s.inboxFree = nil
		}
		s.mu.Unlock()
		h := &s.ns.handler
		if item.event != nil {
			h.Event(ctx, s, item.event)
			continue
		}
		if cancel != nil {
			cancel()
		}
		if h.Disconnect != nil {
			h.Disconnect(s, item.reason)
		}
	}
}
