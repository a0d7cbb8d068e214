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
)

// Handler are the functions a Server calls. Each may be nil.
type Handler struct {
	// Open is called when a session begins, before its first message.
	Open func(s *Session)
	// Message is called for each message, one at a time and in order. The data is valid
	// only during the call. While it runs nothing more is read from the client, pongs
	// neither: it must not wait.
	Message func(s *Session, data []byte, binary bool)
	// Close is called once when the session ended for the application, with one of the
	// Reason constants or the reason that was given to Abort. It must not wait.
	Close func(s *Session, reason string)
}

// Server is an Engine.IO server: an http.Handler to be mounted at one path.
type Server struct {
	opts      Options
	handler   Handler
	origins   map[string]bool
	anyOrigin bool
	start     time.Time
	tail      string // of the open packet: what is the same for all sessions

	draining atomic.Bool
	pending  pending
	wheel    wheel
	wg       sync.WaitGroup
	quit     chan struct{}
	quitOnce sync.Once

	mu        sync.Mutex
	closed    bool
	sessions  map[string]*Session   // guarded by mu
	backlog   map[*Session]struct{} // guarded by mu; WebSocket sessions with a queue
	lingering map[*wsConn]struct{}  // guarded by mu; closing handshakes under way
	empty     chan struct{}         // guarded by mu; closed when sessions becomes empty
}

// New returns a Server. Its one background goroutine ends with Close. Nil options mean
// defaults.
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
	s.pending = pending{perAddress: s.opts.PendingPerAddress, all: s.opts.PendingLimit, hosts: map[netip.Prefix]int{}}
	s.start = s.opts.Now()
	s.tail = `,"pingInterval":` + millis(s.opts.PingInterval) +
		`,"pingTimeout":` + millis(s.opts.PingTimeout) +
		`,"maxPayload":` + strconv.Itoa(s.opts.MaxPayload) + `}`
	s.wheel.init(min(s.opts.PingInterval, s.opts.PingTimeout))
	s.wg.Add(1)
	go s.turn()
	return s
}

func millis(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

// now is the time since the server was made, in nanoseconds.
func (s *Server) now() int64 { return int64(s.opts.Now().Sub(s.start)) }

// Len is the number of sessions, those that are still closing included.
func (s *Server) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.sessions)
}

// Drain makes the server answer every new handshake with 503 and Retry-After. Sessions
// that exist go on, their requests and upgrades too.
func (s *Server) Drain() { s.draining.Store(true) }

// Close drains, closes every session (a WebSocket with code 1001, a poll with a close
// packet), and waits for all goroutines of the server. Clients that do not answer
// within a second are cut off. It must not be called from a callback.
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
		session.close(ReasonShutdown, closeGoingAway)
	}
	patience := time.NewTimer(time.Second)
	defer patience.Stop()
	select {
	case <-empty:
	case <-patience.C:
	}
	for _, session := range all {
		session.finish(ReasonShutdown, verdictClose)
	}
	s.mu.Lock()
	for c := range s.lingering {
		c.drop()
	}
	s.mu.Unlock()
	s.quitOnce.Do(func() { close(s.quit) })
	s.wg.Wait()
	return nil
}

// track counts a goroutine, unless the server is closed.
func (s *Server) track() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.wg.Add(1)
	return true
}

// add puts a session on the table, unless the server is closed.
func (s *Server) add(session *Session) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.sessions[session.id] = session
	return true
}

func (s *Server) remove(session *Session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sessions, session.id)
	delete(s.backlog, session)
	if len(s.sessions) == 0 && s.empty != nil {
		close(s.empty)
		s.empty = nil
	}
}

// find returns the living session of an id. One whose pong is overdue is ended here,
// so that the heartbeat is exact however coarse the wheel.
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
		// A body that trickles must not hold its connection for ever, one that nobody
		// reads neither: net/http waits for its end before it answers. A session that
		// is silent for so long is over.
		patience := s.opts.PingInterval + s.opts.PingTimeout
		http.NewResponseController(w).SetReadDeadline(time.Now().Add(patience))
	}
	if !s.admit(w, r) {
		return
	}
	query, err := parseQuery(r.URL.RawQuery)
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
		s.serveUpgrade(w, r, session)
	case r.Method == http.MethodGet:
		session.servePoll(w, r)
	case r.Method == http.MethodPost:
		session.servePost(w, r)
	default:
		s.refuse(w, CodeBadRequest)
	}
}

func (s *Server) handshake(w http.ResponseWriter, r *http.Request, q query) {
	switch {
	case r.Method != http.MethodGet:
		s.refuse(w, CodeBadMethod)
	case q.version != "4":
		s.refuse(w, CodeUnsupportedVersion)
	case s.draining.Load():
		s.refuseForNow(w, http.StatusServiceUnavailable, "Server is draining")
	default:
		s.openSession(w, r, q.transport)
	}
}

// openSession begins a session, if there is room for one that is pending.
func (s *Server) openSession(w http.ResponseWriter, r *http.Request, t Transport) {
	if status := s.pending.begin(r.RemoteAddr); status != 0 {
		if f := s.opts.Observer.Limited; f != nil {
			f(status)
		}
		s.refuseForNow(w, status, "Too many sessions are being opened")
		return
	}
	if t == WebSocket {
		s.openWebSocket(w, r)
	} else {
		s.openPolling(w, r)
	}
}

func (s *Server) openPacket(id string, t Transport) string {
	upgrades := `[]`
	if t == Polling && !s.opts.DisableUpgrade {
		upgrades = `["websocket"]`
	}
	sid, _ := json.Marshal(id)
	return `{"sid":` + string(sid) + `,"upgrades":` + upgrades + s.tail
}

// query is what the protocol puts into the query string.
type query struct {
	version   string
	transport Transport
	sid       string
}

// parseQuery decodes a query string. Of a key that comes twice the first value counts.
func parseQuery(raw string) (query, error) {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return query{}, err
	}
	return query{
		version:   values.Get("EIO"),
		transport: Transport(values.Get("transport")),
		sid:       values.Get("sid"),
	}, nil
}
