package engineio

import (
	"encoding/base64"
	"encoding/binary"
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
	b := appendHeader(make([]byte, 0, n+10), opText, n)
	b = append(b, byte(PacketMessage))
	for _, p := range parts {
		b = append(b, p...)
	}
	return &Frame{b: b}
}

// Binary returns the frame of one binary message.
func Binary(msg []byte) *Frame {
	b := appendHeader(make([]byte, 0, len(msg)+10), opBinary, len(msg))
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
	b := appendHeader(make([]byte, 0, len(data)+11), opText, len(data)+1)
	b = append(b, byte(t))
	return &Frame{b: append(b, data...)}
}

// appendHeader appends the header of an unmasked final frame with n payload bytes.
func appendHeader(b []byte, op opcode, n int) []byte {
	switch {
	case n < 126:
		return append(b, 0x80|byte(op), byte(n))
	case n < 1<<16:
		b = append(b, 0x80|byte(op), 126)
		return binary.BigEndian.AppendUint16(b, uint16(n))
	default:
		b = append(b, 0x80|byte(op), 127)
		return binary.BigEndian.AppendUint64(b, uint64(n))
	}
}

// toBase64 returns frames, which this package encoded, with each binary message in its text form: 'b' and base64. It
// returns frames itself if there is none.
func toBase64(frames []byte) []byte {
	var out []byte // frames[:done] converted, nil while nothing had to be
	done, pos := 0, 0
	for pos < len(frames) {
		op, data, size := nextFrame(frames[pos:])
		if op == opBinary {
			out = append(out, frames[done:pos]...)
			out = appendHeader(out, opText, 1+base64.StdEncoding.EncodedLen(len(data)))
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

// nextFrame returns opcode, payload and size of the first of frames, which this package encoded.
func nextFrame(frames []byte) (op opcode, data []byte, size int) {
	n, start := int(frames[1]), 2
	switch n {
	case 126:
		n, start = int(binary.BigEndian.Uint16(frames[2:])), 4
	case 127:
		n, start = int(binary.BigEndian.Uint64(frames[2:])), 10
	}
	return opcode(frames[0] & 0x0f), frames[start : start+n], start + n
}

// appendPayload converts frames that this package encoded into a polling payload and appends it to dst. WebSocket
// control frames have no counterpart on polling and are skipped.
func appendPayload(dst, frames []byte) []byte {
	for len(frames) > 0 {
		op, data, size := nextFrame(frames)
		frames = frames[size:]
		if op != opText && op != opBinary {
			continue
		}
		if len(dst) > 0 {
			dst = append(dst, separator)
		}
		if op == opBinary {
			dst = base64.StdEncoding.AppendEncode(append(dst, 'b'), data)
		} else {
			dst = append(dst, data...)
		}
	}
	return dst
}
