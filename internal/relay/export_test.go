package relay

import (
	"context"

	"harang.dev/harang/internal/outbox"
)

// RelayCommits is Committed for all of these together, done when it returns.
func (r *Relay) RelayCommits(ctx context.Context, commits ...outbox.Commit) error {
	var todo *pending
	for _, c := range commits {
		todo = todo.with(c)
	}
	return r.relay(ctx, commits[0].Heads.Tenant, todo)
}

// Pending is how many entries wait for the next round of the tenant's busy pass.
func (r *Relay) Pending(tenant string) (entries int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if p := r.active[tenant]; p != nil && p.pending != nil {
		for _, c := range p.pending.commits {
			for _, e := range c.Entries {
				entries += len(e)
			}
		}
	}
	return entries
}
