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

// Source is the database, from which entries are relayed.
type Source interface {
	// Heads returns the heads of the tenants, without those that don't exist.
	Heads(ctx context.Context, tenants []string) ([]outbox.Heads, error)
	// EntriesAfter returns a feed's entries after a number, ascending.
	EntriesAfter(ctx context.Context, feed harang.FeedID, after int64, limit int) ([]outbox.Entry, error)
	// NewestEntries returns the heads and a feed's newest entries, ascending,
	// from one snapshot.
	NewestEntries(ctx context.Context, feed harang.FeedID, limit int) (outbox.Heads, []outbox.Entry, error)
	// NewEpoch gives the tenant an epoch later than after and returns it. A
	// tenant whose epoch is later already keeps it, so that several relays that
	// see the same fork agree.
	NewEpoch(ctx context.Context, tenant string, after harang.Epoch) (harang.Epoch, error)
}

// Log has the recent entries of feeds, for one node or for several.
// relaytest.TestLog tests every implementation.
type Log interface {
	// Heads returns the log's head of each feed of the tenant that it keeps. A
	// feed without a head yet has the epoch "".
	Heads(ctx context.Context, tenant string) ([]harang.Position, error)
	// Append adds entries that begin with the number first, without a hole.
	//
	// A later epoch than the log's replaces its entries; its head is then
	// first-1+len(entries), also without entries. An earlier epoch changes
	// nothing, nor does first > head+1. Entries up to the head are skipped,
	// unless the log still has another event under the same number: that is a
	// fork and changes nothing. Append returns the head after the call, in the
	// log's epoch.
	Append(
		ctx context.Context, feed harang.FeedID, epoch harang.Epoch, first int64, entries []outbox.Entry,
	) (head harang.Position, fork bool, err error)
}

// Windows are what this node serves its listeners from. On a single node they
// are the log, too.
type Windows interface {
	Log
	// Tenants returns the tenants that this node has windows of.
	Tenants() []string
	// Head returns the head of a feed's window; false when there is none. It
	// does not wait.
	Head(feed harang.FeedID) (harang.Position, bool)
	// Heal begins a read of the windows that are behind these heads. It does
	// not wait.
	Heal(heads outbox.Heads)
}

// Options configure a Relay.
type Options struct {
	// Source and Windows are required.
	Source  Source
	Windows Windows
	// SharedLog is the log that several nodes share. Nil means a single node,
	// whose windows are the log.
	SharedLog Log
	// Version returns a number that changes with every write to the database.
	// The loop then reads nothing while the number stays. Nil means that there
	// is no such number: the loop always reads.
	Version func(context.Context) (int64, error)
	// Interval is the time between two rounds of the loop. Zero value means half a second.
	Interval time.Duration
	// Clock is this node's clock, for the lag metric. Zero value means time.Now.
	Clock func() time.Time
	// Logger gets forks and failures. Zero value means none.
	Logger *slog.Logger
	// Registry gets the metrics. Zero value means none.
	Registry prometheus.Registerer
}

const (
	// page is the maximum number of entries in one Append.
	page = 200
	// maxAttempts bounds the forks and races of one pass.
	maxAttempts = 8
	// passTimeout ends one pass over a tenant.
	passTimeout = 10 * time.Second
	// maxPending is how many entries wait for a busy pass; when there are more,
	// the pass reads them from the database, a page at a time.
	maxPending = page
)

// Relay moves committed entries. Its methods may be called concurrently.
type Relay struct {
	o       Options
	log     Log
	metrics *metrics

	// ctx ends when Run does.
	ctx    context.Context //nolint:containedctx // it belongs to the relay, not to a request
	cancel context.CancelFunc
	// retry makes the loop read although the database has not changed.
	retry atomic.Bool
	// compared are the heads that the loop has compared the log with, by tenant. Only the
	// loop uses it.
	compared map[string]outbox.Heads
	// failing: a failure was logged, and the loop has not succeeded since.
	failing atomic.Bool

	// mu guards the following. passes counts goroutines; none begins once ended
	// is set.
	mu     sync.Mutex
	active map[string]*pass
	ended  bool
	passes sync.WaitGroup
}

// pass is the one goroutine that relays for a tenant. pending is what was
// committed since it began its round, nil for nothing.
type pass struct{ pending *pending }

// pending is what a round has to relay.
type pending struct {
	// heads are the furthest heads of the commits.
	heads outbox.Heads
	// unknown says that a Wake came without heads, so they must be read.
	unknown bool
	// commits have the entries that need not be read, in no order; entries is
	// how many.
	commits []outbox.Commit
	entries int
}

