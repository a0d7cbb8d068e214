package peer

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"sync"
	"time"

	"harang.dev/harang/socketio"
)

// socketIO is Harang's Socket.IO library alone: an event is encoded once and
// delivered to each listener by itself.
type socketIO struct {
	server    *socketio.Server
	namespace *socketio.Namespace

	mu    sync.RWMutex
	rooms map[int][]*socketio.Socket // guarded by mu; a list is replaced, never changed
}

func newSocketIO() *socketIO {
	s := &socketIO{rooms: map[int][]*socketio.Socket{}}
	s.server = socketio.New(nil)
	s.namespace = s.server.Namespace("/", socketio.Handler{Connect: s.connect})
	return s
}

// roomOf reads {"room":n} of a CONNECT.
func roomOf(r *socketio.Request) int {
	var auth struct{ Room int }
	_ = json.Unmarshal(r.Auth, &auth) // the load program's own
	return auth.Room
}

func (s *socketIO) connect(_ context.Context, r *socketio.Request) {
	if r.Accept("") != nil {
		return
	}
	n := roomOf(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rooms[n] = append(s.rooms[n][:len(s.rooms[n]):len(s.rooms[n])], r.Socket())
}

func (s *socketIO) Serve(l net.Listener) error { return serveHTTP(l, s.server) }

func serveHTTP(l net.Listener, h http.Handler) error {
	server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	return server.Serve(l)
}

func (s *socketIO) Publish(room int, events []Event) {
	s.mu.RLock()
	sockets := s.rooms[room]
	s.mu.RUnlock()
	for _, e := range events {
		frame, err := s.namespace.Encode(EventType, e.Body)
		if err != nil {
			panic(err) // an event of this program
		}
		for _, socket := range sockets {
			_ = socket.Deliver(frame) // a listener that is gone is found missing by the load program
		}
	}
}
