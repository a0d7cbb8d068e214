// Package sioclient is a Socket.IO protocol 5 client over WebSocket, for tests and load tests. It has no goroutine: it
// reads from the connection only during a call. A caller that makes no call is therefore a slow reader, and ten
// thousand clients cost little more than their connections.
//
// A Client may be used by one goroutine at a time. A call that ends with its context leaves the client usable, unless
// it ended in the middle of a frame.
package sioclient

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gobwas/ws"
)

// Event is an event sent by the server.
type Event struct {
	Name string
	// Args are the arguments after the name.
	Args []json.RawMessage
}

// String returns argument i, "" if there is none or it is not a string.
func (e Event) String(i int) string {
	var s string
	if i < len(e.Args) {
		_ = json.Unmarshal(e.Args[i], &s) // not a string: ""
	}
	return s
}

// Offset returns the last argument, "" if it is not a string. The official client stores it as its recovery offset.
func (e Event) Offset() string { return e.String(len(e.Args) - 1) }

// ConnectError is a CONNECT_ERROR packet (Socket.IO protocol 5).
type ConnectError struct {
	Message string          `json:"message"`
	Data    json.RawMessage `json:"data"`
}

// Error returns the message.
func (e *ConnectError) Error() string { return "sioclient: connect error: " + e.Message }

// ErrDisconnected is returned after a DISCONNECT packet of the server. The transport may still be open.
var ErrDisconnected = errors.New("sioclient: disconnected by the server")

// ClosedError is the end of the transport.
type ClosedError struct {
	// Clean is true when the server sent a close frame or a close packet.
	Clean bool
	// Code is the status code of the close frame (RFC 6455, section 7.4), 0 without one.
	Code int
	Err  error
}

// Error returns how the transport was closed.
func (e *ClosedError) Error() string {
	return fmt.Sprintf("sioclient: transport closed (clean %t, code %d): %v", e.Clean, e.Code, e.Err)
}

// Unwrap returns the cause.
func (e *ClosedError) Unwrap() error { return e.Err }

// Client is one connection with at most one namespace.
type Client struct {
	// SID and PID are those of the server's answer to CONNECT.
	SID, PID string
	// MaxPayload in bytes, PingInterval and PingTimeout are those of the Engine.IO handshake.
	MaxPayload                int
	PingInterval, PingTimeout time.Duration

	conn   net.Conn
	br     *bufio.Reader
	prefix string
	// queue has the events that were received during EmitAck.
	queue  []Event
	acks   map[int][]json.RawMessage
	nextID int
	buf    []byte
}

// Dial opens an Engine.IO session over WebSocket at base, such as "http://127.0.0.1:8080". The path is /socket.io/
// unless base has one.
func Dial(ctx context.Context, base string) (*Client, error) {
	u, err := url.Parse(base)
	if err != nil {
		return nil, err
	}
	u.Scheme = strings.Replace(u.Scheme, "http", "ws", 1)
	if u.Path == "" || u.Path == "/" {
		u.Path = "/socket.io/"
	}
	u.RawQuery = "EIO=4&transport=websocket"
	conn, br, _, err := ws.Dial(ctx, u.String())
	if err != nil {
		return nil, err
	}
	if br == nil {
		br = bufio.NewReaderSize(conn, 1024)
	}
	c := &Client{conn: conn, br: br}
	if err := c.open(ctx); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return c, nil
}

func (c *Client) open(ctx context.Context) error {
	message, err := c.message(ctx)
	if err != nil {
		return err
	}
	if len(message) == 0 || message[0] != '0' {
		return fmt.Errorf("sioclient: unexpected packet instead of open: %.40q", message)
	}
	var handshake struct{ PingInterval, PingTimeout, MaxPayload int }
	if err := json.Unmarshal(message[1:], &handshake); err != nil {
		return err
	}
	c.MaxPayload = handshake.MaxPayload
	c.PingInterval = time.Duration(handshake.PingInterval) * time.Millisecond
	c.PingTimeout = time.Duration(handshake.PingTimeout) * time.Millisecond
	return nil
}

