package auth

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	logins *prometheus.CounterVec
	reuses prometheus.Counter
	// trusted counts tokens that were trusted without the database.
	trusted prometheus.Counter
}

func newMetrics(r prometheus.Registerer) *metrics {
	m := &metrics{
		logins: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "harang_auth_logins_total",
			Help: "Logins by result: ok, refused, limited (failed too often), busy (too many at once).",
		}, []string{"result"}),
		reuses: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "harang_auth_refresh_reuses_total",
			Help: "Sessions ended because an old refresh cookie was used again.",
		}),
		trusted: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "harang_auth_believed_total",
			Help: "Access tokens trusted while the database was unavailable.",
		}),
	}
	if r != nil {
		r.MustRegister(m.logins, m.reuses, m.trusted)
	}
	return m
}
