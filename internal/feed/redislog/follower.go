package redislog

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/redis/rueidis"
	"github.com/sethvargo/go-retry"

	"harang.dev/harang"
	"harang.dev/harang/internal/outbox"
)

// Database is what windows are read from and compared with, and where a tenant
// gets a new epoch.
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
	// Append adds entries, as relay.Log says.
	Append(
		ctx context.Context, feed harang.FeedID, epoch harang.Epoch, first int64, entries []outbox.Entry,
	) (head harang.Position, fork bool, err error)
	// Heal begins a read of the windows that are behind these heads. It does
	// not wait.
	Heal(heads outbox.Heads)
}

const (
	// confirmWait is how long a read waits for the confirmation of its
	// subscription. Without one the relay's loop heals the window.
	confirmWait = time.Second
	// sweepInterval is how often subscriptions of tenants without windows end.
	sweepInterval = 30 * time.Second
	// queueBytes is the size of the messages that may wait for one feed's window.
	// Beyond it the window is healed from the database instead.
	queueBytes = 4 << 20
	// retryMin and retryMax bound the pause, before jitter, before a broken
	// subscription is renewed.
	retryMin, retryMax = 20 * time.Millisecond, time.Second
)

// retryPauses are the pauses before the renewals of one broken subscription.
func retryPauses() retry.Backoff {
	return retry.WithJitterPercent(50, retry.WithCappedDuration(retryMax, retry.NewExponential(retryMin)))
}

// Follower subscribes this node to the feeds that it has windows of. It is the
// source that those windows are read from.
type Follower struct {
	log      *Log
	database Database

	// ctx ends every subscription.
	ctx    context.Context //nolint:containedctx // subscriptions outlive the read that began them
	cancel context.CancelFunc
	// attached is closed once windows is set.
	attached chan struct{}
	windows  Windows
	running  sync.WaitGroup
	// wakeHealer makes Run heal the tenants of toHeal.
	wakeHealer chan struct{}

	// mu guards the following.
	mu      sync.Mutex
	tenants map[string]*subscription
	toHeal  map[string]bool
	sweep   int64
	closed  bool
}

// NewFollower builds a Follower over a log and the database.
func NewFollower(log *Log, database Database) *Follower {
	ctx, cancel := context.WithCancel(context.Background())
	return &Follower{
		log: log, database: database, ctx: ctx, cancel: cancel,
		attached: make(chan struct{}), wakeHealer: make(chan struct{}, 1),
		tenants: make(map[string]*subscription), toHeal: make(map[string]bool),
	}
}

// Run appends published entries to the windows. When ctx ends it ends every
// subscription, waits for it and returns nil. It is called once.
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
	ticker := time.NewTicker(sweepInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			f.unsubscribeUnused(ctx)
		case <-f.wakeHealer:
			f.heal(ctx)
		}
	}
}

