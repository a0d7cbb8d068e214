package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// roomSize is how many listeners a room has.
const roomSize = 50

// scenario is one load under which every peer is measured.
type scenario struct {
	name, title        string
	connections, rooms int
	// rate is how many events a second are offered to all rooms together.
	rate int
	// replay is how many events a listener of Harang expects when it returns.
	replay int
	// nodes is how many nodes a whole program has here; 0 for the libraries.
	nodes int
}

func newScenario(name, title string, connections, rate, replay int) scenario {
	return scenario{name: name, title: title, connections: connections, rooms: connections / roomSize, rate: rate,
		replay: replay}
}

var scenarios = []scenario{
	newScenario("steady", "2,000 connections, 400 events a second (20,000 deliveries a second)", 2000, 400, 0),
	newScenario("saturated", "1,000 connections, 2,000 events a second (100,000 deliveries a second offered)",
		1000, 2000, 0),
	newScenario("flood", "1,000 connections, 10,000 events a second (500,000 deliveries a second offered)",
		1000, 10_000, 0),
	newScenario("idle", "5,000 idle connections", 5000, 0, 0),
	newScenario("storm", "2,000 connections at once", 2000, 0, 50),
}

// settings are the flags.
type settings struct {
	Harang, Node, Centrifugo, Story, Profile string
	// Seconds is how long deliveries are measured, Rounds how often each whole
	// program is.
	Seconds, Rounds int
}

func (s settings) profileOf(name string, plan scenario) string {
	return filepath.Join(s.Profile, plan.name+"-"+name+".prof")
}

// result is what one peer did in one scenario. What a scenario does not measure
// is zero.
type result struct {
	peer   peerSpec
	lasted time.Duration
	tally
	// cpu is the peer's, load the load program's.
	cpu, load time.Duration
	lost      int
	// resident and inUse are bytes that all connections together added.
	resident, inUse int64
	connections     int
	// again is the peer's processor time when all connections came back.
	again time.Duration
}

// perDelivery is the peer's processor time per delivery.
func (r result) perDelivery() time.Duration {
	if r.received == 0 {
		return 0
	}
	return r.cpu / time.Duration(r.received)
}

// warmUp is how long a peer sends before it is measured.
const warmUp = 2 * time.Second

// settling is how long a peer is left alone before memory is measured, or after
// all connections have gone.
const settling = time.Second

// measurePeer puts one peer through one scenario.
func measurePeer(ctx context.Context, s settings, e peerSpec, plan scenario) (r result, err error) {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(s.Seconds)*time.Second+time.Minute)
	defer cancel()
	p, err := e.start(ctx, s, plan)
	if err != nil {
		return r, err
	}
	defer p.stop()
	listening, stopListening := context.WithCancel(ctx)
	defer stopListening()
	l, err := newLoad(listening, e.protocol, p.address())
	if err != nil {
		return r, err
	}
	defer l.close()
	defer stopListening()
	l.withCommit = e.name == "harang"
	if e.name == "node" {
		l.clock = monotonic
	}
	listeners, err := p.listeners(listening, plan.connections, plan.replay)
	if err != nil {
		return r, err
	}
	r = result{peer: e, connections: plan.connections}
	switch {
	case plan.rate > 0:
		err = r.deliver(listening, s, plan, p, l, listeners)
	case plan.replay > 0:
		err = r.storm(listening, s, plan, p, l, listeners)
	default:
		err = r.idle(listening, p, l, listeners)
	}
	r.lost = l.lostSoFar()
	return r, err
}

// deliver measures a peer that sends.
func (r *result) deliver(ctx context.Context, s settings, plan scenario, p runner, l *load,
	listeners []listener) error {
	if err := l.connect(ctx, listeners); err != nil {
		return err
	}
	if err := p.produce(ctx, plan.rate); err != nil {
		return err
	}
	if err := wait(ctx, warmUp); err != nil {
		return err
	}
	finish := func() error { return nil }
	if s.Profile != "" {
		finish = p.profile(ctx, s.Seconds, s.profileOf(r.peer.name, plan))
	}
	err := r.measure(p, func() error {
		l.begin()
		err := wait(ctx, time.Duration(s.Seconds)*time.Second)
		r.tally = l.end()
		return err
	})
	if err != nil {
		return err
	}
	r.latencies.Sort()
	r.sinceCommit.Sort()
	if program, ok := p.(*program); ok {
		if refused := program.refused.Load(); refused != nil {
			return fmt.Errorf("an event was not taken: %s", *refused)
		}
	}
	return finish()
}

