package mypos

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics counts calls and notifications. Nil counts nothing.
type Metrics struct {
	calls   *prometheus.HistogramVec
	notices *prometheus.CounterVec
}

// NewMetrics registers the metrics of this package.
func NewMetrics(r prometheus.Registerer) *Metrics {
	m := &Metrics{
		calls: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "harang_mypos_call_seconds",
			Help:    "Duration of calls of the myPOS Checkout API in seconds, by method and outcome.",
			Buckets: []float64{0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15},
		}, []string{"method", "outcome"}),
		notices: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "harang_mypos_notices_total",
			Help: "Notifications of myPOS, by kind and outcome.",
		}, []string{"kind", "outcome"}),
	}
	r.MustRegister(m.calls, m.notices)
	return m
}

func (m *Metrics) call(method, outcome string, took time.Duration) {
	if m != nil {
		m.calls.WithLabelValues(method, outcome).Observe(took.Seconds())
	}
}

func (m *Metrics) notice(kind, outcome string) {
	if m != nil {
		m.notices.WithLabelValues(kind, outcome).Inc()
	}
}
