package feed

import (
	"context"
	"io"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"harang.dev/harang"
	"harang.dev/harang/internal/outbox"
)

// Source is the durable truth that windows are read from.
type Source interface {
	// NewestEntries returns the tenant's heads and the newest entries of the
	// feed, ascending, in one consistent reading.
	NewestEntries(ctx context.Context, feed harang.FeedID, limit int) (outbox.Heads, []outbox.Entry, error)
	// EntriesAfter returns the entries after a number, ascending.
	EntriesAfter(ctx context.Context, feed harang.FeedID, after int64, limit int) ([]outbox.Entry, error)
}

// Options configure a Hub.
type Options struct {
	// Source is required.
	Source Source
	// Clock is this node's clock. Zero value means time.Now.
	Clock func() time.Time
	// Logger gets crossings and failed readings. Zero value means none.
	Logger *slog.Logger
	// Registry gets the metrics. Zero value means a registry of its own.
	Registry prometheus.Registerer
	// Linger is how long a window outlives its last listener. Zero value means
	// five minutes, the age up to which it could still serve.
	Linger time.Duration
	// ReadTimeout ends a reading of the source. Zero value means 5 s.
	ReadTimeout time.Duration
	// Journey notes when entries came and were sent. Zero value means nobody
	// asks.
	Journey *Journey
}

// Hub is this node's windows. Its methods may be called concurrently.
type Hub struct {
	source      Source
	clock       func() time.Time
	log         *slog.Logger
	metrics     *metrics
	linger      time.Duration
	readTimeout time.Duration
	journey     *Journey

	// checked and blocked count entries of real tenants: handed to a listener
	// after the comparison, and withheld by it. rehearsed counts what was
	// withheld among synthetic ones.
	checked, blocked, rehearsed atomic.Int64

	// ctx ends with Close; readings run under it, not under a caller's context,
	// because they serve all who wait.
	ctx    context.Context
	cancel context.CancelFunc
	reads  sync.WaitGroup

	// mu guards windows and closed. It is taken before a window's mutex, never
	// after.
	mu      sync.Mutex
	windows map[harang.FeedID]*window
	closed  bool
}

// New builds a Hub. It starts no goroutine.
func New(o Options) *Hub {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	if o.Registry == nil {
		o.Registry = prometheus.NewRegistry()
	}
	if o.Linger == 0 {
		o.Linger = harang.FeedWindowAge
	}
	if o.ReadTimeout == 0 {
		o.ReadTimeout = 5 * time.Second
	}
	ctx, cancel := context.WithCancel(context.Background())
	return &Hub{
		source: o.Source, clock: o.Clock, log: o.Logger, metrics: newMetrics(o.Registry),
		linger: o.Linger, readTimeout: o.ReadTimeout, journey: o.Journey,
		ctx: ctx, cancel: cancel, windows: make(map[harang.FeedID]*window),
	}
}

// Close ends all readings and waits for them. Joins fail from then on.
func (h *Hub) Close() {
	h.mu.Lock()
	h.closed = true
	windows := h.windows
	h.windows = make(map[harang.FeedID]*window)
	h.mu.Unlock()
	h.cancel()
	for _, w := range windows {
		w.close()
	}
	h.reads.Wait()
}

// Start is where a listener stands when it joins.
type Start struct {
	// Position is the place it has reached. It counts only when Resume is true
	// and Readable is true.
	Position harang.Position
	// Resume is true for a listener that was here before; without it nothing is
	// replayed and nothing is missing.
	Resume bool
	// Readable is false when the listener's position could not be read; it is
	// then judged as one of another epoch.
	Readable bool
}

// Membership is a listener's place in a feed.
type Membership struct {
	w *window
	// at is the listener's index in the window's list, -1 after it left. The
	// window's mutex guards it.
	at       int
	listener Listener
	// after is the last number that the hand-over covered.
	after int64
}

// Leave takes the listener out of its feed; repeats do nothing. A round that is
// under way may still deliver to it.
func (m *Membership) Leave() { m.w.leave(m) }

// Join hands the listener over into the feed: what it gets first is in the
// Handover, everything after Handover.Head comes through Deliver. It waits for
// the window to be read, and once more when the position seems to lie ahead of
// it. Codes: UNAVAILABLE when the source cannot be read or the hub is closed;
// FORBIDDEN when the listener's own feed is another one.
func (h *Hub) Join(ctx context.Context, id harang.FeedID, from Start, l Listener) (*Membership, Handover, error) {
	if l.Feed() != id {
		h.crossing(id, l.Feed(), "")
		return nil, Handover{}, harang.Errorf(harang.CodeForbidden, "this feed is not yours")
	}
	w, err := h.hold(id)
	if err != nil {
		return nil, Handover{}, err
	}
	defer w.letGo()
	doubted := false
	for {
		m, start, wait := w.join(from, l, &doubted)
		if wait == nil {
			h.count(id, start)
			return m, start, nil
		}
		if err := wait.wait(ctx); err != nil {
			return nil, Handover{}, harang.Wrap(harang.CodeUnavailable, err, "the feed cannot be read now")
		}
	}
}

func (h *Hub) count(id harang.FeedID, start Handover) {
	audience := labelOf(id)
	if n := len(start.Replay); n > 0 {
		if !Synthetic(id.Tenant) {
			h.checked.Add(int64(n))
		}
		h.metrics.replayed.WithLabelValues(audience).Add(float64(n))
	}
	if start.Recovered {
		h.metrics.recoveries.WithLabelValues(audience).Inc()
	}
	if start.Gap != nil {
		h.metrics.gaps.WithLabelValues(audience, string(start.Gap.Reason)).Inc()
	}
}

