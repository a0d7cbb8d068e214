package canary

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"harang.dev/harang"
	"harang.dev/harang/internal/feed"
	"harang.dev/harang/internal/outbox"
)

// Hub is the part of feed.Hub that a round goes through.
type Hub[F any] interface {
	Join(
		ctx context.Context, id harang.FeedID, from feed.Start, l feed.Listener[F],
	) (*feed.Membership[F], feed.Handover[F], error)
	Append(
		ctx context.Context, id harang.FeedID, epoch harang.Epoch, first int64, entries []outbox.Entry,
	) (harang.Position, bool, error)
	Isolation() feed.Isolation
}

// Options configure a Canary.
type Options struct {
	// Interval is from one round to the next. Zero value means one minute.
	Interval time.Duration
	// Clock is this node's clock. Zero value means time.Now.
	Clock func() time.Time
	// NewID makes the marks. It is required.
	NewID func() string
	// Logger gets failed rounds. Zero value means none.
	Logger *slog.Logger
	// Registry gets the metrics. Zero value means a registry of its own.
	Registry prometheus.Registerer
}

// Status is the result of the rounds so far.
type Status struct {
	// Rounds counts all rounds, Failures the failed ones.
	Rounds, Failures int64
	// LastSuccess is the end of the newest successful round; zero before the
	// first.
	LastSuccess time.Time
	// Err is why the newest round failed; nil when it succeeded.
	Err error
}

// The canary's tenants. feed.Synthetic reports true for both.
const (
	firstTenant  = "~canary-1"
	secondTenant = "~canary-2"
)

// Canary does the rounds through a hub with frames of type F, of which it makes
// none. Its methods may be called concurrently, but one Run or Round at a time.
type Canary[F any] struct {
	o       Options
	metrics *metrics

	// mu guards the following.
	mu     sync.Mutex
	status Status
	// heads are the numbering of the canary's tenants: its database.
	heads map[string]outbox.Heads
}

// New builds a Canary.
func New[F any](o Options) *Canary[F] {
	if o.Interval == 0 {
		o.Interval = time.Minute
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Registry == nil {
		o.Registry = prometheus.NewRegistry()
	}
	first := harang.NewEpoch(o.Clock(), rand.Uint32(), "")
	return &Canary[F]{o: o, metrics: newMetrics(o.Registry), heads: map[string]outbox.Heads{
		firstTenant:  {Tenant: firstTenant, Epoch: first},
		secondTenant: {Tenant: secondTenant, Epoch: harang.NewEpoch(o.Clock(), rand.Uint32(), first)},
	}}
}

// Run does a round at once and then one each interval. It returns nil when ctx
// ends.
func (c *Canary[F]) Run(ctx context.Context, hub Hub[F]) error {
	ticker := time.NewTicker(c.o.Interval)
	defer ticker.Stop()
	for {
		c.Round(ctx, hub)
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// Round does one round and records its result, unless ctx ended during it.
func (c *Canary[F]) Round(ctx context.Context, hub Hub[F]) {
	err := c.round(ctx, hub)
	if ctx.Err() != nil {
		return
	}
	now := c.o.Clock()
	c.metrics.rounds.Inc()
	if err != nil {
		c.metrics.failures.Inc()
		c.o.Logger.Error("isolation canary failed; events may reach people of another tenant or role", "err", err)
	} else {
		c.metrics.lastSuccess.Set(float64(now.UnixMilli()) / 1000)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.status.Rounds++
	c.status.Err = err
	if err != nil {
		c.status.Failures++
		return
	}
	c.status.LastSuccess = now
}

// Status returns the result of the rounds so far.
func (c *Canary[F]) Status() Status {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.status
}

// Check returns UNAVAILABLE when the newest round failed.
func (c *Canary[F]) Check(context.Context) error {
	if err := c.Status().Err; err != nil {
		return harang.Wrap(harang.CodeUnavailable, err, "the isolation canary failed; see the log")
	}
	return nil
}

// Source returns the source of the hub's windows: real for real tenants, the
// canary for its own.
func (c *Canary[F]) Source(real feed.Source) feed.Source { return source[F]{c, real} }

type source[F any] struct {
	canary *Canary[F]
	real   feed.Source
}

// NewestEntries returns the heads of the canary's tenants without entries: its
// windows begin at the head.
func (s source[F]) NewestEntries(
	ctx context.Context, id harang.FeedID, limit int,
) (outbox.Heads, []outbox.Entry, error) {
	if !feed.Synthetic(id.Tenant) {
		return s.real.NewestEntries(ctx, id, limit)
	}
	s.canary.mu.Lock()
	defer s.canary.mu.Unlock()
	return s.canary.heads[id.Tenant], nil, nil
}

func (s source[F]) EntriesAfter(ctx context.Context, id harang.FeedID, after int64, limit int) ([]outbox.Entry, error) {
	if !feed.Synthetic(id.Tenant) {
		return s.real.EntriesAfter(ctx, id, after, limit)
	}
	return nil, nil
}

// next gives a feed its next number, and returns its head before that.
func (c *Canary[F]) next(id harang.FeedID) harang.Position {
	c.mu.Lock()
	defer c.mu.Unlock()
	h := c.heads[id.Tenant]
	before := h.Position(id.Audience)
	h.Advance(id.Audience, 1)
	c.heads[id.Tenant] = h
	return before
}
