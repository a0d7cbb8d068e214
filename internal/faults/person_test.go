package faults

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"harang.dev/harang/internal/sioclient"
)

// silence is after how long without a word a connection counts as dead; nodes
// are started with pings every second.
const silence = 2500 * time.Millisecond

var pings = []string{"--ping-interval", "1s", "--ping-timeout", "1s"}

// person is a page that is open: it comes back by itself, with its pid and
// offset, to whichever node answers, and checks all that it hears.
type person struct {
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
	// what went wrong, and how often it came back
	wrong     []string
	refused   []string
	gaps      []string
	goodbyes  []string
	sessions  int
	recovered int
	news      chan struct{}
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
	cutHalfOpen                // the server hears nothing of it
	cutClean                   // a close frame
)

// open starts a person, connected.
func open(t *testing.T, name, token string, bases ...string) *person {
	t.Helper()
	p := &person{name: name, bases: bases, token: token, pause: 30 * time.Millisecond, events: make(map[string]int64),
		news: make(chan struct{}, 1)}
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
	p.await(t, 10*time.Second, "connected", func() bool { return p.state == "connected" })
	return p
}

// await waits until the person is in a state; ok runs under its lock.
func (p *person) await(t *testing.T, limit time.Duration, what string, ok func() bool) {
	t.Helper()
	late := time.After(limit)
	for {
		p.mu.Lock()
		done := ok()
		state, number := p.state, p.number
		p.mu.Unlock()
		if done {
			return
		}
		select {
		case <-p.news:
		case <-late:
			t.Fatalf("%s: not within %s: %s (it is %s, at number %d)", p.name, limit, what, state, number)
		}
	}
}

// awaitNumber waits until the person has heard a number.
func (p *person) awaitNumber(t *testing.T, limit time.Duration, number int64) {
	t.Helper()
	p.await(t, limit, fmt.Sprintf("number %d", number), func() bool { return p.number >= number })
}

// awaitEvent waits until the person has heard an event.
func (p *person) awaitEvent(t *testing.T, limit time.Duration, id string) {
	t.Helper()
	p.await(t, limit, "event "+id, func() bool { return p.events[id] != 0 })
}

// check reports everything that went wrong.
func (p *person) check(t *testing.T) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, w := range p.wrong {
		t.Errorf("%s: %s", p.name, w)
	}
}

// checkAll compares what the person has heard with what was accepted: exactly
// that, if no gap was told.
func (p *person) checkAll(t *testing.T, accepted map[string]string) {
	t.Helper()
	p.check(t)
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.gaps) > 0 {
		t.Errorf("%s was told of gaps: %v", p.name, p.gaps)
	}
	for source, id := range accepted {
		if p.events[id] == 0 {
			t.Errorf("%s never heard %s (%s)", p.name, source, id)
		}
	}
	if len(p.events) != len(accepted) {
		t.Errorf("%s heard %d events, %d were accepted", p.name, len(p.events), len(accepted))
	}
}

func (p *person) set(state string) {
	p.mu.Lock()
	p.state = state
	p.mu.Unlock()
	p.tell()
}

func (p *person) tell() {
	select {
	case p.news <- struct{}{}:
	default:
	}
}

func (p *person) run(ctx context.Context) {
	for i := 0; ctx.Err() == nil; i++ {
		err := p.session(ctx, p.bases[i%len(p.bases)])
		p.mu.Lock()
		p.conn = nil
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
			return // as the stock client: it does not come back by itself
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
func (p *person) session(ctx context.Context, base string) error {
	opening, cancel := context.WithTimeout(ctx, silence)
	defer cancel()
	c, err := sioclient.Dial(opening, base)
	if err != nil {
		return err
	}
	defer func() {
		p.mu.Lock()
		way := p.leaving
		p.leaving = cutReset
		if way == cutHalfOpen {
			p.left = append(p.left, c)
		}
		p.mu.Unlock()
		switch way {
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
	if err := p.begin(c, base, first); err != nil {
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
		p.hear(e)
	}
}

// alive asks a silent connection, as a page that wakes does.
func (p *person) alive(ctx context.Context, c *sioclient.Client) bool {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	_, err := c.EmitAck(ctx, "clock", map[string]any{})
	return err == nil
}

// begin takes in the session event.
func (p *person) begin(c *sioclient.Client, base string, e sioclient.Event) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if e.Name != "session" || len(e.Args) != 2 {
		p.wrong = append(p.wrong, "the first event is "+e.Name)
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
			p.wrong = append(p.wrong, fmt.Sprintf("recovered at %s, it stood at %s", s.Position, p.offset))
		}
	case came && s.Gap == nil:
		p.wrong = append(p.wrong, "not recovered and no gap told")
	case came:
		p.gaps = append(p.gaps, s.Gap.Reason)
	}
	p.sessions++
	p.pid, p.offset = c.PID, e.Offset()
	p.number = numberOf(p.offset)
	p.conn, p.base, p.state = c, base, "connected"
	p.tell()
	return nil
}

func (p *person) hear(e sioclient.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e.Name {
	case "stock_alert", "payment_error", "rental_created":
	case "goodbye":
		var g struct{ Code string }
		_ = json.Unmarshal(e.Args[0], &g) // "" is as wrong as any other
		p.goodbyes = append(p.goodbyes, g.Code)
		p.tell()
		return
	default:
		return
	}
	var event struct {
		EventID string
	}
	if err := json.Unmarshal(e.Args[0], &event); err != nil {
		p.wrong = append(p.wrong, err.Error())
		return
	}
	number := numberOf(e.Offset())
	switch {
	case number <= p.number:
		p.wrong = append(p.wrong, fmt.Sprintf("number %d after %d: repeated or out of order", number, p.number))
	case number != p.number+1:
		p.wrong = append(p.wrong, fmt.Sprintf("number %d after %d: lost", number, p.number))
	}
	if p.events[event.EventID] != 0 {
		p.wrong = append(p.wrong, "event "+event.EventID+" came twice")
	}
	p.events[event.EventID] = number
	p.number, p.offset = number, e.Offset()
	p.tell()
}

// close ends the person's connection for good.
func (p *person) close() {
	p.mu.Lock()
	p.dead = true
	p.mu.Unlock()
	p.cut()
}

// cut ends the person's connection as a broken network does.
func (p *person) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.conn != nil {
		_ = p.conn.Conn().Close()
	}
}

// leave ends the person's connection in one of the ways.
func (p *person) leave(way cutKind) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.conn != nil {
		p.leaving = way
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
