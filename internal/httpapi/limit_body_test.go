package httpapi

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"harang.dev/harang/internal/testtime"
)

// A body that never ends must not keep its connection open for ever, even
// where nobody reads it.
func TestLimitBody_SlowBody(t *testing.T) {
	refuse := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) })
	server := httptest.NewServer(limitBody(refuse, 100*time.Millisecond))
	defer server.Close()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := fmt.Fprint(conn, "POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 1000\r\n\r\nx"); err != nil {
		t.Fatal(err)
	}
	if err := conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusUnauthorized || !response.Close {
		t.Errorf("%d, close %v", response.StatusCode, response.Close)
	}
}

// An answer that does not need the body is sent at once, however much of the body was
// announced; the connection is closed after it. A body that was read keeps it open.
func TestLimitBody_UnreadBody(t *testing.T) {
	server := httptest.NewServer(limitBody(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := readBody(w, r, 1000)
		if err != nil {
			fail(r.Context(), err).write(w)
			return
		}
		_, _ = fmt.Fprintf(w, "%d", len(body))
	}), time.Hour))
	defer server.Close()
	for name, c := range map[string]struct {
		request string
		status  int
		closed  bool
	}{
		"nothing sent":  {"Content-Length: 1000000\r\n\r\n", http.StatusRequestEntityTooLarge, true},
		"one byte over": {"Content-Length: 1001\r\n\r\n", http.StatusRequestEntityTooLarge, true},
		"one byte sent": {"Content-Length: 1000000\r\n\r\nx", http.StatusRequestEntityTooLarge, true},
		"for leave to send": {"Content-Length: 2000\r\nExpect: 100-continue\r\n\r\n",
			http.StatusRequestEntityTooLarge, true},
		"as long as allowed": {"Content-Length: 1000\r\n\r\n" + strings.Repeat("x", 1000), http.StatusOK, false},
		"in chunks": {"Transfer-Encoding: chunked\r\n\r\n3e9\r\n" + strings.Repeat("x", 1001),
			http.StatusRequestEntityTooLarge, true},
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := net.Dial("tcp", server.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = conn.Close() }()
			if err := conn.SetReadDeadline(time.Now().Add(testtime.Limit)); err != nil {
				t.Fatal(err)
			}
			if _, err := fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: here\r\n%s", c.request); err != nil {
				t.Fatal(err)
			}
			response, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = response.Body.Close() }()
			if _, err := io.Copy(io.Discard, response.Body); err != nil || response.StatusCode != c.status ||
				response.Close != c.closed {
				t.Errorf("%d, close %v, %v", response.StatusCode, response.Close, err)
			}
		})
	}
}
