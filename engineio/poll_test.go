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

// smallBuffers is a listener whose connections have small send buffers.
type smallBuffers struct{ net.Listener }

func (l smallBuffers) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err == nil {
		err = conn.(*net.TCPConn).SetWriteBuffer(4096)
	}
	return conn, err
}

// A client that does not read the response to its poll loses its session, however short the response is.
func TestPolling_ResponseNotRead(t *testing.T) {
	f := newFixture(t, &Options{CloseTimeout: 100 * time.Millisecond}, Handler{})
	answered := make(chan struct{}, 10)
	f.web = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.server.ServeHTTP(w, r)
		answered <- struct{}{}
	}))
	f.web.Listener = smallBuffers{f.web.Listener}
	f.web.Start()
	sid, s := f.open()
	receive(t, answered)
	s.Send(Text([]byte(strings.Repeat("x", batchSize-10))))

	dialer := net.Dialer{Control: func(_, _ string, c syscall.RawConn) error {
		return c.Control(func(fd uintptr) {
			syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 2048)
		})
	}}
	conn, err := dialer.Dial("tcp", f.web.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	request := "GET /engine.io/?EIO=4&transport=polling&sid=" + sid + " HTTP/1.1\r\nHost: here\r\n\r\n"
	if _, err := conn.Write([]byte(request)); err != nil {
		t.Fatal(err)
	}
	receive(t, answered)
	f.expectClosed(ReasonTransportError)
}

// A response that cannot be written ends the session, unless it is a noop, which contains no message.
func TestPolling_ResponseNotWritten(t *testing.T) {
	for name, c := range map[string]struct {
		body string
		ends bool
	}{"messages": {"4hello", true}, "noop": {"6", false}} {
		t.Run(name, func(t *testing.T) {
			f := serve(t, nil, Handler{})
			_, s := f.open()
			s.writePollResponse(brokenWriter{httptest.NewRecorder()}, []byte(c.body), 0)
			if c.ends {
				f.expectClosed(ReasonTransportError)
			} else if err := s.Send(Text([]byte("x"))); err != nil {
				t.Error(err)
			}
		})
	}
}

// A poll that is aborted during the upgrade does not end the session.
func TestUpgrade_PollAbandoned(t *testing.T) {
	for range 20 { // the server may not be waiting yet in some rounds
		f := serve(t, nil, Handler{})
		sid, s := f.open()
		c := f.candidate(sid)
		c.Send("2probe")
		c.Expect("3probe")
		arrived, answered := make(chan struct{}), make(chan struct{})
		s.mu.Lock()
		s.polling.wanted = arrived
		s.mu.Unlock()
		ctx, abandon := context.WithCancel(context.Background())
		go func() {
			defer close(answered)
			r := httptest.NewRequestWithContext(ctx, "GET", "/?EIO=4&transport=polling&sid="+sid, nil)
			f.server.ServeHTTP(httptest.NewRecorder(), r)
		}()
		receive(t, arrived)
		s.mu.Lock()
		abandon()
		s.completeUpgradeLocked(s.upgrade.candidate)
		s.mu.Unlock()
		receive(t, answered)
		c.Send("4hello")
		c.Expect("4hello")
	}
}
