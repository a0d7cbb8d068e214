package shop

import (
	"context"
	"time"

	"harang.dev/harang"
)

// requestLease is how long a request that was begun counts as in progress;
// longer than any request takes. After it, the process that began it has died.
const requestLease = 30 * time.Second

// RequestRetention is how long an Idempotency-Key is remembered.
const RequestRetention = 7 * 24 * time.Hour

// maxRequestKeyBytes is how long an Idempotency-Key may be.
const maxRequestKeyBytes = 255

// RequestKey names a request that may be sent again: an Idempotency-Key of one
// user on one route.
type RequestKey struct {
	Tenant string
	UserID string
	// Route is method and path pattern: "POST /rentals".
	Route string
	Key   string
}

// Request is a request that was begun under a key.
type Request struct {
	RequestKey
	// Fingerprint is a digest of the request's content; another one under the
	// same key is another request.
	Fingerprint string
	// ResourceID is the id of what the request creates. It stays the same
	// however often the request is resumed, so nothing is created twice.
	ResourceID string
	// Status and Body are the stored answer; Status is 0 while there is none.
	Status int
	Body   []byte
	// LeasedUntil is when the request counts as abandoned and may be resumed by
	// another call.
	LeasedUntil time.Time
	Created     time.Time
}

// Requests makes requests idempotent by the rules of the IETF draft on the
// Idempotency-Key header: the same request under the same key has the same
// answer and is executed once, also after a restart.
type Requests struct{ *service }

// Begin begins a request under a key and returns it. When an answer is stored
// (Status is not 0), it is to be sent again. Otherwise the caller carries the
// request out, uses ResourceID as the id of what it creates, and ends it with
// Finish, Release or Forget.
//
// IDEMPOTENCY_KEY_REUSED when the key was used for another request;
// IDEMPOTENCY_IN_PROGRESS while the same one is being carried out;
// INVALID_REQUEST for a malformed key.
func (v *Requests) Begin(ctx context.Context, caller harang.Identity, route, key, fingerprint string) (Request, error) {
	if len(key) > maxRequestKeyBytes || harang.CheckText(key, maxRequestKeyBytes) != "" {
		return Request{}, harang.Invalid(
			harang.FieldError{Field: "Idempotency-Key", Detail: "must be 1 to 255 characters"},
		)
	}
	now := v.now()
	request := Request{
		RequestKey:  RequestKey{Tenant: caller.Tenant, UserID: caller.UserID, Route: route, Key: key},
		Fingerprint: fingerprint, ResourceID: v.newID(), LeasedUntil: now.Add(requestLease), Created: now,
	}
	var begun Request
	err := v.store.Within(ctx, func(tx Tx) error {
		begun = request
		old, created, err := createOrLock(ctx, tx, request)
		if err != nil || created {
			return err
		}
		switch {
		case now.Sub(old.Created) > RequestRetention:
			return tx.UpdateRequest(ctx, request)
		case old.Fingerprint != fingerprint:
			return harang.Errorf(harang.CodeIdempotencyKeyReused, "this Idempotency-Key was used for another request")
		case old.Status != 0:
			begun = old
			return nil
		case now.Before(old.LeasedUntil):
			return &harang.Error{
				Code:       harang.CodeIdempotencyInProgress,
				Message:    "the same request is being carried out",
				RetryAfter: time.Second,
			}
		}
		// Abandoned by a process that died: resumed under the same id.
		old.LeasedUntil = now.Add(requestLease)
		begun = old
		return tx.UpdateRequest(ctx, old)
	})
	return begun, err
}

// createOrLock stores a request, or locks the one with its key.
func createOrLock(ctx context.Context, tx Tx, request Request) (old Request, created bool, err error) {
	for {
		if created, err = tx.CreateRequest(ctx, request); err != nil || created {
			return old, created, err
		}
		old, err = tx.LockRequest(ctx, request.RequestKey)
		if harang.ErrorCode(err) != harang.CodeNotFound { // else Forget came between
			return old, false, err
		}
	}
}

// Finish stores the answer of a request.
func (v *Requests) Finish(ctx context.Context, r Request, status int, body []byte) error {
	r.Status, r.Body = status, body
	return v.update(ctx, r)
}

// Release ends a request without an answer because its effect is unknown: the
// next try resumes it at once, under the same ResourceID.
func (v *Requests) Release(ctx context.Context, r Request) error {
	r.LeasedUntil = v.now()
	return v.update(ctx, r)
}

// update continues when the caller cancels: the request has been carried out.
func (v *Requests) update(ctx context.Context, r Request) error {
	ctx = context.WithoutCancel(ctx)
	return v.store.Within(ctx, func(tx Tx) error { return tx.UpdateRequest(ctx, r) })
}

// Forget ends a request without effect, so that its key can be used again.
func (v *Requests) Forget(ctx context.Context, r Request) error {
	ctx = context.WithoutCancel(ctx)
	return v.store.Within(ctx, func(tx Tx) error { return tx.DeleteRequest(ctx, r.RequestKey) })
}
