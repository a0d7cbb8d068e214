package engineio

import (
	"encoding/json"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"harang.dev/harang/engineio/internal/ws"
)

// Handler has the callbacks of a Server. Each may be nil.
type Handler struct {
	// Open is called when a session is opened, before its first message. It must not block.
	Open func(s *Session)
	// Message is called for each message, one at a time and in order. The data is valid only during the call. Nothing
	// is read from the client during the call, pongs included, so it must not block for long.
	Message func(s *Session, data []byte, binary bool)
	// Close is called once, when the session leaves the state open, with one of the Reason constants or the reason
	// given to Abort or Expire. It must not block.
	Close func(s *Session, reason string)
}

// Server is an Engine.IO server: an http.Handler that is mounted at one path, usually /engine.io/.
type Server struct {
	opts      Options
	handler   Handler
	origins   map[string]bool
	anyOrigin bool
	start     time.Time
	tail      string // the end of the open packet, which is the same for all sessions

	draining atomic.Bool
	pending  pending
	buffered budget
	wheel    wheel
	wg       sync.WaitGroup
	quit     chan struct{}
	quitOnce sync.Once

	mu        sync.Mutex
	closed    bool
	sessions  map[string]*Session   // guarded by mu
	backlog   map[*Session]struct{} // guarded by mu; WebSocket sessions with a queue
	lingering map[*wsConn]struct{}  // guarded by mu; rejected WebSockets that are being closed
	empty     chan struct{}         // guarded by mu; if not nil, closed when sessions becomes empty
}

// New returns a Server. Its background goroutine ends with Close. Nil options select the defaults.
func New(h Handler, opts *Options) *Server {
	s := &Server{
		opts:      opts.withDefaults(),
		handler:   h,
		origins:   map[string]bool{},
		quit:      make(chan struct{}),
		sessions:  map[string]*Session{},
		backlog:   map[*Session]struct{}{},
		lingering: map[*wsConn]struct{}{},
	}
	for _, o := range s.opts.AllowedOrigins {
		if o == "*" {
			s.anyOrigin = true
		}
		s.origins[strings.ToLower(strings.TrimSuffix(o, "/"))] = true
	}
	s.pending = pending{
		perAddress: s.opts.PendingPerAddress, all: s.opts.PendingLimit, addresses: map[netip.Prefix]int{},
	}
	s.buffered.limit = s.opts.BufferLimit
	s.start = s.opts.Now()
	s.tail = `,"pingInterval":` + millis(s.opts.PingInterval) +
		`,"pingTimeout":` + millis(s.opts.PingTimeout) +
		`,"maxPayload":` + strconv.Itoa(s.opts.MaxPayload) + `}`
	s.wheel.init(min(s.opts.PingInterval, s.opts.PingTimeout))
	s.wg.Add(1)
	go s.runWheel()
	return s
}

func millis(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

// now returns the time since New, in nanoseconds of Options.Now.
func (s *Server) now() int64 { return int64(s.opts.Now().Sub(s.start)) }

// Len returns the number of open and closing sessions.
func (s *Server) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.sessions)
}

// Drain makes the server answer every further handshake with 503 and Retry-After. Existing sessions continue, their
// upgrades included.
func (s *Server) Drain() { s.draining.Store(true) }

// Close calls Drain, closes every session (a WebSocket with code 1001, polling with a close packet) and returns when
// all goroutines of the server have ended. Clients that do not answer within 1 s are disconnected. It must not be
// called from a callback. The error is always nil.
func (s *Server) Close() error {
	s.Drain()
	s.mu.Lock()
	s.closed = true
	all := make([]*Session, 0, len(s.sessions))
	for _, session := range s.sessions {
		all = append(all, session)
	}
	empty := make(chan struct{})
	if len(all) == 0 {
		close(empty)
	} else {
		s.empty = empty
	}
	s.mu.Unlock()
	for _, session := range all {
		session.close(ReasonShutdown, ws.CloseGoingAway)
	}
	timeout := time.NewTimer(time.Second)
	defer timeout.Stop()
	select {
	case <-empty:
	case <-timeout.C:
	}
	for _, session := range all {
		session.terminate(ReasonShutdown, finalClose)
	}
	s.mu.Lock()
	for c := range s.lingering {
		c.closeNow()
	}
	s.mu.Unlock()
	s.quitOnce.Do(func() { close(s.quit) })
	s.wg.Wait()
	return nil
}

// track adds a goroutine to those that Close waits for. It returns false when the server is closed.
func (s *Server) track() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.wg.Add(1)
	return true
}

// add adds a session to the table. It returns false when the server is closed.
func (s *Server) add(session *Session) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.sessions[session.peer.id] = session
	return true
}

