// Package health checks in the background what a node depends on, and keeps the
// last results for load balancers: asking for them costs nothing, however often it
// is done.
package health

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"harang.dev/harang"
)

const (
	// Interval is the time between two checks of a dependency.
	Interval = 2 * time.Second
	// Timeout ends a check.
	Timeout = 2 * time.Second
	// StaleAfter is the age of a result that no longer counts: its check hangs.
	StaleAfter = 10 * time.Second
)

// Dependency is something that the node needs.
type Dependency struct {
	Name string
	// Check returns nil when it works. Its context ends after Timeout.
	Check func(context.Context) error
	// Optional means that the node also serves without it, degraded.
	Optional bool
	// Facts returns further members of the report. Nil means none.
	Facts func() map[string]any
}

// Result is the last result of one dependency.
type Result struct {
	Dependency
	// Err is why it is down, nil when it works.
	Err error
	// Took is how long the check took, Age how long ago it ended.
	Took, Age time.Duration
}

// Options are what a Monitor is built from.
type Options struct {
	Dependencies []Dependency
	// Clock is time.Now when nil.
	Clock    func() time.Time
	Logger   *slog.Logger
	Registry prometheus.Registerer
}

// Monitor checks dependencies. It is safe for concurrent use.
type Monitor struct {
	o  Options
	up *prometheus.GaugeVec

	mu   sync.Mutex // guards last
	last []outcome
}

// outcome is the last completed check of a dependency; ended is zero before it.
type outcome struct {
	err   error
	took  time.Duration
	ended time.Time
}

// New returns a monitor that has checked nothing yet.
func New(o Options) *Monitor {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	m := &Monitor{o: o, last: make([]outcome, len(o.Dependencies)), up: prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "harang_dependency_up", Help: "1 when the last check of the dependency succeeded, 0 when it failed.",
	}, []string{"dependency"})}
	if o.Registry != nil {
		o.Registry.MustRegister(m.up)
	}
	return m
}

// Check checks every dependency once, all at the same time.
func (m *Monitor) Check(ctx context.Context) {
	var group errgroup.Group
	for i := range m.o.Dependencies {
		group.Go(func() error {
			m.check(ctx, i)
			return nil
		})
	}
	_ = group.Wait() // the checks return nil
}

// Run checks every dependency each Interval until ctx ends, and returns nil. One
// that hangs does not delay the others.
func (m *Monitor) Run(ctx context.Context) error {
	var group errgroup.Group
	for i := range m.o.Dependencies {
		group.Go(func() error {
			ticker := time.NewTicker(Interval)
			defer ticker.Stop()
			for {
				select {
				case <-ctx.Done():
					return nil
				case <-ticker.C:
					m.check(ctx, i)
				}
			}
		})
	}
	return group.Wait()
}

// check checks one dependency and logs when its state changes. A check that ends
// with ctx counts as none.
func (m *Monitor) check(ctx context.Context, i int) {
	d := m.o.Dependencies[i]
	limited, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	began := m.o.Clock()
	err := d.Check(limited)
	if ctx.Err() != nil {
		return
	}
	ended := m.o.Clock()
	m.mu.Lock()
	before := m.last[i]
	m.last[i] = outcome{err: err, took: ended.Sub(began), ended: ended}
	m.mu.Unlock()
	if err != nil {
		m.up.WithLabelValues(d.Name).Set(0)
	} else {
		m.up.WithLabelValues(d.Name).Set(1)
	}
	switch {
	case err != nil && before.err == nil:
		level := slog.LevelError
		if d.Optional {
			level = slog.LevelWarn
		}
		m.o.Logger.Log(ctx, level, "dependency down", "dependency", d.Name, "err", err)
	case err == nil && before.err != nil:
		m.o.Logger.InfoContext(ctx, "dependency up again", "dependency", d.Name)
	}
}

// Results returns the last results in the order of the dependencies. A result that
// is missing or older than StaleAfter has an UNAVAILABLE error.
func (m *Monitor) Results() []Result {
	now := m.o.Clock()
	m.mu.Lock()
	last := append([]outcome(nil), m.last...)
	m.mu.Unlock()
	all := make([]Result, len(last))
	for i, l := range last {
		all[i] = Result{Dependency: m.o.Dependencies[i], Err: l.err, Took: l.took, Age: now.Sub(l.ended)}
		switch {
		case l.ended.IsZero():
			all[i].Age = 0
			all[i].Err = harang.Errorf(harang.CodeUnavailable, "not checked yet")
		case all[i].Age > StaleAfter:
			all[i].Err = harang.Errorf(harang.CodeUnavailable, "the last check is %s old",
				all[i].Age.Round(time.Second))
		}
	}
	return all
}
