package redislog

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/redis/rueidis"

	"harang.dev/harang"
	"harang.dev/harang/internal/outbox"
)

// Database is the durable truth: what windows are read from, the heads to
// compare them with, and the epoch of a tenant's numbering.
type Database interface {
	NewestEntries(ctx context.Context, feed harang.FeedID, limit int) (outbox.Heads, []outbox.Entry, error)
	EntriesAfter(ctx context.Context, feed harang.FeedID, after int64, limit int) ([]outbox.Entry, error)
	Heads(ctx context.Context, tenants []string) ([]outbox.Heads, error)
	// NewEpoch gives the tenant an epoch later than after, unless it has one.
	NewEpoch(ctx context.Context, tenant string, after harang.Epoch) (harang.Epoch, error)
}

// Windows are this node's windows, which the follower feeds.
type Windows interface {
	// Tenants returns the tenants that this node has windows of, those that are
	// being read included.
	Tenants() []string
	// Append takes entries in, as the relay's log does.
	Append(ctx context.Context, feed harang.FeedID, epoch harang.Epoch, first int64, entries []outbox.Entry) (head harang.Position, fork bool, err error)
	// Heal has the windows that are behind these heads read again. It does not
	// wait.
	Heal(heads outbox.Heads)
}

const (
	// confirmWait is how long a reading waits for the confirmation of its
	// subscription. Without one the relay's loop heals what may be missing.
	confirmWait = time.Second
	// sweepEvery is how often tenants without windows are let go.
	sweepEvery = 30 * time.Second
	// boxBytes is what may wait for one feed's window. Beyond it the window is
	// healed from the database instead.
	boxBytes = 4 << 20
	// retryLeast and retryMost bound the pause before a broken subscription is
	// taken up again.
	retryLeast, retryMost = 20 * time.Millisecond, time.Second
)

// Follower subscribes this node to the feeds that it has windows of. It is the
// source that those windows are read from.
type Follower struct {
	log      *Log
	database Database

	// ctx ends every subscription.
	ctx    context.Context //nolint:containedctx // subscriptions serve all who wait, not a caller
	cancel context.CancelFunc
	// attached is closed once windows is set.
	attached chan struct{}
	windows  Windows
	running  sync.WaitGroup
	// doubts wakes the healer.
	doubts chan struct{}

	// mu guards the following.
	mu       sync.Mutex
	tenants  map[string]*following
	doubtful map[string]bool
	sweep    int64
	closed   bool
}

// NewFollower builds a Follower over a log and the database.
func NewFollower(log *Log, database Database) *Follower {
	ctx, cancel := context.WithCancel(context.Background())
	return &Follower{
		log: log, database: database, ctx: ctx, cancel: cancel,
		attached: make(chan struct{}), doubts: make(chan struct{}, 1),
		tenants: make(map[string]*following), doubtful: make(map[string]bool),
	}
}

// Run feeds the windows until ctx ends; then it ends every subscription and
// waits for it. It is called once.
func (f *Follower) Run(ctx context.Context, windows Windows) error {
	f.windows = windows
	close(f.attached)
	defer func() {
		f.mu.Lock()
		f.closed = true
		f.mu.Unlock()
		f.cancel()
		f.running.Wait()
	}()
	ticker := time.NewTicker(sweepEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			f.letGo(ctx)
		case <-f.doubts:
			f.heal(ctx)
		}
	}
}

// NewestEntries reads a feed for its window: subscribed first, then the
// database, and the log when the database is away.
func (f *Follower) NewestEntries(ctx context.Context, feed harang.FeedID, limit int) (outbox.Heads, []outbox.Entry, error) {
	f.follow(ctx, feed.Tenant)
	heads, entries, err := f.database.NewestEntries(ctx, feed, limit)
	if harang.ErrorCode(err) != harang.CodeUnavailable {
		return heads, entries, err
	}
	head, kept, logErr := f.log.Entries(ctx, feed)
	if logErr != nil || head.Epoch == "" {
		return heads, entries, err
	}
	f.log.metrics.fallbacks.Inc()
	heads = outbox.Heads{Tenant: feed.Tenant, Epoch: head.Epoch}
	heads.Advance(feed.Audience, head.Number)
	return heads, kept[max(0, len(kept)-limit):], nil
}

// EntriesAfter reads a feed's entries after a number from the database.
func (f *Follower) EntriesAfter(ctx context.Context, feed harang.FeedID, after int64, limit int) ([]outbox.Entry, error) {
	return f.database.EntriesAfter(ctx, feed, after, limit)
}

