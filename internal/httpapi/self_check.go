package httpapi

import (
	"context"

	"harang.dev/harang"
)

type testAlertOutput struct {
	Body struct {
		ID string  `json:"id" doc:"id of the test_alert that the caller's connections receive"`
		At instant `json:"at" doc:"commit time"`
	}
}

// testAlert answers RATE_LIMITED for the sixth call of a user within a minute.
func (a *API) testAlert(ctx context.Context, caller harang.Identity, _ *struct{}) (*testAlertOutput, error) {
	alert, at, err := a.SelfCheck.SendTestAlert(ctx, caller)
	out := &testAlertOutput{}
	out.Body.ID, out.Body.At = alert, instant(at)
	return out, err
}
