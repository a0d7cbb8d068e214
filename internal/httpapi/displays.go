package httpapi

import (
	"cmp"
	"context"

	"harang.dev/harang"
)

// DisplayBody is a display as administrators see it.
type DisplayBody struct {
	ID         string          `json:"id"`
	Name       string          `json:"name"`
	LocationID string          `json:"locationId,omitempty" doc:"the one location that it shows; absent for all"`
	CreatedAt  instant         `json:"createdAt"`
	LastUsedAt orNull[instant] `json:"lastUsedAt" doc:"when its screen last got an access token, every 10 minutes; null before the link was opened"`
	Connected  bool            `json:"connected" doc:"its screen is connected now"`
}

func displayOf(d harang.Display, connected map[string]bool) DisplayBody {
	return DisplayBody{
		ID: d.ID, Name: d.Name, LocationID: d.LocationID, CreatedAt: instant(d.Created),
		LastUsedAt: timeOrNull(d.LastUsed), Connected: connected[d.Subject()],
	}
}

// connectedUsers returns the users of the tenant who have a connection.
func (a *API) connectedUsers(ctx context.Context, tenant string) map[string]bool {
	if a.ConnectedUsers != nil {
		return a.ConnectedUsers(ctx, tenant)
	}
	connected := map[string]bool{}
	if a.Connections != nil {
		for _, c := range a.Connections(tenant) {
			connected[c.User.ID] = true
		}
	}
	return connected
}

func (a *API) listDisplays(
	ctx context.Context, caller harang.Identity, in *ListInput,
) (*listOutput[DisplayBody], error) {
	after, err := keyOf("displays", in.Cursor)
	if err != nil {
		return nil, err
	}
	displays, err := a.Auth.FindDisplays(ctx, caller, after, in.Limit+1)
	if err != nil {
		return nil, err
	}
	page := pageOf("displays", displays, in.Limit, func(d harang.Display) string { return d.ID })
	connected := a.connectedUsers(ctx, caller.Tenant)
	return &listOutput[DisplayBody]{
		listOf(page, func(d harang.Display) DisplayBody { return displayOf(d, connected) }),
	}, nil
}

type createDisplayInput struct {
	Body struct {
		Name       string `json:"name" minLength:"1" maxLength:"200" doc:"where it hangs"`
		LocationID string `json:"locationId,omitempty" maxLength:"128" doc:"the one location that it shows; absent for all"`
	}
}

type createdDisplayOutput struct {
	Body struct {
		DisplayBody
		Link string `json:"link" doc:"what the screen opens; shown only in this answer"`
	}
}

func (a *API) createDisplay(
	ctx context.Context, caller harang.Identity, in *createDisplayInput,
) (*createdDisplayOutput, error) {
	d, secret, err := a.Auth.CreateDisplay(ctx, caller, in.Body.Name, in.Body.LocationID)
	if err != nil {
		return nil, err
	}
	info, _ := ctx.Value(requestInfoKey{}).(requestInfo)
	out := &createdDisplayOutput{}
	out.Body.DisplayBody = displayOf(d, nil)
	out.Body.Link = DisplayLink(cmp.Or(a.PublicURL, info.ownOrigin), secret)
	return out, nil
}

// DisplayLink is what the screen of a display opens. The secret is in the fragment, which browsers send to no server.
func DisplayLink(publicURL, secret string) string { return publicURL + "/counter#d=" + secret }

type displayPath struct {
	ID string `path:"id" maxLength:"128"`
}

func (a *API) revokeDisplay(ctx context.Context, caller harang.Identity, in *displayPath) (*struct{}, error) {
	return nil, a.Auth.RevokeDisplay(ctx, caller, in.ID)
}

type openDisplayInput struct {
	Body struct {
		Secret string `json:"secret" maxLength:"128" doc:"the link's text after #d="`
		Screen string `json:"screen,omitempty" maxLength:"128" doc:"of an earlier answer: go on with that screen; absent: take the display over"`
	}
}

type displayGrantOutput struct {
	Body struct {
		AccessToken string   `json:"accessToken" doc:"a JWT for the Authorization header"`
		ExpiresIn   int64    `json:"expiresIn" doc:"seconds"`
		Screen      string   `json:"screen" doc:"names this opening of the link, for the next access token"`
		User        userBody `json:"user" doc:"the display"`
	}
}

func (a *API) openDisplay(
	ctx context.Context, _ harang.Identity, in *openDisplayInput,
) (*displayGrantOutput, error) {
	c, err := requestInfoOf(ctx)
	if err != nil {
		return nil, err
	}
	g, err := a.Auth.OpenDisplay(ctx, in.Body.Secret, in.Body.Screen, c.address)
	if err != nil {
		return nil, err
	}
	out := &displayGrantOutput{}
	out.Body.AccessToken, out.Body.ExpiresIn = g.AccessToken, int64(g.ExpiresIn.Seconds())
	out.Body.Screen, out.Body.User = g.Display.Screen, userOf(g.Identity)
	return out, nil
}
