package redislog

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"strconv"

	"github.com/redis/rueidis"
)

// The largest answer that is read. The largest that this program asks for, a feed's
// window, has a thousandth of the elements and less than a megabyte.
const (
	maxAnswerBytes    = 64 << 20
	maxAnswerElements = 1 << 17
	maxAnswerDepth    = 16
	maxAnswerLine     = 64 << 10
)

// errTooLarge ends the connection on which it is read.
var errTooLarge = errors.New("an answer is larger than is accepted, or none of Redis")

// boundAnswers lets no connection of the client read an answer that is larger than the
// limits above. The client allocates what an answer announces, and reads nested answers
// by recursion, so a few bytes of whatever answers as Redis would end the process.
func boundAnswers(option *rueidis.ClientOption) {
	dial := option.DialCtxFn
	if dial == nil {
		dial = func(ctx context.Context, address string, d *net.Dialer, config *tls.Config) (net.Conn, error) {
			if config == nil {
				return d.DialContext(ctx, "tcp", address)
			}
			return (&tls.Dialer{NetDialer: d, Config: config}).DialContext(ctx, "tcp", address)
		}
	}
	option.DialCtxFn = func(ctx context.Context, address string, d *net.Dialer, c *tls.Config) (net.Conn, error) {
		conn, err := dial(ctx, address, d, c)
		if err != nil {
			return nil, err
		}
		return &boundedConn{Conn: conn}, nil
	}
}

// boundedConn is a connection whose answers are measured as they are read. One goroutine
// reads at a time.
type boundedConn struct {
	net.Conn

	answers answers
}

func (c *boundedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if !c.answers.accept(p[:n]) {
		return 0, errTooLarge
	}
	return n, err
}

// answers measures a stream of answers in RESP2 or RESP3 without keeping them. It is
// stricter than the client, so that both always read the same: what Redis does not send,
// such as strings in pieces, is refused.
type answers struct {
	// skip is how many bytes of a string, its line end included, are still to come.
	skip int64
	// line is how many bytes of a line have come, begin holds the first of them.
	line  int
	begin [24]byte
	// remaining counts the elements to come at each depth of the answer.
	remaining []int64
	// bytes and elements are those announced by the whole answer.
	bytes, elements int64
	refused         bool
}

// accept measures the next bytes. It reports false from the first one on that makes an
// answer too large.
func (a *answers) accept(p []byte) bool {
	for len(p) > 0 && !a.refused {
		if a.skip > 0 {
			n := min(a.skip, int64(len(p)))
			a.skip -= n
			p = p[n:]
			if a.skip == 0 {
				a.complete()
			}
			continue
		}
		n := bytes.IndexByte(p, '\n') + 1
		ended := n > 0
		if !ended {
			n = len(p)
		}
		if a.line < len(a.begin) {
			copy(a.begin[a.line:], p[:n])
		}
		a.line += n
		p = p[n:]
		if a.line > maxAnswerLine {
			a.refused = true
		} else if ended {
			a.read(a.line)
			a.line = 0
		}
	}
	return !a.refused
}

// read reads a line of n bytes that has ended.
func (a *answers) read(n int) {
	switch kind := a.begin[0]; kind {
	case '+', '-', ':', ',', '(':
		a.complete()
	case '_', '.':
		a.refused = n != len("_\r\n")
		a.complete()
	case '#':
		a.refused = n != len("#t\r\n")
		a.complete()
	case '$', '!', '=', '*', '~', '>', '%', '|':
		a.announce(kind, n)
	default:
		a.refused = true
	}
}

// announce reads a line of n bytes that says how much follows.
func (a *answers) announce(kind byte, n int) {
	if n < len("*1\r\n") || n > len(a.begin) || a.begin[n-2] != '\r' {
		a.refused = true
		return
	}
	number, err := strconv.ParseInt(string(a.begin[1:n-2]), 10, 32)
	absent := number == -1 && kind != '%' && kind != '|'
	switch {
	case err != nil || number < 0 && !absent || a.begin[1] == '+':
		a.refused = true
	case absent:
		a.complete()
	case kind == '$' || kind == '!' || kind == '=':
		a.skip = number + int64(len("\r\n"))
		a.bytes += a.skip
		a.refused = a.bytes > maxAnswerBytes
	default:
		if kind == '%' || kind == '|' {
			number *= 2
		}
		if kind == '|' { // comes before the element that it is about
			number++
		}
		if number == 0 {
			a.complete()
			return
		}
		a.elements += number
		a.remaining = append(a.remaining, number)
		a.refused = a.elements > maxAnswerElements || len(a.remaining) > maxAnswerDepth
	}
}

// complete ends an element, and the answers that it completes.
func (a *answers) complete() {
	for i := len(a.remaining) - 1; i >= 0; i-- {
		if a.remaining[i]--; a.remaining[i] > 0 {
			return
		}
		a.remaining = a.remaining[:i]
	}
	a.bytes, a.elements = 0, 0
}
