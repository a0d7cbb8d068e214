package engineio

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"testing"
	"time"
)

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
