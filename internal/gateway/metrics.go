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
	// skippedControl counts control entries of newer versions.
	skippedControl prometheus.Counter
	unconfirmed    prometheus.Gauge
}

func newMetrics(r prometheus.Registerer) *metrics {
	m := &metrics{
		connections: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "harang_gateway_connections",
			Help: "Open connections.",
		}, []string{"role"}),
		connects: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "harang_gateway_connects_total",
			Help: "CONNECT requests by outcome: accepted, dropped (the client tries again) or the CONNECT_ERROR code.",
		}, []string{"outcome"}),
		connecting: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "harang_gateway_connect_seconds",
			Help:    "Time from CONNECT to its answer, accepted ones only.",
			Buckets: []float64{.0005, .001, .002, .005, .01, .02, .05, .1, .5, 1, 5},
		}),
		takeovers: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "harang_gateway_takeovers_total",
			Help: "Seats taken over by a reconnect while the older connection was still open.",
		}),
		goodbyes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "harang_gateway_goodbyes_total",
			Help: "Connections ended by the server, by code.",
		}, []string{"code"}),
		slowConsumers: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "harang_gateway_slow_consumers_total",
			Help: "Connections closed because the client read too slowly.",
		}),
		messages: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "harang_gateway_messages_total",
			Help: "Messages from clients by event; unknown events are counted as \"unknown\".",
		}, []string{"event"}),
		forbidden: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "harang_gateway_forbidden_rooms_total",
			Help: "Subscribe requests for rooms that the connection may not join.",
		}),
		skippedControl: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "harang_gateway_control_skipped_total",
			Help: "Control entries that this version cannot read and that revoke nothing.",
		}),
		unconfirmed: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "harang_gateway_unconfirmed",
			Help: "Open connections accepted while the database was unavailable and not verified since.",
		}),
	}
	r.MustRegister(m.connections, m.connects, m.connecting, m.takeovers, m.goodbyes, m.slowConsumers, m.messages,
		m.forbidden, m.skippedControl, m.unconfirmed)
	return m
}
