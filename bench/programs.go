package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"sync"
	"time"

	"harang.dev/harang/internal/loadtest"
)

// A whole program takes events by HTTP and sends them to its listeners, as what
// users choose between does. With two nodes one takes the events and the other
// has all listeners.
type programSpec struct {
	name, title string
	nodes       int
	protocol    protocol
	start       func(ctx context.Context, s settings, plan scenario) (wholeProgram, error)
}

// wholeProgram is a program that runs.
type wholeProgram interface {
	// pid is the node of the listeners, address where they connect.
	pid() int
	address() netip.AddrPort
	listeners(ctx context.Context, n, replay int) ([]listener, error)
	// post sends one event to a tenant and returns when it was accepted.
	post(ctx context.Context, tenant int) error
	// others are all other processes that take part.
	others() []part
	stop()
}

// part is a process beside the node of the listeners.
type part struct {
	name string
	cpu  func() (time.Duration, error)
}

func processPart(name string, pid int) part {
	return part{name, func() (time.Duration, error) { return cpuOf(pid) }}
}

const (
	centrifugo = "centrifugo"
	story      = "story"
	harangOne  = "harang"
)

var programSpecs = []programSpec{
	{centrifugo, "Centrifugo 6.9.1, history in memory", 1, centrifugoProtocol, startCentrifugo(false, 1)},
	{"centrifugo-tuned", "the same, pooled write buffers, log and metrics off", 1, centrifugoProtocol,
		startCentrifugo(true, 1)},
	{story, "Socket.IO 4.8 on Node.js, a Redis list per tenant", 1, socketIOProtocol, startStory},
	{harangOne, "`harang serve`, verified, committed to SQLite", 1, harangProtocol,
		func(ctx context.Context, s settings, plan scenario) (wholeProgram, error) {
			p, err := startHarang(ctx, s, plan)
			if err != nil {
				return nil, err
			}
			return p.(*program), nil
		}},
	{"centrifugo-two", "Centrifugo 6.9.1, Redis engine", 2, centrifugoProtocol, startCentrifugo(false, 2)},
	{"harang-two", "`harang serve`, PostgreSQL and Redis", 2, harangProtocol,
		func(ctx context.Context, s settings, plan scenario) (wholeProgram, error) {
			p, err := startHarangCluster(ctx, s, plan)
			if err != nil {
				return nil, err
			}
			return p, nil
		}},
}

// programScenarios are the loads of the whole programs.
var programScenarios = []scenario{
	{name: "publish400", title: "400 events a second, 50 listeners each: 1,000 listeners in 20 tenants",
		connections: 1000, rooms: 20, rate: 400, nodes: 1},
	{name: "publish2000", title: "2,000 events a second, 50 listeners each: 1,000 listeners in 20 tenants",
		connections: 1000, rooms: 20, rate: 2000, nodes: 1},
	{name: "single400", title: "400 events a second, one listener each: 20 listeners in 20 tenants",
		connections: 20, rooms: 20, rate: 400, nodes: 1},
	{name: "single2000", title: "2,000 events a second, one listener each: 20 listeners in 20 tenants",
		connections: 20, rooms: 20, rate: 2000, nodes: 1},
	{name: "two400", title: "two nodes: 400 events a second by one, 50 listeners each at the other",
		connections: 1000, rooms: 20, rate: 400, nodes: 2},
	{name: "two2000", title: "two nodes: 2,000 events a second by one, 50 listeners each at the other",
		connections: 1000, rooms: 20, rate: 2000, nodes: 2},
	{name: "twosingle400", title: "two nodes: 400 events a second by one, one listener each at the other",
		connections: 20, rooms: 20, rate: 400, nodes: 2},
	{name: "twosingle2000", title: "two nodes: 2,000 events a second by one, one listener each at the other",
		connections: 20, rooms: 20, rate: 2000, nodes: 2},
}

// round is what one program did in one scenario, once.
type round struct {
	tally
	lasted time.Duration
	// posted is how many events were accepted in the measured phase.
	posted int64
	// cpu is the node of the listeners, load the load program.
	cpu, load time.Duration
	parts     []partCPU
	resident  int64
	lost      int
}

type partCPU struct {
	name string
	cpu  time.Duration
}

// rounds are all rounds of one program in one scenario.
type rounds struct {
	program programSpec
	plan    scenario
	all     []round
}

