package engineio

import (
	"net"

	"harang.dev/harang/engineio/internal/ws"
)

// batchSize is the size of one write of the writer goroutine, in bytes.
const batchSize = 64 << 10

// outbox is a session's queue of outgoing data in its WebSocket form, whichever transport sends it. It knows neither
// connections nor locks: the session calls it while it holds its mu.
type outbox struct {
	bytes     int          // in segments
	base64    bool         // binary messages are sent as base64 on WebSocket, too
	partial   bool         // a part of the first segment has been written
	writing   bool         // the writer goroutine is running
	sealed    bool         // the session is closing, and takes no further frame
	closeSent bool         // a close frame was written or queued
	code      ws.CloseCode // of the close frame, when sealed

	segments []segment
	inflight int // segments of the batch that is being written
}

// segment is one or more complete WebSocket frames, or the unwritten rest of them.
type segment struct {
	b  []byte
	at int64 // time at which it was queued, nanoseconds of Server.now
}

// encode converts frames for a client that cannot receive binary WebSocket messages.
func (o *outbox) encode(b []byte) []byte {
	if o.base64 {
		return toBase64(b)
	}
	return b
}

// full reports whether n more bytes exceed limit. An empty outbox takes a frame of any size.
func (o *outbox) full(n, limit int) bool { return o.bytes > 0 && o.bytes+n > limit }

// push appends b.
func (o *outbox) push(b []byte, now int64) {
	o.segments = append(o.segments, segment{b: b, at: now})
	o.bytes += len(b)
}

// oldest returns the time at which the first segment was queued. It is not ok if there is none.
func (o *outbox) oldest() (at int64, ok bool) {
	if len(o.segments) == 0 {
		return 0, false
	}
	return o.segments[0].at, true
}

// begin appends the next segments to batch, about batchSize bytes. They stay in the outbox until written is called.
func (o *outbox) begin(batch net.Buffers) net.Buffers {
	for size := 0; o.inflight < len(o.segments) && size < batchSize; o.inflight++ {
		b := o.segments[o.inflight].b
		batch, size = append(batch, b), size+len(b)
	}
	return batch
}

// written removes the segments of the batch.
func (o *outbox) written() {
	if o.inflight > 0 {
		o.remove(o.inflight)
	}
}

// takePayload removes everything and returns it as the payload of a poll.
func (o *outbox) takePayload() []byte {
	payload := make([]byte, 0, o.bytes)
	for _, s := range o.segments {
		payload = appendPayload(payload, s.b)
	}
	o.remove(len(o.segments))
	return payload
}

// dropUnwritten removes everything but the segments that are being written, of which the client has a part.
func (o *outbox) dropUnwritten() {
	keep := o.inflight
	if keep == 0 && o.partial {
		keep = 1
	}
	for _, s := range o.segments[keep:] {
		o.bytes -= len(s.b)
	}
	clear(o.segments[keep:])
	o.segments = o.segments[:keep]
}

// upgraded prepares what was queued on polling for a WebSocket: QueueAge limits the time on the WebSocket only, and a
// client without binary messages receives base64.
func (o *outbox) upgraded(base64 bool, now int64) {
	o.base64 = o.base64 || base64
	o.bytes = 0
	for i := range o.segments {
		s := &o.segments[i]
		s.b, s.at = o.encode(s.b), now
		o.bytes += len(s.b)
	}
}

// drop removes everything, also what is being written.
func (o *outbox) drop() { o.segments, o.bytes, o.inflight = nil, 0, 0 }

// remove removes the first n segments.
func (o *outbox) remove(n int) {
	n = min(n, len(o.segments))
	for _, s := range o.segments[:n] {
		o.bytes -= len(s.b)
	}
	clear(o.segments[:n]) // release the frames
	if o.segments = o.segments[n:]; len(o.segments) == 0 {
		o.segments = nil
	}
	o.inflight, o.partial = 0, false
}
