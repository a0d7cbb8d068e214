package store

import (
	"context"
	"time"

	"github.com/sethvargo/go-retry"
)

const (
	// maxTries is how often a transaction or a migration runs when it conflicts with
	// another one.
	maxTries = 5
	// firstPause bounds the jittered pause before the second try; the bound doubles
	// with each further one.
	firstPause = 20 * time.Millisecond
	// longestPause bounds the pauses while a server has no free connection.
	longestPause = 250 * time.Millisecond
)

// Retry calls fn up to five times, until it succeeds or fails with an error that
// is not retryable, with a growing, jittered pause between two calls. It returns
// fn's last error, or the context's when that ends first.
func Retry(ctx context.Context, retryable func(error) bool, fn func(ctx context.Context) error) error {
	return doRetry(ctx, retryable, fn, func() retry.Backoff {
		return retry.WithMaxRetries(maxTries-1, retry.WithFullJitter(retry.NewExponential(firstPause)))
	})
}

// RetryFor is Retry for as long as limit, however many calls that makes.
func RetryFor(
	ctx context.Context, limit time.Duration, retryable func(error) bool, fn func(ctx context.Context) error,
) error {
	return doRetry(ctx, retryable, fn, func() retry.Backoff {
		pauses := retry.WithCappedDuration(longestPause, retry.NewExponential(firstPause))
		return retry.WithMaxDuration(limit, retry.WithFullJitter(pauses))
	})
}

// doRetry makes the first call itself: nearly all succeed, and need no backoff.
func doRetry(
	ctx context.Context, retryable func(error) bool, fn func(ctx context.Context) error,
	newBackoff func() retry.Backoff,
) error {
	err := fn(ctx)
	if err == nil || !retryable(err) {
		return err
	}
	first := true
	err = retry.Do(ctx, newBackoff(), func(ctx context.Context) error {
		if !first {
			err = fn(ctx)
		}
		first = false
		if err != nil && retryable(err) {
			return retry.RetryableError(err)
		}
		return err
	})
	if ended := ctx.Err(); ended != nil && err == context.Cause(ctx) { //nolint:errorlint // Do returns the cause itself
		return ended
	}
	return err
}