// following is the subscription to one tenant's channel.
type following struct {
	tenant string
	// swept is the sweep during which it was last asked for. The follower's mu
	// guards it.
	swept int64
	// settled is closed when the first attempt to subscribe is over, confirmed
	// or not.
	settled chan struct{}
	settle  sync.Once
	// ended is closed when the subscription has ended for good.
	ended chan struct{}
	// leaving is closed when it is to end, and stop ends what is under way.
	leaving chan struct{}
	ctx     context.Context //nolint:containedctx // ends with the subscription
	stop    context.CancelFunc
	boxes   map[harang.Audience]*box

	mu        sync.Mutex
	confirmed bool
	// doubtful: messages may have been lost since the last confirmation.
	doubtful bool
}

// follow subscribes to a tenant's channel and waits for the confirmation, a
// while, unless Redis is known to be away.
func (f *Follower) follow(ctx context.Context, tenant string) {
	for {
		f.mu.Lock()
		if f.closed {
			f.mu.Unlock()
			return
		}
		fo := f.tenants[tenant]
		if fo == nil {
			ctx, stop := context.WithCancel(f.ctx)
			fo = &following{
				ctx: ctx, stop: stop, tenant: tenant, settled: make(chan struct{}), ended: make(chan struct{}), leaving: make(chan struct{}),
				boxes: make(map[harang.Audience]*box, harang.AudienceCount),
			}
			for _, a := range harang.Audiences() {
				fo.boxes[a] = &box{follower: f, feed: harang.FeedID{Tenant: tenant, Audience: a}}
			}
			f.tenants[tenant] = fo
			f.running.Add(1)
			go f.subscribe(fo) //nolint:contextcheck // it outlives the reading that began it
		}
		select {
		case <-fo.leaving:
			// It is being let go; the next one begins after it.
			f.mu.Unlock()
			select {
			case <-fo.ended:
				continue
			case <-ctx.Done():
				return
			}
		default:
		}
		fo.swept = f.sweep
		f.mu.Unlock()
		wait := time.NewTimer(confirmWait)
		defer wait.Stop()
		select {
		case <-fo.settled:
		case <-wait.C:
		case <-ctx.Done():
		}
		return
	}
}

// subscribe keeps one tenant's subscription until it is let go.
func (f *Follower) subscribe(fo *following) {
	defer f.running.Done()
	defer close(fo.ended)
	defer f.forget(fo)
	defer fo.stop()
	select {
	case <-f.attached:
	case <-f.ctx.Done():
		return
	}
	client := f.log.client
	ctx := rueidis.WithOnSubscriptionHook(fo.ctx, func(s rueidis.PubSubSubscription) {
		if s.Kind == "ssubscribe" {
			f.confirm(fo)
		}
	})
	pause := retryLeast
	for {
		began := time.Now()
		err := client.Receive(ctx, client.B().Ssubscribe().Channel(f.log.channel(fo.tenant)).Build(), func(m rueidis.PubSubMessage) { f.take(fo, m.Message) })
		f.interrupted(fo, err)
		if time.Since(began) > retryMost {
			pause = retryLeast
		}
		timer := time.NewTimer(pause/2 + rand.N(pause))
		select {
		case <-fo.ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
		pause = min(2*pause, retryMost)
	}
}

// confirm notes that messages come from now on. It must not block.
func (f *Follower) confirm(fo *following) {
	fo.mu.Lock()
	doubtful, first := fo.doubtful, !fo.confirmed
	fo.confirmed, fo.doubtful = true, false
	fo.mu.Unlock()
	if first {
		f.log.metrics.subscriptions.Inc()
	}
	fo.settle.Do(func() { close(fo.settled) })
	if doubtful {
		f.doubt(fo.tenant, "subscription")
	}
}

// interrupted notes that messages may be lost from now on.
func (f *Follower) interrupted(fo *following, err error) {
	fo.mu.Lock()
	was := fo.confirmed
	fo.confirmed, fo.doubtful = false, true
	fo.mu.Unlock()
	fo.settle.Do(func() { close(fo.settled) })
	if was {
		f.log.metrics.subscriptions.Dec()
	}
	select {
	case <-fo.leaving:
		return
	default:
	}
	if was && f.ctx.Err() == nil {
		f.log.metrics.interruptions.Inc()
		f.log.log.Warn("the subscription to a tenant's feeds broke; it is taken up again", "tenant", fo.tenant, "err", err)
	}
}

func (f *Follower) forget(fo *following) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.tenants[fo.tenant] == fo {
		delete(f.tenants, fo.tenant)
	}
}

