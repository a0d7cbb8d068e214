package httpapi

import (
	"context"

	"harang.dev/harang"
)

type testAlertOutput struct {
	Body struct {
		ID string  `json:"id" doc:"the id of the test_alert that the caller's own connections get"`
		At instant `json:"at" doc:"commit time"`
	}
}

// testAlert answers RATE_LIMITED for the sixth within a minute.
func (a *API) testAlert(ctx context.Context, id harang.Identity, _ *struct{}) (*testAlertOutput, error) {
	alert, at, err := a.SelfCheck.SendTestAlert(ctx, id)
	out := &testAlertOutput{}
	out.Body.ID, out.Body.At = alert, instant(at)
	return out, err
}
