package peer

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestNewEvent(t *testing.T) {
	at := time.Unix(1790000000, 123456789)
	e := NewEvent(255, at)
	var body struct {
		EventID   string
		Timestamp time.Time
		Type      string
		Data      struct{ RentalID string }
	}
	if err := json.Unmarshal(e.Body, &body); err != nil {
		t.Fatal(err)
	}
	if body.EventID != e.ID || body.Type != EventType || !body.Timestamp.Equal(at.Truncate(time.Millisecond)) ||
		body.Data.RentalID != "1790000000123456789" {
		t.Errorf("%s", e.Body)
	}
	if !bytes.Contains(e.Body, []byte(Mark+"1790000000123456789")) {
		t.Errorf("no mark in %s", e.Body)
	}
	if n := len(e.Body); n < 270 || n > 330 {
		t.Errorf("%d bytes", n)
	}
}

// TestProduce: each room gets its events in order, in turn, and a worker that
// is busy gets what came meanwhile at once, as much as may wait.
func TestProduce(t *testing.T) {
	const rooms = 3
	ctx, cancel := context.WithCancel(t.Context())
	var mu sync.Mutex
	var got [rooms][]string
	gate := make(chan struct{})
	batch := make(chan int, 1)
	go Produce(ctx, rooms, 10_000, func(room int, events []Event) {
		mu.Lock()
		first := len(got[room]) == 0
		for _, e := range events {
			got[room] = append(got[room], e.ID)
		}
		enough := len(got[1]) > 20 && len(got[2]) > 20
		mu.Unlock()
		if room == 0 && first {
			<-gate
		} else if room == 0 {
			select {
			case batch <- len(events):
			default:
			}
		}
		if enough {
			select {
			case <-gate:
			default:
				close(gate)
			}
		}
	})
	if n := <-batch; n != maxWaiting {
		t.Errorf("%d events waited for a worker that was busy", n)
	}
	cancel()
	mu.Lock()
	defer mu.Unlock()
	for room, ids := range got {
		for i, id := range ids {
			var n int
			fmt.Sscanf(id[len(id)-12:], "%x", &n)
			if n%rooms != room || (i > 0 && id <= ids[i-1]) {
				t.Fatalf("room %d: %v", room, ids[:i+1])
			}
		}
	}
}

// TestServe_Bare: a listener is answered, and gets its room's events as whole
// frames.
func TestServe_Bare(t *testing.T) {
	commands, say := io.Pipe()
	hear, answers := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- Serve(t.Context(), newBare(), commands, answers) }()
	lines := bufio.NewScanner(hear)
	lines.Scan()
	conn, err := net.Dial("tcp", strings.TrimPrefix(lines.Text(), "listening "))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	conn.Write([]byte{0, 1})
	answer := make([]byte, 2)
	if _, err := io.ReadFull(conn, answer); err != nil || answer[0] != 0x81 || answer[1] != 0 {
		t.Fatalf("% x, %v", answer, err)
	}
	io.WriteString(say, "produce 2 1000\n")
	if lines.Scan(); lines.Text() != "ok" {
		t.Fatal(lines.Text())
	}
	frame := make([]byte, len(appendFrame(nil, NewEvent(1, time.Now()).Body)))
	for range 3 {
		if _, err := io.ReadFull(conn, frame); err != nil || frame[0] != 0x81 || !json.Valid(frame[4:]) {
			t.Fatalf("%q, %v", frame, err)
		}
	}
	io.WriteString(say, "memory\n")
	if lines.Scan(); len(lines.Text()) < 5 {
		t.Errorf("%s bytes in use", lines.Text())
	}
	say.Close()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestNew(t *testing.T) {
	for _, name := range []string{"bare", "goport", "centrifuge", "centrifuge-batching", "socketio", "feed"} {
		if s, err := New(name); err != nil || s == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := New("nobody"); err == nil {
		t.Error("an unknown name was taken")
	}
}
