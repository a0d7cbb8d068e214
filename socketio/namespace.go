package socketio

import (
	"encoding/json"
	"strconv"
	"sync"

	"harang.dev/harang/engineio"
)

// Namespace has its own handler, sockets and rooms. All methods may be called from any goroutine.
type Namespace struct {
	Encoder
	srv     *Server
	name    string
	handler Handler

	mu      sync.RWMutex
	sockets map[*Socket]struct{}            // guarded by mu
	rooms   map[string]map[*Socket]struct{} // guarded by mu
}

// Name returns the name of the namespace, "/" or "/name".
func (n *Namespace) Name() string { return n.name }

// Encoder encodes events for the sockets of one namespace. Its zero value is that of "/".
type Encoder struct {
	prefix string // the namespace in a packet: "" or "/name,"
}

// NewEncoder returns the encoder of the namespace with this name, which need not be registered yet.
func NewEncoder(namespace string) Encoder {
	if namespace == "/" {
		return Encoder{}
	}
	return Encoder{prefix: namespace + ","}
}

// Encode encodes an event once for any number of sockets of the namespace. It fails when an argument is not JSON in
// UTF-8 or the event name is reserved (Socket.IO protocol 5, "EVENT").
func (e Encoder) Encode(event string, args ...json.RawMessage) (*Frame, error) {
	return e.encode(typeEvent, 0, false, event, nil, args)
}

// EncodeBinary encodes an event with attachments, represented in args by Placeholder. It fails like Encode.
func (e Encoder) EncodeBinary(event string, attachments [][]byte, args ...json.RawMessage) (*Frame, error) {
	return e.encode(typeEvent, 0, false, event, attachments, args)
}

// encode encodes an event or an acknowledgement, as a binary packet if it has attachments.
func (e Encoder) encode(
	kind byte, id uint64, hasID bool, name string, attachments [][]byte, args []json.RawMessage,
) (*Frame, error) {
	if len(attachments) > 0 {
		kind += typeBinaryEvent - typeEvent
	}
	size := 16 + len(e.prefix) + len(name)
	for _, arg := range args {
		size += len(arg) + 1
	}
	b, err := appendPacket(make([]byte, 0, size), kind, len(attachments), e.prefix, id, hasID, name, args)
	if err != nil {
		return nil, err
	}
	text := engineio.Text(b)
	if len(attachments) == 0 {
		return text, nil
	}
	frames := make([]*Frame, 1, 1+len(attachments))
	frames[0] = text
	for _, a := range attachments {
		frames = append(frames, engineio.Binary(a))
	}
	return Join(frames...), nil
}

// Placeholder returns the JSON that represents attachment n, counted from 0 (Socket.IO protocol 5, "BINARY_EVENT").
func Placeholder(n int) json.RawMessage {
	return json.RawMessage(`{"_placeholder":true,"num":` + strconv.Itoa(n) + `}`)
}

// Sockets returns the accepted sockets, in no particular order.
func (n *Namespace) Sockets() []*Socket {
	n.mu.RLock()
	defer n.mu.RUnlock()
	all := make([]*Socket, 0, len(n.sockets))
	for s := range n.sockets {
		all = append(all, s)
	}
	return all
}

func (n *Namespace) add(s *Socket) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.sockets[s] = struct{}{}
}

// remove removes a socket from the namespace and its rooms.
func (n *Namespace) remove(s *Socket) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.sockets, s)
	for room := range s.rooms {
		n.leaveLocked(s, room)
	}
	s.rooms = nil
}

func (n *Namespace) leaveLocked(s *Socket, room string) {
	delete(s.rooms, room)
	delete(n.rooms[room], s)
	if len(n.rooms[room]) == 0 {
		delete(n.rooms, room)
	}
}

// Join adds the socket to a room. It does nothing if the socket is not accepted or has closed.
func (s *Socket) Join(room string) {
	n := s.ns
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, ok := n.sockets[s]; !ok {
		return
	}
	if s.rooms == nil {
		s.rooms = map[string]struct{}{}
	}
	s.rooms[room] = struct{}{}
	if n.rooms[room] == nil {
		n.rooms[room] = map[*Socket]struct{}{}
	}
	n.rooms[room][s] = struct{}{}
}

// Leave removes the socket from a room.
func (s *Socket) Leave(room string) {
	s.ns.mu.Lock()
	defer s.ns.mu.Unlock()
	s.ns.leaveLocked(s, room)
}

// Rooms returns the socket's rooms, in no particular order.
func (s *Socket) Rooms() []string {
	s.ns.mu.RLock()
	defer s.ns.mu.RUnlock()
	all := make([]string, 0, len(s.rooms))
	for room := range s.rooms {
		all = append(all, room)
	}
	return all
}

// Broadcast is a selection of a namespace's sockets. It is evaluated anew by each call of Sockets, Emit and Deliver.
type Broadcast struct {
	ns           *Namespace
	rooms        []string
	exceptRooms  []string
	exceptSocket *Socket
}

// To selects the sockets that are in at least one of the rooms; without rooms, all sockets.
func (n *Namespace) To(rooms ...string) *Broadcast { return &Broadcast{ns: n, rooms: rooms} }

// Except returns a selection without the sockets that are in one of the rooms.
func (b *Broadcast) Except(rooms ...string) *Broadcast {
	c := *b
	c.exceptRooms = append(append([]string(nil), b.exceptRooms...), rooms...)
	return &c
}

// ExceptSocket returns a selection without one socket, such as the sender.
func (b *Broadcast) ExceptSocket(s *Socket) *Broadcast {
	c := *b
	c.exceptSocket = s
	return &c
}

// Sockets returns the selected sockets, each once, in no particular order.
func (b *Broadcast) Sockets() []*Socket {
	b.ns.mu.RLock()
	defer b.ns.mu.RUnlock()
	var selected []*Socket
	add := func(s *Socket) {
		if s == b.exceptSocket {
			return
		}
		for _, room := range b.exceptRooms {
			if _, in := s.rooms[room]; in {
				return
			}
		}
		selected = append(selected, s)
	}
	if len(b.rooms) == 0 {
		for s := range b.ns.sockets {
			add(s)
		}
		return selected
	}
	for i, room := range b.rooms {
	member:
		for s := range b.ns.rooms[room] {
			for _, before := range b.rooms[:i] {
				if _, in := s.rooms[before]; in {
					continue member
				}
			}
			add(s)
		}
	}
	return selected
}

// Emit encodes an event once and sends it to the selected sockets. It fails like Encode; errors of single sockets are
// ignored.
func (b *Broadcast) Emit(event string, args ...json.RawMessage) error {
	f, err := b.ns.Encode(event, args...)
	if err != nil {
		return err
	}
	b.Deliver(f)
	return nil
}

// Deliver sends a frame to the selected sockets and returns the number of calls of Socket.Deliver that succeeded.
func (b *Broadcast) Deliver(f *Frame) int {
	n := 0
	for _, s := range b.Sockets() {
		if s.Deliver(f) == nil {
			n++
		}
	}
	return n
}
