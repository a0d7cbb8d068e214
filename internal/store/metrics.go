package store

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"harang.dev/harang"
)

// metrics are the store's metrics. They work without a registry, too.
type metrics struct {
	transactions *prometheus.CounterVec
	seconds      prometheus.Histogram
	retries      prometheus.Counter
	members      prometheus.Histogram
	events       *prometheus.CounterVec
	swept        *prometheus.CounterVec
	waits        *prometheus.CounterVec
	committed    prometheus.Counter
}

func newMetrics(r prometheus.Registerer) *metrics {
	m := &metrics{
		transactions: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "harang_store_transactions_total",
			Help: "Transactions by result: committed, or the code of the error.",
		}, []string{"result"}),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "harang_store_transaction_seconds",
			Help:    "Duration of a transaction from its call to its commit or rollback, waiting included.",
			Buckets: []float64{.0001, .0002, .0005, .001, .002, .005, .01, .02, .05, .1, .5, 1, 5},
		}),
		retries: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "harang_store_retries_total",
			Help: "Transactions that ran again after a conflict with another one.",
		}),
		members: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "harang_store_commit_members",
			Help:    "Transactions that shared one commit.",
			Buckets: []float64{1, 2, 4, 8, 16},
		}),
		events: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "harang_store_events_total",
			Help: "Events appended by type, those of rolled back transactions included.",
		}, []string{"type"}),
		swept: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "harang_store_swept_total",
			Help: "Rows deleted after their retention time, by table.",
		}, []string{"table"}),
	}
	m.waits = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "harang_store_connection_waits_total",
		Help: "Waits for a free database connection by pool (read, write) and result (acquired, timeout, cancelled).",
	}, []string{"pool", "result"})
	m.committed = m.transactions.WithLabelValues("committed")
	if r != nil {
		r.MustRegister(m.transactions, m.seconds, m.retries, m.members, m.events, m.swept, m.waits)
	}
	return m
}

func (m *metrics) transaction(err error, took time.Duration) {
	m.seconds.Observe(took.Seconds())
	if err == nil {
		m.committed.Inc()
		return
	}
	m.transactions.WithLabelValues(string(harang.ErrorCode(err))).Inc()
}
