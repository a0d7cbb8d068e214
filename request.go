package harang

import "time"

// RequestRetention is how long an Idempotency-Key is remembered.
const RequestRetention = 7 * 24 * time.Hour

// MaxRequestKeyBytes is how long an Idempotency-Key may be.
const MaxRequestKeyBytes = 255

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
	// Fingerprint is a digest of what was asked; another one under the same key
	// is another request.
	Fingerprint string
	// ResourceID is the id of what the request makes. It stays the same however
	// often the request is taken up, so nothing is made twice.
	ResourceID string
	// Status and Body are the stored answer; Status is 0 while there is none.
	Status int
	Body   []byte
	// LeasedUntil is how long whoever works on it has it; after that, it was
	// left behind and may be taken up.
	LeasedUntil time.Time
	Created     time.Time
}
