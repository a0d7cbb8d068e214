package socketio

import (
	"net/http"
	"sync"

	"harang.dev/harang/engineio"
)

// Server is a Socket.IO server: an http.Handler that is mounted at one path, usually /socket.io/.
type Server struct {
	opts   Options
	engine *engineio.Server
	wg     sync.WaitGroup

	mu         sync.Mutex
	closed     bool
	namespaces map[string]*Namespace // guarded by mu
}

// New returns a Server. Its background goroutine ends with Close. Nil options select the defaults.
func New(opts *Options) *Server {
	s := &Server{opts: opts.withDefaults(), namespaces: map[string]*Namespace{}}
	engine := s.opts.Engine
	engine.Overflow = func(session *engineio.Session) *Frame { return lastFrames(session, s.opts.Overflow) }
	engine.RateLimited = func(session *engineio.Session) *Frame { return lastFrames(session, s.opts.RateLimited) }
	s.engine = engineio.New(engineio.Handler{
		Open: s.sessionOpened, Message: s.messageReceived, Close: s.sessionClosed,
	}, &engine)
	return s
}

// Namespace registers a namespace, "/" or a name that begins with it. It panics when the name is already registered or
// is not allowed in a packet: it must not contain a comma or a control character.
func (s *Server) Namespace(name string, h Handler) *Namespace {
	if !validName(name) {
		panic("socketio: invalid namespace " + name)
	}
	n := &Namespace{Encoder: NewEncoder(name), srv: s, name: name, handler: h,
		sockets: map[*Socket]struct{}{}, rooms: map[string]map[*Socket]struct{}{}}
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

// ServeHTTP serves the requests of Engine.IO.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.engine.ServeHTTP(w, r) }

// Drain makes the server answer further handshakes with 503 and Retry-After. Existing sessions continue.
func (s *Server) Drain() { s.engine.Drain() }

// Len returns the number of sessions, each of which may have several sockets.
func (s *Server) Len() int { return s.engine.Len() }

// Pending returns the number of sessions without an accepted socket. Options.Engine limits it: PendingPerAddress and
// PendingLimit.
func (s *Server) Pending() int { return s.engine.Pending() }

// Close calls Drain, closes every session and returns when all handlers have returned. It must not be called from a
// handler. The error is always nil.
func (s *Server) Close() error {
	err := s.engine.Close()
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.wg.Wait()
	return err
}

// start runs f in a goroutine that Close waits for. It returns false when the server is closed.
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

func (s *Server) sessionOpened(session *engineio.Session) {
	c := &conn{srv: s, session: session}
	session.SetValue(c)
	c.startConnectTimeout()
}

func (s *Server) messageReceived(session *engineio.Session, data []byte, binary bool) {
	c := session.Value().(*conn)
	if err := c.receive(data, binary); err != nil {
		session.Abort(ReasonParseError)
	}
}

func (s *Server) sessionClosed(session *engineio.Session, reason string) {
	for _, socket := range session.Value().(*conn).close() {
		socket.close(reason)
	}
}

// lastFrames joins the frames that last returns for the open sockets of a session.
func lastFrames(session *engineio.Session, last func(*Socket) *Frame) *Frame {
	if last == nil {
		return nil
	}
	var frames []*Frame
	for _, socket := range session.Value().(*conn).allSockets() {
		if socket.state.Load() == stateOpen {
			frames = append(frames, last(socket))
		}
	}
	return Join(frames...)
}
