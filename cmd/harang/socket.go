package main

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"

	"harang.dev/harang/engineio"
	"harang.dev/harang/internal/gateway"
	"harang.dev/harang/internal/httpapi"
	"harang.dev/harang/internal/origin"
	"harang.dev/harang/socketio"
)

// newSocket builds the Socket.IO server with the metrics of its pending sessions.
func newSocket(c *serveCommand, origins *origin.Policy, registry prometheus.Registerer) *socketio.Server {
	limited := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "harang_socket_limited_total", Help: "Handshakes refused at the limit of sessions without a login, of " +
			"their address or in all.",
	}, []string{"limit"})
	byAddress, byAll := limited.WithLabelValues("address"), limited.WithLabelValues("all")
	options := gateway.SocketOptions(socketio.Options{
		Engine: engineio.Options{
			PingInterval: c.PingInterval, PingTimeout: c.PingTimeout,
			CheckOrigin: func(r *http.Request) error { return checkOrigin(origins, r) },
			Observer: engineio.Observer{Limited: func(status int) {
				if status == http.StatusTooManyRequests {
					byAddress.Inc()
				} else {
					byAll.Inc()
				}
			}},
		},
	})
	socket := socketio.New(&options)
	pending := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "harang_socket_pending", Help: "Sessions without an accepted CONNECT.",
	}, func() float64 { return float64(socket.Pending()) })
	registry.MustRegister(limited, pending)
	return socket
}

// checkOrigin refuses handshakes of other origins. A request that names a session
// needs no check: its id is a secret that only a page has that could read the answer
// to the handshake. So polling, and the upgrade from it, work behind proxies that
// replace Host, where browsers prove a polling handshake's origin but no WebSocket's.
func checkOrigin(origins *origin.Policy, r *http.Request) error {
	if r.URL.Query().Get("sid") != "" {
		return nil
	}
	return origins.Check(r, origin.PartSocket)
}

// socketMessages are the gateway's messages for the AsyncAPI document.
func socketMessages() []httpapi.SocketMessage {
	var all []httpapi.SocketMessage
	for _, m := range gateway.Messages() {
		shown := httpapi.SocketMessage{
			Name: m.Name, Summary: m.Summary, FromClient: m.Sender == gateway.Client,
			Body: m.Body, Position: m.Position, Answer: m.Answer,
		}
		if m.Refusable {
			shown.Refusal = gateway.RefusedAnswer{}
		}
		all = append(all, shown)
	}
	return all
}
