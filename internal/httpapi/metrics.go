package httpapi

import (
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	seconds *prometheus.HistogramVec
	// seen caches the observer of each (route, method, class).
	seen sync.Map
}

type seriesKey struct {
	method, route string
	class         int
}

func newMetrics(r prometheus.Registerer) *metrics {
	m := &metrics{seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:    "harang_http_request_seconds",
		Help:    "Duration of calls in seconds, by route, method and class of status.",
		Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 15},
	}, []string{"route", "method", "status"})}
	if r != nil {
		r.MustRegister(m.seconds)
	}
	return m
}

func (m *metrics) observe(method, route string, status int, took time.Duration) {
	switch method {
	case http.MethodGet,
		http.MethodHead,
		http.MethodPost,
		http.MethodPut,
		http.MethodPatch,
		http.MethodDelete,
		http.MethodOptions:
	default: // callers can send any word, and each would become a series
		method = "other"
	}
	if route == "" {
		route, method = "none", "any"
	}
	key := seriesKey{method, route, status / 100}
	o, ok := m.seen.Load(key)
	if !ok {
		o, _ = m.seen.LoadOrStore(key, m.seconds.WithLabelValues(route, method, strconv.Itoa(key.class)+"xx"))
	}
	if o, ok := o.(prometheus.Observer); ok {
		o.Observe(took.Seconds())
	}
}
