package engineio

import (
	"encoding/json"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"harang.dev/harang/engineio/enginetest"
	"harang.dev/harang/internal/testtime"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("net/http.(*persistConn).readLoop"),
		goleak.IgnoreTopFunction("net/http.(*persistConn).writeLoop"))
}

// fixture is a server whose application reports opened and closed sessions.
type fixture struct {
	t      *testing.T
	server *Server
	web    *httptest.Server
	opened chan *Session
	closed chan string
}

// serve starts a server on a loopback port. Its application echoes messages unless h.Message is set.
func serve(t *testing.T, opts *Options, h Handler) *fixture {
	t.Helper()
	f := newFixture(t, opts, h)
	f.web = httptest.NewServer(f.server)
	return f
}

// newFixture is serve without the listener.
func newFixture(t *testing.T, opts *Options, h Handler) *fixture {
	f := &fixture{t: t, opened: make(chan *Session, 100), closed: make(chan string, 100)}
	if h.Message == nil {
		h.Message = func(s *Session, data []byte, binary bool) {
			if binary {
				s.Send(Binary(data))
			} else {
				s.Send(Text(data))
			}
		}
	}
	open := h.Open
	h.Open = func(s *Session) {
		if open != nil {
			open(s)
		}
		f.opened <- s
	}
	h.Close = func(_ *Session, reason string) { f.closed <- reason }
	f.server = New(h, opts)
	t.Cleanup(func() {
		f.abortAll() // or Close waits a second for each client that does not answer
		if err := f.server.Close(); err != nil {
			t.Error(err)
		}
		if n := f.server.Len(); n != 0 {
			t.Errorf("%d sessions after Close", n)
		}
		if f.web != nil {
			f.web.Close()
		}
	})
	return f
}

func (f *fixture) abortAll() {
	f.server.mu.Lock()
	all := slices.Collect(maps.Values(f.server.sessions))
	f.server.mu.Unlock()
	for _, s := range all {
		s.Abort(ReasonForcedClose)
	}
}

// receive returns the next value of a channel.
func receive[T any](t *testing.T, ch <-chan T) T {
	t.Helper()
	return testtime.Receive(t, testtime.Limit, "a value", ch)
}

func (f *fixture) expectClosed(reason string) {
	f.t.Helper()
	if got := receive(f.t, f.closed); got != reason {
		f.t.Errorf("closed with %q, want %q", got, reason)
	}
}

// dial opens a session on a WebSocket.
func (f *fixture) dial() (*enginetest.Client, *Session) {
	f.t.Helper()
	c := enginetest.Dial(f.t, f.web.URL+"/engine.io/?EIO=4&transport=websocket")
	if open := c.Next(); open[0] != '0' {
		f.t.Fatalf("open packet %q", open)
	}
	return c, receive(f.t, f.opened)
}

// candidate opens a WebSocket for an existing session.
func (f *fixture) candidate(sid string) *enginetest.Client {
	f.t.Helper()
	return enginetest.Dial(f.t, f.web.URL+"/engine.io/?EIO=4&transport=websocket&sid="+sid)
}

// open opens a session on polling.
func (f *fixture) open() (string, *Session) {
	f.t.Helper()
	status, body := f.get("EIO=4&transport=polling")
	if status != http.StatusOK || body == "" || body[0] != '0' {
		f.t.Fatalf("handshake answered %d %q", status, body)
	}
	var handshake struct{ SID string }
	if err := json.Unmarshal([]byte(body[1:]), &handshake); err != nil {
		f.t.Fatal(err)
	}
	return handshake.SID, receive(f.t, f.opened)
}

func (f *fixture) do(method, query, body string, header http.Header) (*http.Response, string) {
	f.t.Helper()
	r, err := http.NewRequest(method, f.web.URL+"/engine.io/?"+query, strings.NewReader(body))
	if err != nil {
		f.t.Fatal(err)
	}
	for name, values := range header {
		r.Header[name] = values
	}
	response, err := f.web.Client().Do(r)
	if err != nil {
		f.t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		f.t.Fatal(err)
	}
	return response, string(content)
}

func (f *fixture) get(query string) (int, string) {
	f.t.Helper()
	response, body := f.do(http.MethodGet, query, "", nil)
	return response.StatusCode, body
}

func (f *fixture) poll(sid string) (int, string) {
	f.t.Helper()
	return f.get("EIO=4&transport=polling&sid=" + sid)
}

func (f *fixture) post(sid, payload string) (int, string) {
	f.t.Helper()
	response, body := f.do(http.MethodPost, "EIO=4&transport=polling&sid="+sid, payload, nil)
	return response.StatusCode, body
}

// pollAnswer is the response to a poll.
type pollAnswer struct {
	status int
	body   string
}

// pollAsync polls and returns when the poll has reached the server.
func (f *fixture) pollAsync(sid string, s *Session) <-chan pollAnswer {
	f.t.Helper()
	s.mu.Lock()
	arrived := make(chan struct{})
	s.polling.wanted = arrived
	s.mu.Unlock()
	answers := make(chan pollAnswer, 1)
	go func() {
		status, body := f.poll(sid)
		answers <- pollAnswer{status, body}
	}()
	receive(f.t, arrived)
	return answers
}

// brokenWriter is a response that cannot be written.
type brokenWriter struct{ http.ResponseWriter }

func (b brokenWriter) Write([]byte) (int, error) { return 0, net.ErrClosed }
func (b brokenWriter) FlushError() error         { return net.ErrClosed }
