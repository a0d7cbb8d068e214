package store

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"

	"harang.dev/harang"
	"harang.dev/harang/internal/outbox"
)

// headsBatch is how many tenants one statement reads.
const headsBatch = 32

// audiences are all audiences. Each has a column of its name: in heads its
// feed's last number, in events the event's number in that feed, or null.
var audiences = harang.Audiences()

// audienceColumns lists the audiences' columns, each made by write.
func audienceColumns(write func(column string, index int) string) string {
	columns := make([]string, len(audiences))
	for i, a := range audiences {
		columns[i] = write(string(a), i)
	}
	return strings.Join(columns, ", ")
}

// numberColumns lists the audiences' columns of a table with this alias.
func numberColumns(alias string) string {
	return audienceColumns(func(column string, _ int) string { return alias + column })
}

var (
	findHeads = define("find heads", `
		SELECT tenant_id, epoch, `+numberColumns("")+` FROM heads WHERE tenant_id = $1`)

	findAllHeads = define("find all heads", `
		SELECT tenant_id, epoch, `+numberColumns("")+` FROM heads ORDER BY tenant_id`)

	findHeadsBatch = define("find heads batch", `
		SELECT tenant_id, epoch, `+numberColumns("")+` FROM heads WHERE tenant_id IN (`+parameters(1, headsBatch)+`)`)

	findHeadsFrom = define("find heads from", `
		SELECT tenant_id, epoch, `+numberColumns("")+` FROM heads WHERE tenant_id >= $1 ORDER BY tenant_id LIMIT $2`)

	lockEpoch = define("lock epoch", `
		UPDATE heads SET managers = managers WHERE tenant_id = $1 RETURNING epoch`)

	updateEpoch = define("update epoch", `
		UPDATE heads SET epoch = $1 WHERE tenant_id = $2`)
)

func scanHeads(r row) (h outbox.Heads, err error) {
	err = r.Scan(headsColumns(&h)...)
	return h, err
}

// headsColumns are the destinations of a row: tenant, epoch and numbers of h,
// then rest.
func headsColumns(h *outbox.Heads, rest ...any) []any {
	into := append(make([]any, 0, 2+len(h.Numbers)+len(rest)), &h.Tenant, &h.Epoch)
	for i := range h.Numbers {
		into = append(into, &h.Numbers[i])
	}
	return append(into, rest...)
}

// headsSpread is how many heads are read in one piece for each one that is asked for.
const headsSpread = 4

// Heads returns the heads of the tenants, in no order. Unknown tenants are left
// out. For many tenants one statement reads all heads from the first of them on, up to
// headsSpread times as many; those that it does not reach are read in batches.
func (s *Store) Heads(ctx context.Context, tenants []string) ([]outbox.Heads, error) {
	if len(tenants) <= headsBatch {
		return s.headsInBatches(ctx, tenants)
	}
	wanted := make(map[string]bool, len(tenants))
	for _, t := range tenants {
		wanted[t] = true
	}
	limit := headsSpread * len(tenants)
	all, err := queryAll(ctx, s.reader(), findHeadsFrom, scanHeads, slices.Min(tenants), limit)
	if err != nil {
		return nil, err
	}
	last := ""
	if len(all) == limit {
		last = all[limit-1].Tenant
	}
	all = slices.DeleteFunc(all, func(h outbox.Heads) bool { return !wanted[h.Tenant] })
	if last == "" {
		return all, nil
	}
	rest := slices.DeleteFunc(slices.Clone(tenants), func(t string) bool { return t <= last })
	further, err := s.headsInBatches(ctx, rest)
	return append(all, further...), err
}

func (s *Store) headsInBatches(ctx context.Context, tenants []string) ([]outbox.Heads, error) {
	var all []outbox.Heads
	for len(tenants) > 0 {
		n := min(headsBatch, len(tenants))
		q, args := findHeadsBatch, make([]any, headsBatch)
		if n == 1 {
			q, args = findHeads, args[:1]
		}
		for i := range args {
			args[i] = tenants[min(i, n-1)] // the last tenant fills the batch
		}
		heads, err := queryAll(ctx, s.reader(), q, scanHeads, args...)
		if err != nil {
			return nil, err
		}
		all = append(all, heads...)
		tenants = tenants[n:]
	}
	return all, nil
}

// AllHeads returns the heads of all tenants, by tenant id.
func (s *Store) AllHeads(ctx context.Context) ([]outbox.Heads, error) {
	return queryAll(ctx, s.reader(), findAllHeads, scanHeads)
}

// NewEpoch begins a new epoch of a tenant, later than after and than its present
// one, and returns it. A present epoch that is later than after is kept: another
// node began it. Numbers continue. NOT_FOUND when there is no such tenant.
func (s *Store) NewEpoch(ctx context.Context, tenant string, after harang.Epoch) (harang.Epoch, error) {
	var epoch harang.Epoch
	err := s.within(ctx, func(tx *Tx) error {
		present, err := queryOne(ctx, tx, lockEpoch, scanText, tenant)
		if err != nil {
			return err
		}
		epoch = harang.Epoch(present)
		if strings.Compare(present, string(after)) > 0 {
			return nil
		}
		epoch = harang.NewEpoch(s.now(), rand.Uint32(), max(epoch, after))
		_, err = execute(ctx, tx, updateEpoch, string(epoch), tenant)
		return err
	})
	return epoch, err
}
