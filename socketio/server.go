package socketio

import (
	"net/http"
	"sync"

	"harang.dev/harang/engineio"
)

// Server is a Socket.IO server: an http.Handler to be mounted at one path, by custom
// /socket.io/.
type Server struct {
	opts   Options
	engine *engineio.Server
	wg     sync.WaitGroup

	mu         sync.Mutex
	closed     bool
	namespaces map[string]*Namespace // guarded by mu
}

// New returns a Server. Its background goroutine ends with Close. Nil options mean
// defaults.
func New(opts *Options) *Server {
	s := &Server{opts: opts.withDefaults(), namespaces: map[string]*Namespace{}}
	engine := s.opts.Engine
	engine.Overflow = s.overflow
	s.engine = engineio.New(engineio.Handler{Open: s.open, Message: s.message, Close: s.end}, &engine)
	return s
}

// Namespace registers a namespace, "/" or a name that begins with it. It panics when
// the name is taken or cannot be sent. Clients that ask for another namespace are
// answered CONNECT_ERROR "Invalid namespace".
func (s *Server) Namespace(name string, h Handler) *Namespace {
	if !validName(name) {
		panic("socketio: invalid namespace " + name)
	}
	n := &Namespace{srv: s, name: name, handler: h,
		sockets: map[*Socket]struct{}{}, rooms: map[string]map[*Socket]struct{}{}}
	if name != "/" {
		n.prefix = name + ","
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.namespaces[name] != nil {
		panic("socketio: namespace " + name + " is registered twice")
	}
	s.namespaces[name] = n
	return n
}

func validName(name string) bool {
	if name == "" || name[0] != '/' {
		return false
	}
	for _, r := range name {
		if r == ',' || r < ' ' || r == 0xfffd {
			return false
		}
	}
	return true
}

func (s *Server) find(name string) *Namespace {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.namespaces[name]
}

// ServeHTTP serves the Engine.IO sessions underneath.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.engine.ServeHTTP(w, r) }

// Drain makes the server answer new handshakes with 503 and Retry-After. Sessions that
// exist go on.
func (s *Server) Drain() { s.engine.Drain() }

// Len is the number of sessions, each of which may hold several sockets.
func (s *Server) Len() int { return s.engine.Len() }

// Pending is the number of sessions without an open socket. How many there may be is
// said by Options.Engine, PendingPerAddress and PendingLimit.
func (s *Server) Pending() int { return s.engine.Pending() }

// Close drains, closes every session, and waits until all handlers have returned. It
// must not be called from a handler.
func (s *Server) Close() error {
	err := s.engine.Close()
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.wg.Wait()
	return err
}

// start runs f in a counted goroutine, unless the server is closed.
func (s *Server) start(f func()) bool {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return false
	}
	s.wg.Add(1)
	s.mu.Unlock()
	go func() {
		defer s.wg.Done()
		f()
	}()
	return true
}

func (s *Server) open(session *engineio.Session) {
	c := &conn{srv: s, session: session}
	session.SetValue(c)
	c.idle()
}

func (s *Server) message(session *engineio.Session, data []byte, binary bool) {
	c := session.Value().(*conn)
	if err := c.receive(data, binary); err != nil {
		session.Abort(ReasonParseError)
	}
}

func (s *Server) end(session *engineio.Session, reason string) {
	for _, socket := range session.Value().(*conn).end() {
		socket.end(reason)
	}
}

func (s *Server) overflow(session *engineio.Session) *Frame {
	if s.opts.Overflow == nil {
		return nil
	}
	var farewells []*Frame
	for _, socket := range session.Value().(*conn).all() {
		if socket.state.Load() == stateOpen {
			farewells = append(farewells, s.opts.Overflow(socket))
		}
	}
	return Join(farewells...)
}