func (s *Server) remove(session *Session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sessions, session.peer.id)
	delete(s.backlog, session)
	if len(s.sessions) == 0 && s.empty != nil {
		close(s.empty)
		s.empty = nil
	}
}

// find returns the session with an id, nil if there is none. It ends a session whose pong is overdue, so that the
// heartbeat is exact although the wheel is coarse.
func (s *Server) find(id string) *Session {
	s.mu.Lock()
	session := s.sessions[id]
	s.mu.Unlock()
	if session == nil || session.overdue() {
		return nil
	}
	return session
}

// ServeHTTP serves handshakes, polls, POSTs and WebSockets.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.ContentLength != 0 {
		// The body must arrive within the time after which a silent session ends, whether it is read or not: net/http
		// waits for its end before it sends the response.
		timeout := s.opts.PingInterval + s.opts.PingTimeout
		http.NewResponseController(w).SetReadDeadline(time.Now().Add(timeout))
	}
	query, err := parseQuery(r.URL.RawQuery)
	if !s.checkOrigin(w, r) {
		if err == nil {
			s.endPending(query.sid)
		}
		return
	}
	if err != nil {
		s.refuse(w, CodeBadRequest)
		return
	}
	if query.transport != Polling && query.transport != WebSocket {
		s.refuse(w, CodeUnknownTransport)
		return
	}
	if query.sid == "" {
		s.handshake(w, r, query)
		return
	}
	if query.version != "4" {
		s.refuse(w, CodeUnsupportedVersion)
		return
	}
	session := s.find(query.sid)
	switch {
	case session == nil:
		s.refuse(w, CodeUnknownSession)
	case query.transport == WebSocket:
		s.serveUpgrade(w, r, session, query)
	case r.Method == http.MethodGet:
		session.servePoll(w, r)
	case r.Method == http.MethodPost:
		session.servePost(w, r)
	default:
		s.refuse(w, CodeBadRequest)
	}
}

// handshake answers a request without a session id (Engine.IO protocol, "Handshake").
func (s *Server) handshake(w http.ResponseWriter, r *http.Request, q query) {
	switch {
	case r.Method != http.MethodGet:
		s.refuse(w, CodeBadMethod)
	case q.version != "4":
		s.refuse(w, CodeUnsupportedVersion)
	case s.draining.Load():
		s.refuseTemporarily(w, http.StatusServiceUnavailable, "Server is draining")
	default:
		s.openSession(w, r, q)
	}
}

// openSession opens a session, unless too many are pending.
func (s *Server) openSession(w http.ResponseWriter, r *http.Request, q query) {
	if status := s.pending.acquire(r.RemoteAddr); status != 0 {
		if f := s.opts.Observer.Limited; f != nil {
			f(status)
		}
		s.refuseTemporarily(w, status, "Too many sessions are being opened")
		return
	}
	if q.transport == WebSocket {
		s.openWebSocket(w, r, q)
	} else {
		s.openPolling(w, r, q)
	}
}

// endPending ends a session whose client has not proved itself and cannot go on, because its origin was refused: a
// browser sends no Origin header with a handshake of polling, but one with each POST and WebSocket handshake.
func (s *Server) endPending(sid string) {
	if sid == "" {
		return
	}
	session := s.find(sid)
	if session == nil {
		return
	}
	session.mu.Lock()
	pending := session.timers.pending
	session.mu.Unlock()
	if pending {
		session.terminate(ReasonTransportError, finalClose)
	}
}

// openPacket returns the data of the open packet (Engine.IO protocol, "Handshake").
func (s *Server) openPacket(id string, t Transport) string {
	upgrades := `[]`
	if t == Polling && !s.opts.DisableUpgrade {
		upgrades = `["websocket"]`
	}
	sid, _ := json.Marshal(id)
	return `{"sid":` + string(sid) + `,"upgrades":` + upgrades + s.tail
}

// query has the query parameters of the protocol.
type query struct {
	version   string // EIO
	transport Transport
	sid       string
	base64    bool // b64: the client cannot receive binary WebSocket messages
}

// parseQuery decodes the protocol's parameters of a query string. The first value of a repeated parameter counts. Other
// parameters are the application's or a proxy's: they are skipped, even if they are malformed.
func parseQuery(raw string) (query, error) {
	values := map[string]string{}
	for pair := range strings.SplitSeq(raw, "&") {
		name, value, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(name)
		if err != nil {
			continue
		}
		switch name {
		case "EIO", "transport", "sid", "b64":
		default:
			continue
		}
		if _, repeated := values[name]; repeated {
			continue
		}
		if values[name], err = url.QueryUnescape(value); err != nil {
			return query{}, err
		}
	}
	return query{
		version: values["EIO"], transport: Transport(values["transport"]), sid: values["sid"],
		base64: values["b64"] != "",
	}, nil
}
