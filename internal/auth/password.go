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

// The limits of a password, in bytes (most) and characters (least).
const (
	MinPasswordRunes = 8
	MaxPasswordBytes = 256
)

// DefaultHashParams cost about 55 ms of one core and 32 MiB while they are
// computed.
var DefaultHashParams = argon2id.Params{
	Memory: 32 << 10, Iterations: 3, Parallelism: 1, SaltLength: 16, KeyLength: 32,
}

// hasher computes password hashes, a few at a time.
type hasher struct {
	params argon2id.Params
	// turns holds one value per computation that may run.
	turns chan struct{}
	// patience is how long a caller waits for a turn.
	patience time.Duration
	// decoy is a hash of no password, for users that do not exist.
	decoy string
}

func newHasher(params argon2id.Params) (*hasher, error) {
	decoy, err := argon2id.CreateHash("no password has this form \x00", &params)
	if err != nil {
		return nil, fmt.Errorf("hash: %w", err)
	}
	return &hasher{
		params:   params,
		turns:    make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2)),
		patience: 5 * time.Second,
		decoy:    decoy,
	}, nil
}

// turn waits for permission to compute and returns what gives it back.
func (h *hasher) turn(ctx context.Context) (release func(), err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, h.patience, errBusy)
	defer cancel()
	select {
	case h.turns <- struct{}{}:
		return func() { <-h.turns }, nil
	default:
	}
	select {
	case h.turns <- struct{}{}:
		return func() { <-h.turns }, nil
	case <-ctx.Done():
		if context.Cause(ctx) == errBusy { //nolint:errorlint // the very value set above
			return nil, errBusy
		}
		return nil, ctx.Err()
	}
}

var errBusy = &harang.Error{
	Code: harang.CodeRateLimited, Message: "too many logins at once", RetryAfter: 2 * time.Second,
}

// hash returns the encoded argon2id hash of a password.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	release, err := h.turn(ctx)
	if err != nil {
		return "", err
	}
	defer release()
	return argon2id.CreateHash(password, &h.params)
}

// matches tells whether the password belongs to the hash. With an empty hash it
// answers false after the same time.
func (h *hasher) matches(ctx context.Context, password, hash string) (bool, error) {
	known := hash != ""
	if !known {
		hash = h.decoy
	}
	release, err := h.turn(ctx)
	if err != nil {
		return false, err
	}
	defer release()
	match, err := argon2id.ComparePasswordAndHash(password, hash)
	if err != nil {
		return false, fmt.Errorf("a kept password hash cannot be read: %w", err)
	}
	return match && known, nil
}

// CheckPassword returns what is wrong with a new password, "" when it is good.
func CheckPassword(password string) string {
	switch {
	case utf8.RuneCountInString(password) < MinPasswordRunes:
		return fmt.Sprintf("must have at least %d characters", MinPasswordRunes)
	case len(password) > MaxPasswordBytes:
		return fmt.Sprintf("may have %d bytes at most", MaxPasswordBytes)
	case !utf8.ValidString(password):
		return "must be UTF-8"
	}
	return ""
}
