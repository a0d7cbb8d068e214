package httpapi

import (
	"context"

	"harang.dev/harang"
)

// erasureBody is a person whose data was erased.
type erasureBody struct {
	ID       string  `json:"id"`
	Name     string  `json:"name" doc:"what replaces the name everywhere"`
	ErasedAt instant `json:"erasedAt"`
	Running  bool    `json:"running" doc:"whether copies of the name in lists, notifications and the audit log are still being replaced"`
}

type erasureOutput struct{ Body erasureBody }

func erasureOf(e harang.Erasure) *erasureOutput {
	return &erasureOutput{erasureBody{e.ID, e.Name(), instant(e.At), !e.Due.IsZero()}}
}

const erasePartnerDetails = "The name is replaced and the cards are deleted at once, and the partner cannot be " +
	"changed or rented to any more. Copies of the name in rentals, payments, notifications, the audit log and " +
	"everything else that is stored follow within seconds; figures and ids stay. It cannot be undone. Erasing again " +
	"changes nothing. `UNFINISHED` names `rentals` that are out, unpaid or being refunded."

const eraseUserDetails = "Name and e-mail address are replaced at once, sessions and connections end, and the " +
	"address is free for a new user. Copies of the name and network addresses follow within seconds, as for " +
	"partners; API keys stay. It cannot be undone. Erasing again changes nothing. `CONFLICT`: nobody can erase oneself."

type personPath struct {
	ID string `path:"id" maxLength:"128"`
}

func (a *API) erasePartner(ctx context.Context, caller harang.Identity, in *personPath) (*erasureOutput, error) {
	e, err := a.Erasures.Partner(ctx, caller, in.ID)
	return erasureOf(e), err
}

func (a *API) eraseUser(ctx context.Context, caller harang.Identity, in *personPath) (*erasureOutput, error) {
	e, err := a.Auth.EraseUser(ctx, caller, in.ID)
	if err == nil {
		a.Erasures.Wake()
	}
	return erasureOf(e), err
}
