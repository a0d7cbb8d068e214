package faults

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"harang.dev/harang/internal/sioclient"
	"harang.dev/harang/internal/testtime"
)

// silence is how long a connection may be silent before the client asks whether it is alive; nodes are started with
// heartbeats every second. The other limits only end what would hang: on a busy machine a connection that was given up
// too early is a fault of the test.
const (
	silence   = 2500 * time.Millisecond
	askLimit  = 5 * time.Second
	openLimit = 10 * time.Second
)

var pings = []string{"--ping-interval", "1s", "--ping-timeout", "5s"}

// testClient is an open page: it reconnects by itself, with its pid and offset, to the next node that
// answers, and checks all that it receives.
type testClient struct {
	name  string
	bases []string
	token string
	// pause is how long it waits before it tries again.
	pause time.Duration

	mu    sync.Mutex // guards what follows
	state string     // "connected" or why not
	base  string
	conn  *sioclient.Client
	pid   string
	// offset is the last position, number its number.
	offset string
	number int64
	events map[string]int64
	// faults are broken invariants; the counts are of its sessions.
	faults    []string
	refused   []string
	gaps      []string
	goodbyes  []string
	ends      []string // why each session ended
	sessions  int
	recovered int
	changed   chan struct{}
	dead      bool
	// leaving is how the present connection ends; left are those that were
	// left half open.
	leaving cutKind
	end     context.CancelFunc
	left    []*sioclient.Client
}

// cutKind is how a connection ends on the client's side.
type cutKind int

const (
	cutReset    cutKind = iota // the network resets it
	cutHalfOpen                // the server is not notified
	cutClean                   // a close frame
)

// open starts a client and returns when it is connected.
func open(t *testing.T, name, token string, bases ...string) *testClient {
	t.Helper()
	p := &testClient{name: name, bases: bases, token: token, pause: 30 * time.Millisecond,
		events:  make(map[string]int64),
		changed: make(chan struct{}, 1)}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { p.run(ctx) })
	t.Cleanup(func() {
		cancel()
		running.Wait()
		for _, c := range p.left {
			_ = c.Cut()
		}
	})
	p.await(t, "connected", func() bool { return p.state == "connected" })
	return p
}

// await waits until ok, which runs under the client's lock.
func (p *testClient) await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	late := time.NewTimer(testtime.Limit)
	defer late.Stop()
	for {
		p.mu.Lock()
		done := ok()
		state, number := p.state, p.number
		p.mu.Unlock()
		if done {
			return
		}
		select {
		case <-p.changed:
		case <-late.C:
			t.Fatalf("%s: not within %s: %s (it is %s, at number %d)", p.name, testtime.Limit, what, state, number)
		}
	}
}

// awaitNumber waits until the client has received a number.
func (p *testClient) awaitNumber(t *testing.T, number int64) {
	t.Helper()
	p.await(t, fmt.Sprintf("number %d", number), func() bool { return p.number >= number })
}

// awaitEvent waits until the client has received an event.
func (p *testClient) awaitEvent(t *testing.T, id string) {
	t.Helper()
	p.await(t, "event "+id, func() bool { return p.events[id] != 0 })
}

// check reports every broken invariant.
func (p *testClient) check(t *testing.T) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, w := range p.faults {
		t.Errorf("%s: %s", p.name, w)
	}
}

// checkAll compares what the client received with what was accepted: they are equal, and there was no
// gap.
func (p *testClient) checkAll(t *testing.T, accepted map[string]string) {
	t.Helper()
	p.check(t)
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.gaps) > 0 {
		t.Errorf("%s: gaps %v", p.name, p.gaps)
	}
	for source, id := range accepted {
		if p.events[id] == 0 {
			t.Errorf("%s never received %s (%s)", p.name, source, id)
		}
	}
	if len(p.events) != len(accepted) {
		t.Errorf("%s received %d events, %d were accepted", p.name, len(p.events), len(accepted))
	}
}

func (p *testClient) set(state string) {
	p.mu.Lock()
	p.state = state
	p.mu.Unlock()
	p.notify()
}

func (p *testClient) notify() {
	select {
	case p.changed <- struct{}{}:
	default:
	}
}

// clientHistory is what a client went through until it was read; the client goes on.
type clientHistory struct {
	sessions, recovered           int
	refused, gaps, goodbyes, ends []string
}

func (p *testClient) history() clientHistory {
	p.mu.Lock()
	defer p.mu.Unlock()
	return clientHistory{
		sessions: p.sessions, recovered: p.recovered, refused: slices.Clone(p.refused), gaps: slices.Clone(p.gaps),
		goodbyes: slices.Clone(p.goodbyes), ends: slices.Clone(p.ends),
	}
}

