package socketio

import (
	"context"
	"time"

	"harang.dev/harang/engineio"
)

// Options configure a Server. Nil and zero values select secure defaults.
type Options struct {
	// Engine configures the Engine.IO server. Its fields Overflow and RateLimited are ignored: see those below.
	Engine engineio.Options
	// ConnectTimeout is how long a session may have no socket before it is closed, whether or not CONNECT requests
	// are refused meanwhile, and how long Handler.Connect may take. Zero value means 45 s.
	ConnectTimeout time.Duration
	// MaxAttachments is how many binary attachments a client's event or acknowledgement may have. The size limit of
	// all of them is four times Engine.MaxPayload. Zero value means 32.
	MaxAttachments int
	// RefuseBinary makes binary packets and attachments of clients violations of the protocol, before any of them is
	// buffered. The server may still send binary packets.
	RefuseBinary bool
	// MaxInbox is how many events of a socket may wait for Handler.Event. While the inbox is full nothing is read
	// from the client. Zero value means 256.
	MaxInbox int
	// KeepHeaders names the handshake headers that remain in Request.Header when a client connects to another
	// namespace after the first was accepted. For the first namespace all are there. Zero value means none, which
	// saves memory for each connection.
	KeepHeaders []string
	// Overflow is called for each open socket of a client that reads too slowly, in its own goroutine. The returned
	// frame, nil for none, is the last one that may still reach the client. Handler.Disconnect follows with
	// ReasonSlowConsumer.
	Overflow func(s *Socket) *Frame
	// RateLimited is the same for a client that has exceeded Engine.FrameRate; its events after that are ignored.
	// Handler.Disconnect follows with ReasonRateLimited.
	RateLimited func(s *Socket) *Frame
}

func (o *Options) withDefaults() Options {
	var out Options
	if o != nil {
		out = *o
	}
	if out.ConnectTimeout <= 0 {
		out.ConnectTimeout = 45 * time.Second
	}
	if out.MaxAttachments <= 0 {
		out.MaxAttachments = 32
	}
	if out.MaxInbox <= 0 {
		out.MaxInbox = 256
	}
	if out.Engine.MaxPayload <= 0 {
		out.Engine.MaxPayload = 1_000_000
	}
	if out.Engine.QueueLimit <= 0 {
		out.Engine.QueueLimit = 1 << 20
	}
	if out.Engine.NewID == nil {
		out.Engine.NewID = engineio.RandomID
	}
	return out
}

// Handler has the callbacks of a namespace. Each may be nil.
type Handler struct {
	// Connect decides on a CONNECT request. It runs in its own goroutine and must call exactly one of r.Accept,
	// r.Refuse and r.Drop before it returns; otherwise the request is dropped. ctx ends with the session and after
	// Options.ConnectTimeout. Nil accepts all requests.
	Connect func(ctx context.Context, r *Request)
	// Event is called for each event of an accepted socket, one at a time and in order. It may block. ctx ends with
	// the socket.
	Event func(ctx context.Context, s *Socket, e *Event)
	// Disconnect is called once for each accepted socket, after its last Event, with one of the Reason constants.
	Disconnect func(s *Socket, reason string)
}

// The reasons passed to Handler.Disconnect. The first two are those of the reference server, the last eight those of
// engineio.
const (
	ReasonClientDisconnect = "client namespace disconnect"
	ReasonServerDisconnect = "server namespace disconnect"
	ReasonConnectTimeout   = "connect timeout"
	ReasonTransportClose   = engineio.ReasonTransportClose
	ReasonTransportError   = engineio.ReasonTransportError
	ReasonPingTimeout      = engineio.ReasonPingTimeout
	ReasonParseError       = engineio.ReasonParseError
	ReasonForcedClose      = engineio.ReasonForcedClose
	ReasonSlowConsumer     = engineio.ReasonSlowConsumer
	ReasonRateLimited      = engineio.ReasonRateLimited
	ReasonShutdown         = engineio.ReasonShutdown
)

// The errors of sending.
var (
	ErrClosed       = engineio.ErrClosed
	ErrSlowConsumer = engineio.ErrSlowConsumer
)

// Frame is one or more packets, encoded once for any number of sockets of one namespace. It is immutable.
type Frame = engineio.Frame

// Join returns one frame with the packets of all frames, in order and in one buffer: delivering it is one write. Nil
// frames are skipped.
func Join(frames ...*Frame) *Frame { return engineio.Join(frames...) }
