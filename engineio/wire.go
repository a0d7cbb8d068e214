package engineio

import (
	"encoding/binary"
	"errors"
	"unicode/utf8"
)

// opcode is the opcode of a WebSocket frame (RFC 6455, section 5.2).
type opcode byte

const (
	opContinuation opcode = 0x0
	opText         opcode = 0x1
	opBinary       opcode = 0x2
	opClose        opcode = 0x8
	opPing         opcode = 0x9
	opPong         opcode = 0xa
)

// closeCode is the status code of a WebSocket close frame (RFC 6455, section 7.4.1).
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

// protocolError is a violation of RFC 6455 by the client, with the status code of the close frame that answers it.
type protocolError struct {
	code closeCode
	text string
}

func (e *protocolError) Error() string { return "engineio: " + e.text }

var (
	errReservedBits = &protocolError{closeProtocol, "reserved bits are set"}
	errOpcode       = &protocolError{closeProtocol, "reserved opcode"}
	errUnmasked     = &protocolError{closeProtocol, "frame from a client is not masked"}
	errControl      = &protocolError{closeProtocol, "control frame is fragmented or longer than 125 bytes"}
	errLength       = &protocolError{closeProtocol, "length is not in its shortest form"}
	errContinuation = &protocolError{closeProtocol, "unexpected continuation or data frame"}
	errCloseBody    = &protocolError{closeProtocol, "invalid close frame"}
	errNotUTF8      = &protocolError{closeNotUTF8, "text is not UTF-8"}
	errTooBig       = &protocolError{closeTooBig, "message is longer than maxPayload"}
)

// errMore is returned for an incomplete frame.
var errMore = errors.New("engineio: more bytes needed")

// header is a decoded frame header.
type header struct {
	fin  bool
	op   opcode
	key  [4]byte
	size int // bytes of the header itself
	n    int // bytes of the payload
}

// parseHeader decodes the header of a client's frame (RFC 6455, section 5.2). It fails with errMore, or with a
// *protocolError when the frame is not allowed or has more than limit payload bytes.
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
	n, end := uint64(b[1]&0x7f), 2
	if h.op >= opClose && (!h.fin || n > 125) {
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

// assembler turns a client's bytes into messages (RFC 6455, section 5.4). It keeps memory only while a frame or a
// fragmented message is incomplete.
type assembler struct {
	limit int    // bytes of a message
	carry []byte // the received part of an incomplete frame
	frag  []byte // the received payload of a fragmented message
	op    opcode // the fragmented message's opcode, 0 if there is none

	frames int // frames received; the reader sets it back to 0
}

// push takes the next bytes, which it may modify, and calls visit for each complete message and control frame, in
// order. The data passed to visit is valid only during the call. It fails with a *protocolError or with visit's error.
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
				// No copy here: a client that sends a long frame byte by byte would make it quadratic.
				a.carry = b
				return nil
			}
			a.carry = append(a.carry[:0], b...)
			return nil
		}
		if err != nil {
			return err
		}
		a.frames++
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

// parseClose decodes the body of a close frame (RFC 6455, section 5.5.1). It returns closeNoStatus for an empty body.
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

// appendClose appends a close frame, without a body for closeNoStatus.
func appendClose(b []byte, code closeCode) []byte {
	if code == closeNoStatus {
		return appendHeader(b, opClose, 0)
	}
	return binary.BigEndian.AppendUint16(appendHeader(b, opClose, 2), uint16(code))
}
