package faults

import (
	"bytes"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"
)

// cutMode is how a gate breaks a connection.
type cutMode string

const (
	modeReset cutMode = "reset" // TCP RST to both sides
	// modeHalfOpen stops forwarding and closes nothing: neither side notices.
	modeHalfOpen cutMode = "half-open"
	// modeSlowClose closes for writing at once and completely a while later.
	modeSlowClose cutMode = "slow close"
)

// slowClose is how long a slow close takes.
const slowClose = 200 * time.Millisecond

// steps are the phases of a connection in which a cut can fall.
var steps = []string{"before the handshake", "before CONNECT is answered", "between CONNECT and session",
	"within session and replay", "live"}

// stepMarks are what the server sends at the end of each step.
var stepMarks = [][]byte{[]byte(`0{"sid"`), []byte("40/ws/dashboard"), []byte(`["session"`)}

// gate is a proxy between one client and the nodes that breaks its connections at a chosen byte.
type gate struct {
	listener net.Listener
	bases    []string // host:port of the nodes

	mu      sync.Mutex // guards what follows
	at      int        // the node of new connections
	pairs   map[*pair]struct{}
	step    int
	armed   bool
	cutMode cutMode
	left    int // bytes until the cut, in both directions together
	fired   chan string
}

// pair is one connection, from the client and to the node.
type pair struct {
	front, back *net.TCPConn
	// over is set when nothing is forwarded any more.
	over bool
}

func openGate(t *testing.T, bases []string) *gate {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := &gate{listener: l, pairs: make(map[*pair]struct{}), fired: make(chan string, 1)}
	for _, base := range bases {
		g.bases = append(g.bases, base[len("http://"):])
	}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			g.mu.Lock()
			base := g.bases[g.at]
			g.mu.Unlock()
			back, err := net.Dial("tcp", base)
			if err != nil {
				_ = conn.Close()
				continue
			}
			p := &pair{front: conn.(*net.TCPConn), back: back.(*net.TCPConn)}
			g.mu.Lock()
			g.pairs[p] = struct{}{}
			g.mu.Unlock()
			running.Go(func() { g.forward(p, p.back, p.front, false) })
			running.Go(func() { g.forward(p, p.front, p.back, true) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		g.mu.Lock()
		for p := range g.pairs {
			_, _ = p.front.Close(), p.back.Close()
		}
		g.mu.Unlock()
		running.Wait()
	})
	return g
}

func (g *gate) url() string { return "http://" + g.listener.Addr().String() }

// arm makes the gate cut after so many more bytes. With anew, the present connections are reset first,
// so that the bytes are those of the next connection.
func (g *gate) arm(how cutMode, after int, anew bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if anew {
		for p := range g.pairs {
			g.resetLocked(p)
		}
		g.nextSessionLocked()
	}
	g.armed, g.cutMode, g.left = true, how, after
}

// nextSessionLocked prepares for the next session of the client, on any node.
func (g *gate) nextSessionLocked() { g.step, g.at = 0, rand.IntN(len(g.bases)) }

// forward copies one direction until it ends or the gate cuts.
func (g *gate) forward(p *pair, to, from *net.TCPConn, down bool) {
	buf := make([]byte, 16<<10)
	for {
		n, err := from.Read(buf)
		g.mu.Lock()
		if p.over {
			g.mu.Unlock()
			if err != nil {
				return
			}
			continue // discarded
		}
		cut := g.armed && n > 0 && n >= g.left
		if cut {
			n = g.left
		} else if g.armed {
			g.left -= n
		}
		if down {
			g.noteLocked(buf[:n])
		}
		if cut {
			g.armed = false
		}
		g.mu.Unlock()
		if n > 0 {
			if _, werr := to.Write(buf[:n]); werr != nil {
				err = werr
			}
		}
		switch {
		case cut:
			g.cut(p)
		case err != nil:
			g.mu.Lock()
			if !p.over {
				p.over = true
				delete(g.pairs, p)
				_, _ = p.front.Close(), p.back.Close()
			}
			g.mu.Unlock()
			return
		}
	}
}

// noteLocked follows the connection's step by what the server sends.
func (g *gate) noteLocked(sent []byte) {
	for i := g.step; i < len(stepMarks); i++ {
		if bytes.Contains(sent, stepMarks[i]) {
			g.step = i + 1
		}
	}
}

// live marks the connection as past its beginning.
func (g *gate) live() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.step = len(steps) - 1
}

func (g *gate) cut(p *pair) {
	g.mu.Lock()
	defer g.mu.Unlock()
	step := steps[g.step]
	switch g.cutMode {
	case modeReset:
		g.resetLocked(p)
	case modeHalfOpen: // the network is gone, for all connections
		for other := range g.pairs {
			other.over = true
		}
	case modeSlowClose:
		p.over = true
		_, _ = p.front.CloseWrite(), p.back.CloseWrite()
		time.AfterFunc(slowClose, func() { _, _ = p.front.Close(), p.back.Close() })
	}
	g.nextSessionLocked()
	g.fired <- step
}

func (g *gate) resetLocked(p *pair) {
	if p.over {
		return // half open already
	}
	p.over = true
	delete(g.pairs, p)
	_, _ = p.front.SetLinger(0), p.back.SetLinger(0)
	_, _ = p.front.Close(), p.back.Close()
}
