package main

import (
	"context"
	"io"
	"net"
	"net/netip"
	"testing"
	"time"

	"harang.dev/harang/bench/peer"
	"harang.dev/harang/internal/loadtest"
)

// TestLoad: a listener counts the events of whole and of cut frames, two in one
// frame too, answers a ping, and counts a lost connection.
func TestLoad(t *testing.T) {
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	body := string(peer.NewEvent(1, time.Now().Add(-time.Second)).Body)
	stream := text(body) + text(body+"\n"+body) + text("{}") + text(body)
	begun := make(chan struct{})
	go func() {
		conn, err := server.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(10 * time.Second))
		io.ReadFull(conn, make([]byte, 2))
		io.WriteString(conn, text(""))
		<-begun
		io.WriteString(conn, stream[:400])
		io.WriteString(conn, stream[400:])
		pong := make([]byte, len(masked("{}")))
		if _, err := io.ReadFull(conn, pong); err != nil || string(pong) != masked("{}") {
			t.Errorf("the ping was answered %q, %v", pong, err)
		}
	}()
	ctx, cancel := context.WithCancel(t.Context())
	spoken := bareProtocol
	spoken.ping, spoken.pong = []byte("{}"), []byte("{}")
	l, err := newLoad(ctx, spoken, netip.MustParseAddrPort(server.Addr().String()))
	if err != nil {
		t.Fatal(err)
	}
	defer l.close()
	defer cancel()
	l.withCommit = true
	if err := l.connect(ctx, []listener{{Room: 1}}); err != nil {
		t.Fatal(err)
	}
	l.begin()
	close(begun)
	for deadline := time.Now().Add(10 * time.Second); l.lostSoFar() == 0; { // the server closes last
		if time.Now().After(deadline) {
			t.Fatal("the connection was not lost")
		}
		if err := wait(ctx, time.Millisecond); err != nil {
			t.Fatal(err)
		}
	}
	got := l.end()
	if got.received != 4 || len(got.latencies) != 4 || len(got.sinceCommit) != 4 {
		t.Errorf("%d received, %d and %d latencies", got.received, len(got.latencies), len(got.sinceCommit))
	}
	for _, l := range []loadtest.Latencies{got.latencies, got.sinceCommit} {
		if l.Sort(); l.Quantile(0) < 999*time.Millisecond || l.Quantile(1) > 11*time.Second {
			t.Errorf("%v", l)
		}
	}
}

// TestLoad_Connect fails without a server.
func TestLoad_Connect(t *testing.T) {
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := netip.MustParseAddrPort(server.Addr().String())
	server.Close()
	ctx, cancel := context.WithCancel(t.Context())
	l, err := newLoad(ctx, bareProtocol, address)
	if err != nil {
		t.Fatal(err)
	}
	defer l.close()
	defer cancel()
	if err := l.connect(ctx, make([]listener, 100)); err == nil {
		t.Error("it connected")
	}
}
