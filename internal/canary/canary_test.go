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
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// frame is what the hub of a test would write; nobody asks for one.
type frame struct{}

// nothing is a database without a tenant.
type nothing struct{}

func (nothing) NewestEntries(context.Context, harang.FeedID, int) (outbox.Heads, []outbox.Entry, error) {
	return outbox.Heads{}, nil, harang.Errorf(harang.CodeNotFound, "no such tenant")
}

func (nothing) EntriesAfter(context.Context, harang.FeedID, int64, int) ([]outbox.Entry, error) {
	return nil, errors.New("asked for entries")
}

// cage is a canary with the hub that it goes through.
type cage struct {
	*canary.Canary[frame]
	hub      *feed.Hub[frame]
	registry *prometheus.Registry
	logs     bytes.Buffer
}

func open(t *testing.T) *cage {
	t.Helper()
	c := &cage{registry: prometheus.NewRegistry()}
	ids := 0
	newID := func() string { ids++; return fmt.Sprintf("mark-%d", ids) }
	log := slog.New(slog.NewTextHandler(&c.logs, nil))
	c.Canary = canary.New[frame](canary.Options{NewID: newID, Logger: log, Registry: c.registry})
	c.hub = feed.New(feed.Options[frame]{Source: c.Source(nothing{}), Logger: log, Registry: c.registry, Trace: feed.NewDeliveryTrace(nil)})
	t.Cleanup(c.hub.Close)
	return c
}

