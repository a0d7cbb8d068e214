package engineio

import (
	"errors"
	"io"
	"sync/atomic"
)

// errBufferLimit ends a session whose incomplete message does not fit into Options.BufferLimit.
var errBufferLimit = errors.New("engineio: BufferLimit is exceeded")

// bufferExempt is how many bytes a session may always keep, so that clients with short messages do not notice others
// with long ones.
const bufferExempt = 16 << 10

// budget counts the bytes of incomplete messages of all sessions.
type budget struct {
	limit int64 // negative for none
	used  atomic.Int64
}

// share is the part of one reader. It is used by one goroutine at a time.
type share struct {
	of    *budget
	bytes int64
}

// set changes the share to n bytes. It fails with errBufferLimit if the budget does not suffice.
func (s *share) set(n int) error {
	delta := int64(n) - s.bytes
	if delta == 0 {
		return nil
	}
	s.bytes = int64(n)
	used := s.of.used.Add(delta)
	if delta > 0 && n > bufferExempt && s.of.limit >= 0 && used > s.of.limit {
		return errBufferLimit
	}
	return nil
}

// countedReader counts what has been read of a body in its share.
type countedReader struct {
	io.Reader
	share share
}

// Read fails with errBufferLimit if the budget does not suffice.
func (r *countedReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if limit := r.share.set(int(r.share.bytes) + n); limit != nil {
		return n, limit
	}
	return n, err
}
