package main

import (
	"encoding/binary"
	"errors"
	"io"
)

// The opcodes of WebSocket frames (RFC 6455, section 5.2) that matter here.
const (
	opText  = 1
	opClose = 8
	opPing  = 9
	opPong  = 10
)

// nextFrame takes one unmasked frame off b; ok is false when it is not whole.
func nextFrame(b []byte) (op byte, payload, rest []byte, ok bool) {
	if len(b) < 2 {
		return 0, nil, b, false
	}
	n, at := uint64(b[1]&0x7f), 2
	switch {
	case n == 126 && len(b) >= 4:
		n, at = uint64(binary.BigEndian.Uint16(b[2:])), 4
	case n == 127 && len(b) >= 10:
		n, at = binary.BigEndian.Uint64(b[2:]), 10
	case n >= 126:
		return 0, nil, b, false
	}
	if uint64(len(b)-at) < n {
		return 0, nil, b, false
	}
	return b[0] & 0x0f, b[at : at+int(n)], b[at+int(n):], true
}

// clientFrame is a client's frame, masked with zeroes.
func clientFrame(op byte, payload []byte) []byte {
	b := []byte{0x80 | op}
	if len(payload) < 126 {
		b = append(b, 0x80|byte(len(payload)))
	} else {
		b = binary.BigEndian.AppendUint16(append(b, 0x80|126), uint16(len(payload)))
	}
	return append(append(b, 0, 0, 0, 0), payload...)
}

// frames cuts a stream into frames.
type frames struct{ partial []byte }

// push hands the frames that are whole now to visit; payloads are valid during
// the call only.
func (f *frames) push(data []byte, visit func(op byte, payload []byte)) {
	if len(f.partial) > 0 {
		f.partial = append(f.partial, data...)
		data = f.partial
	}
	all := len(data)
	for {
		op, payload, rest, ok := nextFrame(data)
		if !ok {
			break
		}
		visit(op, payload)
		data = rest
	}
	switch {
	case len(data) == 0:
		f.partial = nil // most connections have no half a frame, most of the time
	case len(f.partial) != all || len(data) != all: // else it is there already
		f.partial = append([]byte(nil), data...)
	}
}

// opening is a connection that is being opened, read as needed.
type opening struct {
	rw  io.ReadWriter
	buf []byte // what came and was not taken
}

var errLongAnswer = errors.New("the server's answer is too long")

// more reads on.
func (o *opening) more() error {
	if len(o.buf) > 1<<20 {
		return errLongAnswer
	}
	var b [4096]byte
	n, err := o.rw.Read(b[:])
	o.buf = append(o.buf, b[:n]...)
	if n > 0 {
		return nil
	}
	if err == nil {
		err = io.ErrNoProgress
	}
	return err
}

// frame waits for a text frame.
func (o *opening) frame() (string, error) {
	for {
		op, payload, rest, ok := nextFrame(o.buf)
		if ok {
			o.buf = rest
			if op == opClose {
				return "", io.ErrUnexpectedEOF
			}
			if op == opText {
				return string(payload), nil
			}
			continue
		}
		if err := o.more(); err != nil {
			return "", err
		}
	}
}

// send sends a text frame.
func (o *opening) send(payload string) error {
	_, err := o.rw.Write(clientFrame(opText, []byte(payload)))
	return err
}
