package store

import (
	"context"
	"math/rand/v2"
	"strings"

	"harang.dev/harang"
)

// headsBatch is how many tenants one statement asks for.
const headsBatch = 32

var (
	findHeads = define("find heads", `
		SELECT tenant_id, epoch, operators, managers, control FROM heads WHERE tenant_id = $1`)

	findAllHeads = define("find all heads", `
		SELECT tenant_id, epoch, operators, managers, control FROM heads ORDER BY tenant_id`)

	findHeadsBatch = define("find heads batch", `
		SELECT tenant_id, epoch, operators, managers, control FROM heads WHERE tenant_id IN (`+parameters(1, headsBatch)+`)`)

	takeEpoch = define("take epoch", `
		UPDATE heads SET managers = managers WHERE tenant_id = $1 RETURNING epoch`)

	updateEpoch = define("update epoch", `
		UPDATE heads SET epoch = $1 WHERE tenant_id = $2`)
)

func scanHeads(r row) (h harang.Heads, err error) {
	err = r.Scan(&h.Tenant, &h.Epoch, &h.Operators, &h.Managers, &h.Control)
	return h, err
}

// Heads returns the heads of those of the tenants that exist, in no order.
func (s *Store) Heads(ctx context.Context, tenants []string) ([]harang.Heads, error) {
	var all []harang.Heads
	for len(tenants) > 0 {
		n := min(headsBatch, len(tenants))
		q, args := findHeadsBatch, make([]any, headsBatch)
		if n == 1 {
			q, args = findHeads, args[:1]
		}
		for i := range args {
			args[i] = tenants[min(i, n-1)] // the last one fills the batch
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
func (s *Store) AllHeads(ctx context.Context) ([]harang.Heads, error) {
	return queryAll(ctx, s.reader(), findAllHeads, scanHeads)
}

// NewEpoch gives a tenant an epoch that is later than after and than its
// present one, and returns it. A present epoch that is later than after
// already is kept: somebody else has done it. Numbers go on. NOT_FOUND when
// there is no such tenant.
func (s *Store) NewEpoch(ctx context.Context, tenant string, after harang.Epoch) (harang.Epoch, error) {
	var epoch harang.Epoch
	err := s.within(ctx, func(tx *Tx) error {
		present, err := queryOne(ctx, tx, takeEpoch, scanText, tenant)
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
