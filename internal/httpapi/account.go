package httpapi

import (
	"context"

	"harang.dev/harang"
	"harang.dev/harang/internal/auth"
)

type userOutput struct{ Body userBody }

func (a *API) me(_ context.Context, caller harang.Identity, _ *none) (*userOutput, error) {
	return &userOutput{Body: userOf(caller)}, nil
}

type changeMeInput struct {
	Body struct {
		Name     *string `json:"name,omitempty" minLength:"1" maxLength:"200"`
		Language *string `json:"language,omitempty" enum:"hu,en"`
	}
}

func (a *API) changeMe(ctx context.Context, caller harang.Identity, in *changeMeInput) (*userOutput, error) {
	if in.Body.Name == nil && in.Body.Language == nil {
		return nil, invalid("body", "must have at least one of name and language")
	}
	after, err := a.Auth.ChangeAccount(ctx, caller, auth.AccountChange{
		Name: in.Body.Name, Language: in.Body.Language,
	})
	return &userOutput{Body: userOf(after)}, err
}

type changePasswordInput struct {
	Body struct {
		CurrentPassword string `json:"currentPassword" maxLength:"256"`
		NewPassword     string `json:"newPassword" minLength:"8" maxLength:"256"`
	}
}

func (a *API) changePassword(ctx context.Context, caller harang.Identity, in *changePasswordInput) (*none, error) {
	return nil, a.Auth.ChangePassword(ctx, caller, in.Body.CurrentPassword, in.Body.NewPassword)
}

type reauthenticateInput struct {
	Body struct {
		Password string `json:"password,omitempty" maxLength:"256"`
		Code     string `json:"code,omitempty" maxLength:"64" doc:"for second factors, which no account has yet"`
	}
}

func (a *API) reauthenticate(ctx context.Context, caller harang.Identity, in *reauthenticateInput) (*none, error) {
	c, err := requestInfoOf(ctx)
	if err != nil {
		return nil, err
	}
	return nil, a.Auth.Reauthenticate(ctx, caller, auth.Reauthentication{
		Password: in.Body.Password, Code: in.Body.Code, Browser: c.cookies.value(browserCookie),
	})
}

// SessionBody is a session as its user sees it.
type SessionBody struct {
	ID         string  `json:"id"`
	Device     string  `json:"device" doc:"browser and system, e.g. Firefox, Linux; empty when unknown"`
	Network    string  `json:"network" doc:"address prefix of the last use, e.g. 192.0.2.0/24; empty when unknown"`
	CreatedAt  instant `json:"createdAt" doc:"the login"`
	LastUsedAt instant `json:"lastUsedAt" doc:"to the minute"`
	Current    bool    `json:"current" doc:"whether it is the session of this call"`
	NewDevice  bool    `json:"newDevice,omitempty" doc:"true for 7 days after a login with a browser in which the account had not signed in before"`
}

type sessionsOutput struct {
	Body struct {
		Items []SessionBody `json:"items" nullable:"false"`
	}
}

func (a *API) listSessions(ctx context.Context, caller harang.Identity, _ *none) (*sessionsOutput, error) {
	sessions, err := a.Auth.FindOwnSessions(ctx, caller)
	out := &sessionsOutput{}
	out.Body.Items = make([]SessionBody, 0, len(sessions))
	for _, s := range sessions {
		out.Body.Items = append(out.Body.Items, SessionBody{
			ID: s.ID, Device: s.Device, Network: s.Network, CreatedAt: instant(s.Created),
			LastUsedAt: instant(s.Used), Current: s.ID == caller.SessionID, NewDevice: s.NewDevice,
		})
	}
	return out, err
}

type sessionPath struct {
	ID string `path:"id" maxLength:"128"`
}

func (a *API) endSession(ctx context.Context, caller harang.Identity, in *sessionPath) (*none, error) {
	return nil, a.Auth.EndOwnSession(ctx, caller, in.ID)
}

func (a *API) endOtherSessions(ctx context.Context, caller harang.Identity, _ *none) (*none, error) {
	return nil, a.Auth.EndOtherSessions(ctx, caller)
}
