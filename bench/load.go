package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"strconv"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"harang.dev/harang/bench/peer"
	"harang.dev/harang/internal/loadtest"
)

// load is all listeners of one peer. One goroutine reads them, by epoll and
// into one buffer, so that listening costs as little as can be: it runs on the
// same machine as the peer.
type load struct {
	protocol protocol
	address  netip.AddrPort
	// withCommit also notes how old an event's own time stamp was.
	withCommit bool
	// clock reads the clock of the events' marks, nanoseconds; that of the time of day at first.
	clock func() int64
	epoll int
	done  chan struct{}

	mu    sync.Mutex
	conns map[int]*conn // guarded by mu, like all below; by descriptor
	lost  int
	tally
	measuring bool
}

// tally counts what was received in a measured phase.
type tally struct {
	received, bytes int64
	latencies       loadtest.Latencies
	sinceCommit     loadtest.Latencies
}

// conn is a connection; its frames are the reader's once it has been added.
type conn struct {
	fd     int
	frames frames
}

func newLoad(ctx context.Context, p protocol, address netip.AddrPort) (*load, error) {
	epoll, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	l := &load{protocol: p, address: address, clock: timeOfDay, epoll: epoll,
		done: make(chan struct{}), conns: map[int]*conn{}}
	go l.read(ctx)
	return l, nil
}

func timeOfDay() int64 { return time.Now().UnixNano() }

// monotonic is the clock of process.hrtime in Node.js.
func monotonic() int64 {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &t); err != nil {
		panic(err) // every Linux has it
	}
	return t.Nano()
}

// close ends all connections, after the reader, which ends with its context.
func (l *load) close() {
	<-l.done
	l.closeAll()
	_ = syscall.Close(l.epoll)
}

// closeAll ends all connections.
func (l *load) closeAll() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for fd := range l.conns {
		_ = syscall.Close(fd)
	}
	clear(l.conns)
}

// connectors is how many connections are opened at the same time.
const connectors = 32

// connect opens a connection for each listener.
func (l *load) connect(ctx context.Context, listeners []listener) error {
	next := make(chan listener)
	errs := make(chan error, connectors)
	var wg sync.WaitGroup
	for range connectors {
		wg.Go(func() {
			for client := range next {
				if _, err := l.open(client); err != nil {
					errs <- err
					return
				}
			}
		})
	}
	var err error
	for _, client := range listeners {
		select {
		case next <- client:
			continue
		case err = <-errs:
		case <-ctx.Done():
			err = ctx.Err()
		}
		break
	}
	close(next)
	wg.Wait()
	close(errs)
	if err == nil {
		err = <-errs
	}
	return err
}

// open opens one connection and returns the server's last answer.
func (l *load) open(client listener) (string, error) {
	fd, err := dial(l.address)
	if err != nil {
		return "", err
	}
	o := &opening{rw: descriptor(fd)}
	answer, err := l.protocol.join(o, client)
	if err != nil {
		_ = syscall.Close(fd)
		return "", fmt.Errorf("a connection was not opened: %w", err)
	}
	c := &conn{fd: fd}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.conns[fd] = c
	l.take(c, o.buf)
	event := syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(fd)}
	return answer, os.NewSyscallError("epoll_ctl", syscall.EpollCtl(l.epoll, syscall.EPOLL_CTL_ADD, fd, &event))
}

// descriptor reads and writes a socket that blocks.
type descriptor int

func (d descriptor) Read(b []byte) (int, error) {
	n, err := ignoringEINTR(func() (int, error) { return syscall.Read(int(d), b) })
	if n == 0 && err == nil {
		err = io.EOF
	}
	return max(n, 0), err
}

func (d descriptor) Write(b []byte) (int, error) {
	n, err := ignoringEINTR(func() (int, error) { return syscall.Write(int(d), b) })
	if err == nil && n < len(b) {
		err = io.ErrShortWrite
	}
	return max(n, 0), err
}

