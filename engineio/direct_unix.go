//go:build unix

package engineio

import (
	"io"
	"net"
	"syscall"
)

// directWrite has the arguments and results of one write to the file descriptor. Its function is created once for each
// connection, so that a write does not allocate.
type directWrite struct {
	b   []byte
	n   int
	err error
	fn  func(fd uintptr) bool
}

// directRead has the arguments and results of one read from the file descriptor.
type directRead struct {
	wait bool // block until the descriptor is readable
	b    *[4096]byte
	n    int
	err  error
	fn   func(fd uintptr) bool
}

// initDirect prepares a plain TCP connection for direct reads and writes. Other connections, such as TLS, process what
// they read and write and cannot bypass it.
func (c *wsConn) initDirect() {
	tcp, ok := c.conn.(*net.TCPConn)
	if !ok {
		return
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return
	}
	c.raw = raw
	c.write.fn = func(fd uintptr) bool {
		for {
			n, err := syscall.Write(int(fd), c.write.b)
			if err == syscall.EINTR {
				continue
			}
			if err == syscall.EAGAIN {
				n, err = 0, nil
			}
			c.write.n, c.write.err = max(n, 0), err
			return true
		}
	}
	c.read.fn = func(fd uintptr) bool {
		b := readBuffers.Get().(*[4096]byte)
		for {
			n, err := syscall.Read(int(fd), b[:])
			if err == syscall.EINTR {
				continue
			}
			if err == syscall.EAGAIN {
				readBuffers.Put(b)
				return !c.read.wait
			}
			if n == 0 && err == nil {
				err = io.EOF
			}
			c.read.b, c.read.n, c.read.err = b, n, err
			return true
		}
	}
}

// tryWrite writes without blocking and returns how many bytes the kernel accepted.
func (c *wsConn) tryWrite(b []byte) (int, error) {
	c.write.b = b
	err := c.raw.Write(c.write.fn)
	n, werr := c.write.n, c.write.err
	c.write.b, c.write.n, c.write.err = nil, 0, nil
	if err != nil {
		return 0, err
	}
	return n, werr
}

// readReady reads available data into a buffer that the caller returns to readBuffers. Without data it blocks, holding
// no buffer, or returns nil if wait is false.
func (c *wsConn) readReady(wait bool) (*[4096]byte, int, error) {
	c.read.wait = wait
	err := c.raw.Read(c.read.fn)
	b, n, rerr := c.read.b, c.read.n, c.read.err
	c.read.b, c.read.n, c.read.err = nil, 0, nil
	if err == nil {
		err = rerr
	}
	if err != nil && b != nil {
		readBuffers.Put(b)
		b = nil
	}
	return b, n, err
}
