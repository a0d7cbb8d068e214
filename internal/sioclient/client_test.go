package sioclient_test

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http/httptest"
	"testing"
	"time"

	"go.uber.org/goleak"

	"harang.dev/harang/engineio"
	"harang.dev/harang/internal/sioclient"
	"harang.dev/harang/socketio"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve starts a server that acknowledges each event and handles "leave", "close" and "twice".
func serve(t *testing.T) string {
	t.Helper()
	server := socketio.New(&socketio.Options{
		Engine: engineio.Options{PingInterval: 50 * time.Millisecond, PingTimeout: time.Second},
	})
	handler := socketio.Handler{
		Connect: func(_ context.Context, r *socketio.Request) {
			if string(r.Auth) == `{"token":"bad"}` {
				if err := r.Refuse("NO", json.RawMessage(`{"code":"NO"}`)); err != nil {
					t.Error(err)
				}
				return
			}
			if err := r.Accept("pid"); err != nil {
				t.Error(err)
			}
		},
		Event: func(_ context.Context, s *socketio.Socket, e *socketio.Event) {
			switch e.Name {
			case "leave":
				s.Disconnect()
			case "close":
				s.CloseTransport()
			case "twice":
				for range 2 {
					if err := s.Emit("echo", append(e.Args, json.RawMessage(`"offset"`))...); err != nil {
						t.Error(err)
					}
				}
			}
			if e.WantsAck() {
				if err := e.Ack(e.Args...); err != nil {
					t.Error(err)
				}
			}
		},
	}
	server.Namespace("/", handler)
	server.Namespace("/shop", handler)
	listener := httptest.NewServer(server)
	t.Cleanup(func() {
		_ = server.Close()
		listener.Close()
	})
	return listener.URL
}

func dial(t *testing.T, url, namespace string, auth any) (*sioclient.Client, error) {
	t.Helper()
	c, err := sioclient.Dial(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Conn().Close() })
	return c, c.Connect(t.Context(), namespace, auth)
}

func TestClient_Events(t *testing.T) {
	url := serve(t)
	for _, namespace := range []string{"/", "/shop"} {
		c, err := dial(t, url, namespace, map[string]string{"token": "good"})
		if err != nil {
			t.Fatal(err)
		}
		if c.SID == "" || c.PID != "pid" || c.PingInterval != 50*time.Millisecond || c.MaxPayload == 0 {
			t.Errorf("%+v", c)
		}
		answer, err := c.EmitAck(t.Context(), "twice", map[string]int{"n": 7})
		if err != nil || len(answer) != 1 || string(answer[0]) != `{"n":7}` {
			t.Fatalf("%s %v", answer, err)
		}
		if c.Queued() != 2 {
			t.Errorf("%d events queued, want 2", c.Queued())
		}
		for range 2 {
			e, err := c.Next(t.Context())
			if err != nil || e.Name != "echo" || e.Offset() != "offset" {
				t.Errorf("%+v %v", e, err)
			}
			if first, absent := e.String(0), e.String(9); first != "" || absent != "" {
				t.Errorf("strings %q and %q", first, absent)
			}
		}
		if err := c.Emit("twice", "x"); err != nil {
			t.Fatal(err)
		}
		for range 2 { // both: the server may still be sending the second one
			kind, body, err := c.NextPacket(t.Context())
			if err != nil || kind != '2' || string(body) != `["echo","x","offset"]` {
				t.Errorf("%c %s %v", kind, body, err)
			}
		}
		if err := c.Disconnect(); err != nil {
			t.Error(err)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestClient_Refused(t *testing.T) {
	_, err := dial(t, serve(t), "/shop", map[string]string{"token": "bad"})
	var refused *sioclient.ConnectError
	if !errors.As(err, &refused) {
		t.Fatalf("%v instead of a ConnectError", err)
	}
	if refused.Message != "NO" || string(refused.Data) != `{"code":"NO"}` || refused.Error() == "" {
		t.Errorf("%+v", refused)
	}
}

// Next answers pings.
func TestClient_AnswersPings(t *testing.T) {
	c, err := dial(t, serve(t), "/", nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
	defer cancel()
	if _, err := c.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
	if _, err := c.EmitAck(t.Context(), "hello"); err != nil {
		t.Errorf("after some pings: %v", err)
	}
	cancelled, stop := context.WithCancel(t.Context())
	stop()
	if _, err := c.Next(cancelled); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestClient_Closed(t *testing.T) {
	url := serve(t)
	c, err := dial(t, url, "/shop", nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Emit("leave"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Next(t.Context()); !errors.Is(err, sioclient.ErrDisconnected) {
		t.Error(err)
	}

	c, err = dial(t, url, "/shop", nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Emit("close"); err != nil {
		t.Fatal(err)
	}
	var closed *sioclient.ClosedError
	if _, err := c.Next(t.Context()); !errors.As(err, &closed) {
		t.Fatalf("%v instead of a ClosedError", err)
	}
	if !closed.Clean || closed.Error() == "" || closed.Unwrap() == nil {
		t.Errorf("%+v", closed)
	}

	c, err = dial(t, url, "/shop", nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Cut(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Next(t.Context()); !errors.As(err, &closed) || closed.Clean {
		t.Error(err)
	}

	c, err = dial(t, url, "/shop", nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Send("garbage"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Next(t.Context()); !errors.As(err, &closed) {
		t.Error(err)
	}
}

func TestDial_Fails(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	for _, base := range []string{"http://" + l.Addr().String(), "http://[::bad"} {
		if _, err := sioclient.Dial(t.Context(), base); err == nil {
			t.Errorf("%s: dialed without an error", base)
		}
	}
}
