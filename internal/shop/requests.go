package shop

import (
	"context"
	"time"

	"harang.dev/harang"
)

// requestLease is how long a request that was begun is thought to be under
// way; longer than any takes. After it, the process that began it has died.
const requestLease = 30 * time.Second

// Requests makes requests repeatable, by the rules of the IETF draft on the
// Idempotency-Key header: the same request under the same key has the same
// answer, and is carried out once, over restarts too.
type Requests struct{ tools LedgerTools }

// NewRequests builds the use case of repeatable requests.
func NewRequests(t LedgerTools) *Requests { return &Requests{t} }

// Begin begins a request under a key and returns it: with an answer when one is
// stored (Status is not 0), else the request is the caller's to carry out, to
// make what it makes under ResourceID, and to end with Finish or Forget.
//
// IDEMPOTENCY_KEY_REUSED when the key was used for another request;
// IDEMPOTENCY_IN_PROGRESS while the same one is under way; INVALID_REQUEST for
// a key that is not one.
func (v *Requests) Begin(ctx context.Context, who harang.Identity, route, key, fingerprint string) (harang.Request, error) {
	if len(key) > harang.MaxRequestKeyBytes || harang.CheckText(key, harang.MaxRequestKeyBytes) != "" {
		return harang.Request{}, harang.Invalid(harang.FieldError{Field: "Idempotency-Key", Detail: "must be 1 to 255 characters"})
	}
	now := v.tools.now()
	fresh := harang.Request{
		RequestKey:  harang.RequestKey{Tenant: who.Tenant, UserID: who.UserID, Route: route, Key: key},
		Fingerprint: fingerprint, ResourceID: v.tools.NewID(), LeasedUntil: now.Add(requestLease), Created: now,
	}
	var begun harang.Request
	err := v.tools.Ledger.WithinLedger(ctx, func(tx LedgerTx) error {
		begun = fresh
		created, err := tx.CreateRequest(ctx, fresh)
		if err != nil || created {
			return err
		}
		old, err := tx.TakeRequest(ctx, fresh.RequestKey)
		if err != nil {
			return err
		}
		switch {
		case now.Sub(old.Created) > harang.RequestRetention:
			return tx.UpdateRequest(ctx, fresh)
		case old.Fingerprint != fingerprint:
			return harang.Errorf(harang.CodeIdempotencyKeyReused, "this Idempotency-Key was used for another request")
		case old.Status != 0:
			begun = old
			return nil
		case now.Before(old.LeasedUntil):
			return &harang.Error{Code: harang.CodeIdempotencyInProgress, Message: "the same request is being carried out", RetryAfter: time.Second}
		}
		// Left behind by a process that died: taken up under the same id.
		old.LeasedUntil = now.Add(requestLease)
		begun = old
		return tx.UpdateRequest(ctx, old)
	})
	return begun, err
}

// Finish stores the answer of a request.
func (v *Requests) Finish(ctx context.Context, r harang.Request, status int, body []byte) error {
	r.Status, r.Body = status, body
	return v.update(ctx, r)
}

// Release gives a request up without an answer, because nobody knows what was
// done: the next try takes it up at once, under the same ResourceID.
func (v *Requests) Release(ctx context.Context, r harang.Request) error {
	r.LeasedUntil = v.tools.now()
	return v.update(ctx, r)
}

// update goes on when the caller leaves: the request has been carried out.
func (v *Requests) update(ctx context.Context, r harang.Request) error {
	ctx = context.WithoutCancel(ctx)
	return v.tools.Ledger.WithinLedger(ctx, func(tx LedgerTx) error { return tx.UpdateRequest(ctx, r) })
}

// Forget ends a request that did nothing, so that its key is free again.
func (v *Requests) Forget(ctx context.Context, r harang.Request) error {
	ctx = context.WithoutCancel(ctx)
	return v.tools.Ledger.WithinLedger(ctx, func(tx LedgerTx) error { return tx.DeleteRequest(ctx, r.RequestKey) })
}
