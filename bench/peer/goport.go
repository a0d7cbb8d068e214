package peer

import (
	"fmt"
	"net"
	"net/http"
	"strconv"

	"github.com/zishang520/socket.io/servers/socket/v3"
	"github.com/zishang520/socket.io/v3/pkg/types"
)

// goPort is zishang520's port of the reference Socket.IO server to Go, with its
// defaults. It encodes a value of Go for each broadcast, so that an event's
// body is handed over as one.
type goPort struct{ server *socket.Server }

func newGoPort() *goPort {
	options := socket.DefaultServerOptions()
	options.SetTransports(types.NewSet(socket.WebSocket))
	s := &goPort{socket.NewServer(nil, options)}
	// The only error is that of an unknown event's name.
	_ = s.server.On("connection", func(clients ...any) {
		client := clients[0].(*socket.Socket)
		client.Join(roomName(fmt.Sprint(client.Handshake().Auth["room"])))
	})
	return s
}

func roomName(room string) socket.Room { return socket.Room("room-" + room) }

func (s *goPort) Serve(l net.Listener) error {
	mux := http.NewServeMux()
	mux.Handle("/socket.io/", s.server.ServeHandler(nil))
	return serveHTTP(l, mux)
}

func (s *goPort) Publish(room int, events []Event) {
	for _, e := range events {
		// A listener that is gone is found missing by the load program.
		_ = s.server.To(roomName(strconv.Itoa(room))).Emit(EventType, e.value())
	}
}
