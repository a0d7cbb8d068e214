package canary_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/goleak"

	"harang.dev/harang"
	"harang.dev/harang/internal/canary"
	"harang.dev/harang/internal/feed"
	"harang.dev/harang/internal/outbox"
	"harang.dev/harang/internal/testtime"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// frame is the hub's frame; none of these tests makes one.
type frame struct{}

type (
	hub        = feed.Hub[frame]
	listener   = feed.Listener[frame]
	membership = feed.Membership[frame]
	handover   = feed.Handover[frame]
)

// joinFunc is Hub.Join of a given hub.
type joinFunc func(
	h *hub, ctx context.Context, id harang.FeedID, from feed.Start, l listener,
) (*membership, handover, error)

// nothing is a database without tenants.
type nothing struct{}

func (nothing) NewestEntries(context.Context, harang.FeedID, int) (outbox.Heads, []outbox.Entry, error) {
	return outbox.Heads{}, nil, harang.Errorf(harang.CodeNotFound, "no such tenant")
}

func (nothing) EntriesAfter(context.Context, harang.FeedID, int64, int) ([]outbox.Entry, error) {
	return nil, errors.New("entries were read")
}

// testEnv is a canary with its hub.
type testEnv struct {
	*canary.Canary[frame]
	hub      *hub
	registry *prometheus.Registry
	logs     bytes.Buffer
}

func open(t *testing.T) *testEnv {
	t.Helper()
	c := &testEnv{registry: prometheus.NewRegistry()}
	ids := 0
	newID := func() string { ids++; return fmt.Sprintf("mark-%d", ids) }
	log := slog.New(slog.NewTextHandler(&c.logs, nil))
	c.Canary = canary.New[frame](canary.Options{NewID: newID, Logger: log, Registry: c.registry})
	c.hub = feed.New(feed.Options[frame]{
		Source: c.Source(nothing{}), Logger: log, Registry: c.registry, Trace: feed.NewDeliveryTrace(nil),
	})
	t.Cleanup(c.hub.Close)
	return c
}

// TestCanary_Rounds: a correct hub passes every round, and the rounds are not in
// the figures and alarms of real tenants.
func TestCanary_Rounds(t *testing.T) {
	c := open(t)
	for range 120 { // more than a window keeps
		c.Round(t.Context(), c.hub)
	}
	s := c.Status()
	if s.Rounds != 120 || s.Failures != 0 || s.LastSuccess.IsZero() {
		t.Errorf("%+v", s)
	}
	if err := errors.Join(s.Err, c.Check(t.Context())); err != nil {
		t.Error(err)
	}
	if got := c.hub.Isolation(); got != (feed.Isolation{CanaryBlocked: 240}) {
		t.Errorf("%+v", got)
	}
	if n := testutil.ToFloat64(must(t, c.registry, "harang_feed_crossings_blocked_total")); n != 0 {
		t.Errorf("%v violations counted", n)
	}
	if tenants := c.hub.Tenants(); len(tenants) != 0 {
		t.Errorf("the relay would check %q", tenants)
	}
	if c.logs.Len() > 0 {
		t.Error(c.logs.String())
	}
	if harang.ValidTenantID("~canary-1") || !feed.Synthetic("~canary-1") || feed.Synthetic("canary-1") {
		t.Error("a tenant could have the canary's id")
	}
}

// must returns one metric as a collector.
func must(t *testing.T, r *prometheus.Registry, name string) prometheus.Collector {
	t.Helper()
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			g := prometheus.NewGauge(prometheus.GaugeOpts{Name: name})
			g.Set(f.GetMetric()[0].GetCounter().GetValue() + f.GetMetric()[0].GetGauge().GetValue())
			return g
		}
	}
	t.Fatalf("there is no %s", name)
	return nil
}

// broken is a real hub with one fault.
type broken struct {
	*hub
	join   joinFunc
	count  func(feed.Isolation) feed.Isolation
	append func(entries []outbox.Entry)
}

func (b *broken) Join(
	ctx context.Context, id harang.FeedID, from feed.Start, l feed.Listener[frame],
) (*membership, handover, error) {
	if b.join != nil {
		return b.join(b.hub, ctx, id, from, l)
	}
	return b.hub.Join(ctx, id, from, l)
}

func (b *broken) Append(
	ctx context.Context, id harang.FeedID, epoch harang.Epoch, first int64, entries []outbox.Entry,
) (harang.Position, bool, error) {
	if b.append != nil {
		b.append(entries)
	}
	return b.hub.Append(ctx, id, epoch, first, entries)
}

func (b *broken) Isolation() feed.Isolation {
	i := b.hub.Isolation()
	if b.count != nil {
		return b.count(i)
	}
	return i
}

// as gives a listener another feed.
type as struct {
	listener
	feed harang.FeedID
}

func (a as) Feed() harang.FeedID { return a.feed }

// deaf drops all entries.
type deaf struct{ listener }

func (deaf) Deliver(*feed.Run[frame]) {}

// twice delivers every run twice.
type twice struct{ listener }

func (t twice) Deliver(r *feed.Run[frame]) { t.listener.Deliver(r); t.listener.Deliver(r) }

