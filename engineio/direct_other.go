//go:build !unix

package engineio

import "net"

// On other systems every connection is written by the writer goroutine and read with a buffer.

type (
	directWrite struct{}
	directRead  struct{}
)

func (c *wsConn) initDirect() {}

func (c *wsConn) tryWrite([]byte) (int, error) { return 0, net.ErrClosed }

func (c *wsConn) readReady(bool) (*[4096]byte, int, error) { return nil, 0, net.ErrClosed }
