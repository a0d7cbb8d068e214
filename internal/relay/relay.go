package relay

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"harang.dev/harang"
	"harang.dev/harang/internal/outbox"
)

// Source is the database: the truth that is relayed.
type Source interface {
	// Heads returns the heads of those of the tenants that exist.
	Heads(ctx context.Context, tenants []string) ([]outbox.Heads, error)
	// EntriesAfter returns a feed's entries after a number, ascending.
	EntriesAfter(ctx context.Context, feed harang.FeedID, after int64, limit int) ([]outbox.Entry, error)
	// NewestEntries returns the heads and a feed's newest entries, ascending,
	// in one consistent reading.
	NewestEntries(ctx context.Context, feed harang.FeedID, limit int) (outbox.Heads, []outbox.Entry, error)
	// NewEpoch gives the tenant an epoch later than after and returns it. A
	// tenant whose epoch is later already keeps it, so that several relays that
	// see the same fork agree.
	NewEpoch(ctx context.Context, tenant string, after harang.Epoch) (harang.Epoch, error)
}

// Log is where the recent entries of feeds stand, for one node or for several.
// relaytest.TestLog holds every implementation to this.
type Log interface {
	// Heads returns where the log stands in each feed of the tenant that it
	// keeps. A feed of which it knows nothing yet has the epoch "".
	Heads(ctx context.Context, tenant string) ([]harang.Position, error)
	// Append takes entries in that begin with the number first, without a hole.
	//
	// A later epoch than the log's replaces what it has; its head is then
	// first-1+len(entries), also without entries. An earlier epoch is not
	// taken. first > head+1 is not taken. Entries up to the head are skipped,
	// unless one that the log still has is another event: that is a fork, and
	// nothing is taken. The answer is the head after the call, in the log's
	// epoch.
	Append(ctx context.Context, feed harang.FeedID, epoch harang.Epoch, first int64, entries []outbox.Entry) (head harang.Position, fork bool, err error)
}

// Windows are what this node serves its listeners from.
type Windows interface {
	// Tenants returns the tenants that this node has windows of.
	Tenants() []string
	// Head returns where a feed's window stands; false when there is none. It
	// does not wait.
	Head(feed harang.FeedID) (harang.Position, bool)
	// Heal has the windows that are behind these heads read again. It does not
	// wait.
	Heal(heads outbox.Heads)
}

// Options configure a Relay.
type Options struct {
	// Source, Log and Windows are required. On one node Log and Windows are the
	// same hub.
	Source  Source
	Log     Log
	Windows Windows
	// Version returns a number that changes whenever the database was written.
	// The loop then costs nothing while nothing happens. Nil means that there is
	// no such number: the loop always reads.
	Version func(context.Context) (int64, error)
	// Interval is the loop's. Zero value means half a second.
	Interval time.Duration
	// Clock is this node's clock, for the lag. Zero value means time.Now.
	Clock func() time.Time
	// Logger gets forks and failures. Zero value means none.
	Logger *slog.Logger
	// Registry gets the metrics. Zero value means none.
	Registry prometheus.Registerer
}

const (
	// page is how many entries one hand-over has at most.
	page = 200
	// settleTries bounds the forks and races that one pass puts up with.
	settleTries = 8
	// passTimeout ends one pass over a tenant.
	passTimeout = 10 * time.Second
)

// Relay moves committed entries. Its methods may be called concurrently.
type Relay struct {
	o       Options
	metrics *metrics

	// ctx ends when Run does.
	ctx    context.Context //nolint:containedctx // it is the relay's life, not a request's
	cancel context.CancelFunc
	// troubled has the loop read although the database seems unchanged.
	troubled atomic.Bool
	// failing: a failure was logged, and the loop has not succeeded since.
	failing atomic.Bool

	// mu guards the following. passes counts goroutines; none begins once ended
	// is set.
	mu     sync.Mutex
	active map[string]*pass
	ended  bool
	passes sync.WaitGroup
}

// pass is the one goroutine that works for a tenant. news is what came since
// it began its round, nil for nothing.
type pass struct{ news *news }

// news is what relaying a tenant begins with.
type news struct {
	// heads are the tenant's as the newest commit known here gave them. They are
	// of use only when every wake-up knew its heads: unknown says that one did
	// not, so they must be read.
	heads   outbox.Heads
	unknown bool
	// commits hold entries that need not be read, in no order; held is how many.
	commits []outbox.Commit
	held    int
}

// maxNews is how many entries are kept for a pass that is busy; with more it
// reads them from the database, a page at a time.
const maxNews = page