// letGo ends the subscriptions of tenants that have had no window since the
// last time.
func (f *Follower) letGo(ctx context.Context) {
	f.mu.Lock()
	f.sweep++
	f.mu.Unlock()
	// A window that begins from here on follows within this sweep.
	needed := make(map[string]bool)
	for _, tenant := range f.windows.Tenants() {
		needed[tenant] = true
	}
	var leaving []*following
	f.mu.Lock()
	for tenant, fo := range f.tenants {
		if !needed[tenant] && fo.swept < f.sweep {
			select {
			case <-fo.leaving:
			default:
				close(fo.leaving)
				leaving = append(leaving, fo)
			}
		}
	}
	f.mu.Unlock()
	for _, fo := range leaving {
		call, cancel := context.WithTimeout(ctx, callTimeout)
		err := f.log.client.Do(call, f.log.client.B().Sunsubscribe().Channel(f.log.channel(fo.tenant)).Build()).Error()
		cancel()
		fo.stop()
		if err != nil {
			f.log.log.Debug("a subscription could not be ended", "tenant", fo.tenant, "err", err)
		}
	}
}

// doubt asks for a tenant's windows to be compared with the database.
func (f *Follower) doubt(tenant, why string) {
	f.log.metrics.healings.WithLabelValues(why).Inc()
	f.mu.Lock()
	f.doubtful[tenant] = true
	f.mu.Unlock()
	select {
	case f.doubts <- struct{}{}:
	default:
	}
}

// heal compares the doubtful tenants' windows with the database, all in one
// reading of heads. What fails here the relay's loop does.
func (f *Follower) heal(ctx context.Context) {
	f.mu.Lock()
	tenants := make([]string, 0, len(f.doubtful))
	for tenant := range f.doubtful {
		tenants = append(tenants, tenant)
	}
	clear(f.doubtful)
	f.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	heads, err := f.database.Heads(ctx, tenants)
	if err != nil {
		f.log.log.Warn("windows could not be compared with the database; the relay will", "tenants", len(tenants), "err", err)
		return
	}
	for _, h := range heads {
		f.windows.Heal(h)
	}
}

// forked begins a new epoch: a window remembers other events than those that are
// published now, so the database has lost some. Nobody else may remember them.
func (f *Follower) forked(feed harang.FeedID, m message) {
	ctx, cancel := context.WithTimeout(f.ctx, callTimeout)
	defer cancel()
	epoch, err := f.database.NewEpoch(ctx, feed.Tenant, m.epoch)
	f.log.log.Error("a window and the shared log tell different stories: the tenant begins a new epoch",
		"feed", feed.String(), slog.Int64("seq", m.first), "epoch", string(epoch), "err", err)
	f.doubt(feed.Tenant, "fork")
}

// take puts a message into its feed's box. It is called from the goroutine that
// reads Redis's connection and must not block.
func (f *Follower) take(fo *following, text string) {
	var b *box
	if len(text) > 0 {
		if a, ok := harang.ParseAudience(text[:1]); ok {
			b = fo.boxes[a]
		}
	}
	if b == nil {
		f.log.foreign("message", harang.FeedID{Tenant: fo.tenant}, "of no feed")
		return
	}
	b.put(text)
}

// box holds what was published for one feed until its window has taken it.
type box struct {
	follower *Follower
	feed     harang.FeedID

	mu      sync.Mutex
	waiting []string
	bytes   int
	active  bool
}

func (b *box) put(text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.bytes+len(text) > boxBytes {
		b.waiting, b.bytes = nil, 0
		b.follower.doubt(b.feed.Tenant, "overflow")
		return
	}
	b.waiting = append(b.waiting, text)
	b.bytes += len(text)
	if !b.active {
		b.active = true
		b.follower.running.Add(1)
		go b.empty()
	}
}

// empty hands everything on, until nothing is waiting.
func (b *box) empty() {
	defer b.follower.running.Done()
	for {
		b.mu.Lock()
		texts := b.waiting
		b.waiting, b.bytes = nil, 0
		if len(texts) == 0 || b.follower.ctx.Err() != nil {
			b.active = false
			b.mu.Unlock()
			return
		}
		b.mu.Unlock()
		for _, text := range texts {
			b.handOn(text)
		}
	}
}

// handOn gives one message to the window.
func (b *box) handOn(text string) {
	f := b.follower
	m, ok := decodeMessage(text)
	if !ok || m.audience != b.feed.Audience {
		f.log.foreign("message", b.feed, "cannot be read")
		f.doubt(b.feed.Tenant, "foreign")
		return
	}
	head, fork, err := f.windows.Append(f.ctx, b.feed, m.epoch, m.first, m.entries)
	switch last := m.first + int64(len(m.entries)) - 1; {
	case err != nil:
		// The window could not be read; whoever waits for it has been told.
		f.doubt(b.feed.Tenant, "reading")
	case fork:
		f.forked(b.feed, m)
	case head.Epoch == m.epoch && head.Number < last:
		f.doubt(b.feed.Tenant, "hole")
	}
}
