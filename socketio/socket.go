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
	stateHeld   uint32 = iota // not accepted yet, or corked: what is delivered is held
	stateOpen                 // what is delivered is sent
	stateClosed               // over
)

// Socket is one client in one namespace. All methods may be called from any goroutine.
type Socket struct {
	ns    *Namespace
	conn  *conn
	id    string
	state atomic.Uint32 // changed with mu held

	// rooms is guarded by ns.mu.
	rooms map[string]struct{}

	mu            sync.Mutex
	pid           string
	value         any
	decided       bool // the request was accepted, refused or dropped
	accepted      bool
	held          []*Frame
	heldBytes     int
	cancelConnect context.CancelFunc
	ctx           context.Context // made when the first event comes
	cancel        context.CancelFunc
	inbox         []inboxItem
	working       bool          // the worker goroutine lives
	room          chan struct{} // closed when the inbox has room again
	acks          map[uint64]chan<- Reply
	lastAck       uint64
}

// inboxItem is an event, or the end of the socket.
type inboxItem struct {
	event  *Event
	reason string
}

// ID is the id of the socket, new with every CONNECT. Client and server know it.
func (s *Socket) ID() string { return s.id }

// PID is what Accept was given, "" before.
func (s *Socket) PID() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pid
}

// Namespace is the namespace of the socket.
func (s *Socket) Namespace() *Namespace { return s.ns }

// RemoteAddr is http.Request.RemoteAddr of the handshake request.
func (s *Socket) RemoteAddr() string { return s.conn.session.RemoteAddr() }

// Transport is the present transport.
func (s *Socket) Transport() engineio.Transport { return s.conn.session.Transport() }

// SetValue keeps a value of the application with the socket.
func (s *Socket) SetValue(v any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.value = v
}

// Value is what SetValue was given, nil before.
func (s *Socket) Value() any {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.value
}

// Deliver sends a frame, without ever blocking: what the connection does not take now
// waits in a bounded queue. It fails with ErrClosed when the socket is over, and with
// ErrSlowConsumer when the queue is full, which also ends the session with that reason.
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
	if s.heldBytes > 0 && s.heldBytes+f.Len() > s.ns.srv.opts.Engine.QueueLimit {
		s.mu.Unlock()
		s.conn.session.Abort(ReasonSlowConsumer)
		return ErrSlowConsumer
	}
	s.held = append(s.held, f)
	s.heldBytes += f.Len()
	s.mu.Unlock()
	return nil
}

// Queued is how many bytes wait for the client's session, beside what the kernel took
// and what is held.
func (s *Socket) Queued() int { return s.conn.session.Queued() }

// Cork holds what is delivered from now on until Uncork.
func (s *Socket) Cork() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state.Load() == stateOpen {
		s.state.Store(stateHeld)
	}
}

// Uncork sends what was held, in one write and before anything that is delivered
// later. It does nothing unless the socket is corked.
func (s *Socket) Uncork() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.accepted || s.state.Load() != stateHeld {
		return nil
	}
	held := s.held
	s.held, s.heldBytes = nil, 0
	s.state.Store(stateOpen)
	if len(held) == 0 {
		return nil
	}
	return s.conn.session.SendAll(held...)
}

// Emit sends an event. It fails like Deliver, or when an argument is not JSON.
func (s *Socket) Emit(event string, args ...json.RawMessage) error {
	f, err := s.ns.Encode(event, args...)
	if err != nil {
		return err
	}
	return s.Deliver(f)
}

// EmitBinary sends an event with attachments. An argument stands for attachment n when
// it is, or contains, Placeholder(n).
func (s *Socket) EmitBinary(event string, attachments [][]byte, args ...json.RawMessage) error {
	f, err := s.ns.EncodeBinary(event, attachments, args...)
	if err != nil {
		return err
	}
	return s.Deliver(f)
}

// Disconnect ends the socket with a DISCONNECT packet; the session goes on. The stock
// client does not come back by itself after that.
func (s *Socket) Disconnect() {
	s.mu.Lock()
	accepted := s.accepted && s.state.Load() != stateClosed
	var held []*Frame
	if accepted {
		held = append(s.held, engineio.Text([]byte{typeDisconnect}, []byte(s.ns.prefix)))
		s.conn.session.SendAll(held...)
	}
	s.mu.Unlock()
	if accepted {
		s.conn.leave(s, ReasonServerDisconnect)
	}
}

// CloseTransport closes the session with all its sockets, once what was delivered
// before has been sent: a WebSocket by closing it, polling by a close packet that
// travels alone in its payload, after the poll before it was taken. The stock client
// comes back by itself after that.
func (s *Socket) CloseTransport() {
	s.Uncork()
	s.conn.session.Close()
}

// pending reports whether the request is undecided.
func (s *Socket) pending() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.accepted && s.state.Load() == stateHeld
}

// end closes the socket, whoever wants it, and has Handler.Disconnect called after the
// events that came before.
func (s *Socket) end(reason string) {
	s.mu.Lock()
	if s.state.Load() == stateClosed {
		s.mu.Unlock()
		return
	}
	accepted := s.accepted
	s.closeLocked()
	if s.cancel != nil && reason != ReasonClientDisconnect {
		s.cancel() // else once the events before it are through
	}
	if accepted {
		s.pushLocked(inboxItem{reason: reason})
	}
	s.mu.Unlock()
	if accepted {
		s.ns.remove(s)
	}
}

// closeLocked marks the socket as closed and frees what waits for it.
func (s *Socket) closeLocked() {
	s.state.Store(stateClosed)
	s.held, s.heldBytes = nil, 0
	s.cancelConnect()
	for id, reply := range s.acks {
		close(reply)
		delete(s.acks, id)
	}
	if s.room != nil {
		close(s.room)
		s.room = nil
	}
}

// enqueue hands an event to the worker, waiting while the inbox is full.
func (s *Socket) enqueue(e *Event) {
	s.mu.Lock()
	for s.state.Load() != stateClosed && len(s.inbox) >= s.ns.srv.opts.MaxInbox {
		if s.room == nil {
			s.room = make(chan struct{})
		}
		room := s.room
		s.mu.Unlock()
		<-room
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

func (s *Socket) pushLocked(item inboxItem) {
	s.inbox = append(s.inbox, item)
	if !s.working {
		s.working = s.ns.srv.start(s.work)
	}
}

// work calls the handlers for what is in the inbox and ends when it is empty.
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
		if s.room != nil {
			close(s.room)
			s.room = nil
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
