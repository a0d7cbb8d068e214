package engineio

import (
	"bytes"
	"encoding/base64"
	"errors"
	"unicode/utf8"
)

// PacketType is the first character of a packet (Engine.IO protocol 4, "Packet encoding").
type PacketType byte

// The packet types of the protocol.
const (
	PacketOpen    PacketType = '0'
	PacketClose   PacketType = '1'
	PacketPing    PacketType = '2'
	PacketPong    PacketType = '3'
	PacketMessage PacketType = '4'
	PacketUpgrade PacketType = '5'
	PacketNoop    PacketType = '6'
)

// separator separates the packets of a payload.
const separator = '\x1e'

// Packet is one decoded packet. Data shares memory with the decoded bytes, unless they were base64. Binary is false for
// every type but PacketMessage.
type Packet struct {
	Type   PacketType
	Data   []byte
	Binary bool
}

// ErrPacket is the error of an invalid packet: empty, of an unknown type, not UTF-8, or invalid base64.
var ErrPacket = errors.New("engineio: invalid packet")

// DecodePacket decodes one packet in its text form (Engine.IO protocol 4, "Packet encoding"): a type character and
// data, or 'b' and base64 for a binary message. It fails with ErrPacket.
func DecodePacket(b []byte) (Packet, error) {
	if len(b) == 0 {
		return Packet{}, ErrPacket
	}
	if b[0] == 'b' {
		data := make([]byte, base64.StdEncoding.DecodedLen(len(b)-1))
		n, err := base64.StdEncoding.Decode(data, b[1:])
		if err != nil {
			return Packet{}, ErrPacket
		}
		return Packet{Type: PacketMessage, Data: data[:n], Binary: true}, nil
	}
	t := PacketType(b[0])
	if t < PacketOpen || t > PacketNoop || !utf8.Valid(b) {
		return Packet{}, ErrPacket
	}
	return Packet{Type: t, Data: b[1:]}, nil
}

// DecodePayload decodes the payload of an HTTP body (Engine.IO protocol 4, "HTTP long-polling"), packets separated by
// \x1e, and calls visit for each one in order. It fails with visit's first error, or with ErrPacket at the first
// invalid packet, after the packets before it have been visited.
func DecodePayload(b []byte, visit func(Packet) error) error {
	for {
		part, rest, more := bytes.Cut(b, []byte{separator})
		p, err := DecodePacket(part)
		if err != nil {
			return err
		}
		if err := visit(p); err != nil {
			return err
		}
		if !more {
			return nil
		}
		b = rest
	}
}

// AppendPacket appends the text form of p to dst, with base64 when p is binary.
func AppendPacket(dst []byte, p Packet) []byte {
	if p.Binary {
		return base64.StdEncoding.AppendEncode(append(dst, 'b'), p.Data)
	}
	return append(append(dst, byte(p.Type)), p.Data...)
}