func ignoringEINTR(call func() (int, error)) (int, error) {
	for {
		n, err := call()
		if !errors.Is(err, syscall.EINTR) {
			return n, err
		}
	}
}

// dial connects a socket whose reads and writes end after ten seconds.
func dial(address netip.AddrPort) (int, error) {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, os.NewSyscallError("socket", err)
	}
	limit := syscall.Timeval{Sec: 10}
	err = errors.Join(
		syscall.SetsockoptTimeval(fd, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &limit),
		syscall.SetsockoptTimeval(fd, syscall.SOL_SOCKET, syscall.SO_SNDTIMEO, &limit),
		syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1),
		connect(fd, address),
	)
	if err != nil {
		_ = syscall.Close(fd)
	}
	return fd, err
}

func connect(fd int, address netip.AddrPort) error {
	_, err := ignoringEINTR(func() (int, error) {
		return 0, syscall.Connect(fd, &syscall.SockaddrInet4{Addr: address.Addr().As4(), Port: int(address.Port())})
	})
	if errors.Is(err, syscall.EISCONN) {
		err = nil // it went on while it was interrupted
	}
	return os.NewSyscallError("connect", err)
}

// read takes whatever comes until ctx ends.
func (l *load) read(ctx context.Context) {
	defer close(l.done)
	buf := make([]byte, 256<<10)
	ready := make([]syscall.EpollEvent, 256)
	for ctx.Err() == nil {
		n, _ := syscall.EpollWait(l.epoll, ready, 50) // fails by EINTR alone
		for _, event := range ready[:max(n, 0)] {
			fd := int(event.Fd)
			n, err := descriptor(fd).Read(buf)
			l.mu.Lock()
			if c := l.conns[fd]; c != nil {
				if err != nil {
					delete(l.conns, fd)
					l.lost++
					_ = syscall.Close(fd)
				} else {
					l.take(c, buf[:n])
				}
			}
			l.mu.Unlock()
		}
	}
}

var (
	mark       = []byte(peer.Mark)
	commitMark = []byte(`"timestamp":"`)
)

// commitForm is how Harang writes an event's time stamp.
const commitForm = "2006-01-02T15:04:05.000Z"

// take notes the events in data, under mu.
func (l *load) take(c *conn, data []byte) {
	if len(data) == 0 {
		return
	}
	now, clock := time.Now(), l.clock()
	c.frames.push(data, func(op byte, payload []byte) {
		switch {
		case op == opPing:
			_, _ = descriptor(c.fd).Write(clientFrame(opPong, payload)) // a closed connection shows when reading
		case l.protocol.ping != nil && bytes.Equal(payload, l.protocol.ping):
			_, _ = descriptor(c.fd).Write(clientFrame(opText, l.protocol.pong))
		case l.measuring:
			l.note(payload, now, clock)
		}
	})
}

// note counts the events of a frame, each by its mark, which is of the same clock.
func (l *load) note(payload []byte, now time.Time, clock int64) {
	l.bytes += int64(len(payload))
	for {
		i := bytes.Index(payload, mark)
		if i < 0 {
			return
		}
		l.received++
		if l.withCommit {
			if at := bytes.Index(payload[:i], commitMark); at >= 0 &&
				len(payload) > at+len(commitMark)+len(commitForm) {
				at += len(commitMark)
				if committed, err := time.Parse(commitForm, string(payload[at:at+len(commitForm)])); err == nil {
					l.sinceCommit.Add(now.Sub(committed))
				}
			}
		}
		payload = payload[i+len(mark):]
		if len(payload) < 19 {
			return
		}
		if sent, err := strconv.ParseInt(string(payload[:19]), 10, 64); err == nil {
			l.latencies.Add(time.Duration(clock - sent))
		}
	}
}

// begin begins a measured phase.
func (l *load) begin() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tally, l.measuring = tally{}, true
}

// end ends it.
func (l *load) end() tally {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.measuring = false
	t := l.tally
	l.tally = tally{}
	return t
}

func (l *load) receivedSoFar() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.received
}

func (l *load) lostSoFar() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lost
}
