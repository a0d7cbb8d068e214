package httpapi

import (
	"encoding/json"
	"maps"
	"net/http"
	"time"

	"harang.dev/harang"
	"harang.dev/harang/internal/health"
)

// alive answers as long as the program can answer.
func (a *API) alive(w http.ResponseWriter, _ *http.Request) {
	a.report(w, http.StatusOK, map[string]any{"status": "ok"})
}

// ready reports the last checks of the dependencies. It is 503 when a required one
// is down or the program is ending, so that a load balancer sends no calls here.
// When only optional ones are down the node is degraded: 200, or 503 with strict=1.
func (a *API) ready(w http.ResponseWriter, r *http.Request) {
	status, word := http.StatusOK, "ok"
	byName := map[string]map[string]any{}
	var results []health.Result
	if a.Health != nil {
		results = a.Health.Results()
	}
	for _, d := range results {
		state := map[string]any{
			"status": "ok", "required": !d.Optional, "millis": millis(d.Took), "ageMillis": millis(d.Age),
		}
		if d.Facts != nil {
			maps.Copy(state, d.Facts())
		}
		if d.Err != nil {
			state["status"] = "down"
			state["detail"] = problemOf(d.Err).detail // the cause may name hosts and files, so only the log gets it
			if !d.Optional {
				status, word = http.StatusServiceUnavailable, "down"
			} else if word == "ok" {
				word = "degraded"
			}
		}
		byName[d.Name] = state
	}
	if word == "degraded" && r.URL.Query().Get("strict") == "1" {
		status = http.StatusServiceUnavailable
	}
	if a.Draining != nil && a.Draining() {
		status, word = http.StatusServiceUnavailable, "draining"
	}
	a.report(w, status, map[string]any{
		"status": word, "dependencies": byName, "version": a.Build,
		"time": a.Clock().UTC().Format(harang.TimeFormat),
	})
}

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func (a *API) report(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}
