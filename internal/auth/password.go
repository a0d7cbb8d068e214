package auth

import (
	"context"
	"fmt"
	"runtime"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"
	"golang.org/x/text/unicode/norm"
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

// hasher computes password hashes, few at once. Passwords are hashed in Unicode's NFC, so that a password with accents
// is the same on every keyboard and system.
type hasher struct {
	params argon2id.Params
	queue  *fairQueue
	// decoy is a hash that no password has, for users that do not exist.
	decoy string
}

func newHasher(params argon2id.Params) (*hasher, error) {
	decoy, err := argon2id.CreateHash("no password has this form \x00", &params)
	if err != nil {
		return nil, fmt.Errorf("hash: %w", err)
	}
	return &hasher{params: params, queue: newFairQueue(max(1, runtime.GOMAXPROCS(0)/2)), decoy: decoy}, nil
}

// hash returns the encoded argon2id hash of a password.
func (h *hasher) hash(ctx context.Context, by requester, password string) (string, error) {
	if err := h.queue.acquire(ctx, by); err != nil {
		return "", err
	}
	defer h.queue.release()
	return argon2id.CreateHash(norm.NFC.String(password), &h.params)
}

// matches reports whether the password has the hash. outdated is true when only the password as it was written has it,
// which version 0.1.0 hashed: it should be hashed again. With an empty hash the result is false after the same time.
func (h *hasher) matches(ctx context.Context, by requester, password, hash string) (match, outdated bool, err error) {
	known := hash != ""
	if !known {
		hash = h.decoy
	}
	if err := h.queue.acquire(ctx, by); err != nil {
		return false, false, err
	}
	defer h.queue.release()
	normal := norm.NFC.String(password)
	match, err = argon2id.ComparePasswordAndHash(normal, hash)
	if err == nil && !match && normal != password {
		match, err = argon2id.ComparePasswordAndHash(password, hash)
		outdated = match
	}
	if err != nil {
		return false, false, fmt.Errorf("stored password hash unreadable: %w", err)
	}
	return match && known, outdated && known, nil
}

// CheckPassword returns what is wrong with a new password; "" when it is acceptable.
func CheckPassword(password string) string {
	normal := norm.NFC.String(password)
	switch {
	case utf8.RuneCountInString(normal) < MinPasswordRunes:
		return fmt.Sprintf("must have at least %d characters", MinPasswordRunes)
	case len(normal) > MaxPasswordBytes:
		return fmt.Sprintf("must have at most %d bytes", MaxPasswordBytes)
	case !utf8.ValidString(password):
		return "must be UTF-8"
	}
	return ""
}