// TestCanary_BrokenHub: each way in which a hub could deliver to another feed, or
// lose an entry, fails the round with an error that names it.
func TestCanary_BrokenHub(t *testing.T) {
	other := harang.FeedID{Tenant: "~canary-2", Audience: harang.AudienceManagers}
	operators := harang.FeedID{Tenant: "~canary-1", Audience: harang.AudienceOperators}
	managers := harang.FeedID{Tenant: "~canary-1", Audience: harang.AudienceManagers}
	// also joins a listener of one feed to another one too.
	also := func(of, to harang.FeedID) *broken {
		return &broken{join: func(
			h *hub, ctx context.Context, id harang.FeedID, from feed.Start, l listener,
		) (*membership, handover, error) {
			if id == of && l.Feed() == of && !from.Resume {
				if _, _, err := h.Join(ctx, to, feed.Start{}, as{l, to}); err != nil {
					return nil, handover{}, err
				}
			}
			return h.Join(ctx, id, from, l)
		}}
	}
	instead := func(change func(id harang.FeedID, l listener) listener) *broken {
		return &broken{join: func(
			h *hub, ctx context.Context, id harang.FeedID, from feed.Start, l listener,
		) (*membership, handover, error) {
			return h.Join(ctx, id, from, change(id, l))
		}}
	}
	for name, c := range map[string]struct {
		hub    *broken
		detail string
	}{
		"OtherTenantReceives":   {also(other, managers), "the listener of tenant:~canary-2:managers received"},
		"OtherAudienceReceives": {also(operators, managers), "the listener of tenant:~canary-1:operators received"},
		"NoComparison":          {instead(func(id harang.FeedID, l listener) listener { return as{l, id} }), "joined"},
		"NoComparisonBeforeDelivery": {instead(func(id harang.FeedID, l listener) listener {
			if l.Feed() == id {
				return as{l, id}
			}
			return l
		}), "within tenant:~canary-1:managers received"},
		"Lost": {instead(func(_ harang.FeedID, l listener) listener { return deaf{l} }), "received []"},
		"Twice": {instead(func(_ harang.FeedID, l listener) listener { return twice{l} }),
			`received ["mark-1" "mark-1"]`},
		"ReplayOfAnotherTenant": {&broken{join: func(
			h *hub, ctx context.Context, id harang.FeedID, from feed.Start, l listener,
		) (*membership, handover, error) {
			m, start, err := h.Join(ctx, id, from, l)
			if from.Resume && id == other && err == nil {
				// As the other tenant's feed would replay.
				if leaked, there, e := h.Join(ctx, managers, from, as{l, managers}); e == nil {
					leaked.Leave()
					start.Replay = append(start.Replay, there.Replay...)
				}
			}
			return m, start, err
		}}, "was replayed an entry of tenant:~canary-1:managers"},
		"Uncounted": {&broken{count: func(feed.Isolation) feed.Isolation { return feed.Isolation{} }},
			"0 forbidden tries were blocked"},
		"AnotherEvent": {&broken{append: func(entries []outbox.Entry) { entries[0].EventID = "forged" }},
			`received ["forged"]`},
	} {
		t.Run(name, func(t *testing.T) {
			env := open(t)
			c.hub.hub = env.hub
			env.Round(t.Context(), c.hub)
			s := env.Status()
			if s.Failures != 1 || s.Err == nil || !strings.Contains(s.Err.Error(), c.detail) ||
				!s.LastSuccess.IsZero() {
				t.Fatalf("%+v", s)
			}
			if err := env.Check(t.Context()); harang.ErrorCode(err) != harang.CodeUnavailable {
				t.Errorf("it is ready nevertheless: %v", err)
			}
			if !strings.Contains(env.logs.String(), "level=ERROR") {
				t.Error("the failure was not logged")
			}
			if n := testutil.ToFloat64(must(t, env.registry, "harang_canary_failures_total")); n != 1 {
				t.Errorf("%v failures counted", n)
			}
		})
	}
}

// TestCanary_RealTenantAlarms: an entry of the canary at the listener of a
// real tenant is a violation like any other.
func TestCanary_RealTenantAlarms(t *testing.T) {
	c := open(t)
	managers := harang.FeedID{Tenant: "~canary-1", Audience: harang.AudienceManagers}
	l := as{nil, harang.FeedID{Tenant: "budapest", Audience: harang.AudienceManagers}}
	if _, _, err := c.hub.Join(t.Context(), managers, feed.Start{}, l); harang.ErrorCode(err) != harang.CodeForbidden {
		t.Fatal(err)
	}
	alarmed := strings.Contains(c.logs.String(), "isolation violation blocked")
	if got := c.hub.Isolation(); got != (feed.Isolation{Blocked: 1}) || !alarmed {
		t.Errorf("%+v, log %s", got, c.logs.String())
	}
}

// TestCanary_Run: at once, then every minute, also after its windows have ended,
// until the context does; a round that is cut off counts as none.
func TestCanary_Run(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := open(t)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- c.Run(ctx, c.hub) }()
		synctest.Wait()
		if s := c.Status(); s.Rounds != 1 || s.Err != nil {
			t.Errorf("%+v", s)
		}
		testtime.Advance(3*time.Minute + time.Second)
		if s := c.Status(); s.Rounds != 4 || s.Failures != 0 {
			t.Errorf("%+v", s)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		c.Round(ctx, c.hub)
		if s := c.Status(); s.Rounds != 4 {
			t.Errorf("%+v", s)
		}
		testtime.Advance(10 * time.Minute) // its windows end
		c.Round(t.Context(), c.hub)
		if s := c.Status(); s.Rounds != 5 || s.Err != nil {
			t.Errorf("%+v", s)
		}
	})
}
