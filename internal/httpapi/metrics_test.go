package httpapi_test

import (
	"fmt"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"harang.dev/harang/internal/httpapi"
)

// A series is kept for ever, so callers must not be able to make new ones: a
// method can be any word.
func TestMetrics_MethodsOfCallers(t *testing.T) {
	registry := prometheus.NewRegistry()
	h := newHouse(t, func(o *httpapi.Options) { o.Registry = registry })
	for i := range 20 {
		h.call("", fmt.Sprintf("METHOD%d", i), "/", "").want(t, 405, "METHOD_NOT_ALLOWED")
		h.call("", fmt.Sprintf("METHOD%d", i), "/api/v1/partners", "").want(t, 405, "METHOD_NOT_ALLOWED")
	}
	h.server.Close() // the calls are counted behind their answers
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	series := 0
	for _, f := range families {
		series += len(f.GetMetric())
	}
	if series != 2 {
		t.Errorf("20 words for a method made %d series of two routes, want 2", series)
	}
}
