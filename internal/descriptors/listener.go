//go:build unix

// Package descriptors keeps some file descriptors of the process back from
// clients, so that a server that is full of connections still reaches its database
// and its operators.
package descriptors

import (
	"errors"
	"log/slog"
	"net"
	"sync"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sys/unix"
)

// Reserve is how many descriptors are kept back.
const Reserve = 16

// warnEvery is the least time between two warnings.
const warnEvery = time.Minute

// Listener accepts connections as long as more than Reserve descriptors are free.
// A further connection is closed at once, counted, and warned of once a minute. A
// connection is an unwrapped *net.TCPConn.
type Listener struct {
	net.Listener
	limit   uint64
	log     *slog.Logger
	refused prometheus.Counter

	mu     sync.Mutex // guards warned
	warned time.Time
}

// Limit wraps a TCP listener. The limit is that of the process, RLIMIT_NOFILE.
func Limit(l net.Listener, log *slog.Logger, registry prometheus.Registerer) (*Listener, error) {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return nil, err
	}
	limited := &Listener{Listener: l, limit: limit.Cur, log: log, refused: prometheus.NewCounter(prometheus.CounterOpts{
		Name: "harang_connections_refused_total", Help: "Connections closed at once because file descriptors ran out.",
	})}
	registry.MustRegister(limited.refused)
	return limited, nil
}

// Accept returns the next connection that leaves Reserve descriptors free.
func (l *Listener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		switch {
		case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE):
			l.refuse()
			return nil, err // the server waits a moment and tries again
		case err != nil:
			return nil, err
		case l.leavesReserve(conn):
			return conn, nil
		}
		_ = conn.Close() // the client sees the end
		l.refuse()
	}
}

// leavesReserve goes by the descriptor's number: the system hands out the lowest
// free one, so at a number near the limit all lower ones are taken.
func (l *Listener) leavesReserve(conn net.Conn) bool {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return true
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return true
	}
	free := true
	err = raw.Control(func(fd uintptr) { free = uint64(fd)+Reserve < l.limit })
	return err != nil || free
}

func (l *Listener) refuse() {
	l.refused.Inc()
	l.mu.Lock()
	defer l.mu.Unlock()
	if now := time.Now(); now.Sub(l.warned) >= warnEvery {
		l.warned = now
		l.log.Warn("file descriptors used up; refusing connections", "limit", l.limit, "reserved", Reserve,
			"cure", "raise the limit of open files, e.g. LimitNOFILE=65536")
	}
}
