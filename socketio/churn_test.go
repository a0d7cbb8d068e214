package socketio

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"harang.dev/harang/engineio/enginetest"
)

// Clients connect, send events and disconnect in all ways during a broadcast. Handler.Disconnect is called once for
// each accepted socket, and no session or goroutine remains.
func TestServer_Churn(t *testing.T) {
	var accepted, ended atomic.Int64
	all := sync.WaitGroup{}
	ns, url := serve(t, longTimeouts(), "/", Handler{
		Connect: func(_ context.Context, r *Request) {
			all.Add(1)
			if r.Accept("") != nil {
				all.Done()
				return
			}
			accepted.Add(1)
			r.Socket().Join("room")
		},
		Event: func(_ context.Context, s *Socket, e *Event) {
			switch e.Name {
			case "disconnect":
				s.Disconnect()
			case "close":
				s.CloseTransport()
			default:
				e.Ack(e.Args...)
			}
		},
		Disconnect: func(*Socket, string) {
			ended.Add(1)
			all.Done()
		},
	})
	stop := make(chan struct{})
	var sender, clients sync.WaitGroup
	sender.Add(1)
	go func() {
		defer sender.Done()
		for {
			select {
			case <-stop:
				return
			default:
				ns.To("room").Emit("tick", raw(`1`))
			}
		}
	}()
	for worker := range 4 {
		clients.Add(1)
		go func() {
			defer clients.Done()
			for i := range 25 {
				c, _ := enginetest.TryDial(t, url+"/?EIO=4&transport=websocket", nil)
				if c == nil {
					t.Error("the handshake failed")
					return
				}
				c.Send("40")
				for {
					_, payload, err := c.Read()
					if err != nil {
						t.Error(err)
						return
					}
					if strings.HasPrefix(string(payload), "40") {
						c.Send(`421["hello",7]`)
					}
					if string(payload) == "431[7]" {
						break
					}
				}
				switch (i + worker) % 5 {
				case 0:
					c.Send(`42["disconnect"]`)
				case 1:
					c.Send(`42["close"]`)
				case 2:
					c.Send("41", "40", "41")
				case 3:
					c.SendFrame(true, enginetest.Close, nil)
				}
				c.Conn.Close()
			}
		}()
	}
	clients.Wait()
	close(stop)
	sender.Wait()
	done := make(chan struct{})
	go func() {
		ns.srv.Close()
		all.Wait()
		close(done)
	}()
	receive(t, done)
	if accepted.Load() != ended.Load() || accepted.Load() < 100 {
		t.Errorf("%d accepted, %d ended", accepted.Load(), ended.Load())
	}
}
