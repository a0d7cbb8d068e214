package socketio

import (
	"encoding/json"
	"io"
	"net/http/httptest"
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

// serve starts a server with one namespace on a loopback port and returns the namespace and the URL.
func serve(t *testing.T, opts *Options, name string, h Handler) (*Namespace, string) {
	t.Helper()
	server := New(opts)
	ns := server.Namespace(name, h)
	web := httptest.NewServer(server)
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
		web.Close()
		if n := server.Len(); n != 0 {
			t.Errorf("%d sessions after Close", n)
		}
		if n := len(ns.Sockets()); n != 0 {
			t.Errorf("%d sockets after Close", n)
		}
	})
	return ns, web.URL
}

// dial opens a session on a WebSocket.
func dial(t *testing.T, url string) *enginetest.Client {
	t.Helper()
	c := enginetest.Dial(t, url+"/socket.io/?EIO=4&transport=websocket")
	if open := c.Next(); open[0] != '0' {
		t.Fatalf("open packet %q", open)
	}
	return c
}

// connect opens a session, connects it to the main namespace and returns the socket's id.
func connect(t *testing.T, url string) (*enginetest.Client, string) {
	t.Helper()
	c := dial(t, url)
	c.Send("40")
	return c, connected(t, c, "40").SID
}

// connected reads the server's CONNECT packet.
func connected(t *testing.T, c *enginetest.Client, prefix string) (answer struct{ SID, PID string }) {
	t.Helper()
	packet := c.Next()
	body, ok := strings.CutPrefix(packet, prefix)
	if !ok || json.Unmarshal([]byte(body), &answer) != nil || answer.SID == "" {
		t.Fatalf("%q instead of CONNECT", packet)
	}
	return answer
}

// receive returns the next value of a channel.
func receive[T any](t *testing.T, ch <-chan T) T {
	t.Helper()
	return testtime.Receive(t, testtime.Limit, "a value", ch)
}

func raw(s string) json.RawMessage { return json.RawMessage(s) }

// discard reads and ignores all data.
func discard(c *enginetest.Client) { go io.Copy(io.Discard, c.Conn) }
