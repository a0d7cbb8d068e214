package httpapi

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"harang.dev/harang"
)

// alive answers as long as the program can answer at all.
func (a *API) alive(w http.ResponseWriter, _ *http.Request) {
	a.report(w, http.StatusOK, map[string]any{"status": "ok"})
}

// ready asks every dependency, all at once. 503 when one of them is missing or
// the program is about to end, so that a balancer sends nobody here.
func (a *API) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	states := make([]dependencyState, len(a.Dependencies))
	var wg sync.WaitGroup
	for i, d := range a.Dependencies {
		wg.Go(func() {
			began := time.Now()
			err := d.Check(ctx)
			states[i] = dependencyState{Status: "ok", Millis: float64(time.Since(began).Microseconds()) / 1000}
			if err != nil {
				states[i].Status = "down"
				// The cause may name hosts and files; it belongs in the log.
				a.Logger.ErrorContext(ctx, "dependency down", "dependency", d.Name, "err", err)
				states[i].Detail = problemOf(err).detail
			}
		})
	}
	wg.Wait()
	status, word := http.StatusOK, "ok"
	byName := make(map[string]dependencyState, len(states))
	for i, s := range states {
		byName[a.Dependencies[i].Name] = s
		if s.Status != "ok" {
			status, word = http.StatusServiceUnavailable, "down"
		}
	}
	if a.Draining != nil && a.Draining() {
		status, word = http.StatusServiceUnavailable, "draining"
	}
	a.report(w, status, map[string]any{
		"status": word, "dependencies": byName, "version": a.Version,
		"time": a.Clock().UTC().Format(harang.TimeFormat),
	})
}

type dependencyState struct {
	Status string  `json:"status"`
	Millis float64 `json:"millis"`
	Detail string  `json:"detail,omitempty"`
}

func (a *API) report(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}
