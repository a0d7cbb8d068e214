package relay

import (
	"context"
	"errors"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/outbox"
)

// Run is the loop. It returns nil when ctx ends, after the last goroutine of
// this relay has.
func (r *Relay) Run(ctx context.Context) error {
	defer func() {
		r.mu.Lock()
		r.ended = true
		r.mu.Unlock()
		r.cancel()
		r.passes.Wait()
	}()
	ticker := time.NewTicker(r.o.Interval)
	defer ticker.Stop()
	known := int64(-1)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		known = r.look(ctx, known)
	}
}

// look is one round of the loop: it wakes the tenants whose log or windows are
// behind. It returns the database's change number that it has dealt with.
func (r *Relay) look(ctx context.Context, known int64) int64 {
	ctx, cancel := context.WithTimeout(ctx, passTimeout)
	defer cancel()
	version := int64(-1)
	if r.o.Version != nil {
		v, err := r.o.Version(ctx)
		if err != nil {
			r.lookFailed(ctx, err)
			return -1
		}
		if version = v; version == known && !r.troubled.Load() {
			return known
		}
	}
	r.troubled.Store(false)
	tenants := r.o.Windows.Tenants()
	if len(tenants) == 0 {
		return version
	}
	windows := r.windowHeads(tenants)
	heads, err := r.o.Source.Heads(ctx, tenants)
	if err != nil {
		r.lookFailed(ctx, err)
		return -1
	}
	// First the windows: they are healed from the database, whatever the log
	// does.
	for _, h := range heads {
		if err := r.compare(ctx, h, windows[h.Tenant]); err != nil {
			r.lookFailed(ctx, err)
			return -1
		}
	}
	for _, h := range heads {
		at, err := r.o.Log.Heads(ctx, h.Tenant)
		if err != nil {
			r.lookFailed(ctx, err)
			return -1
		}
		for _, p := range at {
			if p.Epoch != h.Epoch || p.Number != h.Number(p.Audience) {
				r.Wake(h.Tenant)
				break
			}
		}
	}
	if r.failing.CompareAndSwap(true, false) {
		r.o.Logger.Info("the relay works again")
	}
	return version
}

// windowHeads returns where this node's windows stand. Windows that are the log
// themselves are left out: relaying compares and heals them.
func (r *Relay) windowHeads(tenants []string) map[string][]harang.Position {
	heads := make(map[string][]harang.Position)
	if r.alone() {
		return heads
	}
	for _, tenant := range tenants {
		for _, a := range harang.Audiences() {
			if p, served := r.o.Windows.Head(harang.FeedID{Tenant: tenant, Audience: a}); served {
				heads[tenant] = append(heads[tenant], p)
			}
		}
	}
	return heads
}

// compare has windows healed that are behind the database. One that was ahead of
// it before the database was asked remembers what the database has lost: a fork,
// which a log that was emptied at the same time does not show.
func (r *Relay) compare(ctx context.Context, h outbox.Heads, windows []harang.Position) error {
	for _, p := range windows {
		if p.Epoch > h.Epoch || p.Epoch == h.Epoch && p.Number > h.Number(p.Audience) {
			id := harang.FeedID{Tenant: h.Tenant, Audience: p.Audience}
			return r.fork(ctx, id, p.Epoch, "this node's window is ahead of the database")
		}
	}
	if !r.alone() {
		r.o.Windows.Heal(h)
	}
	return nil
}

func (r *Relay) lookFailed(ctx context.Context, err error) {
	r.troubled.Store(true)
	if r.ctx.Err() == nil && !errors.Is(ctx.Err(), context.Canceled) {
		r.metrics.failures.Inc()
		if !r.failing.Swap(true) {
			r.o.Logger.Warn("the relay cannot look for new events; it will try again", "err", err)
		}
	}
}
