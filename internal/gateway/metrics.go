package gateway

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	connections   *prometheus.GaugeVec
	connects      *prometheus.CounterVec
	connecting    prometheus.Histogram
	takeovers     prometheus.Counter
	goodbyes      *prometheus.CounterVec
	slowConsumers prometheus.Counter
	messages      *prometheus.CounterVec
	forbidden     prometheus.Counter
	unsendable    prometheus.Counter
	unconfirmed   prometheus.Gauge
}

func newMetrics(r prometheus.Registerer) *metrics {
	m := &metrics{
		connections: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "harang_gateway_connections", Help: "Open connections.",
		}, []string{"role"}),
		connects: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "harang_gateway_connects_total", Help: "Requests to connect, by outcome: accepted, dropped, or the code they were refused with.",
		}, []string{"outcome"}),
		connecting: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "harang_gateway_connect_seconds", Help: "From CONNECT to its answer, for those accepted.",
			Buckets: []float64{.0005, .001, .002, .005, .01, .02, .05, .1, .5, 1, 5},
		}),
		takeovers: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "harang_gateway_takeovers_total", Help: "Seats taken over by a connection that came back while its older one was still open.",
		}),
		goodbyes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "harang_gateway_goodbyes_total", Help: "Connections ended by the server, by code.",
		}, []string{"code"}),
		slowConsumers: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "harang_gateway_slow_consumers_total", Help: "Connections closed because their client did not take what it was sent.",
		}),
		messages: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "harang_gateway_messages_total", Help: "Messages of clients, by event; those of unknown names are \"unknown\".",
		}, []string{"event"}),
		forbidden: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "harang_gateway_forbidden_rooms_total", Help: "Requests for rooms that the asking connection may not hear.",
		}),
		unsendable: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "harang_gateway_unsendable_total", Help: "Entries that could not be written as a message. Anything but 0 is an alarm.",
		}),
		unconfirmed: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "harang_gateway_unconfirmed", Help: "Open connections whose user was believed while the database was away and has not been judged since.",
		}),
	}
	r.MustRegister(m.connections, m.connects, m.connecting, m.takeovers, m.goodbyes, m.slowConsumers, m.messages, m.forbidden, m.unsendable, m.unconfirmed)
	return m
}
