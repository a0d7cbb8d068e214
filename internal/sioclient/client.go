// Package sioclient is a small Socket.IO 5 client over WebSocket, for tests and
// for the load program. It has no goroutine: what arrives is read when the
// caller asks for it, so a caller that does not ask is a stalled reader, and ten
// thousand clients cost no more than their sockets.
//
// A Client belongs to one goroutine at a time. A wait that ends with its context
// leaves the client usable, unless it ended in the middle of a frame.
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

// Event is one event of the server.
type Event struct {
	Name string
	// Args are the arguments behind the name.
	Args []json.RawMessage
}

// String returns argument i as a string, "" when it is none.
func (e Event) String(i int) string {
	var s string
	if i < len(e.Args) {
		_ = json.Unmarshal(e.Args[i], &s) // not a string: ""
	}
	return s
}

// Offset is the last argument if it is a string: what the stock client keeps as
// its offset.
func (e Event) Offset() string { return e.String(len(e.Args) - 1) }

// ConnectError is the server's CONNECT_ERROR.
type ConnectError struct {
	Message string          `json:"message"`
	Data    json.RawMessage `json:"data"`
}

// Error returns the message.
func (e *ConnectError) Error() string { return "sioclient: connect error: " + e.Message }

// ErrDisconnected is returned when the server left the namespace. The transport
// may still be open.
var ErrDisconnected = errors.New("sioclient: the server disconnected the namespace")

// ClosedError tells how the transport ended.
type ClosedError struct {
	// Clean is true when the server closed the WebSocket with a close frame.
	Clean bool
	// Code is the close frame's status code.
	Code int
	Err  error
}

// Error says how.
func (e *ClosedError) Error() string {
	return fmt.Sprintf("sioclient: transport closed (clean %t, code %d): %v", e.Clean, e.Code, e.Err)
}

// Unwrap returns the cause.
func (e *ClosedError) Unwrap() error { return e.Err }

// Client is one connection with at most one namespace.
type Client struct {
	// SID and PID are what the server answered to CONNECT.
	SID, PID string
	// MaxPayload, PingInterval and PingTimeout are the engine's handshake.
	MaxPayload                int
	PingInterval, PingTimeout time.Duration

	conn   net.Conn
	br     *bufio.Reader
	prefix string
	// queue holds events that came while something else was waited for.
	queue []Event
	acks  map[int][]json.RawMessage
	next  int
	buf   []byte
}

// Dial opens an Engine.IO session over WebSocket at base, such as
// "http://127.0.0.1:8080".
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
		return fmt.Errorf("sioclient: not an open packet: %.40q", message)
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

// Connect asks for a namespace with an auth payload, nil for none. A refusal is
// a *ConnectError.
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
		var answer struct{ SID, PID string }
		if err := json.Unmarshal(body, &answer); err != nil {
			return err
		}
		c.SID, c.PID = answer.SID, answer.PID
		return nil
	case '4':
		refused := new(ConnectError)
		if err := json.Unmarshal(body, refused); err != nil {
			return err
		}
		return refused
	}
	return fmt.Errorf("sioclient: packet %c answers CONNECT", kind)
}

// Next returns the next event. It answers pings meanwhile. Errors:
// ErrDisconnected, *ClosedError, the context's.
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

// NextPacket returns the next packet of the namespace as it stands on the wire,
// its kind ('2' is an event) and what follows the namespace; it is valid until
// the next call. It is for the load program, which must not spend its time on
// JSON.
func (c *Client) NextPacket(ctx context.Context) (kind byte, body []byte, err error) {
	return c.packet(ctx)
}

// Queued is how many events have been read and not been returned yet.
func (c *Client) Queued() int { return len(c.queue) }

// Emit sends an event.
func (c *Client) Emit(name string, args ...any) error {
	body, err := json.Marshal(append([]any{name}, args...))
	if err != nil {
		return err
	}
	return c.Send("42" + c.prefix + string(body))
}

// EmitAck sends an event and returns its acknowledgement. Events that come
// meanwhile wait for Next.
func (c *Client) EmitAck(ctx context.Context, name string, args ...any) ([]json.RawMessage, error) {
	body, err := json.Marshal(append([]any{name}, args...))
	if err != nil {
		return nil, err
	}
	id := c.next
	c.next++
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

// receive reads one packet into the queue or the acknowledgements.
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

// packet returns the next Socket.IO packet of the namespace, answering pings.
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

// Send writes one text message as it is; for tests of bad input too.
func (c *Client) Send(message string) error {
	return ws.WriteFrame(c.conn, ws.MaskFrameInPlace(ws.NewTextFrame([]byte(message))))
}

// message reads one WebSocket message. It is valid until the next call.
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
				<-done // or it would end a later reading
			}
		}()
	}
	for {
		h, err := ws.ReadHeader(c.br)
		if err != nil {
			return nil, c.ended(ctx, err)
		}
		if cap(c.buf) < int(h.Length) {
			c.buf = make([]byte, h.Length)
		}
		c.buf = c.buf[:h.Length]
		if _, err := io.ReadFull(c.br, c.buf); err != nil {
			return nil, c.ended(ctx, err)
		}
		switch h.OpCode {
		case ws.OpText, ws.OpBinary:
			if !h.Fin {
				return nil, errors.New("sioclient: a fragmented message")
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

func (c *Client) ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		return context.DeadlineExceeded
	}
	return &ClosedError{Err: err}
}

// Disconnect leaves the namespace.
func (c *Client) Disconnect() error { return c.Send("41" + c.prefix) }

// Close closes the WebSocket as a browser does when its page goes: a close
// frame, and no waiting.
func (c *Client) Close() error {
	err := ws.WriteFrame(c.conn, ws.MaskFrame(ws.NewCloseFrame(ws.NewCloseFrameBody(ws.StatusGoingAway, ""))))
	return errors.Join(err, c.conn.Close())
}

// Cut ends the connection with a TCP reset, as a failing network does.
func (c *Client) Cut() error {
	if tcp, ok := c.conn.(*net.TCPConn); ok {
		if err := tcp.SetLinger(0); err != nil {
			return err
		}
	}
	return c.conn.Close()
}

// Conn is the connection underneath.
func (c *Client) Conn() net.Conn { return c.conn }
