package socketio

import (
	"strings"
	"testing"
	"time"

	"harang.dev/harang/engineio/enginetest"
)

// With RefuseBinary a client's binary packet ends the session before an attachment arrives.
func TestOptions_RefuseBinary(t *testing.T) {
	opts := longTimeouts()
	opts.RefuseBinary = true
	reasons := make(chan string, 10)
	ns, url := serve(t, opts, "/", Handler{Disconnect: func(_ *Socket, reason string) { reasons <- reason }})
	for name, packet := range map[string]string{
		"event":                  `451-["x",{"_placeholder":true,"num":0}]`,
		"acknowledgement":        `461-1[{"_placeholder":true,"num":0}]`,
		"event, no attachment":   `450-["x"]`,
		"binary message":         "",
		"binary message, base64": "bAAAA",
	} {
		c, _ := connect(t, url)
		if packet == "" {
			c.SendFrame(true, enginetest.Binary, []byte("x"))
		} else {
			c.Send(packet)
		}
		c.Closed()
		if reason := receive(t, reasons); reason != ReasonParseError {
			t.Errorf("%s: reason %q", name, reason)
		}
	}
	// The server may still send binary packets.
	c, id := connect(t, url)
	for _, s := range ns.Sockets() {
		if s.ID() != id { // of a client whose end is not yet complete
			continue
		}
		if err := s.EmitBinary("x", [][]byte{[]byte("abc")}, Placeholder(0)); err != nil {
			t.Error(err)
		}
	}
	c.Expect(`451-["x",{"_placeholder":true,"num":0}]`)
}

// The answer about an unknown namespace is short: a longer name ends the session.
func TestConnect_LongNamespace(t *testing.T) {
	_, url := serve(t, longTimeouts(), "/", Handler{})
	c, _ := connect(t, url)
	name := "/" + strings.Repeat("x", maxNamespaceBytes-1)
	c.Send("40" + name + ",{}")
	c.Expect("44" + name + `,{"message":"Invalid namespace"}`)
	c.Send("40" + name + "x,{}")
	c.Closed()
}

// Frames of all kinds count: unexpected acknowledgements, packets of other namespaces, pongs.
func TestOptions_RateLimited(t *testing.T) {
	now := time.Now()
	for name, packet := range map[string]string{
		"events":             `42["x"]`,
		"acknowledgements":   `437[]`,
		"unknown namespaces": `40/other,`,
		"pongs":              `3`,
	} {
		t.Run(name, func(t *testing.T) {
			opts := longTimeouts()
			opts.Engine.Now = func() time.Time { return now }
			opts.Engine.FrameRate, opts.Engine.FrameBurst = 1, 10
			opts.RateLimited = func(s *Socket) *Frame {
				f, _ := s.Namespace().Encode("goodbye", raw(`{"code":"RATE_LIMITED"}`))
				return f
			}
			reasons := make(chan string, 1)
			ns, url := serve(t, opts, "/", Handler{Disconnect: func(_ *Socket, reason string) { reasons <- reason }})
			c, _ := connect(t, url)
			for _, s := range ns.Sockets() {
				s.PID() // waits until Accept has returned: a socket that is not yet open gets no last frame
			}
			for range 10 { // with CONNECT one more than the burst
				c.Send(packet)
			}
			for c.Next() != `42["goodbye",{"code":"RATE_LIMITED"}]` {
			}
			if code := c.Closed(); code != 1008 {
				t.Errorf("closed with %d", code)
			}
			if reason := receive(t, reasons); reason != ReasonRateLimited {
				t.Errorf("reason %q", reason)
			}
		})
	}
}
