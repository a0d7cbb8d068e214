//go:build unix

package engineio

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"
)

// tight has small send buffers in its connections.
type tight struct{ net.Listener }

func (l tight) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err == nil {
		err = conn.(*net.TCPConn).SetWriteBuffer(4096)
	}
	return conn, err
}

// A client that asks and does not read the answer must not hold it for ever, however
// short the answer is.
func TestPolling_AnswerIsNotRead(t *testing.T) {
	f := newFixture(t, &Options{CloseTimeout: 100 * time.Millisecond}, Handler{})
	answered := make(chan struct{}, 10)
	f.web = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.server.ServeHTTP(w, r)
		answered <- struct{}{}
	}))
	f.web.Listener = tight{f.web.Listener}
	f.web.Start()
	sid, s := f.open()
	receive(t, answered)
	s.Send(Text([]byte(strings.Repeat("x", batchSize-10))))

	dialer := net.Dialer{Control: func(_, _ string, c syscall.RawConn) error {
		return c.Control(func(fd uintptr) { syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 2048) })
	}}
	conn, err := dialer.Dial("tcp", f.web.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte("GET /engine.io/?EIO=4&transport=polling&sid=" + sid + " HTTP/1.1\r\nHost: here\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	receive(t, answered)
	f.expectClosed(ReasonTransportError)
}

// broken is an answer that cannot be written.
type broken struct{ http.ResponseWriter }

func (b broken) Write([]byte) (int, error) { return 0, net.ErrClosed }
func (b broken) FlushError() error         { return net.ErrClosed }

// An answer that is lost ends the session, whose messages were in it; a noop is none.
func TestPolling_AnswerIsLost(t *testing.T) {
	for name, c := range map[string]struct {
		body string
		ends bool
	}{"messages": {"4hello", true}, "noop": {"6", false}} {
		t.Run(name, func(t *testing.T) {
			f := serve(t, nil, Handler{})
			_, s := f.open()
			s.answerPoll(broken{httptest.NewRecorder()}, []byte(c.body), 0)
			if c.ends {
				f.expectClosed(ReasonTransportError)
			} else if err := s.Send(Text([]byte("x"))); err != nil {
				t.Error(err)
			}
		})
	}
}

// A poll that its client gives up at the very moment of the upgrade does not end the
// session, which has left it behind.
func TestUpgrade_PollAbandoned(t *testing.T) {
	for range 20 { // a round in which the server is not waiting yet shows nothing
		f := serve(t, nil, Handler{})
		sid, s := f.open()
		c := f.candidate(sid)
		c.Send("2probe")
		c.Expect("3probe")
		came, answered := make(chan struct{}), make(chan struct{})
		s.mu.Lock()
		s.pollWanted = came
		s.mu.Unlock()
		ctx, abandon := context.WithCancel(context.Background())
		go func() {
			defer close(answered)
			r := httptest.NewRequestWithContext(ctx, "GET", "/?EIO=4&transport=polling&sid="+sid, nil)
			f.server.ServeHTTP(httptest.NewRecorder(), r)
		}()
		receive(t, came)
		s.mu.Lock()
		abandon()
		s.promoteLocked(s.candidate)
		s.mu.Unlock()
		receive(t, answered)
		c.Send("4hello")
		c.Expect("4hello")
	}
}
