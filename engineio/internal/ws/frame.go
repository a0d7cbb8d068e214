package ws

import (
	"encoding/binary"
	"errors"
	"unicode/utf8"
)

// Opcode is the opcode of a WebSocket frame (RFC 6455, section 5.2).
type Opcode byte

// The opcodes. Those from Close on are control frames.
const (
	Continuation Opcode = 0x0
	Text         Opcode = 0x1
	Binary       Opcode = 0x2
	Close        Opcode = 0x8
	Ping         Opcode = 0x9
	Pong         Opcode = 0xa
)

// CloseCode is the status code of a WebSocket close frame (RFC 6455, section 7.4.1).
type CloseCode uint16

// The status codes that this package and engineio send.
const (
	CloseNormal    CloseCode = 1000
	CloseGoingAway CloseCode = 1001
	CloseProtocol  CloseCode = 1002
	CloseNoStatus  CloseCode = 1005
	CloseNotUTF8   CloseCode = 1007
	ClosePolicy    CloseCode = 1008
	CloseTooBig    CloseCode = 1009
	// CloseTryAgainLater is registered with IANA, after RFC 6455.
	CloseTryAgainLater CloseCode = 1013
)

// Error is a violation of RFC 6455 by the client, with the status code of the close frame that answers it.
type Error struct {
	Code CloseCode
	text string
}

// Error returns the violated rule.
func (e *Error) Error() string { return "websocket: " + e.text }

var (
	errReservedBits = &Error{CloseProtocol, "reserved bits are set"}
	errOpcode       = &Error{CloseProtocol, "reserved opcode"}
	errUnmasked     = &Error{CloseProtocol, "frame from a client is not masked"}
	errControl      = &Error{CloseProtocol, "control frame is fragmented or longer than 125 bytes"}
	errLength       = &Error{CloseProtocol, "length is not in its shortest form"}
	errContinuation = &Error{CloseProtocol, "unexpected continuation or data frame"}
	errCloseBody    = &Error{CloseProtocol, "invalid close frame"}
	errNotUTF8      = &Error{CloseNotUTF8, "text is not UTF-8"}
	errTooBig       = &Error{CloseTooBig, "message exceeds the limit"}
)

// errMore is returned for an incomplete frame.
var errMore = errors.New("websocket: more bytes needed")

// header is a decoded frame header.
type header struct {
	fin  bool
	op   Opcode
	key  [4]byte
	size int // bytes of the header itself
	n    int // bytes of the payload
}

// parseHeader decodes the header of a client's frame (RFC 6455, section 5.2). It fails with errMore, or with an *Error
// when the frame is not allowed or has more than limit payload bytes.
func parseHeader(b []byte, limit int) (header, error) {
	if len(b) < 2 {
		return header{}, errMore
	}
	h := header{fin: b[0]&0x80 != 0, op: Opcode(b[0] & 0x0f)}
	if b[0]&0x70 != 0 {
		return h, errReservedBits
	}
	if h.op > Pong || h.op > Binary && h.op < Close {
		return h, errOpcode
	}
	if b[1]&0x80 == 0 {
		return h, errUnmasked
	}
	n, end := uint64(b[1]&0x7f), 2
	if h.op >= Close && (!h.fin || n > 125) {
		return h, errControl
	}
	switch n {
	case 126:
		if len(b) < 4 {
			return h, errMore
		}
		n, end = uint64(binary.BigEndian.Uint16(b[2:])), 4
		if n < 126 {
			return h, errLength
		}
	case 127:
		if len(b) < 10 {
			return h, errMore
		}
		n, end = binary.BigEndian.Uint64(b[2:]), 10
		if n < 1<<16 || n>>63 != 0 {
			return h, errLength
		}
	}
	if n > uint64(limit) {
		return h, errTooBig
	}
	if len(b) < end+4 {
		return h, errMore
	}
	copy(h.key[:], b[end:])
	h.size, h.n = end+4, int(n)
	return h, nil
}

// unmask applies the masking key to b in place (RFC 6455, section 5.3), eight bytes at a time.
func unmask(b []byte, key [4]byte) {
	k := uint64(binary.LittleEndian.Uint32(key[:]))
	k |= k << 32
	for len(b) >= 8 {
		binary.LittleEndian.PutUint64(b, binary.LittleEndian.Uint64(b)^k)
		b = b[8:]
	}
	for i := range b {
		b[i] ^= key[i&3]
	}
}

// ParseClose decodes the body of a close frame (RFC 6455, section 5.5.1). It returns CloseNoStatus for an empty body.
func ParseClose(b []byte) (CloseCode, error) {
	if len(b) == 0 {
		return CloseNoStatus, nil
	}
	if len(b) == 1 {
		return 0, errCloseBody
	}
	code := CloseCode(binary.BigEndian.Uint16(b))
	switch {
	case code >= 3000 && code <= 4999:
	case code >= 1000 && code <= 1014 && code != 1004 && code != CloseNoStatus && code != 1006:
	default:
		return 0, errCloseBody
	}
	if !utf8.Valid(b[2:]) {
		return 0, errNotUTF8
	}
	return code, nil
}

// AppendClose appends a close frame, without a body for CloseNoStatus.
func AppendClose(b []byte, code CloseCode) []byte {
	if code == CloseNoStatus {
		return AppendHeader(b, Close, 0)
	}
	return binary.BigEndian.AppendUint16(AppendHeader(b, Close, 2), uint16(code))
}

// AppendHeader appends the header of an unmasked final frame with n payload bytes.
func AppendHeader(b []byte, op Opcode, n int) []byte {
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

// Next returns opcode, payload and size of the first of frames, which AppendHeader and AppendClose have encoded.
func Next(frames []byte) (op Opcode, data []byte, size int) {
	n, start := int(frames[1]), 2
	switch n {
	case 126:
		n, start = int(binary.BigEndian.Uint16(frames[2:])), 4
	case 127:
		n, start = int(binary.BigEndian.Uint64(frames[2:])), 10
	}
	return Opcode(frames[0] & 0x0f), frames[start : start+n], start + n
}
