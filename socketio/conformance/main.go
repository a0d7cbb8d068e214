// Command conformance is a server for protocol test suites, such as those of the Engine.IO and Socket.IO projects.
//
// In the namespaces "/" and "/custom" it emits "auth" with the payload of CONNECT, answers "message" with
// "message-back" and the same arguments, and acknowledges "message-with-ack" with the same arguments. With
// --engine-only it serves Engine.IO at /engine.io/ and echoes each message.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"harang.dev/harang/engineio"
	"harang.dev/harang/socketio"
)

// authPause separates the CONNECT packet from the "auth" event. Clients based on the ws module of Node.js emit all
// frames of one read at once, but the suites attach their listener for the second frame after the first.
const authPause = 50 * time.Millisecond

func main() {
	listen := flag.String("listen", ":3000", "address to listen on")
	engineOnly := flag.Bool("engine-only", false, "serve only Engine.IO, at /engine.io/")
	flag.Parse()
	if flag.NArg() > 0 {
		fmt.Fprintln(os.Stderr, "conformance: unexpected argument; the flags are --listen and --engine-only")
		os.Exit(2)
	}
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", *listen)
	if err != nil {
		fmt.Fprintf(os.Stderr, "conformance: --listen %s failed: %v; choose another address\n", *listen, err)
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	fmt.Println("listening on", listener.Addr())
	if err := serve(ctx, listener, *engineOnly, prompt); err != nil {
		fmt.Fprintln(os.Stderr, "conformance:", err)
		os.Exit(1)
	}
}

// timing is how long the server waits for its clients.
type timing struct{ pingInterval, pingTimeout, connect time.Duration }

// prompt is the timing that the official suites expect.
var prompt = timing{300 * time.Millisecond, 200 * time.Millisecond, time.Second}

// serve serves until ctx ends and returns nil then.
func serve(ctx context.Context, listener net.Listener, engineOnly bool, waits timing) error {
	mux := http.NewServeMux()
	var closer interface{ Close() error }
	if engineOnly {
		s := newEngine(waits)
		mux.Handle("/engine.io/", s)
		closer = s
	} else {
		s := newSocket(waits)
		mux.Handle("/socket.io/", s)
		closer = s
	}
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	select {
	case err := <-done:
		closer.Close()
		return err
	case <-ctx.Done():
	}
	closer.Close()
	server.Close()
	if err := <-done; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func engineOptions(waits timing) engineio.Options {
	return engineio.Options{
		PingInterval: waits.pingInterval,
		PingTimeout:  waits.pingTimeout,
		MaxPayload:   1_000_000,
		// Suites also run in a browser, on a page of another origin.
		AllowedOrigins: []string{"*"},
	}
}

func newEngine(waits timing) *engineio.Server {
	opts := engineOptions(waits)
	return engineio.New(engineio.Handler{
		Message: func(s *engineio.Session, data []byte, binary bool) {
			if binary {
				s.Send(engineio.Binary(data))
			} else {
				s.Send(engineio.Text(data))
			}
		},
	}, &opts)
}

func newSocket(waits timing) *socketio.Server {
	s := socketio.New(&socketio.Options{Engine: engineOptions(waits), ConnectTimeout: waits.connect})
	h := socketio.Handler{Connect: connect, Event: event}
	s.Namespace("/", h)
	s.Namespace("/custom", h)
	return s
}

func connect(ctx context.Context, r *socketio.Request) {
	auth := r.Auth
	if auth == nil {
		auth = json.RawMessage("{}")
	}
	if r.Accept("") != nil {
		return
	}
	pause := time.NewTimer(authPause)
	defer pause.Stop()
	select {
	case <-pause.C:
		r.Socket().Emit("auth", auth)
	case <-ctx.Done():
	}
}

func event(_ context.Context, s *socketio.Socket, e *socketio.Event) {
	switch e.Name {
	case "message":
		s.EmitBinary("message-back", e.Attachments, e.Args...)
	case "message-with-ack":
		e.AckBinary(e.Attachments, e.Args...)
	}
}