// New builds a Relay. Wake works from then on, the loop once Run runs.
func New(o Options) *Relay {
	if o.Interval == 0 {
		o.Interval = 500 * time.Millisecond
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	ctx, cancel := context.WithCancel(context.Background())
	return &Relay{o: o, metrics: newMetrics(o.Registry), ctx: ctx, cancel: cancel, active: make(map[string]*pass)}
}

// Wake relays what the tenant has committed, at once and without blocking the
// caller, whatever the heads are. A lost call costs half a second.
func (r *Relay) Wake(tenant string) {
	r.Committed(outbox.Commit{Heads: outbox.Heads{Tenant: tenant}})
}

// Committed is Wake for who has just committed and knows what this gave the
// tenant: it need not be read again. Calls may come in another order than the
// commits.
func (r *Relay) Committed(commit outbox.Commit) {
	tenant := commit.Heads.Tenant
	if !r.alone() {
		commit.Entries = nil // see following: a busy pass would keep them for nothing
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended {
		return
	}
	p := r.active[tenant]
	if p == nil {
		p = &pass{}
		r.active[tenant] = p
		r.passes.Add(1)
		go r.work(tenant, p)
	}
	p.news = p.news.with(commit)
}

// with adds a commit. The heads are unknown when either call did not know them.
func (n *news) with(commit outbox.Commit) *news {
	if n == nil {
		n = &news{}
	}
	n.heads = n.heads.Merge(commit.Heads)
	n.unknown = n.unknown || commit.Heads.Epoch == ""
	entries := 0
	for _, e := range commit.Entries {
		entries = max(entries, len(e))
	}
	switch {
	case entries == 0:
	case n.held > 0 && n.held+entries > maxNews:
		n.commits, n.held = nil, 0
	default:
		n.commits, n.held = append(n.commits, commit), n.held+entries
	}
	return n
}

// work relays until nothing is new.
func (r *Relay) work(tenant string, p *pass) {
	defer r.passes.Done()
	for failed := false; ; {
		r.mu.Lock()
		todo := p.news
		if p.news = nil; todo == nil || failed {
			delete(r.active, tenant)
			r.mu.Unlock()
			return
		}
		r.mu.Unlock()
		err := r.relay(r.ctx, tenant, todo)
		failed = err != nil
		if failed && r.ctx.Err() == nil {
			r.troubled.Store(true)
			if !r.failing.Swap(true) {
				r.o.Logger.Warn("a tenant could not be relayed; it will be tried again", "tenant", tenant, "err", err)
			}
		}
	}
}

// Relay brings over everything that the logs of the tenant lack. Any number of
// relays may do so at the same time.
func (r *Relay) Relay(ctx context.Context, tenant string) error {
	return r.relay(ctx, tenant, &news{unknown: true})
}

// relay begins with the news, if there are any; what does not settle with them
// is judged by what the database says.
func (r *Relay) relay(ctx context.Context, tenant string, todo *news) error {
	ctx, cancel := context.WithTimeout(ctx, passTimeout)
	defer cancel()
	for range settleTries {
		settled, err := r.pass(ctx, tenant, todo)
		todo = &news{unknown: true}
		if err != nil {
			r.metrics.failures.Inc()
			return err
		}
		if settled {
			return nil
		}
	}
	return fmt.Errorf("relay: tenant %s does not settle", tenant)
}

// pass looks at log and database once. It is not settled when what it saw was
// no longer true, which a second look will clear up.
func (r *Relay) pass(ctx context.Context, tenant string, todo *news) (settled bool, err error) {
	at, err := r.o.Log.Heads(ctx, tenant)
	if err != nil || len(at) == 0 {
		return err == nil, err
	}
	heads := todo.heads
	if todo.unknown || beyond(at, heads) {
		all, err := r.o.Source.Heads(ctx, []string{tenant})
		if err != nil {
			return false, err
		}
		if len(all) == 0 {
			return false, errors.New("relay: the database has no tenant " + tenant)
		}
		heads = all[0]
	}
	settled = true
	for _, position := range at {
		done, err := r.feed(ctx, heads, position, todo.commits)
		if err != nil {
			return false, err
		}
		settled = settled && done
	}
	return settled, nil
}

// beyond reports whether a log stands further than these heads, or in a later
// epoch: then they are old, or something is wrong, and only the database knows.
func beyond(at []harang.Position, heads outbox.Heads) bool {
	for _, p := range at {
		if p.Epoch > heads.Epoch || p.Epoch == heads.Epoch && p.Number > heads.Number(p.Audience) {
			return true
		}
	}
	return false
}

// feed brings over what the log of one feed lacks: from the commits as far as
// they follow on it, else from the database.
func (r *Relay) feed(ctx context.Context, heads outbox.Heads, at harang.Position, commits []outbox.Commit) (settled bool, err error) {
	id := harang.FeedID{Tenant: heads.Tenant, Audience: at.Audience}
	head := heads.Number(at.Audience)
	if at.Epoch < heads.Epoch {
		return r.replace(ctx, id)
	}
	for at.Epoch == heads.Epoch && at.Number < head {
		entries := r.following(id, at, commits)
		if entries == nil {
			first := max(at.Number, 1)
			if entries, err = r.o.Source.EntriesAfter(ctx, id, first-1, page); err != nil {
				return false, err
			}
		}
		if len(entries) == 0 || entries[0].Number > at.Number+1 {
			// The database has forgotten what the log lacks.
			return false, r.fork(ctx, id, at.Epoch, "the database has a hole")
		}
		next, fork, err := r.o.Log.Append(ctx, id, heads.Epoch, entries[0].Number, entries)
		switch {
		case err != nil:
			return false, err
		case fork:
			return false, r.fork(ctx, id, at.Epoch, "one number, two events")
		case next.Epoch == "":
			return true, nil // no longer kept
		case next.Epoch != heads.Epoch || next.Number <= at.Number:
			return false, nil
		}
		r.handedOver(id, entries, at.Number)
		at = next
	}
	if at.Epoch > heads.Epoch || at.Number > head && at.Epoch == heads.Epoch && !r.grown(ctx, id, at) {
		return false, r.fork(ctx, id, at.Epoch, "the log is ahead of the database")
	}
	return true, nil
}

// following returns the entries of the commits that follow the log's head
// without a hole, and those right before them that the commits have too, which
// show whether the log holds others there; nil when none follow. They are given
// to this node's own windows only: a shared log must be shown the entry before,
// as the database has it, in case that it holds another one.
func (r *Relay) following(id harang.FeedID, at harang.Position, commits []outbox.Commit) []outbox.Entry {
	if len(commits) == 0 || !r.alone() {
		return nil
	}
	var all []outbox.Entry
	for _, c := range commits {
		if c.Heads.Epoch == at.Epoch {
			all = append(all, c.Entries[id.Audience]...)
		}
	}
	slices.SortFunc(all, func(a, b outbox.Entry) int {
		return cmp.Or(cmp.Compare(a.Number, b.Number), cmp.Compare(a.EventID, b.EventID))
	})
	all = slices.CompactFunc(all, func(a, b outbox.Entry) bool { return a.EventID == b.EventID })
	first, found := slices.BinarySearchFunc(all, at.Number+1, func(e outbox.Entry, number int64) int {
		return cmp.Compare(e.Number, number)
	})
	if !found {
		return nil
	}
	next := first + 1
	for next < len(all) && all[next].Number == all[next-1].Number+1 {
		next++
	}
	for first > 0 && all[first-1].Number == all[first].Number-1 {
		first--
	}
	return all[first:next]
}

// alone reports whether the windows are the log: this is the only node.
func (r *Relay) alone() bool { return any(r.o.Windows) == any(r.o.Log) }

// grown reports whether the database has meanwhile reached the place to which
// another relay has brought the log.
func (r *Relay) grown(ctx context.Context, id harang.FeedID, at harang.Position) bool {
	all, err := r.o.Source.Heads(ctx, []string{id.Tenant})
	return err != nil || len(all) == 0 || all[0].Epoch > at.Epoch || all[0].Number(id.Audience) >= at.Number
}

// replace gives the log the newest entries of the database's epoch.
func (r *Relay) replace(ctx context.Context, id harang.FeedID) (settled bool, err error) {
	heads, entries, err := r.o.Source.NewestEntries(ctx, id, harang.FeedWindowEntries)
	if err != nil {
		return false, err
	}
	first := heads.Number(id.Audience) + 1
	if len(entries) > 0 {
		first = entries[0].Number
	}
	head, _, err := r.o.Log.Append(ctx, id, heads.Epoch, first, entries)
	if err != nil {
		return false, err
	}
	return head.Epoch == "" || head == heads.Position(id.Audience), nil
}

// fork begins a new epoch, because log and database tell different stories.
func (r *Relay) fork(ctx context.Context, id harang.FeedID, after harang.Epoch, why string) error {
	epoch, err := r.o.Source.NewEpoch(ctx, id.Tenant, after)
	if err != nil {
		return err
	}
	r.metrics.forks.Inc()
	r.o.Logger.Error("a feed has forked: it begins a new epoch", "feed", id.String(), "why", why, "after", string(after), "epoch", string(epoch))
	return nil
}

func (r *Relay) handedOver(id harang.FeedID, entries []outbox.Entry, after int64) {
	now := r.o.Clock()
	for len(entries) > 0 && entries[0].Number <= after {
		entries = entries[1:]
	}
	for i := range entries {
		r.metrics.lag.Observe(max(0, now.Sub(entries[i].Time)).Seconds())
	}
	r.metrics.relayed.WithLabelValues(string(id.Audience)).Add(float64(len(entries)))
}
