// Package enginetest is a WebSocket client for tests of engineio, socketio and programs built on them. It sends any
// frames, invalid ones included.
package enginetest

import (
	"bufio"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// timeout is how long a client waits for data.
const timeout = time.Minute

// The opcodes of RFC 6455, section 5.2.
const (
	Continuation byte = 0x0
	Text         byte = 0x1
	Binary       byte = 0x2
	Close        byte = 0x8
	Ping         byte = 0x9
	Pong         byte = 0xa
)

// Client is the client side of a WebSocket.
type Client struct {
	Conn net.Conn
	t    testing.TB
	r    *bufio.Reader
}

// Dial opens a WebSocket at an http or https URL, which is closed when the test ends. It fails the test on an error.
func Dial(t testing.TB, rawURL string) *Client {
	t.Helper()
	c, status := TryDial(t, rawURL, nil)
	if status != http.StatusSwitchingProtocols {
		t.Fatalf("WebSocket handshake answered %d", status)
	}
	return c
}

// TryDial is Dial with further request headers. It returns the status of the response, and a nil client unless the
// status is 101.
func TryDial(t testing.TB, rawURL string, header http.Header) (*Client, int) {
	t.Helper()
	u, err := url.Parse(rawURL)
	if err != nil {
		t.Fatal(err)
	}
	var conn net.Conn
	if u.Scheme == "https" {
		// A test server's certificate is self-signed.
		conn, err = tls.Dial("tcp", u.Host, &tls.Config{InsecureSkipVerify: true})
	} else {
		conn, err = net.Dial("tcp", u.Host)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	var lines strings.Builder
	header.Write(&lines)
	fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n%s\r\n",
		u.RequestURI(), u.Host, lines.String())
	c := &Client{Conn: conn, t: t, r: bufio.NewReader(conn)}
	conn.SetReadDeadline(time.Now().Add(timeout))
	response, err := http.ReadResponse(c.r, nil)
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode != http.StatusSwitchingProtocols {
		response.Body.Close()
		return nil, response.StatusCode
	}
	return c, response.StatusCode
}

// AppendFrame appends a masked frame (RFC 6455, section 5.2).
func AppendFrame(b []byte, fin bool, op byte, payload []byte) []byte {
	if fin {
		op |= 0x80
	}
	switch n := len(payload); {
	case n < 126:
		b = append(b, op, 0x80|byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, op, 0x80|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, op, 0x80|127), uint64(n))
	}
	key := [4]byte{0x12, 0x34, 0x56, 0x78}
	b = append(b, key[:]...)
	for i, c := range payload {
		b = append(b, c^key[i&3])
	}
	return b
}

// Send sends text messages in one write.
func (c *Client) Send(messages ...string) {
	var b []byte
	for _, m := range messages {
		b = AppendFrame(b, true, Text, []byte(m))
	}
	c.Write(b)
}

// SendFrame sends one frame.
func (c *Client) SendFrame(fin bool, op byte, payload []byte) {
	c.Write(AppendFrame(nil, fin, op, payload))
}

// Write sends bytes unchanged. It ignores errors, which the next read returns.
func (c *Client) Write(b []byte) { c.Conn.Write(b) }

// Read reads one frame and returns its first byte, FIN bit and opcode, and its payload.
func (c *Client) Read() (op byte, payload []byte, err error) {
	c.Conn.SetReadDeadline(time.Now().Add(timeout))
	var head [2]byte
	if _, err := io.ReadFull(c.r, head[:]); err != nil {
		return 0, nil, err
	}
	n := uint64(head[1])
	if n >= 126 {
		long := make([]byte, 2)
		if n == 127 {
			long = make([]byte, 8)
		}
		if _, err := io.ReadFull(c.r, long); err != nil {
			return 0, nil, err
		}
		n = 0
		for _, d := range long {
			n = n<<8 | uint64(d)
		}
	}
	payload = make([]byte, n)
	_, err = io.ReadFull(c.r, payload)
	return head[0], payload, err
}

// Next returns the next text message other than a ping. It fails the test on any other frame or after 10 s.
func (c *Client) Next() string {
	c.t.Helper()
	for {
		op, payload, err := c.Read()
		if err != nil {
			c.t.Fatalf("no frame was received: %v", err)
		}
		if op != 0x80|Text {
			c.t.Fatalf("frame %#x %q instead of a text message", op, payload)
		}
		if string(payload) != "2" {
			return string(payload)
		}
	}
}

// Expect fails the test unless the next messages are these.
func (c *Client) Expect(messages ...string) {
	c.t.Helper()
	for _, want := range messages {
		if got := c.Next(); got != want {
			c.t.Fatalf("got %q, want %q", got, want)
		}
	}
}

// Closed reads until the connection ends, answers the close frame and returns its code: 1005 for a frame without a
// code, 0 without a frame.
func (c *Client) Closed() int {
	c.t.Helper()
	code := 0
	for {
		op, payload, err := c.Read()
		if err != nil {
			if timeout := net.Error(nil); errors.As(err, &timeout) && timeout.Timeout() {
				c.t.Fatal("the connection was not closed")
			}
			return code
		}
		if op == 0x80|Close {
			code = 1005
			if len(payload) >= 2 {
				code = int(binary.BigEndian.Uint16(payload))
			}
			c.SendFrame(true, Close, payload)
		}
	}
}
