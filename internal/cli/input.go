package cli

import (
	"context"
	"errors"
	"io"
	"io/fs"

	"harang.dev/harang/internal/secretfile"
)

// Interruptible returns a reader of in that ctx ends, which reading from a
// terminal alone does not.
func Interruptible(ctx context.Context, in io.Reader) io.Reader { return interruptible{ctx, in} }

type interruptible struct {
	ctx context.Context //nolint:containedctx // a reader has no other way to know of it
	in  io.Reader
}

// Read reads, or fails with the context's error.
func (r interruptible) Read(b []byte) (int, error) {
	type result struct {
		n   int
		err error
	}
	buffer, done := make([]byte, len(b)), make(chan result, 1) // b belongs to the caller again after the return
	go func() {
		n, err := r.in.Read(buffer)
		done <- result{n, err}
	}()
	select {
	case got := <-done:
		return copy(b, buffer[:got.n]), got.err
	case <-r.ctx.Done():
		return 0, r.ctx.Err()
	}
}

// ReadSecret reads the secret in the file that a flag names, as secretfile.Read
// does. The error is a UsageError about the flag.
func ReadSecret(flag, path string) (string, error) {
	secret, err := secretfile.Read(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", Usagef(flag, "%s does not exist", path).Cure("name a file that holds the secret")
	case err != nil:
		return "", Usagef(flag, "%w", err).Cure("name a file that can be read")
	}
	if secret == "" {
		return "", Usagef(flag, "%s is empty", path).Cure("put the secret into it")
	}
	return secret, nil
}
