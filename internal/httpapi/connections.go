package httpapi

import (
	"context"
	"slices"
	"strings"
	"time"

	"harang.dev/harang"
)

// Connection is an open connection as administrators see it.
type Connection struct {
	ID        string
	User      harang.Person
	Role      harang.Role
	Transport string
	// Remote is the client's address.
	Remote    string
	Connected time.Time
	// Position is that of the last event handed to the connection.
	Position string
}

type connectionBody struct {
	ID          string      `json:"id"`
	User        personBody  `json:"user"`
	Role        harang.Role `json:"role" enum:"OPERATOR,STORE_MANAGER,ADMIN,DISPLAY"`
	Transport   string      `json:"transport" enum:"websocket,polling"`
	Remote      string      `json:"remote" doc:"address of the client"`
	ConnectedAt instant     `json:"connectedAt"`
	Position    string      `json:"position" doc:"position of the last event handed to it"`
}

func connectionOf(c Connection) connectionBody {
	return connectionBody{
		ID: c.ID, User: personBody{c.User.ID, c.User.Name}, Role: c.Role, Transport: c.Transport,
		Remote: c.Remote, ConnectedAt: instant(c.Connected), Position: c.Position,
	}
}

// listConnections lists by connection id, an order that does not change while
// connections open and close.
func (a *API) listConnections(
	_ context.Context, caller harang.Identity, in *ListInput,
) (*listOutput[connectionBody], error) {
	after, err := keyOf("connections", in.Cursor)
	if err != nil {
		return nil, err
	}
	var open []Connection
	if a.Connections != nil {
		open = slices.Clone(a.Connections(caller.Tenant))
	}
	slices.SortFunc(open, func(x, y Connection) int { return strings.Compare(x.ID, y.ID) })
	open = slices.DeleteFunc(open, func(c Connection) bool { return c.ID <= after })
	page := pageOf("connections", open, in.Limit, func(c Connection) string { return c.ID })
	return &listOutput[connectionBody]{listOf(page, connectionOf)}, nil
}

type connectionPath struct {
	ID string `path:"id" maxLength:"128" doc:"id of the connection, as GET /admin/connections shows it"`
}

func (a *API) closeConnection(ctx context.Context, caller harang.Identity, in *connectionPath) (*struct{}, error) {
	return nil, a.CloseConnection(ctx, caller, in.ID)
}