// fromDatabase is pending work of which nothing is known.
func fromDatabase() *pending { return &pending{unknown: true} }

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
	log := o.SharedLog
	if log == nil {
		log = o.Windows
	}
	ctx, cancel := context.WithCancel(context.Background())
	return &Relay{
		o: o, log: log, metrics: newMetrics(o.Registry), ctx: ctx, cancel: cancel, active: make(map[string]*pass),
	}
}

// singleNode reports whether the windows are the log.
func (r *Relay) singleNode() bool { return r.o.SharedLog == nil }

// Wake relays what the tenant has committed, at once and without blocking the
// caller. It reads the heads from the database. Without it the loop relays the
// entries within Options.Interval.
func (r *Relay) Wake(tenant string) {
	r.Committed(outbox.Commit{Heads: outbox.Heads{Tenant: tenant}})
}

// Committed is Wake with the result of a commit, which need not be read again.
// Calls may come in another order than the commits.
func (r *Relay) Committed(commit outbox.Commit) {
	tenant := commit.Heads.Tenant
	if !r.singleNode() {
		commit.Entries = nil // a shared log does not get them, see committedAfter
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
	p.pending = p.pending.with(commit)
}

// with adds a commit.
func (p *pending) with(commit outbox.Commit) *pending {
	if p == nil {
		p = &pending{}
	}
	p.heads = p.heads.Merge(commit.Heads)
	p.unknown = p.unknown || commit.Heads.Epoch == ""
	entries := 0
	for _, e := range commit.Entries {
		entries = max(entries, len(e))
	}
	switch {
	case entries == 0:
	case p.entries > 0 && p.entries+entries > maxPending:
		p.commits, p.entries = nil, 0
	default:
		p.commits, p.entries = append(p.commits, commit), p.entries+entries
	}
	return p
}

// work relays until nothing is pending.
func (r *Relay) work(tenant string, p *pass) {
	defer r.passes.Done()
	for failed := false; ; {
		r.mu.Lock()
		todo := p.pending
		if p.pending = nil; todo == nil || failed {
			delete(r.active, tenant)
			r.mu.Unlock()
			return
		}
		r.mu.Unlock()
		err := r.relay(r.ctx, tenant, todo)
		failed = err != nil
		if failed && r.ctx.Err() == nil {
			r.retry.Store(true)
			if !r.failing.Swap(true) {
				r.o.Logger.Warn("relay pass failed; trying again", "tenant", tenant, "err", err)
			}
		}
	}
}

// Relay appends every entry that the tenant's feeds lack in the log. Any number
// of relays may do so at the same time.
func (r *Relay) Relay(ctx context.Context, tenant string) error {
	return r.relay(ctx, tenant, fromDatabase())
}

// relay tries the pending work first, then what the database has.
func (r *Relay) relay(ctx context.Context, tenant string, todo *pending) error {
	ctx, cancel := context.WithTimeout(ctx, passTimeout)
	defer cancel()
	for range maxAttempts {
		done, err := r.attempt(ctx, tenant, todo)
		todo = fromDatabase()
		if err != nil {
			r.metrics.failures.Inc()
			return err
		}
		if done {
			return nil
		}
	}
	return fmt.Errorf("relay: tenant %s: log and database still differ after %d attempts", tenant, maxAttempts)
}

// attempt compares log and database once and appends what the log lacks. It is
// not done when either changed meanwhile; another attempt then sees the change.
func (r *Relay) attempt(ctx context.Context, tenant string, todo *pending) (done bool, err error) {
	at, err := r.log.Heads(ctx, tenant)
	if err != nil || len(at) == 0 {
		return err == nil, err
	}
	heads := todo.heads
	if todo.unknown || anyAhead(at, heads) {
		all, err := r.o.Source.Heads(ctx, []string{tenant})
		if err != nil {
			return false, err
		}
		if len(all) == 0 {
			return false, errors.New("relay: the database has no tenant " + tenant)
		}
		heads = all[0]
	}
	done = true
	for _, position := range at {
		feedDone, err := r.relayFeed(ctx, heads, position, todo.commits)
		if err != nil {
			return false, err
		}
		done = done && feedDone
	}
	return done, nil
}

// ahead reports whether a position is after the heads: later in their epoch, or
// in a later one.
func ahead(p harang.Position, heads outbox.Heads) bool {
	return p.Epoch > heads.Epoch || p.Epoch == heads.Epoch && p.Number > heads.Number(p.Audience)
}

// anyAhead reports whether a position of the log is after the heads. Then the
// heads are old or there is a fork, which a read of the database decides.
func anyAhead(at []harang.Position, heads outbox.Heads) bool {
	return slices.ContainsFunc(at, func(p harang.Position) bool { return ahead(p, heads) })
}

// relayFeed appends the entries of one feed that the log lacks: from the commits
// as far as they follow the log's head, else from the database.
func (r *Relay) relayFeed(
	ctx context.Context, heads outbox.Heads, at harang.Position, commits []outbox.Commit,
) (done bool, err error) {
	id := harang.FeedID{Tenant: heads.Tenant, Audience: at.Audience}
	head := heads.Number(at.Audience)
	if at.Epoch < heads.Epoch {
		return r.replace(ctx, id)
	}
	for at.Epoch == heads.Epoch && at.Number < head {
		entries := r.committedAfter(id, at, commits)
		if entries == nil {
			first := max(at.Number, 1)
			if entries, err = r.o.Source.EntriesAfter(ctx, id, first-1, page); err != nil {
				return false, err
			}
		}
		if len(entries) == 0 || entries[0].Number > at.Number+1 {
			// The database no longer has the entries that the log lacks.
			return false, r.fork(ctx, id, at.Epoch, "the database has a hole after the log's head")
		}
		next, fork, err := r.log.Append(ctx, id, heads.Epoch, entries[0].Number, entries)
		switch {
		case err != nil:
			return false, err
		case fork:
			return false, r.fork(ctx, id, at.Epoch, "the log has another event under the same number")
		case next.Epoch == "":
			return true, nil // no longer kept
		case next.Epoch != heads.Epoch || next.Number <= at.Number:
			return false, nil
		}
		r.countRelayed(id, entries, at.Number)
		at = next
	}
	if at.Epoch > heads.Epoch || at.Epoch == heads.Epoch && at.Number > head && !r.databaseReached(ctx, id, at) {
		return false, r.fork(ctx, id, at.Epoch, "the log is ahead of the database")
	}
	return true, nil
}

// committedAfter returns the entries of the commits that follow the log's head
// without a hole, and those right before them that the commits have too, which
// reveal a fork; nil when none follow. They go to this node's own windows only:
// a shared log must be given the entry before them as the database has it, in
// case it has another one.
func (r *Relay) committedAfter(id harang.FeedID, at harang.Position, commits []outbox.Commit) []outbox.Entry {
	if len(commits) == 0 || !r.singleNode() {
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

// databaseReached reports whether the database has meanwhile reached a position
// to which another relay has brought the log.
func (r *Relay) databaseReached(ctx context.Context, id harang.FeedID, at harang.Position) bool {
	all, err := r.o.Source.Heads(ctx, []string{id.Tenant})
	return err != nil || len(all) == 0 || !ahead(at, all[0])
}

// replace appends the newest entries of the database's epoch, which replace
// those of the log's earlier one.
func (r *Relay) replace(ctx context.Context, id harang.FeedID) (done bool, err error) {
	heads, entries, err := r.o.Source.NewestEntries(ctx, id, harang.FeedWindowEntries)
	if err != nil {
		return false, err
	}
	first := heads.Number(id.Audience) + 1
	if len(entries) > 0 {
		first = entries[0].Number
	}
	head, _, err := r.log.Append(ctx, id, heads.Epoch, first, entries)
	if err != nil {
		return false, err
	}
	return head.Epoch == "" || head == heads.Position(id.Audience), nil
}

// fork begins a new epoch, because log and database have different entries.
func (r *Relay) fork(ctx context.Context, id harang.FeedID, after harang.Epoch, reason string) error {
	epoch, err := r.o.Source.NewEpoch(ctx, id.Tenant, after)
	if err != nil {
		return err
	}
	r.metrics.forks.Inc()
	r.o.Logger.Error("feed fork; starting a new epoch",
		"feed", id.String(), "reason", reason, "after", string(after), "epoch", string(epoch))
	return nil
}

// countRelayed counts the entries after a number.
func (r *Relay) countRelayed(id harang.FeedID, entries []outbox.Entry, after int64) {
	now := r.o.Clock()
	for len(entries) > 0 && entries[0].Number <= after {
		entries = entries[1:]
	}
	for i := range entries {
		r.metrics.lag.Observe(max(0, now.Sub(entries[i].Time)).Seconds())
	}
	r.metrics.relayed.WithLabelValues(string(id.Audience)).Add(float64(len(entries)))
}
