//go:build unix

package socketio_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"harang.dev/harang/engineio"
	"harang.dev/harang/socketio"
)

// fanOut is the number of receiving sockets, eventBytes the approximate size of an event.
const (
	fanOut     = 50
	eventBytes = 330
)

func eventArg() json.RawMessage {
	return json.RawMessage(`{"eventId":"` + strings.Repeat("x", eventBytes-40) + `"}`)
}

// sink reads and ignores all data until the connection ends.
func sink(conn net.Conn, wg *sync.WaitGroup) {
	defer wg.Done()
	buf := make([]byte, 64<<10)
	for {
		if _, err := conn.Read(buf); err != nil {
			return
		}
	}
}

// dialSocket opens a WebSocket, connects it to the main namespace and returns it after the answer to CONNECT.
func dialSocket(tb testing.TB, addr string) net.Conn {
	tb.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		tb.Fatal(err)
	}
	fmt.Fprintf(conn, "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: %s\r\n"+
		"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"+
		"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n", addr)
	// CONNECT, masked with zeroes.
	conn.Write([]byte("\x81\x82\x00\x00\x00\x0040"))
	r := bufio.NewReaderSize(conn, 1024)
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			tb.Fatal(err)
		}
		if line == "\r\n" {
			break
		}
	}
	for range 2 { // open, CONNECT
		head := make([]byte, 2)
		if _, err := io.ReadFull(r, head); err != nil {
			tb.Fatal(err)
		}
		if _, err := io.CopyN(io.Discard, r, int64(head[1])); err != nil {
			tb.Fatal(err)
		}
	}
	return conn
}

// newFanOut returns a namespace with fanOut sockets.
func newFanOut(b *testing.B) *socketio.Namespace {
	server := socketio.New(&socketio.Options{Engine: engineio.Options{QueueLimit: 64 << 20, QueueAge: time.Minute}})
	ns := server.Namespace("/", socketio.Handler{})
	web := httptest.NewServer(server)
	var wg sync.WaitGroup
	var conns []net.Conn
	for range fanOut {
		conn := dialSocket(b, web.Listener.Addr().String())
		conns = append(conns, conn)
		wg.Add(1)
		go sink(conn, &wg)
	}
	b.Cleanup(func() {
		for _, c := range conns {
			c.Close()
		}
		wg.Wait()
		web.Close()
		server.Close()
	})
	return ns
}

// cpu returns the CPU time of this process.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// perDelivery reports the CPU time of the delivery of one event to one socket.
func perDelivery(b *testing.B, before time.Duration, events int) {
	b.ReportMetric(float64(cpu(b)-before)/float64(b.N*events*fanOut), "cpu-ns/delivery")
}

// BenchmarkDeliver delivers encoded events to 50 WebSockets over loopback, one at a time and eight in one frame, and
// compares both with a plain loop of one TCP write for each. The readers run in the same process, so that only the
// relation of the three results is meaningful.
func BenchmarkDeliver(b *testing.B) {
	for name, events := range map[string]int{"socketio": 1, "socketio-8-joined": 8} {
		b.Run(name, func(b *testing.B) {
			ns := newFanOut(b)
			sockets := ns.Sockets()
			if len(sockets) != fanOut {
				b.Fatalf("%d sockets", len(sockets))
			}
			arg := eventArg()
			frames := make([]*socketio.Frame, events)
			before := cpu(b)
			b.ReportAllocs()
			for b.Loop() {
				var err error
				for i := range frames {
					if frames[i], err = ns.Encode("stock_alert", arg); err != nil {
						b.Fatal(err)
					}
				}
				f := frames[0]
				if events > 1 {
					f = socketio.Join(frames...)
				}
				for _, s := range sockets {
					if err := s.Deliver(f); err != nil {
						b.Fatal(err)
					}
					for s.Queued() > 128<<10 { // as the plain loop waits for its readers
						runtime.Gosched() //nolint:forbidigo // a sleep would be measured
					}
				}
			}
			perDelivery(b, before, events)
		})
	}
	b.Run("bare-tcp", func(b *testing.B) {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			b.Fatal(err)
		}
		var wg sync.WaitGroup
		var in, out []net.Conn
		for range fanOut {
			dialed, err := net.Dial("tcp", listener.Addr().String())
			if err != nil {
				b.Fatal(err)
			}
			accepted, err := listener.Accept()
			if err != nil {
				b.Fatal(err)
			}
			accepted.(*net.TCPConn).SetWriteBuffer(64 << 10) // as the server's
			in, out = append(in, dialed), append(out, accepted)
			wg.Add(1)
			go sink(dialed, &wg)
		}
		defer func() {
			for i := range in {
				in[i].Close()
				out[i].Close()
			}
			listener.Close()
			wg.Wait()
		}()
		frame := make([]byte, eventBytes+25)
		before := cpu(b)
		b.ReportAllocs()
		for b.Loop() {
			for _, conn := range out {
				if _, err := conn.Write(frame); err != nil {
					b.Fatal(err)
				}
			}
		}
		perDelivery(b, before, 1)
	})
}

// BenchmarkIdleConnection reports the heap and stack of one idle, connected WebSocket, without its client.
func BenchmarkIdleConnection(b *testing.B) {
	const n = 2000
	for b.Loop() {
		b.StopTimer()
		server := socketio.New(nil)
		server.Namespace("/", socketio.Handler{
			Connect: func(_ context.Context, r *socketio.Request) { r.Accept("pid") },
			Event:   func(context.Context, *socketio.Socket, *socketio.Event) {},
		})
		web := httptest.NewUnstartedServer(server)
		web.Config.ConnState = nil
		web.Start()
		before := inUse()
		b.StartTimer()
		conns := make([]net.Conn, n)
		for i := range conns {
			conns[i] = dialSocket(b, web.Listener.Addr().String())
		}
		b.StopTimer()
		after := inUse()
		client := clientCost(b, n)
		b.ReportMetric((after-before)/n-client, "B/conn")
		for _, c := range conns {
			c.Close()
		}
		web.CloseClientConnections()
		server.Close()
		web.Close()
		b.StartTimer()
	}
}

// clientCost returns the heap and stack of one client connection, in bytes.
func clientCost(b *testing.B, n int) float64 {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer listener.Close()
	before := inUse()
	conns := make([]net.Conn, 2*n)
	for i := 0; i < len(conns); i += 2 {
		if conns[i], err = net.Dial("tcp", listener.Addr().String()); err != nil {
			b.Fatal(err)
		}
		if conns[i+1], err = listener.Accept(); err != nil {
			b.Fatal(err)
		}
	}
	cost := (inUse() - before) / float64(2*n)
	for _, c := range conns {
		c.Close()
	}
	return cost
}

// inUse returns the bytes of heap and stacks after garbage collection.
func inUse() float64 {
	for range 4 {
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapInuse + m.StackInuse)
}
