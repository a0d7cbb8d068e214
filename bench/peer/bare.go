package peer

import (
	"encoding/binary"
	"net"
	"sync"
)

// bare is the floor: one write on a TCP connection for each event and listener,
// nothing else. A client sends its room in two bytes and is answered an empty
// frame. Frames have the form of a WebSocket's, so that all peers are read
// alike.
type bare struct {
	mu    sync.RWMutex
	rooms map[int][]net.Conn // guarded by mu; a list is replaced, never changed
}

func newBare() *bare { return &bare{rooms: map[int][]net.Conn{}} }

func (s *bare) Serve(l net.Listener) error {
	for {
		conn, err := l.Accept()
		if err != nil {
			return err
		}
		go s.join(conn)
	}
}

// join ends when the client is in its room: nothing is read after that.
func (s *bare) join(conn net.Conn) {
	var room [2]byte
	if _, err := conn.Read(room[:]); err != nil {
		conn.Close()
		return
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetWriteBuffer(64 << 10) // as Harang's; the kernel's choice is no failure
	}
	if _, err := conn.Write(appendFrame(nil, nil)); err != nil {
		conn.Close()
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	n := int(binary.BigEndian.Uint16(room[:]))
	s.rooms[n] = append(s.rooms[n][:len(s.rooms[n]):len(s.rooms[n])], conn)
}

func (s *bare) Publish(room int, events []Event) {
	s.mu.RLock()
	conns := s.rooms[room]
	s.mu.RUnlock()
	for _, e := range events {
		frame := appendFrame(nil, e.Body)
		for _, conn := range conns {
			_, _ = conn.Write(frame) // a listener that is gone costs no less
		}
	}
}

// appendFrame appends the unmasked text frame of a WebSocket (RFC 6455, section
// 5.2).
func appendFrame(b, payload []byte) []byte {
	if len(payload) < 126 {
		b = append(b, 0x81, byte(len(payload)))
	} else {
		b = binary.BigEndian.AppendUint16(append(b, 0x81, 126), uint16(len(payload)))
	}
	return append(b, payload...)
}
