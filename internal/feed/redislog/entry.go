package redislog

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/outbox"
)

// An entry is written as one line and its body:
//
//	<event id> SP <type> SP <commit time, Unix milliseconds> LF <body>
//
// append.lua reads the id, nothing else.

// spaces are the bytes that neither an id nor a type may have.
const spaces = " \t\r\n\v\f"

var errEntry = errors.New("redislog: not an entry")

// encode writes an entry. Its number is its position in the stream or message.
func encode(e outbox.Entry) (string, error) {
	if e.EventID == "" || e.Type == "" || strings.ContainsAny(e.EventID+e.Type, spaces) {
		return "", errEntry
	}
	var b strings.Builder
	b.Grow(len(e.EventID) + len(e.Type) + 16 + len(e.Body))
	b.WriteString(e.EventID)
	b.WriteByte(' ')
	b.WriteString(e.Type)
	b.WriteByte(' ')
	b.WriteString(strconv.FormatInt(e.Time.UnixMilli(), 10))
	b.WriteByte('\n')
	b.Write(e.Body)
	return b.String(), nil
}

// decode reads what encode wrote; false for anything else.
func decode(number int64, text string) (outbox.Entry, bool) {
	line, body, ok := strings.Cut(text, "\n")
	if !ok || number < 1 {
		return outbox.Entry{}, false
	}
	id, rest, ok := strings.Cut(line, " ")
	if !ok || id == "" {
		return outbox.Entry{}, false
	}
	typ, millis, ok := strings.Cut(rest, " ")
	if !ok {
		return outbox.Entry{}, false
	}
	// A type that is unknown here is one of a newer version.
	if typ == "" || strings.ContainsAny(typ, spaces) {
		return outbox.Entry{}, false
	}
	at, err := strconv.ParseInt(millis, 10, 64)
	if err != nil || strconv.FormatInt(at, 10) != millis {
		return outbox.Entry{}, false
	}
	// The body contains the id of its event, which must be that of the line.
	e := outbox.Entry{Number: number, EventID: id, Type: typ, Time: time.UnixMilli(at).UTC(), Body: []byte(body)}
	return e, strings.HasPrefix(body, `{"eventId":"`+id+`",`) && json.Valid(e.Body)
}

// message is what one append publishes.
type message struct {
	audience harang.Audience
	epoch    harang.Epoch
	first    int64
	entries  []outbox.Entry
}

// decodeMessage reads "<letter> <epoch> <first>\n" and entries, each preceded by
// its length and a colon; false for anything else.
func decodeMessage(text string) (message, bool) {
	line, rest, ok := strings.Cut(text, "\n")
	if !ok {
		return message{}, false
	}
	parts := strings.Split(line, " ")
	if len(parts) != 3 {
		return message{}, false
	}
	var m message
	if m.audience, ok = harang.ParseAudience(parts[0]); !ok {
		return message{}, false
	}
	var err error
	if m.first, err = strconv.ParseInt(parts[2], 10, 64); err != nil || m.first < 1 {
		return message{}, false
	}
	position, ok := harang.ParsePosition(parts[1] + ":" + parts[0] + ":" + parts[2])
	if !ok {
		return message{}, false
	}
	m.epoch = position.Epoch
	for rest != "" {
		digits, tail, ok := strings.Cut(rest, ":")
		if !ok || len(digits) > 9 {
			return message{}, false
		}
		n, err := strconv.Atoi(digits)
		if err != nil || n < 0 || n > len(tail) {
			return message{}, false
		}
		e, ok := decode(m.first+int64(len(m.entries)), tail[:n])
		if !ok {
			return message{}, false
		}
		m.entries = append(m.entries, e)
		rest = tail[n:]
	}
	return m, true
}

// parseStreamID reads "<number>-0".
func parseStreamID(id string) (int64, bool) {
	digits, ok := strings.CutSuffix(id, "-0")
	if !ok {
		return 0, false
	}
	return parseNumber(digits)
}

func parseNumber(digits string) (int64, bool) {
	n, err := strconv.ParseInt(digits, 10, 64)
	return n, err == nil && n >= 0 && strconv.FormatInt(n, 10) == digits
}
