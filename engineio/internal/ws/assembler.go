package ws

import (
	"errors"
	"unicode/utf8"
)

// Assembler turns a client's bytes into messages (RFC 6455, section 5.4). It keeps memory only while a frame or a
// fragmented message is incomplete.
type Assembler struct {
	// Limit is the size limit of a message, in bytes.
	Limit int
	// Frames counts the received frames. The caller may set it back to 0.
	Frames int

	carry []byte // the received part of an incomplete frame
	frag  []byte // the received payload of a fragmented message
	op    Opcode // the opcode of the fragmented message, 0 if there is none
}

// Push takes the next bytes, which it may modify, and calls visit for each complete message and control frame, in
// order. The data passed to visit is valid only during the call. It fails with an *Error or with visit's error.
func (a *Assembler) Push(b []byte, visit func(op Opcode, data []byte) error) error {
	carried := len(a.carry) > 0
	if carried {
		b = append(a.carry, b...)
		a.carry = b[:0]
	}
	for len(b) > 0 {
		h, err := parseHeader(b, a.Limit)
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
		a.Frames++
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

// Kept returns how many bytes of memory the Assembler keeps for an incomplete frame or message.
func (a *Assembler) Kept() int { return cap(a.carry) + cap(a.frag) }

func (a *Assembler) frame(h header, data []byte, visit func(Opcode, []byte) error) error {
	switch {
	case h.op >= Close:
		if h.op == Close {
			if _, err := ParseClose(data); err != nil {
				return err
			}
		}
		return visit(h.op, data)
	case h.op == Continuation:
		if a.op == 0 {
			return errContinuation
		}
		if len(a.frag)+len(data) > a.Limit {
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
	if h.op == Text && !utf8.Valid(data) {
		return errNotUTF8
	}
	return visit(h.op, data)
}
