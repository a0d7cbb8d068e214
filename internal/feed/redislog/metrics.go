package redislog

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	foreign       *prometheus.CounterVec
	failures      prometheus.Counter
	subscriptions prometheus.Gauge
	interruptions prometheus.Counter
	healings      *prometheus.CounterVec
	fallbacks     prometheus.Counter
}

func newMetrics(r prometheus.Registerer) *metrics {
	m := &metrics{
		foreign: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "harang_feed_log_foreign_total",
			Help: "Data in the shared log that this program did not write: skipped, and replaced from the database.",
		}, []string{"where"}),
		failures: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "harang_feed_log_failures_total", Help: "Calls that the shared log did not answer.",
		}),
		subscriptions: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "harang_feed_log_subscriptions",
			Help: "Tenants whose channel this node has a confirmed subscription to.",
		}),
		interruptions: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "harang_feed_log_interruptions_total", Help: "Subscriptions that broke and were renewed.",
		}),
		healings: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "harang_feed_log_healings_total",
			Help: "Comparisons of windows with the database because a message may be lost.",
		}, []string{"why"}),
		fallbacks: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "harang_feed_log_fallbacks_total",
			Help: "Windows read from the log alone because the database was unavailable.",
		}),
	}
	if r != nil {
		r.MustRegister(m.foreign, m.failures, m.subscriptions, m.interruptions, m.healings, m.fallbacks)
	}
	return m
}
