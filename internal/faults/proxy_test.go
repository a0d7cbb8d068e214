package faults

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// lossyProxy is a proxy between a node and Redis that can drop published messages, and only those, as
// a connection that breaks and is resumed does.
type lossyProxy struct {
	listener net.Listener
	backend  string
	dropping atomic.Bool
	dropped  atomic.Int64
}

// startLossyProxy starts one in front of a redis:// URL.
func startLossyProxy(t *testing.T, url string) *lossyProxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &lossyProxy{listener: l, backend: strings.TrimPrefix(url, "redis://")}
	var running sync.WaitGroup
	var mu sync.Mutex
	var conns []net.Conn
	running.Go(func() {
		for {
			front, err := l.Accept()
			if err != nil {
				return
			}
			back, err := net.Dial("tcp", p.backend)
			if err != nil {
				_ = front.Close()
				continue
			}
			mu.Lock()
			conns = append(conns, front, back)
			mu.Unlock()
			running.Go(func() { _, _ = io.Copy(back, front); _ = back.Close() })
			running.Go(func() { p.answers(front, back); _ = front.Close() })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		mu.Lock()
		for _, c := range conns {
			_ = c.Close()
		}
		mu.Unlock()
		running.Wait()
	})
	return p
}

func (p *lossyProxy) url() string { return "redis://" + p.listener.Addr().String() }

// answers copies Redis's answers, value by value.
func (p *lossyProxy) answers(front io.Writer, back io.Reader) {
	r := bufio.NewReader(back)
	var value bytes.Buffer
	for {
		value.Reset()
		if err := readValue(r, &value); err != nil {
			return
		}
		if value.Bytes()[0] == '>' && bytes.Contains(value.Bytes()[:min(40, value.Len())], []byte("smessage")) &&
			p.dropping.Load() {
			p.dropped.Add(1)
			continue
		}
		if _, err := front.Write(value.Bytes()); err != nil {
			return
		}
	}
}

// readValue reads one value of Redis's protocol as it is on the wire.
func readValue(r *bufio.Reader, into *bytes.Buffer) error {
	line, err := r.ReadString('\n')
	if err != nil {
		return err
	}
	into.WriteString(line)
	size := 0
	if kind := line[0]; strings.IndexByte("$=!*~>%|", kind) >= 0 {
		if size, err = strconv.Atoi(strings.TrimSpace(line[1:])); err != nil {
			return fmt.Errorf("redis protocol: %q", line)
		}
	}
	switch line[0] {
	case '$', '=', '!':
		if size >= 0 {
			_, err = io.CopyN(into, r, int64(size)+2)
		}
		return err
	case '%':
		size *= 2
	case '|':
		size = 2*size + 1
	}
	for range size {
		if err := readValue(r, into); err != nil {
			return err
		}
	}
	return nil
}
