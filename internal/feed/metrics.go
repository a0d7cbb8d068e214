package feed

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	windows      prometheus.Gauge
	listeners    *prometheus.GaugeVec
	deliveries   *prometheus.CounterVec
	blocked      prometheus.Counter
	replayed     *prometheus.CounterVec
	recoveries   *prometheus.CounterVec
	gaps         *prometheus.CounterVec
	reads        prometheus.Counter
	readFailures prometheus.Counter
}

func newMetrics(r prometheus.Registerer) *metrics {
	m := &metrics{
		windows: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "harang_feed_windows", Help: "Feeds that this node has a window of.",
		}),
		listeners: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "harang_feed_listeners", Help: "Listeners of this node's feeds.",
		}, []string{"audience"}),
		deliveries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "harang_feed_deliveries_total", Help: "Entries delivered live, once per listener.",
		}, []string{"audience"}),
		blocked: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "harang_feed_crossings_blocked_total",
			Help: "Deliveries blocked because entry and listener belong to different feeds. Alert on any.",
		}),
		replayed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "harang_feed_replayed_total", Help: "Entries replayed to listeners that returned.",
		}, []string{"audience"}),
		recoveries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "harang_feed_recoveries_total", Help: "Listeners that returned and missed nothing.",
		}, []string{"audience"}),
		gaps: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "harang_feed_gaps_total", Help: "Listeners that returned after a gap.",
		}, []string{"audience", "reason"}),
		reads: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "harang_feed_readings_total", Help: "Reads of the database to fill or heal a window.",
		}),
		readFailures: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "harang_feed_reading_failures_total", Help: "Reads of the database that failed.",
		}),
	}
	r.MustRegister(
		m.windows, m.listeners, m.deliveries, m.blocked, m.replayed, m.recoveries, m.gaps, m.reads, m.readFailures,
	)
	return m
}