// crossing alarms: an entry was about to reach somebody who may not see it.
func (h *Hub) crossing(entry, listener harang.FeedID, eventID string) {
	if Synthetic(entry.Tenant) && Synthetic(listener.Tenant) {
		h.rehearsed.Add(1)
		return
	}
	h.blocked.Add(1)
	h.metrics.blocked.Inc()
	h.log.Error("crossing blocked: entry and listener are of different feeds",
		"feed", entry.String(), "listener", listener.String(), "event", eventID)
}

// Synthetic reports whether the tenant is one that exists for the canary only:
// its id begins with a character that no tenant's can. Nobody can sign in to it
// and the database does not know it.
func Synthetic(tenant string) bool { return strings.HasPrefix(tenant, "~") }

// labelOf is a feed's audience as metrics name it; synthetic feeds share one.
func labelOf(id harang.FeedID) string {
	if Synthetic(id.Tenant) {
		return "canary"
	}
	return string(id.Audience)
}

// Isolation is what came of comparing the feeds of entries and listeners, since
// the hub was made.
type Isolation struct {
	// Checked is how many entries were handed to a listener, live or replayed,
	// each after the comparison.
	Checked int64
	// Blocked is how many were withheld by it. Anything but 0 is an alarm.
	Blocked int64
	// Rehearsed is how often it stopped something between synthetic tenants,
	// which the others don't count.
	Rehearsed int64
}

// Isolation returns the counts.
func (h *Hub) Isolation() Isolation {
	return Isolation{Checked: h.checked.Load(), Blocked: h.blocked.Load(), Rehearsed: h.rehearsed.Load()}
}

// hold returns the feed's window, made when absent, and keeps it from ending
// until letGo.
func (h *Hub) hold(id harang.FeedID) (*window, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil, harang.Errorf(harang.CodeUnavailable, "the feeds are closed")
	}
	w := h.windows[id]
	if w == nil {
		w = newWindow(h, id)
		h.windows[id] = w
		h.metrics.windows.Inc()
	}
	w.mu.Lock()
	w.held++
	w.mu.Unlock()
	return w, nil
}

// end forgets a window that nobody needs any more.
func (h *Hub) end(w *window) {
	h.mu.Lock()
	defer h.mu.Unlock()
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.held > 0 || len(w.members) > 0 || h.windows[w.feed] != w {
		return
	}
	delete(h.windows, w.feed)
	h.metrics.windows.Dec()
}

func (h *Hub) find(id harang.FeedID) *window {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.windows[id]
}

// Tenants returns the tenants that this node has windows of, in no order; the
// synthetic ones have nothing to be relayed.
func (h *Hub) Tenants() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	seen := make(map[string]bool, len(h.windows))
	tenants := make([]string, 0, len(h.windows))
	for id := range h.windows {
		if !seen[id.Tenant] && !Synthetic(id.Tenant) {
			seen[id.Tenant] = true
			tenants = append(tenants, id.Tenant)
		}
	}
	return tenants
}

// Heads returns where the tenant's windows stand; feeds without a window are
// absent. It waits for windows that are being read, so that nothing committed
// meanwhile is overlooked.
func (h *Hub) Heads(ctx context.Context, tenant string) ([]harang.Position, error) {
	heads := make([]harang.Position, 0, harang.AudienceCount)
	for _, a := range harang.Audiences() {
		w := h.find(harang.FeedID{Tenant: tenant, Audience: a})
		if w == nil {
			continue
		}
		head, kept, err := w.headNow(ctx)
		if err != nil {
			return nil, harang.Wrap(harang.CodeUnavailable, err, "the feed cannot be read now")
		}
		if kept {
			heads = append(heads, head)
		}
	}
	return heads, nil
}

// Append takes entries in that begin with the number first, and delivers what
// is new before it returns, unless another call is delivering already (that one
// then takes it along). It is idempotent: entries up to the head are skipped. A
// later epoch replaces the window, an earlier one and a hole are not taken. The
// answer is the head after it; fork is true when an entry here has another
// event id under the same number. Feeds without a window keep nothing and
// answer the zero Position.
func (h *Hub) Append(ctx context.Context, id harang.FeedID, epoch harang.Epoch, first int64, entries []outbox.Entry) (head harang.Position, fork bool, err error) {
	w := h.find(id)
	if w == nil {
		return harang.Position{}, false, nil
	}
	if _, kept, err := w.headNow(ctx); err != nil || !kept {
		return harang.Position{}, false, err
	}
	head, fork = w.append(epoch, first, itemsOf(id, epoch, entries))
	return head, fork, nil
}

// Heal has every window read again that is behind these heads, and returns
// without waiting for it.
func (h *Hub) Heal(heads outbox.Heads) {
	for _, a := range harang.Audiences() {
		if w := h.find(harang.FeedID{Tenant: heads.Tenant, Audience: a}); w != nil {
			w.heal(heads)
		}
	}
}

// Head returns where a feed stands on this node; false when it is not served.
func (h *Hub) Head(id harang.FeedID) (harang.Position, bool) {
	w := h.find(id)
	if w == nil {
		return harang.Position{}, false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.position(w.head), w.servedLocked()
}
