package engineio

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"net/http"
	"testing"
	"time"

	"harang.dev/harang/engineio/enginetest"
)

// A message that arrives byte by byte takes linear time. Quadratic time was 20 s.
func TestAssembler_SingleBytes(t *testing.T) {
	const size = 1_000_000
	wire := enginetest.AppendFrame(nil, true, enginetest.Text, bytes.Repeat([]byte("4"), size))
	a := assembler{limit: size}
	messages := 0
	start := time.Now()
	for i := range wire {
		err := a.push(wire[i:i+1], func(_ opcode, data []byte) error {
			messages++
			if len(data) != size {
				t.Errorf("%d bytes", len(data))
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if messages != 1 {
		t.Errorf("%d messages", messages)
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
}

// A body that never arrives completely has a deadline, whether the server reads it or not.
func TestServer_TricklingBodies(t *testing.T) {
	f := serve(t, &Options{PingInterval: 100 * time.Millisecond, PingTimeout: 100 * time.Millisecond}, Handler{})
	sid, _ := f.open()
	for name, sid := range map[string]string{"a session": sid, "no session": "unknown"} {
		t.Run(name, func(t *testing.T) {
			conn, err := net.Dial("tcp", f.web.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			fmt.Fprintf(conn, "POST /engine.io/?EIO=4&transport=polling&sid=%s HTTP/1.1\r\n"+
				"Host: here\r\nContent-Length: 1000\r\n\r\n4", sid)
			conn.SetReadDeadline(time.Now().Add(10 * time.Second))
			response, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatal(err)
			}
			response.Body.Close()
			if response.StatusCode != http.StatusBadRequest || !response.Close {
				t.Errorf("%d, close %v", response.StatusCode, response.Close)
			}
		})
	}
}