// Connect connects to a namespace with an auth payload, nil for none. It fails with a *ConnectError when the server
// refuses.
func (c *Client) Connect(ctx context.Context, namespace string, auth any) error {
	c.prefix = namespace + ","
	if namespace == "/" {
		c.prefix = ""
	}
	payload := []byte(nil)
	if auth != nil {
		var err error
		if payload, err = json.Marshal(auth); err != nil {
			return err
		}
	}
	if err := c.Send("40" + c.prefix + string(payload)); err != nil {
		return err
	}
	kind, body, err := c.packet(ctx)
	if err != nil {
		return err
	}
	switch kind {
	case '0':
		var connected struct{ SID, PID string }
		if err := json.Unmarshal(body, &connected); err != nil {
			return err
		}
		c.SID, c.PID = connected.SID, connected.PID
		return nil
	case '4':
		refused := new(ConnectError)
		if err := json.Unmarshal(body, refused); err != nil {
			return err
		}
		return refused
	}
	return fmt.Errorf("sioclient: unexpected answer to CONNECT: packet %c", kind)
}

// Next waits for the next event and answers pings meanwhile. It fails with ErrDisconnected, a *ClosedError or ctx.Err.
func (c *Client) Next(ctx context.Context) (Event, error) {
	for {
		if len(c.queue) > 0 {
			e := c.queue[0]
			c.queue = c.queue[1:]
			return e, nil
		}
		if err := c.receive(ctx); err != nil {
			return Event{}, err
		}
	}
}

// NextPacket waits for the next packet of the namespace and returns its type ('2' is an event) and the undecoded rest
// after the namespace, which is valid until the next call. It lets a load test skip the decoding of JSON.
func (c *Client) NextPacket(ctx context.Context) (kind byte, body []byte, err error) {
	return c.packet(ctx)
}

// Queued returns how many events have been read that Next has not returned.
func (c *Client) Queued() int { return len(c.queue) }

// Emit sends an event.
func (c *Client) Emit(name string, args ...any) error {
	body, err := json.Marshal(append([]any{name}, args...))
	if err != nil {
		return err
	}
	return c.Send("42" + c.prefix + string(body))
}

// EmitAck sends an event and waits for its acknowledgement. Events received meanwhile are queued for Next.
func (c *Client) EmitAck(ctx context.Context, name string, args ...any) ([]json.RawMessage, error) {
	body, err := json.Marshal(append([]any{name}, args...))
	if err != nil {
		return nil, err
	}
	id := c.nextID
	c.nextID++
	if c.acks == nil {
		c.acks = make(map[int][]json.RawMessage)
	}
	if err := c.Send("42" + c.prefix + strconv.Itoa(id) + string(body)); err != nil {
		return nil, err
	}
	for {
		if answer, ok := c.acks[id]; ok {
			delete(c.acks, id)
			return answer, nil
		}
		if err := c.receive(ctx); err != nil {
			return nil, err
		}
	}
}

// receive reads one packet and adds it to the queue or the acknowledgements.
func (c *Client) receive(ctx context.Context) error {
	kind, body, err := c.packet(ctx)
	if err != nil {
		return err
	}
	switch kind {
	case '1':
		return ErrDisconnected
	case '2':
		var all []json.RawMessage
		if err := json.Unmarshal(body, &all); err != nil {
			return err
		}
		e := Event{Args: all[1:]}
		if err := json.Unmarshal(all[0], &e.Name); err != nil {
			return err
		}
		c.queue = append(c.queue, e)
		return nil
	case '3':
		digits := 0
		for digits < len(body) && body[digits] >= '0' && body[digits] <= '9' {
			digits++
		}
		id, err := strconv.Atoi(string(body[:digits]))
		if err != nil {
			return err
		}
		var args []json.RawMessage
		if err := json.Unmarshal(body[digits:], &args); err != nil {
			return err
		}
		c.acks[id] = args
		return nil
	}
	return fmt.Errorf("sioclient: unexpected packet %c", kind)
}

