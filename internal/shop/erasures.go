package shop

import (
	"context"
	"fmt"
	"strings"
	"time"

	"harang.dev/harang"
)

const (
	// erasureLease is how long a node that makes a pass keeps others from it. After a crash another one begins anew.
	erasureLease = 2 * time.Minute
	// erasurePause is the time between the two passes: longer than a transaction that may have read the name before,
	// and than the answer to a request that did.
	erasurePause = 30 * time.Second
	// erasurePasses is how many passes are made.
	erasurePasses = 2
	// maxUnfinished is how many rentals a refusal names.
	maxUnfinished = 5

	erasedDetail = "this partner's data was erased; use another id"
)

// Erasures is the erasing of persons' data. Names, addresses and cards are replaced or deleted, figures and ids stay.
//
// The person's own row is replaced at once, with a row of the audit log that names only the id. Copies of the name in
// other tables are replaced by the housekeeper in two passes: the first begins at once, the second after every
// transaction that may have read the name before has ended. Then the tenant's feeds begin a new epoch, so that every
// node, the shared log and open pages read them anew.
type Erasures struct {
	*service
	// wake starts a round of the housekeeper.
	wake chan struct{}
}

// erased refuses to change an erased partner, or to rent to it.
func erased(id string) *harang.Error {
	return &harang.Error{
		Code: harang.CodeErased, Details: map[string]any{"kind": "partner", "id": id}, Message: erasedDetail,
	}
}

// Partner erases a partner's data and returns the erasing; one that was erased before stays as it is. UNFINISHED with
// "rentals", the ids of some, while a rental is out or has a payment or a refund to come. Codes: FORBIDDEN, NOT_FOUND,
// UNFINISHED.
func (v *Erasures) Partner(ctx context.Context, caller harang.Identity, id string) (harang.Erasure, error) {
	if err := caller.Can(harang.ActionAdminister); err != nil {
		return harang.Erasure{}, err
	}
	var e harang.Erasure
	err := v.store.Within(ctx, func(tx Tx) error {
		p, err := tx.LockPartner(ctx, caller.Tenant, id)
		if err != nil {
			return notFound(err, "there is no such partner")
		}
		if p.Erased {
			e, err = tx.FindErasure(ctx, caller.Tenant, harang.AuditPartner, id)
			return err
		}
		unfinished, err := tx.FindUnfinishedRentals(ctx, caller.Tenant, id, maxUnfinished)
		if err != nil {
			return err
		}
		if len(unfinished) > 0 {
			return &harang.Error{
				Code: harang.CodeUnfinished, Details: map[string]any{"rentals": unfinished},
				Message: fmt.Sprintf("rentals of this partner are out, unpaid or being refunded: %s; finish them first",
					strings.Join(unfinished, ", ")),
			}
		}
		now := v.now()
		e = harang.Erasure{Tenant: caller.Tenant, Kind: harang.AuditPartner, ID: id, At: now, Due: now}
		if err := tx.ErasePartner(ctx, e); err != nil {
			return err
		}
		return v.record(ctx, tx, caller, harang.AuditPartnerErase, e.Subject(), nil, nil)
	})
	if err != nil {
		return harang.Erasure{}, err
	}
	v.Wake()
	return e, nil
}

// Wake makes this node's housekeeper look for erasures now. It does not wait.
func (v *Erasures) Wake() {
	select {
	case v.wake <- struct{}{}:
	default:
	}
}

// round makes the passes that are due.
func (v *Erasures) round(ctx context.Context) error {
	for {
		due, err := v.store.FindDueErasures(ctx, v.now(), batch)
		if err != nil || len(due) == 0 {
			return err
		}
		for _, e := range due {
			mine, err := v.store.DeferErasure(ctx, e, v.now().Add(erasureLease))
			if err != nil {
				return err
			}
			if !mine {
				continue
			}
			next := v.now().Add(erasurePause)
			if e.Passes+1 >= erasurePasses {
				next = time.Time{}
			}
			if err := v.store.EraseCopies(ctx, e, next); err != nil {
				return fmt.Errorf("erasing %s %s of tenant %s: %w", e.Kind, e.ID, e.Tenant, err)
			}
			v.log.InfoContext(ctx, "person erased",
				"tenant", e.Tenant, "kind", string(e.Kind), "id", e.ID, "pass", e.Passes+1)
		}
	}
}
