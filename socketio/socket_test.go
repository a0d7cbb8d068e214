package socketio

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"harang.dev/harang/engineio"
	"harang.dev/harang/engineio/enginetest"
)

func TestEvents_InOrderThenDisconnect(t *testing.T) {
	var mu sync.Mutex
	var got []string
	done := make(chan struct{})
	_, url := serve(t, longTimeouts(), "/", Handler{
		Event: func(ctx context.Context, s *Socket, e *Event) {
			mu.Lock()
			defer mu.Unlock()
			if ctx.Err() != nil {
				t.Error("the context ended before the event")
			}
			got = append(got, e.Name)
		},
		Disconnect: func(s *Socket, reason string) {
			got = append(got, reason)
			if err := s.Emit("x"); !errors.Is(err, ErrClosed) {
				t.Errorf("Emit: %v", err)
			}
			close(done)
		},
	})
	c, _ := connect(t, url)
	var want []string
	for i := range 500 { // more than MaxInbox
		name := fmt.Sprint("e", i)
		want = append(want, name)
		c.Send(`42["` + name + `"]`)
	}
	c.Send("41", `42["late"]`, "41")
	receive(t, done)
	if diff := cmp.Diff(append(want, ReasonClientDisconnect), got); diff != "" {
		t.Error(diff)
	}
}

// A handler that blocks stops the reading of its client. Its context ends with the session.
func TestEvents_Backpressure(t *testing.T) {
	opts := shortTimeouts(time.Minute)
	opts.MaxInbox = 2
	opts.Engine.PingInterval = 100 * time.Millisecond
	reasons := make(chan string, 1)
	_, url := serve(t, opts, "/", Handler{
		Event:      func(ctx context.Context, _ *Socket, _ *Event) { <-ctx.Done() },
		Disconnect: func(_ *Socket, reason string) { reasons <- reason },
	})
	c, _ := connect(t, url)
	for range 10 {
		c.Send(`42["x"]`)
	}
	c.Closed()
	if reason := receive(t, reasons); reason != ReasonPingTimeout {
		t.Errorf("reason %q", reason)
	}
}

func TestEvents_Binary(t *testing.T) {
	_, url := serve(t, longTimeouts(), "/", Handler{Event: func(_ context.Context, s *Socket, e *Event) {
		if !e.WantsAck() {
			t.Error("no acknowledgement was requested")
		}
		b, ok := e.Bytes(0)
		if !ok {
			t.Error("argument 0 represents no attachment")
		}
		s.EmitBinary("back", [][]byte{b, nil}, Placeholder(0), raw(`{"deep":{"_placeholder":true,"num":1}}`))
		e.AckBinary([][]byte{bytes.ToUpper(b)}, Placeholder(0))
		if err := e.Ack(); !errors.Is(err, ErrNoAck) {
			t.Errorf("second Ack: %v", err)
		}
	}})
	c, _ := connect(t, url)
	c.Send(`451-7["x",{"_placeholder":true,"num":0}]`)
	c.SendFrame(true, enginetest.Binary, []byte("abc"))
	binary := func(want string) {
		t.Helper()
		op, payload, err := c.Read()
		if err != nil || op != 0x80|enginetest.Binary || string(payload) != want {
			t.Errorf("%#x %q %v, want %q", op, payload, err, want)
		}
	}
	c.Expect(`452-["back",{"_placeholder":true,"num":0},{"deep":{"_placeholder":true,"num":1}}]`)
	binary("abc")
	binary("")
	c.Expect(`461-7[{"_placeholder":true,"num":0}]`)
	binary("ABC")
}

func TestEvents_AttachmentLimit(t *testing.T) {
	opts := longTimeouts()
	opts.Engine.MaxPayload = 1000
	_, url := serve(t, opts, "/", Handler{})
	c, _ := connect(t, url)
	c.Send(`4510-["x"]`)
	for range 5 {
		c.SendFrame(true, enginetest.Binary, make([]byte, 900))
	}
	c.Closed()
}

func TestEvents_TextAmongAttachments(t *testing.T) {
	_, url := serve(t, longTimeouts(), "/", Handler{})
	c, _ := connect(t, url)
	c.Send(`451-["x",{"_placeholder":true,"num":0}]`)
	c.Send(`42["y"]`)
	c.Closed()
}

