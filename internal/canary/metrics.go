package canary

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	rounds      prometheus.Counter
	failures    prometheus.Counter
	lastSuccess prometheus.Gauge
}

func newMetrics(r prometheus.Registerer) *metrics {
	m := &metrics{
		rounds: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "harang_canary_rounds_total", Help: "Rounds of the isolation canary.",
		}),
		failures: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "harang_canary_failures_total",
			Help: "Rounds in which a mark was lost or reached another feed, or a forbidden try passed. Alert on any.",
		}),
		lastSuccess: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "harang_canary_last_success_timestamp_seconds",
			Help: "When the newest successful round ended; 0 before the first.",
		}),
	}
	r.MustRegister(m.rounds, m.failures, m.lastSuccess)
	return m
}
