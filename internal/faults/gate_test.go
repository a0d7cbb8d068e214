package faults

import (
	"bytes"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"
)

// way is how a gate breaks a connection.
type way string

const (
	wayReset way = "reset" // TCP RST to both sides
	// wayHalfOpen stops carrying and closes nothing: neither side is told.
	wayHalfOpen way = "half-open"
	// waySlowClose ends what is sent at once and the rest a while later.
	waySlowClose way = "slow close"
)

// slowClose is how long a slow close takes.
const slowClose = 200 * time.Millisecond

// Where in a connection's life a cut fell.
var steps = []string{"before the handshake", "before CONNECT is answered", "between CONNECT and session",
	"within session and replay", "live"}

// stepMarks are what the server sends when a step is over.
var stepMarks = [][]byte{[]byte(`0{"sid"`), []byte("40/ws/dashboard"), []byte(`["session"`)}

// gate stands between one client and the nodes and breaks its connections at a
// chosen byte.
type gate struct {
	listener net.Listener
	bases    []string // host:port of the nodes

	mu    sync.Mutex // guards what follows
	at    int        // the node that the present life leads to
	pairs map[*pair]struct{}
	step  int
	armed bool
	way   way
	left  int // bytes until the cut, in both directions together
	fired chan string
}

// pair is one connection, from the client and to the node.
type pair struct {
	front, back *net.TCPConn
	// over is set when nothing is carried any more.
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
			running.Go(func() { g.carry(p, p.back, p.front, false) })
			running.Go(func() { g.carry(p, p.front, p.back, true) })
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

// arm has the gate cut after so many bytes more. With anew the connections
// there are now are reset first, so that the bytes are those of the way back.
func (g *gate) arm(how way, after int, anew bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if anew {
		for p := range g.pairs {
			g.resetLocked(p)
		}
		g.lifeLocked()
	}
	g.armed, g.way, g.left = true, how, after
}

// lifeLocked begins another life of the client's connection, on any node.
func (g *gate) lifeLocked() { g.step, g.at = 0, rand.IntN(len(g.bases)) }

// carry copies one direction until it ends or the gate cuts.
func (g *gate) carry(p *pair, to, from *net.TCPConn, down bool) {
	buf := make([]byte, 16<<10)
	for {
		n, err := from.Read(buf)
		g.mu.Lock()
		if p.over {
			g.mu.Unlock()
			if err != nil {
				return
			}
			continue // what comes now is for nobody
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

// noteLocked follows by the server's words how far the connection has come.
func (g *gate) noteLocked(sent []byte) {
	for i := g.step; i < len(stepMarks); i++ {
		if bytes.Contains(sent, stepMarks[i]) {
			g.step = i + 1
		}
	}
}

// live says that what comes now is no longer part of a beginning.
func (g *gate) live() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.step = len(steps) - 1
}

func (g *gate) cut(p *pair) {
	g.mu.Lock()
	defer g.mu.Unlock()
	step := steps[g.step]
	switch g.way {
	case wayReset:
		g.resetLocked(p)
	case wayHalfOpen: // the network is gone, for all connections there are
		for other := range g.pairs {
			other.over = true
		}
	case waySlowClose:
		p.over = true
		_, _ = p.front.CloseWrite(), p.back.CloseWrite()
		time.AfterFunc(slowClose, func() { _, _ = p.front.Close(), p.back.Close() })
	}
	g.lifeLocked()
	g.fired <- step
}

func (g *gate) resetLocked(p *pair) {
	if p.over {
		return // half open already: it stays so
	}
	p.over = true
	delete(g.pairs, p)
	_, _ = p.front.SetLinger(0), p.back.SetLinger(0)
	_, _ = p.front.Close(), p.back.Close()
}
