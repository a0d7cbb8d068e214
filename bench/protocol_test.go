package main

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// fake is the server's side of one opening: what it expects of the client, and
// what it answers to that.
type fake []struct{ want, answer string }

// play plays the server and reports what differs.
func (f fake) play(t *testing.T, conn net.Conn, path string) {
	r := bufio.NewReader(conn)
	if path != "" {
		request, err := http.ReadRequest(r)
		if err != nil || request.URL.String() != path || request.Header.Get("Upgrade") != "websocket" {
			t.Errorf("%v, %v", request, err)
			return
		}
		io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n")
	}
	for _, step := range f {
		if step.want != "" {
			b := make([]byte, len(step.want))
			if _, err := io.ReadFull(r, b); err != nil || string(b) != step.want {
				t.Errorf("%q came instead of %q, %v", b, step.want, err)
				return
			}
		}
		io.WriteString(conn, step.answer)
	}
}

func text(payload string) string   { return string(serverFrame(opText, payload)) }
func masked(payload string) string { return string(clientFrame(opText, []byte(payload))) }

func TestProtocol_Join(t *testing.T) {
	for _, tc := range []struct {
		name     string
		protocol protocol
		path     string
		client   listener
		server   fake
		answer   string
		rest     string
		wrong    string
	}{
		{
			name: "bare", protocol: bareProtocol, client: listener{Room: 258},
			server: fake{{"\x01\x02", text("")}},
		},
		{
			name: "socketio", protocol: socketIOProtocol, path: "/socket.io/?EIO=4&transport=websocket",
			client: listener{Room: 7},
			server: fake{{"", text(`0{"sid":"x"}`)}, {masked(`40{"room":7}`), text(`40{"sid":"y"}`) + text("42[1]")}},
			answer: `40{"sid":"y"}`, rest: text("42[1]"),
		},
		{
			name: "harang", protocol: harangProtocol, path: "/socket.io/?EIO=4&transport=websocket",
			client: listener{Token: "t", PID: "p", Offset: "e:m:1"},
			server: fake{
				{"", text(`0{"sid":"x"}`)},
				{masked(`40/ws/dashboard,{"token":"t","pid":"p","offset":"e:m:1"}`), text(`40/ws/dashboard,{"sid":"y"}`) +
					text(`42/ws/dashboard,["session",{}]`)},
			},
			answer: `42/ws/dashboard,["session",{}]`,
		},
		{
			name: "harang refuses", protocol: harangProtocol, path: "/socket.io/?EIO=4&transport=websocket",
			client: listener{Token: "t"},
			server: fake{{"", text(`0{"sid":"x"}`)},
				{masked(`40/ws/dashboard,{"token":"t"}`), text(`44/ws/dashboard,{"message":"UNAUTHENTICATED"}`)}},
			wrong: "UNAUTHENTICATED",
		},
		{
			name: "centrifuge", protocol: centrifugeProtocol, path: "/", client: listener{Room: 3},
			server: fake{{masked(`{"id":1,"connect":{"data":3}}`), string(serverFrame(opPing, "")) +
				text(`{"id":1,"connect":{"client":"c"}}`)}},
			answer: `{"id":1,"connect":{"client":"c"}}`,
		},
		{
			name: "closed", protocol: centrifugeProtocol, path: "/", client: listener{Room: 3},
			server: fake{{masked(`{"id":1,"connect":{"data":3}}`), string(serverFrame(opClose, ""))}},
			wrong:  "unexpected EOF",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			client, server := net.Pipe()
			deadline := time.Now().Add(5 * time.Second)
			client.SetDeadline(deadline)
			server.SetDeadline(deadline)
			done := make(chan struct{})
			go func() {
				defer close(done)
				tc.server.play(t, server, tc.path)
			}()
			o := &opening{rw: client}
			answer, err := tc.protocol.join(o, tc.client)
			<-done
			client.Close()
			if tc.wrong != "" {
				if err == nil || !strings.Contains(err.Error(), tc.wrong) {
					t.Errorf("%v does not name %s", err, tc.wrong)
				}
				return
			}
			if err != nil || answer != tc.answer || string(o.buf) != tc.rest {
				t.Errorf("%q, %q left, %v", answer, o.buf, err)
			}
		})
	}
}

func TestUpgrade_Refused(t *testing.T) {
	client, server := net.Pipe()
	go func() {
		http.ReadRequest(bufio.NewReader(server))
		io.WriteString(server, "HTTP/1.1 503 Service Unavailable\r\n\r\n")
	}()
	if err := upgrade(&opening{rw: client}, "/"); err == nil || !strings.Contains(err.Error(), "503") {
		t.Errorf("%v", err)
	}
}
