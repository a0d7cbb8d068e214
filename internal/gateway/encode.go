package gateway

import (
	"encoding/json"

	"harang.dev/harang/internal/feed"
	"harang.dev/harang/socketio"
)

// frame encodes an event with its arguments. Encoding cannot fail for the types of message.go; if it does, frame
// logs the error and returns nil, which send ignores.
func (g *Gateway) frame(event string, args ...any) *socketio.Frame {
	raw := make([]json.RawMessage, len(args))
	for i, arg := range args {
		b, err := json.Marshal(arg)
		if err != nil {
			g.unsendable(event, err)
			return nil
		}
		raw[i] = b
	}
	f, err := g.namespace.Encode(event, raw...)
	if err != nil {
		g.unsendable(event, err)
		return nil
	}
	return f
}

func (g *Gateway) unsendable(event string, err error) {
	g.metrics.unsendable.Inc()
	g.log.Error("message encoding failed", "event", event, "err", err)
}

// encode makes the frame that every listener of a feed gets for an entry: the event's name, the event, and the
// position after it. It runs once per entry and feed.
func (g *Gateway) encode(it *feed.Item) any {
	position := make([]byte, 0, 48)
	position = append(position, '"')
	position = append(position, it.Position().String()...)
	position = append(position, '"')
	f, err := g.namespace.Encode(it.Type, json.RawMessage(it.Body), json.RawMessage(position))
	if err != nil {
		g.unsendable(it.EventID, err)
		return (*socketio.Frame)(nil)
	}
	return f
}

func (g *Gateway) encoded(it *feed.Item) *socketio.Frame {
	return it.Encoded(g.encodeItem).(*socketio.Frame)
}

// join makes one frame of several entries that are delivered together.
func (g *Gateway) join(items []*feed.Item) any {
	if len(items) == 1 {
		return g.encoded(items[0])
	}
	frames := make([]*socketio.Frame, len(items))
	for i, it := range items {
		frames[i] = g.encoded(it)
	}
	return socketio.Join(frames...)
}