// NewestEntries reads a feed for its window: it subscribes first, then reads the
// database, or the log when the database is unavailable.
func (f *Follower) NewestEntries(
	ctx context.Context, feed harang.FeedID, limit int,
) (outbox.Heads, []outbox.Entry, error) {
	f.subscribe(ctx, feed.Tenant)
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
func (f *Follower) EntriesAfter(
	ctx context.Context, feed harang.FeedID, after int64, limit int,
) ([]outbox.Entry, error) {
	return f.database.EntriesAfter(ctx, feed, after, limit)
}

// subscription is the subscription to one tenant's channel.
type subscription struct {
	tenant string
	// usedSweep is the sweep during which a window last asked for the
	// subscription. The follower's mu guards it.
	usedSweep int64
	// tried is closed after the first attempt to subscribe, confirmed or not.
	tried     chan struct{}
	closeOnce sync.Once // closes tried
	// ended is closed when the subscription has ended for good.
	ended chan struct{}
	// ending is closed when the subscription is no longer wanted; stop cancels
	// the call in progress.
	ending chan struct{}
	ctx    context.Context //nolint:containedctx // ends with the subscription
	stop   context.CancelFunc
	queues map[harang.Audience]*queue

	mu        sync.Mutex
	confirmed bool
	// lossy: messages may have been lost since the last confirmation.
	lossy bool
}

// subscribe subscribes to a tenant's channel. It waits for the confirmation, at
// most confirmWait, and not at all when the first attempt has failed.
func (f *Follower) subscribe(ctx context.Context, tenant string) {
	for {
		f.mu.Lock()
		if f.closed {
			f.mu.Unlock()
			return
		}
		sub := f.tenants[tenant]
		if sub == nil {
			ctx, stop := context.WithCancel(f.ctx)
			sub = &subscription{
				ctx: ctx, stop: stop, tenant: tenant,
				tried: make(chan struct{}), ended: make(chan struct{}), ending: make(chan struct{}),
				queues: make(map[harang.Audience]*queue, harang.AudienceCount),
			}
			for _, a := range harang.Audiences() {
				sub.queues[a] = &queue{follower: f, feed: harang.FeedID{Tenant: tenant, Audience: a}}
			}
			f.tenants[tenant] = sub
			f.running.Add(1)
			go f.receive(sub) //nolint:contextcheck // it outlives the read that began it
		}
		select {
		case <-sub.ending:
			// The next subscription begins after the end of this one.
			f.mu.Unlock()
			select {
			case <-sub.ended:
				continue
			case <-ctx.Done():
				return
			}
		default:
		}
		sub.usedSweep = f.sweep
		f.mu.Unlock()
		wait := time.NewTimer(confirmWait)
		defer wait.Stop()
		select {
		case <-sub.tried:
		case <-wait.C:
		case <-ctx.Done():
		}
		return
	}
}

// receive keeps one tenant's subscription until it is no longer wanted.
func (f *Follower) receive(sub *subscription) {
	defer f.running.Done()
	defer close(sub.ended)
	defer f.remove(sub)
	defer sub.stop()
	select {
	case <-f.attached:
	case <-f.ctx.Done():
		return
	}
	client := f.log.client
	ctx := rueidis.WithOnSubscriptionHook(sub.ctx, func(s rueidis.PubSubSubscription) {
		if s.Kind == "ssubscribe" {
			f.confirm(sub)
		}
	})
	pauses := retryPauses()
	for {
		began := time.Now()
		command := client.B().Ssubscribe().Channel(f.log.channel(sub.tenant)).Build()
		err := client.Receive(ctx, command, func(m rueidis.PubSubMessage) { f.enqueue(sub, m.Message) })
		f.interrupted(sub, err)
		if time.Since(began) > retryMax {
			pauses = retryPauses()
		}
		pause, _ := pauses.Next() // never ends
		timer := time.NewTimer(pause)
		select {
		case <-sub.ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
	}
}

// confirm records that messages arrive from now on. It must not block.
func (f *Follower) confirm(sub *subscription) {
	sub.mu.Lock()
	lossy, first := sub.lossy, !sub.confirmed
	sub.confirmed, sub.lossy = true, false
	sub.mu.Unlock()
	if first {
		f.log.metrics.subscriptions.Inc()
	}
	sub.closeOnce.Do(func() { close(sub.tried) })
	if lossy {
		f.requestHeal(sub.tenant, "subscription")
	}
}

// interrupted records that messages may be lost from now on.
func (f *Follower) interrupted(sub *subscription, err error) {
	sub.mu.Lock()
	was := sub.confirmed
	sub.confirmed, sub.lossy = false, true
	sub.mu.Unlock()
	sub.closeOnce.Do(func() { close(sub.tried) })
	if was {
		f.log.metrics.subscriptions.Dec()
	}
	select {
	case <-sub.ending:
		return
	default:
	}
	if was && f.ctx.Err() == nil {
		f.log.metrics.interruptions.Inc()
		f.log.log.Warn("feed subscription broke; renewing it", "tenant", sub.tenant, "err", err)
	}
}

func (f *Follower) remove(sub *subscription) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.tenants[sub.tenant] == sub {
		delete(f.tenants, sub.tenant)
	}
}

// unsubscribeUnused ends the subscriptions of tenants that have had no window
// since the last sweep.
func (f *Follower) unsubscribeUnused(ctx context.Context) {
	f.mu.Lock()
	f.sweep++
	f.mu.Unlock()
	// A window that begins from here on subscribes within this sweep.
	needed := make(map[string]bool)
	for _, tenant := range f.windows.Tenants() {
		needed[tenant] = true
	}
	var ending []*subscription
	f.mu.Lock()
	for tenant, sub := range f.tenants {
		if !needed[tenant] && sub.usedSweep < f.sweep {
			select {
			case <-sub.ending:
			default:
				close(sub.ending)
				ending = append(ending, sub)
			}
		}
	}
	f.mu.Unlock()
	for _, sub := range ending {
		call, cancel := context.WithTimeout(ctx, callTimeout)
		err := f.log.client.Do(call, f.log.client.B().Sunsubscribe().Channel(f.log.channel(sub.tenant)).Build()).Error()
		cancel()
		sub.stop()
		if err != nil {
			f.log.log.Debug("feed unsubscription failed", "tenant", sub.tenant, "err", err)
		}
	}
}

// requestHeal makes Run compare a tenant's windows with the database.
func (f *Follower) requestHeal(tenant, reason string) {
	f.log.metrics.healings.WithLabelValues(reason).Inc()
	f.mu.Lock()
	f.toHeal[tenant] = true
	f.mu.Unlock()
	select {
	case f.wakeHealer <- struct{}{}:
	default:
	}
}

// heal compares the windows of the tenants in toHeal with the database, all in
// one read of heads. When that fails the relay's loop heals them.
func (f *Follower) heal(ctx context.Context) {
	f.mu.Lock()
	tenants := make([]string, 0, len(f.toHeal))
	for tenant := range f.toHeal {
		tenants = append(tenants, tenant)
	}
	clear(f.toHeal)
	f.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	heads, err := f.database.Heads(ctx, tenants)
	if err != nil {
		f.log.log.Warn("comparison of windows with the database failed; the relay will heal them",
			"tenants", len(tenants), "err", err)
		return
	}
	for _, h := range heads {
		f.windows.Heal(h)
	}
}

// forked begins a new epoch: a window has other events than those published now,
// so the database has lost some, and no other node may have them.
func (f *Follower) forked(feed harang.FeedID, m message) {
	ctx, cancel := context.WithTimeout(f.ctx, callTimeout)
	defer cancel()
	epoch, err := f.database.NewEpoch(ctx, feed.Tenant, m.epoch)
	f.log.log.Error("window and shared log have different events; starting a new epoch",
		"feed", feed.String(), slog.Int64("number", m.first), "epoch", string(epoch), "err", err)
	f.requestHeal(feed.Tenant, "fork")
}

// enqueue puts a message into its feed's queue. It is called from the goroutine
// that reads Redis's connection and must not block.
func (f *Follower) enqueue(sub *subscription, text string) {
	var q *queue
	if len(text) > 0 {
		if a, ok := harang.ParseAudience(text[:1]); ok {
			q = sub.queues[a]
		}
	}
	if q == nil {
		f.log.foreign("message", harang.FeedID{Tenant: sub.tenant}, "of no feed")
		return
	}
	q.put(text)
}

// queue has the messages for one feed that are not in its window yet.
type queue struct {
	follower *Follower
	feed     harang.FeedID

	mu      sync.Mutex
	waiting []string
	bytes   int
	active  bool
}

func (q *queue) put(text string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.bytes+len(text) > queueBytes {
		q.waiting, q.bytes = nil, 0
		q.follower.requestHeal(q.feed.Tenant, "overflow")
		return
	}
	q.waiting = append(q.waiting, text)
	q.bytes += len(text)
	if !q.active {
		q.active = true
		q.follower.running.Add(1)
		go q.drain()
	}
}

// drain appends the messages to the window until none is waiting.
func (q *queue) drain() {
	defer q.follower.running.Done()
	for {
		q.mu.Lock()
		texts := q.waiting
		q.waiting, q.bytes = nil, 0
		if len(texts) == 0 || q.follower.ctx.Err() != nil {
			q.active = false
			q.mu.Unlock()
			return
		}
		q.mu.Unlock()
		for _, text := range texts {
			q.apply(text)
		}
	}
}

// apply appends one message to the window.
func (q *queue) apply(text string) {
	f := q.follower
	m, ok := decodeMessage(text)
	if !ok || m.audience != q.feed.Audience {
		f.log.foreign("message", q.feed, "cannot be read")
		f.requestHeal(q.feed.Tenant, "foreign")
		return
	}
	head, fork, err := f.windows.Append(f.ctx, q.feed, m.epoch, m.first, m.entries)
	switch last := m.first + int64(len(m.entries)) - 1; {
	case err != nil:
		// The window could not be read; the joins that wait for it have failed.
		f.requestHeal(q.feed.Tenant, "reading")
	case fork:
		f.forked(q.feed, m)
	case head.Epoch == m.epoch && head.Number < last:
		f.requestHeal(q.feed.Tenant, "hole")
	}
}
