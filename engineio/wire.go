package engineio

import (
	"encoding/binary"
	"errors"
	"unicode/utf8"
)

// opcode is the kind of a WebSocket frame (RFC 6455, section 5.2).
type opcode byte

const (
	opContinuation opcode = 0x0
	opText         opcode = 0x1
	opBinary       opcode = 0x2
	opClose        opcode = 0x8
	opPing         opcode = 0x9
	opPong         opcode = 0xa
)

// closeCode is the reason in a WebSocket close frame (RFC 6455, section 7.4.1).
type closeCode uint16

const (
	closeNormal    closeCode = 1000
	closeGoingAway closeCode = 1001
	closeProtocol  closeCode = 1002
	closeNoStatus  closeCode = 1005
	closeNotUTF8   closeCode = 1007
	closePolicy    closeCode = 1008
	closeTooBig    closeCode = 1009
)

// wireError is a violation of RFC 6455 by the peer; it names the code the connection
// is closed with.
type wireError struct {
	code closeCode
	what string
}

func (e *wireError) Error() string { return "engineio: " + e.what }

var (
	errReservedBits = &wireError{closeProtocol, "reserved bits are set"}
	errOpcode       = &wireError{closeProtocol, "reserved opcode"}
	errUnmasked     = &wireError{closeProtocol, "frame from a client is not masked"}
	errControl      = &wireError{closeProtocol, "control frame is fragmented or longer than 125 bytes"}
	errLength       = &wireError{closeProtocol, "length is not in its shortest form"}
	errContinuation = &wireError{closeProtocol, "continuation out of place"}
	errCloseBody    = &wireError{closeProtocol, "invalid close frame"}
	errNotUTF8      = &wireError{closeNotUTF8, "text is not UTF-8"}
	errTooBig       = &wireError{closeTooBig, "message is longer than maxPayload"}
)

// errMore means that a frame is not complete yet.
var errMore = errors.New("engineio: more bytes needed")

// header is a decoded frame header.
type header struct {
	fin  bool
	op   opcode
	key  [4]byte
	size int // of the header
	n    int // payload bytes
}

// parseHeader decodes the header of a frame sent by a client. It fails with errMore,
// or with a *wireError when the frame is not allowed or holds more than limit bytes.
func parseHeader(b []byte, limit int) (header, error) {
	if len(b) < 2 {
		return header{}, errMore
	}
	h := header{fin: b[0]&0x80 != 0, op: opcode(b[0] & 0x0f)}
	if b[0]&0x70 != 0 {
		return h, errReservedBits
	}
	if h.op > opPong || h.op > opBinary && h.op < opClose {
		return h, errOpcode
	}
	if b[1]&0x80 == 0 {
		return h, errUnmasked
	}
	n, at := uint64(b[1]&0x7f), 2
	if h.op >= opClose && (!h.fin || n > 125) {
		return h, errControl
	}
	switch n {
	case 126:
		if len(b) < 4 {
			return h, errMore
		}
		n, at = uint64(binary.BigEndian.Uint16(b[2:])), 4
		if n < 126 {
			return h, errLength
		}
	case 127:
		if len(b) < 10 {
			return h, errMore
		}
		n, at = binary.BigEndian.Uint64(b[2:]), 10
		if n < 1<<16 || n>>63 != 0 {
			return h, errLength
		}
	}
	if n > uint64(limit) {
		return h, errTooBig
	}
	if len(b) < at+4 {
		return h, errMore
	}
	copy(h.key[:], b[at:])
	h.size, h.n = at+4, int(n)
	return h, nil
}

// unmask applies key to b in place, eight bytes at a time.
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

// assembler turns the bytes of a client into messages. It keeps memory only while a
// frame or a fragmented message is incomplete.
type assembler struct {
	limit int
	carry []byte // the beginning of an incomplete frame
	frag  []byte // the payload so far of a fragmented message
	op    opcode // of the fragmented message, 0 when there is none
}

// push takes the next bytes, which it may change, and calls visit for every complete
// message and control frame in order. What visit is given is valid only during the
// call. It fails with a *wireError or with what visit answered.
func (a *assembler) push(b []byte, visit func(op opcode, data []byte) error) error {
	carried := len(a.carry) > 0
	if carried {
		b = append(a.carry, b...)
		a.carry = b[:0]
	}
	for len(b) > 0 {
		h, err := parseHeader(b, a.limit)
		if errors.Is(err, errMore) || err == nil && len(b) < h.size+h.n {
			if carried {
				// Where it is: copying what there is for every byte that comes
				// would let a client that sends single bytes cost seconds.
				a.carry = b
				return nil
			}
			a.carry = append(a.carry[:0], b...)
			return nil
		}
		if err != nil {
			return err
		}
		data := b[h.size : h.size+h.n]
		b, carried = b[h.size+h.n:], false
		unmask(data, h.key)
		if err := a.frame(h, data, visit); err != nil {
			return err
		}
	}
	a.carry = nil
	return nil
}

func (a *assembler) frame(h header, data []byte, visit func(opcode, []byte) error) error {
	switch {
	case h.op >= opClose:
		if h.op == opClose {
			if _, err := parseClose(data); err != nil {
				return err
			}
		}
		return visit(h.op, data)
	case h.op == opContinuation:
		if a.op == 0 {
			return errContinuation
		}
		if len(a.frag)+len(data) > a.limit {
			return errTooBig
		}
		a.frag = append(a.frag, data...)
		if !h.fin {
			return nil
		}
		h.op, data = a.op, a.frag
		a.op, a.frag = 0, nil
	case a.op != 0:
		return errContinuation
	case !h.fin:
		a.op, a.frag = h.op, append([]byte(nil), data...)
		return nil
	}
	if h.op == opText && !utf8.Valid(data) {
		return errNotUTF8
	}
	return visit(h.op, data)
}

// parseClose decodes the body of a close frame. An empty body is closeNoStatus.
func parseClose(b []byte) (closeCode, error) {
	if len(b) == 0 {
		return closeNoStatus, nil
	}
	if len(b) == 1 {
		return 0, errCloseBody
	}
	code := closeCode(binary.BigEndian.Uint16(b))
	switch {
	case code >= 3000 && code <= 4999:
	case code >= 1000 && code <= 1014 && code != 1004 && code != closeNoStatus && code != 1006:
	default:
		return 0, errCloseBody
	}
	if !utf8.Valid(b[2:]) {
		return 0, errNotUTF8
	}
	return code, nil
}

// appendClose appends a close frame.
func appendClose(b []byte, code closeCode) []byte {
	if code == closeNoStatus {
		return appendHeader(b, opClose, 0)
	}
	return binary.BigEndian.AppendUint16(appendHeader(b, opClose, 2), uint16(code))
}
