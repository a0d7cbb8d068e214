package engineio

import (
	"encoding/base64"

	"harang.dev/harang/engineio/internal/ws"
)

// Frame is one or more outgoing messages. It is encoded once and immutable, so that any number of sessions can send
// it without a copy. Its bytes are unmasked WebSocket frames (RFC 6455, section 5.2); the response to a poll is built
// from the same bytes.
type Frame struct {
	b []byte
}

// Text returns the frame of one text message, the concatenation of parts. The caller guarantees that the message is
// UTF-8 and does not contain \x1e, the record separator of polling payloads.
func Text(parts ...[]byte) *Frame {
	n := 1
	for _, p := range parts {
		n += len(p)
	}
	b := ws.AppendHeader(make([]byte, 0, n+10), ws.Text, n)
	b = append(b, byte(PacketMessage))
	for _, p := range parts {
		b = append(b, p...)
	}
	return &Frame{b: b}
}

// Binary returns the frame of one binary message.
func Binary(msg []byte) *Frame {
	b := ws.AppendHeader(make([]byte, 0, len(msg)+10), ws.Binary, len(msg))
	return &Frame{b: append(b, msg...)}
}

// Join returns one frame with the messages of all frames, in order and in one buffer: sending it is one write. Nil
// frames are skipped.
func Join(frames ...*Frame) *Frame {
	n := 0
	for _, f := range frames {
		if f != nil {
			n += len(f.b)
		}
	}
	b := make([]byte, 0, n)
	for _, f := range frames {
		if f != nil {
			b = append(b, f.b...)
		}
	}
	return &Frame{b: b}
}

// Len returns the size of the frame on a WebSocket, in bytes, headers included.
func (f *Frame) Len() int { return len(f.b) }

// control returns the frame of a packet other than a message.
func control(t PacketType, data string) *Frame {
	b := ws.AppendHeader(make([]byte, 0, len(data)+11), ws.Text, len(data)+1)
	b = append(b, byte(t))
	return &Frame{b: append(b, data...)}
}

// toBase64 returns frames, which this package encoded, with each binary message in its text form: 'b' and base64. It
// returns frames itself if there is none.
func toBase64(frames []byte) []byte {
	var out []byte // frames[:done] converted, nil while nothing had to be
	done, pos := 0, 0
	for pos < len(frames) {
		op, data, size := ws.Next(frames[pos:])
		if op == ws.Binary {
			out = append(out, frames[done:pos]...)
			out = ws.AppendHeader(out, ws.Text, 1+base64.StdEncoding.EncodedLen(len(data)))
			out = base64.StdEncoding.AppendEncode(append(out, 'b'), data)
			done = pos + size
		}
		pos += size
	}
	if out == nil {
		return frames
	}
	return append(out, frames[done:]...)
}

// appendPayload converts frames that this package encoded into a polling payload and appends it to dst. WebSocket
// control frames have no counterpart on polling and are skipped.
func appendPayload(dst, frames []byte) []byte {
	for len(frames) > 0 {
		op, data, size := ws.Next(frames)
		frames = frames[size:]
		if op != ws.Text && op != ws.Binary {
			continue
		}
		if len(dst) > 0 {
			dst = append(dst, separator)
		}
		if op == ws.Binary {
			dst = base64.StdEncoding.AppendEncode(append(dst, 'b'), data)
		} else {
			dst = append(dst, data...)
		}
	}
	return dst
}
