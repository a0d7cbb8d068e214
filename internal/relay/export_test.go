package relay

import (
	"context"

	"harang.dev/harang/internal/outbox"
)

// RelayCommits is Committed for all of these together, done when it returns.
func (r *Relay) RelayCommits(ctx context.Context, commits ...outbox.Commit) error {
	var todo *news
	for _, c := range commits {
		todo = todo.with(c)
	}
	return r.relay(ctx, commits[0].Heads.Tenant, todo)
}

// Held is how many entries the tenant's busy pass keeps for its next round.
func (r *Relay) Held(tenant string) (entries int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if p := r.active[tenant]; p != nil && p.news != nil {
		for _, c := range p.news.commits {
			for _, e := range c.Entries {
				entries += len(e)
			}
		}
	}
	return entries
}