func (p *testClient) run(ctx context.Context) {
	for i := 0; ctx.Err() == nil; i++ {
		err := p.session(ctx, p.bases[i%len(p.bases)])
		p.mu.Lock()
		p.conn = nil
		p.ends = append(p.ends, fmt.Sprint(err))
		dead := p.dead
		p.mu.Unlock()
		p.set(fmt.Sprint(err))
		var refusal *sioclient.ConnectError
		if errors.As(err, &refusal) {
			p.mu.Lock()
			p.refused = append(p.refused, refusal.Message)
			p.mu.Unlock()
		}
		if dead || errors.Is(err, sioclient.ErrDisconnected) {
			p.set("ended")
			return // as the stock client, which does not reconnect by itself
		}
		timer := time.NewTimer(p.pause/2 + rand.N(p.pause))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
		}
	}
}

// session is one connection, from dialling to its end.
func (p *testClient) session(ctx context.Context, base string) error {
	opening, cancel := context.WithTimeout(ctx, openLimit)
	defer cancel()
	c, err := sioclient.Dial(opening, base)
	if err != nil {
		return err
	}
	defer func() {
		p.mu.Lock()
		cutMode := p.leaving
		p.leaving = cutReset
		if cutMode == cutHalfOpen {
			p.left = append(p.left, c)
		}
		p.mu.Unlock()
		switch cutMode {
		case cutReset:
			_ = c.Cut()
		case cutClean:
			_ = c.Close()
		}
	}()
	ctx, end := context.WithCancel(ctx)
	defer end()
	p.mu.Lock()
	p.end = end
	auth := map[string]string{"token": p.token}
	if p.pid != "" {
		auth["pid"], auth["offset"] = p.pid, p.offset
	}
	p.mu.Unlock()
	if err := c.Connect(opening, "/ws/dashboard", auth); err != nil {
		return err
	}
	first, err := c.Next(opening)
	if err != nil {
		return err
	}
	if err := p.handleSession(c, base, first); err != nil {
		return err
	}
	for {
		next, cancel := context.WithTimeout(ctx, silence)
		e, err := c.Next(next)
		cancel()
		if err != nil {
			if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil && p.alive(ctx, c) {
				continue
			}
			return err
		}
		p.receive(e)
	}
}

// alive checks a silent connection, as a page that wakes up does.
func (p *testClient) alive(ctx context.Context, c *sioclient.Client) bool {
	ctx, cancel := context.WithTimeout(ctx, askLimit)
	defer cancel()
	_, err := c.EmitAck(ctx, "clock", map[string]any{})
	return err == nil
}

// handleSession checks the session event.
func (p *testClient) handleSession(c *sioclient.Client, base string, e sioclient.Event) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if e.Name != "session" || len(e.Args) != 2 {
		p.faults = append(p.faults, "the first event is "+e.Name)
		return errors.New("no session")
	}
	var s struct {
		Recovered bool
		Position  string
		Gap       *struct {
			Reason string
			Missed *int64
		}
	}
	if err := json.Unmarshal(e.Args[0], &s); err != nil {
		return err
	}
	came := p.pid != ""
	switch {
	case came && s.Recovered:
		p.recovered++
		if s.Position != p.offset {
			p.faults = append(p.faults, fmt.Sprintf("recovered at %s instead of %s", s.Position, p.offset))
		}
	case came && s.Gap == nil:
		p.faults = append(p.faults, "neither recovered nor a gap")
	case came:
		p.gaps = append(p.gaps, s.Gap.Reason)
	}
	p.sessions++
	p.pid, p.offset = c.PID, e.Offset()
	p.number = numberOf(p.offset)
	p.conn, p.base, p.state = c, base, "connected"
	p.notify()
	return nil
}

func (p *testClient) receive(e sioclient.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e.Name {
	case "stock_alert", "payment_error", "rental_created":
	case "goodbye":
		var g struct{ Code string }
		_ = json.Unmarshal(e.Args[0], &g) // unreadable: ""
		p.goodbyes = append(p.goodbyes, g.Code)
		p.notify()
		return
	default:
		return
	}
	var event struct {
		EventID string
	}
	if err := json.Unmarshal(e.Args[0], &event); err != nil {
		p.faults = append(p.faults, err.Error())
		return
	}
	number := numberOf(e.Offset())
	switch {
	case number <= p.number:
		p.faults = append(p.faults, fmt.Sprintf("number %d after %d: repeated or out of order", number, p.number))
	case number != p.number+1:
		p.faults = append(p.faults, fmt.Sprintf("number %d after %d: lost", number, p.number))
	}
	if p.events[event.EventID] != 0 {
		p.faults = append(p.faults, "event "+event.EventID+" came twice")
	}
	p.events[event.EventID] = number
	p.number, p.offset = number, e.Offset()
	p.notify()
}

// close ends the connection for good.
func (p *testClient) close() {
	p.mu.Lock()
	p.dead = true
	p.mu.Unlock()
	p.cut()
}

// cut ends the connection as a broken network does.
func (p *testClient) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.conn != nil {
		_ = p.conn.Conn().Close()
	}
}

// leave ends the connection in the given way.
func (p *testClient) leave(cutMode cutKind) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.conn != nil {
		p.leaving = cutMode
		p.conn = nil
		p.end()
	}
}

func numberOf(position string) int64 {
	n, err := strconv.ParseInt(position[strings.LastIndexByte(position, ':')+1:], 10, 64)
	if err != nil {
		return -1
	}
	return n
}