// stormProfile is how many seconds of a storm are profiled.
const stormProfile = 2

// storm measures a peer to which all connections are opened at once, and opened again after they were closed: the
// program has verified their tokens by then, and Node.js has compiled what it runs.
func (r *result) storm(ctx context.Context, s settings, plan scenario, p runner, l *load, listeners []listener) error {
	expected := int64(0)
	if listeners[0].Offset != "" {
		expected = int64(len(listeners) * plan.replay)
	}
	connectAll := func() error {
		l.begin()
		if err := l.connect(ctx, listeners); err != nil {
			return err
		}
		for l.receivedSoFar() < expected {
			if err := wait(ctx, 5*time.Millisecond); err != nil {
				return fmt.Errorf("%d of %d events were replayed: %w", l.receivedSoFar(), expected, err)
			}
		}
		r.tally = l.end()
		return nil
	}
	finish := func() error { return nil }
	if s.Profile != "" {
		finish = p.profile(ctx, stormProfile, s.profileOf(r.peer.name, plan))
	}
	if err := r.measure(p, connectAll); err != nil {
		return err
	}
	if err := finish(); err != nil {
		return err
	}
	l.closeAll()
	if err := wait(ctx, settling); err != nil {
		return err
	}
	again := result{}
	err := again.measure(p, connectAll)
	r.again = again.cpu
	return err
}

// warmUpConnections is how many connections are opened and closed before memory is measured, so that memory that a
// process allocates once is not counted for each connection.
const warmUpConnections = 200

// idle measures the memory of connections.
func (r *result) idle(ctx context.Context, p runner, l *load, listeners []listener) error {
	readMemory := func() (resident, inUse int64, err error) {
		if inUse, err = p.memory(ctx); err != nil {
			return 0, 0, err
		}
		if err = wait(ctx, settling); err != nil {
			return 0, 0, err
		}
		resident, err = residentOf(p.pid())
		return resident, inUse, err
	}
	if err := l.connect(ctx, listeners[:warmUpConnections]); err != nil {
		return err
	}
	l.closeAll()
	if err := wait(ctx, settling); err != nil {
		return err
	}
	resident, inUse, err := readMemory()
	if err != nil {
		return err
	}
	if err := l.connect(ctx, listeners); err != nil {
		return err
	}
	if r.resident, r.inUse, err = readMemory(); err != nil {
		return err
	}
	r.resident -= resident
	r.inUse -= inUse
	return nil
}

// measure notes how long do took, and whose processor time.
func (r *result) measure(p runner, do func() error) error {
	server, err := cpuOf(p.pid())
	if err != nil {
		return err
	}
	own, err := cpuOf(os.Getpid())
	if err != nil {
		return err
	}
	began := time.Now()
	if err := do(); err != nil {
		return err
	}
	r.lasted = time.Since(began)
	if r.cpu, err = cpuOf(p.pid()); err != nil {
		return err
	}
	r.cpu -= server
	r.load, err = cpuOf(os.Getpid())
	r.load -= own
	return err
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// measureAll puts the chosen peers through the chosen scenarios and writes a line
// about each to progress.
func measureAll(ctx context.Context, s settings, plans []scenario, peers []peerSpec,
	progress io.Writer) ([][]result, error) {
	all := make([][]result, len(plans))
	for i, plan := range plans {
		for _, e := range peers {
			r, err := measurePeer(ctx, s, e, plan)
			if err != nil {
				return nil, fmt.Errorf("%s, %s: %w", plan.name, e.name, err)
			}
			fmt.Fprintf(progress, "%s %s: %d received, %d lost, %v CPU, %v of the load program\n", plan.name, e.name,
				r.received, r.lost, r.cpu, r.load)
			all[i] = append(all[i], r)
		}
	}
	return all, nil
}
