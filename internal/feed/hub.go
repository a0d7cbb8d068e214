package feed

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"harang.dev/harang"
	"harang.dev/harang/internal/outbox"
)

// Source is the database, which windows are read from.
type Source interface {
	// NewestEntries returns the tenant's heads and the newest entries of the
	// feed, ascending, from one snapshot.
	NewestEntries(ctx context.Context, feed harang.FeedID, limit int) (outbox.Heads, []outbox.Entry, error)
	// EntriesAfter returns the entries after a number, ascending.
	EntriesAfter(ctx context.Context, feed harang.FeedID, after int64, limit int) ([]outbox.Entry, error)
}

// Options configure a Hub.
type Options[F any] struct {
	// Source is required.
	Source Source
	// Encoder is required by listeners that ask for frames.
	Encoder Encoder[F]
	// Clock is this node's clock. Zero value means time.Now.
	Clock func() time.Time
	// Logger gets isolation violations and failed reads. Zero value means none.
	Logger *slog.Logger
	// Registry gets the metrics. Zero value means a registry of its own.
	Registry prometheus.Registerer
	// Linger is how long a window outlives its last listener. Zero value means
	// five minutes, the age up to which it could still replay.
	Linger time.Duration
	// ReadTimeout ends a read of the source. Zero value means 5 s.
	ReadTimeout time.Duration
	// Trace records how events were delivered. Zero value means no record.
	Trace *DeliveryTrace
}

// Hub keeps the windows of this node. Its methods may be called concurrently.
type Hub[F any] struct {
	source      Source
	encoder     Encoder[F]
	clock       func() time.Time
	log         *slog.Logger
	metrics     *metrics
	linger      time.Duration
	readTimeout time.Duration
	trace       *DeliveryTrace

	// checked and blocked count entries of real tenants: delivered after the
	// comparison, and blocked by it. canaryBlocked counts those blocked between
	// synthetic tenants.
	checked, blocked, canaryBlocked atomic.Int64

	// outage is set while the source is unavailable.
	outage atomic.Bool

	// ctx ends with Close; reads run under it, not under a caller's context,
	// because several joins share them.
	ctx    context.Context
	cancel context.CancelFunc
	reads  sync.WaitGroup

	// mu guards windows and closed. It is taken before a window's mutex, never
	// after.
	mu      sync.Mutex
	windows map[harang.FeedID]*window[F]
	closed  bool
}

// New builds a Hub. It starts no goroutine.
func New[F any](o Options[F]) *Hub[F] {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
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
	return &Hub[F]{
		source: o.Source, encoder: o.Encoder, clock: o.Clock, log: o.Logger, metrics: newMetrics(o.Registry),
		linger: o.Linger, readTimeout: o.ReadTimeout, trace: o.Trace,
		ctx: ctx, cancel: cancel, windows: make(map[harang.FeedID]*window[F]),
	}
}

// Close cancels all reads and waits for them. Joins fail from then on.
func (h *Hub[F]) Close() {
	h.mu.Lock()
	h.closed = true
	windows := h.windows
	h.windows = make(map[harang.FeedID]*window[F])
	h.mu.Unlock()
	h.cancel()
	for _, w := range windows {
		w.close()
	}
	h.reads.Wait()
}

// Start is the position that a listener brings when it joins.
type Start struct {
	// Position is the last position that the listener reached. It counts only
	// when Resume and Readable are true.
	Position harang.Position
	// Resume is true for a listener that returns; without it nothing is replayed
	// and nothing is missing.
	Resume bool
	// Readable is false when the listener's position could not be parsed; it
	// then counts as one of another epoch.
	Readable bool
}

// Membership is a listener's membership in a feed.
type Membership[F any] struct {
	w *window[F]
	// index is the listener's index in the window's list, -1 after it left. The
	// window's mutex guards it.
	index    int
	listener Listener[F]
	// after is the last number that the hand-over covered.
	after int64
}

// Leave removes the listener from its feed; repeats do nothing. A round in
// progress may still deliver to it.
func (m *Membership[F]) Leave() { m.w.leave(m) }

// Join adds the listener to the feed: the Handover has the entries to deliver
// first, every entry after Handover.Head comes through Deliver. Join waits for
// the window to be read, and once more when the position lies after its head.
// Codes: UNAVAILABLE when the source cannot be read or the hub is closed;
// FORBIDDEN when the listener's own feed is another one.
func (h *Hub[F]) Join(
	ctx context.Context, id harang.FeedID, from Start, l Listener[F],
) (*Membership[F], Handover[F], error) {
	if l.Feed() != id {
		h.isolationViolation(id, l.Feed(), "")
		return nil, Handover[F]{}, harang.Errorf(harang.CodeForbidden, "this feed is not yours")
	}
	w, err := h.acquire(id)
	if err != nil {
		return nil, Handover[F]{}, err
	}
	defer w.release()
	reread := false
	for {
		m, start, wait := w.join(from, l, &reread)
		if wait == nil {
			h.count(id, start)
			return m, start, nil
		}
		if err := wait.wait(ctx); err != nil {
			return nil, Handover[F]{}, harang.Wrap(harang.CodeUnavailable, err, "the feed cannot be read now")
		}
	}
}

