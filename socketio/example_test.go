package socketio_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"testing"

	"harang.dev/harang/engineio/enginetest"
	"harang.dev/harang/socketio"
)

// client opens a session, as a browser does.
func client(url string) *enginetest.Client {
	c := enginetest.Dial(&testing.B{}, url+"/socket.io/?EIO=4&transport=websocket")
	c.Next() // the open packet
	return c
}

func ExampleServer() {
	server := socketio.New(nil)
	defer server.Close()
	server.Namespace("/", socketio.Handler{
		Event: func(_ context.Context, s *socketio.Socket, e *socketio.Event) {
			e.Ack(json.RawMessage(`"welcome"`))
			s.Namespace().To().Emit("joined", e.Args...)
		},
	})
	web := httptest.NewServer(server) // in production: mux.Handle("/socket.io/", server)
	defer web.Close()

	c := client(web.URL)
	defer c.Conn.Close()
	c.Send("40")
	c.Next() // CONNECT
	c.Send(`421["join","Anna"]`)
	fmt.Println(c.Next())
	fmt.Println(c.Next())
	// Output:
	// 431["welcome"]
	// 42["joined","Anna"]
}

func ExampleRequest_Accept() {
	server := socketio.New(nil)
	defer server.Close()
	server.Namespace("/ws/dashboard", socketio.Handler{
		Connect: func(_ context.Context, r *socketio.Request) {
			var auth struct{ Token string }
			json.Unmarshal(r.Auth, &auth)
			if auth.Token == "" {
				r.Refuse("UNAUTHENTICATED", json.RawMessage(`{"code":"UNAUTHENTICATED"}`))
				return
			}
			// Events may be delivered from now on; they are kept until Accept.
			r.Socket().Emit("live", json.RawMessage(`3`))
			missed, _ := r.Socket().Namespace().Encode("missed", json.RawMessage(`2`))
			r.Accept("", missed)
		},
	})
	web := httptest.NewServer(server)
	defer web.Close()

	c := client(web.URL)
	defer c.Conn.Close()
	c.Send("40/ws/dashboard,")
	fmt.Println(c.Next())
	c.Send(`40/ws/dashboard,{"token":"t"}`)
	c.Next() // CONNECT
	fmt.Println(c.Next())
	fmt.Println(c.Next())
	// Output:
	// 44/ws/dashboard,{"message":"UNAUTHENTICATED","data":{"code":"UNAUTHENTICATED"}}
	// 42/ws/dashboard,["missed",2]
	// 42/ws/dashboard,["live",3]
}

func ExampleNamespace_Encode() {
	server := socketio.New(nil)
	defer server.Close()
	sockets := make(chan *socketio.Socket, 2)
	ns := server.Namespace("/", socketio.Handler{
		Connect: func(_ context.Context, r *socketio.Request) {
			r.Accept("")
			sockets <- r.Socket()
		},
	})
	web := httptest.NewServer(server)
	defer web.Close()

	a, b := client(web.URL), client(web.URL)
	for _, c := range []*enginetest.Client{a, b} {
		defer c.Conn.Close()
		c.Send("40")
		c.Next()
	}
	first, _ := ns.Encode("stock_alert", json.RawMessage(`{"productName":"Makita HR2470"}`))
	second, _ := ns.Encode("stock_alert", json.RawMessage(`{"productName":"Hilti TE 30"}`))
	both := socketio.Join(first, second) // one buffer, one write for each socket
	for range 2 {
		(<-sockets).Deliver(both)
	}
	fmt.Println(a.Next())
	fmt.Println(a.Next())
	fmt.Println(b.Next())
	// Output:
	// 42["stock_alert",{"productName":"Makita HR2470"}]
	// 42["stock_alert",{"productName":"Hilti TE 30"}]
	// 42["stock_alert",{"productName":"Makita HR2470"}]
}

func ExampleSocket_EmitAck() {
	server := socketio.New(nil)
	defer server.Close()
	answers := make(chan string)
	server.Namespace("/", socketio.Handler{
		Connect: func(ctx context.Context, r *socketio.Request) {
			r.Accept("")
			args, err := r.Socket().EmitAck(ctx, "name?")
			answers <- fmt.Sprintf("%s %v", args, err)
		},
	})
	web := httptest.NewServer(server)
	defer web.Close()

	c := client(web.URL)
	defer c.Conn.Close()
	c.Send("40")
	c.Next()
	fmt.Println(c.Next())
	c.Send(`430["Anna"]`)
	fmt.Println(<-answers)
	// Output:
	// 420["name?"]
	// ["Anna"] <nil>
}
