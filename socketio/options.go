package socketio

import (
	"context"
	"time"

	"harang.dev/harang/engineio"
)

// Options are the settings of a Server. Nil and the zero value mean: secure defaults.
type Options struct {
	// Engine are the settings of the sessions underneath. Engine.Overflow is set by the
	// Server.
	Engine engineio.Options
	// ConnectTimeout is how long a session may be without a namespace before it is
	// closed, refusals included, and how long Handler.Connect may take. Zero value means
	// 45 s.
	ConnectTimeout time.Duration
	// MaxAttachments is how many binary attachments an event or acknowledgement may
	// have. Together they may be four times Engine.MaxPayload long. Zero value means 32.
	MaxAttachments int
	// MaxInbox is how many events of a socket may wait for Handler.Event before nothing
	// more is read from its client. Zero value means 256.
	MaxInbox int
	// KeepHeaders names the request headers that Request.Header still holds when a
	// client connects to a further namespace after its first was accepted. For the
	// first it always holds all. Zero value means none: memory per connection.
	KeepHeaders []string
	// Overflow is called for each open socket of a client that does not take what it
	// is sent, in a goroutine of its own. The frame answered, nil for none, is the last
	// one that may still reach it. Handler.Disconnect follows with ReasonSlowConsumer.
	Overflow func(s *Socket) *Frame
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

// Handler are the functions of a namespace. Each may be nil.
type Handler struct {
	// Connect decides on a client. It runs in a goroutine of its own and must call
	// exactly one of r.Accept, r.Refuse and r.Drop before it returns; returning without
	// is Drop. ctx ends with the session and after Options.ConnectTimeout. Nil accepts
	// everyone.
	Connect func(ctx context.Context, r *Request)
	// Event is called for each event of an accepted socket, one at a time and in
	// order. It may wait. ctx ends with the socket.
	Event func(ctx context.Context, s *Socket, e *Event)
	// Disconnect is called once for each accepted socket, after its last Event, with one
	// of the Reason constants.
	Disconnect func(s *Socket, reason string)
}

// Why a socket ended, beside the reasons of engineio. The first two are the words of
// the reference implementation.
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
	ReasonShutdown         = engineio.ReasonShutdown
)

// What sending fails with.
var (
	ErrClosed       = engineio.ErrClosed
	ErrSlowConsumer = engineio.ErrSlowConsumer
)

// Frame is one or more packets, encoded once for any number of sockets of one
// namespace, and immutable.
type Frame = engineio.Frame

// Join returns one frame that holds all frames in their order in one buffer, so that
// delivering it is one write. Nil frames are left out.
func Join(frames ...*Frame) *Frame { return engineio.Join(frames...) }
