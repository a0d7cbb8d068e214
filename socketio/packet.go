package socketio

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"unicode/utf8"
)

// The packet types (Socket.IO protocol 5, "Packet encoding").
const (
	typeConnect      = '0'
	typeDisconnect   = '1'
	typeEvent        = '2'
	typeAck          = '3'
	typeConnectError = '4'
	typeBinaryEvent  = '5'
	typeBinaryAck    = '6'
)

// maxNamespaceBytes is the length of the longest namespace that a client may name. The answer about an unknown one
// repeats its name.
const maxNamespaceBytes = 256

// errPacket is the error of a packet that is invalid or that a client may not send.
var errPacket = errors.New("socketio: invalid packet")

// packet is a client's decoded packet. It shares no memory with the decoded bytes.
type packet struct {
	kind        byte
	attachments int
	namespace   string
	id          uint64
	hasID       bool
	auth        json.RawMessage   // of CONNECT, nil if absent
	name        string            // of an event
	args        []json.RawMessage // of an event, without its name, or of an acknowledgement
}

// reserved are the event names that neither side may send (Socket.IO protocol 5, "EVENT").
var reserved = map[string]bool{
	"connect": true, "connect_error": true, "disconnect": true,
	"disconnecting": true, "newListener": true, "removeListener": true,
}

// decodePacket decodes the text of one packet with at most limit attachments,
//
//	<type>[<attachments>-][<namespace>,][<id>][<JSON>]
//
// It fails with errPacket.
func decodePacket(b []byte, limit int) (packet, error) {
	if len(b) == 0 || b[0] < typeConnect || b[0] > typeBinaryAck {
		return packet{}, errPacket
	}
	p := packet{kind: b[0], namespace: "/"}
	b = b[1:]
	if p.kind == typeBinaryEvent || p.kind == typeBinaryAck {
		n, digits, ok := leadingNumber(b)
		if !ok || digits == 0 || digits >= len(b) || b[digits] != '-' || n > uint64(limit) {
			return packet{}, errPacket
		}
		p.attachments = int(n)
		b = b[digits+1:]
	}
	if len(b) > 0 && b[0] == '/' {
		name, rest, _ := bytes.Cut(b, []byte{','})
		if len(name) > maxNamespaceBytes {
			return packet{}, errPacket
		}
		p.namespace, b = string(name), rest
	}
	id, digits, ok := leadingNumber(b)
	if !ok {
		return packet{}, errPacket
	}
	p.id, p.hasID = id, digits > 0
	b = b[digits:]
	switch p.kind {
	case typeConnect:
		return p, p.decodeAuth(b)
	case typeDisconnect:
		if len(b) > 0 {
			return packet{}, errPacket
		}
		return p, nil
	case typeConnectError: // only the server sends it
		return packet{}, errPacket
	}
	return p, p.decodeArgs(b)
}

// leadingNumber parses the decimal digits at the beginning of b. ok is false for a number above 2^53, the largest
// integer of a JavaScript client.
func leadingNumber(b []byte) (n uint64, digits int, ok bool) {
	for digits < len(b) && b[digits] >= '0' && b[digits] <= '9' {
		n = n*10 + uint64(b[digits]-'0')
		digits++
		if n > 1<<53 {
			return 0, digits, false
		}
	}
	return n, digits, true
}

func (p *packet) decodeAuth(b []byte) error {
	if len(b) == 0 {
		return nil
	}
	b = bytes.TrimLeft(b, " \t\r\n")
	if len(b) == 0 || b[0] != '{' || !json.Valid(b) {
		return errPacket
	}
	p.auth = bytes.Clone(b)
	return nil
}

func (p *packet) decodeArgs(b []byte) error {
	if len(b) == 0 || json.Unmarshal(b, &p.args) != nil || p.args == nil {
		return errPacket
	}
	if p.kind == typeEvent || p.kind == typeBinaryEvent {
		if len(p.args) == 0 {
			return errPacket
		}
		var first any
		if json.Unmarshal(p.args[0], &first) != nil {
			return errPacket
		}
		switch name := first.(type) {
		case string:
			p.name = name
		case float64:
			p.name = string(p.args[0])
		default:
			return errPacket
		}
		if reserved[p.name] {
			return errPacket
		}
		p.args = p.args[1:]
	}
	if p.kind != typeBinaryEvent && p.kind != typeBinaryAck {
		return nil
	}
	for _, arg := range p.args {
		var v any
		if json.Unmarshal(arg, &v) != nil || !placeholdersFit(v, p.attachments) {
			return errPacket
		}
	}
	return nil
}

// placeholdersFit reports whether each {"_placeholder":true,"num":…} in v is one of n attachments.
func placeholdersFit(v any, n int) bool {
	switch v := v.(type) {
	case map[string]any:
		if v["_placeholder"] == true {
			num, ok := v["num"].(float64)
			return ok && num >= 0 && num < float64(n) && num == math.Trunc(num)
		}
		for _, e := range v {
			if !placeholdersFit(e, n) {
				return false
			}
		}
	case []any:
		for _, e := range v {
			if !placeholdersFit(e, n) {
				return false
			}
		}
	}
	return true
}

// placeholder returns the number of the attachment that an argument represents.
func placeholder(arg json.RawMessage) (int, bool) {
	var v struct {
		Placeholder bool `json:"_placeholder"`
		Num         *int `json:"num"`
	}
	if len(arg) == 0 || arg[0] != '{' || json.Unmarshal(arg, &v) != nil || !v.Placeholder || v.Num == nil {
		return 0, false
	}
	return *v.Num, true
}

// appendPacket appends an event or an acknowledgement; name is that of an event.
func appendPacket(
	b []byte, kind byte, attachments int, prefix string, id uint64, hasID bool, name string, args []json.RawMessage,
) ([]byte, error) {
	b = append(b, kind)
	if kind == typeBinaryEvent || kind == typeBinaryAck {
		b = append(strconv.AppendInt(b, int64(attachments), 10), '-')
	}
	b = append(b, prefix...)
	if hasID {
		b = strconv.AppendUint(b, id, 10)
	}
	b = append(b, '[')
	if kind == typeEvent || kind == typeBinaryEvent {
		if reserved[name] {
			return nil, errors.New("socketio: reserved event name " + name)
		}
		quoted, err := json.Marshal(name)
		if err != nil {
			return nil, err
		}
		b = append(b, quoted...)
		if len(args) > 0 {
			b = append(b, ',')
		}
	}
	for i, arg := range args {
		if i > 0 {
			b = append(b, ',')
		}
		if !json.Valid(arg) || !utf8.Valid(arg) {
			return nil, errors.New("socketio: argument " + strconv.Itoa(i) + " of " + name + " is not JSON")
		}
		b = append(b, arg...)
	}
	return append(b, ']'), nil
}