func TestEmitAck(t *testing.T) {
	sockets := make(chan *Socket, 1)
	_, url := serve(t, longTimeouts(), "/", Handler{Connect: func(_ context.Context, r *Request) {
		r.Accept("")
		sockets <- r.Socket()
	}})
	c, _ := connect(t, url)
	s := receive(t, sockets)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	type result struct {
		reply Reply
		err   error
	}
	emit := func(ctx context.Context, attachments ...[]byte) <-chan result {
		results := make(chan result, 1)
		go func() {
			if attachments == nil {
				args, err := s.EmitAck(ctx, "q", raw(`1`))
				results <- result{Reply{Args: args}, err}
				return
			}
			reply, err := s.EmitBinaryAck(ctx, "q", attachments, Placeholder(0))
			results <- result{reply, err}
		}()
		return results
	}

	answer := emit(ctx)
	c.Expect(`420["q",1]`)
	c.Send(`430["yes",2]`, `430["again"]`, `4399["unknown id"]`)
	got := receive(t, answer)
	want := Reply{Args: []json.RawMessage{raw(`"yes"`), raw(`2`)}}
	if diff := cmp.Diff(want, got.reply); diff != "" || got.err != nil {
		t.Error(diff, got.err)
	}

	answer = emit(ctx, []byte("b"))
	c.Expect(`451-1["q",{"_placeholder":true,"num":0}]`)
	c.Read()
	c.Send(`461-1[{"_placeholder":true,"num":0}]`)
	c.SendFrame(true, enginetest.Binary, []byte("B"))
	got = receive(t, answer)
	if b, ok := got.reply.Bytes(0); !ok || string(b) != "B" || got.err != nil {
		t.Errorf("%+v", got)
	}

	short, stop := context.WithCancel(ctx)
	answer = emit(short)
	c.Expect(`422["q",1]`)
	stop()
	if got := receive(t, answer); !errors.Is(got.err, context.Canceled) {
		t.Errorf("after the context: %v", got.err)
	}

	answer = emit(ctx)
	c.Expect(`423["q",1]`)
	c.Conn.Close()
	if got := receive(t, answer); !errors.Is(got.err, ErrClosed) {
		t.Errorf("after the socket: %v", got.err)
	}
	if got := receive(t, emit(ctx)); !errors.Is(got.err, ErrClosed) {
		t.Errorf("on a closed socket: %v", got.err)
	}
	if _, err := s.EmitAck(ctx, "q", raw("{")); err == nil {
		t.Error("invalid JSON was sent")
	}
}

func TestSocket_CloseTransport(t *testing.T) {
	reasons := make(chan string, 1)
	_, url := serve(t, longTimeouts(), "/", Handler{
		Event: func(_ context.Context, s *Socket, _ *Event) {
			s.Cork()
			s.Emit("goodbye", raw(`{}`))
			s.CloseTransport()
		},
		Disconnect: func(_ *Socket, reason string) { reasons <- reason },
	})
	c, _ := connect(t, url)
	c.Send(`42["x"]`)
	c.Expect(`42["goodbye",{}]`)
	if code := c.Closed(); code != 1000 {
		t.Errorf("closed with %d", code)
	}
	if reason := receive(t, reasons); reason != ReasonForcedClose {
		t.Errorf("reason %q", reason)
	}
}

func TestSocket_Disconnect(t *testing.T) {
	reasons := make(chan string, 2)
	ns, url := serve(t, longTimeouts(), "/", Handler{
		Event: func(ctx context.Context, s *Socket, e *Event) {
			s.Join("room")
			s.Cork()
			s.Emit("last")
			s.Disconnect()
			s.Disconnect()
			if ctx.Err() == nil {
				t.Error("the context outlives the socket")
			}
		},
		Disconnect: func(_ *Socket, reason string) { reasons <- reason },
	})
	c, first := connect(t, url)
	c.Send(`42["x"]`)
	c.Expect(`42["last"]`, "41")
	if reason := receive(t, reasons); reason != ReasonServerDisconnect {
		t.Errorf("reason %q", reason)
	}
	if n := len(ns.To("room").Sockets()); n != 0 {
		t.Errorf("%d sockets in the room", n)
	}
	// A packet that was in transit is no violation, and the client may connect again.
	c.Send(`42["late"]`, "40")
	if again := connected(t, c, "40"); again.SID == first {
		t.Error("the id is the same")
	}
}

func TestSocket_Cork(t *testing.T) {
	sockets := make(chan *Socket, 1)
	_, url := serve(t, longTimeouts(), "/", Handler{Connect: func(_ context.Context, r *Request) {
		r.Accept("pid")
		r.Socket().SetValue("value")
		sockets <- r.Socket()
	}})
	c, id := connect(t, url)
	s := receive(t, sockets)
	if s.ID() != id || s.PID() != "pid" || s.Value() != "value" {
		t.Errorf("id %s, pid %s, value %v", s.ID(), s.PID(), s.Value())
	}
	if s.Transport() != engineio.WebSocket || s.RemoteAddr() == "" {
		t.Errorf("transport %s, address %s", s.Transport(), s.RemoteAddr())
	}
	s.Cork()
	s.Emit("a")
	s.Emit("b")
	if err := s.Uncork(); err != nil {
		t.Error(err)
	}
	s.Uncork()
	s.Cork()
	s.Uncork()
	s.Emit("c")
	c.Expect(`42["a"]`, `42["b"]`, `42["c"]`)
}