// racePrograms puts the chosen programs through the chosen scenarios, by turns,
// so that what changes on the machine meanwhile changes for all.
func racePrograms(ctx context.Context, s settings, plans []scenario, programs []programSpec,
	progress io.Writer) ([]rounds, error) {
	var results []rounds
	for _, plan := range plans {
		var here []rounds
		for _, p := range programs {
			if p.nodes == plan.nodes {
				here = append(here, rounds{program: p, plan: plan})
			}
		}
		for n := range s.Rounds {
			for i := range here {
				r, err := measureProgram(ctx, s, here[i].program, plan)
				if err != nil {
					return nil, fmt.Errorf("%s, %s: %w", plan.name, here[i].program.name, err)
				}
				fmt.Fprintf(progress, "%s %s, round %d: %d posted, %d received, %d lost, %v CPU, load program %v\n",
					plan.name, here[i].program.name, n+1, r.posted, r.received, r.lost, r.cpu, r.load)
				here[i].all = append(here[i].all, r)
			}
		}
		results = append(results, here...)
	}
	return results, nil
}

// measureProgram puts one program through one scenario.
func measureProgram(ctx context.Context, s settings, spec programSpec, plan scenario) (r round, err error) {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(s.Seconds)*time.Second+time.Minute)
	defer cancel()
	p, err := spec.start(ctx, s, plan)
	if err != nil {
		return r, err
	}
	defer p.stop()
	listening, stopListening := context.WithCancel(ctx)
	l, err := newLoad(listening, spec.protocol, p.address())
	if err != nil {
		stopListening()
		return r, err
	}
	defer l.close()
	defer stopListening()
	listeners, err := p.listeners(ctx, plan.connections, 0)
	if err != nil {
		return r, err
	}
	if err := l.connect(ctx, listeners); err != nil {
		return r, err
	}
	load := startPosting(ctx, plan, p)
	defer load.stop()
	if err := wait(ctx, warmUp); err != nil {
		return r, err
	}
	if err := r.measure(ctx, s, p, l, load); err != nil {
		return r, err
	}
	load.stop()
	r.lost = l.lostSoFar()
	r.latencies.Sort()
	return r, load.failure()
}

// measure notes what happens for s.Seconds.
func (r *round) measure(ctx context.Context, s settings, p wholeProgram, l *load, posting *posting) error {
	watched := append([]part{processPart("", p.pid()), processPart("", os.Getpid())}, p.others()...)
	before, err := readParts(watched)
	if err != nil {
		return err
	}
	began, posted := time.Now(), posting.accepted()
	l.begin()
	if err := wait(ctx, time.Duration(s.Seconds)*time.Second); err != nil {
		return err
	}
	r.tally = l.end()
	r.lasted, r.posted = time.Since(began), posting.accepted()-posted
	after, err := readParts(watched)
	if err != nil {
		return err
	}
	r.cpu, r.load = after[0]-before[0], after[1]-before[1]
	for i, part := range watched[2:] {
		r.parts = append(r.parts, partCPU{part.name, after[i+2] - before[i+2]})
	}
	r.resident, err = residentOf(p.pid())
	return err
}

func readParts(parts []part) ([]time.Duration, error) {
	all := make([]time.Duration, len(parts))
	var errs []error
	for i, p := range parts {
		cpu, err := p.cpu()
		all[i] = cpu
		errs = append(errs, err)
	}
	return all, errors.Join(errs...)
}

// posting is the applications that post, each waiting for its answer.
type posting struct {
	cancel context.CancelFunc
	group  sync.WaitGroup

	mu    sync.Mutex
	count int64 // guarded by mu, like err
	err   error // the first that was not accepted
}

func startPosting(ctx context.Context, plan scenario, p wholeProgram) *posting {
	ctx, cancel := context.WithCancel(ctx)
	all := &posting{cancel: cancel}
	all.group.Go(func() {
		loadtest.Pace(ctx, plan.rate, 0, posters, func(_, n int) {
			err := p.post(ctx, n%plan.rooms)
			if ctx.Err() != nil {
				return
			}
			all.mu.Lock()
			defer all.mu.Unlock()
			if err == nil {
				all.count++
			} else if all.err == nil {
				all.err = err
			}
		})
	})
	return all
}

// stop ends the posting and waits for the last answer.
func (p *posting) stop() {
	p.cancel()
	p.group.Wait()
}

func (p *posting) accepted() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.count
}

func (p *posting) failure() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}
