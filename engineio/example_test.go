package engineio_test

import (
	"fmt"
	"net/http/httptest"
	"testing"

	"harang.dev/harang/engineio"
	"harang.dev/harang/engineio/enginetest"
)

func ExampleServer() {
	closed := make(chan string, 1)
	server := engineio.New(engineio.Handler{
		Open:    func(s *engineio.Session) { s.Send(engineio.Text([]byte("welcome"))) },
		Message: func(s *engineio.Session, data []byte, _ bool) { s.Send(engineio.Text(data)) },
		Close:   func(_ *engineio.Session, reason string) { closed <- reason },
	}, nil)
	web := httptest.NewServer(server) // in production: mux.Handle("/engine.io/", server)
	defer web.Close()

	c := enginetest.Dial(&testing.B{}, web.URL+"/engine.io/?EIO=4&transport=websocket")
	c.Next() // the open packet
	fmt.Println(c.Next())
	c.Send("4hello")
	fmt.Println(c.Next())
	c.Conn.Close()
	fmt.Println(<-closed)
	server.Close()
	// Output:
	// 4welcome
	// 4hello
	// transport close
}
