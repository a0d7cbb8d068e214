package main

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// peerSpec describes a peer and how it is started.
type peerSpec struct {
	name, title string
	protocol    protocol
	start       func(ctx context.Context, s settings, plan scenario) (runner, error)
}

// runner is a peer that runs.
type runner interface {
	pid() int
	address() netip.AddrPort
	// listeners are n listeners, spread evenly over the rooms; with replay each
	// returns and expects that many events.
	listeners(ctx context.Context, n, replay int) ([]listener, error)
	// produce begins to send events, until ctx ends.
	produce(ctx context.Context, rate int) error
	// memory collects garbage and answers what heap and stacks take, in bytes.
	memory(ctx context.Context) (int64, error)
	// profile notes where the processor's time goes until the function it
	// returns is called.
	profile(ctx context.Context, seconds int, file string) (finish func() error)
	stop()
}

// floor names the peer to which ratios refer.
const floor = "bare"

var peerSpecs = []peerSpec{
	{floor, "bare TCP write loop in Go (the floor)", bareProtocol, startGo(floor)},
	{"node", "Socket.IO 4.8 on Node.js", socketIOProtocol, startNode},
	{"goport", "Socket.IO port in Go (zishang520 3.0.6)", socketIOProtocol, startGo("goport")},
	{"centrifuge", "centrifuge 0.40 (library of Centrifugo), history on", centrifugeProtocol, startGo("centrifuge")},
	{"centrifuge-batching", "the same, writing by timer every 5 ms", centrifugeProtocol,
		startGo("centrifuge-batching")},
	{"socketio", "Harang: `socketio` alone, each event by itself", socketIOProtocol, startGo("socketio")},
	{"feed", "Harang: fan-out alone (`socketio` behind a feed)", socketIOProtocol, startGo("feed")},
	{"harang", "Harang: `harang serve`, signed in, from POST through the outbox", harangProtocol, startHarang},
}

// simple is a peer that obeys the commands of peer.Serve.
type simple struct {
	*process
	at    netip.AddrPort
	rooms int
}

func startGo(name string) func(context.Context, settings, scenario) (runner, error) {
	return func(ctx context.Context, s settings, plan scenario) (runner, error) {
		self, err := os.Executable()
		if err != nil {
			return nil, err
		}
		args := []string{"--peer", name}
		if s.Profile != "" {
			args = append(args, "--cpuprofile", s.profileOf(name, plan))
		}
		return startSimple(ctx, plan, self, args...)
	}
}

func startNode(ctx context.Context, s settings, plan scenario) (runner, error) {
	args := []string{"--expose-gc", s.Node}
	if s.Profile != "" {
		args = append([]string{"--cpu-prof", "--cpu-prof-dir", s.Profile}, args...)
	}
	return startSimple(ctx, plan, "node", args...)
}

func startSimple(ctx context.Context, plan scenario, name string, args ...string) (runner, error) {
	p, err := startProcess(ctx, name, args...)
	if err != nil {
		return nil, err
	}
	line, err := p.receive()
	if err == nil {
		var at netip.AddrPort
		if at, err = netip.ParseAddrPort(strings.TrimPrefix(line, "listening ")); err == nil {
			return &simple{p, at, plan.rooms}, nil
		}
	}
	p.stop()
	return nil, fmt.Errorf("%s did not start: %w", filepath.Base(name), err)
}

func (p *simple) address() netip.AddrPort { return p.at }

func (p *simple) listeners(_ context.Context, n, _ int) ([]listener, error) {
	return roomListeners(n, p.rooms), nil
}

func (p *simple) produce(_ context.Context, rate int) error {
	_, err := p.send("produce %d %d", p.rooms, rate)
	return err
}

func (p *simple) memory(context.Context) (int64, error) {
	line, err := p.send("memory")
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(line, 10, 64)
}

// profile does nothing: these peers profile their whole life.
func (p *simple) profile(context.Context, int, string) func() error {
	return func() error { return nil }
}
