package httpapi

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"sync"
	"time"

	"harang.dev/harang"
)

// alive answers as long as the program can answer.
func (a *API) alive(w http.ResponseWriter, _ *http.Request) {
	a.report(w, http.StatusOK, map[string]any{"status": "ok"})
}

// ready checks every dependency at the same time. It is 503 when one is down or the
// program is ending, so that a load balancer sends no calls here.
func (a *API) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	states := make([]map[string]any, len(a.Dependencies))
	var wg sync.WaitGroup
	for i, d := range a.Dependencies {
		wg.Go(func() {
			began := time.Now()
			err := d.Check(ctx)
			state := map[string]any{"status": "ok", "millis": float64(time.Since(began).Microseconds()) / 1000}
			if d.Facts != nil {
				maps.Copy(state, d.Facts())
			}
			if err != nil {
				state["status"] = "down"
				// The cause may name hosts and files, so only the log gets it.
				a.Logger.ErrorContext(ctx, "dependency down", "dependency", d.Name, "err", err)
				state["detail"] = problemOf(err).detail
			}
			states[i] = state
		})
	}
	wg.Wait()
	status, word := http.StatusOK, "ok"
	byName := make(map[string]map[string]any, len(states))
	for i, s := range states {
		byName[a.Dependencies[i].Name] = s
		if s["status"] != "ok" {
			status, word = http.StatusServiceUnavailable, "down"
		}
	}
	if a.Draining != nil && a.Draining() {
		status, word = http.StatusServiceUnavailable, "draining"
	}
	a.report(w, status, map[string]any{
		"status": word, "dependencies": byName, "version": a.Build,
		"time": a.Clock().UTC().Format(harang.TimeFormat),
	})
}

func (a *API) report(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}
