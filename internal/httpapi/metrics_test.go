package httpapi_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"harang.dev/harang/internal/httpapi"
)

// A series is kept for ever, so callers must not be able to make new ones: a
// method can be any word.
func TestMetrics_MethodsOfCallers(t *testing.T) {
	registry := prometheus.NewRegistry()
	e := newEnv(t, func(o *httpapi.Options) { o.Registry = registry })
	for i := range 20 {
		e.call("", fmt.Sprintf("METHOD%d", i), "/", "").want(t, 405, "METHOD_NOT_ALLOWED")
		e.call("", fmt.Sprintf("METHOD%d", i), "/api/v1/partners", "").want(t, 405, "METHOD_NOT_ALLOWED")
	}
	e.server.Close() // the calls are counted behind their answers
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	routes := map[string]int{}
	for _, f := range families {
		if f.GetName() != "harang_http_request_seconds" {
			continue
		}
		for _, m := range f.GetMetric() {
			labels := map[string]string{}
			for _, l := range m.GetLabel() {
				labels[l.GetName()] = l.GetValue()
			}
			if labels["method"] != http.MethodGet { // env may read the description
				routes[labels["method"]+" "+labels["route"]]++
			}
		}
	}
	if diff := cmp.Diff(map[string]int{"other /": 1, "other /api/v1/partners": 1}, routes); diff != "" {
		t.Errorf("20 words for a method made these series (-want +got):\n%s", diff)
	}
}
