package engineio

import (
	"encoding/base64"
	"encoding/binary"
)

// Frame is one or more messages, encoded once and immutable from then on, so that any
// number of sessions may be sent the same Frame without copying it. Its bytes are
// unmasked WebSocket frames (RFC 6455, section 5.2); what a poll is answered is made
// from the same bytes.
type Frame struct {
	b []byte
}

// Text returns the frame of one text message, whose parts are put together. The caller
// vouches for it being UTF-8 without the character \x1e.
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

// Join returns one frame that holds the messages of all frames in their order, in one
// buffer: sending it is one write. Nil frames are left out.
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

// Len is the size of the frame on a WebSocket, in bytes.
func (f *Frame) Len() int { return len(f.b) }

// control returns the frame of a packet that is not a message.
func control(t PacketType, data string) *Frame {
	b := appendHeader(make([]byte, 0, len(data)+11), opText, len(data)+1)
	b = append(b, byte(t))
	return &Frame{b: append(b, data...)}
}

// appendHeader appends the header of an unmasked final frame of n payload bytes.
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

// appendPayload appends the packets of own WebSocket frames to dst in the form a poll
// is answered. WebSocket control frames have no such form and are left out.
func appendPayload(dst, frames []byte) []byte {
	for len(frames) >= 2 {
		op, n, at := opcode(frames[0]&0x0f), int(frames[1]), 2
		switch n {
		case 126:
			n, at = int(binary.BigEndian.Uint16(frames[2:])), 4
		case 127:
			n, at = int(binary.BigEndian.Uint64(frames[2:])), 10
		}
		data := frames[at : at+n]
		frames = frames[at+n:]
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
