package relay

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	lag      prometheus.Histogram
	relayed  *prometheus.CounterVec
	forks    prometheus.Counter
	failures prometheus.Counter
}

func newMetrics(r prometheus.Registerer) *metrics {
	m := &metrics{
		lag: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "harang_relay_lag_seconds",
			Help:    "Time from the commit of an entry until it was appended to the log of its feed.",
			Buckets: []float64{.0005, .001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 30},
		}),
		relayed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "harang_relay_entries_total", Help: "Entries that this node appended to the logs of feeds.",
		}, []string{"audience"}),
		forks: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "harang_relay_forks_total", Help: "Forks of a feed's numbering; each starts a new epoch.",
		}),
		failures: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "harang_relay_failures_total",
			Help: "Failed passes over a tenant and failed checks for new entries; both are tried again.",
		}),
	}
	if r != nil {
		r.MustRegister(m.lag, m.relayed, m.forks, m.failures)
	}
	return m
}
