package peer

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"runtime"
	"sync"
)

// Server is a peer: it joins connections to rooms and sends them events.
type Server interface {
	// Serve serves connections of the listener until it is closed.
	Serve(net.Listener) error
	// Publish sends events to a room, in order. It is called by one goroutine
	// per room.
	Publish(room int, events []Event)
}

// New makes a peer.
func New(name string) (Server, error) {
	switch name {
	case "bare":
		return newBare(), nil
	case "centrifuge":
		return newCentrifuge(false)
	case "centrifuge-batching":
		return newCentrifuge(true)
	case "goport":
		return newGoPort(), nil
	case "socketio":
		return newSocketIO(), nil
	case "feed":
		return newFeed(), nil
	}
	return nil, fmt.Errorf("there is no peer %q", name)
}

// Serve runs a peer on a free port of 127.0.0.1 and obeys the commands in in,
// one a line, until it ends. Each is answered by one line in out, and the first
// line is "listening ADDRESS".
//
//	produce ROOMS RATE   answers ok and makes RATE events a second
//	memory               collects garbage, answers the bytes that heap and stacks take
func Serve(ctx context.Context, s Server, in io.Reader, out io.Writer) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var wg sync.WaitGroup
	defer wg.Wait()
	defer listener.Close()
	wg.Go(func() { _ = s.Serve(listener) }) // ends with the listener
	fmt.Fprintln(out, "listening", listener.Addr())
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		var rooms, rate int
		switch n, _ := fmt.Sscanf(lines.Text(), "produce %d %d", &rooms, &rate); {
		case n == 2 && rooms > 0 && rate > 0:
			go Produce(ctx, rooms, rate, s.Publish)
			fmt.Fprintln(out, "ok")
		case lines.Text() == "memory":
			fmt.Fprintln(out, inUse())
		default:
			return fmt.Errorf("%q is no command", lines.Text())
		}
	}
	return lines.Err()
}

// inUse is what heap and stacks take after garbage has gone.
func inUse() uint64 {
	runtime.GC()
	runtime.GC() // what finalizers and pools let go of
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse + m.StackInuse
}
