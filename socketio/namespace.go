package socketio

import (
	"encoding/json"
	"strconv"
	"sync"

	"harang.dev/harang/engineio"
)

// Namespace is a part of the server with its own handler, sockets and rooms.
type Namespace struct {
	srv     *Server
	name    string
	prefix  string // what a packet has before its id: "" or "/name,"
	handler Handler

	mu      sync.RWMutex
	sockets map[*Socket]struct{}            // guarded by mu
	rooms   map[string]map[*Socket]struct{} // guarded by mu
}

// Name is the name of the namespace.
func (n *Namespace) Name() string { return n.name }

// Encode encodes an event once for any number of sockets of the namespace. It fails
// when an argument is not JSON in UTF-8 or the name is reserved.
func (n *Namespace) Encode(event string, args ...json.RawMessage) (*Frame, error) {
	return n.encode(typeEvent, 0, false, event, nil, args)
}

// EncodeBinary encodes an event with attachments, for which Placeholder stands in args.
func (n *Namespace) EncodeBinary(event string, attachments [][]byte, args ...json.RawMessage) (*Frame, error) {
	return n.encode(typeEvent, 0, false, event, attachments, args)
}

// encode encodes an event or an acknowledgement, binary only if it has attachments.
func (n *Namespace) encode(kind byte, id uint64, hasID bool, name string, attachments [][]byte, args []json.RawMessage) (*Frame, error) {
	if len(attachments) > 0 {
		kind += typeBinaryEvent - typeEvent
	}
	size := 16 + len(n.prefix) + len(name)
	for _, arg := range args {
		size += len(arg) + 1
	}
	b, err := appendPacket(make([]byte, 0, size), kind, len(attachments), n.prefix, id, hasID, name, args)
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

// Placeholder is the JSON that stands for attachment n.
func Placeholder(n int) json.RawMessage {
	return json.RawMessage(`{"_placeholder":true,"num":` + strconv.Itoa(n) + `}`)
}

// Sockets answers the open sockets, in no order.
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

// remove takes a socket out of the namespace and its rooms.
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

// Join puts the socket into a room. It does nothing unless the socket is accepted and
// not over.
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

// Leave takes the socket out of a room.
func (s *Socket) Leave(room string) {
	s.ns.mu.Lock()
	defer s.ns.mu.Unlock()
	s.ns.leaveLocked(s, room)
}

// Rooms answers the rooms the socket is in, in no order.
func (s *Socket) Rooms() []string {
	s.ns.mu.RLock()
	defer s.ns.mu.RUnlock()
	all := make([]string, 0, len(s.rooms))
	for room := range s.rooms {
		all = append(all, room)
	}
	return all
}

// Audience is a choice of sockets of a namespace.
type Audience struct {
	ns           *Namespace
	rooms        []string
	exceptRooms  []string
	exceptSocket *Socket
}

// To chooses the sockets that are in any of the rooms; without rooms, all.
func (n *Namespace) To(rooms ...string) *Audience { return &Audience{ns: n, rooms: rooms} }

// Except leaves out the sockets that are in any of the rooms.
func (a *Audience) Except(rooms ...string) *Audience {
	b := *a
	b.exceptRooms = append(append([]string(nil), a.exceptRooms...), rooms...)
	return &b
}

// ExceptSocket leaves out one socket, such as the sender.
func (a *Audience) ExceptSocket(s *Socket) *Audience {
	b := *a
	b.exceptSocket = s
	return &b
}

// Sockets answers the chosen sockets, each once, in no order.
func (a *Audience) Sockets() []*Socket {
	a.ns.mu.RLock()
	defer a.ns.mu.RUnlock()
	var chosen []*Socket
	take := func(s *Socket) {
		if s == a.exceptSocket {
			return
		}
		for _, room := range a.exceptRooms {
			if _, in := s.rooms[room]; in {
				return
			}
		}
		chosen = append(chosen, s)
	}
	if len(a.rooms) == 0 {
		for s := range a.ns.sockets {
			take(s)
		}
		return chosen
	}
	for i, room := range a.rooms {
	member:
		for s := range a.ns.rooms[room] {
			for _, before := range a.rooms[:i] {
				if _, in := s.rooms[before]; in {
					continue member
				}
			}
			take(s)
		}
	}
	return chosen
}

// Emit sends an event, encoded once, to the chosen sockets. It fails when the event
// cannot be encoded; sockets that are over or too slow are their own matter.
func (a *Audience) Emit(event string, args ...json.RawMessage) error {
	f, err := a.ns.Encode(event, args...)
	if err != nil {
		return err
	}
	a.Deliver(f)
	return nil
}

// Deliver sends a frame to the chosen sockets and answers how many took it.
func (a *Audience) Deliver(f *Frame) int {
	n := 0
	for _, s := range a.Sockets() {
		if s.Deliver(f) == nil {
			n++
		}
	}
	return n
}
