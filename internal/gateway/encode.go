package gateway

import (
	"encoding/json"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"

	"harang.dev/harang/internal/feed"
	"harang.dev/harang/socketio"
)

// Hub is the feed hub whose listeners get Socket.IO frames. Its Encoder must be the gateway's.
type Hub = feed.Hub[*socketio.Frame]

type (
	feedItem     = feed.Item[*socketio.Frame]
	feedRun      = feed.Run[*socketio.Frame]
	feedHandover = feed.Handover[*socketio.Frame]
)

// Encoder makes the frames of the namespace: those of feed entries for the hub, and those of the gateway's own
// messages. Its methods may be called concurrently.
type Encoder struct {
	namespace  socketio.Encoder
	unsendable prometheus.Counter
	log        *slog.Logger
}

// NewEncoder builds an Encoder. A nil logger means none, a nil registry one of its own.
func NewEncoder(log *slog.Logger, registry prometheus.Registerer) *Encoder {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	if registry == nil {
		registry = prometheus.NewRegistry()
	}
	e := &Encoder{
		namespace: socketio.NewEncoder(Namespace), log: log,
		unsendable: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "harang_gateway_unsendable_total",
			Help: "Entries that could not be encoded or were blocked. Alert on any increase.",
		}),
	}
	registry.MustRegister(e.unsendable)
	return e
}

// Encode makes the frame that every listener of a feed gets for an entry: the event's name, the event, and the position
// after it. It returns nil for an entry that cannot be encoded, which Join leaves out.
func (e *Encoder) Encode(it *feedItem) *socketio.Frame {
	position := make([]byte, 0, 48)
	position = append(position, '"')
	position = append(position, it.Position().String()...)
	position = append(position, '"')
	f, err := e.namespace.Encode(it.Type, json.RawMessage(it.Body), json.RawMessage(position))
	if err != nil {
		e.failed(it.EventID, err)
		return nil
	}
	return f
}

// Join makes one frame of several entries that are delivered together.
func (e *Encoder) Join(frames []*socketio.Frame) *socketio.Frame { return socketio.Join(frames...) }

// message encodes an event with its arguments. Encoding cannot fail for the types of message.go; if it does, message
// logs the error and returns nil, which send ignores.
func (e *Encoder) message(event string, args ...any) *socketio.Frame {
	raw := make([]json.RawMessage, len(args))
	for i, arg := range args {
		b, err := json.Marshal(arg)
		if err != nil {
			e.failed(event, err)
			return nil
		}
		raw[i] = b
	}
	f, err := e.namespace.Encode(event, raw...)
	if err != nil {
		e.failed(event, err)
		return nil
	}
	return f
}

func (e *Encoder) failed(event string, err error) {
	e.unsendable.Inc()
	e.log.Error("message encoding failed", "event", event, "err", err)
}
