package auth

import (
	"context"
	"fmt"
	"runtime"
	"time"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"

	"harang.dev/harang"
)

// The limits of a password.
const (
	MinPasswordRunes = 8
	MaxPasswordBytes = 256
)

// DefaultHashParams take about 55 ms of one core and 32 MiB.
var DefaultHashParams = argon2id.Params{
	Memory: 32 << 10, Iterations: 3, Parallelism: 1, SaltLength: 16, KeyLength: 32,
}

// hasher computes password hashes, few at once.
type hasher struct {
	params argon2id.Params
	// slots has room for as many values as computations may run.
	slots chan struct{}
	// maxWait is how long a caller waits for a slot.
	maxWait time.Duration
	// decoy is a hash that no password has, for users that do not exist.
	decoy string
}

func newHasher(params argon2id.Params) (*hasher, error) {
	decoy, err := argon2id.CreateHash("no password has this form \x00", &params)
	if err != nil {
		return nil, fmt.Errorf("hash: %w", err)
	}
	return &hasher{
		params:  params,
		slots:   make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2)),
		maxWait: 5 * time.Second,
		decoy:   decoy,
	}, nil
}

// acquire waits for a slot; release must be called after a success.
func (h *hasher) acquire(ctx context.Context) (release func(), err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, h.maxWait, errBusy)
	defer cancel()
	select {
	case h.slots <- struct{}{}:
		return func() { <-h.slots }, nil
	default:
	}
	select {
	case h.slots <- struct{}{}:
		return func() { <-h.slots }, nil
	case <-ctx.Done():
		if context.Cause(ctx) == errBusy { //nolint:errorlint // the very value set above
			return nil, errBusy
		}
		return nil, ctx.Err()
	}
}

var errBusy = &harang.Error{
	Code: harang.CodeRateLimited, Message: "too many logins at once; try again", RetryAfter: 2 * time.Second,
}

// hash returns the encoded argon2id hash of a password.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	release, err := h.acquire(ctx)
	if err != nil {
		return "", err
	}
	defer release()
	return argon2id.CreateHash(password, &h.params)
}

// matches reports whether the password has the hash. With an empty hash it returns false after the same time.
func (h *hasher) matches(ctx context.Context, password, hash string) (bool, error) {
	known := hash != ""
	if !known {
		hash = h.decoy
	}
	release, err := h.acquire(ctx)
	if err != nil {
		return false, err
	}
	defer release()
	match, err := argon2id.ComparePasswordAndHash(password, hash)
	if err != nil {
		return false, fmt.Errorf("stored password hash unreadable: %w", err)
	}
	return match && known, nil
}

// CheckPassword returns what is wrong with a new password; "" when it is acceptable.
func CheckPassword(password string) string {
	switch {
	case utf8.RuneCountInString(password) < MinPasswordRunes:
		return fmt.Sprintf("must have at least %d characters", MinPasswordRunes)
	case len(password) > MaxPasswordBytes:
		return fmt.Sprintf("must have at most %d bytes", MaxPasswordBytes)
	case !utf8.ValidString(password):
		return "must be UTF-8"
	}
	return ""
}