// packet returns the next Socket.IO packet of the namespace and answers pings.
func (c *Client) packet(ctx context.Context) (kind byte, body []byte, err error) {
	for {
		m, err := c.message(ctx)
		if err != nil {
			return 0, nil, err
		}
		switch {
		case len(m) == 0:
			return 0, nil, errors.New("sioclient: empty message")
		case m[0] == '2':
			if err := c.Send("3" + string(m[1:])); err != nil {
				return 0, nil, err
			}
		case m[0] == '1':
			return 0, nil, &ClosedError{Clean: true, Err: io.EOF}
		case m[0] == '4' && len(m) > 1 && bytes.HasPrefix(m[2:], []byte(c.prefix)):
			return m[1], m[2+len(c.prefix):], nil
		case m[0] == '6':
		default:
			return 0, nil, fmt.Errorf("sioclient: unexpected message %.60q", m)
		}
	}
}

// Send sends one unmodified text message, which may be an invalid packet.
func (c *Client) Send(message string) error {
	return ws.WriteFrame(c.conn, ws.MaskFrameInPlace(ws.NewTextFrame([]byte(message))))
}

// message reads one WebSocket message, which is valid until the next call.
func (c *Client) message(ctx context.Context) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	deadline, _ := ctx.Deadline()
	if err := c.conn.SetReadDeadline(deadline); err != nil {
		return nil, &ClosedError{Err: err}
	}
	if ctx.Done() != nil {
		done := make(chan struct{})
		stop := context.AfterFunc(ctx, func() {
			_ = c.conn.SetReadDeadline(time.Unix(1, 0))
			close(done)
		})
		defer func() {
			if !stop() {
				<-done // so that it does not interrupt a later read
			}
		}()
	}
	for {
		h, err := ws.ReadHeader(c.br)
		if err != nil {
			return nil, readError(ctx, err)
		}
		if cap(c.buf) < int(h.Length) {
			c.buf = make([]byte, h.Length)
		}
		c.buf = c.buf[:h.Length]
		if _, err := io.ReadFull(c.br, c.buf); err != nil {
			return nil, readError(ctx, err)
		}
		switch h.OpCode {
		case ws.OpText, ws.OpBinary:
			if !h.Fin {
				return nil, errors.New("sioclient: unexpected fragmented message")
			}
			return c.buf, nil
		case ws.OpClose:
			code, reason := ws.ParseCloseFrameData(c.buf)
			return nil, &ClosedError{Clean: true, Code: int(code), Err: fmt.Errorf("close frame %q", reason)}
		case ws.OpPing:
			if err := ws.WriteFrame(c.conn, ws.MaskFrame(ws.NewPongFrame(c.buf))); err != nil {
				return nil, &ClosedError{Err: err}
			}
		}
	}
}

// readError returns ctx.Err for a read that was interrupted by the end of ctx, and a *ClosedError for others.
func readError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		return context.DeadlineExceeded
	}
	return &ClosedError{Err: err}
}

// Disconnect sends a DISCONNECT packet. The transport stays open.
func (c *Client) Disconnect() error { return c.Send("41" + c.prefix) }

// Close closes the WebSocket as a browser does when its page is unloaded: with a close frame of code 1001 and without
// waiting for the answer.
func (c *Client) Close() error {
	err := ws.WriteFrame(c.conn, ws.MaskFrame(ws.NewCloseFrame(ws.NewCloseFrameBody(ws.StatusGoingAway, ""))))
	return errors.Join(err, c.conn.Close())
}

// Cut ends the connection with a TCP reset, as after a network failure.
func (c *Client) Cut() error {
	if tcp, ok := c.conn.(*net.TCPConn); ok {
		if err := tcp.SetLinger(0); err != nil {
			return err
		}
	}
	return c.conn.Close()
}

// Conn returns the underlying connection.
func (c *Client) Conn() net.Conn { return c.conn }