// TestCanary_Rounds: a right hub passes, round after round, and nothing of it
// is in the figures and alarms of real tenants.
func TestCanary_Rounds(t *testing.T) {
	c := open(t)
	for range 120 { // beyond what a window remembers
		c.Round(t.Context(), c.hub)
	}
	s := c.Status()
	if s.Rounds != 120 || s.Failures != 0 || s.Err != nil || s.LastSuccess.IsZero() || c.Check(t.Context()) != nil {
		t.Errorf("%+v", s)
	}
	if got := c.hub.Isolation(); got != (feed.Isolation{CanaryBlocked: 240}) {
		t.Errorf("%+v", got)
	}
	if n := testutil.ToFloat64(must(t, c.registry, "harang_feed_crossings_blocked_total")); n != 0 {
		t.Errorf("%v violations counted", n)
	}
	if tenants := c.hub.Tenants(); len(tenants) != 0 {
		t.Errorf("the relay would look for %q", tenants)
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
	*feed.Hub[frame]
	join   func(*feed.Hub[frame], context.Context, harang.FeedID, feed.Start, feed.Listener[frame]) (*feed.Membership[frame], feed.Handover[frame], error)
	count  func(feed.Isolation) feed.Isolation
	append func(entries []outbox.Entry)
}

func (b *broken) Join(ctx context.Context, id harang.FeedID, from feed.Start, l feed.Listener[frame]) (*feed.Membership[frame], feed.Handover[frame], error) {
	if b.join != nil {
		return b.join(b.Hub, ctx, id, from, l)
	}
	return b.Hub.Join(ctx, id, from, l)
}

func (b *broken) Append(ctx context.Context, id harang.FeedID, epoch harang.Epoch, first int64, entries []outbox.Entry) (harang.Position, bool, error) {
	if b.append != nil {
		b.append(entries)
	}
	return b.Hub.Append(ctx, id, epoch, first, entries)
}

func (b *broken) Isolation() feed.Isolation {
	i := b.Hub.Isolation()
	if b.count != nil {
		return b.count(i)
	}
	return i
}

// as says of a listener that it is of a feed, whatever it says itself.
type as struct {
	feed.Listener[frame]
	feed harang.FeedID
}

func (a as) Feed() harang.FeedID { return a.feed }

// deaf hears nothing.
type deaf struct{ feed.Listener[frame] }

func (deaf) Deliver(*feed.Run[frame]) {}

// twice hears everything twice.
type twice struct{ feed.Listener[frame] }

func (t twice) Deliver(r *feed.Run[frame]) { t.Listener.Deliver(r); t.Listener.Deliver(r) }

// TestCanary_CatchesABrokenHub: each way in which a hub could let something
// cross, or lose it, fails the round, and the error names what was received.
func TestCanary_CatchesABrokenHub(t *testing.T) {
	other := harang.FeedID{Tenant: "~canary-2", Audience: harang.AudienceManagers}
	clerks := harang.FeedID{Tenant: "~canary-1", Audience: harang.AudienceOperators}
	bosses := harang.FeedID{Tenant: "~canary-1", Audience: harang.AudienceManagers}
	// also joins a listener of one feed to another one too.
	also := func(of, to harang.FeedID) *broken {
		return &broken{join: func(h *feed.Hub[frame], ctx context.Context, id harang.FeedID, from feed.Start, l feed.Listener[frame]) (*feed.Membership[frame], feed.Handover[frame], error) {
			if id == of && l.Feed() == of && !from.Resume {
				if _, _, err := h.Join(ctx, to, feed.Start{}, as{l, to}); err != nil {
					return nil, feed.Handover[frame]{}, err
				}
			}
			return h.Join(ctx, id, from, l)
		}}
	}
	instead := func(change func(id harang.FeedID, l feed.Listener[frame]) feed.Listener[frame]) *broken {
		return &broken{join: func(h *feed.Hub[frame], ctx context.Context, id harang.FeedID, from feed.Start, l feed.Listener[frame]) (*feed.Membership[frame], feed.Handover[frame], error) {
			return h.Join(ctx, id, from, change(id, l))
		}}
	}
	for name, c := range map[string]struct {
		hub  *broken
		says string
	}{
		"AnotherTenantHears":   {also(other, bosses), "the listener of tenant:~canary-2:managers received"},
		"AnotherAudienceHears": {also(clerks, bosses), "the listener of tenant:~canary-1:operators received"},
		"NothingIsCompared":    {instead(func(id harang.FeedID, l feed.Listener[frame]) feed.Listener[frame] { return as{l, id} }), "joined"},
		"NotBeforeTheWrite": {instead(func(id harang.FeedID, l feed.Listener[frame]) feed.Listener[frame] {
			if l.Feed() == id {
				return as{l, id}
			}
			return l
		}), "within tenant:~canary-1:managers received"},
		"Lost":  {instead(func(_ harang.FeedID, l feed.Listener[frame]) feed.Listener[frame] { return deaf{l} }), "received []"},
		"Twice": {instead(func(_ harang.FeedID, l feed.Listener[frame]) feed.Listener[frame] { return twice{l} }), `received ["mark-1" "mark-1"]`},
		"ReplayOfAnotherTenant": {&broken{join: func(h *feed.Hub[frame], ctx context.Context, id harang.FeedID, from feed.Start, l feed.Listener[frame]) (*feed.Membership[frame], feed.Handover[frame], error) {
			m, start, err := h.Join(ctx, id, from, l)
			if from.Resume && id == other && err == nil {
				// What the other tenant's feed would have replayed.
				if leaked, there, e := h.Join(ctx, bosses, from, as{l, bosses}); e == nil {
					leaked.Leave()
					start.Replay = append(start.Replay, there.Replay...)
				}
			}
			return m, start, err
		}}, "was replayed an entry of tenant:~canary-1:managers"},
		"Uncounted":    {&broken{count: func(feed.Isolation) feed.Isolation { return feed.Isolation{} }}, "0 forbidden tries were blocked"},
		"AnotherEvent": {&broken{append: func(entries []outbox.Entry) { entries[0].EventID = "forged" }}, `received ["forged"]`},
	} {
		t.Run(name, func(t *testing.T) {
			cage := open(t)
			c.hub.Hub = cage.hub
			cage.Round(t.Context(), c.hub)
			s := cage.Status()
			if s.Failures != 1 || s.Err == nil || !strings.Contains(s.Err.Error(), c.says) || !s.LastSuccess.IsZero() {
				t.Fatalf("%+v", s)
			}
			if err := cage.Check(t.Context()); harang.ErrorCode(err) != harang.CodeUnavailable {
				t.Errorf("it is ready all the same: %v", err)
			}
			if !strings.Contains(cage.logs.String(), "level=ERROR") {
				t.Error("nobody was told")
			}
			if n := testutil.ToFloat64(must(t, cage.registry, "harang_canary_failures_total")); n != 1 {
				t.Errorf("%v failures counted", n)
			}
		})
	}
}

// TestCanary_RealTenantsStayAlarmed: an entry of the canary at the listener of a
// real tenant is a violation like any other.
func TestCanary_RealTenantsStayAlarmed(t *testing.T) {
	c := open(t)
	bosses := harang.FeedID{Tenant: "~canary-1", Audience: harang.AudienceManagers}
	l := as{nil, harang.FeedID{Tenant: "budapest", Audience: harang.AudienceManagers}}
	if _, _, err := c.hub.Join(t.Context(), bosses, feed.Start{}, l); harang.ErrorCode(err) != harang.CodeForbidden {
		t.Fatal(err)
	}
	if got := c.hub.Isolation(); got != (feed.Isolation{Blocked: 1}) || !strings.Contains(c.logs.String(), "isolation violation blocked") {
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
		<-time.After(3*time.Minute + time.Second)
		synctest.Wait()
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
		<-time.After(10 * time.Minute) // its windows end
		c.Round(t.Context(), c.hub)
		if s := c.Status(); s.Rounds != 5 || s.Err != nil {
			t.Errorf("%+v", s)
		}
	})
}
