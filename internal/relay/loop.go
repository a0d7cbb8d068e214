package relay

import (
	"context"
	"errors"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/outbox"
)

// Run is the loop. It returns nil when ctx ends, after the last goroutine of
// this relay.
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
	version := int64(-1)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		version = r.check(ctx, version)
	}
}

// check is one round of the loop: it wakes the tenants whose log is behind and
// heals the windows that are. It returns the database's version that it has
// checked, -1 after a failure.
func (r *Relay) check(ctx context.Context, checked int64) int64 {
	ctx, cancel := context.WithTimeout(ctx, passTimeout)
	defer cancel()
	version := int64(-1)
	if r.o.Version != nil {
		v, err := r.o.Version(ctx)
		if err != nil {
			r.checkFailed(ctx, err)
			return -1
		}
		if version = v; version == checked && !r.retry.Load() {
			return checked
		}
	}
	// A window that is the log has everything up to the heads that it was compared with,
	// or was read since: it is compared again when they have advanced.
	compareAll := r.retry.Swap(false) || !r.singleNode()
	tenants := r.o.Windows.Tenants()
	if len(tenants) == 0 {
		return version
	}
	windows := r.windowHeads(tenants)
	heads, err := r.o.Source.Heads(ctx, tenants)
	if err != nil {
		r.checkFailed(ctx, err)
		return -1
	}
	// First the windows: they are healed from the database, even when the log
	// does not answer.
	for _, h := range heads {
		if err := r.checkWindows(ctx, h, windows[h.Tenant]); err != nil {
			r.checkFailed(ctx, err)
			return -1
		}
	}
	compared := make(map[string]outbox.Heads, len(heads))
	for _, h := range heads {
		compared[h.Tenant] = h
		if !compareAll && r.compared[h.Tenant] == h {
			continue
		}
		at, err := r.log.Heads(ctx, h.Tenant)
		if err != nil {
			r.checkFailed(ctx, err)
			return -1
		}
		for _, p := range at {
			if p != h.Position(p.Audience) {
				r.Wake(h.Tenant)
				break
			}
		}
	}
	r.compared = compared
	if r.failing.CompareAndSwap(true, false) {
		r.o.Logger.Info("relay recovered")
	}
	return version
}

// windowHeads returns the heads of this node's windows. On a single node it
// returns none: relaying compares and heals windows that are the log.
func (r *Relay) windowHeads(tenants []string) map[string][]harang.Position {
	heads := make(map[string][]harang.Position)
	if r.singleNode() {
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

// checkWindows heals windows that are behind the database. A window that was
// ahead before the database was read has entries that the database has lost: a
// fork, which a log that was emptied at the same time does not show.
func (r *Relay) checkWindows(ctx context.Context, h outbox.Heads, windows []harang.Position) error {
	for _, p := range windows {
		if ahead(p, h) {
			id := harang.FeedID{Tenant: h.Tenant, Audience: p.Audience}
			return r.fork(ctx, id, p.Epoch, "this node's window is ahead of the database")
		}
	}
	if !r.singleNode() {
		r.o.Windows.Heal(h)
	}
	return nil
}

func (r *Relay) checkFailed(ctx context.Context, err error) {
	r.retry.Store(true)
	if r.ctx.Err() == nil && !errors.Is(ctx.Err(), context.Canceled) {
		r.metrics.failures.Inc()
		if !r.failing.Swap(true) {
			r.o.Logger.Warn("relay check failed; trying again", "err", err)
		}
	}
}
