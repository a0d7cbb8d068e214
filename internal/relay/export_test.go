package relay

import (
	"context"

	"harang.dev/harang"
)

// RelayCommits is Committed for all of these together, done when it returns.
func (r *Relay) RelayCommits(ctx context.Context, commits ...harang.Commit) error {
	var todo *news
	for _, c := range commits {
		todo = todo.with(c)
	}
	return r.relay(ctx, commits[0].Heads.Tenant, todo)
}