func (h *Hub[F]) count(id harang.FeedID, start Handover[F]) {
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

// isolationViolation records that an entry of one feed was blocked on its way to
// a listener of another.
func (h *Hub[F]) isolationViolation(entry, listener harang.FeedID, eventID string) {
	if Synthetic(entry.Tenant) && Synthetic(listener.Tenant) {
		h.canaryBlocked.Add(1)
		return
	}
	h.blocked.Add(1)
	h.metrics.blocked.Inc()
	h.log.Error("isolation violation blocked: entry and listener belong to different feeds",
		"feed", entry.String(), "listener", listener.String(), "event", eventID)
}

// Synthetic reports whether a tenant exists for the canary only: its id begins
// with a character that is not allowed in a real tenant's. Nobody can sign in to
// it, and the database does not contain it.
func Synthetic(tenant string) bool { return strings.HasPrefix(tenant, "~") }

// labelOf is a feed's audience as metrics name it; synthetic feeds share one.
func labelOf(id harang.FeedID) string {
	if Synthetic(id.Tenant) {
		return "canary"
	}
	return string(id.Audience)
}

// Isolation counts the comparisons of the feeds of entries and listeners since
// the hub was made.
type Isolation struct {
	// Checked is how many entries were delivered, live or replayed, each after
	// the comparison.
	Checked int64
	// Blocked is how many the comparison blocked. Anything but 0 is an alarm.
	Blocked int64
	// CanaryBlocked is how many it blocked between synthetic tenants, which the
	// others don't count.
	CanaryBlocked int64
}

// Isolation returns the counts.
func (h *Hub[F]) Isolation() Isolation {
	return Isolation{Checked: h.checked.Load(), Blocked: h.blocked.Load(), CanaryBlocked: h.canaryBlocked.Load()}
}

// acquire returns the feed's window, made when absent, and keeps it from ending
// until its release.
func (h *Hub[F]) acquire(id harang.FeedID) (*window[F], error) {
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
	w.acquired++
	w.mu.Unlock()
	return w, nil
}

// removeUnused removes a window without listeners and joins.
func (h *Hub[F]) removeUnused(w *window[F]) {
	h.mu.Lock()
	defer h.mu.Unlock()
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.acquired > 0 || len(w.members) > 0 || h.windows[w.feed] != w {
		return
	}
	delete(h.windows, w.feed)
	h.metrics.windows.Dec()
}

func (h *Hub[F]) find(id harang.FeedID) *window[F] {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.windows[id]
}

// Tenants returns the tenants that this node has windows of, in no order,
// without the synthetic ones, which the relay has nothing for.
func (h *Hub[F]) Tenants() []string {
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

// Heads returns the heads of the tenant's windows; feeds without a window are
// absent. It waits for windows that are being read, so that it misses nothing
// that was committed meanwhile.
func (h *Hub[F]) Heads(ctx context.Context, tenant string) ([]harang.Position, error) {
	heads := make([]harang.Position, 0, harang.AudienceCount)
	for _, a := range harang.Audiences() {
		w := h.find(harang.FeedID{Tenant: tenant, Audience: a})
		if w == nil {
			continue
		}
		head, ok, err := w.awaitHead(ctx)
		if err != nil {
			return nil, harang.Wrap(harang.CodeUnavailable, err, "the feed cannot be read now")
		}
		if ok {
			heads = append(heads, head)
		}
	}
	return heads, nil
}

// Append adds entries that begin with the number first, and delivers the new
// ones before it returns, unless another call is delivering already, which then
// delivers them too. It is idempotent: entries up to the head are skipped. A
// later epoch replaces the window; an earlier one and a hole change nothing.
// Append returns the head after it; fork is true when the window has another
// event id under the same number. A feed without a window keeps nothing and
// returns the zero Position.
func (h *Hub[F]) Append(
	ctx context.Context, id harang.FeedID, epoch harang.Epoch, first int64, entries []outbox.Entry,
) (head harang.Position, fork bool, err error) {
	w := h.find(id)
	if w == nil {
		return harang.Position{}, false, nil
	}
	if _, ok, err := w.awaitHead(ctx); err != nil || !ok {
		return harang.Position{}, false, err
	}
	head, fork = w.append(epoch, first, h.itemsOf(id, epoch, entries))
	return head, fork, nil
}

// Heal begins a read of every window that is behind these heads, and does not
// wait for it.
func (h *Hub[F]) Heal(heads outbox.Heads) {
	for _, a := range harang.Audiences() {
		if w := h.find(harang.FeedID{Tenant: heads.Tenant, Audience: a}); w != nil {
			w.heal(heads)
		}
	}
}

// Head returns a feed's head on this node; false when its window was not read
// yet or does not exist.
func (h *Hub[F]) Head(id harang.FeedID) (harang.Position, bool) {
	w := h.find(id)
	if w == nil {
		return harang.Position{}, false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.position(w.head), w.servedLocked()
}
